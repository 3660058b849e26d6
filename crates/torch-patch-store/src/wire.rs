//! The ledger and the intent on disk: JSON, read strictly. An unknown key is an error: it would be lost at the next
//! write.
//!
//! An intent is the ledger to be with the files that lead to it: a change is ended by giving it the ledger's name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::error::{StoreError, StoreErrorKind};
use crate::intent::{IntendedFile, Intent};
use crate::ledger::{FileEntry, Layer, Ledger};
use crate::metadata::{FileMetadata, Owner};
use crate::path::RelativePath;

/// The most files that a ledger is believed to have: each costs the reader a look at the disk.
const MOST_FILES: usize = 10_000;

/// Reads a ledger. An intent in it is what led to it, and done.
pub(crate) fn parse_ledger(path: &Path, bytes: &[u8]) -> Result<Ledger, StoreError> {
    Ok(parse(path, bytes)?.records.into())
}

/// Reads the ledger to be with the intent that leads to it.
pub(crate) fn parse_intent(path: &Path, bytes: &[u8]) -> Result<Intent, StoreError> {
    let document = parse(path, bytes)?;
    let files = document.intent.unwrap_or_default().into_iter();
    Ok(Intent {
        files: files.map(IntendedFile::from).collect(),
        ledger: document.records.into(),
    })
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Document, StoreError> {
    let corrupt = |source| StoreErrorKind::LedgerCorrupt {
        path: path.to_path_buf(),
        source,
    };
    let document: Document = match serde_json::from_slice(bytes) {
        Ok(document) => document,
        Err(error) => match serde_json::from_slice(bytes) {
            Ok(Version { format }) if format > Ledger::FORMAT => return Err(newer(path, format)),
            _ => return Err(corrupt(error).into()),
        },
    };
    if document.format > Ledger::FORMAT {
        return Err(newer(path, document.format));
    }
    if document.records.files.len() > MOST_FILES {
        let message = format!("expected at most {MOST_FILES} files");
        return Err(corrupt(serde::de::Error::custom(message)).into());
    }
    Ok(document)
}

/// Writes what [`parse_ledger`] reads.
pub(crate) fn render_ledger(ledger: &Ledger) -> Result<Vec<u8>, StoreError> {
    render(&Document {
        format: Ledger::FORMAT,
        records: ledger.into(),
        intent: None,
    })
}

/// Writes what [`parse_intent`] reads.
pub(crate) fn render_intent(intent: &Intent) -> Result<Vec<u8>, StoreError> {
    render(&Document {
        format: Ledger::FORMAT,
        records: (&intent.ledger).into(),
        intent: Some(intent.files.iter().map(WireIntendedFile::from).collect()),
    })
}

fn render(document: &Document) -> Result<Vec<u8>, StoreError> {
    let mut bytes = serde_json::to_vec_pretty(document)
        .map_err(|error| StoreError::io("render the ledger", error.into()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn newer(path: &Path, found: u32) -> StoreError {
    StoreErrorKind::LedgerNewer {
        path: path.to_path_buf(),
        supported: Ledger::FORMAT,
        found,
    }
    .into()
}

/// The least any version of the ledger says about itself.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    records: WireLedger,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    intent: Option<Vec<WireIntendedFile>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireLedger {
    files: BTreeMap<RelativePath, WireEntry>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    directories: BTreeSet<RelativePath>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEntry {
    distribution: String,
    version: String,
    pristine: Option<Digest>,
    expected: Option<Digest>,
    metadata: WireMetadata,
    patches: Vec<WireLayer>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireLayer {
    id: String,
    variant: String,
    digest: Digest,
    owners: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireMetadata {
    mode: Option<u32>,
    user: Option<u32>,
    group: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireIntendedFile {
    path: RelativePath,
    before: Option<Digest>,
    after: Option<Digest>,
    metadata: WireMetadata,
    derived: Vec<RelativePath>,
    keeps_copy: bool,
}

impl From<WireLedger> for Ledger {
    fn from(wire: WireLedger) -> Self {
        let files = wire
            .files
            .into_iter()
            .map(|(path, entry)| (path, entry.into()));
        Self {
            format: Self::FORMAT,
            files: files.collect(),
            directories: wire.directories,
        }
    }
}

impl From<&Ledger> for WireLedger {
    fn from(ledger: &Ledger) -> Self {
        let files = ledger
            .files
            .iter()
            .map(|(path, entry)| (path.clone(), entry.into()));
        Self {
            files: files.collect(),
            directories: ledger.directories.clone(),
        }
    }
}

impl From<WireEntry> for FileEntry {
    fn from(wire: WireEntry) -> Self {
        Self {
            distribution: wire.distribution,
            version: wire.version,
            pristine: wire.pristine,
            expected: wire.expected,
            metadata: wire.metadata.into(),
            patches: wire.patches.into_iter().map(Layer::from).collect(),
        }
    }
}

impl From<&FileEntry> for WireEntry {
    fn from(entry: &FileEntry) -> Self {
        Self {
            distribution: entry.distribution.clone(),
            version: entry.version.clone(),
            pristine: entry.pristine,
            expected: entry.expected,
            metadata: entry.metadata.into(),
            patches: entry.patches.iter().map(WireLayer::from).collect(),
        }
    }
}

impl From<WireLayer> for Layer {
    fn from(wire: WireLayer) -> Self {
        Self {
            id: wire.id,
            variant: wire.variant,
            digest: wire.digest,
            owners: wire.owners,
        }
    }
}

impl From<&Layer> for WireLayer {
    fn from(layer: &Layer) -> Self {
        Self {
            id: layer.id.clone(),
            variant: layer.variant.clone(),
            digest: layer.digest,
            owners: layer.owners.clone(),
        }
    }
}

impl From<WireMetadata> for FileMetadata {
    fn from(wire: WireMetadata) -> Self {
        let owner = wire
            .user
            .zip(wire.group)
            .map(|(user, group)| Owner { user, group });
        Self {
            mode: wire.mode,
            owner,
        }
    }
}

impl From<FileMetadata> for WireMetadata {
    fn from(metadata: FileMetadata) -> Self {
        Self {
            mode: metadata.mode,
            user: metadata.owner.map(|owner| owner.user),
            group: metadata.owner.map(|owner| owner.group),
        }
    }
}

impl From<WireIntendedFile> for IntendedFile {
    fn from(wire: WireIntendedFile) -> Self {
        Self {
            path: wire.path,
            before: wire.before,
            after: wire.after,
            metadata: wire.metadata.into(),
            derived: wire.derived,
            keeps_copy: wire.keeps_copy,
        }
    }
}

impl From<&IntendedFile> for WireIntendedFile {
    fn from(file: &IntendedFile) -> Self {
        Self {
            path: file.path.clone(),
            before: file.before,
            after: file.after,
            metadata: file.metadata.into(),
            derived: file.derived.clone(),
            keeps_copy: file.keeps_copy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelativePath {
        RelativePath::new(text).unwrap()
    }

    fn full() -> Intent {
        let owner = Some(Owner {
            user: 1000,
            group: 100,
        });
        let entry = FileEntry {
            distribution: "torch".to_owned(),
            version: "2.5.1+cu124".to_owned(),
            pristine: Some(Digest::of(b"a")),
            expected: None,
            metadata: FileMetadata {
                mode: Some(0o644),
                owner,
            },
            patches: vec![Layer {
                id: "p".to_owned(),
                variant: ">=2".to_owned(),
                digest: Digest::of(b"p"),
                owners: vec!["user".to_owned()],
            }],
        };
        let mut ledger = Ledger::default();
        ledger.files.insert(path("torch/a.py"), entry);
        ledger.directories.insert(path("torch/new"));
        let file = IntendedFile {
            path: path("torch/b.py"),
            before: None,
            after: Some(Digest::of(b"b")),
            metadata: FileMetadata::default(),
            derived: vec![path("torch/__pycache__/b.pyc")],
            keeps_copy: true,
        };
        Intent {
            files: vec![file],
            ledger,
        }
    }

    fn parse_error(json: &str) -> StoreError {
        parse_ledger(Path::new("ledger.json"), json.as_bytes()).unwrap_err()
    }

    #[test]
    fn reads_what_it_writes() {
        let intent = full();
        let bytes = render_intent(&intent).unwrap();
        assert_eq!(parse_intent(Path::new("l"), &bytes).unwrap(), intent);
        assert_eq!(parse_ledger(Path::new("l"), &bytes).unwrap(), intent.ledger);
        let bytes = render_ledger(&intent.ledger).unwrap();
        assert_eq!(parse_ledger(Path::new("l"), &bytes).unwrap(), intent.ledger);
    }

    #[test]
    fn too_many_files_are_no_ledger() {
        let mut ledger = full().ledger;
        let entry = ledger.files.values().next().unwrap().clone();
        for number in ledger.files.len()..MOST_FILES {
            ledger
                .files
                .insert(path(&format!("{number}.py")), entry.clone());
        }
        let read = |ledger: &Ledger| parse_ledger(Path::new("l"), &render_ledger(ledger).unwrap());
        assert_eq!(read(&ledger).unwrap(), ledger);
        ledger.files.insert(path("more.py"), entry);
        let error = read(&ledger).unwrap_err();
        assert!(
            matches!(error.kind(), StoreErrorKind::LedgerCorrupt { .. }),
            "{error}"
        );
    }

    #[test]
    fn names_a_damaged_ledger_and_what_to_do() {
        for json in [
            "",
            "{",
            "[]",
            r#"{"format":1}"#,
            r#"{"format":1,"records":{"files":{"../x":{}}}}"#,
        ] {
            let error = parse_error(json);
            assert_eq!(
                error.to_string(),
                "ledger `ledger.json` is damaged",
                "{json}"
            );
            assert!(error.hint().is_some());
        }
    }

    #[test]
    fn refuses_every_truncation() {
        let bytes = render_intent(&full()).unwrap();
        for end in 0..bytes.len() - 2 {
            assert!(
                parse_ledger(Path::new("l"), &bytes[..end]).is_err(),
                "{end}"
            );
        }
    }

    #[test]
    fn names_a_newer_format_even_if_all_else_changed() {
        for json in [
            r#"{"format":2,"records":{"files":{}}}"#,
            r#"{"format":2,"other":[]}"#,
        ] {
            let error = parse_error(json);
            assert_eq!(
                error.to_string(),
                "ledger `ledger.json`: expected format 1 or older, found 2"
            );
        }
    }

    #[test]
    fn refuses_unknown_keys() {
        let error = parse_error(r#"{"format":1,"records":{"files":{}},"more":1}"#);
        assert!(matches!(error.kind(), StoreErrorKind::LedgerCorrupt { .. }));
    }
}
