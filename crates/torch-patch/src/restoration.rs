//! What a `revert` makes of the files below one site-packages directory, worked out before anything
//! is written.

use torch_patch_edit::merge;
use torch_patch_env::Distribution;
use torch_patch_store::{Change, Committed, Digest, FileChange, FileEntry, Layer, Wanted};

use crate::bytecode::compiled_files;
use crate::context::Context;
use crate::drift::drifted;
use crate::error::{DriftedFile, Error, ErrorKind};
use crate::file_view::{Condition, FileView};
use crate::layers::recorded_bytes;
use crate::records::{Records, layer_of};
use crate::report::{FileReport, Outcome, PatchReport};
use crate::request::OnDrift;

/// What becomes of the files.
pub(crate) struct Restoration {
    files: Vec<Restored>,
    /// The patches that are taken out, in the order in which they were asked for.
    ids: Vec<String>,
}

/// What becomes of one file.
struct Restored {
    change: FileChange,
    /// What is recorded now.
    entry: FileEntry,
    /// The installed version, if there is one.
    version: Option<String>,
    condition: Condition,
}

impl Restoration {
    /// Works out what taking out the patches `ids` changes.
    pub(crate) fn plan(
        context: &Context,
        records: &Records<'_>,
        ids: &[String],
        on_drift: OnDrift,
    ) -> Result<Self, Error> {
        let mut files = Vec::new();
        let mut drifts: Vec<(DriftedFile, Option<String>)> = Vec::new();
        for (path, entry) in &records.ledger().files {
            let Some(id) = ids.iter().find(|id| layer_of(entry, id).is_some()) else {
                continue;
            };
            let distribution = installed(context, records, entry)?;
            let view = FileView::new(records, distribution.as_ref(), path)?;
            if view.condition == Condition::Changed && on_drift == OnDrift::Refuse {
                drifts.push((drifted(records, &view)?, Some(id.clone())));
                continue;
            }
            let rest: Vec<Layer> = entry
                .patches
                .iter()
                .filter(|layer| !ids.contains(&layer.id))
                .cloned()
                .collect();
            files.push(Restored {
                change: change(records, &view, entry, rest, on_drift)?,
                entry: entry.clone(),
                version: distribution.map(|distribution| distribution.version),
                condition: view.condition,
            });
        }
        if let Some((_, patch)) = drifts.first() {
            let patch = patch.clone();
            let files = drifts.into_iter().map(|(file, _)| file).collect();
            return Err(ErrorKind::Drift { patch, files }.into());
        }
        let ids = ids.to_vec();
        Ok(Self { files, ids })
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The plan in the words of the store.
    pub(crate) fn change(&self) -> Change {
        let files = self.files.iter().map(|file| file.change.clone());
        Change {
            files: files.collect(),
            blobs: Vec::new(),
        }
    }

    /// What became, or would become, of each patch that was recorded.
    pub(crate) fn reports(
        &self,
        committed: Option<&Committed>,
        outcome: Outcome,
    ) -> Vec<PatchReport> {
        let ids = self.ids.iter();
        ids.filter_map(|id| self.report(id, committed, outcome))
            .collect()
    }

    fn report(
        &self,
        id: &str,
        committed: Option<&Committed>,
        outcome: Outcome,
    ) -> Option<PatchReport> {
        let own = self.files.iter();
        let own = own.filter(|file| layer_of(&file.entry, id).is_some());
        let own: Vec<&Restored> = own.collect();
        let first = own.first()?;
        let layer = layer_of(&first.entry, id)?;
        let files = own.iter().map(|file| self.file_report(file, committed));
        let is_retired = own.iter().all(|file| file.is_retired());
        let reason = is_retired.then(|| {
            format!(
                "{} was installed anew since, so only the record was removed",
                first.entry.distribution
            )
        });
        Some(PatchReport {
            version: first.version.clone(),
            variant: Some(layer.variant.clone()),
            outcome,
            files: files.collect(),
            reason: reason.filter(|_| first.version.is_some()),
            owners: layer.owners.clone(),
            ..PatchReport::bare(id, &first.entry.distribution)
        })
    }

    fn file_report(&self, file: &Restored, committed: Option<&Committed>) -> FileReport {
        let change = &file.change;
        let mut read_back = committed.iter().flat_map(|committed| &committed.files);
        let read_back = read_back.find(|(path, _)| *path == change.path);
        let planned = match &change.wanted {
            Wanted::Keep => change.found,
            Wanted::Write(bytes) => Some(Digest::of(bytes)),
            Wanted::Remove => None,
        };
        FileReport {
            path: change.path.as_str().to_owned(),
            before: change.found,
            after: read_back.map_or(planned, |(_, digest)| *digest),
            lines: Vec::new(),
            state: None,
            diff: None,
            kept: self.kept(file, committed),
        }
    }

    /// Where the store has put the copy of a changed file: copies come in the order of the files.
    fn kept(&self, file: &Restored, committed: Option<&Committed>) -> Option<String> {
        let keeping = self.files.iter().filter(|file| file.keeps_copy());
        let mut paths = keeping.zip(&committed?.kept);
        let (_, path) = paths.find(|(own, _)| own.change.path == file.change.path)?;
        Some(path.to_string_lossy().into_owned())
    }
}

impl Restored {
    fn is_retired(&self) -> bool {
        matches!(self.condition, Condition::Restored | Condition::Superseded)
    }

    fn keeps_copy(&self) -> bool {
        self.change.keep_user_copy && self.change.found.is_some()
    }
}

/// The distribution that a recorded file belongs to, if it is still installed where the record is.
fn installed(
    context: &Context,
    records: &Records<'_>,
    entry: &FileEntry,
) -> Result<Option<Distribution>, Error> {
    match context.environment().distribution(&entry.distribution) {
        Ok(found) => Ok(Some(found).filter(|found| found.site_packages == records.root())),
        Err(error) if error.is_distribution_not_found() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What becomes of one file on which the layers `rest` stay.
fn change(
    records: &Records<'_>,
    view: &FileView,
    entry: &FileEntry,
    rest: Vec<Layer>,
    on_drift: OnDrift,
) -> Result<FileChange, Error> {
    let is_last = rest.is_empty();
    let is_retired = matches!(view.condition, Condition::Restored | Condition::Superseded);
    if is_last && is_retired {
        // Only the record goes, and the backup need not even be there.
        return Ok(FileChange::new(
            view.path.clone(),
            view.digest(),
            Wanted::Keep,
        ));
    }
    view.check_original()?;
    let original = recorded_bytes(records, &view.path, entry, &rest)?;
    let expected = original.as_deref().map(Digest::of);
    let left = (!is_last).then(|| FileEntry {
        expected,
        patches: rest,
        ..entry.clone()
    });
    let mut change = FileChange::new(view.path.clone(), view.digest(), Wanted::Keep);
    change.entry = left;
    match view.condition {
        Condition::Restored | Condition::Superseded => return Ok(change),
        Condition::Changed if on_drift == OnDrift::Merge => {
            change.wanted = Wanted::Write(merged(records, view, entry, original.as_deref())?);
            change.is_merged = true;
        }
        condition => {
            change.keep_user_copy = condition == Condition::Changed;
            change.restore_metadata = (is_last && original.is_some()).then_some(entry.metadata);
            change.wanted = original.map_or(Wanted::Remove, Wanted::Write);
        }
    }
    change.derived = compiled_files(records.root(), &view.path)?;
    Ok(change)
}

/// The changed file without the patches that go.
fn merged(
    records: &Records<'_>,
    view: &FileView,
    entry: &FileEntry,
    original: Option<&[u8]>,
) -> Result<Vec<u8>, Error> {
    let patched = recorded_bytes(records, &view.path, entry, &entry.patches)?;
    let (Some(patched), Some(current), Some(original)) = (patched, view.bytes(), original) else {
        let files = vec![drifted(records, view)?];
        return Err(ErrorKind::Drift { patch: None, files }.into());
    };
    merge(&patched, current, original).map_err(|conflict| {
        let file = view.path.as_str().to_owned();
        ErrorKind::Merge { file, conflict }.into()
    })
}
