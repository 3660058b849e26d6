//! Takes patches out of an environment again.
//!
//! Architecture invariant: a file gets its original, or the original with the patches that stay;
//! what the distribution has replaced since, or someone else has changed, is never written over
//! unless that was asked for.

use std::path::PathBuf;

use torch_patch_set::Action;
use torch_patch_store::{Layer, Store};

use crate::context::{Context, relative_path};
use crate::damage::with_repairs;
use crate::error::{Error, ErrorKind};
use crate::known::{find, recorded_patches};
use crate::layers::recorded_patch;
use crate::progress::Progress;
use crate::records::{Records, look};
use crate::report::{Command, Outcome, PatchReport, Report};
use crate::request::{Mode, RevertRequest, Selection, StatusRequest};
use crate::restoration::{Restoration, Withdrawal, stays};
use crate::runs::has_dead_runs;
use crate::status::status;
use crate::write::{commit, lock};

/// Takes patches out: the last one out of a file restores its bytes, mode and owner.
///
/// A patch that is not recorded is reported as `not-applied`. With an owner, one that somebody else has asked for
/// besides stays, and is reported as `released`.
///
/// # Errors
///
/// A patch is not known, several are applied and none was named, a patch is required by another
/// one, a file was changed by someone else, or the store cannot write. Nothing was changed then.
pub fn revert(
    context: &Context,
    request: &RevertRequest,
    progress: &mut dyn Progress,
) -> Result<Report, Error> {
    let report = try_revert(context, request, progress);
    report.map_err(|error| with_repairs(context, error, &[]))
}

fn try_revert(
    context: &Context,
    request: &RevertRequest,
    progress: &mut dyn Progress,
) -> Result<Report, Error> {
    let meant = selected(context, request)?;
    let ids: Vec<String> = meant.iter().map(|patch| patch.id.clone()).collect();
    let withdrawal = Withdrawal {
        ids: &ids,
        owner: request.owner.as_deref(),
    };
    check_required(context, withdrawal)?;
    let mut found = Found::default();
    let mut waiting = Vec::new();
    for store in context.stores() {
        match planned_unlocked(context, &store, withdrawal, request)? {
            Settled::Done(reports) => found.add(&store, reports),
            Settled::ToWrite => waiting.push(store),
        }
    }
    for store in waiting {
        let reports = write(context, &store, withdrawal, request, progress)?;
        found.add(&store, reports);
    }
    found.report(context, &meant, withdrawal.owner)
}

/// A patch that is to be taken out.
struct Meant {
    id: String,
    distribution: String,
}

/// The patches that are meant, each once.
fn selected(context: &Context, request: &RevertRequest) -> Result<Vec<Meant>, Error> {
    let RevertRequest { patches, owner, .. } = request;
    if let Selection::Ids(ids) = patches {
        let mut selected: Vec<Meant> = Vec::with_capacity(ids.len());
        for id in ids {
            let distribution = find(context, id)?.patch().distribution.clone();
            if !selected.iter().any(|other| other.id == *id) {
                let id = id.clone();
                selected.push(Meant { id, distribution });
            }
        }
        return Ok(selected);
    }
    let mut recorded = recorded_patches(context)?;
    if let Some(owner) = owner {
        recorded.retain(|patch| patch.owners.contains(owner));
    }
    let recorded = recorded.into_iter().map(|patch| Meant {
        id: patch.id,
        distribution: patch.distribution,
    });
    let recorded: Vec<Meant> = recorded.collect();
    if *patches == Selection::Only && owner.is_none() && recorded.len() > 1 {
        let applied = recorded.into_iter().map(|patch| patch.id).collect();
        return Err(ErrorKind::Unnamed { applied }.into());
    }
    Ok(recorded)
}

/// Refuses to take out what a patch that stays requires.
fn check_required(context: &Context, withdrawal: Withdrawal<'_>) -> Result<(), Error> {
    for store in context.stores() {
        look(&store, |records, _| {
            let patches = records.patches().into_iter();
            let (staying, going): (Vec<_>, Vec<_>) =
                patches.partition(|(_, layer)| withdrawal.rest(layer).is_some());
            check_needed(records, &staying, going.iter().map(|(id, _)| *id))
        })?;
    }
    Ok(())
}

/// Refuses that a patch goes which one that stays requires.
pub(crate) fn check_needed<'l>(
    records: &Records<'_>,
    staying: &[(&str, &Layer)],
    going: impl Iterator<Item = &'l str>,
) -> Result<(), Error> {
    for id in going {
        let mut by = Vec::new();
        for (own, layer) in staying {
            let requires = recorded_patch(records, layer)?.requires;
            if requires.iter().any(|required| required == id) {
                by.push((*own).to_owned());
            }
        }
        if !by.is_empty() {
            let patch = id.to_owned();
            return Err(ErrorKind::Required { patch, by }.into());
        }
    }
    Ok(())
}

/// What a look without the lock has settled.
enum Settled {
    /// There is nothing to write, or it is only asked what there would be.
    Done(Vec<PatchReport>),
    ToWrite,
}

fn planned_unlocked(
    context: &Context,
    store: &Store,
    withdrawal: Withdrawal<'_>,
    request: &RevertRequest,
) -> Result<Settled, Error> {
    look(store, |records, view| {
        if request.mode == Mode::Write && view.pending().is_some() {
            // The files are in the middle of a change: they are judged once that is settled.
            return Ok(Settled::ToWrite);
        }
        let plan = planned(context, records, withdrawal, request)?;
        // The directory of a store that holds nothing is what an interrupted operation left.
        let is_clean = !records.ledger().is_empty() || !store.exists();
        Ok(match request.mode {
            Mode::DryRun => Settled::Done(plan.reports(None, request.mode)),
            Mode::Write if plan.is_empty() && is_clean && !has_dead_runs(records)? => {
                Settled::Done(Vec::new())
            }
            Mode::Write => Settled::ToWrite,
        })
    })
}

fn planned(
    context: &Context,
    records: &Records<'_>,
    withdrawal: Withdrawal<'_>,
    request: &RevertRequest,
) -> Result<Restoration, Error> {
    let mut plan = Restoration::plan(context, records, withdrawal, request.drifted)?;
    if request.diffs {
        plan.add_diffs(records)?;
    }
    Ok(plan)
}

fn write(
    context: &Context,
    store: &Store,
    withdrawal: Withdrawal<'_>,
    request: &RevertRequest,
    progress: &mut dyn Progress,
) -> Result<Vec<PatchReport>, Error> {
    let timeout = request.lock_timeout;
    let mut locked = lock(context, store, "torch-patch revert", timeout, progress)?;
    let records = Records::Locked {
        store,
        locked: &locked,
    };
    let plan = planned(context, &records, withdrawal, request)?;
    let committed = commit(&mut locked, plan.change(), progress)?;
    let reports = plan.reports(Some(&committed), request.mode);
    locked.release()?;
    Ok(reports)
}

/// What became of the patches that were recorded.
#[derive(Default)]
struct Found {
    site_packages: Option<PathBuf>,
    reports: Vec<PatchReport>,
}

impl Found {
    fn add(&mut self, store: &Store, reports: Vec<PatchReport>) {
        if !reports.is_empty() && self.site_packages.is_none() {
            self.site_packages = Some(store.root().to_path_buf());
        }
        self.reports.extend(reports);
    }

    /// One result for each patch, in the order in which they are meant.
    fn report(
        self,
        context: &Context,
        meant: &[Meant],
        owner: Option<&str>,
    ) -> Result<Report, Error> {
        let mut environment = context.environment_report();
        if let Some(site_packages) = &self.site_packages {
            environment.site_packages = site_packages.to_string_lossy().into_owned();
        }
        let mut results = Vec::with_capacity(meant.len());
        for patch in meant {
            let own = self
                .reports
                .iter()
                .filter(|report| report.patch == patch.id);
            let own: Vec<PatchReport> = own.cloned().collect();
            if own.is_empty() {
                results.push(not_recorded(context, patch, owner)?);
            }
            results.extend(own);
        }
        Ok(Report::new(Command::Revert, environment, results))
    }
}

/// What is told of a patch that nothing is recorded of, or nothing that `owner` has asked for.
fn not_recorded(
    context: &Context,
    meant: &Meant,
    owner: Option<&str>,
) -> Result<PatchReport, Error> {
    let Meant { id, distribution } = meant;
    let bare = PatchReport::bare(id, distribution);
    let because = |reason: String| PatchReport {
        reason: Some(reason),
        ..bare.clone()
    };
    let mut report = match status(context, &StatusRequest::new([id])) {
        Ok(status) => status.results.into_iter().next().unwrap_or(bare),
        // What is not installed has no patch on it: that is the wanted state.
        Err(error) if error.is_distribution_not_found() => {
            return Ok(because(format!("{distribution} is not installed here")));
        }
        // It was recorded before the lock was taken, and only there was it known from.
        Err(error) if error.is_unknown_patch() => {
            let reason =
                "another command, or the end of an interrupted one, has taken it out meanwhile";
            return Ok(because(reason.to_owned()));
        }
        Err(error) => return Err(error),
    };
    if owner.is_some() && !report.owners.is_empty() {
        report.outcome = Outcome::Released;
        report.state = None;
        report.reason = Some(stays(&report.owners));
        return Ok(report);
    }
    if find(context, id)?.patch().repairs {
        report.reason = Some(repaired_reason(context, &report)?);
        report.outcome = Outcome::NotApplied;
        report.state = None;
        return Ok(report);
    }
    report.reason = (report.outcome == Outcome::AppliedByHand).then(|| {
        format!(
            "it was made by hand and nothing is recorded to restore: run `torch-patch apply {id} --adopt`, then revert"
        )
    });
    report.outcome = Outcome::NotApplied;
    report.state = None;
    Ok(report)
}

/// Why there is nothing to take back of a repair, with the copies of what was there before.
fn repaired_reason(context: &Context, report: &PatchReport) -> Result<String, Error> {
    let nothing = "it takes a bad edit out of a file and nothing is recorded of it";
    let known = find(context, &report.patch)?;
    let mut copies = Vec::new();
    for variant in &known.patch().variants {
        let Action::Edits(files) = &variant.action else {
            continue;
        };
        for file in files {
            let path = relative_path(&file.file)?;
            for store in context.stores() {
                copies.extend(store.kept_copies(&path)?);
            }
        }
    }
    copies.sort();
    copies.dedup();
    if copies.is_empty() {
        return Ok(nothing.to_owned());
    }
    let copies: Vec<String> = copies
        .iter()
        .map(|copy| format!("`{}`", copy.display()))
        .collect();
    Ok(format!(
        "{nothing}; copies that were kept: {}",
        copies.join(", ")
    ))
}
