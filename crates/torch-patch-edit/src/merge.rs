//! Taking our changes out of a file that was changed further by someone else.

use std::fmt;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A place where both sides changed the same lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeConflict {
    /// The line of the file as it is now, from 1, counted by `\n`.
    pub line: usize,
}

impl fmt::Display for MergeConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {} was changed where the patch had changed it",
            self.line
        )
    }
}

impl std::error::Error for MergeConflict {}

/// A three-way merge of lines: applies what leads from `base` to `other` to `current`.
///
/// With `base` as the patched file, `other` as the pristine one and `current` as the file with
/// someone's changes, the result has those changes and not the patch.
///
/// # Errors
///
/// The first place where both sides changed the same or adjoining lines in different ways.
pub fn merge(base: &[u8], current: &[u8], other: &[u8]) -> Result<Vec<u8>, MergeConflict> {
    let [base, current, other] = [base, current, other].map(split_lines);
    let ours = changes(&base, &current);
    let theirs = changes(&base, &other);
    let mut merged: Vec<&[u8]> = Vec::new();
    let (mut at, mut mine, mut yours) = (0, ours.as_slice(), theirs.as_slice());
    loop {
        let next = match (mine.first(), yours.first()) {
            (None, None) => break,
            (Some(hunk), None) => Hunk::take(&mut mine, hunk, &current),
            (None, Some(hunk)) => Hunk::take(&mut yours, hunk, &other),
            (Some(one), Some(two))
                if one.base == two.base && current[one.side()] == other[two.side()] =>
            {
                yours = &yours[1..];
                Hunk::take(&mut mine, one, &current)
            }
            (Some(one), Some(two))
                if one.base.end < two.base.start
                    || (one.base.end == two.base.start
                        && !one.base.is_empty()
                        && !two.base.is_empty()) =>
            {
                Hunk::take(&mut mine, one, &current)
            }
            (Some(one), Some(two))
                if two.base.end < one.base.start
                    || (two.base.end == one.base.start
                        && !one.base.is_empty()
                        && !two.base.is_empty()) =>
            {
                Hunk::take(&mut yours, two, &other)
            }
            (Some(one), Some(_)) => {
                return Err(MergeConflict {
                    line: one.start + 1,
                });
            }
        };
        let (span, lines) = next;
        merged.extend_from_slice(&base[at..span.start]);
        merged.extend_from_slice(lines);
        at = span.end;
    }
    merged.extend_from_slice(&base[at..]);
    Ok(merged.concat())
}

/// Lines of the base that one side has changed.
struct Hunk {
    base: std::ops::Range<usize>,
    start: usize,
    len: usize,
}

impl Hunk {
    fn side(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.len
    }

    fn take<'l, 'b>(
        from: &mut &[Self],
        hunk: &Self,
        side: &'l [&'b [u8]],
    ) -> (std::ops::Range<usize>, &'l [&'b [u8]]) {
        *from = &from[1..];
        (hunk.base.clone(), &side[hunk.side()])
    }
}

fn changes(base: &[&[u8]], side: &[&[u8]]) -> Vec<Hunk> {
    let operations = capture_diff_slices(Algorithm::Myers, base, side);
    let changed = operations
        .iter()
        .filter(|operation| !matches!(operation, DiffOp::Equal { .. }));
    let mut hunks: Vec<Hunk> = Vec::new();
    for operation in changed {
        let (old, new) = (operation.old_range(), operation.new_range());
        match hunks.last_mut() {
            Some(last) if last.base.end == old.start && last.start + last.len == new.start => {
                last.base.end = old.end;
                last.len += new.len();
            }
            _ => hunks.push(Hunk {
                base: old,
                start: new.start,
                len: new.len(),
            }),
        }
    }
    hunks
}

fn split_lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(base: &str, current: &str, other: &str) -> Result<String, usize> {
        let merged = merge(base.as_bytes(), current.as_bytes(), other.as_bytes());
        merged
            .map(|bytes| String::from_utf8(bytes).unwrap())
            .map_err(|conflict| conflict.line)
    }

    #[test]
    fn our_lines_go_and_theirs_stay() {
        let (pristine, patched) = ("a\nb\nc\nd\n", "a\nb\nPATCH\nc\nd\n");
        assert_eq!(
            merged(patched, "a\nb\nPATCH\nc\nd\nmine\n", pristine),
            Ok("a\nb\nc\nd\nmine\n".into())
        );
        assert_eq!(
            merged(patched, "mine\na\nb\nPATCH\nc\n", pristine),
            Ok("mine\na\nb\nc\n".into())
        );
        assert_eq!(merged(patched, pristine, pristine), Ok(pristine.into()));
    }

    #[test]
    fn a_changed_patch_is_a_conflict() {
        let (pristine, patched) = ("a\nb\nc\n", "a\nb\nPATCH\nc\n");
        assert_eq!(merged(patched, "a\nb\nPATCHED\nc\n", pristine), Err(3));
        assert_eq!(merged(patched, "a\nb\nPATCH\nMORE\nc\n", pristine), Err(4));
    }
}
