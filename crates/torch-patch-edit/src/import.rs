//! Import statements as sets of what they bind, so that one that is there under other names on the
//! same line counts.

use crate::document::Document;
use crate::error::CompileErrorKind;
use crate::lexer::TokenKind;
use crate::syntax::parse_error;
use crate::token::{Token, tokens};

/// One import statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) text: String,
    bindings: Vec<Binding>,
}

/// One name that an import binds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Binding {
    /// The module of `from … import`, dots included.
    from: Option<String>,
    name: String,
    alias: Option<String>,
}

impl Import {
    pub(crate) fn new(text: &str) -> Result<Self, CompileErrorKind> {
        let text = text.trim();
        if text.contains(['\n', '\r', ';', '#']) || parse_error(text).is_some() {
            return Err(CompileErrorKind::Import);
        }
        let bindings = bindings(text, &tokens(text)).ok_or(CompileErrorKind::Import)?;
        Ok(Self {
            text: text.to_owned(),
            bindings,
        })
    }

    /// The lines at module level that bind what this import binds; `None` if something is missing.
    pub(crate) fn find(&self, document: &Document<'_>) -> Option<Vec<usize>> {
        let mut missing = self.bindings.clone();
        let mut lines = Vec::new();
        for index in (0..document.line_count()).filter(|&index| document.depth(index) == 0) {
            let line = document.line_text(index);
            if !line.starts_with("import") && !line.starts_with("from") {
                continue;
            }
            let Some(found) = bindings(line, &tokens(line)) else {
                continue;
            };
            let before = missing.len();
            missing.retain(|binding| !found.contains(binding));
            if missing.len() < before {
                lines.push(index);
            }
            if missing.is_empty() {
                return Some(lines);
            }
        }
        None
    }
}

/// Where an import is put in `document`: before the line of this number, after its docstring and
/// `__future__` imports.
pub(crate) fn place(document: &Document<'_>) -> Place {
    let mut place = Place::BeforeLine(0);
    for index in 0..document.line_count() {
        let line = document.line_text(index);
        let tokens = tokens(line);
        let mut first_statement = tokens
            .iter()
            .take_while(|token| &line[token.range()] != ";");
        let is_docstring =
            index == 0 && first_statement.all(|token| token.kind == TokenKind::String);
        let is_future = line.starts_with("from")
            && tokens
                .get(1)
                .is_some_and(|module| &line[module.range()] == "__future__");
        if !is_docstring && !is_future {
            break;
        }
        place = Place::AfterLine(index);
    }
    place
}

/// See [`place`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    BeforeLine(usize),
    AfterLine(usize),
}

fn bindings(text: &str, tokens: &[Token]) -> Option<Vec<Binding>> {
    let word = |token: &Token| text[token.range()].to_owned();
    let (first, rest) = tokens.split_first()?;
    match first.kind {
        TokenKind::Import => names(None, rest, &word),
        TokenKind::From => {
            let import = rest
                .iter()
                .position(|token| token.kind == TokenKind::Import)?;
            let module: String = rest[..import].iter().map(word).collect();
            let names_part = &rest[import + 1..];
            let inner = match names_part {
                [open, inner @ .., close]
                    if open.kind == TokenKind::Lpar && close.kind == TokenKind::Rpar =>
                {
                    inner
                }
                _ => names_part,
            };
            names(Some(&module), inner, &word)
        }
        _ => None,
    }
}

fn names(
    from: Option<&str>,
    tokens: &[Token],
    word: &impl Fn(&Token) -> String,
) -> Option<Vec<Binding>> {
    let names = tokens
        .split(|token| token.kind == TokenKind::Comma)
        .filter(|part| !part.is_empty());
    names
        .map(|part| {
            let alias = part.iter().position(|token| token.kind == TokenKind::As);
            let (name, alias) = part.split_at(alias.unwrap_or(part.len()));
            let is_name = |token: &Token| {
                matches!(
                    token.kind,
                    TokenKind::Name | TokenKind::Dot | TokenKind::Star
                )
            };
            name.iter().all(is_name).then(|| Binding {
                from: from.map(str::to_owned),
                name: name.iter().map(word).collect(),
                alias: alias.get(1).map(word),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    fn lines(import: &str, source: &str) -> Option<Vec<usize>> {
        let document = Document::new(source.as_bytes(), Language::Python).unwrap();
        Import::new(import).unwrap().find(&document)
    }

    #[test]
    fn an_import_is_found_among_others() {
        assert_eq!(lines("import os", "import sys, os\n"), Some(vec![0]));
        assert_eq!(
            lines("from a.b import c", "from a . b import (\n  d,\n  c,\n)\n"),
            Some(vec![0])
        );
        assert_eq!(
            lines("from a import b, c", "from a import b\nfrom a import c\n"),
            Some(vec![0, 1])
        );
        assert_eq!(
            lines(
                "import os",
                "import os as o\nimport os.path\ndef f():\n    import os\n"
            ),
            None
        );
        assert_eq!(
            lines("import os", "# import os\n'''\nimport os\n'''\n"),
            None
        );
        assert_eq!(
            lines(
                "import os",
                "import sys\nimportlib\nfrom_ = 1\nimport os, re\n"
            ),
            Some(vec![3])
        );
        assert_eq!(lines("from a import *", "from a import *\n"), Some(vec![0]));
        for (import, other) in [
            ("import a", "import a as b\n"),
            ("import a as b", "import a\n"),
            ("import a as b", "import a as c\n"),
            ("import a.b", "import a\n"),
            ("import a", "from a import a\n"),
            ("from a import b", "from .a import b\n"),
            ("from a import b", "from a import *\n"),
            ("from a import b, c", "from a import b, d\nc = 1\n"),
            ("from a import b", "from a import (c)\n"),
        ] {
            assert_eq!(lines(import, other), None, "{import}");
            assert_eq!(
                lines(other.lines().next().unwrap(), import),
                None,
                "{import}"
            );
        }
    }

    #[test]
    fn an_import_goes_after_docstring_and_future() {
        let placed =
            |source: &str| place(&Document::new(source.as_bytes(), Language::Python).unwrap());
        assert_eq!(
            placed("'''a'''\n# b\nfrom __future__ import c\nimport d\n"),
            Place::AfterLine(1)
        );
        assert_eq!(
            placed("'a'; from __future__ import b\nimport d\n"),
            Place::AfterLine(0)
        );
        assert_eq!(placed("'a'\n'b'\nimport d\n"), Place::AfterLine(0));
        for source in [
            "# a\nimport d\n",
            "'a' + b\n",
            "import __future__\n",
            "from a import __future__\n",
        ] {
            assert_eq!(placed(source), Place::BeforeLine(0), "{source}");
        }
        assert_eq!(placed("f'a'\n"), Place::BeforeLine(0));
        assert_eq!(placed(""), Place::BeforeLine(0));
    }

    #[test]
    fn what_is_an_import() {
        for text in [
            "import a; b",
            "import",
            "x = 1",
            "import a\nimport b",
            "from a import",
            "",
        ] {
            assert!(Import::new(text).is_err(), "{text}");
        }
    }
}
