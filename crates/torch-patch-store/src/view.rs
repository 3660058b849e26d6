//! What the store says without the lock: the ledger and a pending intent are read, nothing is written.

use std::collections::BTreeSet;
use std::path::Path;

use crate::confine;
use crate::digest::Digest;
use crate::error::StoreError;
use crate::intent::Intent;
use crate::layout::Layout;
use crate::ledger::Ledger;
use crate::recovery;
use crate::store::Store;
use crate::vault::Vault;
use crate::wire;

/// Holds the ledger as it was at one moment. It can be out of date as soon as it is read.
#[derive(Clone, Debug)]
pub struct View {
    store: Store,
    ledger: Ledger,
    pending: Option<Intent>,
}

impl View {
    pub(crate) fn read(store: &Store) -> Result<Self, StoreError> {
        let layout = store.layout();
        for directory in [
            layout.backups(),
            layout.patches(),
            layout.kept(),
            layout.leases(),
        ] {
            confine::look_at_own_directory(store.root(), &directory)?;
        }
        let read = |file: &Path| confine::read_own(store.root(), file);
        // The intent first: one that ends in between is found in the ledger then.
        let intent = store.layout().intent();
        let pending = read(&intent)?.map(|bytes| wire::parse_intent(&intent, &bytes));
        let pending = pending.transpose()?;
        let ledger = store.layout().ledger();
        let ledger = read(&ledger)?.map(|bytes| wire::parse_ledger(&ledger, &bytes));
        let ledger = ledger.transpose()?.unwrap_or_default();
        Ok(Self {
            store: store.clone(),
            ledger,
            pending,
        })
    }

    /// Returns the ledger, empty if there is none. With a pending intent: as it was before.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Returns the change that was begun and not ended, by a crash or by a process that is still at it.
    #[must_use]
    pub fn pending(&self) -> Option<&Intent> {
        self.pending.as_ref()
    }

    /// Returns the ledger that the next [`Store::lock`] will settle on: by digest, writing nothing.
    ///
    /// # Errors
    /// A file of a pending intent cannot be read.
    pub fn settled(&self) -> Result<&Ledger, StoreError> {
        match &self.pending {
            Some(intent) if recovery::is_complete(&self.store, intent)? => Ok(&intent.ledger),
            _ => Ok(&self.ledger),
        }
    }

    /// Reads a backup, proven by its digest.
    ///
    /// # Errors
    /// It is missing, unreadable, or not what its name says.
    pub fn backup(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        backups(self.store.layout()).read(*digest)
    }

    /// Reads the bytes of a kept patch file, proven by their digest.
    ///
    /// # Errors
    /// They are missing, unreadable, or not what their name says.
    pub fn blob(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        blobs(self.store.layout()).read(*digest)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }
}

pub(crate) fn backups(layout: &Layout) -> Vault {
    Vault::at(layout.root(), layout.backups())
}

pub(crate) fn blobs(layout: &Layout) -> Vault {
    Vault::at(layout.root(), layout.patches())
}

/// Names the backups a ledger needs.
pub(crate) fn wanted_backups(ledger: &Ledger) -> BTreeSet<Digest> {
    ledger
        .files
        .values()
        .filter_map(|entry| entry.pristine)
        .collect()
}

/// Names the patch files a ledger needs.
pub(crate) fn wanted_blobs(ledger: &Ledger) -> BTreeSet<Digest> {
    ledger
        .files
        .values()
        .flat_map(|entry| &entry.patches)
        .map(|layer| layer.digest)
        .collect()
}
