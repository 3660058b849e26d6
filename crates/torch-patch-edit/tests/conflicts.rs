//! What is refused, and what is said about it.

use torch_patch_edit::{
    Anchor, AnchorRange, ApplyError, ConflictKind, Edit, Expect, FilePatch, FileState, Scope, Verb,
    scope_at,
};

use crate::building::{
    With, after, any_of, append, argument, before, comment_out, delete, import, line, regex,
    replace, until, wrap,
};

/// The message of a refusal, with the nearest lines.
fn refusal(error: &ApplyError) -> String {
    let mut message = error.to_string();
    if let ApplyError::Conflict { conflict, .. } = error {
        for near in conflict.kind.near_misses() {
            message = format!("{message} | {near}");
        }
    }
    message
}

/// Applies an edit to a source, which is refused with a message (an empty one: for its syntax).
fn check<const N: usize>(cases: [(Edit, &str, &str); N]) {
    for (edit, source, expected) in cases {
        let patch = FilePatch::compile("a.py", std::slice::from_ref(&edit)).expect("valid");
        let error = patch.apply(Some(source.as_bytes())).expect_err(source);
        let found = refusal(&error);
        if expected.is_empty() {
            assert!(matches!(error, ApplyError::Syntax(_)), "{found}");
        } else {
            assert_eq!(found, expected, "{source:?}");
        }
    }
}

#[test]
fn a_miss_says_what_comes_near() {
    check([
        (
            after(line("x = f(a, b)"), "y"),
            "def g():\n    x = f(a, c)\n",
            "anchor `x = f(a, b)` not found | line 2: `x = f(a, c)` (expected `b`, found `c`)",
        ),
        (
            after(line("x = f(a)"), "y").within("def g"),
            "def g():\n    pass\nx = f(a)\n",
            "anchor `x = f(a)` not found within `def g` | line 3: `x = f(a)` (outside the scope)",
        ),
        (
            replace(line("xy"), "y"),
            "y\nz\ny\n",
            "anchor `xy` not found",
        ),
        (
            after(line("x"), "y").expect(Expect::All),
            "z\n",
            "anchor `x` not found",
        ),
        (
            after(any_of(&["store = a", "store = b"]), "y"),
            "store = c\n",
            "anchor `store = a` or `store = b` not found | line 1: `store = c` (expected `a`, found `c`)",
        ),
        (
            after(line("x"), "y").near_after("a"),
            "x\na\n",
            "anchor `x` matched, but not near the lines it should (line 1)",
        ),
        // A spelling that is there says more than one that is not.
        (
            after(any_of(&["x", "z"]), "y").near_after("a"),
            "x\na\n",
            "anchor `x` or `z` matched, but not near the lines it should (line 1)",
        ),
        (
            after(any_of(&["z", "x"]), "y").near_after("a"),
            "x\na\n",
            "anchor `z` or `x` matched, but not near the lines it should (line 1)",
        ),
        (
            after(regex("timeout = 1"), "y"),
            "timeout = 2\n",
            "anchor `timeout = 1` not found | line 1: `timeout = 2`",
        ),
        (
            argument("n=0", regex("^ +$")),
            "f(a)\n  \n",
            "anchor `^ +$` not found",
        ),
        (
            argument("n=0", regex("timer = f\\(")),
            "timer = g(a)\n",
            "anchor `timer = f\\(` not found | line 1: `timer = g(a)`",
        ),
        (
            argument("n=0", any_of(&["x = f(a)", "x = f()"])),
            "x = f(b)\n",
            "anchor `x = f(a)` or `x = f()` not found | line 1: `x = f(b)` (expected `a`, found `b`)",
        ),
        (
            after(line("x"), "y").between("a", "b"),
            "x\na\nx\n",
            "scope `a … b` of anchor `x` not found",
        ),
        (
            replace(until("first = 1", "last = 2"), "y"),
            "last = 2\nfirst = 1\nlast = 3\n",
            "no line after anchor `first = 1` (line 2) is `last = 2` | line 1: `last = 2` | line 3: `last = 3` (expected `2`, found `3`)",
        ),
        (
            after(line("x"), "y").within("class C > def m"),
            "class D:\n    def m(self):\n        x\n",
            "scope `class C > def m` of anchor `x` not found | line 2: `def m` (outside the scope)",
        ),
        (
            after(line("x"), "y").between("a", "b"),
            "a\nx\na\nb\n",
            "scope `a … b` of anchor `x` starts 2 times, expected 1 (lines 1 and 3)",
        ),
        (
            replace(regex(r"timeout=(\d+)"), "time_limit=$1"),
            "f(timeout=a)\n",
            "anchor `timeout=(\\d+)` not found | line 1: `f(timeout=a)`",
        ),
    ]);
}

#[test]
fn nothing_is_looked_for_outside_the_scope() {
    check([
        // A range does not leave its scope, nor go from one to the next.
        (
            delete(until("first", "last")).within("def f"),
            "def f():\n    first\nlast\n",
            "no line after anchor `first` (line 2) is `last` within `def f` | line 3: `last` (outside the scope)",
        ),
        (
            delete(until("first", "last")).within("def f"),
            "def f():\n    first\ndef f():\n    last\n",
            "no line after anchor `first` (line 2) is `last` within `def f` | line 4: `last`",
        ),
        // Lines around an anchor, and further lines of it, are in its scope.
        (
            after(line("x"), "y").near_after("a").within("def f"),
            "a\ndef f():\n    a\n    b\ndef f():\n    x\n",
            "anchor `x` matched, but not near the lines it should (line 6)",
        ),
        (
            after(line("x"), "y").near_before("a").within("def f"),
            "def f():\n    x\ndef f():\n    a\na\n",
            "anchor `x` matched, but not near the lines it should (line 2)",
        ),
        (
            delete(line("x\nend")).within("def f"),
            "def f():\n    x\nend\nx\nend\n",
            "anchor `x …` not found within `def f` | line 2: `x` | line 4: `x` (outside the scope)",
        ),
        (
            delete(line("def f(...): pass\nx")).within("def f"),
            "x\ndef f(): pass\nx\n",
            "anchor `def f(...): pass …` not found within `def f` | line 2: `def f(): pass`",
        ),
        (
            delete(line("x")).within("class C > def m"),
            "class C:\n    def f(self):\n        def m():\n            x\n",
            "scope `class C > def m` of anchor `x` not found | line 3: `def m` (outside the scope)",
        ),
        (
            delete(line("x")).within("def f"),
            "class f:\n    x\n",
            "scope `def f` of anchor `x` not found",
        ),
        (
            delete(line("x")).within("class f"),
            "async def f():\n    x\n",
            "scope `class f` of anchor `x` not found",
        ),
        (
            delete(line("x")).within("class Helper"),
            "def Helper():\n    x\nclass Helper1:\n    x\n",
            "scope `class Helper` of anchor `x` not found | line 3: `class Helper1` (outside the scope) (expected `Helper`, found `Helper1`)",
        ),
    ]);
}

#[test]
fn a_wrong_number_of_places_says_where() {
    check([
        (
            after(line("x"), "y"),
            "x\n\nx\n",
            "anchor `x` matched 2 times, expected 1 (lines 1 and 3)",
        ),
        (
            after(line("x"), "y").expect(Expect::Exactly(2)),
            "x\ny\nx\n",
            "the edit at `x` is in place at line 1 and missing at line 3",
        ),
        (
            replace(line("x"), "y"),
            "x\nz\ny\n",
            "the edit at `x` is in place at line 3 and missing at line 1",
        ),
        (
            after(line("x"), "y").expect(Expect::Occurrence { index: 1, of: 3 }),
            "x\nx\n",
            "anchor `x` matched 2 times, expected 3 (lines 1 and 2)",
        ),
        (
            after(line("x"), "y").expect(Expect::Exactly(2)),
            "x\n",
            "anchor `x` matched 1 time, expected 2 (line 1)",
        ),
        (
            after(line("x"), "y"),
            "x\ny\nx\n",
            "anchor `x` matched 2 times, expected 1 (lines 1 and 3)",
        ),
        (
            after(line("x"), "y"),
            "x\ny\nx\ny\n",
            "anchor `x` matched 2 times, expected 1 (lines 1 and 3)",
        ),
        (
            after(line("x"), "y").expect(Expect::All),
            "x\ny\nx\n",
            "the edit at `x` is in place at line 1 and missing at line 3",
        ),
        (
            before(line("x"), "y").expect(Expect::Exactly(3)),
            "y\nx\nx\n",
            "anchor `x` matched 2 times, expected 3 (lines 2 and 3)",
        ),
        (
            replace(line("x"), "y"),
            "x\nx\n",
            "anchor `x` matched 2 times, expected 1 (lines 1 and 2)",
        ),
        // The first spelling that occurs counts, however often.
        (
            after(any_of(&["x", "z"]), "y"),
            "x\nz\nx\n",
            "anchor `x` or `z` matched 2 times, expected 1 (lines 1 and 3)",
        ),
        // The text in two places, of which none is told to be the anchor's.
        (replace(line("x"), "y"), "y\ny\n", "anchor `x` not found"),
        (
            argument("n=0", line("f(...)")),
            "f(a)\nf(b)\n",
            "anchor `f(...)` matched 2 times, expected 1 (lines 1 and 2)",
        ),
        (
            after(line("x"), "y").within("def f"),
            "def f():\n    x\n    x\n    x\nx\n",
            "anchor `x` matched 3 times within `def f`, expected 1 (lines 2, 3 and 4)",
        ),
    ]);
    for (count, lines) in [
        (8, "lines 1, 2, 3, 4, 5, 6, 7 and 8"),
        (10, "lines 1, 2, 3, 4, 5, 6, 7, 8 and 2 more"),
    ] {
        let message = format!("anchor `x` matched {count} times, expected 1 ({lines})");
        check([(after(line("x"), "y"), &*"x\n".repeat(count), &*message)]);
    }
}

#[test]
fn a_conflict_has_the_lines_it_is_about() {
    for (edit, source, is_missing, lines) in [
        (after(line("f(a)"), "y"), "x\nf(b)\n", true, &[2][..]),
        (after(line("x"), "y").near_after("a"), "x\na\n", true, &[1]),
        (
            delete(until("first = 1", "last = 2")),
            "a\nfirst = 1\n",
            true,
            &[2],
        ),
        (
            after(line("x"), "y").within("def m"),
            "class D:\n    def n(self):\n        x\n",
            true,
            &[],
        ),
        (
            after(line("x"), "y").within("def main"),
            "a\ndef mail():\n    x\n",
            true,
            &[2],
        ),
        (after(line("x"), "y"), "x\n\nx\n", false, &[1, 3]),
        (
            after(line("x"), "y").between("a", "b"),
            "a\nx\na\nb\n",
            false,
            &[1, 3],
        ),
        (replace(line("x"), "y"), "y\n\ny\nx\n", false, &[1, 3, 4]),
        (replace(line("x"), "y"), "x\n\ny\n", false, &[1, 3]),
        (argument("n=0", line("f(...)")), "a\nf(n=1)\n", false, &[2]),
        (
            argument("n=0", regex("^x")),
            "\nx = f(a) + g(b)\n",
            false,
            &[2],
        ),
    ] {
        let patch = FilePatch::compile("a.py", &[edit]).unwrap();
        let found = patch.classify(Some(source.as_bytes()));
        let FileState::Conflict(conflict) = found.state else {
            panic!("{source} fits");
        };
        assert_eq!(conflict.kind.is_missing(), is_missing, "{conflict}");
        assert_eq!(conflict.kind.lines(), lines, "{conflict}");
        assert_eq!(found.edits[0].lines, lines, "{conflict}");
    }
}

#[test]
fn a_patch_that_is_there_in_part_says_which_edits_are() {
    let edits = [
        after(line("a"), "x"),
        after(line("b"), "y"),
        after(line("c"), "z"),
    ];
    let patch = FilePatch::compile("a.py", &edits).unwrap();
    for (source, expected) in [
        (
            "a\nx\nb\ny\nc\n",
            "edits 1 and 2 are in place, edit 3 is not",
        ),
        ("a\nb\ny\nc\n", "edit 2 is in place, edits 1 and 3 are not"),
    ] {
        let error = patch.apply(Some(source.as_bytes())).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let by_hand = after(line("a"), "x").by_hand(&["y"]);
    let patch = FilePatch::compile("a.py", &[by_hand]).unwrap();
    let error = patch.apply(Some(b"a\n# me\ny\n")).unwrap_err();
    assert_eq!(error.to_string(), "the edit was made by hand (line 3)");
}

#[test]
fn what_a_declared_encoding_cannot_hold_is_refused() {
    for (anchor, edit) in [
        ("a", (|text| after(line("a"), text)) as fn(&str) -> Edit),
        ("a` or `b", |text| before(any_of(&["a", "b"]), text)),
        ("a", |text| replace(line("a"), text)),
        ("a", |text| replace(regex("a"), &format!("b + {text}"))),
        ("a", |text| wrap(line("a"), &format!("if {text}:"), "")),
        ("a", |text| {
            wrap(line("a"), "if b:", &format!("else:\n    {text}"))
        }),
        ("import a", |text| import(&format!("import a, {text}"))),
        ("end of file", |text| append(text)),
    ] {
        let state = |text: &str| {
            let patch = FilePatch::compile("a.py", &[edit(text)]).unwrap();
            patch.classify(Some(b"# coding: latin-1\na\n")).state
        };
        assert_eq!(state("ue"), FileState::Pristine, "{anchor}");
        let FileState::Conflict(conflict) = state("\u{fc}") else {
            panic!("{anchor}: it fits");
        };
        assert_eq!(conflict.kind, ConflictKind::NotAscii);
        assert!(conflict.anchor.starts_with(anchor), "{}", conflict.anchor);
    }
    for anchor in [line("f(...)"), any_of(&["f(...)", "g(...)"]), regex("f|g")] {
        let patch =
            |text: &str| FilePatch::compile("a.py", &[argument(text, anchor.clone())]).unwrap();
        let source = Some(&b"# coding: latin-1\nf(a)\n"[..]);
        assert_eq!(patch("n=0").classify(source).state, FileState::Pristine);
        let FileState::Conflict(conflict) = patch("n='\u{fc}'").classify(source).state else {
            panic!("it fits");
        };
        assert_eq!(conflict.kind, ConflictKind::NotAscii);
        assert!(conflict.anchor.starts_with('f'), "{}", conflict.anchor);
    }
    // What is taken out may be anything.
    for edit in [delete(line("x = '...'")), comment_out(line("x = '...'"))] {
        let patch = FilePatch::compile("a.py", &[edit]).unwrap();
        let source = Some(&b"# coding: latin-1\nx = '...'\n"[..]);
        assert_eq!(patch.classify(source).state, FileState::Pristine);
    }
}

#[test]
fn what_cannot_be_written_is_refused() {
    check([
        (
            argument("n=0", line("f(...)")),
            "f(a,\n  n=1)\n",
            "the call on line 1, matched by `f(...)`, has `n=1` already",
        ),
        (
            argument("n=0", regex("^x")),
            "x = f(a) + g(b)\n",
            "line 1, matched by `^x`, has 2 calls, expected 1 to add the argument to",
        ),
        (
            replace(regex(r"timeout = (\d+)"), "timeout = ${1}0"),
            "timeout = 30\n",
            "the edit at `timeout = (\\d+)` could not be told from what is there already: its anchor would match again",
        ),
        (
            after(line("x"), "y = ("),
            "x\nz\n",
            "the result would not parse: line 3: unexpected EOF while parsing: `z`",
        ),
        (
            wrap(line("return x"), "try:", ""),
            "def f():\n    return x\ny\n",
            "",
        ),
        (comment_out(line("x")), "if a:\n    x\n", ""),
        (
            append("x"),
            "# coding: utf-16\n",
            "the file declares the encoding `utf-16`, which is not a superset of ASCII",
        ),
        (
            append("x = '\u{fc}'"),
            "# coding: latin-1\n",
            "the text is not ASCII and the file declares an encoding that is not UTF-8",
        ),
        (
            delete(line("b")),
            "a\rb\n\nc\n",
            "the edit at `b` would join a lone `\\r` with the `\\n` on line 2",
        ),
        (
            replace(line("a"), "b").by_hand(&["z\nb"]),
            "z\na\n",
            "the edit at `a` could not be told from what is there already: it would look like an edit made by hand",
        ),
        (
            comment_out(AnchorRange {
                anchor: line("a"),
                until: Some(regex("b")),
            }),
            "a\nb\n",
            "the edit at `a` could not be told from what is there already: anchor `a` not found",
        ),
    ]);
}

#[test]
fn a_renamed_definition_comes_near_whatever_its_parameters_are() {
    let source = b"def helper(\n    group_size,\n    group_rank,\n    timeout=None,\n):\n    x = 1\n\n\ndef other():\n    x = 1\n\n\nclass helper1:\n    pass\n";
    let mut edit = Edit::new(Verb::InsertAfter {
        anchor: Anchor::Lines("x = 1".to_owned()),
        text: "y = 2".to_owned(),
    });
    edit.within = Some(Scope::Python("def helper2".to_owned()));
    let patch = FilePatch::compile("a.py", &[edit]).unwrap();
    let FileState::Conflict(conflict) = patch.classify(Some(source)).state else {
        panic!("it fits");
    };
    let near = conflict.kind.near_misses();
    let near: Vec<(usize, &str)> = near
        .iter()
        .map(|miss| (miss.line, miss.text.as_str()))
        .collect();
    assert_eq!(near, [(1, "def helper")]);
}

#[test]
fn the_definition_of_a_line_is_told() {
    let source = b"import os\nclass C:\n    @deco\n    def m(self):\n        x = (\n            1\n        )\n\n    async def n(self):\n        pass\ny = 2\n";
    let at = |line| scope_at("a.py", source, line);
    assert_eq!(at(1), None);
    assert_eq!(at(2).as_deref(), Some("class C"));
    assert_eq!(at(6).as_deref(), Some("class C > def m"));
    assert_eq!(at(10).as_deref(), Some("class C > def n"));
    assert_eq!(at(11), None);
    assert_eq!(scope_at("a.txt", source, 6), None);
}
