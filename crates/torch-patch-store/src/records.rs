//! Writing the store's own records: the ledger, the intent, and what they refer to.

use std::io;

use crate::disk::{NewFile, Placement};
use crate::error::StoreError;
use crate::ledger::Ledger;
use crate::store::Store;
use crate::view::{backups, blobs, wanted_backups, wanted_blobs};
use crate::wire;

/// The intent on the way to its place.
pub(crate) fn intent_placement<'b>(store: &Store, bytes: &'b [u8]) -> Placement<'b> {
    Placement {
        temporary: store.layout().new_intent(),
        path: store.layout().intent(),
        new: NewFile {
            bytes,
            ..NewFile::default()
        },
    }
}

/// Ends a change: `ledger` holds from here on.
///
/// With an intent its file only gets the ledger's name. That this is durable does not matter before the next change,
/// which sees to it: an intent that comes back is complete, and is ended again.
pub(crate) fn end(store: &Store, ledger: &Ledger) -> Result<(), StoreError> {
    let (layout, disk) = (store.layout(), store.disk());
    let denied = |error| StoreError::denied_or_io("write", layout.ledger(), error);
    if layout.intent().exists() {
        disk.promote(&layout.intent(), &layout.ledger())
            .map_err(denied)?;
    } else {
        let bytes = wire::render_ledger(ledger)?;
        let new = NewFile {
            bytes: &bytes,
            ..NewFile::default()
        };
        disk.place(&layout.new_ledger(), &layout.ledger(), new)
            .map_err(denied)?;
        disk.sync_directory(layout.directory()).map_err(denied)?;
    }
    if ledger.is_empty() {
        // An empty ledger says the same as none: one that stays goes with the lock.
        let _ = disk.remove(&layout.ledger());
        // The next change finds no ledger that tells it to sync this end before it begins, and the directory may stay:
        // the ledger of before must not come back beside the next intent, when its backups are gone.
        let _ = disk.sync_directory(layout.directory());
    }
    Ok(())
}

/// Gives up a change that has been undone: the ledger holds as it was.
pub(crate) fn abandon(store: &Store) -> Result<(), StoreError> {
    let (layout, disk) = (store.layout(), store.disk());
    let denied = |error| StoreError::denied_or_io("write", layout.ledger(), error);
    disk.remove(&layout.new_intent()).map_err(denied)?;
    if disk.remove(&layout.intent()).map_err(denied)? {
        disk.sync_directory(layout.directory()).map_err(denied)?;
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
    disk.remove(&layout.new_intent())?;
    disk.remove(&layout.ledger())?;
    Ok(())
}
