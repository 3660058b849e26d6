//! The physical lines of a file, by number from 0.

use std::ops::Range;

use crate::document::Document;

/// Where each physical line is, and which of them a logical line takes.
pub(crate) struct Lines<'b> {
    bytes: &'b [u8],
    /// The start of each line, and the end of the file.
    starts: Vec<usize>,
    /// The physical lines of each logical one, from its first to after its last.
    logical: Vec<Range<usize>>,
}

impl<'b> Lines<'b> {
    pub(super) fn of(document: &Document<'b>) -> Self {
        let mut starts = vec![document.text_start()];
        let end = document.bytes.len();
        while let Some(&start) = starts.last()
            && start < end
        {
            starts.push(document.next_physical(start));
        }
        let mut lines = Self {
            bytes: document.bytes,
            starts,
            logical: Vec::with_capacity(document.line_count()),
        };
        for index in 0..document.line_count() {
            let text = document.line(index);
            let last = text.end.max(text.start + 1) - 1;
            lines
                .logical
                .push(lines.holding(text.start)..lines.holding(last) + 1);
        }
        lines
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// All lines with their endings.
    pub(super) fn all(&self) -> Vec<&'b [u8]> {
        (0..self.len()).map(|line| self.whole(line)).collect()
    }

    /// Some lines without their endings.
    pub(super) fn texts(&self, lines: &Range<usize>) -> Vec<&'b [u8]> {
        lines.clone().map(|line| self.text(line)).collect()
    }

    /// The line that holds `offset`.
    fn holding(&self, offset: usize) -> usize {
        self.starts
            .partition_point(|&start| start <= offset)
            .saturating_sub(1)
    }

    /// The bytes of lines, with their endings.
    pub(super) fn span(&self, lines: &Range<usize>) -> Range<usize> {
        self.starts[lines.start]..self.starts[lines.end]
    }

    pub(super) fn bytes(&self, lines: &Range<usize>) -> &'b [u8] {
        &self.bytes[self.span(lines)]
    }

    /// A line with its ending.
    pub(super) fn whole(&self, line: usize) -> &'b [u8] {
        self.bytes(&(line..line + 1))
    }

    /// A line without its ending.
    pub(super) fn text(&self, line: usize) -> &'b [u8] {
        let whole = self.whole(line);
        &whole[..whole.len() - self.ending(line).len()]
    }

    /// The ending of a line; empty at the end of the file.
    pub(super) fn ending(&self, line: usize) -> &'b [u8] {
        let whole = self.whole(line);
        match whole {
            [.., b'\r', b'\n'] => &whole[whole.len() - 2..],
            [.., b'\r' | b'\n'] => &whole[whole.len() - 1..],
            _ => b"",
        }
    }

    /// The physical lines of some logical lines.
    pub(super) fn of_logical(&self, logical: &Range<usize>) -> Range<usize> {
        self.logical[logical.start].start..self.logical[logical.end - 1].end
    }

    pub(super) fn logical_count(&self) -> usize {
        self.logical.len()
    }

    /// The first logical line that ends after the start of physical line `line`.
    pub(super) fn logical_from(&self, line: usize) -> usize {
        self.logical.partition_point(|own| own.end <= line)
    }

    /// The logical lines that take some of these physical lines.
    pub(super) fn touched(&self, lines: &Range<usize>) -> Range<usize> {
        let first = self.logical_from(lines.start);
        let end = if lines.is_empty() {
            // A place between two lines touches the one that it is inside of.
            let is_inside = self
                .logical
                .get(first)
                .is_some_and(|own| own.start < lines.start);
            first + usize::from(is_inside)
        } else {
            self.logical.partition_point(|own| own.start < lines.end)
        };
        first..end.max(first)
    }
}
