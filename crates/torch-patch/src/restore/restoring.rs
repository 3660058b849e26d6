//! What becomes of one file that is put back, worked out before anything is written.

use torch_patch_store::{
    Change, Committed, Digest, FileChange, FileEntry, Layer, RelativePath, Target, Wanted,
};

use super::{Located, OnPatches, Search};
use crate::bytecode::compiled_files;
use crate::error::Error;
use crate::file_view::Upstream;
use crate::layers::{Original, compose_layers};
use crate::pristine::{Proven, Provenance, pristine_bytes, recorded_digest};
use crate::progress::Progress;
use crate::records::Records;
use crate::restored::{RestoreOutcome, RestoredReport};

/// What becomes of one file.
pub(super) struct Restoring {
    report: RestoredReport,
    /// `None`: the file is as it should be.
    change: Option<FileChange>,
}

impl Restoring {
    /// Works out what the file should hold, and finds the bytes for it.
    pub(super) fn plan(
        records: &Records<'_>,
        file: &Located,
        search: &mut Search<'_>,
        progress: &mut dyn Progress,
    ) -> Result<Self, Error> {
        let view = View::of(records, file, search.on_patches)?;
        if let Some(outcome) = view.outcome_as_it_is() {
            return Ok(Self {
                report: view.report(outcome),
                change: None,
            });
        }
        let original = view.original(records, search, progress)?;
        let wanted = view.wanted(records, original.as_ref())?;
        let mut report = view.report(RestoreOutcome::Restored);
        report.after = wanted.as_deref().map(Digest::of);
        report.from = original.as_ref().map(|original| original.from.to_string());
        if report.after == report.before {
            // Recorded with another expectation than its patches make of the original.
            report.outcome = RestoreOutcome::AsRecorded;
            return Ok(Self {
                report,
                change: None,
            });
        }
        let change = view.change(records, wanted, original)?;
        Ok(Self {
            report,
            change: Some(change),
        })
    }

    /// Whether the file is as it should be.
    pub(super) fn is_nothing(&self) -> bool {
        self.change.is_none()
    }

    /// What became, or would become, of it.
    pub(super) fn report(
        &self,
        committed: Option<&Committed>,
        outcome: RestoreOutcome,
    ) -> RestoredReport {
        let mut report = self.report.clone();
        if let Some(change) = &self.change {
            report.outcome = outcome;
            let mut read_back = committed.iter().flat_map(|committed| &committed.files);
            if let Some((_, digest)) = read_back.find(|(path, _)| *path == change.path) {
                report.after = *digest;
            }
        }
        report
    }
}

/// All changes in the words of the store.
pub(super) fn change(files: &[Restoring]) -> Change {
    let files = files.iter().filter_map(|file| file.change.clone());
    Change {
        files: files.collect(),
        blobs: Vec::new(),
    }
}

/// Where the store has put the copy of each file: copies come in the order of the files that have one.
pub(super) fn kept(files: &[Restoring], committed: &Committed) -> Vec<Option<String>> {
    let mut copies = committed.kept.iter();
    let keeps = |file: &Restoring| {
        let change = file.change.as_ref();
        change.is_some_and(|change| change.keep_user_copy)
    };
    let copies = files.iter().map(|file| {
        let copy = if keeps(file) { copies.next() } else { None };
        copy.map(|path| path.to_string_lossy().into_owned())
    });
    copies.collect()
}

/// A file as it is, with all that says what it should be.
struct View<'f> {
    file: &'f Located,
    target: Option<Target>,
    /// What is recorded of patches, of this version of the distribution.
    entry: Option<FileEntry>,
    /// What was recorded when another version was installed.
    is_superseded: bool,
    /// The digest of the original; `None`: a patch made the file.
    original: Option<Digest>,
    /// Whether `RECORD` has it.
    is_by_record: bool,
    /// The patches that the file is to have.
    layers: Vec<Layer>,
}

impl<'f> View<'f> {
    fn of(records: &Records<'_>, file: &'f Located, on_patches: OnPatches) -> Result<Self, Error> {
        let target = records.target(&file.path)?;
        let found = target.as_ref().map(|target| target.digest);
        let all = records.entry(&file.path, found);
        let is_live = |entry: &&FileEntry| entry.version == file.distribution.version;
        let entry = all.filter(is_live).cloned();
        let upstream = Upstream::of(&file.distribution, &file.path)?;
        let original = match (upstream.digest(), &entry) {
            (Some(digest), _) => Some(digest),
            (None, Some(entry)) => entry.pristine,
            (None, None) => Some(recorded_digest(&file.distribution, &file.path)?),
        };
        let layers = match (&entry, on_patches) {
            (Some(entry), OnPatches::Keep) => entry.patches.clone(),
            _ => Vec::new(),
        };
        Ok(Self {
            file,
            target,
            is_superseded: all.is_some() && entry.is_none(),
            entry,
            original,
            is_by_record: upstream.digest().is_some(),
            layers,
        })
    }

    fn path(&self) -> &RelativePath {
        &self.file.path
    }

    fn found(&self) -> Option<Digest> {
        self.target.as_ref().map(|target| target.digest)
    }

    /// What is said of the file if nothing is to be done.
    fn outcome_as_it_is(&self) -> Option<RestoreOutcome> {
        let found = self.found();
        let expected = self.entry.as_ref().map(|entry| entry.expected);
        if !self.layers.is_empty() && expected == Some(found) {
            return Some(RestoreOutcome::AsRecorded);
        }
        (found.is_some() && found == self.original).then_some(RestoreOutcome::AsInstalled)
    }

    /// The original bytes; `None`: there was no file.
    fn original(
        &self,
        records: &Records<'_>,
        search: &mut Search<'_>,
        progress: &mut dyn Progress,
    ) -> Result<Option<Proven>, Error> {
        let Some(digest) = self.original else {
            return Ok(None);
        };
        if !self.is_by_record {
            return Ok(Some(Proven {
                bytes: records.backup(&digest)?,
                digest,
                from: Provenance::Backup,
            }));
        }
        let key = (records.root().to_owned(), self.path().clone());
        if let Some(found) = search.found.get(&key).filter(|own| own.digest == digest) {
            return Ok(Some(found.clone()));
        }
        let distribution = &self.file.distribution;
        let found = pristine_bytes(records, distribution, self.path(), search.sources, progress)?;
        search.found.insert(key, found.clone());
        Ok(Some(found))
    }

    /// What the file is to hold; `None`: it is to be absent.
    fn wanted(
        &self,
        records: &Records<'_>,
        original: Option<&Proven>,
    ) -> Result<Option<Vec<u8>>, Error> {
        let bytes = original.map(|original| original.bytes.as_slice());
        if self.layers.is_empty() {
            return Ok(bytes.map(<[u8]>::to_vec));
        }
        let original = Original {
            path: self.path(),
            bytes,
            distribution: &self.file.distribution.name,
            version: &self.file.distribution.version,
        };
        let made = compose_layers(records, original, &self.layers, &[])?;
        Ok(Some(made.bytes))
    }

    fn change(
        &self,
        records: &Records<'_>,
        wanted: Option<Vec<u8>>,
        original: Option<Proven>,
    ) -> Result<FileChange, Error> {
        let expected = wanted.as_deref().map(Digest::of);
        let wanted = wanted.map_or(Wanted::Remove, Wanted::Write);
        let mut change = FileChange::new(self.path().clone(), self.found(), wanted);
        let entry = self.entry.as_ref();
        change.restore_metadata = entry
            .filter(|_| self.target.is_none() || self.layers.is_empty())
            .map(|entry| entry.metadata);
        change.entry = entry
            .filter(|_| !self.layers.is_empty())
            .map(|entry| FileEntry {
                pristine: self.original,
                expected,
                ..entry.clone()
            });
        change.backup = original
            .filter(|_| change.entry.is_some())
            .map(|original| original.bytes);
        // What the patches made can be made again.
        let is_ours = entry.is_some_and(|entry| entry.expected == self.found());
        change.keep_user_copy = self.target.is_some() && !is_ours;
        change.derived = compiled_files(records.root(), self.path())?;
        Ok(change)
    }

    fn report(&self, outcome: RestoreOutcome) -> RestoredReport {
        let distribution = &self.file.distribution;
        let layers = self.layers.iter();
        RestoredReport {
            path: self.path().as_str().to_owned(),
            site_packages: distribution.site_packages.to_string_lossy().into_owned(),
            distribution: distribution.name.clone(),
            version: distribution.version.clone(),
            outcome,
            before: self.found(),
            after: self.found(),
            original: self.original,
            from: None,
            patches: match outcome {
                RestoreOutcome::AsInstalled => Vec::new(),
                _ => layers.map(|layer| layer.id.clone()).collect(),
            },
            kept: None,
            reason: self.reason(outcome),
        }
    }

    fn reason(&self, outcome: RestoreOutcome) -> Option<String> {
        let names = |layers: &[Layer]| {
            let names = layers.iter().map(|layer| format!("`{}`", layer.id));
            names.collect::<Vec<_>>().join(", ")
        };
        let entry = self.entry.as_ref();
        if let Some(entry) = entry.filter(|_| outcome == RestoreOutcome::AsInstalled) {
            return Some(format!(
                "{} is recorded on it and not in place: `torch-patch apply` puts it back, `torch-patch revert` forgets it",
                names(&entry.patches)
            ));
        }
        if let Some(entry) = entry.filter(|_| self.layers.is_empty()) {
            return Some(format!(
                "without {}, of which nothing is recorded on this file any more",
                names(&entry.patches)
            ));
        }
        let is_written = outcome == RestoreOutcome::Restored;
        (self.is_superseded && is_written).then(|| {
            let name = &self.file.distribution.name;
            format!("{name} was installed anew since it was patched: what was recorded of this file is gone")
        })
    }
}
