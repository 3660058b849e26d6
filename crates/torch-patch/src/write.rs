//! The way to a change on disk: the lock, what an interrupted operation left, and the commit.

use std::time::Duration;

use torch_patch_store::{Change, Committed, LockOptions, Locked, Store, Wanted};

use crate::context::Context;
use crate::error::Error;
use crate::progress::{Progress, Step};
use crate::runs::heal;

/// Takes the lock in the name of a command, and tells what had to be settled: a change that was interrupted, and what a
/// `run` has left that was killed.
pub(crate) fn lock<'s>(
    context: &Context,
    store: &'s Store,
    holder: &str,
    timeout: Duration,
    progress: &mut dyn Progress,
) -> Result<Locked<'s>, Error> {
    let site_packages = store.root().to_string_lossy().into_owned();
    progress.step(&Step::Lock { site_packages });
    let mut locked = store.lock(&LockOptions {
        timeout,
        ..LockOptions::new(holder)
    })?;
    let recovered = locked.recovered().files.iter();
    let files: Vec<String> = recovered.map(|path| path.as_str().to_owned()).collect();
    if !files.is_empty() {
        progress.step(&Step::Recovered { files });
    }
    heal(context, store, &mut locked, progress)?;
    Ok(locked)
}

/// Does a change, if there is anything in it.
pub(crate) fn commit(
    locked: &mut Locked<'_>,
    change: Change,
    progress: &mut dyn Progress,
) -> Result<Committed, Error> {
    if change.files.is_empty() {
        return Ok(Committed::default());
    }
    for file in &change.files {
        if file.wanted != Wanted::Keep {
            let path = file.path.as_str().to_owned();
            progress.step(&Step::Write { path });
        }
    }
    Ok(locked.commit(change)?)
}
