//! One file, read once: its lines, and of a Python file the logical lines and scopes.
//!
//! Positions are byte offsets into the file. A *line* is a logical line in Python (statements and
//! the headers of compound statements, without comments) and a physical line in other text.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr2, memchr2_iter, memrchr2};

use crate::block::Unit;
use crate::encoding::{Encoding, shadow};
use crate::language::Language;
use crate::line_counter::LineCounter;
use crate::outline::{Outline, PythonScope};

/// The UTF-8 byte order mark.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// A file as the engine sees it.
pub(crate) struct Document<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) shadow: Cow<'a, str>,
    pub(crate) language: Language,
    pub(crate) encoding: Encoding,
    lines: Vec<(u32, u32)>,
    depths: Vec<u16>,
    scopes: Vec<PythonScope>,
    unit: Option<Unit>,
    counter: LineCounter<'a>,
}

/// Why a file cannot be searched at all.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnreadableKind {
    /// The file has 4 GiB or more.
    TooLarge {
        /// Its size in bytes.
        size: usize,
    },
    /// Its declared encoding does not keep ASCII characters as ASCII bytes.
    Encoding {
        /// The name in the declaration.
        name: String,
    },
}

impl<'a> Document<'a> {
    pub(crate) fn new(bytes: &'a [u8], language: Language) -> Result<Self, UnreadableKind> {
        if u32::try_from(bytes.len()).is_err() {
            return Err(UnreadableKind::TooLarge { size: bytes.len() });
        }
        let encoding = if language.is_python() {
            Encoding::declared(bytes)
        } else {
            Encoding::Utf8
        };
        if let Encoding::Unreadable(name) = encoding {
            return Err(UnreadableKind::Encoding { name });
        }
        let shadow = shadow(bytes, &encoding);
        let outline = if language.is_python() {
            Outline::of_python(&shadow)
        } else {
            Outline {
                lines: physical_lines(bytes),
                ..Outline::default()
            }
        };
        Ok(Self {
            bytes,
            shadow,
            language,
            encoding,
            lines: outline.lines,
            depths: outline.depths,
            scopes: outline.scopes,
            unit: outline.unit,
            counter: LineCounter::new(bytes),
        })
    }

    /// The number of lines.
    pub(crate) fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// From the first to after the last character of a line, without comment and line ending.
    pub(crate) fn line(&self, index: usize) -> Range<usize> {
        let (start, end) = self.lines[index];
        start as usize..end as usize
    }

    /// The text of a line.
    pub(crate) fn line_text(&self, index: usize) -> &str {
        &self.shadow[self.line(index)]
    }

    /// How deep a logical line is indented, in levels.
    pub(crate) fn depth(&self, index: usize) -> u16 {
        self.depths.get(index).copied().unwrap_or(0)
    }

    /// The line that holds `offset`, or else the first one after it.
    pub(crate) fn line_at(&self, offset: usize) -> usize {
        self.lines
            .partition_point(|&(_, end)| (end as usize) <= offset)
    }

    /// The first line that starts at or after `offset`.
    pub(crate) fn line_from(&self, offset: usize) -> usize {
        self.lines
            .partition_point(|&(start, _)| (start as usize) < offset)
    }

    /// Whether a physical line that starts at `offset` continues a line above it.
    pub(crate) fn is_continuation(&self, offset: usize) -> bool {
        let index = self.line_at(offset);
        index < self.lines.len() && self.physical_start(self.line(index).start) < offset
    }

    pub(crate) fn scopes(&self) -> &[PythonScope] {
        &self.scopes
    }

    /// What one level of indentation is, in this file and at a line indented with `base`.
    pub(crate) fn unit(&self, base: &[u8]) -> Unit {
        if base.contains(&b'\t') {
            return Unit::Tab;
        }
        if !self.language.is_python() {
            return Unit::AsWritten;
        }
        match self.unit {
            Some(Unit::Tab) if base.is_empty() => Unit::Tab,
            Some(Unit::Spaces(width)) => Unit::Spaces(width),
            _ => Unit::default(),
        }
    }

    /// Where the text begins: after a byte order mark.
    pub(crate) fn text_start(&self) -> usize {
        if self.bytes.starts_with(BOM) {
            BOM.len()
        } else {
            0
        }
    }

    /// Where the physical line that holds `offset` starts.
    pub(crate) fn physical_start(&self, offset: usize) -> usize {
        memrchr2(b'\n', b'\r', &self.bytes[..offset])
            .map_or(self.text_start().min(offset), |at| at + 1)
    }

    /// Where the physical line that holds `offset` ends, before its line ending.
    pub(crate) fn physical_end(&self, offset: usize) -> usize {
        memchr2(b'\n', b'\r', &self.bytes[offset..]).map_or(self.bytes.len(), |at| offset + at)
    }

    /// The line ending that starts at `end`: `\n`, `\r\n`, `\r` or, at the end of the file, nothing.
    pub(crate) fn ending_at(&self, end: usize) -> &'a [u8] {
        let rest = &self.bytes[end..];
        match rest {
            [b'\r', b'\n', ..] => &rest[..2],
            [b'\r' | b'\n', ..] => &rest[..1],
            _ => b"",
        }
    }

    /// Where the physical line after the one that holds `offset` starts.
    pub(crate) fn next_physical(&self, offset: usize) -> usize {
        let end = self.physical_end(offset);
        end + self.ending_at(end).len()
    }

    /// Where the physical line before the one that starts at `start` starts.
    pub(crate) fn previous_physical(&self, start: usize) -> Option<usize> {
        let end = self.previous_end(start)?;
        Some(self.physical_start(end))
    }

    /// Where the physical line before the one that starts at `start` ends.
    pub(crate) fn previous_end(&self, start: usize) -> Option<usize> {
        if start <= self.text_start() {
            return None;
        }
        let before = &self.bytes[..start];
        Some(match before {
            [.., b'\r', b'\n'] => start - 2,
            _ => start - 1,
        })
    }

    /// The white space at the start of the physical line that holds `offset`.
    pub(crate) fn indent_at(&self, offset: usize) -> &'a [u8] {
        let start = self.physical_start(offset);
        let line = &self.bytes[start..self.physical_end(start)];
        let width = line
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\x0C'))
            .count();
        &line[..width]
    }

    /// The line ending to write beside the physical line that holds `offset`: its own, or that of
    /// the line before, or `\n`.
    pub(crate) fn ending_beside(&self, offset: usize) -> &'a [u8] {
        let own = self.ending_at(self.physical_end(offset));
        if !own.is_empty() {
            return own;
        }
        let before = self.previous_end(self.physical_start(offset));
        before.map_or(b"\n", |end| self.ending_at(end))
    }

    /// The number of the physical line that holds `offset`, from 1.
    pub(crate) fn line_number(&self, offset: usize) -> usize {
        self.counter.number(offset)
    }
}

/// All physical lines, without their endings.
fn physical_lines(bytes: &[u8]) -> Vec<(u32, u32)> {
    let mut lines = Vec::with_capacity(memchr2_iter(b'\n', b'\r', bytes).count() + 1);
    let mut start = if bytes.starts_with(BOM) { BOM.len() } else { 0 };
    for at in memchr2_iter(b'\n', b'\r', bytes) {
        if at < start {
            continue;
        }
        lines.push((offset(start), offset(at)));
        start = at
            + if bytes[at..].starts_with(b"\r\n") {
                2
            } else {
                1
            };
    }
    if start < bytes.len() {
        lines.push((offset(start), offset(bytes.len())));
    }
    lines
}

/// A position as it is kept; [`Document::new`] has checked that the file is short enough.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a document is shorter than 4 GiB"
)]
fn offset(position: usize) -> u32 {
    position as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Document<'_> {
        Document::new(bytes, Language::Text { comment: None }).unwrap()
    }

    #[test]
    fn every_line_ending_ends_a_line() {
        let document = text(b"a\nb\r\nc\rd\n\ne");
        let lines: Vec<_> = (0..document.line_count())
            .map(|index| document.line_text(index))
            .collect();
        assert_eq!(lines, ["a", "b", "c", "d", "", "e"]);
        let numbers: Vec<_> = (0..6)
            .map(|index| document.line_number(document.line(index).start))
            .collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
        for (bytes, count) in [
            (&b""[..], 0),
            (BOM, 0),
            (b"\r\n", 1),
            (b"a\n", 1),
            (b"a\r\n\r", 2),
            (b"a\n ", 2),
        ] {
            assert_eq!(text(bytes).line_count(), count, "{bytes:?}");
        }
    }

    #[test]
    fn the_first_line_starts_after_the_byte_order_mark() {
        let document = text(b"\xEF\xBB\xBFa\nb");
        assert_eq!(document.line_text(0), "a");
        assert_eq!(document.physical_start(4), 3);
        assert_eq!(document.previous_physical(3), None);
    }

    #[test]
    fn lines_in_brackets_and_strings_continue_the_line_above() {
        let source = b"x = f(\n# a\n)\n# b\n'''\n# c\n'''\ny\n# d\n";
        let document = Document::new(source, Language::Python).unwrap();
        let mut start = 0;
        let mut continued = Vec::new();
        while start < source.len() {
            continued.push(document.is_continuation(start));
            start = document.next_physical(start);
        }
        let expected = [false, true, true, false, false, true, true, false, false];
        assert_eq!(continued, expected);
    }

    #[test]
    fn a_missing_ending_is_taken_from_the_line_before() {
        assert_eq!(text(b"a\r\nb").ending_beside(3), b"\r\n");
        assert_eq!(text(b"a").ending_beside(0), b"\n");
        assert_eq!(text(b"a\rb\n").ending_beside(0), b"\r");
    }
}
