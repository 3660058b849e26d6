//! The ledger: what is to be where below the root, and why. Plain data; `wire` reads and writes it.

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Digest;
use crate::metadata::FileMetadata;
use crate::path::RelativePath;

/// Says for every file the store looks after what it was and what it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// The version of the form on disk.
    pub format: u32,
    /// One entry per file.
    pub files: BTreeMap<RelativePath, FileEntry>,
    /// The directories that the store made for created files and removes with the last of them. Kept by the store.
    pub directories: BTreeSet<RelativePath>,
}

impl Ledger {
    /// The newest form this crate reads, and the one it writes.
    pub const FORMAT: u32 = 1;

    /// Says whether nothing is recorded, so that nothing of the store needs to stay.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            format: Self::FORMAT,
            files: BTreeMap::new(),
            directories: BTreeSet::new(),
        }
    }
}

/// Says what one file was and what it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// A label: the distribution the file belongs to.
    pub distribution: String,
    /// A label: the distribution's version when the entry was made.
    pub version: String,
    /// The original content, kept in `backups/`; `None`: the file did not exist.
    pub pristine: Option<Digest>,
    /// The content the file is to have; `None`: it is to be absent.
    pub expected: Option<Digest>,
    /// Permission bits and owner of the original file.
    pub metadata: FileMetadata,
    /// What leads from the original to the expected content, in order.
    pub patches: Vec<Layer>,
}

/// Names one of the changes that lie on a file, by labels the store does not interpret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The patch.
    pub id: String,
    /// The variant of the patch.
    pub variant: String,
    /// The digest of the patch file's own bytes, kept in `patches/`.
    pub digest: Digest,
    /// Who asked for it.
    pub owners: Vec<String>,
}
