//! Tells what an environment has, from the digests on disk. Never writes.

use torch_patch_set::{Action, Patch};
use torch_patch_store::{Digest, RelativePath, Store};

use crate::context::{Case, Context, Need};
use crate::damage::{Damage, Seat, damages, repairs_of};
use crate::drift::drifted;
use crate::error::Error;
use crate::file_view::{Condition, FileView};
use crate::known::{find, recorded_patches};
use crate::plan::lines_in_place;
use crate::records::{Records, layer_of, look};
use crate::repair::undamaged;
use crate::report::{Command, EnvironmentReport, FileReport, Outcome, PatchReport, Report};
use crate::request::{Selection, StatusRequest};
use crate::runs::is_dead;
use crate::standing::{FileStanding, Standing, missing_by_hand, stand, state};

/// Tells what the environment has of each patch that was asked for.
///
/// Of all patches, those are left out whose distribution is not installed, unless something of them
/// is recorded.
///
/// # Errors
///
/// A patch that was named, or its distribution, is not found, or a file cannot be read.
pub fn status(context: &Context, request: &StatusRequest) -> Result<Report, Error> {
    let (mut ids, recorded): (Vec<&str>, _) = match &request.patches {
        Selection::Ids(ids) => (ids.iter().map(String::as_str).collect(), Vec::new()),
        Selection::All | Selection::Only => (Vec::new(), recorded_patches(context)?),
    };
    ids.extend(recorded.iter().map(|patch| patch.id.as_str()));
    if request.patches == Selection::All {
        let distributions = context.catalogue().distributions().into_iter();
        let installed = distributions.filter(|(name, _)| is_installed(context, name));
        ids.extend(installed.flat_map(|(_, ids)| ids));
        ids.sort_unstable();
        ids.dedup();
    }
    let is_named = matches!(request.patches, Selection::Ids(_));
    let mut results = Vec::with_capacity(ids.len());
    let mut environment = context.environment_report();
    for id in ids {
        let known = find(context, id)?;
        let patch = known.patch();
        let store = recorded.iter().find(|patch| patch.id == id);
        let store = store.map(|patch| &patch.store);
        match installed(context, patch, request.lines) {
            Ok((found, place)) => {
                if results.is_empty() {
                    environment = place;
                }
                results.push(with_known_damage(context, patch, found));
            }
            Err(error) if is_named => return Err(error),
            Err(error) if error.is_distribution_not_found() => {
                let found = store.map(|store| left_over(store, patch));
                results.extend(found.transpose()?);
            }
            // One that cannot be looked at does not hide the others.
            Err(error) => results.push(unreadable(context, patch, store.is_some(), &error)),
        }
    }
    Ok(Report::new(Command::Status, environment, results))
}

/// Whether a distribution is there, usable or not: the patches of others need not be read.
fn is_installed(context: &Context, name: &str) -> bool {
    let found = context.environment().distribution(name);
    !found.is_err_and(|error| error.is_distribution_not_found())
}

/// What is there of a patch whose distribution is installed, and where that is.
fn installed(
    context: &Context,
    patch: &Patch,
    lines: bool,
) -> Result<(PatchReport, EnvironmentReport), Error> {
    let case = context.case(patch)?;
    let found = look(&case.store, |records, _| report(records, &case, lines))?;
    let place = context.environment_report_of(Some(&case.distribution));
    Ok((found, place))
}

/// A state that somebody else's edit has led to, with the repairs that know that edit.
fn with_known_damage(context: &Context, patch: &Patch, found: PatchReport) -> PatchReport {
    let is_broken = match found.outcome {
        Outcome::Drifted | Outcome::Partial => true,
        Outcome::NotApplied => found.reason.is_some() && !found.files.is_empty(),
        _ => false,
    };
    if patch.repairs || !is_broken {
        return found;
    }
    // A bad edit in a file that the reason does not name is not what is in the way.
    let reason = found.reason.as_deref().unwrap_or_default();
    let files = found.files.iter().map(|file| file.path.as_str());
    let named = files.filter(|file| reason.contains(&format!("`{file}`")));
    let repairs = repairs_of(context, &named.collect::<Vec<_>>());
    if repairs.is_empty() {
        return found;
    }
    let ids = repairs.join("`, `");
    PatchReport {
        reason: Some(match &found.reason {
            Some(reason) => format!("{reason}; it has the bad edit that `{ids}` takes out"),
            None => format!("it has the bad edit that `{ids}` takes out"),
        }),
        repairs,
        ..found
    }
}

/// What can be told of a patch if its files or its records cannot be read.
fn unreadable(context: &Context, patch: &Patch, is_recorded: bool, error: &Error) -> PatchReport {
    let outcome = if is_recorded {
        Outcome::Drifted
    } else {
        Outcome::NotApplied
    };
    let report = match context.case(patch) {
        Ok(case) => PatchReport::of(&case),
        Err(_) => PatchReport::bare(&patch.id, &patch.distribution),
    };
    PatchReport {
        outcome,
        state: Some(outcome),
        reason: Some(error.report().message),
        ..report
    }
}

/// What is recorded of a patch whose distribution is not installed any more.
fn left_over(store: &Store, patch: &Patch) -> Result<PatchReport, Error> {
    look(store, |records, _| {
        let mut files = Vec::new();
        for path in records.paths_of(&patch.id) {
            let view = FileView::new(records, None, &path)?;
            files.push(file_report(&view, Outcome::Superseded, Vec::new()));
        }
        let reason = format!("{} is not installed any more", patch.distribution);
        Ok(PatchReport {
            outcome: Outcome::Superseded,
            state: Some(Outcome::Superseded),
            reason: Some(reason),
            owners: owners(records, &patch.id),
            files,
            ..PatchReport::bare(&patch.id, &patch.distribution)
        })
    })
}

fn report(records: &Records<'_>, case: &Case<'_>, lines: bool) -> Result<PatchReport, Error> {
    if case.patch.repairs && records.paths_of(&case.patch.id).is_empty() {
        return damage_report(records, case);
    }
    let standings = match &case.need {
        Need::Variant(variant) => match &variant.action {
            Action::Edits(files) => stand(records, case, files)?,
            Action::FixedUpstream(_) | Action::Unaffected(_) => Vec::new(),
        },
        Need::None(_) | Need::NotCovered => Vec::new(),
    };
    let left = left_behind(records, case, &standings)?;
    let outcome = match (&case.need, standings.is_empty(), left.is_empty()) {
        (Need::None(_), true, true) => Outcome::NotNeeded,
        (_, true, true) => Outcome::NotApplied,
        _ => worst(state_of(&standings), &left),
    };
    let mut files = Vec::with_capacity(standings.len() + left.len());
    for file in &standings {
        let lines = file_lines(records, file, lines)?;
        files.push(file_report(&file.view, file.standing.outcome(), lines));
    }
    let left_files = left.iter();
    files.extend(left_files.map(|(view, outcome)| file_report(view, *outcome, Vec::new())));
    Ok(PatchReport {
        outcome,
        state: Some(outcome),
        reason: reason(records, case, outcome, &standings, &left)?,
        owners: owners(records, &case.patch.id),
        files,
        ..PatchReport::of(case)
    })
}

/// What is there of the bad edits that a repair takes out.
fn damage_report(records: &Records<'_>, case: &Case<'_>) -> Result<PatchReport, Error> {
    let damages = damages(records, case)?;
    let installed = format!("{} {}", case.distribution.name, case.distribution.version);
    let (outcome, reason) = match &case.need {
        Need::None(reason) => (Outcome::NotNeeded, reason.clone()),
        Need::NotCovered => {
            let reason = format!("no range of the patch covers {installed}");
            (Outcome::NotApplied, reason)
        }
        Need::Variant(_) if damages.is_empty() => (Outcome::NotNeeded, undamaged(case)),
        Need::Variant(_) => {
            let told = damages.iter().map(damage_reason);
            (Outcome::Damaged, told.collect::<Vec<_>>().join("; "))
        }
    };
    let files = damages.iter();
    let files = files.map(|own| file_report(&own.view, Outcome::Damaged, own.lines.clone()));
    Ok(PatchReport {
        outcome,
        state: Some(outcome),
        reason: Some(reason),
        files: files.collect(),
        ..PatchReport::of(case)
    })
}

fn damage_reason(damage: &Damage<'_>) -> String {
    let place = damage.place();
    let entry = damage.view.entry.as_ref();
    let recorded = entry.map(|entry| {
        let ids: Vec<&str> = entry.patches.iter().map(|own| own.id.as_str()).collect();
        format!("`{}`", ids.join("`, `"))
    });
    match (&damage.seat, recorded) {
        (Seat::Patch(patch), _) => {
            format!("the bad edit that it takes out is at {place}, by the patch `{patch}`")
        }
        (Seat::File, Some(recorded)) => format!(
            "the bad edit that it takes out is at {place}; so the file is not as recorded for {recorded} either"
        ),
        (Seat::Original, Some(recorded)) => format!(
            "the bad edit that it takes out is at {place}, and was there before {recorded} was applied"
        ),
        (_, None) => format!("the bad edit that it takes out is at {place}"),
    }
}

/// The recorded files of a patch that its variant here does not change.
fn left_behind(
    records: &Records<'_>,
    case: &Case<'_>,
    standings: &[FileStanding<'_>],
) -> Result<Vec<(FileView, Outcome)>, Error> {
    let mut left: Vec<RelativePath> = records.paths_of(&case.patch.id);
    left.retain(|path| !standings.iter().any(|file| file.view.path == *path));
    left.iter()
        .map(|path| {
            let view = FileView::new(records, Some(&case.distribution), path)?;
            let outcome = match view.condition {
                Condition::Recorded => Outcome::Outdated,
                Condition::Restored | Condition::Superseded => Outcome::Superseded,
                _ => Outcome::Drifted,
            };
            Ok((view, outcome))
        })
        .collect()
}

fn state_of(standings: &[FileStanding<'_>]) -> Option<Outcome> {
    (!standings.is_empty()).then(|| state(standings))
}

/// The state of a patch some of whose files are left behind.
fn worst(own: Option<Outcome>, left: &[(FileView, Outcome)]) -> Outcome {
    let all = own
        .into_iter()
        .chain(left.iter().map(|(_, outcome)| *outcome));
    let rank = |outcome: &Outcome| match outcome {
        Outcome::Drifted => 3,
        Outcome::Superseded => 2,
        Outcome::Outdated => 1,
        _ => 0,
    };
    // `max_by_key` takes the last of equals, and the patch's own state comes first.
    let reversed: Vec<Outcome> = all.collect();
    let worst = reversed.into_iter().rev().max_by_key(rank);
    worst.unwrap_or(Outcome::NotApplied)
}

fn file_lines(
    records: &Records<'_>,
    file: &FileStanding<'_>,
    lines: bool,
) -> Result<Vec<usize>, Error> {
    match &file.standing {
        Standing::ByHand(found) => Ok(found.lines.clone()),
        Standing::Current if lines => lines_in_place(records, file.edits, &file.view),
        _ => Ok(Vec::new()),
    }
}

fn file_report(view: &FileView, state: Outcome, lines: Vec<usize>) -> FileReport {
    let original: Option<Option<Digest>> = view.live_entry().map(|entry| entry.pristine);
    FileReport {
        path: view.path.as_str().to_owned(),
        before: original.unwrap_or(view.digest()),
        after: view.digest(),
        lines,
        state: Some(state),
        diff: None,
        kept: None,
        proven: None,
    }
}

/// Why the state is what it is, where the word alone does not say it.
fn reason(
    records: &Records<'_>,
    case: &Case<'_>,
    outcome: Outcome,
    standings: &[FileStanding<'_>],
    left: &[(FileView, Outcome)],
) -> Result<Option<String>, Error> {
    let distribution = &case.distribution;
    let installed = format!("{} {}", distribution.name, distribution.version);
    Ok(match outcome {
        Outcome::NotNeeded => Some(match &case.need {
            Need::None(reason) => reason.clone(),
            _ => format!("{installed} has the text itself"),
        }),
        Outcome::NotApplied => not_applied_reason(case, &installed, standings),
        Outcome::Superseded => Some(format!(
            "{} was installed anew since; `apply` puts the patch on {installed}",
            distribution.name
        )),
        Outcome::Outdated => {
            Some("the patch file has changed since; `apply` brings the new form".to_owned())
        }
        Outcome::Drifted => {
            let own = standings.iter();
            let own = own.filter(|file| file.standing == Standing::Drifted);
            let own = own.map(|file| &file.view);
            let left = left.iter().filter(|(_, state)| *state == Outcome::Drifted);
            let mut views = own.chain(left.map(|(view, _)| view));
            let first = views.next();
            let first = first.map(|view| drifted(records, view)).transpose()?;
            first.map(|file| format!("someone else changed {file}"))
        }
        Outcome::Partial => Some(partial_reason(standings)),
        Outcome::AppliedByHand => missing_by_hand(standings),
        Outcome::Applied => left_by_run(records, &case.patch.id),
        _ => None,
    })
}

/// Says so if nobody wants a patch any more but a run that was killed.
fn left_by_run(records: &Records<'_>, patch: &str) -> Option<String> {
    let owners = owners(records, patch);
    let is_left = !owners.is_empty() && owners.iter().all(|owner| is_dead(records, owner));
    is_left.then(|| {
        "a `torch-patch run` that was killed has left it; the next command that changes something here takes it out"
            .to_owned()
    })
}

fn not_applied_reason(
    case: &Case<'_>,
    installed: &str,
    standings: &[FileStanding<'_>],
) -> Option<String> {
    if let Need::NotCovered = case.need {
        return Some(format!("no range of the patch covers {installed}"));
    }
    standings.iter().find_map(|file| match &file.standing {
        Standing::Conflict(conflict) => Some(format!(
            "it would not apply: `{}`: {conflict}",
            file.edits.file
        )),
        Standing::Blocked => Some(format!(
            "it would not apply: someone else changed `{}`",
            file.edits.file
        )),
        Standing::NotOwned => Some(format!(
            "it would not apply: `{}` is no file of {}",
            file.edits.file, case.distribution.name
        )),
        _ => None,
    })
}

fn partial_reason(standings: &[FileStanding<'_>]) -> String {
    let states = standings.iter().map(|file| match &file.standing {
        Standing::Conflict(conflict) => format!("`{}`: {conflict}", file.edits.file),
        standing => format!("`{}`: {}", file.edits.file, standing.outcome()),
    });
    states.collect::<Vec<_>>().join(", ")
}

fn owners(records: &Records<'_>, patch: &str) -> Vec<String> {
    let entries = records.ledger().files.values();
    let layers = entries.filter_map(|entry| layer_of(entry, patch));
    let mut owners: Vec<String> = layers.flat_map(|layer| layer.owners.clone()).collect();
    owners.sort();
    owners.dedup();
    owners
}
