//! How lines of a file are written as an anchor.

use std::ops::Range;

use crate::block::lines_in_strings;
use crate::character::is_plain;
use crate::document::Document;
use crate::edit::{Anchor, AnchorRange};
use crate::lexer::TokenKind;
use crate::pattern::PatternToken;
use crate::token::{Token, brackets, tokens};

/// Anchors that are longer than this are shortened with `...`.
const WIDEST: usize = 72;
/// Whole anchors that are longer than this are written on as many lines as they have in the file.
const WIDEST_WHOLE: usize = 100;
/// Lines that stay are written by their first and last line if there are more than this; lines that go
/// only if there are very many, since then nothing is said of those between them.
const MOST_KEPT: usize = 6;
const MOST_GONE: usize = 20;
/// The indentation of a level.
const INDENT: &str = "    ";

/// What becomes of the lines of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// They go, so that all of them are named.
    Gone,
    /// They stay in another form.
    Kept,
}

/// A way to write one logical line.
type Form = fn(&Document<'_>, usize) -> Option<String>;

/// The ways to write logical lines as an anchor beside which something is put, the best first.
pub(super) fn forms(document: &Document<'_>, lines: &Range<usize>) -> Vec<String> {
    let mut forms: Vec<String> = Vec::new();
    for form in [line as Form, whole as Form] {
        let written = written(document, lines, form);
        forms.extend(written.filter(|written| !forms.contains(written)));
    }
    forms
}

/// The ways to write a run of logical lines as what is changed: all of them, or the first and the last.
pub(super) fn ranges(
    document: &Document<'_>,
    lines: &Range<usize>,
    fate: Fate,
) -> Vec<AnchorRange> {
    let (most, form) = match fate {
        Fate::Gone => (MOST_GONE, whole as Form),
        Fate::Kept => (MOST_KEPT, line as Form),
    };
    let range = |lines: &Range<usize>| {
        let text = written(document, lines, form)?;
        Some(AnchorRange::from(Anchor::Lines(text)))
    };
    let all = range(lines);
    if lines.len() <= most {
        return all.into_iter().collect();
    }
    let first = range(&(lines.start..lines.start + 1));
    let last = written(document, &(lines.end - 1..lines.end), form);
    let ends = first.zip(last).map(|(first, last)| AnchorRange {
        until: Some(Anchor::Lines(last)),
        ..first
    });
    ends.into_iter().chain(all).collect()
}

/// Logical lines in one form each.
fn written(document: &Document<'_>, lines: &Range<usize>, form: Form) -> Option<String> {
    let texts: Option<Vec<String>> = lines.clone().map(|line| form(document, line)).collect();
    Some(block(document, lines.start, &texts?))
}

/// Lines below one another, with the indentation that they have in the file.
fn block(document: &Document<'_>, first: usize, texts: &[String]) -> String {
    let base = document.depth(first);
    let depths = || (first..).take(texts.len()).map(|line| document.depth(line));
    // Lines that are indented less than the first cannot be written so: then no line is indented.
    let is_flat = depths().any(|depth| depth < base);
    let written: Vec<String> = texts
        .iter()
        .zip(depths())
        .map(|(text, depth)| {
            let levels = if is_flat { 0 } else { depth - base };
            indented(text, &INDENT.repeat(usize::from(levels)))
        })
        .collect();
    let text = written.join("\n");
    if text.contains('\n') {
        text + "\n"
    } else {
        text
    }
}

fn indented(text: &str, indent: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("{indent}{line}")).collect();
    lines.join("\n")
}

/// A whole logical line; a long one as it stands in the file.
fn whole(document: &Document<'_>, line: usize) -> Option<String> {
    let flat = full(document, line)?;
    let text = document.line_text(line);
    if flat.chars().count() <= WIDEST_WHOLE || flat.len() == text.len() {
        return Some(flat);
    }
    let base = std::str::from_utf8(document.indent_at(document.line(line).start)).ok()?;
    let lines = text.lines().enumerate().map(|(index, line)| {
        let own = if index == 0 {
            Some(line)
        } else {
            line.strip_prefix(base)
        };
        own.map(str::trim_end)
    });
    let lines: Option<Vec<&str>> = lines.collect();
    let is_in_string = !lines_in_strings(text).is_empty();
    Some(
        lines
            .filter(|_| !is_in_string)
            .map_or(flat, |lines| lines.join("\n")),
    )
}

/// A whole logical line, on one line.
fn full(document: &Document<'_>, line: usize) -> Option<String> {
    let bytes = &document.bytes[document.line(line)];
    let text = std::str::from_utf8(bytes).ok()?;
    let text = if document.language.is_python() {
        flat(text, &[])
    } else {
        text.trim_ascii().to_owned()
    };
    text.chars().all(is_plain).then_some(text)
}

/// A logical line with `...` in the place of what is in its longest brackets, as far as it is too long.
pub(super) fn line(document: &Document<'_>, line: usize) -> Option<String> {
    let whole = full(document, line)?;
    if whole.chars().count() <= WIDEST || !document.language.is_python() {
        return Some(whole);
    }
    let text = document.line_text(line);
    let mut parts = outer_parts(text);
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    let mut elided: Vec<Range<usize>> = Vec::new();
    let mut best = whole;
    for part in parts {
        elided.push(part);
        elided.sort_by_key(|part| part.start);
        best = flat(text, &elided);
        if best.chars().count() <= WIDEST {
            break;
        }
    }
    best.chars().all(is_plain).then_some(best)
}

/// What stands in the outermost brackets of a line, and its outermost strings.
fn outer_parts(text: &str) -> Vec<Range<usize>> {
    let tokens = tokens(text);
    let closers = brackets(&tokens);
    let (mut parts, mut at) = (Vec::new(), 0);
    while let Some(token) = tokens.get(at) {
        if token.kind == TokenKind::FStringStart {
            let close = closers[at].unwrap_or(at);
            parts.push(token.start..tokens[close].end);
            at = close;
        } else if let Some(close) = closers[at] {
            if close > at + 1 {
                parts.push(tokens[at + 1].start..tokens[close - 1].end);
            }
            at = close;
        } else if token.kind == TokenKind::String {
            parts.push(token.range());
        }
        at += 1;
    }
    parts
}

/// The tokens of a logical line on one line, without its comments; the parts of it that are `elided`,
/// and strings of several lines, are written `...`.
pub(super) fn flat(text: &str, elided: &[Range<usize>]) -> String {
    let tokens = tokens(text);
    let closers = brackets(&tokens);
    let mut written = String::new();
    let mut last: Option<&Token> = None;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if let Some(last) = last {
            written.push_str(gap(text, last, token));
        }
        let mut end = at;
        if let Some(part) = elided.iter().find(|part| part.start == token.start) {
            let inside = tokens[at..]
                .iter()
                .take_while(|token| token.end <= part.end);
            end = at + inside.count().max(1) - 1;
            written.push_str(PatternToken::WILDCARD);
        } else if let Some(string_end) = long_string(text, &tokens, &closers, at) {
            end = string_end;
            written.push_str(PatternToken::WILDCARD);
        } else {
            written.push_str(&text[token.range()]);
        }
        last = tokens.get(end);
        at = end + 1;
    }
    written
}

/// The last token of the string that begins at `at`, if it has several lines.
fn long_string(
    text: &str,
    tokens: &[Token],
    closers: &[Option<usize>],
    at: usize,
) -> Option<usize> {
    let end = match tokens[at].kind {
        TokenKind::String => at,
        TokenKind::FStringStart => closers[at]?,
        _ => return None,
    };
    text[tokens[at].start..tokens[end].end]
        .contains(['\n', '\r'])
        .then_some(end)
}

/// What is written between two tokens: what stands there, unless they are on different lines.
fn gap<'t>(text: &'t str, one: &Token, next: &Token) -> &'t str {
    let between = &text[one.end..next.start];
    if between.trim_matches([' ', '\t']).is_empty() {
        between
    } else if one.opens() || next.closes() {
        ""
    } else {
        " "
    }
}
