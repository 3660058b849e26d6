//! Files in the directories of a distribution that none has brought.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use fs_err as fs;
use torch_patch_env::{Distribution, Row, rows_of, with_record};

use super::compare::is_byte_code;
use crate::verified::{FindingReport, FindingState};

/// The files below the import directories of a distribution that neither its `RECORD` nor one of `known` has.
///
/// What another distribution has brought there is none of them, as in `nvidia/`, which many share. Byte code is none
/// either, and links are not followed.
pub(super) fn findings(
    distribution: &Distribution,
    rows: &[Row],
    known: &[FindingReport],
) -> Vec<FindingReport> {
    let own = rows.iter().map(|row| row.path.as_str());
    let listed: HashSet<&str> = own
        .chain(known.iter().map(|own| own.path.as_str()))
        .collect();
    let tops: BTreeSet<&str> = rows
        .iter()
        .filter_map(|row| import_directory(&row.path))
        .collect();
    let site = &distribution.site_packages;
    let mut found = BTreeSet::new();
    for top in &tops {
        walk(site, top, &listed, &mut found);
    }
    if !found.is_empty() {
        for directory in with_record(site) {
            let rows = rows_of(&directory.join("RECORD")).ok().flatten();
            for row in rows.unwrap_or_default() {
                found.remove(&row.path);
            }
        }
    }
    let extra = |path: String| FindingReport {
        path,
        state: FindingState::Extra,
        expected: None,
        found: None,
        patches: Vec::new(),
        names: None,
        repairs: Vec::new(),
        reason: None,
    };
    found.into_iter().map(extra).collect()
}

/// The directory in site-packages that a file is in, unless it is one of metadata.
fn import_directory(path: &str) -> Option<&str> {
    let (top, _) = path.split_once('/')?;
    let is_metadata = [".dist-info", ".egg-info", ".data"];
    let is_metadata = is_metadata.iter().any(|suffix| top.ends_with(suffix));
    let is_import = !is_metadata && !["", ".", "..", "__pycache__"].contains(&top);
    is_import.then_some(top)
}

/// Adds the files below a directory that are not listed. One that cannot be listed has none.
fn walk(site: &Path, directory: &str, listed: &HashSet<&str>, found: &mut BTreeSet<String>) {
    let entries = fs::read_dir(site.join(directory)).into_iter().flatten();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let path = format!("{directory}/{}", name.to_string_lossy());
        if is_byte_code(&path) || name.to_string_lossy().starts_with(".torch-patch") {
            continue;
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(site, &path, listed, found);
        } else if !listed.contains(path.as_str()) {
            found.insert(path);
        }
    }
}
