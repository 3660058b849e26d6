//! One change of several files, all or none: keep, intend, replace, settle. [`Locked::commit`](crate::Locked::commit)
//! says what survives a crash at each point.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use crate::change::{Change, Committed};
use crate::error::StoreError;
use crate::intent::IntendedFile;
use crate::plan::{Content, Plan};
use crate::replace::{Replacement, replace};
use crate::store::Store;
use crate::view::{View, backups, blobs};
use crate::{kept, records, recovery, wire};

/// Does a change. `view` is the state under the lock.
pub(crate) fn commit(view: &View, change: Change) -> Result<Committed, StoreError> {
    if view.pending().is_some() {
        // A rollback has failed under this lock: settle it first, by what is on disk now.
        recovery::recover(view)?;
        return commit(&View::read(view.store())?, change);
    }
    let store = view.store();
    let start = store.disk().bytes_written();
    let plan = Plan::new(view, change)?;
    let is_noop = plan.intent.files.is_empty() && plan.intent.ledger == *view.ledger();
    let kept = if is_noop {
        Vec::new()
    } else {
        perform(view, &plan)?
    };
    Ok(Committed {
        files: plan.files,
        kept,
        bytes_written: store.disk().bytes_written() - start,
    })
}

fn perform(view: &View, plan: &Plan) -> Result<Vec<PathBuf>, StoreError> {
    keep_and_intend(view, plan)
        .and_then(|()| replace_all(view, plan))
        .map_err(|error| {
            if view.store().disk().is_dead() {
                return error;
            }
            error.with_rollback(recovery::roll_back(view, &plan.intent))
        })
}

/// Makes everything durable that the change or its undo depends on, in one go.
fn keep_and_intend(view: &View, plan: &Plan) -> Result<(), StoreError> {
    let store = view.store();
    let intent = wire::render_intent(&plan.intent)?;
    keep(store, plan, &intent).map_err(|error| {
        StoreError::denied_or_io("keep contents in", store.layout().directory(), error)
    })
}

fn keep(store: &Store, plan: &Plan, intent: &[u8]) -> io::Result<()> {
    let (layout, disk) = (store.layout(), store.disk());
    if layout.ledger().exists() {
        // The end of the change before: its intent must not come back when this one's is there.
        disk.sync_directory(layout.directory())?;
    }
    let (backups, blobs) = (backups(layout), blobs(layout));
    let mut placements = backups.stage(disk, &plan.backups, &plan.links)?;
    placements.extend(blobs.stage(disk, &plan.blobs, &BTreeMap::new())?);
    if !plan.intent.files.is_empty() {
        placements.push(records::intent_placement(store, intent));
    }
    disk.place_all(&placements)?;
    for (vault, contents) in [(&backups, &plan.backups), (&blobs, &plan.blobs)] {
        if !contents.is_empty() {
            disk.sync_directory(vault.directory())?;
        }
    }
    disk.sync_directory(layout.directory())?;
    if !layout.ledger().exists() {
        // The store's directory itself is new then.
        disk.sync_directory(store.root())?;
    }
    Ok(())
}

fn replace_all(view: &View, plan: &Plan) -> Result<Vec<PathBuf>, StoreError> {
    let mut kept = Vec::new();
    for (file, content) in plan.intent.files.iter().zip(&plan.contents) {
        kept.extend(replace_one(view.store(), plan, file, content)?);
    }
    recovery::finish(view, &plan.intent)?;
    Ok(kept)
}

fn replace_one(
    store: &Store,
    plan: &Plan,
    file: &IntendedFile,
    content: &Content,
) -> Result<Option<PathBuf>, StoreError> {
    let before = file
        .before
        .and_then(|digest| plan.backups.get(&digest))
        .filter(|_| content.keep_copy);
    let copy = before
        .map(|bytes| kept::keep(store, &file.path, bytes))
        .transpose()?;
    let replacement = Replacement {
        path: &file.path,
        from: file.before,
        to: content.bytes.as_deref(),
        wanted: file.after,
        metadata: content.metadata,
        derived: &file.derived,
    };
    replace(store, replacement)?;
    Ok(copy)
}
