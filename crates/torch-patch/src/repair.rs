//! What becomes of the files that a patch which is marked `repairs` takes a bad edit out of.
//!
//! Nothing is recorded of a repair: the file is what it should be then. What is recorded of other patches stays.
//!
//! Architecture invariant: a whole file is taken for repaired only if its digest is known; else exactly the bad lines go,
//! and everything else stays byte for byte.

use std::collections::BTreeMap;

use torch_patch_edit::FilePatch;
use torch_patch_store::{Digest, FileChange, FileEntry, Ledger, RelativePath, Target, Wanted};

use crate::bytecode::compiled_files;
use crate::context::{Case, Need};
use crate::damage::{Damage, Known, Seat, damages};
use crate::drift::drifted;
use crate::error::{Error, ErrorKind};
use crate::file_view::{Condition, FileView};
use crate::layers::{Original, compose_layers};
use crate::records::Records;
use crate::report::{FileReport, Outcome, PatchReport};
use crate::request::{ApplyRequest, Mode};

/// How many contents are tried for one whose digest is known, and how many bytes they may have together.
const GUESSES: usize = 1_500;
const GUESSED_BYTES: usize = 512 * 1024 * 1024;

/// What becomes of the files below one site-packages directory.
#[derive(Default)]
pub(crate) struct Repairs<'c> {
    pub(crate) files: RepairedFiles,
    members: Vec<Member<'c>>,
}

/// The files without the bad edits, and what is recorded of them then.
#[derive(Default)]
pub(crate) struct RepairedFiles {
    files: BTreeMap<RelativePath, Repaired>,
    /// `None`: as it is on disk.
    ledger: Option<Ledger>,
}

/// A file without bad edits.
pub(crate) struct Repaired {
    /// The file as it is on disk.
    pub(crate) before: Target,
    /// The same with the new content.
    pub(crate) target: Target,
    /// What is recorded of it afterwards.
    entry: Option<FileEntry>,
    /// Its original, if another one than before is recorded afterwards.
    original: Option<Vec<u8>>,
    proof: Proof,
}

/// What tells that a file is as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// `RECORD` has its digest.
    Upstream,
    /// It is the recorded original.
    Original,
    /// It is the original with its patches, as recorded.
    Recorded,
    /// Nothing; there is a `RECORD`, so something else was changed too.
    Disproved,
    /// Nothing; there is no `RECORD`.
    Unknown,
}

/// What becomes of one patch.
struct Member<'c> {
    index: usize,
    case: &'c Case<'c>,
    files: Vec<(RelativePath, Vec<usize>)>,
}

impl<'c> Repairs<'c> {
    /// Works out the repairs of `cases`, which are those that are asked for, by their position.
    pub(crate) fn plan(
        records: &Records<'_>,
        cases: impl Iterator<Item = (usize, &'c Case<'c>)>,
        request: &ApplyRequest,
    ) -> Result<Self, Error> {
        let mut repairs = Self::default();
        let mut found: BTreeMap<RelativePath, (&Case<'_>, Vec<Damage<'_>>)> = BTreeMap::new();
        for (index, case) in cases {
            let own = damages(records, case)?;
            if own.is_empty() && request.strict && matches!(case.need, Need::Variant(_)) {
                let subject = case.subject();
                let reason = undamaged(case);
                return Err(ErrorKind::NotNeeded { subject, reason }.into());
            }
            let files = own.iter();
            let files = files.map(|damage| (damage.view.path.clone(), damage.lines.clone()));
            repairs.members.push(Member {
                index,
                case,
                files: files.collect(),
            });
            for damage in own {
                let path = damage.view.path.clone();
                found
                    .entry(path)
                    .or_insert((case, Vec::new()))
                    .1
                    .push(damage);
            }
        }
        for (path, (case, damages)) in found {
            let repaired = repaired(records, case, &damages)?;
            repairs.files.add(records, path, repaired);
        }
        Ok(repairs)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.files.files.is_empty()
    }

    /// What became, or would become, of each patch.
    pub(crate) fn reports(
        &self,
        mode: Mode,
        is_patched: impl Fn(&RelativePath) -> bool,
        file_report: impl Fn(&RelativePath, Option<Digest>) -> FileReport,
    ) -> Vec<(usize, PatchReport)> {
        let members = self.members.iter();
        let reports = members.map(|member| {
            let report = self.report(member, mode, &is_patched, &file_report);
            (member.index, report)
        });
        reports.collect()
    }

    fn report(
        &self,
        member: &Member<'_>,
        mode: Mode,
        is_patched: impl Fn(&RelativePath) -> bool,
        file_report: impl Fn(&RelativePath, Option<Digest>) -> FileReport,
    ) -> PatchReport {
        let outcome = match (member.files.is_empty(), mode) {
            (true, _) => Outcome::NotNeeded,
            (false, Mode::Write) => Outcome::Repaired,
            (false, Mode::DryRun) => Outcome::WouldRepair,
        };
        let files = member.files.iter().map(|(path, lines)| {
            let repaired = self.files.get(path);
            let before = repaired.map(|repaired| repaired.before.digest);
            FileReport {
                lines: lines.clone(),
                proven: repaired.map(|repaired| repaired.proof.is_proof()),
                ..file_report(path, before)
            }
        });
        let reason = match &member.case.need {
            Need::None(reason) => Some(reason.clone()),
            _ if member.files.is_empty() => Some(undamaged(member.case)),
            _ => Some(self.proofs(member, mode, is_patched)),
        };
        PatchReport {
            outcome,
            files: files.collect(),
            reason,
            ..PatchReport::of(member.case)
        }
    }

    /// What is known of the files without the bad edits, in words.
    fn proofs(
        &self,
        member: &Member<'_>,
        mode: Mode,
        is_patched: impl Fn(&RelativePath) -> bool,
    ) -> String {
        let files = member.files.iter();
        let told = files.filter_map(|(path, _)| {
            let repaired = self.files.get(path)?;
            let proof = if is_patched(path) {
                repaired.proof.told_below(path.as_str())
            } else {
                repaired.proof.told(path.as_str(), mode)
            };
            if !repaired.is_edited_elsewhere() {
                return Some(proof);
            }
            Some(format!(
                "{proof}; other names of the file, as in uv's cache, still have the edit: `torch-patch verify` tells more"
            ))
        });
        told.collect::<Vec<_>>().join("; ")
    }
}

impl Proof {
    fn is_proof(self) -> bool {
        !matches!(self, Self::Disproved | Self::Unknown)
    }

    /// The same of a file that gets another patch in the same request.
    fn told_below(self, file: &str) -> String {
        match self {
            Self::Upstream => format!("without it `{file}` is upstream's, by its `RECORD`"),
            Self::Original => format!("without it `{file}` is its recorded original"),
            Self::Recorded => format!("without it `{file}` is as it was recorded"),
            // What else is known of such a file is no matter of a further patch.
            Self::Disproved | Self::Unknown => self.told(file, Mode::Write),
        }
    }

    fn told(self, file: &str, mode: Mode) -> String {
        match (self, mode) {
            (Self::Upstream, Mode::Write) => {
                format!("`{file}` is upstream's again, by its `RECORD`")
            }
            (Self::Upstream, Mode::DryRun) => {
                format!("`{file}` would be upstream's again, by its `RECORD`")
            }
            (Self::Original, Mode::Write) => format!("`{file}` is its recorded original again"),
            (Self::Original, Mode::DryRun) => {
                format!("`{file}` would be its recorded original again")
            }
            (Self::Recorded, Mode::Write) => format!("`{file}` is as recorded again"),
            (Self::Recorded, Mode::DryRun) => format!("`{file}` would be as recorded again"),
            (Self::Disproved, _) => format!(
                "only these lines of `{file}` go: something else of it differs from `RECORD` as well, and stays as it is"
            ),
            (Self::Unknown, _) => format!(
                "only these lines of `{file}` go: there is no `RECORD` that would prove the rest of it"
            ),
        }
    }
}

impl RepairedFiles {
    pub(crate) fn get(&self, path: &RelativePath) -> Option<&Repaired> {
        self.files.get(path)
    }

    pub(crate) fn ledger(&self) -> Option<&Ledger> {
        self.ledger.as_ref()
    }

    /// The original of a repaired file with this digest, if it is not on disk.
    pub(crate) fn backup(&self, digest: &Digest) -> Option<&[u8]> {
        let mut originals = self
            .files
            .values()
            .filter_map(|own| own.original.as_deref());
        originals.find(|original| Digest::of(original) == *digest)
    }

    fn add(&mut self, records: &Records<'_>, path: RelativePath, repaired: Repaired) {
        if repaired.original.is_some() {
            let ledger = self.ledger.get_or_insert_with(|| records.ledger().clone());
            if let Some(entry) = &repaired.entry {
                ledger.files.insert(path.clone(), entry.clone());
            }
        }
        self.files.insert(path, repaired);
    }

    /// The changes of the files that nothing else is to become of: `others` are those with a change of their own.
    pub(crate) fn changes(
        &self,
        records: &Records<'_>,
        others: &[FileChange],
    ) -> Result<Vec<FileChange>, Error> {
        let is_other = |path: &RelativePath| others.iter().any(|change| change.path == *path);
        let own = self.files.iter().filter(|(path, _)| !is_other(path));
        own.map(|(path, repaired)| repaired.change(records, path))
            .collect()
    }
}

impl Repaired {
    /// Whether the file has other names, under which what was edited in place was edited too. Windows does not tell.
    fn is_edited_elsewhere(&self) -> bool {
        cfg!(unix) && !self.before.has_one_name
    }

    fn change(&self, records: &Records<'_>, path: &RelativePath) -> Result<FileChange, Error> {
        let wanted = Wanted::Write(self.target.bytes.clone());
        let mut change = FileChange::new(path.clone(), Some(self.before.digest), wanted);
        let is_expected = |entry: &FileEntry| entry.expected == Some(self.target.digest);
        change.is_merged = !self.entry.as_ref().is_some_and(is_expected);
        change.backup.clone_from(&self.original);
        change.entry.clone_from(&self.entry);
        change.keep_user_copy = true;
        change.derived = compiled_files(records.root(), path)?;
        Ok(change)
    }
}

/// Why there is nothing to repair.
pub(crate) fn undamaged(case: &Case<'_>) -> String {
    let name = &case.distribution.name;
    format!("no file of {name} has the edit that it takes out")
}

/// The file of several damages without any of them.
fn repaired(
    records: &Records<'_>,
    case: &Case<'_>,
    damages: &[Damage<'_>],
) -> Result<Repaired, Error> {
    let first = &damages[0];
    let by_patch = damages.iter().find_map(|damage| match &damage.seat {
        Seat::Patch(other) => Some(other.clone()),
        Seat::File | Seat::Original => None,
    });
    if let Some(other) = by_patch {
        return Err(ErrorKind::Excluded {
            patch: case.patch.id.clone(),
            other,
            is_applied: true,
        }
        .into());
    }
    let view = &first.view;
    let edits: Vec<&FilePatch> = damages.iter().map(|own| &own.edits.compiled).collect();
    let known = Known::of(case, view)?;
    let irreparable = || -> Result<Error, Error> {
        let files = vec![drifted(records, view)?];
        let patch = Some(case.patch.id.clone());
        Ok(ErrorKind::Drift { patch, files }.into())
    };
    let Some(before) = view.target.clone() else {
        return Err(irreparable()?);
    };
    if damages.iter().any(|damage| damage.seat == Seat::Original) {
        let original = view.pristine(records)?.unwrap_or_default();
        let Some(original) = without_all(&original, &edits) else {
            return Err(irreparable()?);
        };
        return with_original(records, view, before, original, &edits);
    }
    let (bytes, proof) = match proven(&before.bytes, &edits, &known) {
        Some(found) => found,
        None => match without_all(&before.bytes, &edits) {
            Some(bytes) if known.upstream.is_some() => (bytes, Proof::Disproved),
            Some(bytes) => (bytes, Proof::Unknown),
            None => return Err(irreparable()?),
        },
    };
    Ok(Repaired {
        target: with_bytes(&before, bytes),
        before,
        entry: view.entry.clone(),
        original: None,
        proof,
    })
}

/// A file whose recorded original is damaged: it gets another original, and its patches on that.
fn with_original(
    records: &Records<'_>,
    view: &FileView,
    before: Target,
    original: Vec<u8>,
    edits: &[&FilePatch],
) -> Result<Repaired, Error> {
    let entry = view.entry.clone().map(|entry| FileEntry {
        pristine: Some(Digest::of(&original)),
        ..entry
    });
    let (mut bytes, mut entry) = (original.clone(), entry);
    if let Some(entry) = &mut entry {
        let whole = Original {
            path: &view.path,
            bytes: Some(&original),
            distribution: &entry.distribution,
            version: &entry.version,
        };
        let made = compose_layers(records, whole, &entry.patches, &[])?.bytes;
        let is_left = edits
            .iter()
            .any(|edit| !edit.lines_in_place(&made).is_empty());
        if is_left {
            let files = vec![drifted(records, view)?];
            return Err(ErrorKind::Drift { patch: None, files }.into());
        }
        entry.expected = Some(Digest::of(&made));
        if view.condition == Condition::Recorded {
            bytes = made;
        }
    }
    Ok(Repaired {
        target: with_bytes(&before, bytes),
        before,
        entry,
        original: Some(original),
        proof: Proof::Unknown,
    })
}

/// The likely content without the bad edits whose digest is known, if one has it.
fn proven(bytes: &[u8], edits: &[&FilePatch], known: &Known) -> Option<(Vec<u8>, Proof)> {
    let proofs = [
        (known.recorded, Proof::Recorded),
        (known.upstream, Proof::Upstream),
        (known.original, Proof::Original),
    ];
    if proofs.iter().all(|(known, _)| known.is_none()) {
        return None;
    }
    let proof = |guess: &[u8]| {
        let digest = Some(Digest::of(guess));
        let own = proofs.iter().find(|(known, _)| *known == digest);
        own.map(|(_, proof)| *proof)
    };
    let mut left = GUESSES.min(GUESSED_BYTES / bytes.len().max(1));
    search(bytes, edits, &proof, &mut left)
}

/// Takes the edits out one after the other, each in every likely way, until the result is proven.
fn search(
    bytes: &[u8],
    edits: &[&FilePatch],
    proof: &impl Fn(&[u8]) -> Option<Proof>,
    left: &mut usize,
) -> Option<(Vec<u8>, Proof)> {
    let (first, rest) = edits.split_first()?;
    for guess in first.originals(bytes) {
        if *left == 0 {
            return None;
        }
        if !rest.is_empty() {
            if let Some(found) = search(&guess, rest, proof, left) {
                return Some(found);
            }
            continue;
        }
        *left -= 1;
        if let Some(proof) = proof(&guess) {
            return Some((guess, proof));
        }
    }
    None
}

fn without_all(bytes: &[u8], edits: &[&FilePatch]) -> Option<Vec<u8>> {
    let mut bytes = bytes.to_vec();
    for edit in edits {
        bytes = edit.without(&bytes)?;
    }
    Some(bytes)
}

fn with_bytes(target: &Target, bytes: Vec<u8>) -> Target {
    Target {
        digest: Digest::of(&bytes),
        bytes,
        ..target.clone()
    }
}
