//! From two contents of a file to the edits that lead from one to the other.
//!
//! Every edit that is returned was proven by the engine itself: all of them together give exactly the
//! second content, are found in it, change it no further, and can be undone. What the engine cannot
//! say is an error that names the line.

mod anchor;
mod candidate;
mod cover;
mod hunk;
mod lines;
mod place;
mod reason;
mod special;
mod text;
mod trial;

use crate::change::undo;
use crate::compose::ApplyError;
use crate::document::Document;
use crate::edit::{Edit, Verb};
use crate::file_patch::{FilePatch, FileState};
use crate::language::Language;

use hunk::{Hunk, hunks};
use lines::Lines;
use trial::Known;

pub use reason::{Underivable, UnderivableKind};

/// Changes that are farther apart than this many lines are not taken for one.
const FARTHEST: usize = 40;

/// Derives the edits that make `edited` of `pristine`; `None` is a file that does not exist. No edits
/// if they are equal.
///
/// In Python files anchors are whole logical lines in the innermost definition, as short as tells the
/// place; in other text they are whole lines.
///
/// ```
/// use torch_patch_edit::{Verb, derive};
///
/// let pristine = b"def f():\r\n    a = 1\r\n    return a\r\n";
/// let edited = b"def f():\r\n    a = 1\r\n    a += 1\r\n    return a\r\n";
/// let edits = derive("a.py", Some(pristine), Some(edited)).unwrap();
/// let Verb::InsertAfter { text, .. } = &edits[0].verb else { panic!("{edits:?}") };
/// assert_eq!(text, "a += 1");
/// ```
///
/// # Errors
///
/// The first line whose change no edit can express.
pub fn derive(
    path: &str,
    pristine: Option<&[u8]>,
    edited: Option<&[u8]>,
) -> Result<Vec<Edit>, Underivable> {
    let whole = |kind| Err(Underivable { line: 1, kind });
    match (pristine, edited) {
        (None, None) => Ok(Vec::new()),
        (Some(_), None) => whole(UnderivableKind::Removed),
        (None, Some(edited)) => created(path, edited),
        (Some(pristine), Some(edited)) if pristine == edited => Ok(Vec::new()),
        (Some(pristine), Some(edited)) => {
            let language = Language::of_path(path);
            let read = |bytes| Document::new(bytes, language);
            match (read(pristine), read(edited)) {
                (Ok(old), Ok(new)) => Derivation::new(path, old, new)?.edits(),
                (Err(kind), _) | (_, Err(kind)) => whole(UnderivableKind::Unreadable(kind)),
            }
        }
    }
}

/// The edit that makes a new file.
fn created(path: &str, edited: &[u8]) -> Result<Vec<Edit>, Underivable> {
    let text = reason::created_text(edited)?;
    let edits = vec![Edit::new(Verb::Create { text })];
    match proven(path, &edits, None, edited) {
        Ok(()) => Ok(edits),
        Err(failure) => Err(failure.into_reason(1)),
    }
}

/// The two contents, each read once.
pub(crate) struct Derivation<'d> {
    path: &'d str,
    old: Document<'d>,
    new: Document<'d>,
    old_lines: Lines<'d>,
    new_lines: Lines<'d>,
}

impl<'d> Derivation<'d> {
    fn new(path: &'d str, old: Document<'d>, new: Document<'d>) -> Result<Self, Underivable> {
        if old.text_start() != new.text_start() {
            let kind = UnderivableKind::ByteOrderMark;
            return Err(Underivable { line: 1, kind });
        }
        let (old_lines, new_lines) = (Lines::of(&old), Lines::of(&new));
        Ok(Self {
            path,
            old,
            new,
            old_lines,
            new_lines,
        })
    }

    fn edits(&self) -> Result<Vec<Edit>, Underivable> {
        let mut hunks = hunks(self);
        let unwritable = || hunks.iter().find_map(|hunk| self.unwritable(hunk));
        if let Some(reason) = self.rewritten_endings(&hunks).or_else(unwritable) {
            return Err(reason);
        }
        let mut known = Known::default();
        let mut first_reason = None;
        loop {
            let Err(stuck) = self.attempt(&hunks, &mut known) else {
                return Ok(known.edits());
            };
            let (index, merged) = match stuck {
                Stuck::At(index) => (index, merge_nearest(&hunks, index)),
                Stuck::Between(one, other) => (one, merge(&hunks, one, other)),
                Stuck::Refused(reason) => return Err(reason),
            };
            let reason = first_reason.get_or_insert_with(|| self.reason(&hunks[index]));
            match merged {
                Some(merged) => hunks = merged,
                None => return Err(reason.clone()),
            }
        }
    }

    /// Finds an edit for each hunk, and proves all of them together.
    fn attempt(&self, hunks: &[Hunk], known: &mut Known) -> Result<(), Stuck> {
        known.begin();
        self.repeated(hunks, known);
        for (index, hunk) in hunks.iter().enumerate() {
            if known.has(index) {
                continue;
            }
            let edit = known.looked_up(std::slice::from_ref(hunk), || self.edit_of(hunk));
            known.add(vec![index], edit.ok_or(Stuck::At(index))?);
        }
        let edits = known.edits();
        let failure = match proven(self.path, &edits, Some(self.old.bytes), self.new.bytes) {
            Ok(()) => return Ok(()),
            Err(failure) => failure,
        };
        Err(match failure {
            Failure::Refused(ApplyError::Overlap { first, second, .. }) => {
                Stuck::Between(known.hunk_of(first.1), known.hunk_of(second.1))
            }
            Failure::Unproven { edit } => Stuck::At(known.hunk_of(edit)),
            failure => Stuck::Refused(failure.into_reason(hunks[0].new.start + 1)),
        })
    }
}

/// Why an attempt did not succeed.
enum Stuck {
    /// No edit was found for this hunk.
    At(usize),
    /// The edits of these hunks change the same lines.
    Between(usize, usize),
    /// The engine refuses the whole.
    Refused(Underivable),
}

/// The hunks with one of them and the nearest one beside it taken for one, if that is near enough.
fn merge_nearest(hunks: &[Hunk], index: usize) -> Option<Vec<Hunk>> {
    let gap = |first: usize| Some(hunks.get(first + 1)?.old.start - hunks[first].old.end);
    let before = index
        .checked_sub(1)
        .and_then(|first| Some((gap(first)?, first)));
    let after = gap(index).map(|gap| (gap, index));
    let (gap, first) = before.into_iter().chain(after).min()?;
    (gap <= FARTHEST).then(|| merge(hunks, first, first + 1))?
}

/// The hunks with those from one to another taken for one.
fn merge(hunks: &[Hunk], one: usize, other: usize) -> Option<Vec<Hunk>> {
    let (first, last) = (one.min(other), one.max(other));
    let joined = hunks[first].joined(hunks.get(last)?);
    let mut fewer = hunks.to_vec();
    fewer.splice(first..=last, [joined]);
    (first < last).then_some(fewer)
}

/// What keeps edits from being returned.
enum Failure {
    Refused(ApplyError),
    /// An edit is not found in the edited file.
    Unproven {
        edit: usize,
    },
    /// The result is another one.
    Differs,
}

impl Failure {
    fn into_reason(self, line: usize) -> Underivable {
        match self {
            Self::Refused(ApplyError::Syntax(broken)) => Underivable {
                line: broken.line,
                kind: UnderivableKind::Syntax(broken),
            },
            _ => Underivable {
                line,
                kind: UnderivableKind::NoAnchor,
            },
        }
    }
}

/// Proves that `edits` lead from one content to the other and no further, and back.
fn proven(
    path: &str,
    edits: &[Edit],
    pristine: Option<&[u8]>,
    edited: &[u8],
) -> Result<(), Failure> {
    let compiled = FilePatch::compile(path, edits).map_err(|_| Failure::Differs)?;
    let applied = compiled.apply(pristine).map_err(Failure::Refused)?;
    if applied.bytes != edited {
        return Err(Failure::Differs);
    }
    let found = compiled.classify(Some(edited));
    let open = |state: &FileState| *state != FileState::Applied;
    if let Some(edit) = found.edits.iter().position(|edit| open(&edit.state)) {
        return Err(Failure::Unproven { edit });
    }
    let again = compiled.apply(Some(edited)).map_err(Failure::Refused)?;
    let undone = undo(edited, &applied.changes);
    let is_whole = again.changes.is_empty() && undone.as_deref() == Some(pristine.unwrap_or(b""));
    is_whole.then_some(()).ok_or(Failure::Differs)
}
