//! Brings patches into an environment.
//!
//! Architecture invariants: nothing is written before the whole plan is computed without conflict;
//! applying to its own result writes nothing; success is reported from the digests read back.

use std::collections::BTreeMap;

use torch_patch_set::{Action, Patch};
use torch_patch_store::{FileEntry, Ledger, RelativePath, Store};

use crate::context::{Case, Context, Need, word};
use crate::error::{Error, ErrorKind};
use crate::known::{Known, find};
use crate::layers::recorded_patch;
use crate::plan::{Diffs, Plan};
use crate::progress::{Progress, Step};
use crate::records::{Records, look};
use crate::report::{Command, PatchReport, Report};
use crate::request::{ApplyRequest, Mode};
use crate::write::{commit, lock};

/// Tells what [`apply`] would do, and writes nothing. The reports of the files have diffs.
///
/// # Errors
///
/// Those of [`apply`].
pub fn plan(
    context: &Context,
    request: &ApplyRequest,
    progress: &mut dyn Progress,
) -> Result<Report, Error> {
    let request = ApplyRequest {
        mode: Mode::DryRun,
        ..request.clone()
    };
    let mut report = run(context, &request, progress, Diffs::Wanted)?;
    report.command = Command::Diff;
    Ok(report)
}

/// Brings the patches of a request, and those they require, into the environment: all or none.
///
/// # Errors
///
/// A patch or the distribution is not found, a patch does not fit, a file was changed by someone
/// else, or the store cannot write. Nothing was changed then.
pub fn apply(
    context: &Context,
    request: &ApplyRequest,
    progress: &mut dyn Progress,
) -> Result<Report, Error> {
    run(context, request, progress, Diffs::Unwanted)
}

fn run(
    context: &Context,
    request: &ApplyRequest,
    progress: &mut dyn Progress,
    diffs: Diffs,
) -> Result<Report, Error> {
    let known = with_required(context, &request.patches)?;
    let patches: Vec<&Patch> = known.iter().map(Known::patch).collect();
    check_exclusions(&patches)?;
    let mut cases = Vec::with_capacity(patches.len());
    for patch in patches {
        progress.step(&Step::Examine {
            patch: patch.id.clone(),
        });
        if patch.risk.needs_consent() && !request.accept_risk {
            let (patch, word) = (patch.id.clone(), word(patch));
            return Err(ErrorKind::Unsafe { patch, word }.into());
        }
        let case = context.case(patch)?;
        check_need(&case, request)?;
        cases.push(case);
    }
    let groups = by_root(&cases);
    let mut results: BTreeMap<usize, PatchReport> = BTreeMap::new();
    let mut waiting = Vec::new();
    for (store, members) in groups {
        match planned_unlocked(store, &cases, &members, request, diffs)? {
            Settled::Done(reports) => results.extend(reports),
            Settled::ToWrite(planned) => waiting.push((store, members, planned)),
        }
    }
    for (store, members, planned) in waiting {
        let again = |records: &Records<'_>| plan_members(records, &cases, &members, request);
        results.extend(write(store, planned, again, request, progress)?);
    }
    let distribution = cases.first().map(|case| &case.distribution);
    let environment = context.environment_report_of(distribution);
    let results = results.into_values().collect();
    Ok(Report::new(Command::Apply, environment, results))
}

/// What a look without the lock has settled.
enum Settled<'c> {
    /// There is nothing to write, or it is only asked what there would be.
    Done(Vec<(usize, PatchReport)>),
    /// `None`: the files are in the middle of a change, by a crash or by a process at work, and cannot be
    /// judged before that is settled.
    ToWrite(Option<Planned<'c>>),
}

/// A plan, and the ledger it was made from.
struct Planned<'c> {
    plan: Plan<'c>,
    ledger: Ledger,
}

fn planned_unlocked<'c>(
    store: &Store,
    cases: &'c [Case<'c>],
    members: &[usize],
    request: &ApplyRequest,
    diffs: Diffs,
) -> Result<Settled<'c>, Error> {
    look(store, |records, view| {
        if request.mode == Mode::Write && view.pending().is_some() {
            return Ok(Settled::ToWrite(None));
        }
        let plan = plan_members(records, cases, members, request)?;
        Ok(match request.mode {
            Mode::DryRun => Settled::Done(plan.reports(None, diffs)),
            Mode::Write if plan.is_empty() => Settled::Done(plan.reports(None, Diffs::Unwanted)),
            Mode::Write => Settled::ToWrite(Some(Planned {
                plan,
                ledger: records.ledger().clone(),
            })),
        })
    })
}

/// Writes what was planned without the lock, or what is planned again if that does not hold any more.
fn write<'c>(
    store: &Store,
    planned: Option<Planned<'c>>,
    again: impl Fn(&Records<'_>) -> Result<Plan<'c>, Error>,
    request: &ApplyRequest,
    progress: &mut dyn Progress,
) -> Result<Vec<(usize, PatchReport)>, Error> {
    let mut locked = lock(store, "torch-patch apply", request.lock_timeout, progress)?;
    let is_current = |planned: &Planned<'_>| *locked.ledger() == planned.ledger;
    let planned = planned.filter(is_current).map(|planned| planned.plan);
    let mut is_fresh = planned.is_none();
    let mut plan = planned.unwrap_or_default();
    let committed = loop {
        let records = Records::Locked {
            store,
            locked: &locked,
        };
        if is_fresh {
            plan = again(&records)?;
        }
        let change = plan.change(&records)?;
        match commit(&mut locked, change, progress) {
            // The store takes nothing from a plan whose files have changed since.
            Err(error) if error.is_changed_meanwhile() && !is_fresh => is_fresh = true,
            committed => break committed?,
        }
    };
    let reports = plan.reports(Some(&committed), Diffs::Unwanted);
    locked.release()?;
    Ok(reports)
}

fn plan_members<'c>(
    records: &Records<'_>,
    cases: &'c [Case<'c>],
    members: &[usize],
    request: &ApplyRequest,
) -> Result<Plan<'c>, Error> {
    let mut plan = Plan::default();
    for &member in members {
        let case = &cases[member];
        check_recorded_exclusions(records, case)?;
        plan.add(records, member, case, request)?;
    }
    plan.compose(records)?;
    Ok(plan)
}

/// The patches asked for, each after those it requires, each once.
fn with_required<'c>(context: &'c Context, ids: &[String]) -> Result<Vec<Known<'c>>, Error> {
    let mut patches = Vec::new();
    for id in ids {
        add(context, id, &mut patches, &mut Vec::new())?;
    }
    Ok(patches)
}

/// Adds a patch after those it requires; `open` are those that are being added.
fn add<'c>(
    context: &'c Context,
    id: &str,
    patches: &mut Vec<Known<'c>>,
    open: &mut Vec<String>,
) -> Result<(), Error> {
    let is_there = patches.iter().any(|known| known.patch().id == id);
    if is_there || open.iter().any(|other| other == id) {
        return Ok(());
    }
    let known = find(context, id)?;
    open.push(id.to_owned());
    for required in &known.patch().requires {
        add(context, required, patches, open)?;
    }
    open.pop();
    patches.push(known);
    Ok(())
}

fn check_exclusions(patches: &[&Patch]) -> Result<(), Error> {
    for patch in patches {
        let other = patches
            .iter()
            .find(|other| patch.conflicts.contains(&other.id));
        if let Some(other) = other {
            return Err(ErrorKind::Excluded {
                patch: patch.id.clone(),
                other: other.id.clone(),
                is_applied: false,
            }
            .into());
        }
    }
    Ok(())
}

/// Looks for patches in place that exclude the one of `case`, or are excluded by it.
fn check_recorded_exclusions(records: &Records<'_>, case: &Case<'_>) -> Result<(), Error> {
    let own = &case.patch.id;
    for (path, entry) in &records.ledger().files {
        for layer in entry.patches.iter().filter(|layer| layer.id != *own) {
            let is_excluded = case.patch.conflicts.contains(&layer.id)
                || recorded_patch(records, layer)?.conflicts.contains(own);
            if is_excluded && is_in_place(records, path, entry)? {
                return Err(ErrorKind::Excluded {
                    patch: own.clone(),
                    other: layer.id.clone(),
                    is_applied: true,
                }
                .into());
            }
        }
    }
    Ok(())
}

fn is_in_place(
    records: &Records<'_>,
    path: &RelativePath,
    entry: &FileEntry,
) -> Result<bool, Error> {
    let target = records.target(path)?;
    Ok(target.map(|target| target.digest) == entry.expected)
}

/// Refuses a version that is not covered, and with `strict` a patch that is not needed.
fn check_need(case: &Case<'_>, request: &ApplyRequest) -> Result<(), Error> {
    match &case.need {
        Need::None(reason) if request.strict => Err(ErrorKind::NotNeeded {
            subject: case.subject(),
            reason: reason.clone(),
        }
        .into()),
        Need::NotCovered => {
            let ranges = case.patch.variants.iter();
            let covered = ranges
                .clone()
                .map(|variant| variant.versions.to_string())
                .collect();
            let fitting = ranges
                .filter(|variant| fits(case, &variant.action))
                .map(|variant| variant.versions.to_string());
            Err(ErrorKind::NotCovered {
                subject: case.subject(),
                covered,
                fitting: fitting.collect(),
            }
            .into())
        }
        _ => Ok(()),
    }
}

/// Whether the edits of a variant would match the installed files.
fn fits(case: &Case<'_>, action: &Action) -> bool {
    let Action::Edits(files) = action else {
        return false;
    };
    files.iter().all(|file| {
        let target = crate::context::relative_path(&file.file)
            .and_then(|path| Ok(case.store.target(&path)?));
        target.is_ok_and(|target| {
            file.compiled
                .apply(target.as_ref().map(|target| target.bytes.as_slice()))
                .is_ok()
        })
    })
}

/// The cases of each site-packages directory, by their position.
pub(crate) fn by_root<'c>(cases: &'c [Case<'c>]) -> Vec<(&'c Store, Vec<usize>)> {
    let mut groups: Vec<(&Store, Vec<usize>)> = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        match groups
            .iter_mut()
            .find(|(store, _)| store.root() == case.store.root())
        {
            Some((_, members)) => members.push(index),
            None => groups.push((&case.store, vec![index])),
        }
    }
    groups
}
