//! Puts single files of installed distributions back to what they should be.
//!
//! That is the original, proven by the sha256 in `RECORD`; of a file with recorded patches, the original with these.
//! What was there is kept as a copy. Nothing else of the distribution is touched.
//!
//! Architecture invariant: bytes that are not proven are never written.

mod located;
mod restoring;
mod unlocated;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use torch_patch_store::{RelativePath, Store};

use crate::context::Context;
use crate::error::Error;
use crate::pristine::{Proven, Sources};
use crate::progress::Progress;
use crate::records::{Records, look};
use crate::report::{Command, Report};
use crate::request::{LOCK_TIMEOUT, Mode};
use crate::restored::{RestoreOutcome, RestoredReport};
use crate::write::{commit, lock};
pub(crate) use located::paths_below;
use located::{Located, locate};
use restoring::Restoring;
pub use unlocated::Unlocated;

/// Which files are put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreRequest {
    /// The files: absolute, or relative to `cwd`, or to a site-packages directory.
    pub files: Vec<PathBuf>,
    /// What relative paths are taken from first.
    pub cwd: PathBuf,
    /// Whether patches are put back with their file.
    pub patches: OnPatches,
    /// Whether to stop before anything is written.
    pub mode: Mode,
    /// How long to wait for another process that changes the same environment.
    pub lock_timeout: Duration,
}

/// What is done about the patches of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnPatches {
    /// The file is to have them, as it is recorded.
    #[default]
    Keep,
    /// The file is to be the original, and nothing is recorded of it any more.
    Drop,
}

impl RestoreRequest {
    /// Asks for these files with the defaults of the command line.
    pub fn new<I, P>(cwd: impl Into<PathBuf>, files: I) -> Self
    where
        I: IntoIterator<Item = P>,
        P: Into<PathBuf>,
    {
        Self {
            files: files.into_iter().map(Into::into).collect(),
            cwd: cwd.into(),
            patches: OnPatches::Keep,
            mode: Mode::Write,
            lock_timeout: LOCK_TIMEOUT,
        }
    }
}

/// Puts files back, all or none in each site-packages directory.
///
/// # Errors
///
/// A file is no distribution's, its original is not to be had, a recorded patch cannot be put back, or the store cannot
/// write. Nothing was changed then.
pub fn restore(
    context: &Context,
    request: &RestoreRequest,
    sources: &Sources<'_>,
    progress: &mut dyn Progress,
) -> Result<Report, Error> {
    let groups = groups(context, request)?;
    let mut search = Search {
        sources,
        found: BTreeMap::new(),
        on_patches: request.patches,
    };
    let mut waiting = Vec::new();
    let mut reports = Vec::new();
    // Everything is found and planned before the first lock: a wheel may be far away.
    for (store, files) in &groups {
        let plan = look(store, |records, _| search.plan(records, files, progress))?;
        let is_nothing = is_clean(store)? && plan.iter().all(Restoring::is_nothing);
        if request.mode == Mode::DryRun || is_nothing {
            let outcome = RestoreOutcome::WouldRestore;
            reports.extend(plan.iter().map(|file| file.report(None, outcome)));
        } else {
            waiting.push((store, files));
        }
    }
    for (store, files) in waiting {
        reports.extend(write(
            context,
            store,
            files,
            request,
            &mut search,
            progress,
        )?);
    }
    Ok(report(context, &groups, reports))
}

/// Whether nothing is left of a change that was interrupted: neither the change, nor what it kept for its undo.
fn is_clean(store: &Store) -> Result<bool, Error> {
    let view = store.read()?;
    let is_used = !view.ledger().is_empty();
    Ok(view.pending().is_none() && (is_used || !store.has_more_than_copies()))
}

/// The files by their site-packages directory, each once.
fn groups(
    context: &Context,
    request: &RestoreRequest,
) -> Result<Vec<(Store, Vec<Located>)>, Error> {
    let mut groups: Vec<(Store, Vec<Located>)> = Vec::new();
    for word in &request.files {
        let (root, file) = locate(context, word, &request.cwd)?;
        let known = groups.iter_mut().find(|(store, _)| store.root() == root);
        match known {
            Some((_, files)) if files.iter().any(|other| other.path == file.path) => {}
            Some((_, files)) => files.push(file),
            None => groups.push((Store::new(root), vec![file])),
        }
    }
    Ok(groups)
}

fn write(
    context: &Context,
    store: &Store,
    files: &[Located],
    request: &RestoreRequest,
    search: &mut Search<'_>,
    progress: &mut dyn Progress,
) -> Result<Vec<RestoredReport>, Error> {
    let timeout = request.lock_timeout;
    let mut locked = lock(context, store, "torch-patch restore", timeout, progress)?;
    let records = Records::Locked {
        store,
        locked: &locked,
    };
    let plan = search.plan(&records, files, progress)?;
    let committed = commit(&mut locked, restoring::change(&plan), progress)?;
    let kept = restoring::kept(&plan, &committed);
    let reports = plan.iter().zip(kept).map(|(file, kept)| RestoredReport {
        kept,
        ..file.report(Some(&committed), RestoreOutcome::Restored)
    });
    let reports = reports.collect();
    locked.release()?;
    Ok(reports)
}

/// One result for each file, in the order in which they were named.
fn report(
    context: &Context,
    groups: &[(Store, Vec<Located>)],
    reports: Vec<RestoredReport>,
) -> Report {
    let mut environment = context.environment_report();
    if let Some((store, _)) = groups.first() {
        environment.site_packages = store.root().to_string_lossy().into_owned();
    }
    let mut report = Report::new(Command::Restore, environment, Vec::new());
    report.restored = reports;
    report
}

/// The search for originals, and what it has found by now.
struct Search<'s> {
    sources: &'s Sources<'s>,
    found: BTreeMap<(PathBuf, RelativePath), Proven>,
    on_patches: OnPatches,
}

impl Search<'_> {
    /// Works out what becomes of each file.
    fn plan(
        &mut self,
        records: &Records<'_>,
        files: &[Located],
        progress: &mut dyn Progress,
    ) -> Result<Vec<Restoring>, Error> {
        let files = files.iter();
        files
            .map(|file| Restoring::plan(records, file, self, progress))
            .collect()
    }
}
