//! Records a patch from files that somebody edited by hand, or from a unified diff.
//!
//! Nothing is written: the patch file is part of the report. Every edit in it was proven: it makes of the original, which
//! is proven by `RECORD`, exactly what was found.

mod edited;
mod from_diff;
mod names;
mod refusal;
mod search;

use std::path::PathBuf;

use torch_patch_edit::{Application, Edit, FilePatch, FileState, derive};
use torch_patch_env::Distribution;
use torch_patch_set::{Action, Head, Origin, Patch, VersionRange, patch_toml};
use torch_patch_store::{Digest, Layer, Store};

use crate::context::Context;
use crate::damage::repairs_of;
use crate::error::Error;
use crate::layers::{Original, compose_layers};
use crate::pristine::Sources;
use crate::progress::Progress;
use crate::recording::{RecordedFileReport, RecordingReport};
use crate::records::{Records, look};
use crate::report::{Command, Report};
use edited::{Edited, Finder};
pub use refusal::RecordRefusal;

/// What is recorded, and as which patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRequest {
    /// The id of the patch.
    pub patch: String,
    /// The distribution whose files were edited.
    pub distribution: String,
    /// What the patch does, on one line; `None`: that it was recorded, and from which files.
    pub title: Option<String>,
    /// What breaks, what the edits do and what they do not do; `None`: what they were recorded from.
    pub description: Option<String>,
    /// The files, those that were added among them; none: every edited file that the distribution has brought.
    pub files: Vec<PathBuf>,
    /// Where relative paths of files are taken from first; then from site-packages.
    pub cwd: PathBuf,
    /// A diff that takes the place of what is edited in the environment.
    pub diff: Option<DiffInput>,
}

/// A unified diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffInput {
    /// What names it in messages.
    pub name: String,
    /// Its text.
    pub text: Vec<u8>,
}

impl RecordRequest {
    /// Records every edited file of `distribution` as the patch `patch`.
    pub fn new(patch: impl Into<String>, distribution: impl Into<String>) -> Self {
        Self {
            patch: patch.into(),
            distribution: distribution.into(),
            title: None,
            description: None,
            files: Vec::new(),
            cwd: PathBuf::new(),
            diff: None,
        }
    }
}

/// Makes a patch of what was edited; it is in the report's `recording`.
///
/// `sources` are where originals are looked for that the environment itself does not have.
///
/// # Errors
///
/// The distribution is not found, nothing was edited, an original is not to be had, a diff does not fit, or an edit cannot
/// be expressed: then the error says at which line of which file.
pub fn record(
    context: &Context,
    request: &RecordRequest,
    sources: &Sources<'_>,
    progress: &mut dyn Progress,
) -> Result<Report, Error> {
    let distribution = context.environment().distribution(&request.distribution)?;
    let store = Store::new(distribution.site_packages.clone());
    let mut recording = look(&store, |records, _| {
        let finder = Finder {
            records,
            distribution: &distribution,
            sources,
        };
        let (files, notes) = match &request.diff {
            Some(diff) => (from_diff::from_diff(&finder, diff, progress)?, Vec::new()),
            None => search::edited(context, &finder, request, progress)?,
        };
        recorded(records, &distribution, request, &files, notes)
    })?;
    if request.diff.is_none() {
        recording.notes.extend(known_damage(context, &recording));
    }
    let environment = context.environment_report_of(Some(&distribution));
    Ok(Report {
        recording: Some(recording),
        ..Report::new(Command::Record, environment, Vec::new())
    })
}

/// Says so if a bad edit is recorded that a patch of the catalogue takes out.
fn known_damage(context: &Context, recording: &RecordingReport) -> Option<String> {
    let files = recording.files.iter().map(|file| file.path.as_str());
    let repairs = repairs_of(context, &files.collect::<Vec<_>>()).join(" ");
    (!repairs.is_empty()).then(|| {
        format!(
            "a bad edit that is known is part of it; `torch-patch apply {repairs}` takes that out, and then record what is left"
        )
    })
}

/// The patch of these files, proven.
fn recorded(
    records: &Records<'_>,
    distribution: &Distribution,
    request: &RecordRequest,
    files: &[Edited],
    notes: Vec<String>,
) -> Result<RecordingReport, Error> {
    let mut edits: Vec<(&str, Edit)> = Vec::new();
    for file in files {
        let path = file.path.as_str();
        let own = derive(path, file.pristine.as_deref(), Some(&file.alone));
        let own = own.map_err(|reason| RecordRefusal::NotExpressible {
            file: path.to_owned(),
            reason,
        })?;
        edits.extend(own.into_iter().map(|edit| (path, edit)));
    }
    if edits.is_empty() {
        return Err(nothing(distribution, request, notes));
    }
    let versions = versions(&distribution.version);
    let toml = text(distribution, request, files, &versions, &edits);
    let origin = Origin::File(format!("{}.toml", request.patch).into());
    let patch = Patch::parse(toml.as_bytes(), origin)?;
    let mut reports = Vec::with_capacity(files.len());
    for file in files {
        let own = edits.iter().filter(|(path, _)| *path == file.path.as_str());
        reports.push(proven(records, distribution, &patch, file, own.count())?);
    }
    Ok(RecordingReport {
        patch: request.patch.clone(),
        distribution: distribution.name.clone(),
        version: distribution.version.clone(),
        versions,
        in_place: files.iter().all(|file| file.in_place),
        files: reports,
        notes,
        toml,
        written: None,
    })
}

fn nothing(distribution: &Distribution, request: &RecordRequest, notes: Vec<String>) -> Error {
    RecordRefusal::NothingEdited {
        distribution: distribution.name.clone(),
        version: distribution.version.clone(),
        files: request
            .files
            .iter()
            .map(|file| file.to_string_lossy().into_owned())
            .collect(),
        notes,
    }
    .into()
}

/// The range that has just the version of which the patch is known to fit; the local part is a matter of the build.
fn versions(version: &str) -> String {
    let public = version.split('+').next().unwrap_or(version);
    let range = format!("=={public}");
    let has = VersionRange::parse(&range).is_ok_and(|range| range.contains(version));
    if has { range } else { format!("=={version}") }
}

/// The patch file.
fn text(
    distribution: &Distribution,
    request: &RecordRequest,
    files: &[Edited],
    versions: &str,
    edits: &[(&str, Edit)],
) -> String {
    let Distribution { name, version, .. } = distribution;
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let what = match paths.as_slice() {
        [only] => format!("an edit of {only}"),
        [first, rest @ ..] => format!("edits of {first} and {} more", rest.len()),
        [] => "nothing".to_owned(),
    };
    let from = match &request.diff {
        Some(_) => "a diff for ",
        None => "",
    };
    let title = request.title.clone();
    let title = title.unwrap_or_else(|| format!("Recorded from {from}{name} {version}: {what}"));
    let description = request.description.clone().unwrap_or_else(|| {
        format!(
            "Recorded from {from}{name} {version}; says only what was changed, not why. Files:\n\n    {}\n",
            paths.join("\n    ")
        )
    });
    let head = Head {
        id: &request.patch,
        title: &title,
        distribution: name,
        description: &description,
    };
    patch_toml(
        &head,
        versions,
        edits.iter().map(|(file, edit)| (*file, edit)),
    )
}

/// Proves that the patch, as its file reads back, makes of the original what was found.
fn proven(
    records: &Records<'_>,
    distribution: &Distribution,
    patch: &Patch,
    file: &Edited,
    edits: usize,
) -> Result<RecordedFileReport, Error> {
    let name = file.path.as_str();
    let compiled = patch
        .variants
        .iter()
        .find_map(|variant| match &variant.action {
            Action::Edits(files) => files.iter().find(|own| own.file == name),
            Action::FixedUpstream(_) | Action::Unaffected(_) => None,
        });
    let touches = || -> Error {
        RecordRefusal::TouchesPatch {
            file: name.to_owned(),
            patches: file.patches(),
            conflict: None,
        }
        .into()
    };
    let compiled = &compiled.ok_or_else(touches)?.compiled;
    let alone = compiled.apply(file.pristine.as_deref());
    let alone = alone.ok().filter(|alone| alone.bytes == file.alone);
    let alone = alone.ok_or_else(touches)?;
    if let Some(whole) = &file.whole {
        let made = beside(records, distribution, patch, file)?;
        if made.bytes != *whole || !is_found(compiled, whole) {
            return Err(touches());
        }
    }
    Ok(RecordedFileReport {
        path: name.to_owned(),
        before: file.pristine.as_deref().map(Digest::of),
        after: Digest::of(&file.alone),
        edits,
        lines: alone.changes.iter().map(|change| change.line).collect(),
        original: file.original.clone(),
        beside: file.patches(),
    })
}

fn is_found(compiled: &FilePatch, file: &[u8]) -> bool {
    compiled.classify(Some(file)).state == FileState::Applied
}

/// The original with the patches that are recorded on the file and this one.
fn beside(
    records: &Records<'_>,
    distribution: &Distribution,
    patch: &Patch,
    file: &Edited,
) -> Result<Application, Error> {
    let digest = Digest::of(patch.source().as_bytes());
    let mut layers: Vec<Layer> = file
        .entry
        .iter()
        .flat_map(|entry| entry.patches.clone())
        .collect();
    let variant = patch
        .variants
        .first()
        .map(|variant| variant.versions.to_string());
    layers.push(Layer {
        id: patch.id.clone(),
        variant: variant.unwrap_or_default(),
        digest,
        owners: Vec::new(),
    });
    let original = Original {
        path: &file.path,
        bytes: file.pristine.as_deref(),
        distribution: &distribution.name,
        version: &distribution.version,
    };
    compose_layers(records, original, &layers, &[(&digest, patch)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_has_the_version_that_was_recorded_from() {
        let cases = [
            ("2.5.1", "==2.5.1"),
            ("2.5.1+cu124", "==2.5.1"),
            ("1.13.0a0+gitunknown", "==1.13.0a0"),
            ("2.0.0.dev20230101+cu118", "==2.0.0.dev20230101"),
            ("1.7.post1", "==1.7.post1"),
        ];
        for (version, range) in cases {
            assert_eq!(versions(version), range);
            let range = VersionRange::parse(range);
            assert!(
                range.is_ok_and(|range| range.contains(version)),
                "{version}"
            );
        }
    }
}
