//! From two contents of a file to edits: each case is a file, what is replaced in it by hand, and the
//! edits as they are to be read.

use torch_patch_edit::{
    Anchor, Edit, Expect, FilePatch, FileState, Scope, UnderivableKind, Verb, derive, undo,
};

const MODULE: &str = r#""""A module."""

import os
from typing import Any  # for the types


class Store:
    """Keeps things."""

    def __init__(self, path, timeout=30):
        self.path = path
        self.timeout = timeout
        self.open = False

    def load(self, name):
        # the first try
        data = read(
            self.path,
            name,  # by name
        )
        if data is None:
            raise RuntimeError(f"the store at {self.path} has no entry of the name {name}, which was asked for")
        return data

    def close(self):
        self.open = False


TABLE = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
}


def connect(path, retries=3):
    for attempt in range(retries):
        store = Store(path)
        log("connecting")
        if store.open:
            return store
        log("waiting")
    warn("no store")
    return None


def check(store):
    log("checking")
    log("checking")
    return store.open
"#;

/// The edits between two texts, in short; proven once more from outside.
fn derived(path: &str, from: &str, to: &str) -> Vec<String> {
    let edits = derive(path, Some(from.as_bytes()), Some(to.as_bytes()));
    let edits = edits.unwrap_or_else(|reason| panic!("{reason}"));
    prove(path, from.as_bytes(), to.as_bytes(), &edits);
    edits.iter().map(short).collect()
}

/// Proves edits as the engine does itself, from outside.
pub(crate) fn prove(file: &str, from: &[u8], to: &[u8], edits: &[Edit]) {
    let patch = FilePatch::compile(file, edits).unwrap_or_else(|error| panic!("{error}"));
    let apply = |bytes| {
        let applied = patch.apply(Some(bytes));
        applied.unwrap_or_else(|error| panic!("{error}"))
    };
    let applied = apply(from);
    assert_eq!(applied.bytes, to);
    assert_eq!(patch.classify(Some(to)).state, FileState::Applied);
    assert_eq!(apply(to).changes, []);
    assert_eq!(undo(to, &applied.changes).as_deref(), Some(from));
}

/// An edit in one line: scope, verb and anchor, and what tells the place.
fn short(edit: &Edit) -> String {
    let anchor = |anchor: &Anchor| match anchor {
        Anchor::Lines(lines) => lines.clone(),
        Anchor::Regex(regex) => format!("/{regex}/"),
        Anchor::AnyOf(_) => panic!("{anchor:?}"),
    };
    let range = |range: &torch_patch_edit::AnchorRange| match &range.until {
        None => anchor(&range.anchor),
        Some(until) => format!("{} until {}", anchor(&range.anchor), anchor(until)),
    };
    let within = match &edit.within {
        None => String::new(),
        Some(Scope::Python(path)) => format!("{path}: "),
        Some(between) => panic!("{between:?}"),
    };
    let what = match &edit.verb {
        Verb::InsertAfter { anchor: at, text } | Verb::InsertBefore { anchor: at, text } => {
            format!("{} => {text}", anchor(at))
        }
        Verb::Replace { range: at, with } => format!("{} => {with}", range(at)),
        Verb::Delete { range: at } | Verb::CommentOut { range: at } => range(at),
        Verb::Wrap {
            range: at,
            header,
            footer,
        } => format!("{} => {header} {footer}", range(at)),
        Verb::Argument { argument, call } => format!("{argument} in {}", anchor(call)),
        Verb::Import { statement: text } | Verb::Append { text } | Verb::Create { text } => {
            text.clone()
        }
    };
    let near = [("after", &edit.near.after), ("before", &edit.near.before)];
    let near = near.map(|(side, line)| match line {
        Some(line) => format!(" near {side} {line}"),
        None => String::new(),
    });
    let expect = match edit.expect {
        Expect::Exactly(1) => String::new(),
        expect => format!(" {expect:?}"),
    };
    format!(
        "{within}{} {what}{}{expect}",
        edit.verb.key(),
        near.concat()
    )
}

/// What is replaced in the module, and the edit.
const CASES: &[(&str, &str, &str, &str)] = &[
    (
        "a line put in",
        "        self.timeout = timeout\n",
        "        self.timeout = timeout\n        self.tries = 0\n",
        "class Store > def __init__: after self.timeout = timeout => self.tries = 0",
    ),
    (
        "a line at the start of a body",
        "def check(store):\n",
        "def check(store):\n    assert store\n",
        "def check: after def check(store): =>     assert store",
    ),
    (
        "after a wrapped line",
        "            name,  # by name\n        )\n",
        "            name,  # by name\n        )\n        print(data)\n",
        "class Store > def load: after data = read(self.path, name) => print(data)",
    ),
    (
        "a long line is shortened",
        " {name}, which was asked for\")\n",
        " {name}, which was asked for\")\n        self.last = data\n",
        "class Store > def load: before return data => self.last = data",
    ),
    (
        "a line replaced",
        "    warn(\"no store\")\n",
        "    raise OSError(\"no store\")\n",
        "def connect: replace warn(\"no store\") => raise OSError(\"no store\")",
    ),
    (
        "a signature",
        "def connect(path, retries=3):",
        "def connect(path, retries=30):",
        "replace def connect(path, retries=3): => def connect(path, retries=30):",
    ),
    (
        "an import",
        "\nimport os\n",
        "\nimport io\nimport os\n",
        "before import os => import io",
    ),
    (
        "an import where the verb puts it",
        "\"\"\"A module.\"\"\"\n",
        "\"\"\"A module.\"\"\"\nimport io\n",
        "import import io",
    ),
    (
        "an argument",
        "store = Store(path)",
        "store = Store(path, timeout=5)",
        "def connect: argument timeout=5 in store = Store(...)",
    ),
    (
        "an argument of a wrapped call",
        "            name,  # by name\n",
        "            name,  # by name\n            strict=True,\n",
        "class Store > def load: argument strict=True in data = read(...)",
    ),
    (
        "a line that goes",
        "        log(\"connecting\")\n",
        "",
        "def connect: delete log(\"connecting\") near after store = Store(path) near before if store.open:",
    ),
    (
        "a comment",
        "    warn(\"no store\")\n",
        "    # warn(\"no store\")\n",
        "def connect: comment-out warn(\"no store\")",
    ),
    (
        "a wrapping",
        "        store = Store(path)\n",
        "        try:\n            store = Store(path)\n        except OSError:\n            continue\n",
        "def connect: wrap store = Store(path) => try: except OSError:\n    continue\n",
    ),
    (
        "the end of the file",
        "    return store.open\n",
        "    return store.open\n\n\ndef extra():\n    pass\n",
        "append \n\n\ndef extra():\n    pass\n",
    ),
    (
        "the end of the last function",
        "    log(\"checking\")\n    return store.open\n",
        "    log(\"checking\")\n    return store.open\n    # never\n    log(1)\n",
        "def check: after return store.open => # never\nlog(1)\n",
    ),
    (
        "a function between others",
        "def check(store):\n",
        "def extra():\n    pass\n\n\ndef check(store):\n",
        "before def check(store): => def extra():\n    pass\n\n\n",
    ),
    (
        "an entry of a long table",
        "    \"three\": 3,\n",
        "    \"three\": 33,\n",
        "replace /\"three\": 3,/ => \"three\": 33,",
    ),
    (
        "one of two equal lines",
        "    log(\"checking\")\n    log(\"checking\")\n",
        "    log(\"checking\")\n    log(\"checked\")\n",
        "def check: replace log(\"checking\") => log(\"checked\") near before return store.open",
    ),
    (
        "a comment that changes",
        "        # the first try\n",
        "        # the only try\n",
        "class Store: replace def load(self, name):\n    data = read(self.path, name)\n => def load(self, name):\n    # the only try\n    data = read(\n        self.path,\n        name,  # by name\n    )\n",
    ),
];

#[test]
fn each_edit_reads_as_a_person_would_write_it() {
    let mut wrong = Vec::new();
    for (name, from, to, expected) in CASES {
        assert_eq!(MODULE.matches(from).count(), 1, "{name}");
        for ending in ["\n", "\r\n"] {
            let module = MODULE.replace('\n', ending);
            let edited = MODULE.replace(from, to).replace('\n', ending);
            let found = derived("a.py", &module, &edited).join(" | ");
            if found != *expected {
                wrong.push(format!(
                    "{name}:\n  expected {expected}\n  found    {found}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a change in other text becomes.
#[test]
fn other_text_is_told_by_its_lines() {
    let from = "[run]\r\ntimeout = 5\r\n\r\n[test]\r\ntimeout = 5\r\nlast = 1";
    let cases = [
        (
            "[test]\r\n",
            "[test]\r\nfirst = 1\r\n",
            "after [test] => first = 1",
        ),
        (
            "[test]\r\ntimeout = 5",
            "[test]\r\ntimeout = 6",
            "replace timeout = 5 => timeout = 6 near after [test]",
        ),
        ("last = 1", "last = 1\r\n# the end", "append # the end"),
        (
            "[run]\r\n",
            "",
            "replace [run]\ntimeout = 5\n => timeout = 5 near before [test]",
        ),
        ("[run]\r\n", "# [run]\r\n", "comment-out [run]"),
    ];
    for (old, new, expected) in cases {
        let found = derived("a.ini", from, &from.replacen(old, new, 1)).join(" | ");
        assert_eq!(found, expected);
    }
}

#[test]
fn equal_changes_of_equal_lines_are_one_edit() {
    let edited = MODULE.replace("log(\"checking\")", "log(\"checked\")");
    let found = derived("a.py", MODULE, &edited);
    let expected = "def check: replace log(\"checking\") => log(\"checked\") Exactly(2)";
    assert_eq!(found, [expected]);
}

#[test]
fn several_changes_are_several_edits() {
    let edited = MODULE
        .replace("timeout=30", "timeout=60")
        .replace(
            "    return data\n",
            "    self.data = data\n        return data\n",
        )
        .replace("    warn(\"no store\")\n", "");
    let found = derived("a.py", MODULE, &edited);
    assert_eq!(found.len(), 3, "{found:#?}");
}

#[test]
fn a_new_file_is_created() {
    for text in ["x = 1\n", "x = 1", "\n\nx = 1\n\n", "", "\n"] {
        let edits = derive("a.py", None, Some(text.as_bytes())).unwrap();
        let patch = FilePatch::compile("a.py", &edits).unwrap();
        assert_eq!(patch.apply(None).unwrap().bytes, text.as_bytes());
    }
    let reason = derive("a.py", None, Some(b"x = 1\r\n")).unwrap_err();
    assert_eq!(
        reason.to_string(),
        "line 1: the changed line ends with CRLF, expected LF as the lines beside it; a patch writes no other"
    );
}

#[test]
fn what_no_edit_can_say_is_told_with_its_line() {
    let from = "# a comment\n\nx = 1\ny = 2\nz = 3\n";
    let cases: &[(&str, &[u8])] = &[
        (
            "line 4: the changed line is not UTF-8",
            b"# a comment\n\nx = 1\ny = '\xff'\nz = 3\n",
        ),
        (
            "line 3: the changed line has the character U+000C",
            b"# a comment\n\nx = 1\x0c\ny = 2\nz = 3\n",
        ),
        (
            "line 3: 2 line endings were rewritten, expected LF, found CRLF",
            b"# a comment\n\nx = 1\r\ny = 2\r\nz = 3\n",
        ),
        (
            "line 1: 5 line endings were rewritten, expected LF, found CRLF",
            b"# a comment\r\n\r\nx = 1\r\nnew = 1\r\ny = 2\r\nz = 3\r\n",
        ),
        (
            "line 4: the changed line ends with CRLF, expected LF",
            b"# a comment\n\nx = 1\nnew = 1\r\ny = 2\nz = 3\n",
        ),
        (
            "line 5: the line ending at the end of the file",
            b"# a comment\n\nx = 1\ny = 2\nz = 3",
        ),
        (
            "line 4: the changed line has white space at its end",
            b"# a comment\n\nx = 1\nnew = 1 \ny = 2\nz = 3\n",
        ),
        (
            "line 1: only comments or blank lines",
            b"# another\n\nx = 1\ny = 2\nz = 3\n",
        ),
        (
            "line 5: the edited file does not parse",
            b"# a comment\n\nx = 1\nnew = (\ny = 2\nz = 3\n",
        ),
        (
            "line 1: the byte order mark",
            b"\xEF\xBB\xBF# a comment\n\nx = 1\ny = 2\nz = 3\n",
        ),
    ];
    for (expected, edited) in cases {
        let reason = derive("a.py", Some(from.as_bytes()), Some(edited)).unwrap_err();
        assert!(
            reason.to_string().starts_with(expected),
            "{expected}: {reason}"
        );
    }
    let removed = derive("a.py", Some(b""), None).unwrap_err();
    assert_eq!(removed.kind, UnderivableKind::Removed);
}

#[test]
fn white_space_at_the_end_of_a_replaced_line_is_kept() {
    let found = derived("a.py", "x = 1\ny = 2\n", "x = 1\ny = 3  \n");
    assert_eq!(found, ["replace /y = 2/ => y = 3  "]);
}

/// Changes of one line as people make them, at every statement of the module in turn: nearly all have
/// to become edits, and those few edits.
#[test]
fn ordinary_changes_at_every_line_become_edits() {
    let lines: Vec<&str> = MODULE.split_inclusive('\n').collect();
    let (mut tried, mut missed) = (0, Vec::new());
    for (at, line) in lines.iter().enumerate() {
        let text = line.trim_start();
        let indent = &line[..line.len() - text.len()];
        let opens = line.trim_end().ends_with(':');
        let changed = [
            format!(
                "{line}{indent}{}added = 1\n",
                if opens { "    " } else { "" }
            ),
            format!("{indent}added = 1\n{line}"),
            format!("{indent}# said\n{line}"),
            format!("\n{line}"),
            line.replace('a', "aa"),
            line.replace('\n', "  # said\n"),
            format!("{indent}# {text}"),
            String::new(),
            format!("{indent}if added:\n    {line}"),
            format!("{indent}try:\n    {line}{indent}except OSError:\n{indent}    pass\n"),
        ];
        for changed in changed {
            let mut edited = lines.clone();
            edited[at] = &changed;
            let edited = edited.concat();
            // White space at the end of a line is the one thing among these that no edit says.
            if edited.contains(" \n")
                || edited == MODULE
                || ruff_python_parser::parse_module(&edited).is_err()
            {
                continue;
            }
            tried += 1;
            match derive("a.py", Some(MODULE.as_bytes()), Some(edited.as_bytes())) {
                Ok(edits) => {
                    prove("a.py", MODULE.as_bytes(), edited.as_bytes(), &edits);
                    assert_eq!(edits.len(), 1, "{changed}");
                }
                Err(reason) => missed.push(format!("{reason}: {changed}")),
            }
        }
    }
    assert!(tried > 300, "{tried}");
    assert!(
        missed.len() <= 3,
        "{} of {tried}: {}",
        missed.len(),
        missed.join("")
    );
}
