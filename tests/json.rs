//! The contract of `docs/json.md`: its examples, and the JSON Schema of the reports.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fs_err as fs;
use serde_json::Value;
use torch_patch::{CellState, Report};

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The examples, in their order.
fn examples() -> Vec<Value> {
    let text = fs::read_to_string(at("docs/json.md")).unwrap();
    let blocks = text.split("```json\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap());
    blocks
        .map(|block| serde_json::from_str(block).unwrap_or_else(|error| panic!("{error}: {block}")))
        .collect()
}

/// Reading a report and writing it again loses nothing, so an example has no field that is not documented in the type.
#[test]
fn every_example_is_a_report() {
    let mut commands = BTreeSet::new();
    for example in examples() {
        let report: Report = serde_json::from_value(example.clone())
            .unwrap_or_else(|error| panic!("{error}: {example:#}"));
        // By way of text, in which a number of 32 bits is as short as in the example.
        let written = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), example);
        commands.insert(example["command"].as_str().unwrap().to_owned());
        assert!(!report.ok || report.error.is_none(), "{example:#}");
        if let Some(error) = &report.error {
            let has_results = !report.results.is_empty()
                || !report.cells.is_empty()
                || !report.verified.is_empty();
            let is_judgement = ["does-not-fit", "not-as-installed"].contains(&error.code.as_str());
            assert_eq!(has_results, is_judgement, "{example:#}");
        }
    }
    let wanted = [
        "apply", "cache", "check", "diff", "doctor", "env", "restore", "revert", "show", "status",
        "try", "verify",
    ];
    assert_eq!(commands.iter().collect::<Vec<_>>(), wanted);
}

/// A table of the document has a row that begins with this word; rows may be about several.
fn has_row(text: &str, word: &str) -> bool {
    let mut rows = text.lines().filter_map(|line| line.strip_prefix("| "));
    rows.any(|row| {
        let first = row.split(" | ").next().unwrap_or_default();
        first.split(", ").any(|own| own == format!("`{word}`"))
    })
}

#[test]
fn every_state_of_a_cell_is_described() {
    let text = fs::read_to_string(at("docs/json.md")).unwrap();
    let (_, states) = text.split_once("\n## States of a cell\n").unwrap();
    let states = states.split("\n## ").next().unwrap();
    for state in CellState::ALL {
        assert!(has_row(states, state.as_str()), "no row for `{state}`");
    }
    let rows = states.lines().filter(|line| line.starts_with("| `"));
    assert_eq!(rows.count(), CellState::ALL.len());
}

/// What the functions named `code` and `…_code` of a source file return.
fn codes(path: &str) -> BTreeSet<String> {
    let source = fs::read_to_string(at(path)).unwrap();
    let mut codes = BTreeSet::new();
    let functions = source.split("fn ").filter(|function| {
        let name = function.split('(').next().unwrap();
        name == "code" || (name.ends_with("_code") && function.contains("-> &'static str"))
    });
    for function in functions {
        let body = function.split("\n}").next().unwrap();
        let arms = body
            .split("=> \"")
            .skip(1)
            .filter_map(|arm| arm.split('"').next());
        let is_code = |word: &&str| {
            word.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        };
        codes.extend(arms.filter(is_code).map(str::to_owned));
    }
    assert!(!codes.is_empty(), "no code in {path}");
    codes
}

#[test]
fn every_error_code_is_described() {
    let text = fs::read_to_string(at("docs/json.md")).unwrap();
    let (_, text) = text.split_once("\n## Error codes\n").unwrap();
    let text = text.split("\n## ").next().unwrap();
    for path in [
        "crates/torch-patch/src/codes.rs",
        "crates/torch-patch-env/src/error.rs",
        "crates/torch-patch-upstream/src/error.rs",
        "crates/torch-patch-upstream/src/archive/fault.rs",
    ] {
        for code in codes(path) {
            assert!(has_row(text, &code), "no row for `{code}` of {path}");
        }
    }
    for example in examples() {
        if let Some(code) = example["error"]["code"].as_str() {
            assert!(has_row(text, code), "no row for `{code}`");
        }
    }
}

#[test]
fn the_schema_is_the_one_of_the_types() {
    let path = at("schema/report.schema.json");
    let schema = schemars::schema_for!(Report);
    let fresh = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    #[expect(clippy::disallowed_methods, reason = "`.ci/run schema` writes it anew")]
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &fresh).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(committed, fresh, "run `.ci/run schema`");
}
