//! How a patch stands in one file.

use torch_patch_edit::{Classification, Conflict, ConflictKind, FileState};
use torch_patch_set::FileEdits;

use crate::context::{Case, relative_path};
use crate::error::Error;
use crate::file_view::{Condition, FileView};
use crate::records::Records;
use crate::report::Outcome;

/// A file of a patch, and how the patch stands in it.
pub(crate) struct FileStanding<'c> {
    pub(crate) edits: &'c FileEdits,
    pub(crate) view: FileView,
    pub(crate) standing: Standing,
}

impl FileStanding<'_> {
    /// Whether somebody made the edit in a form of their own.
    fn has_known_form(&self) -> bool {
        matches!(&self.standing, Standing::ByHand(found) if found.is_known_form)
    }

    pub(crate) fn is_by_hand(&self) -> bool {
        matches!(self.standing, Standing::ByHand(_))
    }

    /// Whether someone else changed the file, so that nothing may touch it.
    pub(crate) fn is_drifted(&self) -> bool {
        matches!(self.standing, Standing::Drifted | Standing::Blocked)
    }
}

/// How a patch stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Recorded and in place.
    Current,
    /// Recorded and in place as an older form of the patch file says.
    Outdated,
    /// Recorded, and the distribution has brought another file since.
    Superseded,
    /// The file is neither pristine nor what was recorded, and no form of the patch.
    Drifted,
    /// Not recorded, in a file that is recorded for another patch and was changed by someone else.
    Blocked,
    /// Not recorded, and made by hand or by an application that nothing remembers.
    ByHand(ByHand),
    /// Not in place, and nothing is in the way.
    Absent,
    /// In the original text of the distribution.
    InPlace,
    /// Not in place, and the file is none of the distribution's.
    NotOwned,
    /// Not in place, and cannot be put there.
    Conflict(Conflict),
}

/// Where a hand-made edit is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ByHand {
    /// The lines of what is in place.
    pub(crate) lines: Vec<usize>,
    /// The lines at which the patch changes more than was changed by hand.
    pub(crate) missing: Vec<usize>,
    /// Whether it has a form that the patch knows, other than its own text.
    pub(crate) is_known_form: bool,
}

impl ByHand {
    fn of(found: &Classification) -> Self {
        let mut by_hand = Self {
            is_known_form: found.state == FileState::AppliedByHand,
            ..Self::default()
        };
        for edit in &found.edits {
            match edit.state {
                FileState::Applied | FileState::AppliedByHand => by_hand.lines.extend(&edit.lines),
                _ => by_hand.missing.extend(&edit.lines),
            }
        }
        by_hand
    }
}

impl Standing {
    /// The state of a patch whose only file stands so.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Current => Outcome::Applied,
            Self::Outdated => Outcome::Outdated,
            Self::Superseded => Outcome::Superseded,
            Self::Drifted => Outcome::Drifted,
            Self::ByHand(_) => Outcome::AppliedByHand,
            Self::InPlace => Outcome::NotNeeded,
            Self::Absent | Self::NotOwned | Self::Blocked | Self::Conflict(_) => {
                Outcome::NotApplied
            }
        }
    }
}

/// Looks at all files that the edits of a case are about.
pub(crate) fn stand<'c>(
    records: &Records<'_>,
    case: &Case<'_>,
    files: &'c [FileEdits],
) -> Result<Vec<FileStanding<'c>>, Error> {
    files
        .iter()
        .map(|edits| {
            let path = relative_path(&edits.file)?;
            let view = FileView::new(records, Some(&case.distribution), &path)?;
            let standing = standing(records, case, edits, &view)?;
            Ok(FileStanding {
                edits,
                view,
                standing,
            })
        })
        .collect()
}

fn standing(
    records: &Records<'_>,
    case: &Case<'_>,
    edits: &FileEdits,
    view: &FileView,
) -> Result<Standing, Error> {
    let layer = view
        .entry
        .iter()
        .flat_map(|entry| &entry.patches)
        .find(|layer| layer.id == case.patch.id);
    if let Some(layer) = layer {
        return Ok(match view.condition {
            Condition::Recorded if layer.digest == case.digest => Standing::Current,
            Condition::Recorded => Standing::Outdated,
            Condition::Restored | Condition::Superseded => Standing::Superseded,
            _ => Standing::Drifted,
        });
    }
    let pristine = view.pristine(records)?;
    let found = edits.compiled.classify(pristine.as_deref());
    let by_hand = ByHand::of(&found);
    Ok(match (view.condition, found.state) {
        (Condition::NotOwned, FileState::Conflict(conflict)) if edits.compiled.creates() => {
            Standing::Conflict(conflict)
        }
        (
            Condition::Changed | Condition::Unproven | Condition::NotOwned,
            FileState::Applied | FileState::AppliedByHand,
        )
        | (_, FileState::AppliedByHand) => Standing::ByHand(by_hand),
        (Condition::NotOwned, _) => Standing::NotOwned,
        (Condition::Changed, FileState::Conflict(conflict)) if is_partial(&conflict) => {
            Standing::Conflict(conflict)
        }
        (Condition::Changed, _) if view.entry.is_some() => Standing::Blocked,
        (Condition::Changed, _) => Standing::Drifted,
        (_, FileState::Pristine) => Standing::Absent,
        (_, FileState::Applied) => Standing::InPlace,
        (_, FileState::Conflict(conflict)) => Standing::Conflict(conflict),
    })
}

/// What a hand-made form of a patch leaves out, in words.
pub(crate) fn missing_by_hand(files: &[FileStanding<'_>]) -> Option<String> {
    let mut places = Vec::new();
    for file in files {
        if let Standing::ByHand(found) = &file.standing {
            let own = found.missing.iter();
            places.extend(own.map(|line| format!("line {line} of `{}`", file.edits.file)));
        } else if file.standing == Standing::Absent {
            places.push(format!("`{}`", file.edits.file));
        }
    }
    (!places.is_empty()).then(|| {
        format!(
            "the hand-made edit leaves out what the patch changes at {}",
            places.join(", ")
        )
    })
}

/// The state of a patch from those of its files.
pub(crate) fn state(files: &[FileStanding<'_>]) -> Outcome {
    if files.iter().any(|file| is_partly_applied(&file.standing)) {
        return Outcome::Partial;
    }
    let is_by_hand = files.iter().any(FileStanding::has_known_form);
    let outcome = |file: &FileStanding<'_>| match file.standing {
        // What nobody does by hand may be missing.
        Standing::Absent if is_by_hand && !file.edits.compiled.has_hand_made_form() => {
            Outcome::AppliedByHand
        }
        _ => file.standing.outcome(),
    };
    let outcomes: Vec<Outcome> = files.iter().map(outcome).collect();
    let worst = [Outcome::Drifted, Outcome::Superseded, Outcome::Outdated];
    if let Some(worst) = worst.into_iter().find(|worst| outcomes.contains(worst)) {
        return worst;
    }
    let mut there = outcomes
        .iter()
        .copied()
        .filter(|outcome| *outcome != Outcome::NotNeeded);
    let Some(first) = there.next() else {
        return Outcome::NotNeeded;
    };
    if there.all(|outcome| outcome == first) {
        first
    } else {
        Outcome::Partial
    }
}

fn is_partly_applied(standing: &Standing) -> bool {
    matches!(standing, Standing::Conflict(conflict) if is_partial(conflict))
}

/// Whether the conflict says that the file has some edits of the patch.
fn is_partial(conflict: &Conflict) -> bool {
    matches!(
        conflict.kind,
        ConflictKind::Partial { .. } | ConflictKind::PartlyApplied { .. }
    )
}
