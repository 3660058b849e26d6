//! Taking our changes out of a file that was changed further by someone else.

use std::fmt;

use similar::DiffOp;

use crate::operations::{Algorithm, operations};

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
/// The first place where both sides changed the same lines in different ways, or one put lines right
/// beside what the other changed.
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

/// The lines that differ, each run of them as one hunk: `similar` joins deletions and insertions.
fn changes(base: &[&[u8]], side: &[&[u8]]) -> Vec<Hunk> {
    let operations = operations(Algorithm::Myers, base, side);
    let changed = operations
        .iter()
        .filter(|operation| !matches!(operation, DiffOp::Equal { .. }));
    let hunks = changed.map(|operation| Hunk {
        base: operation.old_range(),
        start: operation.new_range().start,
        len: operation.new_range().len(),
    });
    hunks.collect()
}

fn split_lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn between_two_hunks_is_a_line_that_stayed(
            base in prop::collection::vec(prop::sample::select(&["a", "b", "c"][..]), 0..12),
            side in prop::collection::vec(prop::sample::select(&["a", "b", "c"][..]), 0..12),
        ) {
            let [base, side] = [base, side].map(|lines| -> Vec<&[u8]> {
                lines.into_iter().map(str::as_bytes).collect()
            });
            for pair in changes(&base, &side).windows(2) {
                prop_assert!(pair[0].base.end < pair[1].base.start);
                prop_assert!(pair[0].side().end < pair[1].side().start);
            }
        }
    }

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
    fn both_sides_are_kept_where_they_do_not_meet() {
        let base = "a\nb\nc\nd\n";
        for (one, other, both) in [
            ("A\nb\nc\nd\n", "a\nb\nc\nD\n", "A\nb\nc\nD\n"),
            // Neighbours that both have a line of their own, and those that are gone.
            ("A\nb\nc\nd\n", "a\nB\nc\nd\n", "A\nB\nc\nd\n"),
            ("b\nc\nd\n", "a\nc\nd\n", "c\nd\n"),
            // Lines put in where the other side has changed nothing.
            ("x\na\nb\nc\nd\n", "a\nb\nC\nd\n", "x\na\nb\nC\nd\n"),
            ("a\nb\nc\nd\nx\n", "a\nb\nC\nd\n", "a\nb\nC\nd\nx\n"),
            ("a\nx\nb\nc\nd\n", "a\nb\nc\ny\nd\n", "a\nx\nb\nc\ny\nd\n"),
            // Several places, by turns.
            ("A\nb\nC\nd\n", "a\nB\nc\nD\n", "A\nB\nC\nD\n"),
            // The same change is made once, and another one after it.
            ("a\nB\nc\nD\n", "a\nB\nc\nd\n", "a\nB\nc\nD\n"),
            ("a\nx\nb\nc\nd\n", "a\nx\nb\nC\nd\n", "a\nx\nb\nC\nd\n"),
        ] {
            assert_eq!(merged(base, one, other), Ok(both.into()), "{one}");
            assert_eq!(merged(base, other, one), Ok(both.into()), "{other}");
        }
    }

    #[test]
    fn lines_right_beside_a_change_are_a_conflict() {
        let base = "a\nb\nc\n";
        for (current, other, line) in [
            ("a\nx\nb\nc\n", "A\nb\nc\n", 2),
            ("A\nb\nc\n", "a\nx\nb\nc\n", 1),
            ("a\nx\nb\nc\n", "a\nB\nc\n", 2),
            ("a\nB\nc\n", "a\nx\nb\nc\n", 2),
            ("a\nx\nb\nc\n", "a\ny\nb\nc\n", 2),
            ("a\nb\nC\n", "a\nb\nD\n", 3),
            ("a\nb\n", "a\nb\nD\n", 3),
            ("0\na\nB\nX\n", "a\nB\nC\n", 3),
        ] {
            assert_eq!(merged(base, current, other), Err(line), "{current}");
        }
        let conflict = MergeConflict { line: 2 };
        assert_eq!(
            conflict.to_string(),
            "line 2 was changed where the patch had changed it"
        );
    }

    #[test]
    fn a_changed_patch_is_a_conflict() {
        let (pristine, patched) = ("a\nb\nc\n", "a\nb\nPATCH\nc\n");
        assert_eq!(merged(patched, "a\nb\nPATCHED\nc\n", pristine), Err(3));
        assert_eq!(merged(patched, "a\nb\nPATCH\nMORE\nc\n", pristine), Err(4));
    }
}
