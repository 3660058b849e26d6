//! A file below the root as it is on disk: bytes, digest and metadata from one open.

use std::time::SystemTime;

use crate::digest::Digest;
use crate::metadata::FileMetadata;

/// Holds what [`Store::target`](crate::Store::target) found at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The content.
    pub bytes: Vec<u8>,
    /// The digest of `bytes`.
    pub digest: Digest,
    /// Permission bits and owner.
    pub metadata: FileMetadata,
    /// Whether it is known that the file has no other name (hard link).
    pub has_one_name: bool,
    /// When the file was last modified, where the platform tells.
    pub modified: Option<SystemTime>,
}
