//! Unified diffs of bytes, in the form that `git apply` and `patch` read.

use std::io::{self, Write};
use std::ops::Range;

use similar::{DiffOp, group_diff_ops};

use crate::operations::{Algorithm, operations};

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
    let (old, new) = (split_lines(before), split_lines(after));
    let changes = operations(Algorithm::Myers, &old, &new);
    // Writing into a vector does not fail.
    let _ = write(
        &mut written,
        names,
        &group_diff_ops(changes, context),
        (&old, &new),
    );
    written
}

/// The lines of both files.
type Lines<'l, 'b> = (&'l [&'b [u8]], &'l [&'b [u8]]);

fn write(
    out: &mut Vec<u8>,
    names: (&str, &str),
    hunks: &[Vec<DiffOp>],
    lines: Lines<'_, '_>,
) -> io::Result<()> {
    writeln!(out, "--- {}\n+++ {}", names.0, names.1)?;
    for hunk in hunks {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else {
            continue;
        };
        let old = first.old_range().start..last.old_range().end;
        let new = first.new_range().start..last.new_range().end;
        writeln!(out, "@@ -{} +{} @@", place(&old), place(&new))?;
        for change in hunk {
            let (gone, come) = (&lines.0[change.old_range()], &lines.1[change.new_range()]);
            if let DiffOp::Equal { .. } = change {
                write_lines(out, b' ', gone)?;
            } else {
                write_lines(out, b'-', gone)?;
                write_lines(out, b'+', come)?;
            }
        }
    }
    Ok(())
}

fn write_lines(out: &mut Vec<u8>, sign: u8, lines: &[&[u8]]) -> io::Result<()> {
    for line in lines {
        out.push(sign);
        out.write_all(line)?;
        if !line.ends_with(b"\n") {
            out.write_all(b"\n\\ No newline at end of file\n")?;
        }
    }
    Ok(())
}

/// Lines as a hunk counts them, from 1; where there is none, the line before stands for them.
fn place(lines: &Range<usize>) -> String {
    match lines.len() {
        1 => format!("{}", lines.start + 1),
        0 => format!("{},0", lines.start),
        count => format!("{},{count}", lines.start + 1),
    }
}

/// Lines with their endings, split after `\n` only, as every tool that reads a diff does.
fn split_lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use similar::TextDiff;

    use super::*;

    proptest! {
        /// Where `similar` writes such a diff itself: of text in UTF-8 whose last line does not end with a lone `\r`.
        #[test]
        fn a_diff_is_written_as_similar_writes_it(
            before in "[ab\n]{0,40}",
            after in "[ab\n]{0,40}",
            context in 0..4_usize,
        ) {
            let (old, new) = (split_lines(before.as_bytes()), split_lines(after.as_bytes()));
            let diff = TextDiff::configure()
                .algorithm(similar::Algorithm::Myers)
                .newline_terminated(true)
                .diff_slices(&old, &new);
            let mut expected = Vec::new();
            let mut unified = diff.unified_diff();
            unified.context_radius(context).header("a", "b").to_writer(&mut expected).unwrap();
            let found = unified_diff(before.as_bytes(), after.as_bytes(), ("a", "b"), context);
            prop_assert_eq!(String::from_utf8(found).unwrap(), String::from_utf8(expected).unwrap());
        }
    }

    #[test]
    fn bytes_that_are_no_utf_8_stay_as_they_are() {
        let diff = unified_diff(b"caf\xe9\nx\n", b"caf\xe9\ny\r", ("a/f", "b/f"), 1);
        let expected = b"--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n caf\xe9\n-x\n+y\r\n\\ No newline at end of file\n";
        assert_eq!(diff, expected);
    }

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
