//! One change of several files, all or none: keep, intend, replace, settle. [`Locked::commit`](crate::Locked::commit)
//! says what survives a crash at each point.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::change::{Change, Committed};
use crate::digest::Digest;
use crate::error::StoreError;
use crate::intent::IntendedFile;
use crate::plan::{Content, Plan};
use crate::replace::{Replacement, replace};
use crate::store::Store;
use crate::vault::Vault;
use crate::view::{View, backups, blobs};
use crate::{kept, records, recovery};

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
    let store = view.store();
    let result = keep_contents(store, plan);
    if let Err(error) = result {
        // Nothing refers to what was kept so far; what stays goes with the next change.
        let _ = records::collect(store, view.ledger());
        return Err(error);
    }
    let result = intend_and_replace(view, plan);
    result.map_err(|error| {
        if store.disk().is_dead() {
            return error;
        }
        error.with_rollback(recovery::roll_back(view, &plan.intent))
    })
}

fn keep_contents(store: &Store, plan: &Plan) -> Result<(), StoreError> {
    keep(store, &backups(store.layout()), &plan.backups)?;
    keep(store, &blobs(store.layout()), &plan.blobs)
}

fn keep(
    store: &Store,
    vault: &Vault,
    contents: &BTreeMap<Digest, Vec<u8>>,
) -> Result<(), StoreError> {
    let contents = contents
        .iter()
        .map(|(digest, bytes)| (*digest, bytes.as_slice()));
    vault.keep(store.disk(), contents).map_err(|error| {
        StoreError::denied_or_io("keep contents in", store.layout().directory(), error)
    })
}

fn intend_and_replace(view: &View, plan: &Plan) -> Result<Vec<PathBuf>, StoreError> {
    let store = view.store();
    let mut kept = Vec::new();
    if !plan.intent.files.is_empty() {
        records::write(store, view.ledger(), Some(&plan.intent))?;
    }
    for (file, content) in plan.intent.files.iter().zip(&plan.contents) {
        kept.extend(replace_one(store, plan, file, content)?);
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
        metadata: content.metadata,
        derived: &file.derived,
    };
    replace(store, replacement)?;
    Ok(copy)
}
