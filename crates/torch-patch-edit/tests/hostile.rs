//! Files and patches that are large, deep or meant to take long. None of these tests may take more
//! than seconds, even without optimisation.

use std::time::{Duration, Instant};

use torch_patch_edit::{
    Anchor, ApplyError, CompileErrorKind, Edit, Expect, FilePatch, FileState, undo, unified_diff,
};

use crate::building::{
    With, after, append, argument, before, comment_out, line, regex, replace, until, wrap,
};

/// Far more than a linear engine needs for the inputs here, and far less than a quadratic one.
const LONGEST: Duration = Duration::from_mins(1);

fn python(edits: &[Edit]) -> FilePatch {
    FilePatch::compile("a.py", edits).expect("valid edits")
}

/// One text for each number.
fn numbered(numbers: std::ops::Range<usize>, text: impl Fn(usize) -> String) -> String {
    numbers.map(text).collect::<Vec<_>>().concat()
}

#[test]
fn a_text_file_of_100_megabytes() {
    let start = Instant::now();
    let lines = b"some_key_or_other = a value that is as long as values are\n".repeat(862_069);
    let file = [lines.as_slice(), b"backend = nccl\r\n", &lines].concat();
    assert!(file.len() > 100_000_000);
    let edits = [
        replace(line("backend = nccl"), "backend = gloo"),
        after(regex("^backend = "), "new = 1"),
    ];
    let replaced = FilePatch::compile("a.ini", &edits[..1]).expect("a valid edit");
    let applied = replaced.apply(Some(&file)).expect("a match");
    assert_eq!(applied.changes[0].line, 862_070);
    assert_eq!(
        replaced.classify(Some(&applied.bytes)).state,
        FileState::Applied
    );
    assert!(undo(&applied.bytes, &applied.changes).expect("a result") == file);
    let inserted = FilePatch::compile("a.ini", &edits[1..]).expect("a valid edit");
    let applied = inserted.apply(Some(&file)).expect("a match");
    assert_eq!(applied.changes[0].inserted, b"new = 1\r\n");
    assert!(start.elapsed() < LONGEST, "{:?}", start.elapsed());
}

#[test]
fn many_places_and_many_edits() {
    let count = 20_000;
    let start = Instant::now();
    let file = numbered(0..count, |index| {
        format!("if a:\n    x = 1\n    f(a)  # {index}\n")
    });
    for edit in [
        after(line("x = 1"), "y"),
        before(line("x = ..."), "y"),
        replace(line("x = 1"), "x = 2"),
        replace(regex("x = (?P<n>1)"), "x = max($n, 2)"),
        replace(until("x = 1", "f(a)"), "y"),
        comment_out(line("x = 1")),
        wrap(line("x = 1"), "if b:", "else:\n    c"),
        argument("n=0", line("f(...)")),
        after(line("x = 1"), "y").near_before("f(a)"),
    ] {
        let patch = python(&[edit.clone().expect(Expect::All)]);
        let applied = patch.apply(Some(file.as_bytes())).expect("matches");
        assert_eq!(applied.changes.len(), count, "{edit:?}");
        assert_eq!(
            patch.classify(Some(&applied.bytes)).state,
            FileState::Applied
        );
        let last = &applied.changes[count - 1];
        assert!(last.line > 2 * count - 2, "{}", last.line);
    }
    assert!(start.elapsed() < LONGEST, "{:?}", start.elapsed());

    let start = Instant::now();
    let count = 3_000;
    let file = numbered(0..count, |index| format!("x_{index} = f(a)\n"));
    let edits: Vec<Edit> = (0..count)
        .map(|index| after(line(&format!("x_{index} = ...")), "y"))
        .collect();
    let patch = python(&edits);
    let applied = patch.apply(Some(file.as_bytes())).expect("matches");
    assert_eq!(applied.changes.len(), count);
    assert!(start.elapsed() < LONGEST, "{:?}", start.elapsed());
}

#[test]
fn one_class_of_many_changes_is_parsed_once() {
    let start = Instant::now();
    let count = 20_000;
    let body = "    x = 1\n    y = 2\n".repeat(count);
    let file = format!("class C:\n{body}");
    let patch = python(&[after(line("x = 1"), "z").expect(Expect::All)]);
    let applied = patch.apply(Some(file.as_bytes())).expect("matches");
    assert_eq!(applied.changes.len(), count);
    assert!(start.elapsed() < LONGEST, "{:?}", start.elapsed());
}

#[test]
fn scopes_of_one_name_are_searched_once() {
    let start = Instant::now();
    let count = 20_000;
    let file = "def f():\n    x = 1\n".repeat(count);
    let edit = after(line("x = 1"), "y")
        .within("def f")
        .near_after("def f():");
    let patch = python(&[edit.expect(Expect::All)]);
    let applied = patch.apply(Some(file.as_bytes())).expect("matches");
    assert_eq!(applied.changes.len(), count);
    assert!(start.elapsed() < LONGEST, "{:?}", start.elapsed());
}

#[test]
fn nothing_is_nested_too_deeply() {
    let many = 50_000;
    for deep in [
        format!("x = {}1{}\n", "(".repeat(many), ")".repeat(many)),
        format!("x = {}1{}\n", "f(".repeat(many), ")".repeat(many)),
        format!("x = {}\n", "(".repeat(many)),
        format!("x = {}\n", ")".repeat(many)),
        format!("x = {}1\n", "not ".repeat(many)),
        format!("x = {}1\n", "1 + ".repeat(many)),
        format!("x = a{}\n", ".b".repeat(many)),
        format!("x = {}1{}\n", "f'{".repeat(many), "}'".repeat(many)),
        format!("x = {}1\n", "lambda: ".repeat(many)),
        format!("x = {}1\n", "1 if a else ".repeat(many)),
        numbered(0..1_000, |depth| format!("{}if a:\n", " ".repeat(depth))),
    ] {
        let file = format!("y = 1\n{deep}z = 1\n");
        let patch = python(&[
            after(line("y = 1"), "new = 1"),
            before(line("z = 1"), "new = 2"),
            append("new = 3"),
        ]);
        let state = patch.classify(Some(file.as_bytes())).state;
        if state == FileState::Pristine {
            let applied = patch.apply(Some(file.as_bytes())).expect("a match");
            assert_eq!(
                patch.classify(Some(&applied.bytes)).state,
                FileState::Applied
            );
        }
        let found = python(&[after(line("x = ..."), "new = 1")]);
        let _ = found.apply(Some(file.as_bytes()));
        // The same as the text, the anchor and the argument of an edit.
        let patch = python(&[append(&deep)]);
        assert!(!matches!(patch.apply(Some(b"y\n")), Ok(applied) if applied.bytes.is_empty()));
        let value = deep.trim_start_matches("x = ").trim();
        let _ = FilePatch::compile("a.py", &[after(line(&deep), "y")]);
        let _ = FilePatch::compile("a.py", &[argument(&format!("n={value}"), line("f(...)"))]);
    }
    let broken = python(&[after(line("y"), &format!("x = {}1", "1 + ".repeat(many)))]);
    assert!(matches!(
        broken.apply(Some(b"y\n")),
        Err(ApplyError::Syntax(_))
    ));
}

#[test]
fn expressions_take_linear_time() {
    let start = Instant::now();
    let file = format!("{}\n", "a".repeat(200_000));
    for source in [
        "(a*)*b",
        "(a+a+)+b",
        "a{1,50}a{1,50}b",
        "(a|aa)+$b",
        "^(.*?,){11}P",
    ] {
        let patch = FilePatch::compile("a.txt", &[replace(regex(source), "c")]).expect("valid");
        assert!(patch.apply(Some(file.as_bytes())).is_err());
    }
    // As many matches in one line as it has letters.
    let all = replace(regex("a"), "b").expect(Expect::All);
    let patch = FilePatch::compile("a.txt", &[all]).expect("valid");
    let short = &file[file.len() - 5_001..];
    let applied = patch.apply(Some(short.as_bytes())).expect("matches");
    assert_eq!(applied.bytes, short.replace('a', "b").into_bytes());
    let huge = FilePatch::compile("a.txt", &[replace(regex("(a{1000}){1000}"), "b")]);
    let error = huge.expect_err("too large");
    assert!(
        matches!(error.kind, CompileErrorKind::Regex { .. }),
        "{error}"
    );
    assert!(start.elapsed() < LONGEST, "{:?}", start.elapsed());
}

#[test]
fn comments_and_open_brackets_take_linear_time() {
    let start = Instant::now();
    // Comments that look like the anchor, with a bracket that never closes.
    let comments = "# x = f(a\n# x = f(a)  b\n".repeat(5_000);
    let patch = python(&[comment_out(line("x = f(a)"))]);
    let file = format!("{comments}x = f(a)\n");
    let applied = patch.apply(Some(file.as_bytes())).expect("a match");
    assert!(applied.bytes.ends_with(b"# x = f(a)\n"));
    // One logical line that goes to the end of the file.
    let file = format!("x = f(\n{}", "a, (b, c),\n".repeat(50_000));
    let patch = python(&[after(line("x = f(..., d, ..., e, ...)"), "y")]);
    assert!(patch.apply(Some(file.as_bytes())).is_err());
    // A miss that nearly every line comes near.
    let file = "store = PrefixStore(name, rank, world, timeout)\n".repeat(20_000);
    let patch = python(&[after(line("store = PrefixStore(name, rank, size)"), "y")]);
    let Err(ApplyError::Conflict { conflict, .. }) = patch.apply(Some(file.as_bytes())) else {
        panic!("a match");
    };
    assert_eq!(conflict.kind.near_misses()[0].line, 1);
    assert!(start.elapsed() < LONGEST, "{:?}", start.elapsed());
}

#[test]
fn a_diff_of_many_changes() {
    let start = Instant::now();
    let file = numbered(0..20_000, |index| format!("x = 1\ny = {index}\n"));
    let patch = python(&[after(line("x = 1"), "z").expect(Expect::All)]);
    let applied = patch.apply(Some(file.as_bytes())).expect("matches");
    let diff = unified_diff(file.as_bytes(), &applied.bytes, ("a", "b"), 0);
    assert_eq!(
        diff.windows(3).filter(|window| window == b"\n+z").count(),
        20_000
    );
    assert!(start.elapsed() < LONGEST, "{:?}", start.elapsed());
}

#[test]
fn an_anchor_with_many_spellings() {
    let spellings = (0..2_000).map(|index| format!("x = {index}"));
    let patch = python(&[after(Anchor::AnyOf(spellings.collect()), "y")]);
    let file = format!("{}x = 1999\n", "pass\n".repeat(1_000));
    assert!(patch.apply(Some(file.as_bytes())).is_ok());
}
