//! Where the store keeps what, below its root.

use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::path::RelativePath;

/// The store's own directory below the root.
pub(crate) const DIRECTORY: &str = ".torch-patch";

/// What every temporary name ends in.
pub(crate) const TEMPORARY: &str = ".tmp";

/// Names the places in the store's own directory.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    root: PathBuf,
    directory: PathBuf,
}

impl Layout {
    pub(crate) fn below(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            directory: root.join(DIRECTORY),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.directory.join("lock")
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.directory.join("ledger.json")
    }

    pub(crate) fn new_ledger(&self) -> PathBuf {
        self.directory.join(format!("ledger.json{TEMPORARY}"))
    }

    /// Names the ledger to be, with the intent that leads to it.
    pub(crate) fn intent(&self) -> PathBuf {
        self.directory.join("intent.json")
    }

    pub(crate) fn new_intent(&self) -> PathBuf {
        self.directory.join(format!("intent.json{TEMPORARY}"))
    }

    pub(crate) fn backups(&self) -> PathBuf {
        self.directory.join("backups")
    }

    pub(crate) fn patches(&self) -> PathBuf {
        self.directory.join("patches")
    }

    pub(crate) fn kept(&self) -> PathBuf {
        self.directory.join("kept")
    }

    pub(crate) fn leases(&self) -> PathBuf {
        self.directory.join("leases")
    }

    pub(crate) fn lease(&self, number: u32) -> PathBuf {
        self.leases().join(number.to_string())
    }

    pub(crate) fn new_kept_copy(&self) -> PathBuf {
        self.kept().join(format!("new{TEMPORARY}"))
    }

    /// Names the copy of a user's version of a file: by content, so that no copy ever takes another's place.
    pub(crate) fn kept_copy(&self, path: &RelativePath, digest: Digest) -> PathBuf {
        self.kept()
            .join(format!("{}-{}", &digest.hex()[..16], path.file_name()))
    }
}

/// Names the temporary file through which `path` is replaced, beside the file itself.
///
/// The name follows from the path alone, so the intent, which lists the paths, lists the temporary files too.
pub(crate) fn temporary_beside(file: &Path, path: &RelativePath) -> PathBuf {
    let digest = Digest::of(path.as_str().as_bytes()).hex();
    file.with_file_name(format!("{DIRECTORY}-{}{TEMPORARY}", &digest[..16]))
}
