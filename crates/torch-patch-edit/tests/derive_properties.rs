//! What holds of edits that are derived from random changes in random files.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use torch_patch_edit::{UnderivableKind, derive};

use crate::derive::prove;
use crate::generators::{any_bytes, python_file};

/// Lines that are put in.
const ADDED: &[&str] = &[
    "new = 1",
    "x = 1",
    "if new:\n    pass",
    "print(  new )  # said",
    "",
    "# a comment",
    "def extra(a):\n    return a\n",
    "call(\n    a,\n    b,\n)",
    "s = '''\n  in a string\n'''",
    "import os",
    "odd = 1  ",
    "ü = \"ß\"",
    "$x ...",
];

/// A change of one line: where, what, and how the new lines are indented and end.
#[derive(Debug, Clone)]
enum Change {
    PutIn(&'static str),
    Replace(&'static str),
    Remove,
    Repeat,
    Indent,
    Comment,
    Ending(&'static str),
}

fn change() -> impl Strategy<Value = (prop::sample::Index, Change)> {
    let change = prop_oneof![
        5 => select(ADDED).prop_map(Change::PutIn),
        4 => select(ADDED).prop_map(Change::Replace),
        3 => Just(Change::Remove),
        1 => Just(Change::Repeat),
        1 => Just(Change::Indent),
        1 => Just(Change::Comment),
        1 => select(&["\n", "\r\n"][..]).prop_map(Change::Ending),
    ];
    (any::<prop::sample::Index>(), change)
}

/// Makes changes in a file, each at one of its lines; new lines are indented as that line and end as it.
fn changed(file: &[u8], changes: &[(prop::sample::Index, Change)]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = file
        .split_inclusive(|&byte| byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    for (index, change) in changes {
        if lines.is_empty() {
            break;
        }
        let at = index.index(lines.len());
        let line = lines[at].clone();
        let ending: &[u8] = match line.as_slice() {
            [.., b'\r', b'\n'] => b"\r\n",
            [.., b'\n'] => b"\n",
            _ => b"",
        };
        let body = &line[..line.len() - ending.len()];
        let indent = &body[..body.len() - body.trim_ascii_start().len()];
        let written = |text: &str| -> Vec<u8> {
            let lines = text.split('\n').map(|line| match line {
                "" => ending.to_vec(),
                line if indent.contains(&b'\t') => {
                    [indent, line.replace("    ", "\t").as_bytes(), ending].concat()
                }
                line => [indent, line.as_bytes(), ending].concat(),
            });
            lines.collect::<Vec<_>>().concat()
        };
        match change {
            Change::PutIn(text) => lines.insert(at, written(text)),
            Change::Replace(text) => lines[at] = written(text),
            Change::Remove => {
                lines.remove(at);
            }
            Change::Repeat => lines.insert(at, line.clone()),
            Change::Indent => lines[at] = [b"    ", line.as_slice()].concat(),
            Change::Comment => {
                lines[at] = [indent, b"# ", body.trim_ascii_start(), ending].concat();
            }
            Change::Ending(ending) => lines[at] = [body, ending.as_bytes()].concat(),
        }
    }
    lines.concat()
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, Change)>> {
    prop::collection::vec(change(), 1..5)
}

fn text_file() -> impl Strategy<Value = Vec<u8>> {
    let line = select(
        &[
            "a = 1",
            "b",
            "  b",
            "\tc = ...",
            "",
            "[x]",
            "# d",
            "é",
            "a = 1 ",
        ][..],
    );
    let ending = select(&["\n", "\r\n"][..]);
    (prop::collection::vec(line, 0..12), ending, any::<bool>()).prop_map(|(lines, ending, last)| {
        let end = if last { ending } else { "" };
        (lines.join(ending) + end).into_bytes()
    })
}

fn check(path: &str, from: &[u8], to: &[u8]) -> Result<(), TestCaseError> {
    match derive(path, Some(from), Some(to)) {
        Ok(edits) if from == to => prop_assert_eq!(edits, []),
        Ok(edits) => prove(path, from, to, &edits),
        Err(reason) => {
            let lines = to
                .iter()
                .filter(|byte| matches!(byte, b'\n' | b'\r'))
                .count()
                + 1;
            prop_assert!((1..=lines).contains(&reason.line), "{}", reason);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn derived_edits_give_the_same_bytes(file in python_file(), changes in changes()) {
        check("a.py", &file, &changed(&file, &changes))?;
    }

    #[test]
    fn derived_edits_of_text_give_the_same_bytes(file in text_file(), changes in changes()) {
        check("a.ini", &file, &changed(&file, &changes))?;
    }

    #[test]
    fn any_two_contents_are_edits_or_a_reason(
        from in any_bytes(),
        to in any_bytes(),
        path in select(&["a.py", "a.ini", "a"][..]),
    ) {
        check(path, &from, &to)?;
    }

    #[test]
    fn any_changes_of_any_bytes_are_edits_or_a_reason(from in any_bytes(), changes in changes()) {
        check("a.py", &from, &changed(&from, &changes))?;
    }
}

/// How many of the changes in files that parse, before and after, become edits.
#[test]
fn nearly_all_changes_become_edits() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = (python_file(), changes());
    let parses = |bytes: &[u8]| {
        ruff_python_parser::parse_module(std::str::from_utf8(bytes).unwrap()).is_ok()
    };
    // The changes are made in lines that end with `\n`.
    let is_whole = |bytes: &[u8]| {
        bytes.ends_with(b"\n")
            && String::from_utf8_lossy(bytes)
                .replace("\r\n", "")
                .find('\r')
                .is_none()
    };
    let (mut tried, mut failed) = (0, Vec::new());
    while tried < 400 {
        let (file, changes) = strategy.new_tree(&mut runner).unwrap().current();
        let edited = changed(&file, &changes);
        if !is_whole(&file) || !is_whole(&edited) || !parses(&edited) || file == edited {
            continue;
        }
        match derive("a.py", Some(&file), Some(&edited)) {
            Ok(_) => tried += 1,
            // What no patch can say does not count.
            Err(reason) if reason.kind != UnderivableKind::NoAnchor => {}
            Err(reason) => {
                tried += 1;
                failed.push((
                    reason.to_string(),
                    String::from_utf8(file).unwrap(),
                    String::from_utf8(edited).unwrap(),
                ));
            }
        }
    }
    assert!(
        failed.len() <= tried / 20,
        "{} of {tried}: {failed:#?}",
        failed.len()
    );
}
