//! Unified diffs of bytes, in the form that `git apply` and `patch` read.

use similar::{Algorithm, TextDiff};

/// A unified diff from `before` to `after` with `context` unchanged lines around each change;
/// empty if they are equal.
///
/// The lines keep their own endings. A file that does not exist is named `/dev/null` by the caller.
#[must_use]
pub fn unified_diff(before: &[u8], after: &[u8], names: (&str, &str), context: usize) -> Vec<u8> {
    let mut written = Vec::new();
    if before == after {
        return written;
    }
    let lines = (split_lines(before), split_lines(after));
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Myers)
        .newline_terminated(true)
        .diff_slices(&lines.0, &lines.1);
    let mut unified = diff.unified_diff();
    unified.context_radius(context).header(names.0, names.1);
    // Writing into a vector does not fail.
    let _ = unified.to_writer(&mut written);
    written
}

/// Lines with their endings, split after `\n` only, as every tool that reads a diff does.
fn split_lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_keeps_line_endings() {
        let diff = unified_diff(b"a\r\nb\r\nc", b"a\r\nx\r\nb\r\nc", ("a/f", "b/f"), 1);
        let expected = "--- a/f\n+++ b/f\n@@ -1,2 +1,3 @@\n a\r\n+x\r\n b\r\n";
        assert_eq!(String::from_utf8(diff).unwrap(), expected);
    }

    #[test]
    fn a_missing_final_newline_is_said() {
        let diff = unified_diff(b"a", b"b", ("a/f", "b/f"), 1);
        let text = String::from_utf8(diff).unwrap();
        assert_eq!(
            text,
            "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"
        );
    }
}
