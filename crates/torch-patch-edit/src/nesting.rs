//! How deeply Python text is nested.
//!
//! The tree that a parser builds uses the stack when it is dropped, so text that is nested beyond
//! anything a person writes is told apart before it gets there. (`CPython` refuses 200 open
//! brackets and 100 levels of indentation, and its compiler gives up on long chains of operators.)

use crate::lexer::{TokenKind, lex};

/// Text that is nested deeper is not parsed.
pub(crate) const DEEPEST: usize = 3_000;

/// An upper bound of how deep the tree of `text` is.
///
/// Blocks and brackets count while they are open; operators, keywords and closed brackets count
/// until the element of a list or the logical line that they are part of ends.
pub(crate) fn nesting(text: &str) -> usize {
    let mut lexer = lex(text);
    let mut nesting = Nesting::default();
    loop {
        let kind = lexer.next_token();
        if kind == TokenKind::EndOfFile {
            return nesting.deepest;
        }
        nesting.token(kind);
    }
}

#[derive(Default)]
struct Nesting {
    blocks: usize,
    /// What counts of the element that is being read, outside brackets and in each open one.
    element: usize,
    outer: Vec<usize>,
    /// The sum of all these.
    depth: usize,
    deepest: usize,
}

impl Nesting {
    fn token(&mut self, kind: TokenKind) {
        match kind {
            TokenKind::Indent => self.blocks += 1,
            TokenKind::Dedent => self.blocks = self.blocks.saturating_sub(1),
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace | TokenKind::FStringStart => {
                self.count();
                self.outer.push(std::mem::take(&mut self.element));
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace | TokenKind::FStringEnd => {
                self.end_element();
                self.element = self.outer.pop().unwrap_or(0);
            }
            TokenKind::Comma => self.end_element(),
            TokenKind::Newline => {
                self.end_element();
                self.outer.clear();
                self.depth = 0;
            }
            TokenKind::Name
            | TokenKind::Number
            | TokenKind::String
            | TokenKind::FStringMiddle
            | TokenKind::Comment
            | TokenKind::NonLogicalNewline => {}
            _ => self.count(),
        }
        self.deepest = self.deepest.max(self.blocks + self.depth);
    }

    fn count(&mut self) {
        self.element += 1;
        self.depth += 1;
    }

    fn end_element(&mut self) {
        self.depth = self.depth.saturating_sub(self.element);
        self.element = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_and_brackets_are_deep_and_lists_are_not() {
        let many = 1_000;
        for (text, is_deep) in [
            (
                format!("x = {}1{}", "(".repeat(many), ")".repeat(many)),
                true,
            ),
            (format!("x = {}1", "1 + ".repeat(many)), true),
            (format!("x = {}1", "not ".repeat(many)), true),
            (format!("x = a{}", ".b".repeat(many)), true),
            (format!("x = a{}", "()".repeat(many)), true),
            (format!("x = {}1", "1 if 1 else ".repeat(many)), true),
            (
                format!("x = {}1{}", "f'{".repeat(many), "}'".repeat(many)),
                true,
            ),
            (
                (0..=many)
                    .map(|depth| " ".repeat(depth) + "if x:\n")
                    .collect(),
                true,
            ),
            (format!("x = [{}]", "f(1, -2), ".repeat(many)), false),
            (format!("x = ({})", "'a'\n".repeat(many)), false),
            ("if x:\n  y = a + b\n".repeat(many), false),
        ] {
            assert_eq!(nesting(&text) >= many, is_deep, "{text}");
        }
    }
}
