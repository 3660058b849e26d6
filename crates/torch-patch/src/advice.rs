//! What a user can do about an error.

use torch_patch_edit::{Conflict, ConflictKind};
use torch_patch_store::StoreErrorKind;

use crate::error::{DriftedFile, ErrorKind, Subject, listed};

/// What to do next, each a sentence in lower case without full stop.
pub(crate) fn hints(kind: &ErrorKind) -> Vec<String> {
    match kind {
        ErrorKind::UnknownPatch { known, nearest, .. } => unknown_hints(known, nearest.as_deref()),
        ErrorKind::Environment(error) => error.hints(),
        ErrorKind::NotCovered {
            subject, fitting, ..
        } => not_covered_hints(subject, fitting),
        ErrorKind::Conflict { conflict, .. } => conflict_hints(conflict),
        ErrorKind::Syntax { subject, .. } => {
            vec![format!(
                "the patch is wrong for this version; `torch-patch show {}` prints it",
                subject.word
            )]
        }
        ErrorKind::Overlap { other, .. } => vec![format!(
            "run `torch-patch revert {other}` first, or join the two patches"
        )],
        ErrorKind::NotNeeded { .. } => vec!["leave `--strict` out to accept this".to_owned()],
        ErrorKind::NotOwned { file, .. } => vec![format!("remove `{file}` if nothing needs it")],
        ErrorKind::Excluded {
            other, is_applied, ..
        } => vec![if *is_applied {
            format!("run `torch-patch revert {other}` first")
        } else {
            "apply one of the two".to_owned()
        }],
        ErrorKind::Required { by, .. } => {
            vec![format!("run `torch-patch revert {}` as well", by.join(" "))]
        }
        ErrorKind::Unsafe { word, .. } => vec![format!(
            "read `torch-patch show {word}`, then add `--accept-risk`"
        )],
        ErrorKind::Unnamed { .. } => vec!["name the patches, or use `--all`".to_owned()],
        ErrorKind::Drift { patch, files } => drift_hints(patch.as_deref(), files),
        ErrorKind::NotProven { subject, .. } => {
            vec![format!(
                "reinstall {0} {1} (such as `pip install --force-reinstall --no-deps {0}=={1}`), then apply",
                subject.distribution, subject.version
            )]
        }
        ErrorKind::HandMade { .. } => {
            vec!["add `--adopt` to take the hand-made part over and apply the rest".to_owned()]
        }
        ErrorKind::Path { .. } => {
            vec!["a path is relative to the site-packages directory and stays below it".to_owned()]
        }
        ErrorKind::LayerUnknown { .. } => {
            vec![
                "reinstall the distribution, then move its `.torch-patch` directory away"
                    .to_owned(),
            ]
        }
        ErrorKind::Merge { .. } => {
            vec!["use `--force` to restore the original and keep a copy of your version".to_owned()]
        }
        ErrorKind::BadPatchFile(error) => error.hints(),
        ErrorKind::PatchFileUnreadable { .. } => {
            vec!["check the path; a patch of the catalogue is named by its id alone".to_owned()]
        }
        ErrorKind::Store(error) => store_hints(error.kind()),
    }
}

fn not_covered_hints(subject: &Subject, fitting: &[String]) -> Vec<String> {
    let word = &subject.word;
    if fitting.is_empty() {
        vec![format!(
            "the edits of none of these ranges fit the installed files; `torch-patch show {word}` prints the patch"
        )]
    } else {
        vec![format!(
            "the edits for {} would still fit; copy the patch file that `torch-patch show {word}` prints, widen the range, and apply the copy",
            listed(fitting)
        )]
    }
}

fn conflict_hints(conflict: &Conflict) -> Vec<String> {
    let near = conflict.kind.near_misses();
    let mut hints: Vec<String> = near
        .iter()
        .map(|miss| format!("near miss at {miss}"))
        .collect();
    match &conflict.kind {
        ConflictKind::Missing { .. } | ConflictKind::ScopeMissing { .. } if near.is_empty() => {
            hints.push(
                "no line comes near the anchor; the patch may be for another version".to_owned(),
            );
        }
        ConflictKind::Ambiguous { .. } => {
            hints.push(
                "tell the places apart with `within`, `near` or `occurrence`, or say `expect`"
                    .to_owned(),
            );
        }
        ConflictKind::NotProven { .. } => {
            hints.push("narrow the place down with `within`, `near` or `expect`".to_owned());
        }
        ConflictKind::Partial { .. } | ConflictKind::PartlyApplied { .. } => {
            hints.push("reinstall the distribution, then apply".to_owned());
        }
        _ => {}
    }
    hints
}

/// Only what is recorded can be reverted.
fn drift_hints(patch: Option<&str>, files: &[DriftedFile]) -> Vec<String> {
    let reinstall = "reinstall the distribution to get the original files, then apply again";
    let mut hints = vec![reinstall.to_owned()];
    if files.iter().all(|file| file.is_recorded) {
        let word = patch.unwrap_or("--all");
        hints.push(format!(
            "or `torch-patch revert {word} --merge` takes only the patch out, `--force` restores the original and keeps a copy"
        ));
    }
    hints
}

fn unknown_hints(known: &[String], nearest: Option<&str>) -> Vec<String> {
    let known = format!(
        "known patches are {}; `torch-patch list` tells about them",
        listed(known)
    );
    let nearest = nearest.map(|nearest| format!("did you mean `{nearest}`?"));
    nearest.into_iter().chain([known]).collect()
}

fn store_hints(kind: &StoreErrorKind) -> Vec<String> {
    let hint = match kind {
        StoreErrorKind::Busy { .. } => "wait for it to end, and run the command again",
        StoreErrorKind::Drift { .. } => {
            "another program changed the file at this moment; run the command again"
        }
        StoreErrorKind::LeavesRoot { .. } => {
            "a patch only changes files inside the environment; install the package there itself"
        }
        StoreErrorKind::NotRegular { .. } => "reinstall the distribution",
        StoreErrorKind::PermissionDenied { .. } => {
            "run the command as the owner of the environment, or make the file and its directory writable"
        }
        StoreErrorKind::LedgerCorrupt { .. } => {
            "move the `.torch-patch` directory away and reinstall the distribution; its `backups` hold the original files"
        }
        StoreErrorKind::LedgerNewer { .. } => "update torch-patch",
        StoreErrorKind::ContentMissing { .. } | StoreErrorKind::ContentTampered { .. } => {
            "reinstall the distribution to get the original file, then apply again"
        }
        _ => return Vec::new(),
    };
    vec![hint.to_owned()]
}
