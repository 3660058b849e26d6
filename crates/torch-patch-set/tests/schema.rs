//! `schema/patch.schema.json` is what the types say. `UPDATE_SCHEMA=1` writes it anew.

use serde_json::{Value, json};
use torch_patch_set::schema;

use crate::files::root;

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the recipe `schema` of `.ci/run` asks by a variable for the file to be written"
)]
fn schema_is_fresh() {
    let path = root().join("schema/patch.schema.json");
    let wanted = format!("{:#}\n", schema());
    if std::env::var("UPDATE_SCHEMA").is_ok_and(|update| update == "1") {
        fs_err::write(&path, &wanted).unwrap();
    }
    let found = fs_err::read_to_string(&path).unwrap();
    assert!(
        found == wanted,
        "`schema/patch.schema.json` is stale: run `.ci/run schema`"
    );
}

#[test]
fn schema_says_what_types_cannot() {
    let schema = schema();
    assert_eq!(schema["properties"]["format"]["const"], 1);
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(
        schema["properties"]["risk"]["enum"],
        json!(["none", "low", "medium", "unsafe"])
    );
    assert_eq!(
        schema["properties"]["platforms"]["items"]["enum"],
        json!(["win", "linux", "macos"])
    );
    let edit = &schema["$defs"]["Edit"];
    let verbs = edit["oneOf"].as_array().unwrap();
    assert_eq!(verbs.len(), 10);
    let delete = verbs
        .iter()
        .find(|verb| verb["required"] == json!(["delete"]))
        .unwrap();
    assert_eq!(delete["properties"]["insert"], false);
    assert_eq!(delete["properties"].get("until"), None);
    assert!(!has_null(&schema), "TOML has no null");
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::String(text) => text == "null",
        Value::Array(values) => values.iter().any(has_null),
        Value::Object(map) => map.values().any(has_null),
        _ => false,
    }
}
