//! What a `revert` makes of the files below one site-packages directory, worked out before anything
//! is written.

use std::collections::BTreeMap;

use torch_patch_edit::merge;
use torch_patch_env::Distribution;
use torch_patch_store::{
    Change, Committed, Digest, FileChange, FileEntry, Layer, RelativePath, Wanted,
};

use crate::bytecode::compiled_files;
use crate::context::Context;
use crate::drift::{drifted, file_diff};
use crate::error::{DriftedFile, Error, ErrorKind};
use crate::file_view::{Condition, FileView};
use crate::layers::recorded_bytes;
use crate::records::{Records, layer_of};
use crate::report::{FileReport, Outcome, PatchReport};
use crate::request::{Mode, OnDrift};

/// What is taken back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Withdrawal<'w> {
    /// The patches, in the order in which they were asked for.
    pub(crate) ids: &'w [String],
    /// Whose demand ends; the patches stay while somebody else has asked for them. `None`: everybody's.
    pub(crate) owner: Option<&'w str>,
}

impl Withdrawal<'_> {
    /// The patch of a file that this is about.
    fn first_of(&self, entry: &FileEntry) -> Option<&String> {
        self.ids
            .iter()
            .find(|id| layer_of(entry, id).is_some_and(|layer| self.is_about(layer)))
    }

    fn is_about(&self, layer: &Layer) -> bool {
        let is_owner = |owner: &str| layer.owners.iter().any(|own| own == owner);
        self.ids.contains(&layer.id) && self.owner.is_none_or(is_owner)
    }

    /// What is left of a patch on a file.
    pub(crate) fn rest(&self, layer: &Layer) -> Option<Layer> {
        let mut rest = layer.clone();
        if self.is_about(layer) {
            let owner = self.owner?;
            rest.owners.retain(|own| own != owner);
        }
        (!rest.owners.is_empty() || !self.is_about(layer)).then_some(rest)
    }
}

/// What becomes of the files.
pub(crate) struct Restoration {
    files: Vec<Restored>,
    /// The patches that are taken back, in the order in which they were asked for.
    ids: Vec<String>,
    /// How the files change, if that was asked for.
    diffs: BTreeMap<RelativePath, String>,
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
    /// Works out what taking patches back changes.
    pub(crate) fn plan(
        context: &Context,
        records: &Records<'_>,
        withdrawal: Withdrawal<'_>,
        on_drift: OnDrift,
    ) -> Result<Self, Error> {
        let mut files = Vec::new();
        let mut drifts: Vec<(DriftedFile, Option<String>)> = Vec::new();
        for (path, entry) in &records.ledger().files {
            let Some(id) = withdrawal.first_of(entry) else {
                continue;
            };
            let distribution = installed(context, records, entry)?;
            let view = FileView::new(records, distribution.as_ref(), path)?;
            let rest = entry.patches.iter();
            let rest: Vec<Layer> = rest.filter_map(|layer| withdrawal.rest(layer)).collect();
            // Where all patches stay, the file is left as it is, whatever it is.
            let is_touched = rest.len() < entry.patches.len();
            if is_touched && view.condition == Condition::Changed && on_drift == OnDrift::Refuse {
                drifts.push((drifted(records, &view)?, Some(id.clone())));
                continue;
            }
            let change = if is_touched {
                change(records, &view, entry, rest, on_drift)?
            } else {
                unowned(&view, entry, rest)
            };
            files.push(Restored {
                change,
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
        let ids = withdrawal.ids.to_vec();
        Ok(Self {
            files,
            ids,
            diffs: BTreeMap::new(),
        })
    }

    /// Works out how the files change, for the reports.
    pub(crate) fn add_diffs(&mut self, records: &Records<'_>) -> Result<(), Error> {
        for file in &self.files {
            let wanted = match &file.change.wanted {
                Wanted::Keep => continue,
                Wanted::Write(bytes) => Some(bytes.as_slice()),
                Wanted::Remove => None,
            };
            let path = &file.change.path;
            let target = records.target(path)?;
            let found = target.as_ref().map(|target| target.bytes.as_slice());
            self.diffs
                .insert(path.clone(), file_diff(path, found, wanted));
        }
        Ok(())
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
    pub(crate) fn reports(&self, committed: Option<&Committed>, mode: Mode) -> Vec<PatchReport> {
        let ids = self.ids.iter();
        ids.filter_map(|id| self.report(id, committed, mode))
            .collect()
    }

    fn report(&self, id: &str, committed: Option<&Committed>, mode: Mode) -> Option<PatchReport> {
        let own = self.files.iter();
        let own = own.filter(|file| file.loses(id));
        let own: Vec<&Restored> = own.collect();
        let first = own.first()?;
        let layer = layer_of(&first.entry, id)?;
        let mut staying = own.iter().filter_map(|file| file.left(id));
        let staying = staying.next();
        let outcome = match (staying, mode) {
            (None, Mode::Write) => Outcome::Reverted,
            (None, Mode::DryRun) => Outcome::WouldRevert,
            (Some(_), Mode::Write) => Outcome::Released,
            (Some(_), Mode::DryRun) => Outcome::WouldRelease,
        };
        let files = own.iter().map(|file| self.file_report(file, committed));
        let is_retired = own.iter().all(|file| file.is_retired());
        let reason = is_retired.then(|| {
            format!(
                "{} was installed anew since, so only the record was removed",
                first.entry.distribution
            )
        });
        let reason = reason.filter(|_| first.version.is_some());
        let stays = staying.map(|layer| stays(&layer.owners));
        Some(PatchReport {
            version: first.version.clone(),
            variant: Some(layer.variant.clone()),
            outcome,
            files: files.collect(),
            reason: stays.or(reason),
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
            diff: self.diffs.get(&change.path).cloned(),
            kept: self.kept(file, committed),
            proven: None,
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
    /// Whether the patch, or somebody's demand of it, is taken back.
    fn loses(&self, id: &str) -> bool {
        layer_of(&self.entry, id).is_some_and(|layer| self.left(id) != Some(layer))
    }

    /// What is recorded of the patch afterwards.
    fn left(&self, id: &str) -> Option<&Layer> {
        layer_of(self.change.entry.as_ref()?, id)
    }

    fn is_retired(&self) -> bool {
        matches!(self.condition, Condition::Restored | Condition::Superseded)
    }

    fn keeps_copy(&self) -> bool {
        self.change.keep_user_copy && self.change.found.is_some()
    }
}

/// The distribution that a recorded file belongs to, if it is still installed where the record is.
pub(crate) fn installed(
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

/// Why a patch stays that somebody has no need of any more.
pub(crate) fn stays(owners: &[String]) -> String {
    format!("it stays, since `{}` has asked for it", owners.join("`, `"))
}

/// A file that all patches stay on, and of which less is asked.
fn unowned(view: &FileView, entry: &FileEntry, rest: Vec<Layer>) -> FileChange {
    let mut change = FileChange::new(view.path.clone(), view.digest(), Wanted::Keep);
    change.entry = Some(FileEntry {
        patches: rest,
        ..entry.clone()
    });
    change
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
