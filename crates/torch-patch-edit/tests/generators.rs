//! Python files and patches that nearly match them, and bytes and patches that do not.

use proptest::prelude::*;
use proptest::sample::select;
use torch_patch_edit::{Anchor, AnchorRange, Edit, Expect, Near, Scope, Verb};

/// Simple statements, most of them in several layouts.
const STATEMENTS: &[&str] = &[
    "x = 1",
    "x  =  1  # a comment",
    "y = f(a, b)",
    "y = f(\n  a,  # x = 1\n\n  b,\n)",
    "y = f(\n  a,\n  b)",
    "z = '''\nx = 1\n  y\n'''",
    "s = f\"{a!r:>{b}}{{\"",
    "return_ = g(x)(h)[1:2]",
    "pass",
    "import os",
    "backend = gloo",
    "# x = 1",
    "# y = f(a, b)",
    "",
    "x = 1; z = 2",
    "assert a, \\\n  b",
];

/// Headers of blocks; the number tells how a body may go on.
const HEADERS: &[&str] = &[
    "def f(a, b):",
    "async def g(\n  a,\n):",
    "class C:",
    "class D(C):",
    "if x == 1:",
    "for i in range(3):",
    "with a as b:",
    "@decorator\ndef m(self):",
];

/// Anchors that match some of the statements and headers.
const ANCHORS: &[&str] = &[
    "x = 1",
    "x = ...",
    "y = f(a, b)",
    "y = f(...)",
    "... = f(..., b)",
    "z = ...",
    "pass",
    "import os",
    "backend = gloo",
    "if x == 1:",
    "def f(...):",
    "class C:",
    "@decorator",
    "x = 1\ny = f(...)",
    "if x == 1:\n    pass",
    "s = f\"{...}{{\"",
    "missing = 1",
];

const REGEXES: &[&str] = &[
    r"x\s*=\s*(?P<n>\d)",
    "f",
    r"^\s*y = (?P<n>\w+)\(",
    "pass$",
    r"(?P<n>b),?",
    "(?i)GLOO",
];

/// Text that is put in.
const TEXTS: &[&str] = &[
    "new = 1",
    "if a:\n    new = 2\n",
    "\n# torch-patch: one\nnew = 3",
    "new = '''\n  x = 1\n'''",
    "\n\nnew = 4\n\n",
    "x = 1",
    "pass",
    "if a:\n\tb",
    "new = (",
    "   odd = 1",
];

const TEMPLATES: &[&str] = &["new", "new($n)", "$$x", "${n}0", "x = 2"];
const SCOPES: &[&str] = &[
    "def f",
    "class C",
    "class C > def f",
    "def m",
    "async def g",
];
const BYTES: &[&[u8]] = &[
    b"\xEF\xBB\xBF",
    b"# coding: latin-1\n",
    b"'''",
    b"\\\n",
    b"f'{",
    b"(",
    b"#",
];
const ENDINGS: &[&str] = &["\n", "\r\n", "\r"];

/// A Python file that parses, in any layout.
pub(crate) fn python_file() -> impl Strategy<Value = Vec<u8>> {
    let indent = select(&["  ", "    ", "\t"][..]);
    let endings = prop_oneof![
        6 => select(ENDINGS).prop_map(|ending| vec![ending]),
        2 => prop::collection::vec(select(ENDINGS), 1..9),
    ];
    let extras = (prop::bool::weighted(0.1), prop::bool::weighted(0.8));
    (block(3), indent, endings, extras).prop_map(|(lines, indent, endings, (mark, last))| {
        let mut file = if mark { "\u{feff}" } else { "" }.to_owned();
        let lines: Vec<String> = lines
            .iter()
            .flat_map(|(depth, text)| laid_out(*depth, text, indent))
            .collect();
        for (index, line) in lines.iter().enumerate() {
            file.push_str(line);
            if last || index + 1 < lines.len() {
                file.push_str(endings[index % endings.len()]);
            }
        }
        file.into_bytes()
    })
}

/// The physical lines of a statement; those inside brackets and strings stay as they are.
fn laid_out(depth: usize, text: &str, indent: &str) -> Vec<String> {
    let is_decorated = text.starts_with('@');
    let lines = text.split('\n').enumerate();
    lines
        .map(|(index, line)| {
            if line.is_empty() || (index > 0 && !is_decorated) {
                line.to_owned()
            } else {
                indent.repeat(depth) + line
            }
        })
        .collect()
}

/// Statements with their depth.
fn block(levels: u32) -> BoxedStrategy<Vec<(usize, String)>> {
    let simple = select(STATEMENTS).prop_map(|text| vec![(0, text.to_owned())]);
    if levels == 0 {
        return simple.boxed();
    }
    let compound = (select(HEADERS), block(levels - 1)).prop_map(|(header, body)| {
        let mut lines = vec![(0, header.to_owned())];
        lines.extend(body.into_iter().map(|(depth, text)| (depth + 1, text)));
        // A comment alone is no body.
        lines.push((1, "pass_ = 0".to_owned()));
        lines
    });
    let statement = prop_oneof![3 => simple, 2 => compound];
    prop::collection::vec(statement, 1..6)
        .prop_map(|statements| statements.concat())
        .boxed()
}

/// Edits that may well apply to [`python_file`].
pub(crate) fn likely_edits() -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec(
        edit(
            &anchor_text(),
            select(TEXTS).prop_map(str::to_owned).boxed(),
        ),
        1..4,
    )
}

/// Edits of any text, of which only some are valid.
pub(crate) fn any_edits() -> impl Strategy<Value = Vec<Edit>> {
    let text = || prop_oneof![select(TEXTS).prop_map(str::to_owned), any_text()].boxed();
    prop::collection::vec(edit(&text(), text()), 1..5)
}

/// Any bytes, most of them pieces of Python.
pub(crate) fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [STATEMENTS, HEADERS, ENDINGS, TEXTS].concat();
    let piece = prop_oneof![
        select(pieces).prop_map(|piece| piece.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..6),
        select(BYTES).prop_map(<[u8]>::to_vec),
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

fn any_text() -> BoxedStrategy<String> {
    prop_oneof![
        "\\PC{0,12}",
        select([STATEMENTS, ANCHORS, REGEXES, TEMPLATES].concat()).prop_map(str::to_owned),
        "[a-c=()\\[\\]'\"{}.,#\\\\ \n\r\t]{0,16}",
    ]
    .boxed()
}

fn anchor_text() -> BoxedStrategy<String> {
    select(ANCHORS).prop_map(str::to_owned).boxed()
}

fn anchor(text: BoxedStrategy<String>) -> impl Strategy<Value = Anchor> {
    prop_oneof![
        6 => text.clone().prop_map(Anchor::Lines),
        1 => prop::collection::vec(text, 1..4).prop_map(Anchor::AnyOf),
        1 => select(REGEXES).prop_map(|regex| Anchor::Regex(regex.to_owned())),
    ]
}

fn range(text: BoxedStrategy<String>) -> impl Strategy<Value = AnchorRange> {
    (
        anchor(text.clone()),
        prop::option::weighted(0.3, anchor(text)),
    )
        .prop_map(|(anchor, until)| AnchorRange { anchor, until })
}

fn verb(
    anchors: &BoxedStrategy<String>,
    texts: BoxedStrategy<String>,
) -> impl Strategy<Value = Verb> + use<> {
    let range = || range(anchors.clone());
    let at = || anchor(anchors.clone());
    let regex = select(REGEXES).prop_map(|regex| Anchor::Regex(regex.to_owned()).into());
    let template = select(TEMPLATES).prop_map(str::to_owned);
    prop_oneof![
        (at(), texts.clone()).prop_map(|(anchor, text)| Verb::InsertAfter { anchor, text }),
        (at(), texts.clone()).prop_map(|(anchor, text)| Verb::InsertBefore { anchor, text }),
        (range(), texts.clone()).prop_map(|(range, with)| Verb::Replace { range, with }),
        (regex, template).prop_map(|(range, with)| Verb::Replace { range, with }),
        range().prop_map(|range| Verb::Delete { range }),
        range().prop_map(|range| Verb::CommentOut { range }),
        (
            range(),
            select(&["try:", "if a:", "with b:\n    with c:"][..]),
            select(&["", "finally:\n    pass", "else:\n  x"][..])
        )
            .prop_map(|(range, header, footer)| Verb::Wrap {
                range,
                header: header.to_owned(),
                footer: footer.to_owned(),
            }),
        (select(&["n=0", "b=[1, 2]"][..]), at()).prop_map(|(argument, call)| Verb::Argument {
            argument: argument.to_owned(),
            call,
        }),
        select(&["import os", "from a import b as c", "import os.path, sys"][..]).prop_map(
            |statement| Verb::Import {
                statement: statement.to_owned()
            }
        ),
        texts.prop_map(|text| Verb::Append { text }),
    ]
}

fn edit(
    anchors: &BoxedStrategy<String>,
    texts: BoxedStrategy<String>,
) -> impl Strategy<Value = Edit> + use<> {
    let scope = prop_oneof![
        select(SCOPES).prop_map(|scope| Scope::Python(scope.to_owned())),
        (anchors.clone(), anchors.clone()).prop_map(|(from, to)| Scope::Between { from, to }),
    ];
    let near = || prop::option::weighted(0.15, anchors.clone());
    let expect = prop_oneof![
        2 => Just(Expect::Exactly(1)),
        1 => Just(Expect::Exactly(2)),
        3 => Just(Expect::All),
        1 => (1..3_usize, 1..3_usize).prop_map(|(index, of)| Expect::Occurrence { index, of }),
    ];
    let by_hand = prop::collection::vec(anchors.clone(), 0..2);
    let keys = (
        prop::option::weighted(0.2, scope),
        near(),
        near(),
        expect,
        by_hand,
    );
    (verb(anchors, texts), keys).prop_map(|(verb, (within, after, before, expect, by_hand))| {
        let has_anchor = !matches!(verb, Verb::Import { .. } | Verb::Append { .. });
        let edit = Edit::new(verb);
        if !has_anchor {
            return edit;
        }
        Edit {
            within,
            near: Near { after, before },
            expect,
            by_hand,
            ..edit
        }
    })
}
