//! Whole logical lines around a hunk, and what stands in their place.

use std::ops::Range;

use super::Derivation;
use super::hunk::Hunk;

/// How far a hunk is widened, in logical lines above and below, in the order of trial.
const WIDER: &[(usize, usize)] = &[
    (0, 0),
    (1, 0),
    (0, 1),
    (1, 1),
    (2, 0),
    (0, 2),
    (2, 2),
    (4, 0),
    (0, 4),
    (4, 4),
];

/// How many logical lines above a hunk are replaced with it at most.
const FARTHEST: usize = 40;

/// Logical lines of the pristine file with what stands in their place.
pub(super) struct Cover {
    /// Logical lines.
    pub(super) lines: Range<usize>,
    /// The same as physical lines, with those of the edited file.
    pub(super) hunk: Hunk,
}

impl Derivation<'_> {
    /// Logical lines that take in a hunk, the fewest first.
    pub(super) fn covers(&self, hunk: &Hunk) -> Vec<Cover> {
        let touched = self.old_lines.touched(&hunk.old);
        let count = self.old_lines.logical_count();
        let mut covers: Vec<Cover> = Vec::new();
        for &(above, below) in WIDER {
            let lines = touched.start.saturating_sub(above)..(touched.end + below).min(count);
            let cover = self.cover(hunk, lines);
            covers.extend(cover.filter(|cover| covers.iter().all(|own| own.lines != cover.lines)));
        }
        covers.extend(self.header_cover(hunk, &touched));
        covers
    }

    /// From the nearest line above that is indented no more than anything up to the end of a hunk.
    fn header_cover(&self, hunk: &Hunk, touched: &Range<usize>) -> Option<Cover> {
        let ends = [touched.end, touched.end + 1];
        let ends = ends.into_iter().filter(|end| *end <= self.old.line_count());
        let starts = touched.start.saturating_sub(FARTHEST)..touched.start;
        let covers = ends.flat_map(|end| starts.clone().rev().map(move |start| start..end));
        covers
            .filter_map(|lines| self.cover(hunk, lines))
            .find(|cover| {
                let base = self.base(&cover.lines);
                let texts = self.replacement(cover).into_iter();
                let mut full = texts.filter(|text| !text.trim_ascii().is_empty());
                full.all(|text| text.starts_with(base))
            })
    }

    /// These lines, if they take in the hunk and the lines beside it are the same in both files.
    fn cover(&self, hunk: &Hunk, lines: Range<usize>) -> Option<Cover> {
        if lines.is_empty() {
            return None;
        }
        let wider = hunk.around(&self.old_lines.of_logical(&lines))?;
        let is_equal = |old: Range<usize>, new: Range<usize>| {
            new.end <= self.new_lines.len()
                && self.old_lines.bytes(&old) == self.new_lines.bytes(&new)
        };
        let above = is_equal(
            wider.old.start..hunk.old.start,
            wider.new.start..hunk.new.start,
        );
        let below = is_equal(hunk.old.end..wider.old.end, hunk.new.end..wider.new.end);
        (above && below).then_some(Cover { lines, hunk: wider })
    }

    /// What stands in the place of a cover, line by line without endings.
    pub(super) fn replacement(&self, cover: &Cover) -> Vec<&[u8]> {
        self.new_lines.texts(&cover.hunk.new)
    }

    /// The indentation of the first line of a cover.
    pub(super) fn base(&self, lines: &Range<usize>) -> &[u8] {
        self.old.indent_at(self.old.line(lines.start).start)
    }
}
