//! What an application changed, kept so that it can be taken back byte for byte.

use std::ops::Range;

use crate::line_counter::LineCounter;

/// One replaced span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where the replaced bytes were, in the original.
    pub original: Range<usize>,
    /// The bytes that were replaced.
    pub removed: Vec<u8>,
    /// The bytes that took their place.
    pub inserted: Vec<u8>,
    /// The first changed physical line of the result, from 1.
    pub line: usize,
    /// Which of the composed patches made it, from 0.
    pub patch: usize,
    /// Which edit of that patch made it, from 0.
    pub edit: usize,
}

/// Takes `changes` back from the result of their application.
///
/// Returns `None` if `result` does not hold what the changes inserted where they inserted it.
#[must_use]
pub fn undo(result: &[u8], changes: &[Change]) -> Option<Vec<u8>> {
    let mut original = Vec::with_capacity(result.len());
    let mut rest = result;
    let mut at = 0;
    for change in changes {
        let kept = rest.get(..change.original.start.checked_sub(at)?)?;
        let after = rest[kept.len()..].strip_prefix(change.inserted.as_slice())?;
        original.extend_from_slice(kept);
        original.extend_from_slice(&change.removed);
        at = change.original.end;
        rest = after;
    }
    original.extend_from_slice(rest);
    Some(original)
}

/// A change that is not yet placed among others.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// The bytes that go.
    pub(crate) span: Range<usize>,
    /// The bytes that come.
    pub(crate) inserted: Vec<u8>,
    /// How many of the inserted bytes come before the first changed line.
    pub(crate) lead: usize,
    /// The physical lines that must not be changed by another edit.
    pub(crate) footprint: Range<usize>,
    pub(crate) order: Order,
    pub(crate) patch: usize,
    pub(crate) edit: usize,
}

/// How drafts at the same place are ordered, and whether two of the same kind may share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Order {
    /// Belongs to what stands before.
    After,
    /// Stands for itself: several may share a place.
    Between,
    /// Belongs to what stands after.
    Before,
    /// Changes bytes.
    Replacing,
}

impl Draft {
    fn key(&self) -> (usize, Order, usize) {
        (self.span.start, self.order, self.span.end)
    }

    /// Whether one that comes after this one, by its key, changes the same place.
    fn overlaps(&self, next: &Self) -> bool {
        if self.span.end > next.span.start {
            return true;
        }
        if self.order == next.order && self.span == next.span {
            return self.order != Order::Between;
        }
        let changes = |one: &Self, other: &Self| {
            !one.span.is_empty()
                && one.span.start < other.footprint.end
                && other.footprint.start < one.span.end
        };
        changes(self, next) || changes(next, self)
    }
}

/// Two drafts that change the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clash {
    /// Patch and edit of one.
    pub(crate) first: (usize, usize),
    /// Patch and edit of the other.
    pub(crate) second: (usize, usize),
    /// Where, in the original.
    pub(crate) offset: usize,
}

/// Puts all drafts into `original` at once.
pub(crate) fn splice(
    original: &[u8],
    mut drafts: Vec<Draft>,
) -> Result<(Vec<u8>, Vec<Change>), Clash> {
    drafts.sort_by_key(Draft::key);
    if let Some(clash) = clash(&drafts) {
        return Err(clash);
    }
    let growth: usize = drafts.iter().map(|draft| draft.inserted.len()).sum();
    let mut result = Vec::with_capacity(original.len() + growth);
    let mut changes = Vec::with_capacity(drafts.len());
    let (mut at, mut starts) = (0, Vec::with_capacity(drafts.len()));
    for draft in drafts {
        result.extend_from_slice(&original[at..draft.span.start]);
        at = draft.span.end;
        starts.push(result.len() + draft.lead);
        result.extend_from_slice(&draft.inserted);
        changes.push(Change {
            removed: original[draft.span.clone()].to_vec(),
            original: draft.span,
            inserted: draft.inserted,
            line: 0,
            patch: draft.patch,
            edit: draft.edit,
        });
    }
    result.extend_from_slice(&original[at..]);
    let lines = LineCounter::new(&result);
    for (change, start) in changes.iter_mut().zip(starts) {
        change.line = lines.number(start);
    }
    Ok((result, changes))
}

fn clash(drafts: &[Draft]) -> Option<Clash> {
    let mut reach: Option<&Draft> = None;
    for (index, draft) in drafts.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| &drafts[before]);
        for other in [before, reach].into_iter().flatten() {
            if other.overlaps(draft) {
                return Some(Clash {
                    first: (other.patch, other.edit),
                    second: (draft.patch, draft.edit),
                    offset: draft.span.start,
                });
            }
        }
        if reach.is_none_or(|reach| reach.footprint.end <= draft.footprint.end) {
            reach = Some(draft);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(span: Range<usize>, inserted: &str, order: Order) -> Draft {
        let footprint = span.clone();
        Draft {
            span,
            inserted: inserted.into(),
            lead: 0,
            footprint,
            order,
            patch: 0,
            edit: 0,
        }
    }

    #[test]
    fn undo_takes_back_what_splice_did() {
        let original = b"one\ntwo\nthree\n";
        let drafts = vec![
            draft(8..13, "3", Order::Replacing),
            draft(4..4, "1.5\n", Order::After),
            draft(0..0, "0\n", Order::Before),
        ];
        let (result, changes) = splice(original, drafts).unwrap();
        assert_eq!(result, b"0\none\n1.5\ntwo\n3\n");
        assert_eq!(
            changes.iter().map(|change| change.line).collect::<Vec<_>>(),
            [1, 3, 5]
        );
        assert_eq!(undo(&result, &changes).as_deref(), Some(&original[..]));
        assert_eq!(undo(b"0\none\n1.6\ntwo\n3\n", &changes), None);
        assert_eq!(undo(b"", &changes), None);
    }

    #[test]
    fn drafts_at_one_place_clash_unless_they_stand_for_themselves() {
        let at = |order| draft(4..4, "x\n", order);
        for (one, other, is_fine) in [
            (at(Order::After), at(Order::After), false),
            (at(Order::After), at(Order::Before), true),
            (at(Order::Between), at(Order::Between), true),
            (draft(3..5, "", Order::Replacing), at(Order::After), false),
            (
                draft(4..6, "", Order::Replacing),
                draft(4..6, "", Order::Replacing),
                false,
            ),
            (
                draft(0..4, "", Order::Replacing),
                draft(4..6, "", Order::Replacing),
                true,
            ),
        ] {
            let result = splice(b"one\ntwo\n", vec![one.clone(), other.clone()]);
            assert_eq!(result.is_ok(), is_fine, "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_change_clashes_with_an_anchor_it_takes_away() {
        let anchored = Draft {
            footprint: 0..3,
            ..draft(4..4, "x\n", Order::After)
        };
        let clash = splice(
            b"one\ntwo\n",
            vec![draft(0..3, "1", Order::Replacing), anchored],
        );
        assert!(clash.is_err());
    }

    #[test]
    fn an_anchor_of_several_lines_is_kept_whatever_is_put_between_them() {
        let whole = Draft {
            footprint: 0..7,
            ..draft(0..0, "x\n", Order::Before)
        };
        let between = Draft {
            footprint: 0..3,
            ..draft(4..4, "y\n", Order::After)
        };
        let both = vec![whole.clone(), between.clone()];
        assert!(splice(b"one\ntwo\n", both).is_ok());
        let last = Draft {
            edit: 2,
            ..draft(4..7, "2", Order::Replacing)
        };
        let clash = splice(b"one\ntwo\n", vec![last, between, whole]).unwrap_err();
        assert_eq!(
            (clash.first, clash.second, clash.offset),
            ((0, 0), (0, 2), 4)
        );
    }
}
