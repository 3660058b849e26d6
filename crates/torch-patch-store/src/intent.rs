//! An intent: a change of several files, written down before the first of them is touched.

use crate::digest::Digest;
use crate::ledger::Ledger;
use crate::metadata::FileMetadata;
use crate::path::RelativePath;

/// Describes a change that was begun: enough to finish it or to undo it by digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The files the change replaces, creates or removes, in order.
    pub files: Vec<IntendedFile>,
    /// The ledger that holds once all of them are done.
    pub ledger: Ledger,
}

/// Describes what a begun change does to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntendedFile {
    /// The file.
    pub path: RelativePath,
    /// Its content before, kept in `backups/`; `None`: it did not exist.
    pub before: Option<Digest>,
    /// Its content afterwards; `None`: it is removed.
    pub after: Option<Digest>,
    /// Permission bits and owner before.
    pub metadata: FileMetadata,
    /// Files made from this one, which are removed whenever it changes.
    pub derived: Vec<RelativePath>,
    /// Whether the change makes a copy of the content before in `kept/`, which an undo takes away again.
    pub keeps_copy: bool,
}
