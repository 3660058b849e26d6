//! What is recorded of patches, held against the files and their rows.

use std::collections::BTreeMap;

use torch_patch_env::{Distribution, Recorded, Row, normalize};
use torch_patch_store::{Digest, FileEntry, RelativePath};

use super::bounds::Bounds;
use super::compare::{Comparison, compare};
use super::content::Contents;
use crate::error::Error;
use crate::records::Records;
use crate::verified::{FindingReport, FindingState};

/// What there is to tell of the rows that a first look has found wrong, and of every file that has patches.
///
/// The rows are compared once more: since then a patch may have been applied or reverted.
pub(super) fn findings(
    records: &Records<'_>,
    distribution: &Distribution,
    suspects: &[&Row],
    bounds: &Bounds,
    contents: Contents,
) -> Result<Vec<FindingReport>, Error> {
    let mut findings = BTreeMap::new();
    for row in suspects {
        if let Comparison::Finding(finding) = compare(row, bounds, contents) {
            findings.insert(row.path.clone(), finding);
        }
    }
    let name = normalize(&distribution.name);
    for (path, entry) in &records.ledger().files {
        if normalize(&entry.distribution) == name {
            let finding = of_entry(records, distribution, path, entry)?;
            findings.insert(path.as_str().to_owned(), finding);
        }
    }
    Ok(findings.into_values().collect())
}

/// What a file with patches is.
fn of_entry(
    records: &Records<'_>,
    distribution: &Distribution,
    path: &RelativePath,
    entry: &FileEntry,
) -> Result<FindingReport, Error> {
    let found = match records.target(path) {
        Ok(target) => Ok(target.map(|target| target.digest)),
        Err(error) => Err(error.report().message),
    };
    let by_record = match distribution.recorded(path.as_str())? {
        Recorded::Digest { sha256, .. } => Some(Digest::from(sha256)),
        _ => None,
    };
    let patches = entry.patches.iter().map(|layer| layer.id.clone());
    let is_live = entry.version == distribution.version;
    let finding = |state, expected, reason| FindingReport {
        path: path.as_str().to_owned(),
        state,
        expected,
        found: found.clone().ok().flatten(),
        patches: patches.clone().collect(),
        names: None,
        repairs: Vec::new(),
        reason,
    };
    let found = match &found {
        Ok(found) => *found,
        Err(reason) => {
            let reason = Some(reason.clone());
            return Ok(finding(FindingState::Unreadable, entry.expected, reason));
        }
    };
    if is_live && found == entry.expected {
        let is_disproved = by_record.is_some() && by_record != entry.pristine;
        let reason = "what is kept as its original is not what `RECORD` says";
        let reason = is_disproved.then(|| reason.to_owned());
        return Ok(finding(FindingState::Patched, entry.expected, reason));
    }
    if found.is_some() && found == by_record {
        return Ok(finding(FindingState::Superseded, by_record, None));
    }
    let expected = if is_live { entry.expected } else { by_record };
    let state = match found {
        Some(_) => FindingState::Modified,
        None => FindingState::Missing,
    };
    Ok(finding(state, expected, None))
}
