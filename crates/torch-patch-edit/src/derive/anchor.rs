//! How lines of a file are written as an anchor.

use std::ops::Range;

use crate::character::is_plain;
use crate::document::Document;
use crate::edit::{Anchor, AnchorRange};
use crate::lexer::TokenKind;
use crate::pattern::PatternToken;
use crate::token::{Token, brackets, tokens};

/// Anchors that are longer than this are shortened with `...`.
const WIDEST: usize = 72;
/// Anchors of more lines than this are written by their first and last line.
const MOST_LINES: usize = 6;
/// The indentation of a level.
const INDENT: &str = "    ";

/// The ways to write logical lines as an anchor, the best first.
pub(super) fn forms(document: &Document<'_>, lines: &Range<usize>) -> Vec<String> {
    let ways: &[fn(&Document<'_>, usize) -> Option<String>] = &[
        |document, line| short(document, line),
        |document, line| full(document, line),
    ];
    let mut forms: Vec<String> = Vec::new();
    for way in ways {
        let texts: Option<Vec<String>> = lines.clone().map(|line| way(document, line)).collect();
        let form = texts.map(|texts| block(document, lines.start, &texts));
        forms.extend(form.filter(|form| !forms.contains(form)));
    }
    forms
}

/// The ways to write a run of logical lines as what goes: all of them, or the first and the last.
pub(super) fn ranges(document: &Document<'_>, lines: &Range<usize>) -> Vec<AnchorRange> {
    let whole = || {
        let forms = forms(document, lines).into_iter();
        forms
            .map(|form| AnchorRange::from(Anchor::Lines(form)))
            .collect::<Vec<_>>()
    };
    if lines.len() <= MOST_LINES {
        return whole();
    }
    let first = forms(document, &(lines.start..lines.start + 1));
    let last = forms(document, &(lines.end - 1..lines.end));
    let ends = first.iter().zip(&last);
    let mut ranges: Vec<AnchorRange> = ends
        .map(|(first, last)| AnchorRange {
            anchor: Anchor::Lines(first.clone()),
            until: Some(Anchor::Lines(last.clone())),
        })
        .collect();
    ranges.extend(whole());
    ranges
}

/// One logical line as an anchor, shortened if it is long.
pub(super) fn line(document: &Document<'_>, line: usize) -> Option<String> {
    short(document, line)
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
            INDENT.repeat(usize::from(levels)) + text
        })
        .collect();
    if written.len() == 1 {
        return written.concat();
    }
    written.join("\n") + "\n"
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
fn short(document: &Document<'_>, line: usize) -> Option<String> {
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
