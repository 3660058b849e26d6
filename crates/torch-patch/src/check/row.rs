//! All patches held against one release for one platform.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use torch_patch_set::{Action, FileEdits, Patch, Variant};
use torch_patch_store::Digest;

use crate::cell::{CellReport, CellState};
use crate::check::CheckRequest;
use crate::check::specimen::{Contents, Found, Specimen};
use crate::check::suggest::{Proposal, propose};
use crate::check::verdict::{Verdict, verdict};
use crate::error::{Error, listed};

/// What came of holding all patches against one release.
#[derive(Debug)]
pub(crate) struct Row {
    /// One for each patch.
    pub(crate) cells: Vec<CellReport>,
    /// For each patch and each of its variants, whether its edits fit, whatever its range says; empty
    /// unless ranges are to be inferred.
    pub(crate) holds: Vec<Vec<bool>>,
    /// For each patch that does not fit or does not cover the release, the variant that would.
    pub(crate) proposals: Vec<Option<Proposal>>,
}

/// The same patches for many releases, of which most have the same files.
pub(crate) struct Rows<'p> {
    pub(crate) patches: Vec<&'p Patch>,
    request: &'p CheckRequest,
    known: Mutex<HashMap<Key, Arc<Verdict>>>,
}

/// A patch, one of its variants, and the digests of the files.
type Key = (usize, usize, Vec<Option<Digest>>);

impl<'p> Rows<'p> {
    pub(crate) fn new(patches: Vec<&'p Patch>, request: &'p CheckRequest) -> Self {
        Self {
            patches,
            request,
            known: Mutex::default(),
        }
    }

    /// Holds the patches against a release.
    pub(crate) fn row(&self, specimen: &dyn Specimen) -> Result<Row, Error> {
        let paths: Vec<&str> = self.paths(specimen).into_iter().collect();
        Ok(self.row_of(specimen, &specimen.files(&paths)?))
    }

    /// The same where the files were read already.
    pub(crate) fn row_of(&self, specimen: &dyn Specimen, found: &Found) -> Row {
        let mut row = Row {
            cells: Vec::new(),
            holds: Vec::new(),
            proposals: Vec::new(),
        };
        for index in 0..self.patches.len() {
            let verdict = self.verdict(index, specimen, &found.contents);
            let is_open = verdict.0.state.is_broken() || verdict.0.state == CellState::NotCovered;
            row.proposals.push(if self.request.suggest && is_open {
                propose(self.patches[index], &found.contents)
            } else {
                None
            });
            row.holds.push(if self.request.infer {
                self.holds(index, &found.contents)
            } else {
                Vec::new()
            });
            row.cells
                .push(self.cell(index, specimen, verdict, &found.notes));
        }
        row
    }

    /// The files that have to be looked at.
    fn paths(&self, specimen: &dyn Specimen) -> BTreeSet<&'p str> {
        let mut paths = BTreeSet::new();
        for patch in &self.patches {
            let variants: Vec<&Variant> = match patch.variant_for(specimen.release()) {
                Ok(variant) if !self.request.infer && !self.request.suggest => vec![variant],
                _ => patch.variants.iter().collect(),
            };
            if patch.applies_on(specimen.platform()) {
                let edits = variants.into_iter().flat_map(edits_of);
                paths.extend(edits.map(|edits| edits.file.as_str()));
            }
        }
        paths
    }

    /// What a patch looks like, with the range of its variant.
    fn verdict(
        &self,
        index: usize,
        specimen: &dyn Specimen,
        contents: &Contents,
    ) -> (Verdict, Option<String>) {
        let patch = self.patches[index];
        if !patch.applies_on(specimen.platform()) {
            let reason = format!("it is not for {}", specimen.platform());
            return (Verdict::without_files(CellState::NotNeeded, reason), None);
        }
        let Ok(variant) = patch.variant_for(specimen.release()) else {
            return (self.not_covered(index, contents), None);
        };
        let range = variant.versions.to_string();
        if let Some(reason) = variant.no_need() {
            let verdict = Verdict::without_files(CellState::NotNeeded, reason);
            return (verdict, Some(range));
        }
        let number = patch
            .variants
            .iter()
            .position(|own| std::ptr::eq(own, variant));
        let verdict = self.of_variant(index, number.unwrap_or_default(), contents);
        ((*verdict).clone(), Some(range))
    }

    /// Says which edits would fit a release that no range has; else which comes nearest.
    fn not_covered(&self, index: usize, contents: &Contents) -> Verdict {
        let patch = self.patches[index];
        let numbers = (0..patch.variants.len())
            .filter(|number| edits_of(&patch.variants[*number]).next().is_some());
        let verdicts: Vec<(String, Arc<Verdict>)> = numbers
            .map(|number| {
                let range = patch.variants[number].versions.to_string();
                (range, self.of_variant(index, number, contents))
            })
            .collect();
        let fitting: Vec<String> = verdicts
            .iter()
            .filter(|(_, verdict)| verdict.state == CellState::Ok)
            .map(|(range, _)| range.clone())
            .collect();
        let reason = if fitting.is_empty() {
            "no range of the patch has this release, and none of its edits would fit".to_owned()
        } else {
            format!(
                "no range of the patch has this release; the edits for {} would fit",
                listed(&fitting)
            )
        };
        let nearest = verdicts
            .iter()
            .max_by(|one, other| one.1.nearness().total_cmp(&other.1.nearness()));
        let nearest = nearest.map(|(_, verdict)| (**verdict).clone());
        let files = nearest.iter().flat_map(|verdict| verdict.files.clone());
        Verdict {
            state: CellState::NotCovered,
            files: files.map(unchanged).collect(),
            near: nearest.and_then(|verdict| verdict.near),
            reason: Some(reason),
        }
    }

    fn holds(&self, index: usize, contents: &Contents) -> Vec<bool> {
        let variants = 0..self.patches[index].variants.len();
        variants
            .map(|number| self.of_variant(index, number, contents).state == CellState::Ok)
            .collect()
    }

    /// Holds one variant against files, whatever its range says; the same files are looked at once.
    fn of_variant(&self, index: usize, number: usize, contents: &Contents) -> Arc<Verdict> {
        let Action::Edits(edits) = &self.patches[index].variants[number].action else {
            let reason = "there is nothing to change".to_owned();
            return Arc::new(Verdict::without_files(CellState::NotNeeded, reason));
        };
        let digests = edits.iter().map(|edits| {
            let bytes = contents.get(edits.file.as_str())?.as_deref()?;
            Some(Digest::of(bytes))
        });
        let key = (index, number, digests.collect());
        if let Some(known) = self.known().get(&key) {
            return Arc::clone(known);
        }
        let found = Arc::new(verdict(edits, contents));
        self.known().insert(key, Arc::clone(&found));
        found
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Arc<Verdict>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cell(
        &self,
        index: usize,
        specimen: &dyn Specimen,
        (verdict, variant): (Verdict, Option<String>),
        notes: &[String],
    ) -> CellReport {
        let patch = self.patches[index];
        let mut files = verdict.files;
        if !self.request.diffs {
            for file in &mut files {
                file.diff = None;
            }
        }
        let mut notes = notes.to_vec();
        let when = patch.when.iter();
        notes.extend(when.map(|(name, range)| format!("it is needed only beside {name} {range}")));
        CellReport {
            patch: patch.id.clone(),
            distribution: patch.distribution.clone(),
            release: specimen.release().to_owned(),
            platform: specimen.platform().to_string(),
            state: verdict.state,
            variant,
            files,
            near: verdict.near,
            reason: verdict.reason,
            from: specimen.from(),
            notes,
        }
    }
}

/// The file of a patch that does not fit.
fn unchanged(file: crate::report::FileReport) -> crate::report::FileReport {
    crate::report::FileReport {
        after: file.before,
        lines: Vec::new(),
        diff: None,
        ..file
    }
}

/// The edits of a variant; none if there is nothing to change.
pub(crate) fn edits_of(variant: &Variant) -> impl Iterator<Item = &FileEdits> {
    let edits: &[FileEdits] = match &variant.action {
        Action::Edits(edits) => edits,
        Action::FixedUpstream(_) | Action::Unaffected(_) => &[],
    };
    edits.iter()
}
