//! The list of a project's files as JSON (PEP 691, PEP 700, PEP 714).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use torch_patch_store::Digest;

use super::link::{Base, Link, sha256};
use super::{checked_count, checked_version};

#[derive(Deserialize)]
struct File {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: BTreeMap<String, Value>,
    #[serde(default)]
    size: Value,
    #[serde(default)]
    yanked: Value,
    #[serde(default, rename = "core-metadata")]
    core_metadata: Value,
    #[serde(default, rename = "dist-info-metadata")]
    dist_info_metadata: Value,
}

/// Reads the links of a list. A file that is not described as it should be is passed over.
pub(super) fn links(base: &Base, text: &[u8]) -> Result<Vec<Link>, String> {
    let mut list: Value =
        serde_json::from_slice(text).map_err(|error| format!("it is no JSON: {error}"))?;
    let version = list.pointer("/meta/api-version").and_then(Value::as_str);
    checked_version(version.unwrap_or_default())?;
    let Some(Value::Array(files)) = list.get_mut("files").map(Value::take) else {
        return Err("there is no list `files`".to_owned());
    };
    checked_count(files.len())?;
    let files = files.into_iter();
    Ok(files.filter_map(|file| link(base, file)).collect())
}

fn link(base: &Base, file: Value) -> Option<Link> {
    let file: File = serde_json::from_value(file).ok()?;
    let link = Link::new(base, &file.url)?;
    let hash = file.hashes.get("sha256").and_then(Value::as_str);
    Some(Link {
        size: file.size.as_u64(),
        digest: hash.map_or(link.digest, sha256),
        metadata_digest: metadata_digest(&file.core_metadata)
            .or_else(|| metadata_digest(&file.dist_info_metadata)),
        yanked: match file.yanked {
            Value::Bool(true) => Some(String::new()),
            Value::String(reason) => Some(reason),
            _ => None,
        },
        file_name: file.filename,
        target: link.target,
    })
}

fn metadata_digest(value: &Value) -> Option<Digest> {
    sha256(value.get("sha256")?.as_str()?)
}
