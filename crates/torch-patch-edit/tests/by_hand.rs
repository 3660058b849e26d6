//! Edits that people made by hand, and what a file was before someone made them.

use torch_patch_edit::{Edit, Expect, FilePatch, FileState};

use crate::building::{
    With, after, any_of, append, argument, before, comment_out, delete, import, line, regex,
    replace, until, wrap,
};

#[test]
fn hand_made_forms_are_recognised() {
    let guide =
        after(line("store = ..."), "if a:\n    backend = gloo").by_hand(&["backend = gloo"]);
    let call = argument("n=0", line("f(...)")).by_hand(&["f(a, n=1)"]);
    let place = replace(line("x = nccl"), "x = y if z else nccl").by_hand(&["x = gloo"]);
    for (edit, source, line) in [
        (
            &guide,
            "store = 1\n# by hand\n\nbackend = gloo  # me\nb\n",
            4,
        ),
        (&call, "f(a,\n  n=1)\n", 1),
        (&place, "a\nx = gloo\n", 2),
    ] {
        let patch = FilePatch::compile("a.py", std::slice::from_ref(edit)).unwrap();
        let found = patch.classify(Some(source.as_bytes()));
        assert_eq!(found.state, FileState::AppliedByHand, "{source}");
        assert_eq!(found.edits[0].lines, [line], "{source}");
        assert!(patch.apply(Some(source.as_bytes())).is_err());
    }
    // The form stands right before its anchor, in the same scope, and is all of it.
    let above = || before(line("def f(): pass"), "if a:\n    x").by_hand(&["x", "y\nz"]);
    let regex_call = argument("n=0", regex(r"\bf\(")).by_hand(&["f(a)\nb", "x = f(a, n=1)"]);
    for (edit, source, expected) in [
        (
            above(),
            "x\n\n# b\ndef f(): pass\n",
            FileState::AppliedByHand,
        ),
        (above(), "y\nz\ndef f(): pass\n", FileState::AppliedByHand),
        (above(), "x\nb\ndef f(): pass\n", FileState::Pristine),
        (above(), "z\ndef f(): pass\n", FileState::Pristine),
        (
            above().within("def f"),
            "x\ndef f(): pass\n",
            FileState::Pristine,
        ),
        (regex_call.clone(), "f(a)\nb\n", FileState::Pristine),
        (regex_call, "x = f(a, n=1)\n", FileState::AppliedByHand),
        (
            delete(line("a")).by_hand(&["pass  # a"]),
            "b\npass\n",
            FileState::AppliedByHand,
        ),
        (
            replace(regex("nccl"), "gloo").by_hand(&["x = mpi"]),
            "b\nx = mpi\n",
            FileState::AppliedByHand,
        ),
    ] {
        let patch = FilePatch::compile("a.py", &[edit]).unwrap();
        let state = patch.classify(Some(source.as_bytes())).state;
        assert_eq!(state, expected, "{source}");
    }
    // An edit without hand-made form may be missing, one with a form may not.
    let other = after(line("b"), "c");
    let source = b"store = 1\nbackend = gloo\nb\nx = nccl\n";
    let state = |edits: &[Edit]| {
        FilePatch::compile("a.py", edits)
            .unwrap()
            .classify(Some(source))
            .state
    };
    assert_eq!(state(&[guide.clone(), other]), FileState::AppliedByHand);
    assert!(matches!(state(&[guide, place]), FileState::Conflict(_)));
}

#[test]
fn what_the_edit_itself_makes_is_not_taken_for_a_hand_made_form() {
    // The same lines, of which only the comment tells who wrote them.
    for (footer, form) in [
        ("", "if a:\n    x"),
        ("else:\n    y", "if a:\n    x\nelse:\n    y"),
    ] {
        let edit = wrap(line("x"), "if a:  # patch", footer).by_hand(&[form]);
        let patch = FilePatch::compile("a.py", &[edit]).unwrap();
        for original in ["x\n", "x", "b\nx\n\nc\n"] {
            let made = patch.apply(Some(original.as_bytes())).unwrap();
            let state = patch.classify(Some(&made.bytes)).state;
            assert_eq!(state, FileState::Applied, "{original:?} with {footer:?}");
        }
        let by_hand = format!("b\n{form}\nc\n");
        let state = patch.classify(Some(by_hand.as_bytes())).state;
        assert_eq!(state, FileState::AppliedByHand, "{by_hand}");
    }
}

#[test]
fn what_people_edit_elsewhere_instead_stands_for_all_edits() {
    const ORIGINAL: &str = "\
class A:
    x: int

    def f(self):
        return g(self.a,
                 x=self.x)

    def h(self):
        one = load(1)
        two = load(1)
        old()
        end()
";
    let own = || replace(line("x: int"), "x: int = 0").within("class A");
    let other = after(line("one = load(1)"), "three = 3");
    let shorter = replace(
        line("return g(self.a,\n         x=self.x)"),
        "return g(self.a)",
    );
    let call = argument("safe=False", line("... = load(1)"));
    let instead = [
        shorter
            .within("class A > def f")
            .by_hand(&["return g(self.a)"]),
        Edit {
            expect: Expect::Exactly(2),
            ..call.within("def h")
        },
        comment_out(line("old()")).within("def h"),
        delete(line("end()"))
            .near_after("old()")
            .near_before("last()"),
    ];
    let patch = FilePatch::compile("a.py", &[own(), other]).unwrap();
    let patch = patch.or_by_hand(&instead).unwrap();
    let state = |text: &str| patch.classify(Some(text.as_bytes())).state;
    assert_eq!(state(ORIGINAL), FileState::Pristine);
    for (removed, put, line, is_known) in [
        ("self.a,\n                 x=self.x", "self.a", 5, true),
        ("self.a,\n                 x=self.x", " self . a ", 5, true),
        ("old()", "# old()", 11, true),
        ("old()", "#old()", 11, true),
    ] {
        let text = ORIGINAL.replace(removed, put);
        let found = patch.classify(Some(text.as_bytes()));
        assert_eq!(found.state, FileState::AppliedByHand, "{put}");
        let lines: Vec<&[usize]> = found.edits.iter().map(|edit| &*edit.lines).collect();
        assert_eq!(lines, [[line], [line]], "{put}");
        assert_eq!(patch.lines_in_place(text.as_bytes()), [line], "{put}");
        let error = patch.apply(Some(text.as_bytes())).unwrap_err();
        assert!(error.to_string().contains("by hand"), "{error}");
        let mut guesses = patch.originals(text.as_bytes());
        let is_guessed = guesses.any(|guess| guess == ORIGINAL.as_bytes());
        assert_eq!(is_guessed, is_known, "{put}");
    }
    // Both of two calls, not one.
    let both = ORIGINAL.replace("load(1)", "load(1, safe=False)");
    assert_eq!(state(&both), FileState::AppliedByHand);
    let one = ORIGINAL.replacen("load(1)", "load(1, safe=False)", 1);
    assert!(
        !matches!(state(&one), FileState::AppliedByHand | FileState::Applied),
        "{one}"
    );
    // Where it is a part of what the patch does, the rest is told as missing.
    let own_too = ORIGINAL
        .replace("old()", "# old()")
        .replace("x: int", "x: int = 0");
    let found = patch.classify(Some(own_too.as_bytes()));
    assert_eq!(found.state, FileState::AppliedByHand);
    let states: Vec<&FileState> = found.edits.iter().map(|edit| &edit.state).collect();
    assert_eq!(states, [&FileState::AppliedByHand, &FileState::Pristine]);
    let mut guesses = patch.originals(own_too.as_bytes());
    assert!(guesses.any(|guess| guess == ORIGINAL.as_bytes()));
    // With all of its own it is what the patch says, whatever else there is.
    let all = own_too.replace("one = load(1)", "one = load(1)\n        three = 3");
    assert_eq!(state(&all), FileState::Applied);
    // Also where an anchor of its own is gone.
    let gone = ORIGINAL
        .replace("old()", "# old()")
        .replace("    x: int\n", "");
    assert_eq!(state(&gone), FileState::AppliedByHand);
    for (edit, reason) in [
        (import("import os"), "cannot be told"),
        (append("x = 1"), "cannot be told"),
        (delete(line("end()")), "neighbours"),
    ] {
        let patch = FilePatch::compile("a.py", &[own()]).unwrap();
        let error = patch.or_by_hand(&[edit]).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn what_a_hand_made_file_was_is_guessed() {
    let edit = after(line("store = ..."), "if a:\n    backend = gloo").by_hand(&["backend = gloo"]);
    let patch = FilePatch::compile("a.py", &[edit]).unwrap();
    for (original, by_hand) in [
        ("store = 1\r\nb\r\n", "store = 1\r\nbackend = gloo\r\nb\r\n"),
        (
            "store = 1\r\nb\r\n",
            "store = 1\n\n# me\nbackend = gloo\nb\n",
        ),
        ("store = 1\n\nb\n", "store = 1\n\nbackend = gloo\n# me\nb\n"),
        ("store = 1", "store = 1\nbackend = gloo"),
        // A lone `\r` is no part of a rewritten ending.
        (
            "store = 1\nb\rc\n",
            "store = 1\r\nbackend = gloo\r\nb\rc\r\n",
        ),
        (
            "store = 1\r\nb\rc\r\nd\r\n",
            "store = 1\nbackend = gloo\nb\rc\r\nd\n",
        ),
    ] {
        let mut guesses = patch.originals(by_hand.as_bytes());
        assert!(
            guesses.any(|guess| guess == original.as_bytes()),
            "{by_hand:?}"
        );
    }
}

#[test]
fn what_a_call_was_before_an_argument_came_is_guessed() {
    let call =
        || argument("n=0", line("x = f(...)")).by_hand(&["x = f(..., n=1)", "x = f(n=1, ...)"]);
    for (by_hand, original) in [
        ("x = f(a, n=0)  # why\n", "x = f(a)  # why\n"),
        ("x = f(a, n=1)\n", "x = f(a)\n"),
        ("x = f(a, n=0, b=2)\n", "x = f(a, b=2)\n"),
        (
            "x = f(\r\n    a,  # b\r\n    n=0,\r\n)\r\n",
            "x = f(\r\n    a,  # b\r\n)\r\n",
        ),
        ("x = f(\n    n=1,\n    a)\n", "x = f(\n    a)\n"),
        ("x = f(n=0)\n", "x = f()\n"),
        ("x = f(n=0, a=1)\n", "x = f( a=1)\n"),
    ] {
        let patch = FilePatch::compile("a.py", &[call()]).unwrap();
        let mut guesses = patch.originals(by_hand.as_bytes());
        assert!(
            guesses.any(|guess| guess == original.as_bytes()),
            "{by_hand:?}"
        );
    }
}

#[test]
fn what_can_be_taken_out_is_guessed_once() {
    let insert = || after(line("a"), "x");
    let gloo = || replace(any_of(&["x = nccl", "x = mpi"]), "x = gloo");
    for (path, edits, file, expected) in [
        ("a.py", &[insert()][..], "a\nx\n", &["a\n"][..]),
        ("a.py", &[insert()], "a\nx\nb\n", &["a\nb\n"]),
        // Comments beside it may have come with it, up to three lines; not those of other files.
        (
            "a.py",
            &[insert()],
            "a\nx\n# 1\n\n# 3\n# 4\n",
            &[
                "a\n# 1\n\n# 3\n# 4\n",
                "a\n\n# 3\n# 4\n",
                "a\n# 3\n# 4\n",
                "a\n# 4\n",
            ],
        ),
        ("a.ini", &[insert()], "a\nx\n# 1\n", &["a\n# 1\n"]),
        // Two edits at once.
        (
            "a.py",
            &[insert(), before(line("b"), "y")],
            "a\nx\ny\nb\n",
            &["a\nb\n"],
        ),
        // What was replaced is written down in the anchor, if that is all of it.
        (
            "a.py",
            &[gloo()],
            "if a:\n  x = gloo\n# b\n",
            &["if a:\n  x = nccl\n# b\n", "if a:\n  x = nccl\n"],
        ),
        ("a.py", &[replace(line("x = ..."), "y")], "y\n", &[]),
        ("a.py", &[replace(until("x", "z"), "y")], "y\n", &[]),
    ] {
        let patch = FilePatch::compile(path, edits).unwrap();
        let guesses: Vec<String> = patch
            .originals(file.as_bytes())
            .map(|guess| String::from_utf8(guess).unwrap())
            .collect();
        // As other editors save it: all line endings, and the one of the last line.
        let rewritten = expected.iter().flat_map(|guess| {
            let (crlf, lf) = (guess.replace('\n', "\r\n"), (*guess).to_owned());
            let short = lf.strip_suffix('\n').unwrap();
            let short_crlf = crlf.strip_suffix("\r\n").unwrap();
            let short = [short, short_crlf, short].map(str::to_owned);
            [crlf.clone(), lf.clone()].into_iter().chain(short)
        });
        let expected: Vec<String> = expected
            .iter()
            .map(|guess| (*guess).to_owned())
            .chain(rewritten)
            .collect();
        assert_eq!(guesses, expected, "{file}");
    }
}

#[test]
fn what_was_put_in_is_taken_out_whatever_the_other_edits_are() {
    let build = || {
        replace(line("run = '-v'"), "run = '--version'").by_hand(&[
            "run = '--version'",
            "run = '-V'",
            "run = 1\nrun = 2",
        ])
    };
    let block = || {
        replace(
            line("if a:\n    raise E(1,\n            2)"),
            "if a:\n    pass",
        )
        .by_hand(&["if a: pass", "if a:\n    pass"])
    };
    for (edits, file, lines, expected) in [
        (&[build()][..], "a\nrun = '-v'\n", &[][..], None),
        (
            &[build()],
            "a\nrun  =  '--version'  # me\nb",
            &[2],
            Some("a\nrun = '-v'\nb"),
        ),
        (
            &[build()],
            "if a:\r\n  # b\r\n  run = '-V'\r\nb\r\n",
            &[3],
            Some("if a:\r\n  # b\r\n  run = '-v'\r\nb\r\n"),
        ),
        (
            &[build()],
            "run = 1\n# c\nrun = 2",
            &[1],
            Some("run = '-v'"),
        ),
        (
            &[block()],
            "def f():\n\tif a:\n\t\t# raise E(1, 2)\n\t\tpass\n\treturn\n",
            &[2],
            Some("def f():\n\tif a:\n\t\traise E(1,\n\t\t\t\t2)\n\treturn\n"),
        ),
        (
            &[block()],
            "if a: pass\nrun = '-v'\n",
            &[1],
            Some("if a:\n    raise E(1,\n            2)\nrun = '-v'\n"),
        ),
        // Another edit that is not there, or in conflict, is no matter.
        (
            &[build(), block()],
            "run = '-V'\n",
            &[1],
            Some("run = '-v'\n"),
        ),
        (
            &[build(), block()],
            "run = '-V'\nif a:pass\n",
            &[1, 2],
            Some("run = '-v'\nif a:\n    raise E(1,\n            2)\n"),
        ),
        (
            &[after(line("a"), "x"), build()],
            "a\nx\nrun = '--version'\n",
            &[2, 3],
            Some("a\nrun = '-v'\n"),
        ),
    ] {
        let patch = FilePatch::compile("a.py", edits).unwrap();
        assert_eq!(patch.lines_in_place(file.as_bytes()), lines, "{file}");
        let found = patch.without(file.as_bytes());
        let found = found.map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(found.as_deref(), expected, "{file}");
    }
    // What is no text has no edits.
    let patch = FilePatch::compile("a.py", &[build()]).unwrap();
    assert!(patch.lines_in_place(b"\0").is_empty());
    assert_eq!(patch.without(b"\xff\xfe"), None);
}

#[test]
fn what_an_editor_did_besides_is_guessed() {
    let build = replace(line("run = '-v'"), "run = '--version'");
    let patch = FilePatch::compile("a.py", &[build]).unwrap();
    for (original, file) in [
        ("a\nrun = '-v'\n", "a\n# run = '-v'\nrun = '--version'\n"),
        ("a\nrun = '-v'\n", "a\nrun = '--version'  \n# was -v\n\n"),
        (
            "a\r\nrun = '-v'\r\n",
            "a\n# run = '-v'\nrun = '--version'\n",
        ),
        ("a\nrun = '-v'\nb\n", "a\r\nrun = '--version'\r\nb\r\n"),
        ("a\nrun = '-v'\nb", "\u{feff}a\r\nrun = '--version'\r\nb"),
        ("a\nrun = '-v'\nb", "a\nrun = '--version'\nb\n"),
        ("a\r\nrun = '-v'\r\nb\r\n", "a\r\nrun = '--version'\r\nb"),
        // One line came with another ending.
        ("a\r\nrun = '-v'\r\nb\r\n", "a\r\nrun = '--version'\nb\r\n"),
    ] {
        let mut guesses = patch.originals(file.as_bytes());
        assert!(
            guesses.any(|guess| guess == original.as_bytes()),
            "{file:?}"
        );
    }
}
