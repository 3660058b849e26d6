//! A bad edit that people make by hand, found in an installed file by a patch that is marked `repairs`.
//!
//! Architecture invariant: a file that `RECORD` proves is never called damaged, whatever it says.

use torch_patch_set::{Action, FileEdits};
use torch_patch_store::Digest;

use crate::context::{Case, Context, Need, relative_path};
use crate::error::{Error, ErrorKind};
use crate::file_view::{Condition, FileView, Upstream};
use crate::layers::{Original, compose_layers};
use crate::records::Records;
use crate::report::Outcome;
use crate::request::StatusRequest;
use crate::status::status;

/// A file with bad edits.
pub(crate) struct Damage<'c> {
    pub(crate) edits: &'c FileEdits,
    pub(crate) view: FileView,
    /// Where they are, as lines from 1.
    pub(crate) lines: Vec<usize>,
    pub(crate) seat: Seat,
}

/// What has the bad edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seat {
    /// The file as it is, and nothing that is recorded of it.
    File,
    /// What is recorded as its original: nothing could tell, when a patch was applied, that it was damaged.
    Original,
    /// A recorded patch puts them there.
    Patch(String),
}

impl Damage<'_> {
    /// Where it is, in words.
    pub(crate) fn place(&self) -> String {
        let lines: Vec<String> = self.lines.iter().map(ToString::to_string).collect();
        let file = &self.edits.file;
        match lines.as_slice() {
            [line] => format!("line {line} of `{file}`"),
            lines => format!("lines {} of `{file}`", lines.join(", ")),
        }
    }
}

/// The files that have bad edits which the patch of a case knows.
pub(crate) fn damages<'c>(
    records: &Records<'_>,
    case: &'c Case<'_>,
) -> Result<Vec<Damage<'c>>, Error> {
    let Need::Variant(variant) = &case.need else {
        return Ok(Vec::new());
    };
    let Action::Edits(files) = &variant.action else {
        return Ok(Vec::new());
    };
    let found = files.iter().map(|edits| damage(records, case, edits));
    let found: Vec<Option<Damage<'c>>> = found.collect::<Result<_, Error>>()?;
    Ok(found.into_iter().flatten().collect())
}

fn damage<'c>(
    records: &Records<'_>,
    case: &Case<'_>,
    edits: &'c FileEdits,
) -> Result<Option<Damage<'c>>, Error> {
    let path = relative_path(&edits.file)?;
    let view = FileView::new(records, Some(&case.distribution), &path)?;
    let Some(bytes) = view.bytes() else {
        return Ok(None);
    };
    if is_proven(case, &view)? {
        return Ok(None);
    }
    let lines = edits.compiled.lines_in_place(bytes);
    if lines.is_empty() {
        return Ok(None);
    }
    let seat = seat(records, edits, &view)?;
    Ok(Some(Damage {
        edits,
        view,
        lines,
        seat,
    }))
}

/// Whether the file is what the distribution has brought, or none of its files.
fn is_proven(case: &Case<'_>, view: &FileView) -> Result<bool, Error> {
    Ok(match view.condition {
        Condition::Pristine | Condition::NotOwned => true,
        Condition::Restored | Condition::Superseded => {
            let upstream = Upstream::of(&case.distribution, &view.path)?;
            upstream.digest().is_some() && upstream.digest() == view.digest()
        }
        Condition::Recorded | Condition::Changed | Condition::Unproven => false,
    })
}

fn seat(records: &Records<'_>, edits: &FileEdits, view: &FileView) -> Result<Seat, Error> {
    let Some(entry) = &view.entry else {
        return Ok(Seat::File);
    };
    if !matches!(view.condition, Condition::Recorded | Condition::Restored) {
        return Ok(Seat::File);
    }
    let original = view.pristine(records)?;
    let is_damaged = |bytes: &[u8]| !edits.compiled.lines_in_place(bytes).is_empty();
    if original.as_deref().is_some_and(is_damaged) {
        return Ok(Seat::Original);
    }
    for layer in &entry.patches {
        let original = Original {
            path: &view.path,
            bytes: original.as_deref(),
            distribution: &entry.distribution,
            version: &entry.version,
        };
        let alone = compose_layers(records, original, std::slice::from_ref(layer), &[]);
        if alone.is_ok_and(|made| is_damaged(&made.bytes)) {
            return Ok(Seat::Patch(layer.id.clone()));
        }
    }
    // All of them together make it.
    let last = entry.patches.last();
    Ok(last.map_or(Seat::File, |layer| Seat::Patch(layer.id.clone())))
}

/// The repairs of the catalogue that know a bad edit in one of these files.
///
/// One that cannot be held against them has nothing to say.
pub(crate) fn repairs_of(context: &Context, files: &[&str]) -> Vec<String> {
    let patches = context.catalogue().patches().unwrap_or_default();
    let mut found = Vec::new();
    for patch in patches.into_iter().filter(|patch| patch.repairs) {
        let report = status(context, &StatusRequest::new([&patch.id]));
        let results = report.map(|report| report.results).unwrap_or_default();
        let damaged = results.iter().flat_map(|result| &result.files);
        let mut damaged = damaged.filter(|file| file.state == Some(Outcome::Damaged));
        if damaged.any(|file| files.contains(&file.path.as_str())) {
            found.push(patch.id.clone());
        }
    }
    found
}

/// An error about a file that has a bad edit which is known, with the repairs that know it and were not asked for.
pub(crate) fn with_repairs(context: &Context, error: Error, asked: &[String]) -> Error {
    let files: Vec<&str> = match error.kind() {
        ErrorKind::Drift { files, .. } => files.iter().map(|file| file.path.as_str()).collect(),
        ErrorKind::Conflict { file, .. } | ErrorKind::NotProven { file, .. } => vec![file],
        ErrorKind::HandMade { files, .. } => files.iter().map(String::as_str).collect(),
        _ => return error,
    };
    let mut repairs = repairs_of(context, &files);
    repairs.retain(|repair| !asked.contains(repair));
    error.with_repairs(repairs)
}

/// The digests that prove a content of a file: that of the recorded patches, and that of the original.
pub(crate) struct Known {
    pub(crate) recorded: Option<Digest>,
    pub(crate) original: Option<Digest>,
    pub(crate) upstream: Option<Digest>,
}

impl Known {
    pub(crate) fn of(case: &Case<'_>, view: &FileView) -> Result<Self, Error> {
        let entry = view.entry.as_ref();
        let entry = entry.filter(|entry| entry.version == case.distribution.version);
        Ok(Self {
            recorded: entry.and_then(|entry| entry.expected),
            original: entry.and_then(|entry| entry.pristine),
            upstream: Upstream::of(&case.distribution, &view.path)?.digest(),
        })
    }
}
