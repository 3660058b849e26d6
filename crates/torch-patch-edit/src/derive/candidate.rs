//! The edits that may say what a hunk changes, in the order in which they read best.

use std::ops::Range;

use crate::character::is_plain;
use crate::edit::{Anchor, AnchorRange, Near, Verb};

use super::Derivation;
use super::anchor::{self, Fate};
use super::cover::Cover;
use super::hunk::{Hunk, LONG, slid};
use super::text::relative;

/// How many lines an anchor of an insertion has at most.
const MOST_LINES: usize = 3;

/// A verb with the logical lines of its anchor; none if it has no anchor.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) verb: Verb,
    pub(super) lines: Range<usize>,
    pub(super) near: Near,
}

impl Candidate {
    pub(super) fn new(verb: Verb, lines: Range<usize>) -> Self {
        Self {
            verb,
            lines,
            near: Near::default(),
        }
    }
}

/// On which side of its anchor a text is put.
type Insertion = fn(Anchor, String) -> Verb;

impl Derivation<'_> {
    /// Edits at the hunk itself, the best to read first.
    pub(super) fn candidates(&self, hunk: &Hunk) -> Vec<Vec<Candidate>> {
        let covers = self.covers(hunk);
        if let Some(places) = self.additions(hunk) {
            let mut groups = vec![self.anchorless(&places), self.calls(&covers)];
            groups.extend((1..=MOST_LINES).map(|length| self.insertions(&places, length)));
            return groups;
        }
        let exact = &covers[..covers.len().min(1)];
        vec![
            self.in_long_line(hunk),
            self.calls(exact),
            self.rewritings(exact),
            self.deletions(hunk),
            exact
                .iter()
                .flat_map(|cover| self.replacements(cover))
                .collect(),
            self.in_line(hunk),
        ]
    }

    /// Edits that replace the hunk with more and more lines around it.
    pub(super) fn wider_candidates(&self, hunk: &Hunk) -> Vec<Vec<Candidate>> {
        let covers = self.covers(hunk);
        covers
            .iter()
            .map(|cover| self.replacements(cover))
            .collect()
    }

    /// The places of lines that were put in. At the end of a file without a final line ending the line
    /// before them has got one.
    fn additions(&self, hunk: &Hunk) -> Option<Vec<Hunk>> {
        if hunk.old.is_empty() {
            return Some(slid(self, hunk));
        }
        let end = self.old_lines.len();
        let is_last = hunk.old == (end - 1..end) && self.old_lines.ending(end - 1).is_empty();
        let is_same = is_last
            && hunk.new.len() > 1
            && self.old_lines.text(end - 1) == self.new_lines.text(hunk.new.start);
        is_same.then(|| vec![Hunk::addition(end, hunk.new.start + 1..hunk.new.end)])
    }

    /// A text that is put in where no anchor is needed: an import, or the end of the file.
    fn anchorless(&self, places: &[Hunk]) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for place in places {
            let lines = self.new_lines.texts(&place.new);
            let Some(text) = relative(&self.old, &lines, b"") else {
                continue;
            };
            let is_import = text.starts_with("import ") || text.starts_with("from ");
            if is_import && lines.len() == 1 {
                let statement = text.clone();
                candidates.push(Candidate::new(Verb::Import { statement }, 0..0));
            }
            let mut full = lines.iter().filter(|line| !line.trim_ascii().is_empty());
            let is_outermost = full
                .next()
                .is_some_and(|line| !matches!(line[0], b' ' | b'\t'));
            if place.old.start == self.old_lines.len() && is_outermost {
                candidates.push(Candidate::new(Verb::Append { text }, 0..0));
            }
        }
        candidates
    }

    /// A text put after or before an anchor of `length` lines.
    fn insertions(&self, places: &[Hunk], length: usize) -> Vec<Candidate> {
        let after: Insertion = |anchor, text| Verb::InsertAfter { anchor, text };
        let before: Insertion = |anchor, text| Verb::InsertBefore { anchor, text };
        let mut candidates = Vec::new();
        for place in places {
            let next = self.old_lines.logical_from(place.old.start);
            if let Some(first) = next.checked_sub(length) {
                let lines = first..next;
                if self.old_lines.of_logical(&lines).end == place.old.start {
                    candidates.extend(self.insertion(place, lines, after));
                }
            }
            let lines = next..next + length;
            if lines.end <= self.old_lines.logical_count()
                && self.old_lines.of_logical(&lines).start == place.old.start
            {
                candidates.extend(self.insertion(place, lines, before));
            }
        }
        candidates
    }

    fn insertion(&self, place: &Hunk, lines: Range<usize>, verb: Insertion) -> Vec<Candidate> {
        let added = self.new_lines.texts(&place.new);
        let Some(text) = relative(&self.old, &added, self.base(&lines)) else {
            return Vec::new();
        };
        let forms = anchor::forms(&self.old, &lines).into_iter();
        forms
            .map(|form| Candidate::new(verb(Anchor::Lines(form), text.clone()), lines.clone()))
            .collect()
    }

    /// Lines that go; the lines beside them tell afterwards that they are gone.
    fn deletions(&self, hunk: &Hunk) -> Vec<Candidate> {
        if !hunk.new.is_empty() {
            return Vec::new();
        }
        let mut candidates = Vec::new();
        for place in slid(self, hunk) {
            let lines = self.old_lines.touched(&place.old);
            let is_exact = !lines.is_empty() && self.old_lines.of_logical(&lines) == place.old;
            let beside = lines.start.checked_sub(1).zip(Some(lines.end));
            let beside = beside.filter(|(_, after)| *after < self.old_lines.logical_count());
            let Some((above, below)) = beside.filter(|_| is_exact) else {
                continue;
            };
            let near = Near {
                after: anchor::line(&self.old, above),
                before: anchor::line(&self.old, below),
            };
            for range in anchor::ranges(&self.old, &lines, Fate::Gone) {
                candidates.push(Candidate {
                    near: near.clone(),
                    ..Candidate::new(Verb::Delete { range }, lines.clone())
                });
            }
        }
        candidates
    }

    /// The lines of a cover replaced as a whole.
    fn replacements(&self, cover: &Cover) -> Vec<Candidate> {
        let replacement = self.replacement(cover);
        let Some(with) = relative(&self.old, &replacement, self.base(&cover.lines)) else {
            return Vec::new();
        };
        let ranges = anchor::ranges(&self.old, &cover.lines, Fate::Gone).into_iter();
        ranges
            .map(|range| {
                let with = with.clone();
                Candidate::new(Verb::Replace { range, with }, cover.lines.clone())
            })
            .collect()
    }

    /// A line inside of a long logical line, which is better told by itself.
    fn in_long_line(&self, hunk: &Hunk) -> Vec<Candidate> {
        let touched = self.old_lines.touched(&hunk.old);
        if touched.is_empty() || self.old_lines.of_logical(&touched).len() <= LONG {
            return Vec::new();
        }
        self.in_line(hunk)
    }

    /// One line found by a regular expression that is its text.
    fn in_line(&self, hunk: &Hunk) -> Vec<Candidate> {
        if hunk.old.len() != 1 || hunk.new.len() != 1 {
            return Vec::new();
        }
        let (old, new) = (
            self.old_lines.text(hunk.old.start),
            self.new_lines.text(hunk.new.start),
        );
        let trimmed = old.trim_ascii();
        let indent = old.len() - old.trim_ascii_start().len();
        let (Ok(pattern), Some(Ok(with))) = (
            std::str::from_utf8(trimmed),
            new.strip_prefix(&old[..indent]).map(std::str::from_utf8),
        ) else {
            return Vec::new();
        };
        let range = AnchorRange::from(Anchor::Regex(regex::escape(pattern)));
        if !pattern.chars().chain(with.chars()).all(is_plain) {
            return Vec::new();
        }
        let with = with.replace('$', "$$");
        let lines = self.old_lines.touched(&hunk.old);
        vec![Candidate::new(Verb::Replace { range, with }, lines)]
    }
}
