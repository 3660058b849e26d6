//! Runs of lines that differ.

use std::ops::Range;

use similar::DiffTag;

use super::Derivation;
use crate::operations::{Algorithm, operations};

/// How far a hunk is moved among lines that are equal to its own.
const FARTHEST: usize = 30;
/// Logical lines of more physical lines than this are not anchored as a whole if there is another way.
pub(super) const LONG: usize = 6;

/// Lines of the pristine file with what stands in their place, as physical lines from 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Hunk {
    pub(super) old: Range<usize>,
    pub(super) new: Range<usize>,
}

impl Hunk {
    /// From the start of this one to the end of a later one.
    pub(super) fn joined(&self, last: &Self) -> Self {
        Self {
            old: self.old.start..last.old.end,
            new: self.new.start..last.new.end,
        }
    }

    /// Lines put in at a place.
    pub(super) fn addition(at: usize, new: Range<usize>) -> Self {
        Self { old: at..at, new }
    }

    /// The same hunk with more lines around it, which are equal in both files.
    pub(super) fn around(&self, old: &Range<usize>) -> Option<Self> {
        let above = self.old.start.checked_sub(old.start)?;
        let below = old.end.checked_sub(self.old.end)?;
        Some(Self {
            old: old.clone(),
            new: self.new.start.checked_sub(above)?..self.new.end + below,
        })
    }
}

/// The differing lines, in order. Between two hunks there is a logical line at least.
pub(super) fn hunks(derivation: &Derivation<'_>) -> Vec<Hunk> {
    let (old, new) = (&derivation.old_lines, &derivation.new_lines);
    let ops = operations(Algorithm::Patience, &old.all(), &new.all());
    let mut hunks: Vec<Hunk> = Vec::new();
    for op in ops.iter().filter(|op| op.tag() != DiffTag::Equal) {
        let hunk = Hunk {
            old: op.old_range(),
            new: op.new_range(),
        };
        match hunks.last_mut() {
            Some(last) if is_joined(derivation, last, &hunk) => *last = last.joined(&hunk),
            _ => hunks.push(hunk),
        }
    }
    hunks
        .into_iter()
        .flat_map(|hunk| split(derivation, hunk))
        .collect()
}

/// Whether no logical line stands between two hunks.
fn is_joined(derivation: &Derivation<'_>, one: &Hunk, next: &Hunk) -> bool {
    let between = one.old.end..next.old.start;
    between.is_empty() || derivation.old_lines.touched(&between).is_empty()
}

/// Parts a hunk of as many lines as before if each of its lines is better told by itself: inside of a
/// long logical line, and where equal lines change in the same way.
fn split(derivation: &Derivation<'_>, hunk: Hunk) -> Vec<Hunk> {
    let touched = derivation.old_lines.touched(&hunk.old);
    let is_inside = touched.len() == 1 && {
        let whole = derivation.old_lines.of_logical(&touched);
        whole.len() > LONG && whole.start <= hunk.old.start && hunk.old.end <= whole.end
    };
    let (old, new) = (&derivation.old_lines, &derivation.new_lines);
    let is_equal = (hunk.old.clone().zip(hunk.new.clone())).all(|(own, other)| {
        old.whole(own) == old.whole(hunk.old.start) && new.whole(other) == new.whole(hunk.new.start)
    });
    if !(is_inside || is_equal) || hunk.old.len() != hunk.new.len() {
        return vec![hunk];
    }
    let lines = hunk.old.zip(hunk.new);
    lines
        .map(|(old, new)| Hunk {
            old: old..old + 1,
            new: new..new + 1,
        })
        .collect()
}

/// The places at which the lines of a hunk that only adds or only removes may stand just as well, the
/// best to read first.
pub(super) fn slid(derivation: &Derivation<'_>, hunk: &Hunk) -> Vec<Hunk> {
    let mut all = vec![hunk.clone()];
    let (old, new) = (&derivation.old_lines, &derivation.new_lines);
    let is_addition = hunk.old.is_empty();
    if !is_addition && !hunk.new.is_empty() {
        return all;
    }
    let own = |hunk: &Hunk, at: usize| {
        if is_addition {
            new.whole(hunk.new.start + at)
        } else {
            old.whole(hunk.old.start + at)
        }
    };
    let length = hunk.old.len() + hunk.new.len();
    let moved = |hunk: &Hunk, by: isize| {
        let shift = |range: &Range<usize>| {
            range.start.saturating_add_signed(by)..range.end.saturating_add_signed(by)
        };
        Hunk {
            old: shift(&hunk.old),
            new: shift(&hunk.new),
        }
    };
    let mut here = hunk.clone();
    while all.len() < FARTHEST
        && here.old.start > 0
        && here.new.start > 0
        && old.whole(here.old.start - 1) == own(&here, length - 1)
    {
        here = moved(&here, -1);
        all.push(here.clone());
    }
    let mut here = hunk.clone();
    while all.len() < 2 * FARTHEST
        && here.old.end < old.len()
        && here.new.end < new.len()
        && old.whole(here.old.end) == own(&here, 0)
    {
        here = moved(&here, 1);
        all.push(here.clone());
    }
    all.sort_by_key(|hunk| awkwardness(derivation, hunk));
    all
}

/// How odd it looks that a text begins here: with a blank line, or deeper than it goes on.
fn awkwardness(derivation: &Derivation<'_>, hunk: &Hunk) -> (bool, bool) {
    let (lines, range) = if hunk.old.is_empty() {
        (&derivation.new_lines, &hunk.new)
    } else {
        (&derivation.old_lines, &hunk.old)
    };
    let texts = || range.clone().map(|line| lines.text(line));
    let indent = |text: &[u8]| text.len() - text.trim_ascii_start().len();
    let first = texts().next().unwrap_or_default();
    let full = texts().filter(|text| !text.trim_ascii().is_empty());
    let least = full.map(indent).min().unwrap_or_default();
    (first.trim_ascii().is_empty(), indent(first) > least)
}
