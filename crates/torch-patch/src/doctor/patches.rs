//! Which patches are in place, needed, harmful, or not as they should be.

use torch_patch_set::{Occurs, Patch, Risk};

use super::Seen;
use crate::diagnosis::{DoctorFinding, Level, Topic};
use crate::error::Error;
use crate::report::{Outcome, PatchReport};

/// How the patch that helps against a problem stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// In place, or made by hand.
    InPlace,
    /// Not in place, and nothing is in the way.
    Absent,
    /// Something is in the way: the state says what.
    InTheWay,
}

impl Standing {
    fn of(state: &PatchReport) -> Self {
        match state.outcome {
            Outcome::Applied | Outcome::AppliedByHand | Outcome::Outdated => Self::InPlace,
            _ if is_absent(state) => Self::Absent,
            _ => Self::InTheWay,
        }
    }
}

/// Whether a patch is not in place, and nothing is in the way.
pub(super) fn is_absent(state: &PatchReport) -> bool {
    state.outcome == Outcome::NotApplied && state.reason.is_none()
}

/// The patch against a problem of torch: one that is in place, else the one of the lowest risk.
pub(super) fn needed(
    seen: &Seen<'_>,
    problem: Occurs,
) -> Result<Option<(String, Standing)>, Error> {
    let mut known: Vec<(&Patch, &PatchReport)> = known(seen)?;
    known.retain(|(patch, state)| {
        patch.occurs == problem
            && patch.distribution == "torch"
            && state.outcome != Outcome::NotNeeded
    });
    known.sort_by_key(|(patch, state)| (Standing::of(state) != Standing::InPlace, patch.risk));
    let first = known.first();
    Ok(first.map(|(patch, state)| (patch.id.clone(), Standing::of(state))))
}

/// The patches for what is installed, each with its state.
fn known<'s>(seen: &'s Seen<'_>) -> Result<Vec<(&'s Patch, &'s PatchReport)>, Error> {
    let patches = seen.context.catalogue().patches()?;
    let states = seen.states.iter().filter(|state| state.version.is_some());
    let known = states.filter_map(|state| {
        let mut own = patches.iter().copied();
        Some((own.find(|patch| patch.id == state.patch)?, state))
    });
    Ok(known.collect())
}

/// What there is to tell of each patch that the other parts do not tell of.
pub(super) fn findings(seen: &Seen<'_>) -> Result<Vec<DoctorFinding>, Error> {
    let known = known(seen)?;
    let mut found = Vec::new();
    for (patch, state) in &known {
        let is_twin = state.outcome == Outcome::AppliedByHand
            && known
                .iter()
                .any(|(other, own)| is_better_twin(other, own, patch));
        if !is_twin {
            found.extend(finding(seen, patch, state));
        }
    }
    // What is recorded of something that is not installed any more.
    let left = seen.states.iter().filter(|state| state.version.is_none());
    found.extend(left.filter_map(|state| unsettled(&state.patch, state)));
    Ok(found)
}

/// Whether a hand-made edit is told of under another patch, which excludes this one and risks less.
fn is_better_twin(other: &Patch, state: &PatchReport, patch: &Patch) -> bool {
    let is_rival = other.conflicts.contains(&patch.id) || patch.conflicts.contains(&other.id);
    is_rival && state.outcome == Outcome::AppliedByHand && other.risk < patch.risk
}

fn finding(seen: &Seen<'_>, patch: &Patch, state: &PatchReport) -> Option<DoctorFinding> {
    let id = &patch.id;
    let told =
        |level, message: String| DoctorFinding::new(Topic::Patch, level, message).about(&patch.id);
    let has_nccl = seen.torch.as_ref().and_then(|torch| torch.nccl);
    match state.outcome {
        Outcome::Applied | Outcome::AppliedByHand
            if patch.occurs == Occurs::WithoutNccl
                && has_nccl == Some(true)
                && (patch.risk > Risk::Low || state.outcome == Outcome::AppliedByHand) =>
        {
            Some(
                told(
                    Level::Attention,
                    format!("`{id}` is in place in a torch with NCCL"),
                )
                .means("every process group runs on gloo, which is slower, although NCCL is there")
                .helped_by(taking_out(patch, state)),
            )
        }
        Outcome::Applied => Some(told(Level::Ok, format!("`{id}` is in place"))),
        Outcome::AppliedByHand => Some(
            told(Level::Note, format!("`{id}` is in place, made by hand"))
                .means(state.reason.clone().unwrap_or_else(|| {
                    "it works; the next upgrade takes it away, and nothing can take it back"
                        .to_owned()
                }))
                .helped_by(format!("torch-patch apply {id} --adopt")),
        ),
        Outcome::NotApplied => absent(patch, state),
        Outcome::Damaged => Some(damaged(patch, state)),
        _ => unsettled(id, state),
    }
}

/// What there is to tell of a bad edit that is known.
fn damaged(patch: &Patch, state: &PatchReport) -> DoctorFinding {
    let id = &patch.id;
    let files = state.files.iter();
    let files: Vec<String> = files.map(|file| format!("`{}`", file.path)).collect();
    let files = files.join(", ");
    let message = format!("{files} has a bad edit that `{id}` takes out");
    DoctorFinding::new(Topic::Patch, Level::Attention, message)
        .about(id)
        .means(format!(
            "it does harm; `torch-patch show {id}` says what, and what helps instead"
        ))
        .helped_by(format!("torch-patch apply {id}"))
}

/// The command that takes a patch out, recorded or not.
fn taking_out(patch: &Patch, state: &PatchReport) -> String {
    if state.outcome == Outcome::Applied {
        return format!("torch-patch revert {}", patch.id);
    }
    let files = state.files.iter();
    let files = files.filter(|file| file.state == Some(Outcome::AppliedByHand));
    let files: Vec<&str> = files.map(|file| file.path.as_str()).collect();
    format!("torch-patch restore {}", files.join(" "))
}

/// What there is to tell of a patch that is not in place.
fn absent(patch: &Patch, state: &PatchReport) -> Option<DoctorFinding> {
    let id = &patch.id;
    let error = patch
        .symptoms
        .first()
        .map_or(patch.title.as_str(), String::as_str);
    let subject = format!(
        "{} {}",
        state.distribution,
        state.version.as_deref().unwrap_or_default()
    );
    let told =
        |level, message: String| DoctorFinding::new(Topic::Patch, level, message).about(&patch.id);
    match (patch.occurs, &state.reason) {
        // Told with what they depend on.
        (Occurs::WithoutNccl | Occurs::ToolkitMismatch, _) | (Occurs::Sometimes, Some(_)) => None,
        (Occurs::Sometimes, None) => Some(
            told(Level::Note, format!("`{id}` may be needed with {subject}"))
                .means(format!("it is against \"{error}\""))
                .helped_by(format!("torch-patch explain {id}")),
        ),
        (Occurs::Always, Some(reason)) => Some(
            told(Level::Note, format!("`{id}` does not go on {subject}"))
                .means(reason.clone())
                .helped_by(format!("torch-patch explain {id}")),
        ),
        (Occurs::Always, None) => {
            let consent = if patch.risk.needs_consent() {
                " --accept-risk"
            } else {
                ""
            };
            Some(
                told(Level::Attention, format!("`{id}` is needed with {subject}"))
                    .means(format!("without it: \"{error}\""))
                    .helped_by(format!("torch-patch apply {id}{consent}")),
            )
        }
    }
}

/// What there is to tell of a patch that is not as it should be.
fn unsettled(id: &str, state: &PatchReport) -> Option<DoctorFinding> {
    let is_recorded = !state.owners.is_empty();
    let command = match state.outcome {
        Outcome::Outdated | Outcome::Partial => format!("torch-patch apply {id}"),
        Outcome::Superseded if state.version.is_some() => format!("torch-patch apply {id}"),
        Outcome::Superseded => format!("torch-patch revert {id}"),
        Outcome::Drifted if is_recorded && !state.repairs.is_empty() => {
            format!("torch-patch apply {}", state.repairs.join(" "))
        }
        // Without a record it is a file that somebody has changed: told with the files.
        Outcome::Drifted if is_recorded => format!("torch-patch revert {id}"),
        _ => return None,
    };
    let word = state.outcome.as_str();
    let found = DoctorFinding::new(Topic::Patch, Level::Attention, format!("`{id}` is {word}"))
        .about(id)
        .helped_by(command);
    Some(match &state.reason {
        Some(reason) => found.means(reason.clone()),
        None => found,
    })
}
