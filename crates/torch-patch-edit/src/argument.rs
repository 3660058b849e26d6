//! Keyword arguments of a call: whether one is there, and where one is put.

use std::ops::Range;

use crate::error::CompileErrorKind;
use crate::lexer::TokenKind;
use crate::pattern::{Pattern, PatternToken};
use crate::syntax::parse_error;
use crate::token::{Token, brackets, tokens};

/// A keyword argument, `name=value`.
#[derive(Debug, Clone)]
pub(crate) struct Argument {
    pub(crate) text: String,
    words: Vec<String>,
}

/// What a line has to say about an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Presence {
    /// The call is there without it.
    Absent(Call),
    /// The call has it.
    Present,
    /// The call has it with another value; this is the argument.
    Differs(Range<usize>),
    /// The line has this many calls of which none is the one.
    Unclear(usize),
}

/// The brackets of a call, as offsets in the text of its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    /// Where `(` stands.
    pub(crate) open: usize,
    /// Where `)` stands.
    pub(crate) close: usize,
}

/// Where an argument stands, as offsets in the text of its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) argument: Range<usize>,
    /// The end of the argument before it, where there is one.
    pub(crate) before: Option<usize>,
    /// The end of the comma behind it.
    pub(crate) after: Option<usize>,
}

impl Argument {
    pub(crate) fn new(text: &str) -> Result<Self, CompileErrorKind> {
        let text = text.trim();
        let list = format!("f({text})");
        let tokens = tokens(&list);
        let names = is_call(&tokens, 1) && arguments(&tokens, 1).len() == 1;
        let name = tokens.get(2).filter(|token| token.kind == TokenKind::Name);
        let equal = tokens.get(3).filter(|token| token.kind == TokenKind::Equal);
        let is_whole = brackets(&tokens).get(1) == Some(&Some(tokens.len() - 1));
        let parses = parse_error(&list).is_none();
        if !names
            || name.is_none()
            || equal.is_none()
            || !is_whole
            || !parses
            || text.contains(['\n', '\r', '#'])
        {
            return Err(CompileErrorKind::Argument);
        }
        let words = tokens[2..tokens.len() - 1]
            .iter()
            .map(|token| list[token.range()].to_owned())
            .collect();
        Ok(Self {
            text: text.to_owned(),
            words,
        })
    }

    /// The name with the tokens of the value.
    fn is(&self, text: &str, tokens: &[Token]) -> bool {
        self.words.len() == tokens.len()
            && self
                .words
                .iter()
                .zip(tokens)
                .all(|(word, token)| word == &text[token.range()])
    }

    fn name(&self) -> &str {
        &self.words[0]
    }

    /// Looks at the call that `anchor` means in `line`; `None` if the line is not the anchor's.
    pub(crate) fn presence(&self, anchor: &Pattern, target: usize, line: &str) -> Option<Presence> {
        let all = tokens(line);
        if let Some(aligned) = anchor.align(line, &all) {
            return Some(self.presence_at(line, &all, aligned[target]));
        }
        // An anchor that spells out the arguments no longer matches once ours is among them.
        (0..all.len())
            .filter(|&open| is_call(&all, open))
            .find_map(|open| {
                let own = self.named(line, &all, open)?;
                let comma = if all[own.start - 1].kind == TokenKind::Comma {
                    own.start - 1
                } else {
                    own.start
                };
                let without: Vec<Token> = [&all[..comma], &all[own.end..]].concat();
                let aligned = anchor.align(line, &without)?;
                (aligned[target] == open).then(|| self.presence_at(line, &all, open))
            })
    }

    /// Looks at the first call that opens in `part` of `line`, or else its only outer call.
    pub(crate) fn presence_in(&self, line: &str, part: &Range<usize>) -> Presence {
        let all = tokens(line);
        let opens: Vec<usize> = (0..all.len()).filter(|&open| is_call(&all, open)).collect();
        let inside = opens.iter().find(|&&open| part.contains(&all[open].start));
        match (inside, opens.as_slice()) {
            (Some(&open), _) | (None, &[open]) => self.presence_at(line, &all, open),
            _ => Presence::Unclear(opens.len()),
        }
    }

    /// The argument of this name in a call of `line`, whatever its value, with the commas around it.
    pub(crate) fn place(&self, line: &str) -> Option<Place> {
        let all = tokens(line);
        let mut calls = (0..all.len()).filter(|&open| is_call(&all, open));
        let own = calls.find_map(|open| self.named(line, &all, open))?;
        let end = all[own.end - 1].end;
        // A comma before the closing bracket is no token.
        let rest = line[end..].trim_start();
        let after = rest.starts_with(',').then(|| line.len() - rest.len() + 1);
        let is_first = all[own.start - 1].kind != TokenKind::Comma;
        Some(Place {
            argument: all[own.start].start..end,
            before: (!is_first).then(|| all[own.start - 2].end),
            after,
        })
    }

    fn presence_at(&self, line: &str, all: &[Token], open: usize) -> Presence {
        let Some(close) = brackets(all)[open] else {
            return Presence::Unclear(0);
        };
        match self.named(line, all, open) {
            Some(own) if self.is(line, &all[own.clone()]) => Presence::Present,
            Some(own) => Presence::Differs(all[own.start].start..all[own.end - 1].end),
            None => Presence::Absent(Call {
                open: all[open].start,
                close: all[close].start,
            }),
        }
    }

    /// The tokens of the argument of this name in the call that opens at `open`.
    fn named(&self, line: &str, all: &[Token], open: usize) -> Option<Range<usize>> {
        arguments(all, open).into_iter().find(|own| {
            // What follows an argument of one token is a comma or the closing bracket.
            &line[all[own.start].range()] == self.name()
                && all[own.start + 1].kind == TokenKind::Equal
        })
    }
}

/// The opening bracket, in the tokens of `anchor`, of the call that an argument is added to: the one
/// whose arguments are `...`, or else the outermost.
pub(crate) fn target_call(anchor: &Pattern) -> Option<usize> {
    let parts = anchor.single_line()?;
    let mut calls: Vec<(usize, usize, bool)> = Vec::new();
    let mut open: Vec<Option<usize>> = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        match part {
            PatternToken::Wildcard => {
                if let Some(Some(call)) = open.last() {
                    calls[*call].2 = true;
                }
            }
            PatternToken::Text(text) => match text.as_str() {
                "(" if index > 0 && is_callee(&parts[index - 1]) => {
                    calls.push((index, open.len(), false));
                    open.push(Some(calls.len() - 1));
                }
                "(" | "[" | "{" => open.push(None),
                ")" | "]" | "}" => {
                    open.pop();
                }
                _ => {}
            },
        }
    }
    let wild: Vec<usize> = calls
        .iter()
        .filter(|call| call.2)
        .map(|call| call.0)
        .collect();
    let outer: Vec<usize> = calls
        .iter()
        .filter(|call| call.1 == 0)
        .map(|call| call.0)
        .collect();
    match (wild.as_slice(), outer.as_slice(), calls.as_slice()) {
        (&[only], _, _) | (&[], &[only], _) | (_, _, &[(only, _, _)]) => Some(only),
        _ => None,
    }
}

fn is_callee(part: &PatternToken) -> bool {
    match part {
        PatternToken::Wildcard => true,
        PatternToken::Text(text) => {
            let is_name = text.starts_with(|first: char| first.is_alphabetic() || first == '_');
            matches!(text.as_str(), ")" | "]")
                || (is_name && !KEYWORDS.contains(&text.as_str()) && !text.ends_with(['\'', '"']))
        }
    }
}

/// The keywords that may stand before a bracket that is no call.
const KEYWORDS: &[&str] = &[
    "and", "as", "assert", "await", "case", "del", "elif", "else", "except", "for", "from", "if",
    "import", "in", "is", "lambda", "match", "not", "or", "raise", "return", "while", "with",
    "yield",
];

/// Whether the token at `open` is the opening bracket of a call (or of a parameter list).
pub(crate) fn is_call(tokens: &[Token], open: usize) -> bool {
    let Some(before) = open.checked_sub(1).map(|before| &tokens[before]) else {
        return false;
    };
    tokens
        .get(open)
        .is_some_and(|token| token.kind == TokenKind::Lpar)
        && matches!(
            before.kind,
            TokenKind::Name | TokenKind::Rpar | TokenKind::Rsqb
        )
}

/// The arguments of the call that opens at `open`, as ranges of tokens.
pub(crate) fn arguments(tokens: &[Token], open: usize) -> Vec<Range<usize>> {
    let closers = brackets(tokens);
    let Some(close) = closers.get(open).copied().flatten() else {
        return Vec::new();
    };
    let (mut arguments, mut start, mut at) = (Vec::new(), open + 1, open + 1);
    while at < close {
        if tokens[at].kind == TokenKind::Comma {
            arguments.push(start..at);
            start = at + 1;
        }
        at = closers[at].unwrap_or(at) + 1;
    }
    arguments.push(start..close);
    arguments.retain(|argument| !argument.is_empty());
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    fn presence(argument: &str, anchor: &str, line: &str) -> Option<Presence> {
        let pattern = Pattern::new(anchor, Language::Python).unwrap();
        let target = target_call(&pattern).unwrap();
        Argument::new(argument)
            .unwrap()
            .presence(&pattern, target, line)
    }

    #[test]
    fn an_argument_is_found_in_its_call_only() {
        let anchor = "x = f(a, g(...))";
        let absent = presence("n=0", anchor, "x = f(a, g(b, h(n=0)))");
        assert!(
            matches!(absent, Some(Presence::Absent(call)) if call.open == 10 && call.close == 20)
        );
        assert_eq!(
            presence("n=0", anchor, "x = f(a, g(b, n = 0))"),
            Some(Presence::Present)
        );
        assert_eq!(
            presence("n=0", anchor, "x = f(a, g(b, n=1))"),
            Some(Presence::Differs(14..17))
        );
        assert_eq!(presence("n=0", anchor, "x = f(b)"), None);
    }

    #[test]
    fn the_call_that_an_anchor_means() {
        for (anchor, call) in [
            ("f()", Some("()")),
            ("_f(a)", Some("(a)")),
            // The outermost, whatever stands around it or in its arguments.
            ("f(g(a))", Some("(g(a))")),
            ("(f(a))", Some("(a)")),
            ("x = (f(a))", Some("(a)")),
            ("return (f(a))", Some("(a)")),
            ("x = [f(a), (1, 2)]", Some("(a)")),
            ("x[f(a)](b)", Some("(b)")),
            ("f(a) + [g(b)]", Some("(a)")),
            ("x = f(a), (g(b), h(c))", Some("(a)")),
            // Or the one with any arguments.
            ("f(g(...), h(a))", Some("(...)")),
            ("f(...)(a)", Some("(...)")),
            ("x = f(a) + (b) + g(c)", None),
            ("f(a)(b)", None),
            ("f(...) + g(...)", None),
            ("x = (f(a), g(b))", None),
            ("x = (a, b)", None),
            ("x = {...}", None),
        ] {
            let pattern = Pattern::new(anchor, Language::Python).unwrap();
            let found = target_call(&pattern).map(|open| {
                let all = tokens(anchor);
                let close = brackets(&all)[open].unwrap();
                &anchor[all[open].start..all[close].end]
            });
            assert_eq!(found, call, "{anchor}");
        }
    }

    #[test]
    fn only_the_name_before_an_equal_sign_is_the_argument() {
        let f = "f(...)";
        for line in [
            "f(m=0)",
            "f(n)",
            "f(n.a)",
            "f(n == 0)",
            "f(a[n], *n)",
            "f(g(n=0))",
        ] {
            let found = presence("n=0", f, line);
            assert!(matches!(found, Some(Presence::Absent(_))), "{line}");
        }
        assert_eq!(presence("n=0", f, "f(n=m)"), Some(Presence::Differs(2..5)));
        assert_eq!(presence("n=0", f, "f(m=1, n=0)"), Some(Presence::Present));
    }

    #[test]
    fn an_anchor_that_spells_out_the_arguments_still_matches() {
        assert_eq!(
            presence("n=0", "f(a, b)", "f(a, b, n=0)"),
            Some(Presence::Present)
        );
        assert_eq!(presence("n=0", "f()", "f(n=0)"), Some(Presence::Present));
        assert_eq!(presence("n=0", "f(a)", "f(b, n=0)"), None);
    }

    #[test]
    fn what_is_an_argument() {
        assert!(Argument::new("a=[1, (2, 3)]").is_ok());
        for text in [
            "a", "a=1, b=2", "a=", "a=1)", "1=a", "a==1", "a=(", "**a", "a=1 # b", "",
        ] {
            assert!(Argument::new(text).is_err(), "{text}");
        }
    }
}
