//! A directory of contents named by their sha256. A content is never used unless it is what its name says.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::digest::Digest;
use crate::disk::{Disk, NewFile, is_absent};
use crate::error::{StoreError, StoreErrorKind};
use crate::layout::TEMPORARY;

/// Keeps contents in one directory.
#[derive(Debug)]
pub(crate) struct Vault {
    directory: PathBuf,
}

impl Vault {
    pub(crate) fn at(directory: PathBuf) -> Self {
        Self { directory }
    }

    pub(crate) fn contains(&self, digest: Digest) -> bool {
        fs::symlink_metadata(self.path(digest)).is_ok_and(|metadata| metadata.is_file())
    }

    /// Reads a content and proves it by its name.
    pub(crate) fn read(&self, digest: Digest) -> Result<Vec<u8>, StoreError> {
        let path = self.path(digest);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if is_absent(&error) => {
                return Err(StoreErrorKind::ContentMissing { path, digest }.into());
            }
            Err(error) => return Err(StoreError::denied_or_io("read", path, error)),
        };
        match Digest::of(&bytes) {
            found if found == digest => Ok(bytes),
            found => Err(StoreErrorKind::ContentTampered {
                path,
                expected: digest,
                found,
            }
            .into()),
        }
    }

    /// Makes sure that every content is there and durable, whatever was there before.
    pub(crate) fn keep<'bytes>(
        &self,
        disk: &Disk,
        contents: impl IntoIterator<Item = (Digest, &'bytes [u8])>,
    ) -> io::Result<()> {
        let mut is_dirty = false;
        for (digest, bytes) in contents {
            if !is_dirty {
                disk.create_directory(&self.directory)?;
                is_dirty = true;
            }
            if self.read(digest).is_err() {
                let path = self.path(digest);
                let temporary = self.directory.join(digest.hex() + TEMPORARY);
                disk.place(
                    &temporary,
                    &path,
                    NewFile {
                        bytes,
                        ..NewFile::default()
                    },
                )?;
            }
        }
        if is_dirty {
            disk.sync_directory(&self.directory)
        } else {
            Ok(())
        }
    }

    /// Removes what `wanted` does not name, and the directory with the last of it.
    pub(crate) fn retain(&self, disk: &Disk, wanted: &BTreeSet<Digest>) -> io::Result<()> {
        for name in names_in(&self.directory)? {
            if !is_wanted(&name, wanted) {
                disk.remove(&self.directory.join(name))?;
            }
        }
        if wanted.is_empty() && fs::symlink_metadata(&self.directory).is_ok() {
            disk.remove_directory_if_empty(&self.directory)?;
        }
        Ok(())
    }

    fn path(&self, digest: Digest) -> PathBuf {
        self.directory.join(digest.hex())
    }
}

/// Lists the names in a directory; one that is not there has none.
pub(crate) fn names_in(directory: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

/// Spares what is not ours: only digests and our temporary names are ever removed.
fn is_wanted(name: &str, wanted: &BTreeSet<Digest>) -> bool {
    match Digest::from_hex(name.strip_suffix(TEMPORARY).unwrap_or(name)) {
        Some(digest) => !name.ends_with(TEMPORARY) && wanted.contains(&digest),
        None => true,
    }
}
