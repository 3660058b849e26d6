//! The syntax gate: a Python file that parsed before an edit must parse after it.
//!
//! Only the touched top-level statements are parsed, with the one after them. That is enough: a
//! module is a sequence of statements, and those that did not change parse as they did before.

use std::fmt;
use std::ops::Range;

use ruff_python_parser::parse_module;

use crate::change::Change;
use crate::document::Document;
use crate::encoding::shadow;
use crate::line_counter::LineCounter;
use crate::nesting::{DEEPEST, nesting};

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
    if changes.is_empty() {
        return Ok(());
    }
    let starts = statement_starts(document);
    let mut shift: isize = 0;
    let mut index = 0;
    while let Some(first) = changes.get(index) {
        let mut part = statements_around(document, &starts, &first.original);
        let mut growth = growth(first);
        index += 1;
        while let Some(change) = changes
            .get(index)
            .filter(|change| change.original.start <= part.end)
        {
            let end = statements_around(document, &starts, &change.original).end;
            part.end = part.end.max(end);
            growth += self::growth(change);
            index += 1;
        }
        let start = part.start.saturating_add_signed(shift);
        let end = part.end.saturating_add_signed(shift + growth);
        check_part(document, &part, result, start..end)?;
        shift += growth;
    }
    Ok(())
}

/// Whether a whole text does not parse although `document` does.
pub(crate) fn is_broken_by(document: &Document<'_>, result: &[u8]) -> bool {
    let result = shadow(result, &document.encoding);
    parse_error(&result).is_some() && parse_error(&document.shadow).is_none()
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
    let changed = shadow(changed, &document.encoding);
    let Some(error) = parse_error(&changed) else {
        return Ok(());
    };
    if parse_error(&document.shadow[before.clone()]).is_some() {
        return Ok(());
    }
    let offset = after.start + error.offset.min(changed.trim_end().len());
    let line_start = memchr::memrchr2(b'\n', b'\r', &result[..offset]).map_or(0, |at| at + 1);
    let line_end =
        memchr::memchr2(b'\n', b'\r', &result[offset..]).map_or(result.len(), |at| offset + at);
    Err(SyntaxBroken {
        line: LineCounter::new(result).number(line_start),
        text: String::from_utf8_lossy(&result[line_start..line_end]).into_owned(),
        reason: error.reason,
    })
}

/// Why a text is no Python module.
pub(crate) struct ParseError {
    offset: usize,
    reason: String,
}

/// What is wrong with a text as a Python module, if anything is.
pub(crate) fn parse_error(text: &str) -> Option<ParseError> {
    if nesting(text) > DEEPEST {
        return Some(ParseError {
            offset: 0,
            reason: format!("nested more than {DEEPEST} levels deep"),
        });
    }
    parse_module(text).err().map(|error| ParseError {
        offset: error.location.start().to_usize(),
        reason: error.error.to_string(),
    })
}

/// The top-level statements that `span` touches and the one after, as whole physical lines.
fn statements_around(
    document: &Document<'_>,
    starts: &[usize],
    span: &Range<usize>,
) -> Range<usize> {
    let start_of = |line: usize| document.physical_start(document.line(line).start);
    // A change right after a line may belong to the statement above.
    let first = document.line_at(span.start).saturating_sub(1);
    let touched = starts.partition_point(|&start| start <= first);
    let start = match touched.checked_sub(1).map(|index| starts[index]) {
        None | Some(0) => 0,
        Some(line) => start_of(line),
    };
    let last = document.line_from(span.end);
    let after = starts.partition_point(|&start| start < last) + 1;
    let end = starts
        .get(after)
        .map_or(document.bytes.len(), |&line| start_of(line));
    start.min(span.start)..end.max(span.end)
}

/// The lines at which top-level statements start: not the branches of the statement above, and not
/// what a decorator belongs to.
fn statement_starts(document: &Document<'_>) -> Vec<usize> {
    let is_start = |line: usize| {
        let text = document.line_text(line);
        let is_branch = ["else", "elif", "except", "finally"].iter().any(|keyword| {
            text.strip_prefix(keyword).is_some_and(|rest| {
                !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_')
            })
        });
        let is_decorated = line > 0 && document.line_text(line - 1).starts_with('@');
        !is_branch && !is_decorated
    };
    let top_level = (0..document.line_count()).filter(|&line| document.depth(line) == 0);
    top_level.filter(|&line| is_start(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    fn broken(before: &str, at: usize, removed: usize, inserted: &str) -> Option<(usize, String)> {
        let change = Change {
            original: at..at + removed,
            removed: before.as_bytes()[at..at + removed].to_vec(),
            inserted: inserted.into(),
            line: 1,
            patch: 0,
            edit: 0,
        };
        let result = [&before[..at], inserted, &before[at + removed..]].concat();
        let document = Document::new(before.as_bytes(), Language::Python).unwrap();
        let broken = check(&document, result.as_bytes(), &[change]).err();
        assert_eq!(
            broken.is_some(),
            parse_error(&result).is_some() && parse_error(before).is_none()
        );
        broken.map(|broken| (broken.line, broken.text))
    }

    #[test]
    fn what_parsed_must_parse() {
        let source = "@d\ndef f():\n    if a:\n        b\n    else:\n        c\n\nif x:\n  y\nelse:\n  z\nlast = 1\n";
        assert_eq!(broken(source, 12, 0, "    x = 1\n"), None);
        for at in (0..source.len()).filter(|&at| source.is_char_boundary(at)) {
            for inserted in [
                "x\n",
                "  x\n",
                "    x\n",
                "(\n",
                ")\n",
                "'''\n",
                "if q:\n",
                "@e\n",
                "\\\n",
                "\\",
                "else:\n  1\n",
                "# c\n",
                "\n",
                "def g():\n  pass\n",
            ] {
                broken(source, at, 0, inserted);
                broken(source, at, (source.len() - at).min(9), inserted);
            }
        }
    }

    #[test]
    fn the_line_that_breaks_is_said() {
        let (line, text) = broken("a\nb\nc\n", 2, 0, "x = = 1\n").unwrap();
        assert_eq!((line, text.as_str()), (2, "x = = 1"));
    }

    #[test]
    fn what_did_not_parse_may_be_changed() {
        assert_eq!(broken("print 'a'\nb\n", 10, 0, "c d\n"), None);
    }

    #[test]
    fn text_nested_too_deeply_is_never_parsed() {
        let deep = format!("x = {}1\n", "1 + ".repeat(200_000));
        assert!(broken("y\n", 0, 0, &deep).unwrap().1.starts_with("x = 1"));
        assert_eq!(broken(&deep, 0, 0, "y\n"), None);
    }
}
