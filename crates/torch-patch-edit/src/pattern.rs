//! Anchors that are lines: what they are made of, and where they match.

use std::ops::Range;

use memchr::memmem;

use crate::document::Document;
use crate::error::CompileErrorKind;
use crate::language::Language;
use crate::lexer::TokenKind;
use crate::token::{Token, brackets, logical_lines, tokens};

/// One or more consecutive lines to look for.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    lines: Vec<PatternLine>,
    /// Whether the lines are written with different indentation, which then has to match.
    is_indented: bool,
    source: String,
}

#[derive(Debug, Clone)]
struct PatternLine {
    depth: u16,
    parts: Parts,
    /// The longest text that the line cannot be without.
    literal: String,
}

#[derive(Debug, Clone)]
enum Parts {
    Tokens(Vec<PatternToken>),
    /// The text between wildcards; the first and last part are the ends of the line.
    Text(Vec<String>),
}

/// A token of an anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PatternToken {
    Text(String),
    Wildcard,
}

impl Pattern {
    pub(crate) fn new(source: &str, language: Language) -> Result<Self, CompileErrorKind> {
        let source = source.replace("\r\n", "\n").replace('\r', "\n");
        let source = source.trim_matches('\n');
        let lines = if language.is_python() {
            python_lines(source)?
        } else {
            text_lines(source)
        };
        if lines.iter().all(|line| line.literal.is_empty()) {
            let is_empty = source.trim().is_empty();
            return Err(if is_empty {
                CompileErrorKind::Empty
            } else {
                CompileErrorKind::OnlyWildcards
            });
        }
        let is_indented = lines.iter().any(|line| line.depth > 0);
        Ok(Self {
            lines,
            is_indented,
            source: source.trim().to_owned(),
        })
    }

    /// The anchor as it was written.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// The number of lines.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The tokens of the only line of a Python anchor.
    pub(crate) fn single_line(&self) -> Option<&[PatternToken]> {
        match self.lines.as_slice() {
            [
                PatternLine {
                    parts: Parts::Tokens(tokens),
                    ..
                },
            ] => Some(tokens),
            _ => None,
        }
    }

    /// The longest text without which there is no match.
    pub(crate) fn literal(&self) -> &str {
        &self.telling_line().1.literal
    }

    fn telling_line(&self) -> (usize, &PatternLine) {
        let mut best = (0, &self.lines[0]);
        for (index, line) in self.lines.iter().enumerate().skip(1) {
            if line.literal.len() > best.1.literal.len() {
                best = (index, line);
            }
        }
        best
    }

    /// All matches in `document` whose lines are in one of `ranges`, in order, as ranges of lines.
    pub(crate) fn find(
        &self,
        document: &Document<'_>,
        ranges: &[Range<usize>],
    ) -> Vec<Range<usize>> {
        let key = self.telling_line().0;
        let mut matches = Vec::new();
        for range in ranges {
            for line in self.candidates(document, std::slice::from_ref(range)) {
                let Some(first) = line.checked_sub(key) else {
                    continue;
                };
                let candidate = first..first + self.len();
                if first >= range.start
                    && candidate.end <= range.end
                    && self.matches(document, first)
                {
                    matches.push(candidate);
                }
            }
        }
        matches
    }

    /// The first match that starts at or after `from` and ends in `range`.
    pub(crate) fn find_first(
        &self,
        document: &Document<'_>,
        range: Range<usize>,
    ) -> Option<Range<usize>> {
        self.find(document, std::slice::from_ref(&range))
            .into_iter()
            .next()
    }

    /// Whether the lines of `document` from `first` on are these.
    pub(crate) fn matches(&self, document: &Document<'_>, first: usize) -> bool {
        if first + self.len() > document.line_count() {
            return false;
        }
        let base = document.depth(first);
        self.lines.iter().zip(first..).all(|(line, index)| {
            let depth_fits = !self.is_indented || document.depth(index) == base + line.depth;
            let bytes = &document.bytes[document.line(index)];
            depth_fits && line.matches(document.line_text(index), bytes)
        })
    }

    /// Whether a physical line can be the first of a match.
    pub(crate) fn may_start(&self, line: &[u8]) -> bool {
        match &self.lines[0].parts {
            Parts::Tokens(tokens) => match tokens.first() {
                Some(PatternToken::Text(first)) => {
                    line.trim_ascii_start().starts_with(first.as_bytes())
                }
                _ => true,
            },
            Parts::Text(_) => true,
        }
    }

    /// For each token of this one-line anchor, the token of `text` that it matches.
    pub(crate) fn align(&self, text: &str, tokens: &[Token]) -> Option<Vec<usize>> {
        align_tokens(self.single_line()?, text.as_bytes(), tokens)
    }

    /// The lines in `ranges` that hold the text without which there is no match.
    pub(crate) fn candidates(
        &self,
        document: &Document<'_>,
        ranges: &[Range<usize>],
    ) -> Vec<usize> {
        let finder = memmem::Finder::new(self.telling_line().1.literal.as_bytes());
        let mut lines = Vec::new();
        for range in ranges.iter().filter(|range| !range.is_empty()) {
            let end = document.line(range.end - 1).end;
            let mut at = document.line(range.start).start;
            while at < end
                && let Some(found) = finder.find(&document.shadow.as_bytes()[at..end])
            {
                let line = document.line_at(at + found);
                if line >= range.end {
                    break;
                }
                // The text may stand in a comment above the line.
                if document.line(line).start <= at + found {
                    lines.push(line);
                    at = document.line(line).end;
                } else {
                    at += found + 1;
                }
            }
        }
        lines
    }
}

impl PatternLine {
    /// Whether a line is this one, by the tokens of its shadow and its own bytes.
    fn matches(&self, line: &str, bytes: &[u8]) -> bool {
        match &self.parts {
            Parts::Tokens(pattern) => {
                let starts_alike = match pattern.first() {
                    Some(PatternToken::Text(first)) => line.starts_with(first.as_str()),
                    _ => true,
                };
                starts_alike && match_tokens(pattern, bytes, &tokens(line))
            }
            Parts::Text(parts) => match_text(parts, bytes.trim_ascii()),
        }
    }
}

fn python_lines(source: &str) -> Result<Vec<PatternLine>, CompileErrorKind> {
    let source = dedent(source);
    let lines = logical_lines(&source);
    if let Some(unknown) = lines
        .iter()
        .flat_map(|(_, tokens)| tokens)
        .find(|token| token.kind == TokenKind::Unknown)
    {
        let reason = format!("`{}` is none", &source[unknown.range()]);
        return Err(CompileErrorKind::NotTokens { reason });
    }
    if let Some(text) = unbalanced(&source, &lines) {
        return Err(CompileErrorKind::NotTokens {
            reason: format!("the bracket `{text}` has no partner"),
        });
    }
    Ok(lines
        .into_iter()
        .map(|(depth, tokens)| python_line(depth, &tokens, &source))
        .collect())
}

fn python_line(depth: u16, tokens: &[Token], source: &str) -> PatternLine {
    let mut parts = Vec::with_capacity(tokens.len());
    for token in tokens {
        let part = match token.kind {
            TokenKind::Ellipsis => PatternToken::Wildcard,
            _ => PatternToken::Text(source[token.range()].to_owned()),
        };
        if part != PatternToken::Wildcard || parts.last() != Some(&PatternToken::Wildcard) {
            parts.push(part);
        }
    }
    let texts = parts.iter().filter_map(|part| match part {
        PatternToken::Text(text) => Some(text.as_str()),
        PatternToken::Wildcard => None,
    });
    let literal = texts
        .max_by_key(|text| text.len())
        .unwrap_or_default()
        .to_owned();
    PatternLine {
        depth,
        parts: Parts::Tokens(parts),
        literal,
    }
}

/// The text of a bracket in `lines` that is never opened or never closed.
fn unbalanced<'a>(source: &'a str, lines: &[(u16, Vec<Token>)]) -> Option<&'a str> {
    let mut open: Vec<&Token> = Vec::new();
    for token in lines.iter().flat_map(|(_, tokens)| tokens) {
        if token.opens() {
            open.push(token);
        } else if token.closes() && open.pop().is_none() {
            return Some(&source[token.range()]);
        }
    }
    open.first().map(|token| &source[token.range()])
}

fn text_lines(source: &str) -> Vec<PatternLine> {
    source
        .split('\n')
        .map(|line| text_line(line.trim_matches(|c: char| c.is_ascii_whitespace())))
        .collect()
}

fn text_line(line: &str) -> PatternLine {
    let parts: Vec<String> = line
        .split(PatternToken::WILDCARD)
        .map(str::to_owned)
        .collect();
    let literal = parts
        .iter()
        .max_by_key(|part| part.len())
        .cloned()
        .unwrap_or_default();
    PatternLine {
        depth: 0,
        parts: Parts::Text(parts),
        literal,
    }
}

/// Takes the indentation of the first line from all lines.
fn dedent(source: &str) -> String {
    let first = source
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let indent = &first[..first.len() - first.trim_start().len()];
    let lines = source
        .lines()
        .map(|line| line.strip_prefix(indent).unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether `tokens` of `text` are `pattern`, with any balanced run in the place of a wildcard.
fn match_tokens(pattern: &[PatternToken], text: &[u8], tokens: &[Token]) -> bool {
    if pattern.contains(&PatternToken::Wildcard) {
        return align_tokens(pattern, text, tokens).is_some();
    }
    pattern.len() == tokens.len()
        && pattern
            .iter()
            .zip(tokens)
            .all(|(part, token)| part.is(&text[token.range()]))
}

/// For each part of `pattern`, the index of the first token that it matches; each wildcard takes as
/// little as it can.
///
/// Each pair of positions is looked at once, so the time is bounded by the product of the lengths.
fn align_tokens(pattern: &[PatternToken], text: &[u8], tokens: &[Token]) -> Option<Vec<usize>> {
    let closers = brackets(tokens);
    let mut seen = Seen::new(pattern.len() + 1, tokens.len() + 1);
    let mut aligned = vec![0; pattern.len() + 1];
    // A part of the pattern, the token that it is tried on, and the one that it began with.
    let mut open = vec![(0, 0, 0)];
    while let Some((part, token, first)) = open.pop() {
        if !seen.insert(part, token) {
            continue;
        }
        aligned[part] = first;
        match (pattern.get(part), tokens.get(token)) {
            (None, None) => {
                aligned.truncate(pattern.len());
                return Some(aligned);
            }
            (Some(PatternToken::Wildcard), next) => {
                let after = next.and_then(|next| after_unit(next, token, &closers));
                open.extend(after.map(|after| (part, after, first)));
                open.push((part + 1, token, token));
            }
            (Some(literal), Some(next)) if literal.is(&text[next.range()]) => {
                open.push((part + 1, token + 1, token + 1));
            }
            _ => {}
        }
    }
    None
}

/// A set of pairs of numbers, one bit for each.
struct Seen {
    width: usize,
    bits: Vec<u64>,
}

impl Seen {
    fn new(height: usize, width: usize) -> Self {
        Self {
            width,
            bits: vec![0; (height * width).div_ceil(64)],
        }
    }

    /// Adds a pair; says whether it is new.
    fn insert(&mut self, row: usize, column: usize) -> bool {
        let index = row * self.width + column;
        let bit = 1 << (index % 64);
        let is_new = self.bits[index / 64] & bit == 0;
        self.bits[index / 64] |= bit;
        is_new
    }
}

/// Where the token or whole bracket that starts at `index` ends; a closing bracket is no start.
fn after_unit(token: &Token, index: usize, closers: &[Option<usize>]) -> Option<usize> {
    if token.closes() {
        None
    } else if token.opens() {
        closers[index].map(|closer| closer + 1)
    } else {
        Some(index + 1)
    }
}

impl PatternToken {
    /// How the wildcard of an anchor is written.
    pub(crate) const WILDCARD: &str = "...";

    fn is(&self, text: &[u8]) -> bool {
        matches!(self, Self::Text(own) if own.as_bytes() == text)
    }
}

/// Whether `line` is `parts` with any text between them.
fn match_text(parts: &[String], line: &[u8]) -> bool {
    let [first, middle @ .., last] = parts else {
        return parts.iter().all(|only| only.as_bytes() == line);
    };
    let Some(mut rest) = line.strip_prefix(first.as_bytes()) else {
        return false;
    };
    for part in middle {
        let Some(at) = memmem::find(rest, part.as_bytes()) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last.as_bytes())
}

#[cfg(test)]
#[expect(
    clippy::single_range_in_vec_init,
    reason = "the ranges of lines that match"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, source: &str) -> Vec<Range<usize>> {
        find(pattern, source, Language::Python)
    }

    fn find(pattern: &str, source: &str, language: Language) -> Vec<Range<usize>> {
        let document = Document::new(source.as_bytes(), language).unwrap();
        let all = 0..document.line_count();
        Pattern::new(pattern, language)
            .unwrap()
            .find(&document, &[all])
    }

    #[test]
    fn an_anchor_is_a_whole_logical_line() {
        let source = "\
prefix_store = PrefixStore(a, b)  # one
backend_prefix_store = PrefixStore(c)
# prefix_store = PrefixStore(a, b)
x = 'prefix_store = PrefixStore(a, b)'
'''
prefix_store = PrefixStore(a, b)
'''
prefix_store = PrefixStore(
    f(\"{\", ')'),  # )
)
prefix_store = PrefixStore(a)(b)
";
        assert_eq!(
            matches("prefix_store = PrefixStore(...)", source),
            [0..1, 4..5]
        );
        assert_eq!(matches("prefix_store=PrefixStore( a,b, )", source), [0..1]);
        assert_eq!(
            matches("... = PrefixStore(...)", source),
            [0..1, 1..2, 4..5]
        );
        assert_eq!(matches("prefix_store = ...", source), [0..1, 4..5, 5..6]);
    }

    #[test]
    fn wildcards_take_balanced_runs() {
        assert_eq!(
            matches("f(..., c)", "f(a, (b, c))\nf(a, b, c)\nf(g(a, c))\n"),
            [1..2]
        );
        assert_eq!(matches("f(...)", "f()\nf(...)\n"), [0..1, 1..2]);
        assert_eq!(
            matches("x = f\"{...}/\"", "x = f\"{a['b']}/\"\nx = f\"{a}\"\n"),
            [0..1]
        );
        assert_eq!(matches("if ... == a:", "if b == a:\n  pass\n"), [0..1]);
        for length in 0..70 {
            let source = format!("a {}b\n", "x ".repeat(length));
            assert_eq!(matches("a ... b", &source), [0..1], "{length}");
        }
    }

    #[test]
    fn several_lines_are_consecutive_logical_lines() {
        let source = "a\n\n# c\nb\nc\na\nif x:\n    a\n    b\n";
        assert_eq!(matches("a\nb", source), [0..2, 5..7]);
        assert_eq!(matches("\n  if x:\n      a\n", source), [4..6]);
        assert_eq!(matches("if x:\n    a\n    b", source), [4..7]);
        assert!(matches("if x:\n    a\nb", source).is_empty());
    }

    #[test]
    fn text_is_matched_by_whole_lines() {
        let source = "  key = 1\nkey = 12\n\nother key = 1\n";
        let text = Language::Text { comment: None };
        assert_eq!(find("key = 1", source, text), [0..1]);
        assert_eq!(find("key = ...", source, text), [0..1, 1..2]);
        assert_eq!(find("key = 12\n\nother...", source, text), [1..4]);
        let source = "kab\nkbb\nkxbyb\nkb\nbkbb\n";
        assert_eq!(find("k...b...b", source, text), [1..2, 2..3]);
        assert_eq!(find("kx...yb...", source, text), [2..3]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// A wildcard between names is `.*` between letters.
        #[test]
        fn wildcards_find_what_an_expression_finds(
            pattern in prop::collection::vec(prop::sample::select(&["a", "b", "..."][..]), 1..10),
            text in prop::collection::vec(prop::sample::select(&["a", "b"][..]), 1..30),
        ) {
            prop_assume!(pattern.iter().any(|&part| part != "..."));
            let expression = format!("^{}$", pattern.concat().replace("...", ".*"));
            let expected = regex::Regex::new(&expression).unwrap().is_match(&text.concat());
            let found = matches(&pattern.join(" "), &text.join(" "));
            prop_assert_eq!(!found.is_empty(), expected);
        }
    }

    #[test]
    fn many_wildcards_take_no_exponential_time() {
        let pattern = "f(".to_owned() + &"..., a, ".repeat(200) + "b)";
        let source = "f(".to_owned() + &"a, ".repeat(4_000) + "c)\n";
        assert!(matches(&pattern, &source).is_empty());
    }

    #[test]
    fn what_is_no_anchor() {
        let error = |source| Pattern::new(source, Language::Python).unwrap_err();
        assert_eq!(error("  \n"), CompileErrorKind::Empty);
        assert_eq!(error("# only a comment"), CompileErrorKind::OnlyWildcards);
        assert_eq!(error("..."), CompileErrorKind::OnlyWildcards);
        assert!(matches!(error("f("), CompileErrorKind::NotTokens { .. }));
        assert!(matches!(error("f)"), CompileErrorKind::NotTokens { .. }));
        assert!(matches!(
            error("x = 'a"),
            CompileErrorKind::NotTokens { .. }
        ));
    }
}
