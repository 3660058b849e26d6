//! The change that an edit makes at one of its places.

use std::ops::Range;

use crate::block::{Block, lines_in_strings};
use crate::change::{Draft, Order};
use crate::comment;
use crate::compile::{Action, Compiled, Side};
use crate::document::Document;
use crate::import::{Place, place};
use crate::lexer::TokenKind;
use crate::site::{Site, Span};
use crate::token::{raw_tokens, start_of_last};

/// What `edit` changes at `site`, which is pristine.
pub(crate) fn drafts(document: &Document<'_>, edit: &Compiled, site: &Site) -> Vec<Draft> {
    let writer = Writer {
        document,
        footprint: site.region.clone(),
    };
    match &edit.action {
        Action::Insert {
            side: Side::After,
            block,
            ..
        } => vec![writer.insert_after(&site.span, block)],
        Action::Insert {
            side: Side::Before,
            block,
            ..
        } => vec![writer.insert_before(&site.span, block)],
        Action::Replace { block, .. } => vec![writer.replace(&site.span, block)],
        Action::ReplaceMatch { regex, template } => {
            vec![writer.replace_match(&site.region, regex.expand(document, &site.region, template))]
        }
        Action::Delete { .. } => vec![writer.delete(&site.span)],
        Action::CommentOut { sign, .. } => {
            let lines = site.span.physical(document);
            let inserted = comment::write(document, lines.clone(), sign);
            vec![writer.draft(lines, inserted, Order::Replacing)]
        }
        Action::Wrap { header, footer, .. } => vec![writer.wrap(&site.span, header, footer)],
        Action::Argument { argument, .. } => writer.add_argument(&site.span, &argument.text),
        Action::Import { import } => vec![writer.import(&import.text)],
        Action::Append { block } => vec![writer.append(block)],
        Action::Create { .. } => Vec::new(),
    }
}

struct Writer<'w, 'a> {
    document: &'w Document<'a>,
    footprint: Range<usize>,
}

impl Writer<'_, '_> {
    fn draft(&self, span: Range<usize>, mut inserted: Vec<u8>, order: Order) -> Draft {
        // After a lone `\r`, the `\n` of an empty line would belong to the line before.
        if self.document.bytes[..span.start].ends_with(b"\r") {
            let empty = inserted.iter_mut().take_while(|byte| **byte == b'\n');
            empty.for_each(|byte| *byte = b'\r');
        }
        Draft {
            span,
            inserted,
            lead: 0,
            footprint: self.footprint.clone(),
            order,
            patch: 0,
            edit: 0,
        }
    }

    fn render(&self, block: &Block, base: &[u8]) -> Vec<Vec<u8>> {
        block.render(base, self.document.unit(base))
    }

    fn insert_after(&self, span: &Span, block: &Block) -> Draft {
        let lines = self.render(block, self.document.indent_at(span.start));
        self.lines_after(span.end, &lines, Order::After)
    }

    /// Puts lines after the physical line that holds `offset`.
    fn lines_after(&self, offset: usize, lines: &[Vec<u8>], order: Order) -> Draft {
        let ending = self.document.ending_beside(offset);
        let end = self.document.physical_end(offset);
        let has_ending = !self.document.ending_at(end).is_empty();
        let at = self.document.next_physical(offset);
        let text = lines.join(ending);
        if has_ending {
            return self.draft(at..at, [&text, ending].concat(), order);
        }
        let lead = ending.len();
        Draft {
            lead,
            ..self.draft(at..at, [ending, &text].concat(), order)
        }
    }

    fn insert_before(&self, span: &Span, block: &Block) -> Draft {
        let lines = self.render(block, self.document.indent_at(span.start));
        self.lines_before(span.start, &lines, Order::Before)
    }

    /// Puts lines before the physical line that holds `offset`.
    fn lines_before(&self, offset: usize, lines: &[Vec<u8>], order: Order) -> Draft {
        let ending = self.document.ending_beside(offset);
        let at = self.document.physical_start(offset);
        self.draft(
            at..at,
            [lines.join(ending).as_slice(), ending].concat(),
            order,
        )
    }

    fn replace(&self, span: &Span, block: &Block) -> Draft {
        let lines = self.render(block, self.document.indent_at(span.start));
        let ending = self.document.ending_beside(span.start);
        self.draft(
            span.physical(self.document),
            lines.join(ending),
            Order::Replacing,
        )
    }

    /// Replaces the matched part of a line; white space that the line starts with stays.
    fn replace_match(&self, at: &Range<usize>, inserted: Vec<u8>) -> Draft {
        let indent = self.document.indent_at(at.start);
        let text_start = self.document.physical_start(at.start) + indent.len();
        let (start, inserted) = if at.start < text_start && text_start <= at.end {
            (text_start, inserted.trim_ascii_start().to_vec())
        } else {
            (at.start, inserted)
        };
        self.draft(start..at.end, inserted, Order::Replacing)
    }

    fn delete(&self, span: &Span) -> Draft {
        let lines = span.with_ending(self.document);
        let physical = span.physical(self.document);
        // The last line has no ending of its own: it goes with the one before it.
        let before = self
            .document
            .previous_end(physical.start)
            .filter(|_| physical.end == lines.end);
        let span = before.unwrap_or(lines.start)..lines.end;
        self.draft(span, Vec::new(), Order::Replacing)
    }

    fn wrap(&self, span: &Span, header: &Block, footer: &Block) -> Draft {
        let physical = span.physical(self.document);
        let base = self.document.indent_at(span.start);
        let ending = self.document.ending_beside(span.start);
        let mut inserted = Vec::new();
        for line in self.render(header, base) {
            inserted.extend_from_slice(&line);
            inserted.extend_from_slice(ending);
        }
        self.indent_lines(&physical, base, &mut inserted);
        for line in self.render(footer, base) {
            inserted.extend_from_slice(ending);
            inserted.extend_from_slice(&line);
        }
        self.draft(physical, inserted, Order::Replacing)
    }

    /// Writes lines one level deeper, except blank ones and those that start inside a string.
    fn indent_lines(&self, lines: &Range<usize>, base: &[u8], written: &mut Vec<u8>) {
        let level = self.document.unit(base).indent(1);
        let in_strings = if self.document.language.is_python() {
            lines_in_strings(&self.document.shadow[lines.clone()])
        } else {
            Vec::new()
        };
        let (mut start, mut index) = (lines.start, 0);
        loop {
            let end = self.document.physical_end(start);
            let line = &self.document.bytes[start..end];
            let stays = line.trim_ascii().is_empty() || in_strings.binary_search(&index).is_ok();
            if stays {
                written.extend_from_slice(line);
            } else {
                let own_base = line
                    .iter()
                    .zip(base)
                    .take_while(|(own, base)| own == base)
                    .count();
                written.extend_from_slice(&line[..own_base]);
                written.extend_from_slice(&level);
                written.extend_from_slice(&line[own_base..]);
            }
            if end >= lines.end {
                return;
            }
            let ending = self.document.ending_at(end);
            written.extend_from_slice(ending);
            start = end + ending.len();
            index += 1;
        }
    }

    fn import(&self, statement: &str) -> Draft {
        let lines = [statement.as_bytes().to_vec()];
        if self.document.line_count() == 0 {
            return self.at_end(&lines);
        }
        match place(self.document) {
            Place::AfterLine(line) => {
                self.lines_after(self.document.line(line).end, &lines, Order::Between)
            }
            Place::BeforeLine(line) => {
                self.lines_before(self.document.line(line).start, &lines, Order::Between)
            }
        }
    }

    fn append(&self, block: &Block) -> Draft {
        self.at_end(&self.render(block, b""))
    }

    /// Puts lines at the end of the file, which keeps or keeps missing its final line ending.
    fn at_end(&self, lines: &[Vec<u8>]) -> Draft {
        let end = self.document.bytes.len();
        if end <= self.document.text_start() {
            let inserted = [lines.join(&b"\n"[..]).as_slice(), b"\n"].concat();
            return self.draft(end..end, inserted, Order::Between);
        }
        let ends_with_ending = self.document.physical_start(end) == end;
        if ends_with_ending {
            let before = self.document.previous_end(end).unwrap_or(end);
            let ending = self.document.ending_at(before);
            return self.draft(
                end..end,
                [lines.join(ending).as_slice(), ending].concat(),
                Order::Between,
            );
        }
        self.lines_after(end, lines, Order::Between)
    }

    /// Adds an argument to the call whose brackets are the ends of `call`.
    fn add_argument(&self, call: &Span, argument: &str) -> Vec<Draft> {
        let document = self.document;
        let insertion =
            |at: usize, text: String| self.draft(at..at, text.into_bytes(), Order::Between);
        let line = document.line(document.line_at(call.start));
        let tokens = raw_tokens(&document.shadow[line.clone()]);
        let position =
            |offset: usize| tokens.partition_point(|token| line.start + token.start < offset);
        let (open, close) = (position(call.start), position(call.end));
        let Some(last) = tokens
            .get(close.wrapping_sub(1))
            .filter(|_| close > open + 1)
        else {
            return vec![insertion(call.start + 1, argument.to_owned())];
        };
        let last_end = line.start + last.end;
        let has_comma = last.kind == TokenKind::Comma;
        let is_wrapped = document.physical_start(call.end) > last_end;
        if !is_wrapped {
            let separator = if has_comma { " " } else { ", " };
            return vec![insertion(last_end, format!("{separator}{argument}"))];
        }
        let first_of_last = start_of_last(&tokens, open, close);
        let sibling = line.start + tokens[first_of_last].start;
        let indent = if document.physical_start(sibling) == document.physical_start(line.start) {
            let base = document.indent_at(line.start);
            [base, &document.unit(base).indent(1)].concat()
        } else {
            document.indent_at(sibling).to_vec()
        };
        let text = [&indent, argument.as_bytes(), b","].concat();
        let added = self.lines_after(last_end, &[text], Order::Between);
        if has_comma {
            vec![added]
        } else {
            vec![insertion(last_end, ",".to_owned()), added]
        }
    }
}
