//! The store of one root: reads without the lock, and the way to the lock.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::confine;
use crate::disk::{Disk, Observer};
use crate::error::StoreError;
use crate::kept;
use crate::layout::Layout;
use crate::lease;
use crate::lock::LockOptions;
use crate::locked::Locked;
use crate::path::RelativePath;
use crate::target::Target;
use crate::vault;
use crate::view::View;

/// Gives access to the files below one root, and to what is recorded about them in `<root>/.torch-patch/`.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    layout: Layout,
    disk: Arc<Disk>,
}

impl Store {
    /// Names the store of `root`. Looks at nothing yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self::with(root.into(), None)
    }

    /// Names a store whose steps on disk are watched, for tests of crashes and failures.
    #[doc(hidden)]
    pub fn observed(root: impl Into<PathBuf>, observer: Arc<dyn Observer>) -> Self {
        Self::with(root.into(), Some(observer))
    }

    /// Returns the root as it was given.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Says whether there is a `.torch-patch/`, be it only what an interrupted operation left.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.layout.directory().is_dir()
    }

    /// Says whether there is more in `.torch-patch/` than copies of users' versions, which stay when all else is gone.
    #[must_use]
    pub fn has_more_than_copies(&self) -> bool {
        let names = vault::names_in(self.layout.directory());
        let kept = self.layout.kept();
        let kept = kept.file_name().and_then(|name| name.to_str());
        names.is_ok_and(|names| names.iter().any(|name| Some(name.as_str()) != kept))
    }

    /// Names the copies of users' versions of files that are called as this one, in this directory or another.
    ///
    /// # Errors
    /// Their directory cannot be read.
    pub fn kept_copies(&self, path: &RelativePath) -> Result<Vec<PathBuf>, StoreError> {
        kept::copies(self, path).map_err(|error| {
            StoreError::denied_or_io("list the copies in", self.layout.kept(), error)
        })
    }

    /// Reads the ledger without the lock: one file, nothing written.
    ///
    /// # Errors
    /// The ledger cannot be read, is damaged, or is of a newer format.
    pub fn read(&self) -> Result<View, StoreError> {
        View::read(self)
    }

    /// Takes the lock, then finishes or undoes by digest what a crash left.
    ///
    /// Makes `.torch-patch/`; unless something is committed, it is removed with the lock if it held nothing.
    ///
    /// # Errors
    /// Another process holds the lock for longer than the timeout; the directory cannot be made; the ledger cannot
    /// be read; or the recovery failed, and the intent is still recorded.
    pub fn lock(&self, options: &LockOptions) -> Result<Locked<'_>, StoreError> {
        Locked::acquire(self, options)
    }

    /// Reads the file at `path`; `None` if there is none.
    ///
    /// # Errors
    /// The path leads out of the root or into the store's own directory, something on the way is no directory, the
    /// file is not a regular one (it is not opened then) or too large, or it cannot be read.
    pub fn target(&self, path: &RelativePath) -> Result<Option<Target>, StoreError> {
        confine::read(&self.root, path, &confine::locate(&self.root, path)?)
    }

    /// Says whether the process that has taken a lease is still there.
    ///
    /// # Errors
    /// The file of the lease cannot be looked at, or is none.
    pub fn is_leased(&self, number: u32) -> Result<bool, StoreError> {
        lease::is_alive(&self.layout, number)
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn disk(&self) -> &Disk {
        &self.disk
    }

    fn with(root: PathBuf, observer: Option<Arc<dyn Observer>>) -> Self {
        let layout = Layout::below(&root);
        let disk = Disk::new(root.clone(), observer);
        Self {
            root,
            layout,
            disk: Arc::new(disk),
        }
    }
}
