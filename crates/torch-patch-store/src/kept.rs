//! Copies of users' own versions of files. They are theirs: only the undo of the change that made one removes it.

use std::io;
use std::path::PathBuf;

use fs_err as fs;

use crate::digest::Digest;
use crate::disk::NewFile;
use crate::error::StoreError;
use crate::intent::IntendedFile;
use crate::path::RelativePath;
use crate::store::Store;
use crate::vault;

/// Says whether there is a copy of this content of this file.
pub(crate) fn exists(store: &Store, path: &RelativePath, digest: Digest) -> bool {
    fs::symlink_metadata(store.layout().kept_copy(path, digest)).is_ok()
}

/// The copies of files that are called as this one, whatever their content.
pub(crate) fn copies(store: &Store, path: &RelativePath) -> io::Result<Vec<PathBuf>> {
    let directory = store.layout().kept();
    let names = match vault::names_in(&directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        names => names?,
    };
    let is_copy = |name: &&String| {
        let parts = name.split_once('-');
        parts.is_some_and(|(_, called)| called == path.file_name())
    };
    let copies = names.iter().filter(is_copy);
    Ok(copies.map(|name| directory.join(name)).collect())
}

/// Makes a copy, durably, and says where.
pub(crate) fn keep(
    store: &Store,
    path: &RelativePath,
    bytes: &[u8],
) -> Result<PathBuf, StoreError> {
    let (layout, disk) = (store.layout(), store.disk());
    let (directory, copy) = (layout.kept(), layout.kept_copy(path, Digest::of(bytes)));
    let place = || {
        if disk.create_directory(&directory)? {
            disk.sync_directory(layout.directory())?;
        }
        disk.place(
            &layout.new_kept_copy(),
            &copy,
            NewFile {
                bytes,
                ..NewFile::default()
            },
        )?;
        disk.sync_directory(&directory)
    };
    place().map_err(|error| StoreError::denied_or_io("keep a copy in", &directory, error))?;
    Ok(copy)
}

/// Takes away what an undone change has kept, and what it was about to: the temporary file may be there although a copy
/// of before is, which stays.
pub(crate) fn remove(store: &Store, file: &IntendedFile) -> Result<(), StoreError> {
    let (layout, disk) = (store.layout(), store.disk());
    let take = || {
        disk.remove(&layout.new_kept_copy())?;
        let Some(before) = file.before.filter(|_| file.keeps_copy) else {
            return Ok(false);
        };
        disk.remove(&layout.kept_copy(&file.path, before))?;
        disk.remove_directory_if_empty(&layout.kept())
    };
    take()
        .map(drop)
        .map_err(|error| StoreError::denied_or_io("remove a copy from", layout.kept(), error))
}
