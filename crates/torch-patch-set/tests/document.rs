//! The examples of `docs/patch-format.md` are valid, and it names every key and every limit.

use std::collections::BTreeSet;

use torch_patch_set::{Action, Origin, Patch, schema};

use crate::files::root;

const HEAD: &str = "format = 1\nid = \"x\"\ntitle = \"X\"\ndistribution = \"torch\"\n[[variant]]\nversions = \">=1\"\n";

fn document() -> String {
    fs_err::read_to_string(root().join("docs/patch-format.md")).unwrap()
}

/// Each `toml` block as a whole patch.
fn examples() -> Vec<Patch> {
    let document = document();
    let blocks = document
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    let patch = |block: &str| {
        let text = if block.starts_with("format") {
            block.to_owned()
        } else {
            format!("{HEAD}{block}")
        };
        Patch::parse(text.as_bytes(), Origin::BuiltIn)
            .unwrap_or_else(|error| panic!("{:?}\n{}", error.causes(), error.excerpt()))
    };
    blocks.map(patch).collect()
}

#[test]
fn examples_are_valid_and_have_every_verb() {
    let mut verbs = BTreeSet::new();
    for patch in examples() {
        for variant in &patch.variants {
            let Action::Edits(files) = &variant.action else {
                continue;
            };
            verbs.extend(
                files
                    .iter()
                    .flat_map(|file| &file.edits)
                    .map(|edit| edit.verb.key()),
            );
        }
    }
    assert_eq!(verbs.len(), 10, "{verbs:?}");
}

#[test]
fn every_key_is_explained() {
    let (document, schema) = (document(), schema());
    let tables = schema["$defs"]
        .as_object()
        .unwrap()
        .values()
        .chain([&schema]);
    let keys: BTreeSet<&str> = tables
        .flat_map(|table| {
            table["properties"]
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
        })
        .collect();
    assert!(keys.len() > 30, "{keys:?}");
    for key in keys {
        let is_there = [
            format!("`{key}`"),
            format!("[[{key}]]"),
            format!("{key} = "),
        ];
        assert!(
            is_there.iter().any(|form| document.contains(form)),
            "`{key}` is not explained"
        );
    }
}
