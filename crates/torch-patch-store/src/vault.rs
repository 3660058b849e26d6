//! A directory of contents named by their sha256. A content is never used unless it is what its name says.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::confine;
use crate::digest::Digest;
use crate::disk::{Disk, NewFile, Placement, is_absent};
use crate::error::{StoreError, StoreErrorKind};
use crate::layout::TEMPORARY;

/// Keeps contents in one directory.
#[derive(Debug)]
pub(crate) struct Vault {
    root: PathBuf,
    directory: PathBuf,
}

impl Vault {
    /// Names the one in `directory`, below `root`.
    pub(crate) fn at(root: &Path, directory: PathBuf) -> Self {
        let root = root.to_path_buf();
        Self { root, directory }
    }

    pub(crate) fn contains(&self, digest: Digest) -> bool {
        fs::symlink_metadata(self.path(digest)).is_ok_and(|metadata| metadata.is_file())
    }

    /// Reads a content and proves it by its name.
    pub(crate) fn read(&self, digest: Digest) -> Result<Vec<u8>, StoreError> {
        let path = self.path(digest);
        let Some(bytes) = confine::read_own(&self.root, &path)? else {
            return Err(StoreErrorKind::ContentMissing { path, digest }.into());
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

    /// Says what is to be placed so that every content is there, whatever was there before.
    ///
    /// A content that one file alone holds, as `links` says, is there at once by a second name of that file. The
    /// directory is made if need be, and is to be synced afterwards.
    pub(crate) fn stage<'b>(
        &self,
        disk: &Disk,
        contents: &'b BTreeMap<Digest, Vec<u8>>,
        links: &BTreeMap<Digest, PathBuf>,
    ) -> io::Result<Vec<Placement<'b>>> {
        if contents.is_empty() {
            return Ok(Vec::new());
        }
        disk.create_directory(&self.directory)?;
        let mut placements = Vec::new();
        for (digest, bytes) in contents {
            let path = self.path(*digest);
            // Another file may have taken the name since it was looked at, so what got the second name is read again.
            let is_linked = || {
                let file = links.get(digest);
                file.is_some_and(|file| disk.link(file, &path).is_ok())
                    && self.read(*digest).is_ok()
            };
            if self.read(*digest).is_err() && !is_linked() {
                placements.push(Placement {
                    temporary: self.directory.join(digest.hex() + TEMPORARY),
                    path,
                    new: NewFile {
                        bytes,
                        ..NewFile::default()
                    },
                });
            }
        }
        Ok(placements)
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
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
