//! Brings patches into an environment.
//!
//! Architecture invariants: nothing is written before the whole plan is computed without conflict;
//! applying to its own result writes nothing; success is reported from the digests read back.

use std::borrow::Cow;

use torch_patch_set::{Action, Patch};
use torch_patch_store::{FileEntry, Layer, Ledger, RelativePath, Store};

use crate::context::{Case, Context, Need, word};
use crate::damage::with_repairs;
use crate::error::{Error, ErrorKind};
use crate::known::{Known, find};
use crate::layers::recorded_patch;
use crate::plan::{Asked, Diffs, Plan, Results};
use crate::pristine::Sources;
use crate::progress::{Progress, Step};
use crate::records::{Records, look};
use crate::repair::Repairs;
use crate::report::{Command, Report};
use crate::request::{ApplyRequest, Mode};
use crate::runs::{has_dead_runs, is_dead};
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
    let mut report = run(context, &request, &Sources::none(), progress, Diffs::Wanted)?;
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
    apply_from(context, request, &Sources::none(), progress)
}

/// The same as [`apply`], and looks in `sources` for the original of a file whose hand-made edit is to
/// be adopted, where the environment itself does not have it.
///
/// # Errors
///
/// Those of [`apply`].
pub fn apply_from(
    context: &Context,
    request: &ApplyRequest,
    sources: &Sources<'_>,
    progress: &mut dyn Progress,
) -> Result<Report, Error> {
    run(context, request, sources, progress, Diffs::Unwanted)
}

fn run(
    context: &Context,
    request: &ApplyRequest,
    sources: &Sources<'_>,
    progress: &mut dyn Progress,
    diffs: Diffs,
) -> Result<Report, Error> {
    let report = try_run(context, request, sources, progress, diffs);
    report.map_err(|error| with_repairs(context, error, &request.patches))
}

fn try_run(
    context: &Context,
    request: &ApplyRequest,
    sources: &Sources<'_>,
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
    let groups = groups(context, &cases, request, sources);
    let mut results = Results::default();
    let mut waiting = Vec::new();
    for group in &groups {
        match planned_unlocked(context, group, request, diffs)? {
            Settled::Done(reports) => results.extend(reports),
            Settled::ToWrite(planned) => waiting.push((group, planned)),
        }
    }
    for (group, planned) in waiting {
        results.extend(write(context, group, planned, request, progress)?);
    }
    let distribution = cases.first().map(|case| &case.distribution);
    let environment = context.environment_report_of(distribution);
    Ok(Report::new(Command::Apply, environment, results.in_order()))
}

/// The patches that are for one site-packages directory.
struct Group<'c> {
    store: Cow<'c, Store>,
    cases: &'c [Case<'c>],
    /// Their positions.
    members: Vec<usize>,
    /// Where originals may be had from.
    sources: &'c Sources<'c>,
}

/// The cases of each site-packages directory; with `exact` also the directories that no case is for.
fn groups<'c>(
    context: &Context,
    cases: &'c [Case<'c>],
    request: &ApplyRequest,
    sources: &'c Sources<'c>,
) -> Vec<Group<'c>> {
    let group = |store, members| Group {
        store,
        cases,
        members,
        sources,
    };
    let with_cases = by_root(cases).into_iter();
    let mut groups: Vec<Group<'c>> = with_cases
        .map(|(store, members)| group(Cow::Borrowed(store), members))
        .collect();
    for store in context.stores().into_iter().filter(|_| request.exact) {
        let is_there = |group: &Group<'_>| group.store.root() == store.root();
        if !groups.iter().any(is_there) {
            groups.push(group(Cow::Owned(store), Vec::new()));
        }
    }
    groups
}

/// What a look without the lock has settled.
enum Settled<'c> {
    /// There is nothing to write, or it is only asked what there would be.
    Done(Results),
    /// `None`: the files are in the middle of a change, by a crash or by a process at work, or they are as a killed
    /// `run` has left them, and cannot be judged before that is settled.
    ToWrite(Option<Planned<'c>>),
}

/// A plan, and the ledger it was made from.
struct Planned<'c> {
    plan: Plan<'c>,
    ledger: Ledger,
}

fn planned_unlocked<'c>(
    context: &Context,
    group: &Group<'c>,
    request: &ApplyRequest,
    diffs: Diffs,
) -> Result<Settled<'c>, Error> {
    look(&group.store, |records, view| {
        let is_unsettled = view.pending().is_some() || has_dead_runs(records)?;
        if request.mode == Mode::Write && is_unsettled {
            return Ok(Settled::ToWrite(None));
        }
        let plan = plan_group(context, records, group, request)?;
        Ok(match request.mode {
            Mode::DryRun => Settled::Done(plan.reports(None, request.mode, diffs)),
            Mode::Write if plan.is_empty() => {
                Settled::Done(plan.reports(None, request.mode, Diffs::Unwanted))
            }
            Mode::Write => Settled::ToWrite(Some(Planned {
                plan,
                ledger: records.ledger().clone(),
            })),
        })
    })
}

/// Writes what was planned without the lock, or what is planned again if that does not hold any more.
fn write<'c>(
    context: &Context,
    group: &Group<'c>,
    planned: Option<Planned<'c>>,
    request: &ApplyRequest,
    progress: &mut dyn Progress,
) -> Result<Results, Error> {
    let (store, timeout) = (group.store.as_ref(), request.lock_timeout);
    let holder = if request.exact {
        "torch-patch sync"
    } else {
        "torch-patch apply"
    };
    let mut locked = lock(context, store, holder, timeout, progress)?;
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
            plan = plan_group(context, &records, group, request)?;
        }
        let change = plan.change(&records)?;
        match commit(&mut locked, change, progress) {
            // The store takes nothing from a plan whose files have changed since.
            Err(error) if error.is_changed_meanwhile() && !is_fresh => is_fresh = true,
            committed => break committed?,
        }
    };
    let reports = plan.reports(Some(&committed), request.mode, Diffs::Unwanted);
    locked.release()?;
    Ok(reports)
}

fn plan_group<'c>(
    context: &Context,
    records: &Records<'_>,
    group: &Group<'c>,
    request: &ApplyRequest,
) -> Result<Plan<'c>, Error> {
    let cases = group.cases;
    let sources = group.sources;
    let members = group.members.iter().copied();
    let (repairs, others): (Vec<usize>, Vec<usize>) =
        members.partition(|&member| cases[member].patch.repairs);
    let repairs = repairs.into_iter().map(|member| (member, &cases[member]));
    let repairs = Repairs::plan(records, repairs, request)?;
    // Patches are put on the files as they are without their bad edits.
    let records = &Records::Repaired {
        records,
        files: &repairs.files,
    };
    let mut plan = Plan::default();
    plan.drop_unwanted(context, records, |layer| {
        let owners = layer.owners.iter();
        let gone = owners.filter(|owner| is_gone(records, cases, request, layer, owner));
        gone.cloned().collect()
    })?;
    for member in others {
        let case = &cases[member];
        check_recorded_exclusions(records, case, |id| plan.is_going(id))?;
        plan.add(records, member, case, Asked { request, sources })?;
    }
    plan.compose(records)?;
    Ok(plan.with(repairs))
}

/// Whether an owner wants a patch no more: one that now says all it wants, or a run that was killed.
fn is_gone(
    records: &Records<'_>,
    cases: &[Case<'_>],
    request: &ApplyRequest,
    layer: &Layer,
    owner: &str,
) -> bool {
    let is_asking = request.exact && request.owner.as_deref() == Some(owner);
    let is_wanted = || cases.iter().any(|case| case.patch.id == layer.id);
    (is_asking && !is_wanted()) || is_dead(records, owner)
}

/// The patches asked for, each after those it requires, each once.
pub(crate) fn with_required<'c>(
    context: &'c Context,
    ids: &[String],
) -> Result<Vec<Known<'c>>, Error> {
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

/// Looks for patches in place that exclude the one of `case`, or are excluded by it, and do not go themselves.
fn check_recorded_exclusions(
    records: &Records<'_>,
    case: &Case<'_>,
    is_going: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    let own = &case.patch.id;
    let is_other = |layer: &&Layer| layer.id != *own && !is_going(&layer.id);
    for (path, entry) in &records.ledger().files {
        for layer in entry.patches.iter().filter(is_other) {
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
