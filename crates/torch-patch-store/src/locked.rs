//! The store with its lock held: the only way to change anything.

use std::mem;

use crate::change::{Change, Committed};
use crate::digest::Digest;
use crate::error::StoreError;
use crate::intent::Intent;
use crate::lease::{self, Lease};
use crate::ledger::Ledger;
use crate::lock::{self, Lock, LockOptions};
use crate::path::RelativePath;
use crate::records;
use crate::recovery::{self, Recovery};
use crate::store::Store;
use crate::target::Target;
use crate::transaction;
use crate::view::View;

/// Holds the lock of a store. Dropping it lets go; if the ledger is empty then, `.torch-patch/` is removed.
#[derive(Debug)]
pub struct Locked<'store> {
    store: &'store Store,
    view: View,
    /// Whether `view` is what is on disk: after a commit it may be impossible to read.
    is_current: bool,
    recovery: Recovery,
    lock: Option<Lock>,
}

impl<'store> Locked<'store> {
    pub(crate) fn acquire(store: &'store Store, options: &LockOptions) -> Result<Self, StoreError> {
        let lock = Lock::acquire(store.layout(), store.disk(), options)?;
        let view = View::read(store)?;
        let recovery = recovery::recover(&view)?;
        let view = if recovery.is_nothing() {
            view
        } else {
            View::read(store)?
        };
        Ok(Self {
            store,
            view,
            is_current: true,
            recovery,
            lock: Some(lock),
        })
    }

    /// Returns the ledger.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        self.view.ledger()
    }

    /// Returns the change that was begun and not ended: only after a commit whose rollback failed too.
    #[must_use]
    pub fn pending(&self) -> Option<&Intent> {
        self.view.pending()
    }

    /// Returns what taking the lock had to finish or undo.
    #[must_use]
    pub fn recovered(&self) -> &Recovery {
        &self.recovery
    }

    /// Reads the file at `path`, as [`Store::target`].
    ///
    /// # Errors
    /// As [`Store::target`].
    pub fn target(&self, path: &RelativePath) -> Result<Option<Target>, StoreError> {
        self.store.target(path)
    }

    /// Reads a backup, as [`View::backup`].
    ///
    /// # Errors
    /// As [`View::backup`].
    pub fn backup(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        self.view.backup(digest)
    }

    /// Reads a kept patch file, as [`View::blob`].
    ///
    /// # Errors
    /// As [`View::blob`].
    pub fn blob(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        self.view.blob(digest)
    }

    /// Does a change, all or none.
    ///
    /// What survives if the process dies, or the machine, while this runs:
    ///
    /// 1. *Checking* (digests, bounds, rights): nothing is written yet.
    /// 2. *Keeping* original and present contents in `backups/` and patch files in `patches/`, synced: everything is
    ///    as before; the next commit or the last one out removes what nothing refers to. A file without another name
    ///    gets a second one there, every other one is copied.
    /// 3. *The intent*, in `intent.json`, synced with those, and then their directories: from here on the next
    ///    [`Store::lock`] knows what was begun, and every content before is in `backups/`.
    /// 4. *Each file*: its digest is taken once more; the new content goes to a temporary file beside it, gets mode
    ///    and owner, is synced, takes the file's place by rename, and the directory is synced; files derived from it
    ///    are removed; it is read back. At any point each file is either wholly as before or wholly as wanted. The
    ///    next lock finishes if all are as wanted, else it puts those that are back to what they were before.
    /// 5. *The new ledger*: `intent.json` is renamed to `ledger.json`, and the change is done. If the power fails now
    ///    and the intent comes back, all its files are as wanted, and it is ended again. The next commit syncs the
    ///    directory before it begins; if nothing is recorded any more, this one does. What nothing refers to any more
    ///    is removed after that.
    ///
    /// A file that is neither as before nor as wanted was changed by somebody else and is left alone.
    ///
    /// # Errors
    /// Nothing is changed: what had been replaced is put back, [`StoreError::rollback`] tells what. If that fails
    /// too, the intent stays recorded for the next lock.
    pub fn commit(&mut self, change: Change) -> Result<Committed, StoreError> {
        if !self.is_current {
            self.view = View::read(self.store)?;
        }
        let committed = transaction::commit(&self.view, change);
        if self.store.disk().is_dead() {
            return committed;
        }
        // What is done is done, even if it cannot be read back now: no error of the change, and nothing to clear by.
        let view = View::read(self.store);
        self.is_current = view.is_ok();
        self.view = view.unwrap_or_else(|_| self.view.clone());
        committed
    }

    /// Takes the lease with a number; `None` if another process has it.
    ///
    /// # Errors
    /// Its file cannot be made, or the file system has no locks.
    pub fn lease(&self, number: u32) -> Result<Option<Lease>, StoreError> {
        lease::take(self.store.layout(), self.store.disk(), number)
    }

    /// Lets go of the lock, as dropping does, but tells an error.
    ///
    /// # Errors
    /// What is left of an empty store could not be removed.
    pub fn release(mut self) -> Result<(), StoreError> {
        self.leave()
    }

    fn leave(&mut self) -> Result<(), StoreError> {
        let Some(lock) = mem::take(&mut self.lock) else {
            return Ok(());
        };
        let is_empty = self.view.ledger().is_empty() && self.view.pending().is_none();
        let is_last = self.is_current && is_empty;
        if !is_last || self.store.disk().is_dead() {
            return Ok(());
        }
        let left = records::clear(self.store)
            .and_then(|()| lease::remove_dead(self.store.layout(), self.store.disk()))
            .and_then(|()| lock::remove(lock, self.store.layout(), self.store.disk()));
        left.map_err(|error| {
            StoreError::denied_or_io("remove", self.store.layout().directory(), error)
        })
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // Whoever wants to know calls `release`; what stays is removed by the next one out.
        let _ = self.leave();
    }
}
