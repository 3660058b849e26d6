//! Several edits and patches in one file: which go together, and what their result has to be.

use torch_patch_edit::{ApplyError, ConflictKind, FilePatch, compose};

use crate::building::{
    after, append, argument, before, comment_out, delete, line, regex, replace, until, wrap,
};

#[test]
fn an_overlap_names_both() {
    let source = b"a\nb(\n  1)\nc\n";
    let cases = [
        (replace(line("b(...)"), "x"), after(line("b(...)"), "y")),
        (
            replace(line("b(...)"), "x"),
            replace(until("a", "b(...)"), "y"),
        ),
        (after(line("a"), "x"), after(line("a"), "y")),
        (before(line("c"), "x"), before(line("c"), "y")),
        (delete(line("b(...)")), comment_out(line("b(...)"))),
        (
            wrap(until("a", "c"), "try:", "finally:\n    d"),
            after(line("b(...)"), "y"),
        ),
        (argument("n=0", line("b(...)")), delete(line("b(...)"))),
        (replace(regex("1"), "2"), delete(line("b(...)"))),
    ];
    for (one, two) in cases {
        let [one, two] =
            [one, two].map(|edit| FilePatch::compile("a.py", &[append("z"), edit]).unwrap());
        for (first, second) in [(&one, &two), (&two, &one)] {
            match compose(Some(source), &[first, second]) {
                Err(ApplyError::Overlap { first, second, .. }) => {
                    let mut both = [first, second];
                    both.sort_unstable();
                    assert_eq!(both, [(0, 1), (1, 1)]);
                }
                other => panic!("{one:?} {two:?}: {other:?}"),
            }
        }
    }
}

#[test]
fn neighbours_do_not_overlap() {
    let source = b"a\nb\nc\n";
    let edits = [
        (
            after(line("a"), "x"),
            before(line("b"), "y"),
            "a\nx\ny\nb\nc\n",
        ),
        (
            replace(line("a"), "x"),
            replace(line("b"), "y"),
            "x\ny\nc\n",
        ),
        (after(line("b"), "x"), delete(line("c")), "a\nb\nx\n"),
        (append("x"), after(line("c"), "y"), "a\nb\nc\ny\nx\n"),
    ];
    for (one, two, expected) in edits {
        let [one, two] = [one, two].map(|edit| FilePatch::compile("a.py", &[edit]).unwrap());
        for patches in [[&one, &two], [&two, &one]] {
            let both = compose(Some(source), &patches).unwrap();
            assert_eq!(both.bytes, expected.as_bytes());
        }
    }
}

#[test]
fn the_edit_that_breaks_a_file_is_found_behind_others() {
    let source = format!("a\n{}end\nz\nlast\n", "b\n".repeat(20));
    let longer = after(line("a"), &"x = 1\n".repeat(30));
    let shorter = delete(until("a", "end"));
    for (first, broken_line) in [(longer, 54), (shorter, 2)] {
        let patch = |text: &str| {
            FilePatch::compile("a.py", &[first.clone(), after(line("z"), text)]).unwrap()
        };
        assert!(patch("y = 1").apply(Some(source.as_bytes())).is_ok());
        match patch("y = = 1").apply(Some(source.as_bytes())) {
            Err(ApplyError::Syntax(broken)) => assert_eq!(broken.line, broken_line),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_statement_that_does_not_parse_excuses_no_other() {
    for name in ["x", "elsewhere", "elif_", "exception", "finally1", "_else"] {
        let source = format!("print 'a'\n{name} = 1\nlast = 2\n");
        let apply = |text: &str| {
            let edit = after(line(&format!("{name} = 1")), text);
            let patch = FilePatch::compile("a.py", &[edit]).unwrap();
            patch.apply(Some(source.as_bytes()))
        };
        assert!(apply("y = 1").is_ok(), "{name}");
        assert!(
            matches!(apply("y = = 1"), Err(ApplyError::Syntax(_))),
            "{name}"
        );
    }
}

#[test]
fn line_endings_are_joined_by_the_edit_that_does_it() {
    let edits = [
        after(line("x"), "some_longer = 1"),
        delete(line("y")),
        delete(line("b")),
    ];
    let patch = FilePatch::compile("a.py", &edits).unwrap();
    let source = b"x\ny\na\rb\n\nc\n";
    match patch.apply(Some(source)) {
        Err(ApplyError::Conflict { conflict, .. }) => {
            assert_eq!(conflict.kind, ConflictKind::LineEndings { line: 4 });
            assert_eq!((conflict.edit, &*conflict.anchor), (2, "b"));
        }
        other => panic!("{other:?}"),
    }
    assert!(
        FilePatch::compile("a.py", &edits[..2])
            .unwrap()
            .apply(Some(source))
            .is_ok()
    );
}
