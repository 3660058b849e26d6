//! Directories that the store makes for created files and removes with the last of them.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::io;
use std::path::Path;

use fs_err as fs;

use crate::disk::is_absent;
use crate::error::StoreError;
use crate::intent::Intent;
use crate::ledger::Ledger;
use crate::path::RelativePath;
use crate::store::Store;

/// Names the directories above `path` that are not there yet.
pub(crate) fn missing_above(
    store: &Store,
    path: &RelativePath,
) -> Result<Vec<RelativePath>, StoreError> {
    let mut missing = Vec::new();
    for directory in path.ancestors() {
        let place = directory.join_to(store.root());
        match is_directory(fs::metadata(&place)) {
            Ok(true) => break,
            Ok(false) => missing.push(directory),
            Err(error) => return Err(StoreError::denied_or_io("look at", place, error)),
        }
    }
    Ok(missing)
}

/// Keeps of `directories` those that a created file of the ledger lies in.
pub(crate) fn still_used(
    directories: &BTreeSet<RelativePath>,
    ledger: &Ledger,
) -> BTreeSet<RelativePath> {
    let created = ledger
        .files
        .iter()
        .filter(|(_, entry)| entry.pristine.is_none());
    let used: BTreeSet<RelativePath> = created.flat_map(|(path, _)| path.ancestors()).collect();
    directories.intersection(&used).cloned().collect()
}

/// Removes the directories that `from` lists and `to` does not, unless somebody put something into them.
pub(crate) fn remove(
    store: &Store,
    from: &Ledger,
    to: &Ledger,
    intent: &Intent,
) -> Result<(), StoreError> {
    let gone: BTreeSet<&RelativePath> = from.directories.difference(&to.directories).collect();
    let derived = intent
        .files
        .iter()
        .flat_map(|file| &file.derived)
        .filter_map(RelativePath::parent);
    let below: BTreeSet<RelativePath> = derived
        .filter(|directory| directory.ancestors().any(|above| gone.contains(&above)))
        .collect();
    for directory in below.iter().rev().chain(gone.into_iter().rev()) {
        remove_if_empty(store, directory)?;
    }
    Ok(())
}

/// Only an empty directory goes, so even one that was swapped for a link meanwhile costs nobody anything.
fn remove_if_empty(store: &Store, directory: &RelativePath) -> Result<(), StoreError> {
    let path = directory.join_to(store.root());
    remove_and_sync(store, &path).map_err(|error| StoreError::denied_or_io("remove", path, error))
}

fn remove_and_sync(store: &Store, path: &Path) -> io::Result<()> {
    if is_directory(fs::symlink_metadata(path))? && store.disk().remove_directory_if_empty(path)? {
        store.disk().sync_directory(path.parent().unwrap_or(path))?;
    }
    Ok(())
}

/// What cannot be looked at is not taken for absent.
fn is_directory(found: io::Result<Metadata>) -> io::Result<bool> {
    match found {
        Err(error) if is_absent(&error) => Ok(false),
        found => Ok(found?.is_dir()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_there_is_taken_for_absent() {
        let directory = tempfile::tempdir().unwrap();
        let look = |path: &str| is_directory(fs::symlink_metadata(directory.path().join(path)));
        fs::write(directory.path().join("file"), b"").unwrap();
        assert!(look("").unwrap());
        for absent in ["none", "none/deep", "file", "file/deep"] {
            assert!(!look(absent).unwrap(), "{absent}");
        }
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let error = is_directory(Err(denied)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }
}
