//! What holds of every file and every patch.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use torch_patch_edit::{
    Application, Edit, FilePatch, FileState, compose, merge, undo, unified_diff,
};

use crate::generators::{any_bytes, any_edits, likely_edits, python_file};
use crate::outcome::{leaves_a_trace, text};

/// A case that failed becomes a test of its own beside the tables.
fn config() -> Config {
    Config {
        failure_persistence: None,
        max_global_rejects: 100_000,
        ..Config::default()
    }
}

fn python(edits: &[Edit]) -> Option<FilePatch> {
    FilePatch::compile("a.py", edits).ok()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn apply_twice_is_apply_once(file in python_file(), edits in likely_edits()) {
        let Some((patch, applied)) = applied(&file, &edits) else { return Ok(()) };
        match patch.apply(Some(&applied.bytes)) {
            Ok(again) => prop_assert_eq!(text(&again.bytes), text(&applied.bytes)),
            Err(error) => prop_assert!(!edits.iter().all(leaves_a_trace), "{}", error),
        }
    }

    #[test]
    fn undo_of_apply_is_the_same_bytes(file in python_file(), edits in likely_edits()) {
        let Some((_, applied)) = applied(&file, &edits) else { return Ok(()) };
        let undone = undo(&applied.bytes, &applied.changes).map(|bytes| text(&bytes));
        prop_assert_eq!(undone, Some(text(&file)));
    }

    #[test]
    fn what_was_applied_is_classified_as_applied(file in python_file(), edits in likely_edits()) {
        let Some((patch, applied)) = applied(&file, &edits) else { return Ok(()) };
        let found = patch.classify(Some(&applied.bytes));
        for (edit, report) in edits.iter().zip(&found.edits) {
            if leaves_a_trace(edit) {
                prop_assert_eq!(&report.state, &FileState::Applied);
            } else {
                prop_assert!(report.state != FileState::Pristine);
            }
        }
    }

    #[test]
    fn what_parsed_still_parses(file in python_file(), edits in likely_edits()) {
        let Some((_, applied)) = applied(&file, &edits) else { return Ok(()) };
        let parses = |bytes: &[u8]| {
            ruff_python_parser::parse_module(std::str::from_utf8(bytes).unwrap()).is_ok()
        };
        prop_assert!(parses(&file), "the generator makes Python");
        prop_assert!(parses(&applied.bytes));
    }

    #[test]
    fn disjoint_edits_commute(file in python_file(), one in likely_edits(), two in likely_edits()) {
        let (Some(one), Some(two)) = (python(&one), python(&two)) else { return Ok(()) };
        let forth = compose(Some(&file), &[&one, &two]);
        let back = compose(Some(&file), &[&two, &one]);
        prop_assert_eq!(forth.is_ok(), back.is_ok());
        if let (Ok(forth), Ok(back)) = (forth, back) {
            let starts = forth.changes.windows(2);
            // What two patches put at one place comes in the order of the patches.
            if starts.into_iter().all(|pair| pair[0].original != pair[1].original) {
                prop_assert_eq!(text(&forth.bytes), text(&back.bytes));
            }
        }
    }

    #[test]
    fn untouched_lines_keep_their_endings(file in python_file(), edits in likely_edits()) {
        let Some((_, applied)) = applied(&file, &edits) else { return Ok(()) };
        let is_touched = |line: &std::ops::Range<usize>| {
            applied.changes.iter().any(|change| {
                let span = &change.original;
                if span.is_empty() {
                    line.start < span.start && span.start < line.end
                } else {
                    span.start < line.end && line.start < span.end
                }
            })
        };
        let last_lacks_ending = !file.ends_with(b"\n") && !file.ends_with(b"\r");
        let result = lines(&applied.bytes);
        let mut rest = result.iter().map(|line| &applied.bytes[line.clone()]);
        for line in lines(&file) {
            let is_open = last_lacks_ending && line.end == file.len();
            if !is_touched(&line) && !is_open {
                let kept = &file[line];
                prop_assert!(rest.any(|line| line == kept), "{} of {}", text(kept), text(&file));
            }
        }
    }

    #[test]
    fn nothing_panics(
        file in any_bytes(),
        edits in any_edits(),
        others in any_edits(),
        path in prop::sample::select(&["a.py", "a.ini", "a"][..]),
    ) {
        let Ok(patch) = FilePatch::compile(path, &edits) else { return Ok(()) };
        let classified = patch.classify(Some(&file));
        prop_assert_eq!(classified.edits.len(), edits.len());
        let _ = patch.originals(&file).count();
        let Ok(applied) = patch.apply(Some(&file)) else { return Ok(()) };
        prop_assert_eq!(undo(&applied.bytes, &applied.changes), Some(file.clone()));
        if edits.iter().all(leaves_a_trace) {
            prop_assert_eq!(patch.classify(Some(&applied.bytes)).state, FileState::Applied);
        }
        let _ = unified_diff(&file, &applied.bytes, ("a", "b"), 3);
        prop_assert_eq!(merge(&applied.bytes, &applied.bytes, &file), Ok(file.clone()));
        if let Ok(other) = FilePatch::compile(path, &others)
            && let Ok(both) = compose(Some(&file), &[&patch, &other])
        {
            prop_assert_eq!(undo(&both.bytes, &both.changes), Some(file));
        }
    }
}

fn applied(file: &[u8], edits: &[Edit]) -> Option<(FilePatch, Application)> {
    let patch = python(edits)?;
    let applied = patch.apply(Some(file)).ok()?;
    (!applied.changes.is_empty()).then_some((patch, applied))
}

/// Physical lines with their endings; a byte order mark is no part of the first.
fn lines(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut lines = Vec::new();
    let mark = "\u{feff}".as_bytes();
    let mut start = if bytes.starts_with(mark) {
        mark.len()
    } else {
        0
    };
    for at in 0..bytes.len() {
        let ends = bytes[at] == b'\n' || (bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
        if ends {
            lines.push(start..at + 1);
            start = at + 1;
        }
    }
    if start < bytes.len() {
        lines.push(start..bytes.len());
    }
    lines
}

/// The properties would hold of nothing if no patch applied.
#[test]
fn a_good_share_of_the_patches_applies() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config(), rng);
    let (mut changed, mut verbs) = (0, std::collections::BTreeSet::new());
    let strategy = (python_file(), likely_edits());
    let count = 1_000;
    for _ in 0..count {
        let (file, edits) = strategy.new_tree(&mut runner).unwrap().current();
        if applied(&file, &edits).is_some() {
            changed += 1;
            verbs.extend(edits.iter().map(|edit| edit.verb.key()));
        }
    }
    assert!(changed > count / 10, "{changed} of {count}");
    assert_eq!(verbs.len(), 9, "{verbs:?}");
}
