//! A change as the caller wants it, and what came of it. Plain data.

use std::path::PathBuf;

use crate::digest::Digest;
use crate::ledger::FileEntry;
use crate::metadata::FileMetadata;
use crate::path::RelativePath;

/// Describes what [`Locked::commit`](crate::Locked::commit) is to do, all or none.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The files, each at most once.
    pub files: Vec<FileChange>,
    /// Patch files' bytes to keep; those that no entry of the ledger names afterwards are dropped again.
    pub blobs: Vec<Vec<u8>>,
}

/// Describes what is to become of one file and of its entry in the ledger.
#[derive(Clone, Debug)]
pub struct FileChange {
    /// The file.
    pub path: RelativePath,
    /// The content the change was planned from (`None`: absent). If it is no longer there, nothing is written.
    pub found: Option<Digest>,
    /// What happens to the file.
    pub wanted: Wanted,
    /// The entry afterwards; `None`: the file is forgotten.
    pub entry: Option<FileEntry>,
    /// The original bytes to keep. Needed when the entry's `pristine` is neither kept yet nor what was found.
    pub backup: Option<Vec<u8>>,
    /// Whether a copy of the found content stays in `.torch-patch/kept/` (see [`Committed::kept`]).
    pub keep_user_copy: bool,
    /// Whether the wanted content has changes of somebody else besides what the entry expects.
    pub is_merged: bool,
    /// Permission bits and owner to give the file; `None`: those it has.
    pub restore_metadata: Option<FileMetadata>,
    /// Files made from this one (byte code), removed once it has changed.
    pub derived: Vec<RelativePath>,
}

impl FileChange {
    /// Describes a change of content after which the file is forgotten; the fields say more.
    #[must_use]
    pub fn new(path: RelativePath, found: Option<Digest>, wanted: Wanted) -> Self {
        Self {
            path,
            found,
            wanted,
            entry: None,
            backup: None,
            keep_user_copy: false,
            is_merged: false,
            restore_metadata: None,
            derived: Vec::new(),
        }
    }
}

/// Says what happens to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing: not written, same modification time.
    Keep,
    /// It is replaced by, or created with, these bytes. If it has them already, it is kept.
    Write(Vec<u8>),
    /// It is removed.
    Remove,
}

/// Reports what [`Locked::commit`](crate::Locked::commit) did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Every file of the change with the content read back from disk afterwards.
    pub files: Vec<(RelativePath, Option<Digest>)>,
    /// The copies made for [`FileChange::keep_user_copy`]. They are the user's: the store never removes them, so
    /// `.torch-patch/kept/` stays when everything else of the store is gone.
    pub kept: Vec<PathBuf>,
    /// How many bytes were written, records included.
    pub bytes_written: u64,
}
