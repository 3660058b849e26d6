//! The syntax gate: a Python file that parsed before an edit must parse after it.
//!
//! Only the touched top-level statements are parsed, with the one after them. That is enough: a
//! module is a sequence of statements, and those that did not change parse as they did before.

use std::fmt;
use std::ops::Range;

use ruff_python_parser::parse_module;

use crate::change::Change;
use crate::document::{Document, line_number};
use crate::encoding::{Encoding, shadow};

/// A syntax error that an edit would bring into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxBroken {
    /// The physical line of the result, from 1.
    pub line: usize,
    /// The text of that line.
    pub text: String,
    /// The parser's words.
    pub reason: String,
}

impl fmt::Display for SyntaxBroken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the result would not parse: line {}: {}: `{}`",
            self.line,
            self.reason,
            self.text.trim()
        )
    }
}

/// Checks the result of `changes` to `document`.
pub(crate) fn check(
    document: &Document<'_>,
    result: &[u8],
    changes: &[Change],
) -> Result<(), SyntaxBroken> {
    let mut shift: isize = 0;
    let mut index = 0;
    while index < changes.len() {
        let mut part = statements_around(document, &changes[index].original);
        let mut growth = growth(&changes[index]);
        let mut next = index + 1;
        while let Some(change) = changes
            .get(next)
            .filter(|change| change.original.start <= part.end)
        {
            part.end = part
                .end
                .max(statements_around(document, &change.original).end);
            growth += self::growth(change);
            next += 1;
        }
        let start = part.start.saturating_add_signed(shift);
        let end = part.end.saturating_add_signed(shift + growth);
        check_part(document, &part, result, start..end)?;
        shift += growth;
        index = next;
    }
    Ok(())
}

fn growth(change: &Change) -> isize {
    let signed = |length: usize| isize::try_from(length).unwrap_or(isize::MAX);
    signed(change.inserted.len()) - signed(change.removed.len())
}

fn check_part(
    document: &Document<'_>,
    before: &Range<usize>,
    result: &[u8],
    after: Range<usize>,
) -> Result<(), SyntaxBroken> {
    let Some(changed) = result.get(after.clone()) else {
        return Ok(());
    };
    let changed = part_shadow(changed, &document.encoding);
    let Err(error) = parse_module(&changed) else {
        return Ok(());
    };
    if parse_module(&document.shadow[before.clone()]).is_err() {
        return Ok(());
    }
    let offset = after.start + error.location.start().to_usize().min(changed.len());
    let line_start = memchr::memrchr2(b'\n', b'\r', &result[..offset]).map_or(0, |at| at + 1);
    let line_end =
        memchr::memchr2(b'\n', b'\r', &result[offset..]).map_or(result.len(), |at| offset + at);
    Err(SyntaxBroken {
        line: line_number(result, line_start),
        text: String::from_utf8_lossy(&result[line_start..line_end]).into_owned(),
        reason: error.error.to_string(),
    })
}

fn part_shadow<'p>(part: &'p [u8], encoding: &Encoding) -> std::borrow::Cow<'p, str> {
    shadow(part, encoding)
}

/// The top-level statements that `span` touches and the one after, as whole physical lines.
fn statements_around(document: &Document<'_>, span: &Range<usize>) -> Range<usize> {
    let count = document.line_count();
    let mut first = document.line_at(span.start).min(count);
    // A change right after a line may belong to the statement above.
    first = first.saturating_sub(1);
    while first > 0 && !starts_statement(document, first) {
        first -= 1;
    }
    let mut last = document.line_from(span.end);
    let mut statements = 0;
    while last < count {
        if starts_statement(document, last) {
            statements += 1;
            if statements == 2 {
                break;
            }
        }
        last += 1;
    }
    let start = if first == 0 {
        0
    } else {
        document.physical_start(document.line(first).start)
    };
    let end = if last < count {
        document.physical_start(document.line(last).start)
    } else {
        document.bytes.len()
    };
    start.min(span.start)..end.max(span.end)
}

/// Whether a top-level statement starts at a line: not a branch of the statement above, and not
/// what a decorator belongs to.
fn starts_statement(document: &Document<'_>, line: usize) -> bool {
    let text = document.line_text(line);
    let is_branch = ["else", "elif", "except", "finally"].iter().any(|keyword| {
        text.strip_prefix(keyword).is_some_and(|rest| {
            !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_')
        })
    });
    let is_decorated = line > 0 && document.line_text(line - 1).starts_with('@');
    document.depth(line) == 0 && !is_branch && !is_decorated
}
