//! Brings an environment to what a project file says.
//!
//! What the project has asked for before and asks for no more is taken back; what others have asked for stays.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use torch_patch_set::{Catalogue, Origin};

use crate::apply::{apply, with_required};
use crate::context::{Context, word};
use crate::error::Error;
use crate::load::{load_file, names_file};
use crate::progress::Progress;
use crate::project::{Lock, LockDifference, Project, ProjectError};
use crate::report::{Command, LockReport, LockState, ProjectReport, Report};
use crate::request::{ApplyRequest, LOCK_TIMEOUT, Mode, StatusRequest, seconds};
use crate::status::status;

/// Asks for an environment to be brought to what a project file says.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct SyncRequest {
    /// Whether to stop before anything is written.
    pub mode: Mode,
    /// Whether the lock is left as it is, and what differs from it is an error.
    pub locked: bool,
    /// Whether a hand-made edit is taken over, its original proven by the distribution's `RECORD`.
    pub adopt: bool,
    /// Whether all patches with the risk `unsafe` are applied, not just those that the project file accepts.
    pub accept_risk: bool,
    /// Whether the lines of edits that were in place before are worked out too.
    pub lines: bool,
    /// How long to wait for another process that changes the same environment.
    #[serde(with = "seconds")]
    pub lock_timeout: Duration,
}

impl Default for SyncRequest {
    fn default() -> Self {
        Self {
            mode: Mode::Write,
            locked: false,
            adopt: false,
            accept_risk: false,
            lines: false,
            lock_timeout: LOCK_TIMEOUT,
        }
    }
}

/// Adds the patch files of a project to a catalogue; the ids of all its patches.
///
/// # Errors
///
/// A patch file cannot be read or is none, or two patches have the same id.
pub fn project_patches(project: &Project, catalogue: &mut Catalogue) -> Result<Vec<String>, Error> {
    let mut ids = Vec::new();
    for word in project.patches() {
        if !names_file(word) {
            ids.push(word.to_owned());
            continue;
        }
        let patch = load_file(&project.directory().join(word))?;
        ids.push(patch.id.clone());
        let is_there = catalogue.find(&patch.id).and_then(Result::ok);
        let is_same = is_there.is_some_and(|other| same_file(other.origin(), patch.origin()));
        if !is_same {
            catalogue.add(patch)?;
        }
    }
    Ok(ids)
}

/// Brings an environment to what a project file says: `patches` are its patches by their ids.
///
/// The results are those of the wanted patches, those they require, and those that were taken back. With
/// [`Mode::DryRun`] the report is not `ok` if anything would change, the lock included.
///
/// # Errors
///
/// Those of [`apply`]; the lock cannot be read or written, or with `locked` differs. Nothing was changed then, unless the
/// error says so.
pub fn sync(
    context: &Context,
    project: &Project,
    patches: &[String],
    request: &SyncRequest,
    progress: &mut dyn Progress,
) -> Result<Report, Error> {
    check_risk(context, project, patches, request)?;
    let old = Lock::read(project)?;
    if request.locked {
        check_lock(context, project, patches, old.as_ref())?;
    }
    let wanted = ApplyRequest {
        mode: request.mode,
        adopt: request.adopt,
        accept_risk: true,
        lines: request.lines,
        owner: Some(project.owner()),
        exact: true,
        lock_timeout: request.lock_timeout,
        ..ApplyRequest::new(patches)
    };
    let mut report = apply(context, &wanted, progress)?;
    report.command = Command::Sync;
    let mut results = report.results.iter();
    let holds = results.all(|own| own.outcome.is_wanted_state()) || request.mode == Mode::Write;
    let lock = settle_lock(context, project, patches, old.as_ref(), request, holds)?;
    report.ok = holds && lock.differences.is_empty();
    report.project = Some(ProjectReport {
        lock: Some(lock),
        ..project.report()
    });
    Ok(report)
}

/// Compares the lock with what is in place, and writes it if it is to be written.
fn settle_lock(
    context: &Context,
    project: &Project,
    patches: &[String],
    old: Option<&Lock>,
    request: &SyncRequest,
    holds: bool,
) -> Result<LockReport, Error> {
    let current = current_lock(context, project, patches)?;
    let mut differences = current.differences(old);
    if !holds {
        // What is in place is not what is to be there, and says nothing about the lock.
        differences.retain(|difference| !matches!(difference, LockDifference::Target { .. }));
    }
    let mut state = match (old, differences.is_empty()) {
        (None, _) => LockState::Missing,
        (_, true) => LockState::Current,
        _ => LockState::Outdated,
    };
    if request.mode == Mode::Write && !request.locked {
        let is_written = current.with_other_platforms(old).write(project)?;
        state = if is_written {
            LockState::Written
        } else {
            LockState::Current
        };
        differences.clear();
    }
    Ok(LockReport {
        path: project.lock_path().to_string_lossy().into_owned(),
        state,
        differences: told(&differences),
    })
}

/// In words; that there is no lock is the state itself.
fn told(differences: &[LockDifference]) -> Vec<String> {
    let told = differences.iter();
    let told = told.filter(|difference| **difference != LockDifference::NoLock);
    told.map(ToString::to_string).collect()
}

/// What is in place, as the lock has it.
fn current_lock(context: &Context, project: &Project, patches: &[String]) -> Result<Lock, Error> {
    let known = with_required(context, patches)?;
    let ids: Vec<String> = known.iter().map(|own| own.patch().id.clone()).collect();
    if ids.is_empty() {
        return Lock::of(context, project, &[]);
    }
    let found = status(context, &StatusRequest::new(ids))?;
    Lock::of(context, project, &found.results)
}

/// Refuses patch files that are others than were locked.
fn check_lock(
    context: &Context,
    project: &Project,
    patches: &[String],
    old: Option<&Lock>,
) -> Result<(), Error> {
    let current = current_lock(context, project, patches)?;
    let mut differences = current.differences(old);
    // What is installed is not in the hands of those who have reviewed the lock.
    differences.retain(|difference| !matches!(difference, LockDifference::Target { .. }));
    if differences.is_empty() {
        return Ok(());
    }
    Err(ProjectError::LockOutdated {
        path: project.lock_path(),
        differences,
    }
    .into())
}

/// Refuses unsafe patches that neither the project file nor the request accepts.
fn check_risk(
    context: &Context,
    project: &Project,
    patches: &[String],
    request: &SyncRequest,
) -> Result<(), Error> {
    for known in with_required(context, patches)? {
        let patch = known.patch();
        let is_accepted = request.accept_risk || project.accepted().contains(&patch.id);
        if patch.risk.needs_consent() && !is_accepted {
            return Err(ProjectError::Unsafe {
                patch: patch.id.clone(),
                word: word(patch),
                path: project.path().to_path_buf(),
            }
            .into());
        }
    }
    Ok(())
}

fn same_file(one: &Origin, other: &Origin) -> bool {
    let path = |origin: &Origin| match origin {
        Origin::File(path) => dunce::canonicalize(path).ok(),
        _ => None,
    };
    let path_of_one: Option<PathBuf> = path(one);
    path_of_one.is_some() && path_of_one == path(other)
}
