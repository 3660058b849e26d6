//! Where an edit takes place: every kind of anchor, with everything that narrows it.

use torch_patch_edit::Expect;

use crate::building::{
    With, after, any_of, before, comment_out, delete, line, regex, replace, until,
};
use crate::outcome::{Case, check_all};

#[test]
fn python_anchors_are_logical_lines() {
    check_all(
        "a.py",
        &[
            // Wrapping, white space, comments and a loose comma do not matter.
            Case {
                edit: after(line("store = PrefixStore(name, rank)"), "x = 1"),
                before: "def f():\n    store = PrefixStore(\n        name,  # the name\n        rank,\n    )  # done\n    return store\n",
                after: "def f():\n    store = PrefixStore(\n        name,  # the name\n        rank,\n    )  # done\n    x = 1\n    return store\n",
            },
            // `...` takes any balanced run; comments and strings are no anchors.
            Case {
                edit: after(line("store = PrefixStore(...)"), "x = 1"),
                before: "# store = PrefixStore(a)\ns = '''\nstore = PrefixStore(a)\n'''\nother_store = PrefixStore(a)\nstore = PrefixStore(f(a, ')'), [b])(c)\nstore = PrefixStore(f(a, ')'), [b])\n",
                after: "# store = PrefixStore(a)\ns = '''\nstore = PrefixStore(a)\n'''\nother_store = PrefixStore(a)\nstore = PrefixStore(f(a, ')'), [b])(c)\nstore = PrefixStore(f(a, ')'), [b])\nx = 1\n",
            },
            // Several lines are consecutive logical lines, with comments and blank lines between.
            Case {
                edit: before(line("a = 1\nb = 2"), "# new"),
                before: "a = 1\nc\nif x:\n    a = 1  # one\n\n    # two\n    b = (\n        2\n    ) if c else 2\n    a = 1\n    # two\n    b = 2\n",
                after: "a = 1\nc\nif x:\n    a = 1  # one\n\n    # two\n    b = (\n        2\n    ) if c else 2\n    # new\n    a = 1\n    # two\n    b = 2\n",
            },
            // The first spelling that occurs counts.
            Case {
                edit: after(any_of(&["a = 1", "a = 2", "b"]), "x"),
                before: "b\na = 2\n",
                after: "b\na = 2\nx\n",
            },
            Case {
                edit: replace(any_of(&["a = 1", "a = 2"]), "pass"),
                before: "a = 1\na = 2\n",
                after: "pass\na = 2\n",
            },
            // Text that stands elsewhere does not hide a later spelling.
            Case {
                edit: replace(any_of(&["a = 1", "a = 2"]), "pass").expect(Expect::All),
                before: "pass\na = 2\n",
                after: "pass\npass\n",
            },
            Case {
                edit: replace(any_of(&["a = 1", "a = 2"]), "pass"),
                before: "if b:\n    a = 2\n",
                after: "if b:\n    pass\n",
            },
            // A range goes to the first line that ends it.
            Case {
                edit: replace(until("a = [...]", "c"), "x"),
                before: "c\na = [\n  1]\nb\nc\nc\n",
                after: "c\nx\nc\n",
            },
            Case {
                edit: comment_out(until("a", "c")),
                before: "if x:\n    a\n\n    b(\n  1)\n    c\n    d\n",
                after: "if x:\n  #   a\n\n  #   b(\n  # 1)\n  #   c\n    d\n",
            },
        ],
    );
}

#[test]
fn expressions_are_searched_in_physical_lines() {
    check_all(
        "a.py",
        &[
            Case {
                edit: replace(regex(r"timeout=(?P<n>\d+)(,?)$"), "timeout=max(${n}, 60)$2"),
                before: "f(\n  # timeout=1\n  a,\n  timeout=30,\n)\n",
                after: "f(\n  # timeout=1\n  a,\n  timeout=max(30, 60),\n)\n",
            },
            Case {
                edit: replace(regex(r"price = (\w+)"), "price = '$$' + $1"),
                before: "price = a\n",
                after: "price = '$' + a\n",
            },
            Case {
                edit: after(regex(r"^\s*timeout=\d+"), "wait=True,"),
                before: "f(\n  a,\n  timeout=30,\n)\n",
                after: "f(\n  a,\n  timeout=30,\n  wait=True,\n)\n",
            },
            Case {
                edit: replace(regex("nccl"), "gloo").expect(Expect::Exactly(2)),
                before: "x = nccl + nccl + 'nccl'  # nccl\n",
                after: "x = gloo + gloo + 'nccl'  # nccl\n",
            },
            // The byte order mark is not part of the first line.
            Case {
                edit: after(regex("^x = 1$"), "y"),
                before: "x = 1\nz\n",
                after: "x = 1\ny\nz\n",
            },
            // A line that the expression matches twice is one place.
            Case {
                edit: after(regex("nccl"), "y"),
                before: "x = nccl + nccl\n",
                after: "x = nccl + nccl\ny\n",
            },
        ],
    );
}

const SCOPES: &str = "\
x = 1
@d(
    2)
async def f(
    a,
):
    x = 1
class C:
    x = 1
    def f(self): pass
    def m(self):
        '''def m(self):'''
        x = 1
        # end
def m():
    if a:
        x = 1
";

#[test]
fn scopes_come_from_the_parser() {
    let marked = |number: usize| {
        let mut lines: Vec<String> = SCOPES.lines().map(str::to_owned).collect();
        let indent = lines[number].len() - lines[number].trim_start().len();
        lines.insert(number + 1, format!("{}y = 2", " ".repeat(indent)));
        &*(lines.join("\n") + "\n").leak()
    };
    let edit = || after(line("x = 1"), "y = 2");
    check_all(
        "a.py",
        &[
            Case {
                edit: edit().within("def f"),
                before: SCOPES,
                after: marked(6),
            },
            Case {
                edit: edit().within("class C > def m"),
                before: SCOPES,
                after: marked(12),
            },
            Case {
                edit: edit().within("class C").near_before("def f(self): ..."),
                before: SCOPES,
                after: marked(8),
            },
            Case {
                edit: edit().between("def m():", "x = 1"),
                before: SCOPES,
                after: marked(16),
            },
            Case {
                edit: after(regex("x = "), "y").within("def f"),
                before: "x = 0\ndef f():\n    x = 1\nx = 2\n",
                after: "x = 0\ndef f():\n    x = 1\n    y\nx = 2\n",
            },
            // The ends of a scope belong to it, and comments at its end.
            Case {
                edit: after(line("b"), "y").between("a", "b"),
                before: "b\na\nb\nb\n",
                after: "b\na\nb\ny\nb\n",
            },
            Case {
                edit: replace(line("x"), "y\n# end").within("def f"),
                before: "def f():\n    x\nx\n",
                after: "def f():\n    y\n    # end\nx\n",
            },
            // A definition in one of the same name is searched once.
            Case {
                edit: after(line("x"), "y")
                    .within("def f")
                    .expect(Expect::Exactly(3)),
                before: "def f():\n  x\n  def f():\n    x\n  x\nx\n",
                after: "def f():\n  x\n  y\n  def f():\n    x\n    y\n  x\n  y\nx\n",
            },
            Case {
                edit: after(line("x"), "y").within("async def f"),
                before: "def f():\n  x\nasync def f():\n  x\n",
                after: "def f():\n  x\nasync def f():\n  x\n  y\n",
            },
        ],
    );
}

#[test]
fn equal_lines_are_told_apart() {
    let source = "a\nx\nb\nx\nc\nx\n";
    let edit = || after(line("x"), "y");
    check_all(
        "a.py",
        &[
            Case {
                edit: edit().near_after("b"),
                before: source,
                after: "a\nx\nb\nx\ny\nc\nx\n",
            },
            Case {
                edit: edit().near_before("b"),
                before: source,
                after: "a\nx\ny\nb\nx\nc\nx\n",
            },
            Case {
                edit: edit().expect(Expect::Occurrence { index: 3, of: 3 }),
                before: source,
                after: "a\nx\nb\nx\nc\nx\ny\n",
            },
            Case {
                edit: edit().expect(Expect::Exactly(3)),
                before: source,
                after: "a\nx\ny\nb\nx\ny\nc\nx\ny\n",
            },
            Case {
                edit: edit().expect(Expect::All),
                before: source,
                after: "a\nx\ny\nb\nx\ny\nc\nx\ny\n",
            },
            Case {
                edit: delete(line("x")).near_after("b").near_before("c"),
                before: source,
                after: "a\nx\nb\nc\nx\n",
            },
            Case {
                edit: edit().near_after("a"),
                before: source,
                after: "a\nx\ny\nb\nx\nc\nx\n",
            },
            Case {
                edit: edit().near_after("c"),
                before: source,
                after: "a\nx\nb\nx\nc\nx\ny\n",
            },
            Case {
                edit: edit().near_after("a").expect(Expect::Exactly(2)),
                before: "x\na\nb\nx\nb\na\nx\nb\n",
                after: "x\na\nb\nx\ny\nb\na\nx\ny\nb\n",
            },
            Case {
                edit: edit().near_before("b\nc"),
                before: "x\nb\na\nx\nb\nc\n",
                after: "x\nb\na\nx\ny\nb\nc\n",
            },
            // What is put in may be what the range begins with, or stand right beside.
            Case {
                edit: replace(until("a", "c"), "a"),
                before: "a\nb\nc\nd\n",
                after: "a\nd\n",
            },
            Case {
                edit: replace(regex("a"), "b").expect(Expect::All),
                before: "ab\n",
                after: "bb\n",
            },
            // Only some of the places, some of which have the text of the edit already.
            Case {
                edit: replace(line("x"), "c").expect(Expect::All),
                before: source,
                after: "a\nc\nb\nc\nc\nc\n",
            },
        ],
    );
}

#[test]
fn other_text_is_matched_by_whole_lines() {
    check_all(
        "a.ini",
        &[
            Case {
                edit: replace(line("key = ..."), "key = 2"),
                before: "other key = 1\n  key = 1\n",
                after: "other key = 1\n  key = 2\n",
            },
            Case {
                edit: after(line("[a]\n\nkey = 1"), "new = 1\n\n    deep = 2  \n"),
                before: "[b]\nkey = 1\n[a]\n\nkey = 1\n",
                after: "[b]\nkey = 1\n[a]\n\nkey = 1\nnew = 1\n\n    deep = 2\n",
            },
            Case {
                edit: after(regex("^ +$"), "x"),
                before: "a\n  \nb\n",
                after: "a\n  \n  x\nb\n",
            },
            // The white space that a line starts with stays, but what is put in may start with some.
            Case {
                edit: replace(regex("^ +"), "key."),
                before: "  a\nb\n",
                after: "  key.a\nb\n",
            },
            Case {
                edit: replace(regex("^ *a"), "  b"),
                before: "  a\n",
                after: "  b\n",
            },
            Case {
                edit: replace(regex("a"), " b"),
                before: "  a\n",
                after: "   b\n",
            },
            Case {
                edit: comment_out(line("key = 1")).between("[b]", "[c]"),
                before: "key = 1\n[b]\n  key = 1\n[c]\nkey = 1\n",
                after: "key = 1\n[b]\n  # key = 1\n[c]\nkey = 1\n",
            },
        ],
    );
}
