//! Bringing one file from one content to another, durably, and never in place.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::confine::{self, Location};
use crate::digest::Digest;
use crate::disk::NewFile;
use crate::error::{StoreError, StoreErrorKind};
use crate::layout::temporary_beside;
use crate::metadata::FileMetadata;
use crate::path::RelativePath;
use crate::store::Store;
use crate::target::Target;

const PURPOSE: &str = "replace";

/// What one file is to become.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replacement<'a> {
    pub(crate) path: &'a RelativePath,
    /// What must be there.
    pub(crate) from: Option<Digest>,
    /// `None`: the file is removed.
    pub(crate) to: Option<&'a [u8]>,
    /// The digest of `to`.
    pub(crate) wanted: Option<Digest>,
    pub(crate) metadata: FileMetadata,
    pub(crate) derived: &'a [RelativePath],
}

/// Replaces, creates or removes a file whose content is still `from`; then removes what was derived from it and
/// reads it back.
pub(crate) fn replace(store: &Store, replacement: Replacement<'_>) -> Result<(), StoreError> {
    let Replacement {
        path,
        from,
        to,
        wanted,
        metadata,
        derived,
    } = replacement;
    let location = confine::locate(store.root(), path)?;
    let target = confine::read(store.root(), path, &location)?;
    let found = target.as_ref().map(|target| target.digest);
    if found != from {
        return Err(StoreErrorKind::Drift {
            path: path.clone(),
            expected: from,
            found,
        }
        .into());
    }
    let present = target.as_ref().map(|target| target.metadata);
    let metadata = metadata.without_new_powers(present.unwrap_or_default());
    swap(store, path, &location, to, metadata, target.as_ref())
        .map_err(|error| StoreError::denied_or_io(PURPOSE, &location.file, error))?;
    remove_derived(store, derived)?;
    verify(store, path, wanted)
}

/// Removes files derived from a changed one. Those that are no plain files of the root are not ours to remove.
pub(crate) fn remove_derived(store: &Store, derived: &[RelativePath]) -> Result<(), StoreError> {
    for path in derived {
        let Ok(location) = confine::locate(store.root(), path) else {
            continue;
        };
        let denied = |error| StoreError::denied_or_io("remove", &location.file, error);
        if location.exists && store.disk().remove(&location.file).map_err(denied)? {
            store
                .disk()
                .sync_directory(location.directory())
                .map_err(denied)?;
        }
    }
    Ok(())
}

/// Removes the temporary file a crash may have left beside a file, durably: only the intent knows of it.
pub(crate) fn remove_temporary(store: &Store, path: &RelativePath) -> Result<(), StoreError> {
    let Ok(location) = confine::locate(store.root(), path) else {
        return Ok(());
    };
    let temporary = temporary_beside(&location.file, path);
    let remove = || {
        if store.disk().remove(&temporary)? {
            store.disk().sync_directory(location.directory())?;
        }
        Ok(())
    };
    remove().map_err(|error| StoreError::denied_or_io("remove", &temporary, error))
}

fn swap(
    store: &Store,
    path: &RelativePath,
    location: &Location,
    to: Option<&[u8]>,
    metadata: FileMetadata,
    old: Option<&Target>,
) -> std::io::Result<()> {
    let (disk, file) = (store.disk(), &location.file);
    match to {
        None => drop(disk.remove(file)?),
        Some(bytes) => {
            create_directories(store, location.directory())?;
            let modified = old.and_then(|old| distinct_time(old, bytes.len()));
            disk.place(
                &temporary_beside(file, path),
                file,
                NewFile {
                    bytes,
                    metadata,
                    modified,
                    attributes_of: old.map(|_| file.as_path()),
                },
            )?;
        }
    }
    disk.sync_directory(location.directory())
}

/// Makes the directories a new file needs; each is durable in its parent.
fn create_directories(store: &Store, directory: &Path) -> std::io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    if let Some(parent) = directory.parent() {
        create_directories(store, parent)?;
        store.disk().create_directory(directory)?;
        store.disk().sync_directory(parent)?;
    }
    Ok(())
}

/// Finds a modification time for the new file if now would not tell it from the old one.
///
/// Python takes byte code for current if second and size of the source are those recorded in it (PEP 552), so two
/// versions of one size must not share a second.
fn distinct_time(old: &Target, new_size: usize) -> Option<SystemTime> {
    let old_second = seconds(old.modified?)?;
    let now = seconds(SystemTime::now())?;
    let is_ambiguous = old.bytes.len() == new_size && old_second == now;
    is_ambiguous.then(|| UNIX_EPOCH + Duration::from_secs(old_second + 1))
}

fn seconds(time: SystemTime) -> Option<u64> {
    time.duration_since(UNIX_EPOCH)
        .ok()
        .map(|since| since.as_secs())
}

fn verify(store: &Store, path: &RelativePath, expected: Option<Digest>) -> Result<(), StoreError> {
    let found = store.target(path)?.map(|target| target.digest);
    if found == expected {
        return Ok(());
    }
    Err(StoreErrorKind::NotVerified {
        path: path.clone(),
        expected,
        found,
    }
    .into())
}
