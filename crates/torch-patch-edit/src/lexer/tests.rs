//! The lexer held against `ruff_python_parser`.

use proptest::prelude::*;
use ruff_python_ast::token::TokenKind as RuffKind;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::Ranged;

use super::*;

/// The tokens that mean something, by their text, with line ends, indents and dedents marked.
fn own(source: &str) -> Vec<String> {
    let mut lexer = lex(source);
    let mut tokens = Vec::new();
    loop {
        match lexer.next_token() {
            TokenKind::EndOfFile => return tokens,
            TokenKind::Comment | TokenKind::NonLogicalNewline => {}
            TokenKind::Newline => tokens.push("NEWLINE".to_owned()),
            TokenKind::Indent => tokens.push("INDENT".to_owned()),
            TokenKind::Dedent => tokens.push("DEDENT".to_owned()),
            _ => tokens.push(format!("{:?} {}", lexer.range(), &source[lexer.range()])),
        }
    }
}

/// The same by `ruff_python_parser`, if it finds no error.
fn ruffs(source: &str) -> Option<Vec<String>> {
    let parsed = parse_unchecked(source, ParseOptions::from(Mode::Module));
    if !parsed.errors().is_empty() {
        return None;
    }
    let tokens = parsed.tokens().iter().filter_map(|token| {
        let range = token.range().start().to_usize()..token.range().end().to_usize();
        match token.kind() {
            RuffKind::Comment | RuffKind::NonLogicalNewline | RuffKind::EndOfFile => None,
            RuffKind::Newline => Some("NEWLINE".to_owned()),
            RuffKind::Indent => Some("INDENT".to_owned()),
            RuffKind::Dedent => Some("DEDENT".to_owned()),
            _ => Some(format!("{range:?} {}", &source[range.clone()])),
        }
    });
    Some(tokens.collect())
}

#[test]
fn tokens_are_where_ruff_finds_them() {
    for source in [
        "x = 1\n",
        "if a:\n  b\n\n# c\n  if d:\n  \te\nf",
        "x = f(\n 1, # 2\n\n 3)\ny \\\n = 2\r\nz\r",
        "'a\\'b' + \"\"\"c\n\"d\\\"\"\"\" + rb'\\\\' + '''\n'''\n",
        "f'a{b!r:>{c}}{{d}}' + f\"{x['y']}\" + f'{f'{1}'}' + rf'\\{a}'\n",
        "f'''{\na\n  :b\n}c''' f'{a = }' f'{a:{b}:{c}}' f'{(lambda x: 1)}' f'{a!=b}' f'{a:%H:%M}'\n",
        "f'\\N{EN DASH}{y}' f'{ {1: 2}[1] }' f'{d[\"a:b\"]:c}'\n",
        "1_000; .5; 1.; 1e-5; 0xFF; 1j; 1if a else 2\n...\n",
        "a **= b // c >> d != e\n@g\ndef f() -> h: lambda: (yield)\nx: int = (y := 3)\n",
        "\u{fc}ber = '\u{4f60}'\n",
        "def f():\n    pass\n    # x\n  # y\nclass C: pass\n",
        "\x0Cx\n \x0Cy = 1\n",
        "\u{feff}x = 1\n",
        "",
        "t'{a}' tr'b'\n",
        "rf'\\N{x}' f'{a:\\n}' f'''\\N{EM DASH}{b}'''\n",
        " \\\n ",
        "if a:\n  \\\n  b\n",
        "if x:\n \\\r\n y\n",
    ] {
        let expected = ruffs(source).unwrap_or_else(|| panic!("{source:?} is no Python"));
        assert_eq!(own(source), expected, "{source:?}");
    }
}

proptest! {
    // A case that failed becomes a line of the test above.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Random sequences of pieces, most of them no valid program: where ruff finds no error, the
    /// tokens are the same; elsewhere the lexer ends and covers no byte twice.
    #[test]
    fn random_pieces(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24)) {
        let source = pieces.concat();
        let tokens = own(&source);
        if let Some(expected) = ruffs(&source) {
            prop_assert_eq!(tokens, expected, "{:?}", source);
        }
    }

    #[test]
    fn any_text_ends(source in "\\PC*") {
        let mut lexer = lex(&source);
        let mut end = 0;
        loop {
            let kind = lexer.next_token();
            let range = lexer.range();
            prop_assert!(range.start >= end && range.end <= source.len());
            prop_assert!(source.get(range.clone()).is_some());
            end = range.end;
            if kind == TokenKind::EndOfFile {
                break;
            }
        }
    }
}

const PIECES: &[&str] = &[
    "a",
    "f'",
    "'",
    "\"",
    "\"\"\"",
    "f\"\"\"",
    "{",
    "}",
    "{{",
    "}}",
    ":",
    "!r",
    "=",
    " ",
    "\n",
    "\r\n",
    "\n    ",
    "\n  ",
    "#c",
    "(",
    ")",
    "[",
    "]",
    ",",
    "1",
    ".5",
    "...",
    "\\\n",
    "\\",
    "if x:",
    "else:",
    "def f():",
    "rb'",
    "pass",
    ">{w}",
    "\t",
    "lambda",
    "*",
    "**=",
    "b'x'",
    "f'{a}'",
    "x = ",
    "\u{fc}",
    "rf'",
    "\\N{EM DASH}",
    "\\n",
    "\x0C",
    "t'",
];
