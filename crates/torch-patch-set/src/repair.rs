//! What is asked of a patch that is marked `repairs`: that each of its edits can be taken out of a file again.
//!
//! Such an edit is a bad one that people make by hand. What the file was without it has to be written out: a wildcard, a
//! regular expression or a deletion would leave that to be guessed.

use torch_patch_edit::{Edit, Verb};

use crate::error_kind::FormatErrorKind;
use crate::raw::{At, RawAnchor, RawEdit, RawPatch, TextOr};
use crate::source::Fault;

const WILDCARD: &str = "...";

/// What the edits of a patch are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be made.
    Patch,
    /// To be taken out where people have made them.
    Repair,
}

impl Purpose {
    pub(crate) fn of(raw: &RawPatch) -> Self {
        if is_meant(raw) {
            Self::Repair
        } else {
            Self::Patch
        }
    }
}

/// Lets an edit be found by its tokens too: whoever makes it by hand has white space and comments of their own.
pub(crate) fn take_any_spelling(edit: &mut Edit) {
    let text = match &edit.verb {
        Verb::Replace { with: text, .. }
        | Verb::InsertAfter { text, .. }
        | Verb::InsertBefore { text, .. } => text.trim_matches('\n').to_owned(),
        _ => return,
    };
    if !edit.by_hand.contains(&text) {
        edit.by_hand.push(text);
    }
}

/// Tells whether a file says that its patch is a repair.
pub(crate) fn is_meant(raw: &RawPatch) -> bool {
    raw.repairs.as_ref().is_some_and(|repairs| **repairs)
}

/// Refuses what a repair cannot take out again.
pub(crate) fn check(raw: &RawPatch) -> Result<(), Fault> {
    if !is_meant(raw) {
        return Ok(());
    }
    for (key, list) in [("requires", &raw.requires), ("conflicts", &raw.conflicts)] {
        if let Some(list) = list.as_ref().filter(|list| !list.is_empty()) {
            let kind = FormatErrorKind::Value {
                expected:
                    "none beside `repairs`: a repair stands for itself, and is nothing that stays"
                        .to_owned(),
                found: format!("{} of them", list.len()),
            };
            return Err(Fault::new(kind, &list.span).at("", key));
        }
    }
    let variants = raw.variant.iter().flat_map(|variants| variants.iter());
    for (index, variant) in variants.enumerate() {
        if let Some(by_hand) = &variant.by_hand {
            let kind = FormatErrorKind::Value {
                expected: "none beside `repairs`: what people do by hand are its edits".to_owned(),
                found: format!("{} of them", by_hand.len()),
            };
            let table = format!("variant[{}]", index + 1);
            return Err(Fault::new(kind, &by_hand.span).at(&table, "by-hand"));
        }
        let edits = variant.edit.iter().flat_map(|edits| edits.iter());
        for (number, edit) in edits.enumerate() {
            let table = format!("variant[{}].edit[{}]", index + 1, number + 1);
            check_edit(edit, &table)?;
        }
    }
    Ok(())
}

fn check_edit(edit: &At<RawEdit>, table: &str) -> Result<(), Fault> {
    const REVERSIBLE: [&str; 4] = ["after", "before", "replace", "append"];
    const BESIDE: [&str; 6] = ["file", "insert", "with", "within", "near", "by-hand"];
    for (key, span) in edit.keys() {
        if !REVERSIBLE.contains(&key) && !BESIDE.contains(&key) {
            let kind = irreversible(format!("`{key}`"));
            return Err(Fault::new(kind, span).of_key().at(table, key));
        }
    }
    if let Some(anchor) = &edit.replace
        && let Some(found) = not_exact(anchor)
    {
        return Err(Fault::new(irreversible(found.to_owned()), &anchor.span).at(table, "replace"));
    }
    if let Some(with) = edit.with.as_ref().filter(|with| with.trim().is_empty()) {
        let kind = irreversible("a replacement by nothing".to_owned());
        return Err(Fault::new(kind, &with.span).at(table, "with"));
    }
    let forms = edit.by_hand.iter().flat_map(|forms| forms.iter());
    match forms.into_iter().find(|form| form.contains(WILDCARD)) {
        Some(form) => {
            let kind = irreversible("the wildcard `...`".to_owned());
            Err(Fault::new(kind, &form.span).at(table, "by-hand"))
        }
        None => Ok(()),
    }
}

/// Why a text that is replaced is not written out.
fn not_exact(anchor: &RawAnchor) -> Option<&'static str> {
    match anchor {
        TextOr::Text(text) => text.contains(WILDCARD).then_some("the wildcard `...`"),
        TextOr::Table(table) if table.regex.is_some() => Some("a regular expression"),
        TextOr::Table(_) => Some("several spellings"),
    }
}

fn irreversible(found: String) -> FormatErrorKind {
    FormatErrorKind::Irreversible { found }
}
