//! The lexer held against `ruff_python_parser`.

use proptest::prelude::*;
use ruff_python_ast::token::TokenKind as RuffKind;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::Ranged;

use super::*;

/// The tokens that mean something, by kind and text, with line ends, indents and dedents marked.
fn own(source: &str) -> Vec<String> {
    let mut lexer = lex(source);
    let mut tokens = Vec::new();
    loop {
        match lexer.next_token() {
            TokenKind::EndOfFile => return tokens,
            TokenKind::Comment | TokenKind::NonLogicalNewline => {}
            kind @ (TokenKind::Newline | TokenKind::Indent | TokenKind::Dedent) => {
                tokens.push(format!("{kind:?}"));
            }
            kind => {
                let range = lexer.range();
                tokens.push(format!("{kind:?} {range:?} {}", &source[range.clone()]));
            }
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
            kind @ (RuffKind::Newline | RuffKind::Indent | RuffKind::Dedent) => {
                Some(format!("{kind:?}"))
            }
            kind => Some(format!(
                "{:?} {range:?} {}",
                kind_of(kind),
                &source[range.clone()]
            )),
        }
    });
    Some(tokens.collect())
}

fn kind_of(kind: RuffKind) -> TokenKind {
    match kind {
        RuffKind::Int | RuffKind::Float | RuffKind::Complex => TokenKind::Number,
        RuffKind::String => TokenKind::String,
        RuffKind::FStringStart | RuffKind::TStringStart => TokenKind::FStringStart,
        RuffKind::FStringMiddle | RuffKind::TStringMiddle => TokenKind::FStringMiddle,
        RuffKind::FStringEnd | RuffKind::TStringEnd => TokenKind::FStringEnd,
        RuffKind::Def => TokenKind::Def,
        RuffKind::Class => TokenKind::Class,
        RuffKind::Async => TokenKind::Async,
        RuffKind::Import => TokenKind::Import,
        RuffKind::From => TokenKind::From,
        RuffKind::As => TokenKind::As,
        RuffKind::Lpar => TokenKind::Lpar,
        RuffKind::Rpar => TokenKind::Rpar,
        RuffKind::Lsqb => TokenKind::Lsqb,
        RuffKind::Rsqb => TokenKind::Rsqb,
        RuffKind::Lbrace => TokenKind::Lbrace,
        RuffKind::Rbrace => TokenKind::Rbrace,
        RuffKind::Comma => TokenKind::Comma,
        RuffKind::Dot => TokenKind::Dot,
        RuffKind::Star => TokenKind::Star,
        RuffKind::Equal => TokenKind::Equal,
        RuffKind::At => TokenKind::At,
        RuffKind::Ellipsis => TokenKind::Ellipsis,
        RuffKind::Name => TokenKind::Name,
        kind if kind.is_soft_keyword() => TokenKind::Name,
        kind if kind.is_keyword() => TokenKind::Keyword,
        _ => TokenKind::Operator,
    }
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
        "x \\\r\n  = \\\r  1\r\ny\r\n",
        // Every keyword, operator and delimiter.
        "from .a import (b as c)\nfrom ... import *\nasync def f():\n  await g\n  async with h: return\n",
        "if a and b or not c is d in e: pass\nelif None: ...\nelse: assert True, False\n",
        "try: raise\nexcept A: pass\nfinally: del a\nfor x in y:\n  break\nwhile z: continue\n",
        "def f():\n  global g\n  nonlocal h\n  yield lambda: 1\nclass C(a=1): pass\nmatch = case = type = _\n",
        "a + b - c * d / e // f % g @ h ** i << j >> k & l | m ^ n\n~a < b > c <= d >= e == f != g\n",
        "a += 1; a -= 1; a *= 1; a /= 1; a //= 1; a %= 1; a @= 1; a **= 1\na <<= 1; a >>= 1; a &= 1; a |= 1; a ^= 1\n",
        "x[a:b, ::2] = {1: [2], **c}\nf(*a, **b)(-1)\ndef g(a, /, *, b: c = d) -> e: (f := g)\n",
        // Numbers end where names begin.
        "0b1_0; 0O17; 0Xf_F; 1E+5j; 1.5e10; 1_0.0_1J; .5e-1; 0_0\n1or 2; 1.if a else 2.\n",
        // Indentation by tabs, form feeds and columns; a deeper comment is none.
        "if a:\n\tif b:\n\t\tc\n\td\nif e:\n  \tf\n  \tif g:\n  \t  h\n",
        "if a:\n  if b:\n    if c:\n      d\n    e\nf\n",
        "if a:\n   \x0C  b\n  c\n",
        "if a:\n    b\n        # c\n    d\n",
        "class C:\r  x = 1\r\r  y = 2\rz\r",
        // Strings whose ends are doubtful.
        "'', \"\", '''''', \"\"\"a\"b\"\"c\"\"\", 'a\\\nb', 'a\\\r\nb', '''\\''' ''', 1\nR'\\'', U'a', Rb\"\", bR''\nF'', fR'', T''\n",
        "f'' f'''''' f'a\\'b' f'''a'b''c''' f'a\\\nb' f\"a'b\" f'''a\nb'''\n",
        "f'{a}{b}' f'{a!r}' f'{a!r:x}' f'{a:{b}x{c}}' f'{a:}}}' f'{{{a}}}' f'{a}}}' f'{{'\n",
        "f'{a[b:c]}' f'{(a:=b)}' f'{a, (b, c)}' f'{f(a)!r}' f'{ {a for a in b} }' f'{a==b!=c}' f'''{a:\n}'''\n",
        "f'\\N{HYPHEN-MINUS}{a}' f'\\n{a}'\n",
        "f'{\nf\"{\nf'''{1}'''\n}\"\n}'\nx\n",
        "x = f'''\n{\na\n}\n'''\ny\n",
    ] {
        let expected = ruffs(source).unwrap_or_else(|| panic!("{source:?} is no Python"));
        assert_eq!(own(source), expected, "{source:?}");
    }
}

#[test]
fn every_tab_is_a_level() {
    let lines = (0..30).map(|depth| "\t".repeat(depth) + "if a:\n");
    let source = lines.collect::<String>() + &"\t".repeat(30) + "b\n";
    assert_eq!(Some(own(&source)), ruffs(&source));
}

#[test]
fn a_broken_line_does_not_hide_the_next() {
    for broken in [
        "x = 'a",
        "x = 'a\\'",
        "x = rb\"a",
        "x = f'a",
        "x = f'a\\'",
        "x = f'a}'",
        "x = f'{a:b",
        "x = f'{a:{b}c",
        "x = f'{a)}'",
        "x = f'{a}}'",
        "x = $",
        "x = a ? b",
        "x = !a",
        "x = a \\ b",
        "f(a))",
        "x = [a]]}",
        "def f(a) {}",
        "0x",
        "1e",
        "1e+",
    ] {
        for ending in ["\n", "\r\n", "\r"] {
            let source = format!("{broken}{ending}next = 1");
            let at = source.len() - "next = 1".len();
            let expected = [
                "Newline".to_owned(),
                format!("Name {at}..{} next", at + 4),
                format!("Equal {}..{} =", at + 5, at + 6),
                format!("Number {}..{} 1", at + 7, at + 8),
                "Newline".to_owned(),
            ];
            let tokens = own(&source);
            assert!(tokens.ends_with(&expected), "{source:?}: {tokens:?}");
        }
    }
    for (source, unknown) in [
        ("x = 'a\n", "Unknown 4..6 'a"),
        ("x = f'a}'\n", "Unknown 7..8 }"),
        ("x = !a\n", "Unknown 4..5 !"),
        ("if a:\n  \\b\n", "Unknown 8..9 \\"),
        ("x = '''a\nb\n", "Unknown 4..11 '''a\nb\n"),
    ] {
        assert!(own(source).iter().any(|token| token == unknown), "{source}");
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
