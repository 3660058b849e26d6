//! Edits that make no sense whatever the file is, and what is said about them.

use torch_patch_edit::{Edit, Expect, Field, FilePatch, Verb};

use crate::building::{
    With, after, any_of, append, argument, before, comment_out, delete, import, line, regex,
    replace, until, wrap,
};

fn create(text: &str) -> Edit {
    let text = text.to_owned();
    Edit::new(Verb::Create { text })
}

/// Compiles edits for a path, which is refused with a message.
fn check<const N: usize>(path: &str, cases: [(&[Edit], &str); N]) {
    for (edits, expected) in cases {
        let error = FilePatch::compile(path, edits).expect_err(expected);
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn every_text_and_anchor_has_something_in_it() {
    check(
        "a.py",
        [
            (
                &[append("x"), after(line(" \n"), "x")],
                "edit 2: `after`: the text is empty",
            ),
            (
                &[before(any_of(&[]), "x")],
                "edit 1: `before`: the text is empty",
            ),
            (
                &[replace(any_of(&["a", ""]), "x")],
                "edit 1: `replace`: the text is empty",
            ),
            (
                &[delete(until("a", "\n"))],
                "edit 1: `until`: the text is empty",
            ),
            (
                &[comment_out(regex(""))],
                "edit 1: `comment-out`: the text is empty",
            ),
            (
                &[after(line("a"), "\n\n")],
                "edit 1: `insert`: the text is empty",
            ),
            (
                &[wrap(line("a"), " ", "x")],
                "edit 1: `header`: the text is empty",
            ),
            (&[append("")], "edit 1: `append`: the text is empty"),
            (
                &[delete(line("a")).between("a", "")],
                "edit 1: `within`: the text is empty",
            ),
            (
                &[delete(line("a")).near_after("")],
                "edit 1: `near.after`: the text is empty",
            ),
            (
                &[delete(line("a")).near_before("")],
                "edit 1: `near.before`: the text is empty",
            ),
            (
                &[delete(line("a")).by_hand(&["b", ""])],
                "edit 1: `by-hand`: the text is empty",
            ),
            (
                &[delete(line("...  ..."))],
                "edit 1: `delete`: the anchor has no token besides `...`, so it would match any line",
            ),
        ],
    );
    let error = FilePatch::compile("a.py", &[delete(line("a")).by_hand(&["b", ""])]);
    assert_eq!(error.unwrap_err().field, Field::ByHand(1));
}

#[test]
fn anchors_are_tokens_or_expressions() {
    check(
        "a.py",
        [
            (
                &[after(line("x = a ? b"), "x")],
                "edit 1: `after`: expected Python tokens: `?` is none",
            ),
            (
                &[after(line("x = f(a"), "x")],
                "edit 1: `after`: expected Python tokens: the bracket `(` has no partner",
            ),
            (
                &[after(regex("a("), "x")],
                "edit 1: `after`: expected a regular expression: unclosed group",
            ),
            (
                &[replace(regex("a*"), "x")],
                "edit 1: `replace`: the regular expression matches the empty string",
            ),
            (
                &[replace(regex("(a)(?P<one>b)(?P<two>c)"), "$three")],
                "edit 1: `with`: unknown group `$three`, expected one of `$one`, `$two`",
            ),
            (
                &[replace(regex("a(b)"), "$2")],
                "edit 1: `with`: unknown group `$2`: the regular expression has no groups",
            ),
            (
                &[replace(regex("a"), "5 $")],
                "edit 1: `with`: a `$` that names no group, expected `$name`, `${name}` or `$$`",
            ),
            (
                &[replace(regex("a"), "\nb\nc\n")],
                "edit 1: `with`: the replacement of a regex anchor is one line",
            ),
        ],
    );
    let lines = replace(regex("a"), "\nb\n");
    assert!(FilePatch::compile("a.py", &[lines]).is_ok());
}

#[test]
fn a_scope_is_a_path_of_definitions() {
    for scope in [
        "",
        "f",
        "def",
        "def f(a)",
        "def 1a",
        "def a.b",
        "def _ >",
        "class C def m",
        "lambda f",
        "async f",
    ] {
        let expected = format!(
            "edit 1: `within`: expected `def NAME`, `class NAME` or a path such as `class C > def m`, found `{scope}`"
        );
        check("a.py", [(&[delete(line("a")).within(scope)], &expected)]);
    }
    for scope in ["def _f1:", "class C>async  def m", "def \u{fc}"] {
        let edit = delete(line("a")).within(scope);
        assert!(FilePatch::compile("a.py", &[edit]).is_ok(), "{scope}");
    }
}

#[test]
fn keys_go_with_verbs_that_have_an_anchor() {
    check(
        "a.py",
        [
            (
                &[import("import os").within("def f")],
                "edit 1: `within`: this key has no meaning beside `import`",
            ),
            (
                &[append("a").near_after("b")],
                "edit 1: `near.after`: this key has no meaning beside `append`",
            ),
            (
                &[append("a").near_before("b")],
                "edit 1: `near.before`: this key has no meaning beside `append`",
            ),
            (
                &[create("a").expect(Expect::All)],
                "edit 1: `expect`: this key has no meaning beside `create`",
            ),
            (
                &[import("import os").by_hand(&["import os, re"])],
                "edit 1: `by-hand`: this key has no meaning beside `import`",
            ),
            (
                &[append("a"), create("a")],
                "edit 2: `create`: `create` must be the only edit of its file",
            ),
        ],
    );
}

#[test]
fn numbers_count_from_one() {
    let edit = |expect| delete(line("a")).expect(expect);
    let expected =
        "edit 1: `expect`: expected a number from 1, and `occurrence` no greater than `expect`";
    check(
        "a.py",
        [
            (&[edit(Expect::Exactly(0))], expected),
            (&[edit(Expect::Occurrence { index: 0, of: 1 })], expected),
            (&[edit(Expect::Occurrence { index: 2, of: 1 })], expected),
        ],
    );
    let last = edit(Expect::Occurrence { index: 2, of: 2 });
    assert!(FilePatch::compile("a.py", &[last]).is_ok());
}

#[test]
fn some_edits_need_python() {
    check(
        "a.txt",
        [
            (
                &[delete(line("a")).within("def f")],
                "edit 1: `within`: a scope of Python definitions needs a `.py` or `.pyi` file, expected `{ from = \"…\", to = \"…\" }`",
            ),
            (
                &[argument("n=0", line("f(...)"))],
                "edit 1: `argument`: this edit needs a `.py` or `.pyi` file",
            ),
            (
                &[import("import os")],
                "edit 1: `import`: this edit needs a `.py` or `.pyi` file",
            ),
            (
                &[comment_out(line("a"))],
                "edit 1: `comment-out`: no comment sign is known for files with this ending",
            ),
        ],
    );
}

#[test]
fn statements_and_arguments_are_checked() {
    check(
        "a.py",
        [
            (
                &[import("import os; x")],
                "edit 1: `import`: expected one statement `import …` or `from … import …`",
            ),
            (
                &[argument("n", line("f(...)"))],
                "edit 1: `argument`: expected `name=value`",
            ),
            (
                &[argument("n=0", any_of(&["f(...)", "x = 1"]))],
                "edit 1: `in`: expected an anchor with one call, or with `...` as the arguments of the one that is meant",
            ),
        ],
    );
}
