//! The tokens of one logical line, in the form in which they are compared.
//!
//! White space, comments and line breaks are gone, and so is a comma before a closing bracket where
//! it means nothing: formatters add and drop it when they wrap a line.

use std::ops::Range;

use crate::lexer::{TokenKind, lex};

/// A token and where it stands in the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token {
    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    pub(crate) fn opens(&self) -> bool {
        matches!(
            self.kind,
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace | TokenKind::FStringStart
        )
    }

    pub(crate) fn closes(&self) -> bool {
        matches!(
            self.kind,
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace | TokenKind::FStringEnd
        )
    }

    /// Whether an opening bracket right after this token belongs to a call or a subscription.
    fn is_callee(&self) -> bool {
        self.closes() || matches!(self.kind, TokenKind::Name | TokenKind::String)
    }
}

/// The logical lines of `text`, each with its level of indentation.
pub(crate) fn logical_lines(text: &str) -> Vec<(u16, Vec<Token>)> {
    let mut lexer = lex(text);
    let (mut lines, mut tokens, mut depth) = (Vec::new(), Vec::new(), 0_u16);
    loop {
        match lexer.next_token() {
            TokenKind::Comment | TokenKind::NonLogicalNewline => {}
            TokenKind::Indent => depth = depth.saturating_add(1),
            TokenKind::Dedent => depth = depth.saturating_sub(1),
            kind @ (TokenKind::Newline | TokenKind::EndOfFile) => {
                if !tokens.is_empty() {
                    lines.push((depth, without_loose_commas(std::mem::take(&mut tokens))));
                }
                if kind == TokenKind::EndOfFile {
                    return lines;
                }
            }
            kind => {
                let Range { start, end } = lexer.range();
                tokens.push(Token { kind, start, end });
            }
        }
    }
}

/// The tokens of `text`, which is one logical line without the indentation before it.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut lines = logical_lines(text).into_iter();
    let mut tokens = lines.next().map(|(_, tokens)| tokens).unwrap_or_default();
    // A file with syntax errors may have more: they belong to the line all the same.
    tokens.extend(lines.flat_map(|(_, tokens)| tokens));
    tokens
}

/// The tokens of one logical line with all its commas.
pub(crate) fn raw_tokens(text: &str) -> Vec<Token> {
    let mut lexer = lex(text);
    let mut tokens = Vec::new();
    loop {
        match lexer.next_token() {
            TokenKind::EndOfFile => return tokens,
            TokenKind::Comment
            | TokenKind::NonLogicalNewline
            | TokenKind::Newline
            | TokenKind::Indent
            | TokenKind::Dedent => {}
            kind => {
                let Range { start, end } = lexer.range();
                tokens.push(Token { kind, start, end });
            }
        }
    }
}

/// The first token of the last element between the brackets at `open` and `close`.
pub(crate) fn start_of_last(tokens: &[Token], open: usize, close: usize) -> usize {
    let closers = brackets(tokens);
    let (mut first, mut at) = (open + 1, open + 1);
    while at < close {
        if tokens[at].kind == TokenKind::Comma && at + 1 < close {
            first = at + 1;
        }
        at = closers[at].unwrap_or(at) + 1;
    }
    first
}

/// For each token that opens a bracket, the index of the one that closes it.
pub(crate) fn brackets(tokens: &[Token]) -> Vec<Option<usize>> {
    let mut closers = vec![None; tokens.len()];
    let mut open = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if token.opens() {
            open.push(index);
        } else if token.closes()
            && let Some(opener) = open.pop()
        {
            closers[opener] = Some(index);
        }
    }
    closers
}

/// Drops the commas before closing brackets, except where one makes a tuple: `(x,)`, `a[x,]`.
fn without_loose_commas(tokens: Vec<Token>) -> Vec<Token> {
    struct Open {
        commas: usize,
        comma_is_loose: bool,
    }
    let mut open: Vec<Open> = Vec::new();
    let mut dropped = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if token.opens() {
            let after_callee = index
                .checked_sub(1)
                .is_some_and(|before| tokens[before].is_callee());
            let comma_is_loose = match token.kind {
                TokenKind::Lpar => after_callee,
                TokenKind::Lsqb => !after_callee,
                TokenKind::Lbrace => true,
                _ => false,
            };
            open.push(Open {
                commas: 0,
                comma_is_loose,
            });
        } else if token.closes() {
            let closed = open.pop();
            let after_comma = index
                .checked_sub(1)
                .is_some_and(|before| tokens[before].kind == TokenKind::Comma);
            let after_opener = index
                .checked_sub(2)
                .is_none_or(|before| tokens[before].opens());
            if after_comma
                && !after_opener
                && closed.is_some_and(|open| open.comma_is_loose || open.commas > 1)
            {
                dropped.push(index - 1);
            }
        } else if token.kind == TokenKind::Comma
            && let Some(open) = open.last_mut()
        {
            open.commas += 1;
        }
    }
    if dropped.is_empty() {
        return tokens;
    }
    let mut dropped = dropped.into_iter().peekable();
    let kept = tokens
        .into_iter()
        .enumerate()
        .filter(|(index, _)| dropped.next_if_eq(index).is_none());
    kept.map(|(_, token)| token).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokens(source)
            .into_iter()
            .map(|token| &source[token.range()])
            .collect()
    }

    #[test]
    fn layout_does_not_matter() {
        for (one, other) in [
            ("f(a, b)", "f(\n    a,  # first\n    b,\n)"),
            ("x = [1]", "x=[\n1,\n]"),
            ("x = {1: 2}", "x = {\n  1 : 2,\n}"),
            ("(a, b)", "(a,\n b,)"),
            ("x[1, 2]", "x[1, 2,]"),
            ("a + b", "a \\\n + b"),
            ("x[0](a)(b)", "x[0](\na,\n)(b,)"),
            ("[f(a), (b, c)]", "[f(a,), (b, c,),]"),
            ("f(*a, **{b})", "f(*a, **{b,},)"),
            ("x[a, f(b)]", "x[a, f(b,),]"),
            ("'{}'.format(a)", "'{}'.format(a,)"),
        ] {
            assert_eq!(texts(one), texts(other));
        }
    }

    #[test]
    fn a_comma_that_makes_a_tuple_stays() {
        assert_ne!(texts("return (a,)"), texts("return (a)"));
        assert_ne!(texts("x[1,]"), texts("x[1]"));
        for tuple in [
            "((a,), b)",
            "f((a,))",
            "not (a,)",
            "x[(a,)]",
            "(f(a, b),)",
            "f[a][b,]",
            "x = (a + b,)",
        ] {
            assert_ne!(
                texts(tuple),
                texts(&tuple.replace(",)", ")").replace(",]", "]")),
                "{tuple}"
            );
        }
    }

    #[test]
    fn f_strings_are_brackets() {
        let source = "f(f\"{a}/\", b)";
        let tokens = tokens(source);
        let closers = brackets(&tokens);
        assert_eq!(closers[1], Some(tokens.len() - 1));
        assert_eq!(
            &source[tokens[2].start..tokens[closers[2].unwrap()].end],
            "f\"{a}/\""
        );
    }
}
