//! Lines that were turned into comments: how they are written, and how they are found again.

use std::cell::Cell;
use std::ops::Range;

use crate::document::Document;
use crate::language::Language;
use crate::pattern::Pattern;

/// How many comment lines are looked at to find the end of a range.
const LONGEST: usize = 2_000;
/// How many lines may be looked at where the end of a range is not yet in sight.
const BUDGET: usize = 200_000;

/// The physical lines of `lines` as comments, joined by their own endings.
pub(crate) fn write(document: &Document<'_>, lines: Range<usize>, sign: &str) -> Vec<u8> {
    let base = shallowest(document, &lines);
    let mut written = Vec::with_capacity(lines.len() + 32);
    let mut start = lines.start;
    while start < lines.end {
        let end = document.physical_end(start).min(lines.end);
        let line = &document.bytes[start..end];
        if line.trim_ascii().is_empty() {
            written.extend_from_slice(line);
        } else {
            written.extend_from_slice(&line[..base]);
            written.extend_from_slice(sign.as_bytes());
            written.push(b' ');
            written.extend_from_slice(&line[base..]);
        }
        let ending = if end < lines.end {
            document.ending_at(end)
        } else {
            b""
        };
        written.extend_from_slice(ending);
        start = end + ending.len().max(1);
    }
    written
}

/// The width of the white space that all lines with text start with.
fn shallowest(document: &Document<'_>, lines: &Range<usize>) -> usize {
    let mut width = usize::MAX;
    let mut start = lines.start;
    while start < lines.end {
        let end = document.physical_end(start);
        if !document.bytes[start..end].trim_ascii().is_empty() {
            width = width.min(document.indent_at(start).len());
        }
        start = end + document.ending_at(end).len().max(1);
    }
    width
}

/// Finds lines that stand as comments.
pub(crate) struct CommentFinder<'f, 'a> {
    document: &'f Document<'a>,
    /// The first lines.
    anchor: &'f Pattern,
    /// Spellings of the last lines; empty if the anchor is all.
    until: &'f [Pattern],
    sign: &'f str,
    budget: Cell<usize>,
}

impl<'f, 'a> CommentFinder<'f, 'a> {
    /// Looks in `document` for `anchor`, up to one of `until` if there are any, behind `sign`.
    pub(crate) fn new(
        document: &'f Document<'a>,
        anchor: &'f Pattern,
        until: &'f [Pattern],
        sign: &'f str,
    ) -> Self {
        Self {
            document,
            anchor,
            until,
            sign,
            budget: Cell::new(BUDGET),
        }
    }

    /// All places in `regions`, from the first to the last of the lines, without the last ending.
    pub(crate) fn find(&self, regions: &[Range<usize>]) -> Vec<Range<usize>> {
        // A string of several lines has a comment sign in each of them, behind its indentation.
        let lines = self.anchor.literal().lines().map(str::trim_start);
        let longest = lines.max_by_key(|line| line.len()).unwrap_or_default();
        let finder = memchr::memmem::Finder::new(longest.as_bytes());
        let mut found = Vec::new();
        for region in regions {
            let mut at = region.start;
            while at < region.end
                && let Some(hit) = finder.find(&self.document.bytes[at..region.end])
            {
                let offset = at + hit;
                at = self.document.physical_end(offset).max(offset + 1);
                // The text found may be in a later line than the first.
                let block = self.block_around(offset, region);
                if !block.is_empty() {
                    at = at.max(block.end);
                    self.find_in_block(block, &mut found);
                }
            }
        }
        found
    }

    /// The comment lines around `offset`, with the blank lines between them.
    fn block_around(&self, offset: usize, region: &Range<usize>) -> Range<usize> {
        let first = self.document.physical_start(offset);
        if self.uncommented(first).is_none() {
            return first..first;
        }
        let (mut start, mut above) = (first, first);
        while let Some(previous) = self.document.previous_physical(above)
            && previous >= region.start
        {
            above = previous;
            match self.uncommented(previous) {
                Some(_) => start = previous,
                None if self.is_blank(previous) => {}
                None => break,
            }
        }
        let (mut end, mut below) = (first, first);
        while below < region.end {
            let next = self.document.next_physical(below);
            match self.uncommented(below) {
                Some(_) => end = next,
                None if self.is_blank(below) => {}
                None => break,
            }
            if next == below {
                break;
            }
            below = next;
        }
        start..end.min(region.end)
    }

    fn find_in_block(&self, block: Range<usize>, found: &mut Vec<Range<usize>>) {
        let mut start = block.start;
        while start < block.end {
            let range = self
                .uncommented(start)
                .filter(|line| self.anchor.may_start(line))
                .and_then(|_| self.range_from(start, block.end));
            match range {
                Some(end) => {
                    found.push(start..end);
                    start = self.document.next_physical(end);
                }
                None => start = self.document.next_physical(start),
            }
        }
    }

    /// Where the commented-out lines that start at `start` end, if they are the anchor's.
    fn range_from(&self, start: usize, limit: usize) -> Option<usize> {
        if self.document.language.is_python() && self.document.is_continuation(start) {
            return None;
        }
        let mut window = Window {
            text: Vec::new(),
            ends: Vec::new(),
            next: start,
        };
        let mut wanted = 2 * self.anchor.len();
        loop {
            let is_all = !window.grow(self, wanted, limit);
            match self.end_in(&window) {
                Match::Ends(end) => return Some(end),
                Match::OpenEnded if !is_all && wanted < LONGEST && self.may_look_at(wanted) => {
                    wanted *= 4;
                }
                Match::OpenEnded | Match::Never => return None,
            }
        }
    }

    /// Takes lines from what may be looked at in vain: prose has brackets that never close.
    fn may_look_at(&self, lines: usize) -> bool {
        let rest = self.budget.get().checked_sub(lines);
        self.budget.set(rest.unwrap_or(0));
        rest.is_some()
    }

    fn end_in(&self, window: &Window) -> Match {
        let language = match self.document.language {
            Language::Python => Language::Python,
            Language::Text { .. } => Language::Text { comment: None },
        };
        let Ok(inner) = Document::new(&window.text, language) else {
            return Match::Never;
        };
        // The last line of the window may go on below it.
        if inner.line_count() <= self.anchor.len() && !self.anchor.matches(&inner, 0) {
            return Match::OpenEnded;
        }
        if !self.anchor.matches(&inner, 0) {
            return Match::Never;
        }
        let first = self.anchor.len();
        let rest = first..inner.line_count();
        let until = self.until.iter();
        let ends = until.filter_map(|until| until.find_first(&inner, rest.clone()));
        let last = if self.until.is_empty() {
            Some(first)
        } else {
            ends.map(|found| found.end).min()
        };
        let Some(last) = last else {
            return Match::OpenEnded;
        };
        let inner_end = inner.line(last - 1).end;
        let line = window.ends.iter().find(|(after, _)| inner_end < *after);
        line.map_or(Match::OpenEnded, |(_, end)| Match::Ends(*end))
    }

    fn is_blank(&self, start: usize) -> bool {
        let line = &self.document.bytes[start..self.document.physical_end(start)];
        line.trim_ascii().is_empty()
    }

    /// The physical line at `start` without its comment sign, if it is a comment.
    fn uncommented(&self, start: usize) -> Option<Vec<u8>> {
        let line = &self.document.bytes[start..self.document.physical_end(start)];
        let text = line.trim_ascii_start();
        let indent = &line[..line.len() - text.len()];
        let text = text.strip_prefix(self.sign.as_bytes())?;
        Some([indent, text.strip_prefix(b" ").unwrap_or(text)].concat())
    }
}

/// Comment lines without their signs.
struct Window {
    text: Vec<u8>,
    /// Where each line ends, in the text with its ending and in the file without.
    ends: Vec<(usize, usize)>,
    next: usize,
}

impl Window {
    /// Adds lines until there are `wanted`; says whether there are more.
    fn grow(&mut self, finder: &CommentFinder<'_, '_>, wanted: usize, limit: usize) -> bool {
        while self.next < limit && self.ends.len() < wanted {
            let end = finder.document.physical_end(self.next);
            self.text
                .extend(finder.uncommented(self.next).unwrap_or_default());
            self.text.push(b'\n');
            self.ends.push((self.text.len(), end));
            self.next = end + finder.document.ending_at(end).len().max(1);
        }
        self.next < limit
    }
}

enum Match {
    /// The lines are the anchor's, up to here.
    Ends(usize),
    /// They may be, with those that follow.
    OpenEnded,
    Never,
}
