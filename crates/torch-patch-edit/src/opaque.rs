//! Which parts of a Python file are comments and the insides of strings.

use std::ops::Range;

use crate::document::Document;
use crate::lexer::{TokenKind, lex};

/// Tells whether a match lies in a comment or inside a string, keeping the logical line it looked
/// at last.
pub(crate) struct Opaque<'d, 'a> {
    document: &'d Document<'a>,
    line: Option<usize>,
    ranges: Vec<Range<usize>>,
}

impl<'d, 'a> Opaque<'d, 'a> {
    pub(crate) fn new(document: &'d Document<'a>) -> Self {
        Self {
            document,
            line: None,
            ranges: Vec::new(),
        }
    }

    /// Whether all of `range`, which is part of one physical line, is in a comment or in a string
    /// without its quotes. Never so in a file that is not Python.
    pub(crate) fn covers(&mut self, range: &Range<usize>) -> bool {
        if !self.document.language.is_python() {
            return false;
        }
        let text = &self.document.bytes[range.clone()];
        let Some(first) = text.iter().position(|byte| !byte.is_ascii_whitespace()) else {
            return false;
        };
        let first = range.start + first;
        let line = self.document.line_at(first);
        if line >= self.document.line_count() || first < self.document.line(line).start {
            return true;
        }
        self.read(line);
        let after = self.ranges.partition_point(|opaque| opaque.end < range.end);
        self.ranges
            .get(after)
            .is_some_and(|opaque| opaque.start <= first && range.end <= opaque.end)
    }

    fn read(&mut self, line: usize) {
        if self.line == Some(line) {
            return;
        }
        self.line = Some(line);
        let base = self.document.line(line).start;
        self.ranges = opaque_ranges(self.document.line_text(line), base);
    }
}

/// The comments and string contents of a logical line that starts at `base`.
fn opaque_ranges(line: &str, base: usize) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut lexer = lex(line);
    loop {
        let kind = lexer.next_token();
        let (start, end) = (base + lexer.range().start, base + lexer.range().end);
        match kind {
            TokenKind::EndOfFile => return ranges,
            TokenKind::String => ranges.push(start + 1..end - 1),
            TokenKind::Comment | TokenKind::FStringMiddle => ranges.push(start..end),
            _ => {}
        }
    }
}
