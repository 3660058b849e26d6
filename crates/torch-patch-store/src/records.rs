//! Writing the store's own records: the ledger with or without an intent, and what it refers to.

use std::io;

use fs_err as fs;

use crate::disk::NewFile;
use crate::error::StoreError;
use crate::intent::Intent;
use crate::ledger::Ledger;
use crate::store::Store;
use crate::view::{backups, blobs, wanted_backups, wanted_blobs};
use crate::wire;

/// Replaces the ledger at once and makes that durable. An empty one without an intent is removed instead.
pub(crate) fn write(
    store: &Store,
    ledger: &Ledger,
    intent: Option<&Intent>,
) -> Result<(), StoreError> {
    let (layout, disk) = (store.layout(), store.disk());
    let denied = |error| StoreError::denied_or_io("write", layout.ledger(), error);
    if ledger.is_empty() && intent.is_none() {
        if disk.remove(&layout.ledger()).map_err(denied)? {
            disk.sync_directory(layout.directory()).map_err(denied)?;
        }
        return Ok(());
    }
    let is_first = fs::symlink_metadata(layout.ledger()).is_err();
    let bytes = wire::render(ledger, intent)?;
    let new = NewFile {
        bytes: &bytes,
        ..NewFile::default()
    };
    disk.place(&layout.new_ledger(), &layout.ledger(), new)
        .map_err(denied)?;
    disk.sync_directory(layout.directory()).map_err(denied)?;
    if is_first {
        // The store's directory itself is new then.
        disk.sync_directory(store.root()).map_err(denied)?;
    }
    Ok(())
}

/// Removes what the ledger does not refer to. Nothing depends on it: what stays goes the next time.
pub(crate) fn collect(store: &Store, ledger: &Ledger) -> io::Result<()> {
    let (layout, disk) = (store.layout(), store.disk());
    backups(layout).retain(disk, &wanted_backups(ledger))?;
    blobs(layout).retain(disk, &wanted_blobs(ledger))
}

/// Removes everything but the lock and the copies that are the user's.
pub(crate) fn clear(store: &Store) -> io::Result<()> {
    let (layout, disk) = (store.layout(), store.disk());
    collect(store, &Ledger::default())?;
    disk.remove(&layout.new_ledger())?;
    disk.remove(&layout.ledger())?;
    Ok(())
}
