//! What a user can do about an error.

use std::path::Path;

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
        ErrorKind::ForGood { word, .. } => vec![format!(
            "run `torch-patch apply {word}` once, and leave it out of `--with`"
        )],
        ErrorKind::Unexplained => vec![
            "paste the whole traceback, with its last line".to_owned(),
            "`torch-patch list` tells which patches there are".to_owned(),
        ],
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
        ErrorKind::OriginalDisproved { .. } => {
            vec!["reinstall the distribution to get the original file, then apply again".to_owned()]
        }
        ErrorKind::NoOriginal(error) => error.hints(),
        ErrorKind::Unlocated(error) => error.hints(),
        ErrorKind::NotRecorded(refusal) => refusal.hints(),
        ErrorKind::Merge { .. } => {
            vec!["use `--force` to restore the original and keep a copy of your version".to_owned()]
        }
        ErrorKind::BadPatchFile(error) => error.hints(),
        ErrorKind::PatchFileUnreadable { .. } => {
            vec!["check the path; a patch of the catalogue is named by its id alone".to_owned()]
        }
        ErrorKind::NoWheel { .. } => {
            vec!["a wheel is named such as `torch-2.5.1-cp312-cp312-win_amd64.whl`".to_owned()]
        }
        ErrorKind::OtherWheels { .. } => {
            vec!["name the wheels of the distribution that the patch is for".to_owned()]
        }
        ErrorKind::NoRelease {
            versions, known, ..
        } => no_release_hints(versions.as_deref(), known),
        ErrorKind::Scratch { .. } => vec!["name another directory with `--keep`".to_owned()],
        ErrorKind::ScratchNotEmpty { .. } => {
            vec!["name a directory that is empty or does not exist yet".to_owned()]
        }
        ErrorKind::RoundTrip { .. } => {
            vec!["this is a fault of torch-patch; please report it with this message".to_owned()]
        }
        ErrorKind::Project(error) => error.hints(),
        #[cfg(feature = "upstream")]
        ErrorKind::Upstream(error) => error.hints(),
        ErrorKind::Store(error) => store_hints(error.kind()),
    }
}

/// What keeps somebody's own edit.
pub(crate) const RECORD_IT: &str =
    "or `torch-patch record my-fix` makes a patch of what was changed";

/// What takes a bad edit out that is known.
pub(crate) fn repair_hint(repairs: &[String]) -> String {
    let ids = repairs.join(" ");
    format!(
        "the file has a bad edit that is known: `torch-patch apply {ids}` takes it out and keeps a copy"
    )
}

/// Releases that begin like the one that was asked for, or the newest.
fn no_release_hints(versions: Option<&str>, known: &[String]) -> Vec<String> {
    const SHOWN: usize = 5;
    if known.is_empty() {
        return vec!["name another index with `--index-url`".to_owned()];
    }
    let wanted = versions.unwrap_or_default();
    let wanted = wanted.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    let series: Vec<&str> = wanted.splitn(3, ['.', ',', '+']).take(2).collect();
    let series = series.join(".");
    let alike = known.iter().filter(|version| {
        !series.is_empty() && (**version == series || version.starts_with(&format!("{series}.")))
    });
    let mut shown: Vec<String> = alike.cloned().collect();
    if shown.is_empty() {
        shown = known.to_vec();
    }
    let shown = &shown[shown.len().saturating_sub(SHOWN)..];
    vec![
        format!(
            "there is {}; a release may have no wheel for a platform",
            listed(shown)
        ),
        "builds such as `2.0.1+cu118` are in other indexes; name one with `--index-url`".to_owned(),
    ]
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
    if !files.iter().any(|file| file.is_recorded) {
        hints.push(RECORD_IT.to_owned());
    }
    hints
}

/// More names than this are no help on one line.
const MOST_LISTED: usize = 5;

fn unknown_hints(known: &[String], nearest: Option<&str>) -> Vec<String> {
    let known = if known.len() <= MOST_LISTED {
        format!(
            "known patches are {}; `torch-patch list` tells about them",
            listed(known)
        )
    } else {
        "`torch-patch list` tells which there are".to_owned()
    };
    let nearest = nearest.map(|nearest| format!("did you mean `{nearest}`?"));
    nearest.into_iter().chain([known]).collect()
}

fn store_hints(kind: &StoreErrorKind) -> Vec<String> {
    let hint = match kind {
        StoreErrorKind::Busy { .. } => "wait for it to end, and run the command again",
        StoreErrorKind::Drift { .. } => {
            "another program changed the file at this moment; run the command again"
        }
        StoreErrorKind::LeavesRoot { resolved, .. } if is_in_cache_of_uv(resolved) => {
            "the file is the one in uv's cache, which other environments share; have files of its own in this one: \
             `uv pip install --reinstall --link-mode copy` with the package"
        }
        StoreErrorKind::LeavesRoot { .. } => {
            "only files inside the environment are changed; install the package there itself, with uv by `--link-mode copy`"
        }
        StoreErrorKind::NotRegular { path, .. } | StoreErrorKind::TooLarge { path, .. }
            if path.as_str().starts_with(".torch-patch") =>
        {
            "this is not from torch-patch: look who put it there, and remove it"
        }
        StoreErrorKind::NotRegular { .. } | StoreErrorKind::TooLarge { .. } => {
            "reinstall the distribution"
        }
        StoreErrorKind::PermissionDenied { .. } if cfg!(windows) => {
            "open a terminal with `Run as administrator` and run the command there, as for a Python in `Program Files`; \
             or use an environment that is your own"
        }
        StoreErrorKind::PermissionDenied { .. } => {
            "run the command as the owner of the environment, or make the file and its directory writable"
        }
        StoreErrorKind::InUse { .. } => {
            "close Python and every other program that uses the environment, and run the command again"
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

/// With the link mode `symlink`, uv links each file to what it has unpacked (`archive-v0` in its cache;
/// <https://docs.astral.sh/uv/reference/settings/#link-mode>).
fn is_in_cache_of_uv(resolved: &Path) -> bool {
    resolved
        .components()
        .any(|component| component.as_os_str() == "archive-v0")
}
