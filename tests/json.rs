//! The contract of `docs/json.md`: its examples, and the JSON Schema of the reports.

use std::path::{Path, PathBuf};

use fs_err as fs;
use serde_json::Value;
use torch_patch::Report;

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Reading a report and writing it again loses nothing, so an example has no field that is not documented in the type.
#[test]
fn every_example_is_a_report() {
    let text = fs::read_to_string(at("docs/json.md")).unwrap();
    let mut count = 0;
    for block in text.split("```json\n").skip(1) {
        let block = block.split("```").next().unwrap();
        let example: Value =
            serde_json::from_str(block).unwrap_or_else(|error| panic!("{error}: {block}"));
        let report: Report = serde_json::from_value(example.clone())
            .unwrap_or_else(|error| panic!("{error}: {block}"));
        assert_eq!(serde_json::to_value(report).unwrap(), example);
        count += 1;
    }
    assert!(
        count >= 5,
        "expected an example of each command, found {count}"
    );
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
