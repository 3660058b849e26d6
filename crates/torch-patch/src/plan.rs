//! What an `apply` makes of the files below one site-packages directory, worked out before anything
//! is written.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use torch_patch_edit::FileState;
use torch_patch_set::{Action, FileEdits, Patch, Variant};
use torch_patch_store::{Change, Committed, Digest, Layer, RelativePath};

use crate::context::{Case, Context, Need};
use crate::draft::Draft;
use crate::drift::{drifted, file_diff};
use crate::dropped::Dropped;
use crate::error::{Error, ErrorKind};
use crate::file_view::{Condition, FileView, Upstream};
use crate::layers::{Original, compose_layers};
use crate::pristine::{Sources, pristine_bytes};
use crate::progress::Silent;
use crate::records::Records;
use crate::repair::{Repaired, RepairedFiles, Repairs};
use crate::report::{FileReport, Outcome, PatchReport};
use crate::request::{ApplyRequest, Mode};
use crate::standing::{FileStanding, Standing, missing_by_hand, stand, state};

/// Who has asked for a patch when nobody gave a name.
pub(crate) const NOBODY: &str = "user";

/// What becomes of the files.
#[derive(Default)]
pub(crate) struct Plan<'c> {
    drafts: BTreeMap<RelativePath, Draft>,
    members: Vec<Member<'c>>,
    dropped: Dropped,
    repairs: Repairs<'c>,
}

/// What became of the patches of a request.
#[derive(Default)]
pub(crate) struct Results {
    /// Those that were asked for, by their position.
    wanted: BTreeMap<usize, PatchReport>,
    /// Those that are asked for no more.
    dropped: Vec<PatchReport>,
}

impl Results {
    pub(crate) fn extend(&mut self, others: Self) {
        self.wanted.extend(others.wanted);
        self.dropped.extend(others.dropped);
    }

    pub(crate) fn in_order(self) -> Vec<PatchReport> {
        let wanted = self.wanted.into_values();
        wanted.chain(self.dropped).collect()
    }
}

/// What becomes of one patch.
struct Member<'c> {
    index: usize,
    case: &'c Case<'c>,
    outcome: Outcome,
    reason: Option<String>,
    files: Vec<MemberFile<'c>>,
    wants_lines: bool,
}

struct MemberFile<'c> {
    path: RelativePath,
    edits: &'c FileEdits,
    lines: Vec<usize>,
    found: Option<Digest>,
}

/// What is asked for, and where originals may be had from.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) request: &'a ApplyRequest,
    pub(crate) sources: &'a Sources<'a>,
}

/// Whether the reports of the files carry diffs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Diffs {
    Wanted,
    Unwanted,
}

impl<'c> Plan<'c> {
    /// The same plan, with the repairs that it was made on.
    pub(crate) fn with(self, repairs: Repairs<'c>) -> Self {
        Self { repairs, ..self }
    }

    fn repaired(&self) -> &RepairedFiles {
        &self.repairs.files
    }

    /// Takes back what is asked for no more: `gone` names the owners of a patch that do not want it any more.
    pub(crate) fn drop_unwanted(
        &mut self,
        context: &Context,
        records: &Records<'_>,
        gone: impl Fn(&Layer) -> Vec<String>,
    ) -> Result<(), Error> {
        let (dropped, files) = Dropped::find(context, records, gone)?;
        for file in files {
            let path = file.view.path.clone();
            let mut draft = Draft::begin(file.view, &file.distribution, &file.version);
            for (patch, owners) in &file.withdrawn {
                draft.withdraw(patch, owners);
            }
            self.drafts.insert(path, draft);
        }
        self.dropped = dropped;
        Ok(())
    }

    /// Whether a patch is taken out, since nobody asks for it any more.
    pub(crate) fn is_going(&self, id: &str) -> bool {
        self.dropped.is_going(id)
    }

    /// Adds a patch that was asked for.
    pub(crate) fn add(
        &mut self,
        records: &Records<'_>,
        index: usize,
        case: &'c Case<'c>,
        asked: Asked<'_>,
    ) -> Result<(), Error> {
        let mut member = Member {
            index,
            case,
            outcome: Outcome::NotNeeded,
            reason: None,
            files: Vec::new(),
            wants_lines: asked.request.lines,
        };
        match &case.need {
            Need::None(reason) => {
                member.reason = Some(reason.clone());
                self.retire(records, case)?;
            }
            Need::NotCovered => {}
            Need::Variant(variant) => self.add_variant(records, &mut member, variant, asked)?,
        }
        self.members.push(member);
        Ok(())
    }

    fn add_variant(
        &mut self,
        records: &Records<'_>,
        member: &mut Member<'c>,
        variant: &'c Variant,
        asked: Asked<'_>,
    ) -> Result<(), Error> {
        let request = asked.request;
        let case = member.case;
        let Action::Edits(files) = &variant.action else {
            return Ok(());
        };
        let standings = stand(records, case, files)?;
        check(records, case, &standings)?;
        member.files = standings.iter().map(MemberFile::new).collect();
        let found = state(&standings);
        let is_by_hand = standings.iter().any(FileStanding::is_by_hand);
        if is_by_hand && !request.adopt {
            member.outcome = by_hand_outcome(case, &standings, found)?;
            member.reason = missing_by_hand(&standings);
            return Ok(());
        }
        if found == Outcome::NotNeeded {
            member.reason = Some(in_place_reason(case, request)?);
        }
        let layer = layer(case, variant, request);
        let mut is_changed = self.drop_left_behind(records, case, &standings)?;
        for file in standings {
            is_changed |= self.add_file(records, case, file, &layer, asked)?;
        }
        member.outcome = match (is_changed, is_by_hand, request.mode, found) {
            (false, _, _, Outcome::NotNeeded) => Outcome::NotNeeded,
            (false, ..) => Outcome::AlreadyApplied,
            (true, _, Mode::DryRun, _) => Outcome::WouldApply,
            (true, false, Mode::Write, _) => Outcome::Applied,
            (true, true, Mode::Write, _) => Outcome::Adopted,
        };
        Ok(())
    }

    /// Puts a layer on one file; says whether that changes anything but the owners.
    fn add_file(
        &mut self,
        records: &Records<'_>,
        case: &Case<'_>,
        file: FileStanding<'_>,
        layer: &Layer,
        asked: Asked<'_>,
    ) -> Result<bool, Error> {
        let adopted = match &file.standing {
            Standing::InPlace => return Ok(false),
            Standing::ByHand(_) => {
                Some(proven_original(records, case, &file, layer, asked.sources)?)
            }
            _ => None,
        };
        let draft = self.draft(case, file.view);
        if let Some(original) = adopted {
            draft.adopt(original);
        }
        Ok(draft.put(layer))
    }

    /// Takes a patch off recorded files that its present form no longer changes.
    fn drop_left_behind(
        &mut self,
        records: &Records<'_>,
        case: &Case<'_>,
        standings: &[FileStanding<'_>],
    ) -> Result<bool, Error> {
        let id = &case.patch.id;
        let mut left = records.paths_of(id);
        left.retain(|path| !standings.iter().any(|file| file.view.path == *path));
        for path in &left {
            let view = FileView::new(records, Some(&case.distribution), path)?;
            if view.condition == Condition::Changed {
                let files = vec![drifted(records, &view)?];
                let patch = Some(id.clone());
                return Err(ErrorKind::Drift { patch, files }.into());
            }
            self.draft(case, view).take_off(id);
        }
        Ok(!left.is_empty())
    }

    /// Forgets what is recorded of a patch in files that the distribution has replaced since.
    fn retire(&mut self, records: &Records<'_>, case: &Case<'_>) -> Result<(), Error> {
        for path in records.paths_of(&case.patch.id) {
            let view = FileView::new(records, Some(&case.distribution), &path)?;
            if matches!(view.condition, Condition::Restored | Condition::Superseded) {
                self.draft(case, view).take_off(&case.patch.id);
            }
        }
        Ok(())
    }

    fn draft(&mut self, case: &Case<'_>, view: FileView) -> &mut Draft {
        match self.drafts.entry(view.path.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let distribution = &case.distribution;
                let (name, version) = (&distribution.name, &distribution.version);
                entry.insert(Draft::begin(view, name, version))
            }
        }
    }

    /// Works out the wanted content of every file that changes.
    pub(crate) fn compose(&mut self, records: &Records<'_>) -> Result<(), Error> {
        let members = self.members.iter();
        let known: Vec<(&Digest, &Patch)> = members
            .map(|member| (&member.case.digest, member.case.patch))
            .collect();
        for draft in self.drafts.values_mut().filter(|draft| draft.is_changed) {
            draft.compose(records, &known)?;
        }
        for member in &mut self.members {
            member.find_lines(records, &self.drafts)?;
        }
        Ok(())
    }

    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.repairs.is_empty() && self.drafts.values().all(|draft| !draft.is_changed)
    }

    /// The plan in the words of the store.
    pub(crate) fn change(&self, records: &Records<'_>) -> Result<Change, Error> {
        let changed = self.drafts.values().filter(|draft| draft.is_changed);
        let sources = self.members.iter().map(|member| member.case.patch.source());
        let files = changed.map(|draft| draft.change(records));
        let mut files = files.collect::<Result<Vec<_>, Error>>()?;
        files.extend(self.repaired().changes(records, &files)?);
        Ok(Change {
            files,
            blobs: sources.map(|source| source.as_bytes().to_vec()).collect(),
        })
    }

    /// What became, or would become, of each patch.
    pub(crate) fn reports(
        &self,
        committed: Option<&Committed>,
        mode: Mode,
        diffs: Diffs,
    ) -> Results {
        let file_report =
            |path: &RelativePath, found| self.file_report(path, found, committed, diffs);
        let wanted = self.members.iter().map(|member| {
            let files = member.files.iter().map(|file| FileReport {
                lines: file.lines.clone(),
                ..file_report(&file.path, file.found)
            });
            (member.index, member.report(files.collect()))
        });
        let kept = committed.map_or_else(BTreeMap::new, |committed| self.kept(committed));
        let is_patched = |path: &RelativePath| {
            let draft = self.drafts.get(path);
            draft.is_some_and(|draft| draft.is_changed)
        };
        let repaired = self
            .repairs
            .reports(mode, is_patched, |path, found| FileReport {
                kept: kept.get(path).cloned(),
                ..file_report(path, found)
            });
        Results {
            wanted: wanted.chain(repaired).collect(),
            dropped: self.dropped.reports(mode, file_report),
        }
    }

    fn file_report(
        &self,
        path: &RelativePath,
        found: Option<Digest>,
        committed: Option<&Committed>,
        diffs: Diffs,
    ) -> FileReport {
        let draft = self.drafts.get(path).filter(|draft| draft.is_changed);
        let mut read_back = committed.iter().flat_map(|committed| &committed.files);
        let read_back = read_back.find(|(own, _)| own == path);
        let repaired = self.repaired().get(path);
        let as_it_is = repaired.map_or(found, |own| Some(own.target.digest));
        let planned = draft.map_or(as_it_is, Draft::wanted_digest);
        let is_shown = diffs == Diffs::Wanted && planned != found;
        let diff = is_shown
            .then(|| whole_diff(path, draft, repaired))
            .flatten();
        FileReport {
            path: path.as_str().to_owned(),
            before: found,
            after: read_back.map_or(planned, |(_, digest)| *digest),
            lines: Vec::new(),
            state: None,
            diff,
            kept: None,
            proven: None,
        }
    }

    /// Where the store has put copies of files with bad edits: they come in the order of the changes.
    fn kept(&self, committed: &Committed) -> BTreeMap<RelativePath, String> {
        let files = committed.files.iter().map(|(path, _)| path);
        let repaired = files.filter(|path| self.repaired().get(path).is_some());
        let copies = committed.kept.iter();
        let copies = copies.map(|copy| copy.to_string_lossy().into_owned());
        repaired.cloned().zip(copies).collect()
    }
}

impl<'c> MemberFile<'c> {
    fn new(file: &FileStanding<'c>) -> Self {
        let lines = match &file.standing {
            Standing::ByHand(found) => found.lines.clone(),
            _ => Vec::new(),
        };
        Self {
            path: file.view.path.clone(),
            edits: file.edits,
            lines,
            found: file.view.on_disk(),
        }
    }
}

impl Member<'_> {
    /// Takes the lines from the drafts; those of a patch that was in place are worked out on demand.
    fn find_lines(
        &mut self,
        records: &Records<'_>,
        drafts: &BTreeMap<RelativePath, Draft>,
    ) -> Result<(), Error> {
        for file in &mut self.files {
            let Some(draft) = drafts.get(&file.path) else {
                continue;
            };
            if let Some(lines) = draft.lines(&self.case.patch.id) {
                file.lines = lines;
            } else if self.wants_lines && self.outcome == Outcome::AlreadyApplied {
                file.lines = lines_in_place(records, file.edits, &draft.view)?;
            }
        }
        Ok(())
    }

    fn report(&self, files: Vec<FileReport>) -> PatchReport {
        PatchReport {
            outcome: self.outcome,
            files,
            reason: self.reason.clone(),
            ..PatchReport::of(self.case)
        }
    }
}

/// From what is on disk to what the file is to hold.
fn whole_diff(
    path: &RelativePath,
    draft: Option<&Draft>,
    repaired: Option<&Repaired>,
) -> Option<String> {
    let before = match repaired {
        Some(repaired) => Some(repaired.before.bytes.as_slice()),
        None => draft?.view.bytes(),
    };
    let after = match (draft, repaired) {
        (Some(draft), _) => draft.wanted_bytes(),
        (None, repaired) => Some(repaired?.target.bytes.as_slice()),
    };
    Some(file_diff(path, before, after))
}

/// Where the edits of one patch are in a file that has them.
pub(crate) fn lines_in_place(
    records: &Records<'_>,
    edits: &FileEdits,
    view: &FileView,
) -> Result<Vec<usize>, Error> {
    let found = edits.compiled.classify(view.bytes());
    if found.state == FileState::Applied {
        let edits = found.edits.into_iter();
        return Ok(edits.flat_map(|edit| edit.lines).collect());
    }
    // Other patches on the file hide it: count in what the original becomes by this one alone.
    let original = view.pristine(records)?;
    let alone = edits.compiled.apply(original.as_deref());
    let changes = alone.map(|alone| alone.changes).unwrap_or_default();
    Ok(changes.iter().map(|change| change.line).collect())
}

fn layer(case: &Case<'_>, variant: &Variant, request: &ApplyRequest) -> Layer {
    let owner = request.owner.clone();
    Layer {
        id: case.patch.id.clone(),
        variant: variant.versions.to_string(),
        digest: case.digest,
        owners: vec![owner.unwrap_or_else(|| NOBODY.to_owned())],
    }
}

/// The outcome where some of a patch was made by hand and that is to stay.
fn by_hand_outcome(
    case: &Case<'_>,
    standings: &[FileStanding<'_>],
    found: Outcome,
) -> Result<Outcome, Error> {
    if found == Outcome::AppliedByHand {
        return Ok(Outcome::AppliedByHand);
    }
    let files = standings.iter().map(|file| file.edits.file.clone());
    Err(ErrorKind::HandMade {
        subject: case.subject(),
        files: files.collect(),
    }
    .into())
}

/// Why a patch that the distribution's own text has is not needed; with `strict` that is an error.
fn in_place_reason(case: &Case<'_>, request: &ApplyRequest) -> Result<String, Error> {
    let distribution = &case.distribution;
    let reason = format!(
        "{} {} has the text itself",
        distribution.name, distribution.version
    );
    if request.strict {
        return Err(ErrorKind::NotNeeded {
            subject: case.subject(),
            reason,
        }
        .into());
    }
    Ok(reason)
}

/// Refuses what cannot be applied over.
fn check(
    records: &Records<'_>,
    case: &Case<'_>,
    standings: &[FileStanding<'_>],
) -> Result<(), Error> {
    let drifts = standings.iter().filter(|file| file.is_drifted());
    let files = drifts
        .map(|file| drifted(records, &file.view))
        .collect::<Result<Vec<_>, Error>>()?;
    if !files.is_empty() {
        let patch = Some(case.patch.id.clone());
        return Err(ErrorKind::Drift { patch, files }.into());
    }
    for FileStanding {
        edits, standing, ..
    } in standings
    {
        let (subject, file) = (case.subject(), edits.file.clone());
        match standing {
            Standing::NotOwned => return Err(ErrorKind::NotOwned { subject, file }.into()),
            Standing::Conflict(conflict) => {
                let conflict = conflict.clone();
                return Err(ErrorKind::Conflict {
                    subject,
                    file,
                    conflict,
                }
                .into());
            }
            _ => {}
        }
    }
    Ok(())
}

/// The original of a file with a hand-made edit, proven by `RECORD`; `None`: the file was made by hand, since `RECORD`
/// does not list it.
///
/// It is guessed from the file itself: then the edit is all that was changed. Else it is looked for elsewhere, and has to
/// become the file as it is by the edit.
fn proven_original(
    records: &Records<'_>,
    case: &Case<'_>,
    file: &FileStanding<'_>,
    layer: &Layer,
    sources: &Sources<'_>,
) -> Result<Option<Vec<u8>>, Error> {
    let upstream = Upstream::of(&case.distribution, &file.view.path)?;
    if upstream == Upstream::NotListed && file.edits.compiled.creates() {
        return Ok(None);
    }
    let expected = upstream.digest();
    let bytes = file.view.bytes().unwrap_or_default();
    let mut guesses = file.edits.compiled.originals(bytes);
    if let Some(original) = guesses.find(|guess| Some(Digest::of(guess)) == expected) {
        return Ok(Some(original));
    }
    let elsewhere = pristine_bytes(
        records,
        &case.distribution,
        &file.view.path,
        sources,
        &mut Silent,
    );
    let tried = match elsewhere {
        Ok(proven) if makes_the_file(records, case, file, layer, &proven.bytes) => {
            return Ok(Some(proven.bytes));
        }
        Ok(_) => Vec::new(),
        Err(error) => error.tried(),
    };
    Err(ErrorKind::NotProven {
        subject: case.subject(),
        file: file.edits.file.clone(),
        expected,
        tried,
    }
    .into())
}

/// Whether an original becomes exactly the file as it is by the patch, with what else is recorded on it: then nothing
/// else was changed by hand.
fn makes_the_file(
    records: &Records<'_>,
    case: &Case<'_>,
    file: &FileStanding<'_>,
    layer: &Layer,
    original: &[u8],
) -> bool {
    let distribution = &case.distribution;
    let original = Original {
        path: &file.view.path,
        bytes: Some(original),
        distribution: &distribution.name,
        version: &distribution.version,
    };
    let entry = file.view.entry.as_ref();
    let entry = entry.filter(|entry| entry.version == distribution.version);
    let mut layers = entry.map_or_else(Vec::new, |entry| entry.patches.clone());
    layers.push(layer.clone());
    let made = compose_layers(records, original, &layers, &[(&case.digest, case.patch)]);
    made.is_ok_and(|made| Some(made.bytes.as_slice()) == file.view.bytes())
}
