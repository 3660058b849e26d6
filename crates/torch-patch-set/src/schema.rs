//! The JSON Schema of patch files, from the very types that read them, with the rules that types cannot say.
//!
//! It tells an editor what may stand where. It cannot tell everything: ranges that overlap or an anchor that is no
//! Python are found by [`Patch::parse`](crate::Patch::parse) only.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::keys::{VERBS, VerbKeys};
use crate::limits;
use crate::occurs::Occurs;
use crate::platform::Platform;
use crate::raw::{At, RawExpect, RawPatch, TextOr};
use crate::risk::Risk;

const ID: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";
const DISTRIBUTION: &str = "^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$";
const ONE_LINE: &str = "^[^\\n]*\\S[^\\n]*$";
const ADDRESS: &str = "^https?://[^/\\s]\\S*$";
/// No way out: neither absolute nor with a part `.`, `..` or none, nor a character that Windows gives a meaning.
const FILE: &str = r#"^(?!/)(?!(.*/)?\.{1,2}(/|$))(?!.*(//|/$))[^\\:<>"|?*\u0000-\u001f]+$"#;

/// Returns the JSON Schema (draft 2020-12) of a patch file.
#[must_use]
pub fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(without_null));
    settings
        .into_generator()
        .into_root_schema_for::<RawPatch>()
        .to_value()
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: JsonSchema> JsonSchema for TextOr<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("TextOr{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [{ "type": "string", "minLength": 1 }, table] })
    }
}

impl JsonSchema for RawExpect {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Expect".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "integer", "minimum": 1 }, { "const": "all" }] })
    }
}

/// The rules of the whole file.
pub(crate) fn patch(schema: &mut Schema) {
    schema.insert("title".to_owned(), json!("torch-patch patch file"));
    require(
        schema,
        &["format", "id", "title", "distribution", "variant"],
    );
    refine(schema, "format", json!({ "const": 1 }));
    refine(
        schema,
        "id",
        json!({ "pattern": ID, "maxLength": limits::NAME }),
    );
    refine(schema, "title", json!({ "pattern": ONE_LINE }));
    refine(
        schema,
        "distribution",
        json!({ "pattern": DISTRIBUTION, "maxLength": limits::NAME }),
    );
    refine(
        schema,
        "risk",
        json!({ "enum": Risk::ALL.map(Risk::as_str), "default": "none" }),
    );
    refine(
        schema,
        "occurs",
        json!({ "enum": Occurs::ALL.map(Occurs::as_str), "default": "always" }),
    );
    refine(
        schema,
        "platforms",
        list(&json!({ "enum": Platform::ALL.map(Platform::as_str) })),
    );
    refine(
        schema,
        "links",
        list(&json!({ "type": "string", "pattern": ADDRESS })),
    );
    refine(
        schema,
        "symptoms",
        list(&json!({ "type": "string", "pattern": ONE_LINE, "maxLength": limits::SYMPTOM })),
    );
    for key in ["requires", "conflicts"] {
        refine(
            schema,
            key,
            list(&json!({ "type": "string", "pattern": ID })),
        );
    }
    let when =
        json!({ "propertyNames": { "pattern": DISTRIBUTION }, "maxProperties": limits::ENTRIES });
    refine(schema, "when", when);
    refine(
        schema,
        "variant",
        json!({ "minItems": 1, "maxItems": limits::VARIANTS }),
    );
}

/// The rules of a variant.
pub(crate) fn variant(schema: &mut Schema) {
    require(schema, &["versions"]);
    refine(schema, "versions", json!({ "pattern": "\\S" }));
    refine(schema, "fixed-upstream", json!({ "pattern": ADDRESS }));
    refine(schema, "unaffected", json!({ "pattern": ONE_LINE }));
    refine(
        schema,
        "edit",
        json!({ "minItems": 1, "maxItems": limits::EDITS }),
    );
    refine(
        schema,
        "by-hand",
        json!({ "minItems": 1, "maxItems": limits::EDITS }),
    );
    let keys = ["edit", "fixed-upstream", "unaffected"];
    let either = json!(keys.map(|key| json!({ "required": [key] })));
    schema.insert("oneOf".to_owned(), either);
    schema.insert(
        "dependentRequired".to_owned(),
        json!({ "by-hand": ["edit"] }),
    );
}

/// The rules of an edit: exactly one verb, and the keys that go with it.
pub(crate) fn edit(schema: &mut Schema) {
    require(schema, &["file"]);
    refine(
        schema,
        "file",
        json!({ "pattern": FILE, "maxLength": limits::PATH }),
    );
    for key in ["insert", "header", "argument", "import", "append"] {
        refine(schema, key, json!({ "minLength": 1 }));
    }
    refine(schema, "occurrence", json!({ "minimum": 1 }));
    refine(
        schema,
        "by-hand",
        json!({ "items": { "type": "string", "minLength": 1 } }),
    );
    schema.insert(
        "dependentRequired".to_owned(),
        json!({ "occurrence": ["expect"] }),
    );
    let keys: Vec<String> = properties(schema)
        .map(|map| map.keys().cloned().collect())
        .unwrap_or_default();
    let verbs: Vec<Value> = VERBS.iter().map(|verb| with_verb(verb, &keys)).collect();
    schema.insert("oneOf".to_owned(), json!(verbs));
}

/// An edit with one verb: what it needs, and what may not be there.
fn with_verb(verb: &VerbKeys, keys: &[String]) -> Value {
    let allowed: Vec<&str> = ["file", verb.verb]
        .into_iter()
        .chain(verb.beside())
        .collect();
    let required: Vec<&str> = [verb.verb]
        .into_iter()
        .chain(verb.required.iter().copied())
        .collect();
    let stray = keys.iter().filter(|key| !allowed.contains(&key.as_str()));
    let stray: Map<String, Value> = stray.map(|key| (key.clone(), json!(false))).collect();
    json!({ "required": required, "properties": stray })
}

/// Exactly one of the keys.
pub(crate) fn one_key(schema: &mut Schema) {
    refine(
        schema,
        "any-of",
        json!({ "minItems": 1, "maxItems": limits::ENTRIES }),
    );
    refine(
        schema,
        "regex",
        json!({ "minLength": 1, "maxLength": limits::REGEX }),
    );
    count(schema, 1, Some(1));
}

/// All of the keys.
pub(crate) fn all_keys(schema: &mut Schema) {
    let keys: Vec<String> = properties(schema)
        .map(|map| map.keys().cloned().collect())
        .unwrap_or_default();
    schema.insert("required".to_owned(), json!(keys));
}

/// At least one of the keys.
pub(crate) fn some_key(schema: &mut Schema) {
    count(schema, 1, None);
}

fn count(schema: &mut Schema, least: usize, most: Option<usize>) {
    schema.insert("minProperties".to_owned(), json!(least));
    if let Some(most) = most {
        schema.insert("maxProperties".to_owned(), json!(most));
    }
}

fn list(items: &Value) -> Value {
    json!({ "items": items, "uniqueItems": true, "maxItems": limits::ENTRIES })
}

fn require(schema: &mut Schema, keys: &[&str]) {
    schema.insert("required".to_owned(), json!(keys));
}

fn properties(schema: &mut Schema) -> Option<&mut Map<String, Value>> {
    schema.get_mut("properties").and_then(Value::as_object_mut)
}

/// Adds rules to a property.
fn refine(schema: &mut Schema, key: &str, rules: Value) {
    let property = properties(schema)
        .and_then(|map| map.get_mut(key))
        .and_then(Value::as_object_mut);
    if let (Some(property), Value::Object(rules)) = (property, rules) {
        property.extend(rules);
    }
}

/// Takes `null` out, which TOML does not have.
fn without_null(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice != &json!({ "type": "null" }));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            object.extend(only);
        }
    }
    if matches!(object.get("default"), Some(Value::Null)) {
        object.remove("default");
    }
    if object.get("format").and_then(Value::as_str) == Some("int64") {
        object.remove("format");
    }
}
