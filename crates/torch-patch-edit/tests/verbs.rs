//! What an edit does: every verb, with the indentation of the place it is made at.

use torch_patch_edit::{
    AnchorRange, ApplyError, ConflictKind, Edit, FilePatch, FileState, Verb, compose,
};

use crate::building::{
    With, after, any_of, append, argument, before, comment_out, delete, import, line, regex,
    replace, until, wrap,
};
use crate::outcome::{Case, check_all, holds};

const TEXT: &str = "\nif a:  \n    b = '''\n  c\n'''\n\n    d\n";

#[test]
fn text_is_indented_like_its_anchor() {
    check_all(
        "a.py",
        &[
            Case {
                edit: after(line("x"), TEXT),
                before: "def f():\n  x\n  y\n",
                after: "def f():\n  x\n  if a:\n    b = '''\n  c\n'''\n\n    d\n  y\n",
            },
            Case {
                edit: before(line("x"), TEXT),
                before: "def f():\n\tx\n",
                after: "def f():\n\tif a:\n\t\tb = '''\n  c\n'''\n\n\t\td\n\tx\n",
            },
            Case {
                edit: replace(line("x"), TEXT),
                before: "class C:\n    def f():\n        x\n",
                after: "class C:\n    def f():\n        if a:\n            b = '''\n  c\n'''\n\n            d\n",
            },
            Case {
                edit: after(line("def f():"), "    x = 1"),
                before: "class C:\n  def f():\n    pass\n",
                after: "class C:\n  def f():\n    x = 1\n    pass\n",
            },
            Case {
                edit: before(line("x"), "\n\ny\n\n"),
                before: "x\n",
                after: "\ny\n\nx\n",
            },
            // One level is what the file has, unless the anchor's own indentation is no such.
            Case {
                edit: after(line("x"), "if e:\n    f"),
                before: "if a:\n\tb\nx\n",
                after: "if a:\n\tb\nx\nif e:\n\tf\n",
            },
            Case {
                edit: after(line("x"), "if e:\n    f"),
                before: "if a:\n\tb\nif c:\n    x\n",
                after: "if a:\n\tb\nif c:\n    x\n    if e:\n        f\n",
            },
            // A blank line says nothing of where a text stands.
            Case {
                edit: replace(line("x"), "\n\ny\n"),
                before: "if a:\n    b\n    x\n",
                after: "if a:\n    b\n\n    y\n",
            },
        ],
    );
}

#[test]
fn lines_are_taken_out() {
    check_all(
        "a.py",
        &[
            Case {
                edit: delete(line("x = f(...)")),
                before: "a\nx = f(\n  1)  # c\nb\n",
                after: "a\nb\n",
            },
            Case {
                edit: delete(until("b", "c")),
                before: "a\nb\n# d\nc\n",
                after: "a\n",
            },
            Case {
                edit: delete(until("b", "c")),
                before: "c\nb\nc\nc\n",
                after: "c\nc\n",
            },
            Case {
                edit: delete(AnchorRange {
                    anchor: regex("b = 1"),
                    until: Some(regex("b")),
                }),
                before: "b = 1\nx\nb = 2\nc\n",
                after: "c\n",
            },
            Case {
                edit: delete(AnchorRange {
                    anchor: regex("^  b"),
                    until: Some(any_of(&["d", "c"])),
                }),
                before: "if a:\n  b = 1\n  c\n  d\n",
                after: "if a:\n  d\n",
            },
            Case {
                edit: replace(line("b"), "").near_after("a").near_before("c"),
                before: "a\nb\nc\n",
                after: "a\nc\n",
            },
            Case {
                edit: comment_out(line("x = 1")),
                before: "# x = f(1\nx = 1\n",
                after: "# x = f(1\n# x = 1\n",
            },
            Case {
                edit: comment_out(line("x = f(...)")),
                before: "if a:\n    x = f(\n        1,\n    )  # c\n    y\n",
                after: "if a:\n    # x = f(\n    #     1,\n    # )  # c\n    y\n",
            },
        ],
    );
}

#[test]
fn a_comment_has_the_sign_of_its_language() {
    let case = |after| Case {
        edit: comment_out(line("x = 1")),
        before: "a\n  x = 1\nb\n",
        after,
    };
    for path in ["a.cfg", "a/b.YAML", "CMakeLists.txt", "a.sh"] {
        check_all(path, &[case("a\n  # x = 1\nb\n")]);
    }
    for path in ["a.cpp", "a.py.h", "a/b.cu", "a.js"] {
        check_all(path, &[case("a\n  // x = 1\nb\n")]);
    }
}

#[test]
fn lines_that_became_comments_are_told_from_other_comments() {
    for (range, source, is_applied) in [
        (until("aaaa", "b"), "# aaaa\n# x\n\n# b\n", true),
        (until("aaaa", "b"), "# aaaa\nx\n# b\n", false),
        (until("aaaa", "b"), "# aaaa\n# x\n", false),
        (line("a\nbbbb").into(), "# a\n\n# bbbb\n", true),
        (line("a\nbbbb").into(), "# a\nx\n# bbbb\n", false),
        (line("a\nbbbb").into(), "# a\n# x\n# bbbb\n", false),
        (line("a\nbbbb").into(), "# x\n# bbbb\n", false),
        // The end of another line, and in a string.
        (line("a(...)").into(), "x(  # a(1)\n# a(1)\n)\n", false),
        (line("a(...)").into(), "x = '''\n# a(1)\n'''\n", false),
        (line("a(...)").into(), "x\n  # a(\n  #   1)\n", true),
    ] {
        let patch = FilePatch::compile("a.py", &[comment_out(range)]).unwrap();
        let state = patch.classify(Some(source.as_bytes())).state;
        assert_eq!(state == FileState::Applied, is_applied, "{source}");
    }
}

#[test]
fn a_string_of_several_lines_becomes_a_comment() {
    for (anchor, source, expected) in [
        (
            "x = '''\n a longer line\n'''",
            "if a:\n  x = '''\n a longer line\n'''\n  y\n",
            "if a:\n#   x = '''\n#  a longer line\n# '''\n  y\n",
        ),
        (
            "x = f'''\n{a}\n\n\n\n'''",
            "x = f'''\n{a}\n\n\n\n'''\ny\n",
            "# x = f'''\n# {a}\n\n\n\n# '''\ny\n",
        ),
    ] {
        let patch = FilePatch::compile("a.py", &[comment_out(line(anchor))]).unwrap();
        let applied = patch.apply(Some(source.as_bytes())).unwrap();
        assert_eq!(applied.bytes, expected.as_bytes());
        holds(&patch, source.as_bytes(), &applied, true);
    }
}

#[test]
fn lines_are_wrapped() {
    let footer = "except OSError:\n    pass";
    check_all(
        "a.py",
        &[
            Case {
                edit: wrap(until("a", "c"), "try:", footer),
                before: "def f():\n  a\n\n  b = '''\n x\n'''\n  c  # d\n  e\n",
                after: "def f():\n  try:\n    a\n\n    b = '''\n x\n'''\n    c  # d\n  except OSError:\n    pass\n  e\n",
            },
            Case {
                edit: wrap(line("a(...)"), "if b:", ""),
                before: "if c:\n\ta(\n\t\t1)\n",
                after: "if c:\n\tif b:\n\t\ta(\n\t\t\t1)\n",
            },
            // The level goes behind the indentation that all lines have.
            Case {
                edit: wrap(until("a", "b"), "if d:", ""),
                before: "if c:\n  \ta\n  \tb\n",
                after: "if c:\n  \tif d:\n  \t\ta\n  \t\tb\n",
            },
        ],
    );
}

#[test]
fn arguments_go_into_the_call() {
    check_all(
        "a.py",
        &[
            Case {
                edit: argument("n=0", line("x = f(...)")),
                before: "x = f(a, (b, c))\n",
                after: "x = f(a, (b, c), n=0)\n",
            },
            Case {
                edit: argument("n=0", line("x = f(...)")),
                before: "x = f(a,)\n",
                after: "x = f(a, n=0)\n",
            },
            Case {
                edit: argument("n=0", line("x = f(...)")),
                before: "x = f()\n",
                after: "x = f(n=0)\n",
            },
            Case {
                edit: argument("n=0", line("x = f(a, b)")),
                before: "x = f(\n    a,  # one\n    b,  # two\n)\n",
                after: "x = f(\n    a,  # one\n    b,  # two\n    n=0,\n)\n",
            },
            Case {
                edit: argument("n=0", line("x = f(...)")),
                before: "x = f(\n    a,\n    b  # two\n)\n",
                after: "x = f(\n    a,\n    b,  # two\n    n=0,\n)\n",
            },
            Case {
                edit: argument("n=0", line("x = f(...)")),
                before: "if c:\n  x = f(a\n  )\n",
                after: "if c:\n  x = f(a,\n    n=0,\n  )\n",
            },
            // It stands below the last one.
            Case {
                edit: argument("n=0", line("x = f(...)")),
                before: "x = f(\n        a\n)\n",
                after: "x = f(\n        a,\n        n=0,\n)\n",
            },
            Case {
                edit: argument("n=0", line("x = f(...)")),
                before: "x = f(\n  a,\n    b\n)\n",
                after: "x = f(\n  a,\n    b,\n    n=0,\n)\n",
            },
            Case {
                edit: argument("n=0", line("x = f(...)")),
                before: "x = f(a,\n      (b,\n  c),\n)\n",
                after: "x = f(a,\n      (b,\n  c),\n      n=0,\n)\n",
            },
            Case {
                edit: argument("n=0", line("x = f(g(...))")),
                before: "x = f(g(a,\n        b))\n",
                after: "x = f(g(a,\n        b, n=0))\n",
            },
            Case {
                edit: argument("n=0", any_of(&["f(a)", "f(b)"])),
                before: "f(b)\n",
                after: "f(b, n=0)\n",
            },
            Case {
                edit: argument("n=[0, 1]", regex(r"\bg\(")),
                before: "x = f(g(**a), h())\n",
                after: "x = f(g(**a, n=[0, 1]), h())\n",
            },
            Case {
                edit: argument("n=0", regex(r"two\(")),
                before: "one(\n  1)\nx = f(one, two(2))\n",
                after: "one(\n  1)\nx = f(one, two(2, n=0))\n",
            },
            // Of an expression that matches no call, the only outer call of the line; twice is once.
            Case {
                edit: argument("n=0", regex("x")),
                before: "x = y[f(x)]\nz(  # x\n)\n",
                after: "x = y[f(x, n=0)]\nz(  # x\n)\n",
            },
            Case {
                edit: argument("n=0", line("def f(...): pass")),
                before: "def f(a, *b): pass\n",
                after: "def f(a, *b, n=0): pass\n",
            },
        ],
    );
}

#[test]
fn imports_go_after_docstring_and_future() {
    check_all(
        "a.py",
        &[
            Case {
                edit: import("import os"),
                before: "#!/usr/bin/python\n# -*- coding: utf-8 -*-\n'''Doc.\n'''\nfrom __future__ import a\nimport sys\n",
                after: "#!/usr/bin/python\n# -*- coding: utf-8 -*-\n'''Doc.\n'''\nfrom __future__ import a\nimport os\nimport sys\n",
            },
            Case {
                edit: import("from a import b as c"),
                before: "# licence\nfrom a import b\n",
                after: "# licence\nfrom a import b as c\nfrom a import b\n",
            },
            Case {
                edit: import("import os"),
                before: "# licence\n",
                after: "# licence\nimport os\n",
            },
        ],
    );
}

#[test]
fn an_import_that_is_there_is_not_made_again() {
    let patch = FilePatch::compile("a.py", &[import("import os")]).unwrap();
    for source in [
        "import os\n",
        "import sys, os  # c\n",
        "a\nimport (os)\nimport os\n",
    ] {
        let found = patch.classify(Some(source.as_bytes())).state;
        assert_eq!(found, FileState::Applied, "{source}");
        let applied = patch.apply(Some(source.as_bytes())).unwrap();
        assert_eq!(applied.bytes, source.as_bytes());
    }
}

#[test]
fn two_patches_that_want_one_import_get_it_once() {
    let one = FilePatch::compile("a.py", &[import("import os"), append("x")]).unwrap();
    let two = FilePatch::compile("a.py", &[import("import os"), append("y")]).unwrap();
    let both = compose(Some(b"a\n"), &[&one, &two]).unwrap();
    assert_eq!(both.bytes, b"import os\na\nx\ny\n");
    for patch in [&one, &two] {
        assert_eq!(patch.classify(Some(&both.bytes)).state, FileState::Applied);
    }
}

#[test]
fn text_is_appended() {
    check_all(
        "a.py",
        &[
            Case {
                edit: append("\n\nx = 1\n"),
                before: "a\n",
                after: "a\n\nx = 1\n",
            },
            Case {
                edit: append("x = '\u{fc}'"),
                before: "a\n",
                after: "a\nx = '\u{fc}'\n",
            },
            Case {
                edit: append("x = 1\n\n"),
                before: "if a:\n  b\n",
                after: "if a:\n  b\nx = 1\n\n",
            },
        ],
    );
}

#[test]
fn a_file_is_created() {
    let text = "\nx = 1\ny = 2\n".to_owned();
    let patch = FilePatch::compile("a.py", &[Edit::new(Verb::Create { text })]).unwrap();
    assert!(patch.creates());
    assert_eq!(patch.classify(None).state, FileState::Pristine);
    let created = patch.apply(None).unwrap();
    assert_eq!(created.bytes, b"x = 1\ny = 2\n");
    assert_eq!(
        patch.classify(Some(&created.bytes)).state,
        FileState::Applied
    );
    assert!(matches!(
        patch.classify(Some(b"x")).state,
        FileState::Conflict(_)
    ));
    assert_eq!(created.changes[0].line, 1);
    let text = "x = (".to_owned();
    let broken = FilePatch::compile("a.py", &[Edit::new(Verb::Create { text })]).unwrap();
    assert!(broken.apply(None).is_err());
}

#[test]
fn patches_that_create_a_file_agree_on_it() {
    let patch = |text: &str| {
        let text = text.to_owned();
        FilePatch::compile("a.py", &[Edit::new(Verb::Create { text })]).unwrap()
    };
    let (one, same, other) = (patch("x = 1\n"), patch("\nx = 1\n"), patch("x = 2\n"));
    let appending = FilePatch::compile("a.py", &[append("y")]).unwrap();
    assert_eq!(compose(None, &[&one, &same]).unwrap().bytes, b"x = 1\n");
    assert_eq!(
        compose(Some(b"x = 1\n"), &[&one, &same]).unwrap().changes,
        []
    );
    for (file, patches, which, kind) in [
        (
            None,
            &[&one, &same, &other][..],
            2,
            ConflictKind::FileExists,
        ),
        (None, &[&one, &appending], 1, ConflictKind::FileExists),
        (None, &[&appending, &one], 0, ConflictKind::NoFile),
        (Some(&b"x = 3\n"[..]), &[&one], 0, ConflictKind::FileExists),
    ] {
        match compose(file, patches) {
            Err(ApplyError::Conflict { patch, conflict }) => {
                assert_eq!((patch, conflict.kind), (which, kind));
            }
            other => panic!("{other:?}"),
        }
    }
    // No patch changes nothing, whether there is a file or not.
    assert_eq!(compose(Some(b"a = ("), &[]).unwrap().bytes, b"a = (");
    assert_eq!(compose(None, &[]).unwrap().changes, []);
    // A file that is not there, and not to be made, is no place for an edit.
    let found = appending.classify(None);
    let FileState::Conflict(conflict) = &found.state else {
        panic!("there is no file");
    };
    assert_eq!(conflict.to_string(), "the file does not exist");
    assert_eq!(
        (found.edits.len(), &found.edits[0].state),
        (1, &found.state)
    );
}

#[test]
fn a_change_says_the_first_line_that_it_made() {
    for (edit, source, line) in [
        (append("x"), "a\nb", 3),
        (append("x"), "a\nb\n", 3),
        (append("x"), "", 1),
        (after(line("b"), "x"), "a\nb", 3),
        (before(line("b"), "x"), "a\nb", 2),
        (replace(line("b"), "x"), "a\nb", 2),
        (import("import os"), "'''a'''", 2),
        (argument("n=0", line("f(...)")), "a\nf(\n  b,\n)\n", 4),
    ] {
        let patch = FilePatch::compile("a.py", &[edit]).unwrap();
        let applied = patch.apply(Some(source.as_bytes())).unwrap();
        assert_eq!(applied.changes[0].line, line, "{source}");
        let found = patch.classify(Some(&applied.bytes));
        assert_eq!(found.state, FileState::Applied, "{source}");
    }
}
