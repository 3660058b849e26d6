//! A variant that would fit a release which the patch does not fit, proven on that release.

use torch_patch_edit::{
    Anchor, Conflict, ConflictKind, Edit, FilePatch, FileState, NearMiss, Scope, Verb, scope_at,
};
use torch_patch_set::{FileEdits, Patch, Variant};

use crate::cell::CellState;
use crate::check::row::edits_of;
use crate::check::specimen::Contents;
use crate::check::verdict::verdict;

/// How often one edit is mended before it is given up: its scope, its anchor, the end of its range.
const ROUNDS: usize = 4;

/// Edits that fit a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proposal {
    /// The range of the variant that they were made from.
    pub(crate) from_variant: String,
    /// What was changed, in words.
    pub(crate) changes: Vec<String>,
    /// Each with its file.
    pub(crate) edits: Vec<(String, Edit)>,
}

/// Looks for the variant that fits the files as it is, or else with the fewest changes of its
/// anchors; the newest of several.
pub(crate) fn propose(patch: &Patch, contents: &Contents) -> Option<Proposal> {
    let variants = patch.variants.iter().rev();
    let with_edits = variants.filter(|variant| edits_of(variant).next().is_some());
    let proposals = with_edits.filter_map(|variant| mend(variant, contents));
    proposals.min_by_key(|proposal| proposal.changes.len())
}

/// Fits the edits of a variant to the files; the whole is proven.
fn mend(variant: &Variant, contents: &Contents) -> Option<Proposal> {
    let mut proposal = Proposal {
        from_variant: variant.versions.to_string(),
        changes: Vec::new(),
        edits: Vec::new(),
    };
    let mut mended = Vec::new();
    for file in edits_of(variant) {
        let bytes = contents.get(file.file.as_str()).and_then(Option::as_deref);
        let edits: Vec<Edit> = file
            .edits
            .iter()
            .map(|edit| mend_edit(&file.file, edit, bytes, &mut proposal.changes))
            .collect::<Option<_>>()?;
        let compiled = FilePatch::compile(&file.file, &edits).ok()?;
        let compiled = compiled.or_by_hand(&file.by_hand).ok()?;
        let named = edits.iter().map(|edit| (file.file.clone(), edit.clone()));
        proposal.edits.extend(named);
        mended.push(FileEdits {
            file: file.file.clone(),
            edits,
            by_hand: file.by_hand.clone(),
            compiled,
            repairs: file.repairs,
        });
    }
    (verdict(&mended, contents).state == CellState::Ok).then_some(proposal)
}

/// Moves the anchor of an edit to the nearest line of the file with which it fits.
fn mend_edit(
    path: &str,
    edit: &Edit,
    bytes: Option<&[u8]>,
    changes: &mut Vec<String>,
) -> Option<Edit> {
    let mut edit = edit.clone();
    for _ in 0..ROUNDS {
        let conflict = match look(path, &edit, bytes) {
            Ok(()) => return Some(edit),
            Err(conflict) => conflict?,
        };
        let steps = candidates(path, &edit, &conflict, bytes?);
        let best = steps
            .iter()
            .find(|step| look(path, &step.edit, bytes).is_ok())
            .or_else(|| {
                steps
                    .iter()
                    .find(|step| gets_further(path, step, &conflict, bytes))
            })?;
        changes.push(best.change.clone());
        edit = best.edit.clone();
    }
    None
}

/// Whether an edit can be made; the error is the conflict that is in its way.
fn look(path: &str, edit: &Edit, bytes: Option<&[u8]>) -> Result<(), Option<Conflict>> {
    let compiled = FilePatch::compile(path, std::slice::from_ref(edit)).map_err(|_| None)?;
    match compiled.classify(bytes).state {
        FileState::Pristine => Ok(()),
        FileState::Conflict(conflict) => Err(Some(conflict)),
        FileState::Applied | FileState::AppliedByHand => Err(None),
    }
}

/// Whether the scope is found now, where it was not before.
fn gets_further(path: &str, step: &Step, before: &Conflict, bytes: Option<&[u8]>) -> bool {
    let is_scope = |kind: &ConflictKind| matches!(kind, ConflictKind::ScopeMissing { .. });
    match look(path, &step.edit, bytes) {
        Err(Some(after)) => is_scope(&before.kind) && !is_scope(&after.kind),
        _ => false,
    }
}

/// An edit with one thing changed.
struct Step {
    edit: Edit,
    change: String,
}

fn candidates(path: &str, edit: &Edit, conflict: &Conflict, bytes: &[u8]) -> Vec<Step> {
    let steps = conflict
        .kind
        .near_misses()
        .iter()
        .filter_map(|miss| match &conflict.kind {
            ConflictKind::ScopeMissing { .. } => other_scope(edit, miss),
            ConflictKind::UntilMissing { .. } => other_end(edit, miss),
            ConflictKind::Missing { .. } if miss.in_scope => other_anchor(edit, miss),
            ConflictKind::Missing { .. } => Some(elsewhere(path, edit, miss, bytes)),
            _ => None,
        });
    steps.collect()
}

/// The scope is the definition whose header comes nearest.
fn other_scope(edit: &Edit, miss: &NearMiss) -> Option<Step> {
    let Some(Scope::Python(old)) = &edit.within else {
        return None;
    };
    let name = miss.text.as_str();
    let outer = old.rsplit_once('>').map(|(outer, _)| outer.trim());
    let new = outer.map_or_else(|| name.to_owned(), |outer| format!("{outer} > {name}"));
    Some(Step {
        change: format!("within `{old}` becomes `{new}` (line {})", miss.line),
        edit: Edit {
            within: Some(Scope::Python(new)),
            ..edit.clone()
        },
    })
}

/// The anchor is the nearest line.
fn other_anchor(edit: &Edit, miss: &NearMiss) -> Option<Step> {
    let mut changed = edit.clone();
    let anchor = anchor_of(&mut changed.verb)?;
    let old = replace_first_line(anchor, miss)?;
    Some(Step {
        change: format!(
            "anchor `{old}` becomes `{}` (line {})",
            miss.text, miss.line
        ),
        edit: changed,
    })
}

/// The nearest line is in another definition.
fn elsewhere(path: &str, edit: &Edit, miss: &NearMiss, bytes: &[u8]) -> Step {
    let mut step = other_anchor(edit, miss).unwrap_or(Step {
        edit: edit.clone(),
        change: format!("anchor as it is (line {})", miss.line),
    });
    let scope = scope_at(path, bytes, miss.line);
    let words = scope.as_deref().unwrap_or("the whole file").to_owned();
    step.edit.within = scope.map(Scope::Python);
    step.change = format!("{}, within `{words}`", step.change);
    step
}

/// The range ends at the nearest line.
fn other_end(edit: &Edit, miss: &NearMiss) -> Option<Step> {
    let mut changed = edit.clone();
    let (Verb::Replace { range, .. }
    | Verb::Delete { range }
    | Verb::CommentOut { range }
    | Verb::Wrap { range, .. }) = &mut changed.verb
    else {
        return None;
    };
    let old = replace_first_line(range.until.as_mut()?, miss)?;
    Some(Step {
        change: format!("until `{old}` becomes `{}` (line {})", miss.text, miss.line),
        edit: changed,
    })
}

fn anchor_of(verb: &mut Verb) -> Option<&mut Anchor> {
    match verb {
        Verb::InsertAfter { anchor, .. }
        | Verb::InsertBefore { anchor, .. }
        | Verb::Argument { call: anchor, .. } => Some(anchor),
        Verb::Replace { range, .. }
        | Verb::Delete { range }
        | Verb::CommentOut { range }
        | Verb::Wrap { range, .. } => Some(&mut range.anchor),
        Verb::Import { .. } | Verb::Append { .. } | Verb::Create { .. } => None,
    }
}

/// Puts the nearest line in the place of the first line of an anchor, and returns the old one. A
/// regular expression cannot be told from one line.
fn replace_first_line(anchor: &mut Anchor, miss: &NearMiss) -> Option<String> {
    let old = match anchor {
        Anchor::Lines(lines) => lines.clone(),
        Anchor::AnyOf(spellings) => spellings.first()?.clone(),
        Anchor::Regex(_) => return None,
    };
    let (first, rest) = old.split_once('\n').unwrap_or((&old, ""));
    let new = match rest {
        "" => miss.text.clone(),
        rest => format!("{}\n{rest}", miss.text),
    };
    let first = first.trim().to_owned();
    *anchor = Anchor::Lines(new);
    Some(first)
}
