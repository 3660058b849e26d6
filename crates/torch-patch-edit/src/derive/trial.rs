//! What the engine makes of an edit, and the edits that were found so far.

use std::collections::HashMap;

use crate::change::splice;
use crate::compile::Compiled;
use crate::draft::drafts;
use crate::edit::Edit;
use crate::locate::{Located, locate};

use super::Derivation;
use super::hunk::Hunk;

/// What an edit does.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It gives what is wanted, and is found in the edited file.
    Fits,
    /// It gives something else, or nothing.
    Wrong,
    /// It takes place at one of this many places, and more has to be said to tell them apart.
    Unclear(usize),
}

impl Derivation<'_> {
    /// Holds an edit against both files; `wanted` is the pristine file with its change alone.
    pub(super) fn outcome(&self, edit: &Edit, wanted: &[u8]) -> Outcome {
        let Ok(compiled) = Compiled::new(edit, 0, self.old.language) else {
            return Outcome::Wrong;
        };
        let sites = match locate(&self.old, &compiled) {
            Located::Pristine(sites) => sites,
            Located::Conflict(kind) if kind.is_missing() => return Outcome::Wrong,
            Located::Conflict(kind) => return Outcome::Unclear(kind.lines().len()),
            _ => return Outcome::Wrong,
        };
        let drafts = sites
            .iter()
            .flat_map(|site| drafts(&self.old, &compiled, site));
        let made = splice(self.old.bytes, drafts.collect());
        if made.is_ok_and(|(bytes, _)| bytes != wanted) {
            return Outcome::Wrong;
        }
        match locate(&self.new, &compiled) {
            Located::Applied(_) | Located::Satisfied(_) => Outcome::Fits,
            Located::Conflict(kind) => Outcome::Unclear(kind.lines().len()),
            _ => Outcome::Unclear(0),
        }
    }

    /// The pristine file with only some of the hunks changed.
    pub(super) fn with<'h>(&self, hunks: impl IntoIterator<Item = &'h Hunk>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.new.bytes.len());
        let mut at = 0;
        for hunk in hunks {
            let span = self.old_lines.span(&hunk.old);
            bytes.extend_from_slice(&self.old.bytes[at..span.start]);
            bytes.extend_from_slice(self.new_lines.bytes(&hunk.new));
            at = span.end;
        }
        bytes.extend_from_slice(&self.old.bytes[at..]);
        bytes
    }
}

/// The edits of one attempt, and what was found for hunks before.
#[derive(Default)]
pub(super) struct Known {
    found: HashMap<Vec<Hunk>, Option<Edit>>,
    /// Each with the hunks that it is for.
    chosen: Vec<(Vec<usize>, Edit)>,
}

impl Known {
    pub(super) fn begin(&mut self) {
        self.chosen.clear();
    }

    /// The edit of some hunks, looked for once.
    pub(super) fn looked_up(
        &mut self,
        hunks: &[Hunk],
        look: impl FnOnce() -> Option<Edit>,
    ) -> Option<Edit> {
        self.found
            .entry(hunks.to_vec())
            .or_insert_with(look)
            .clone()
    }

    pub(super) fn add(&mut self, hunks: Vec<usize>, edit: Edit) {
        let after = |(own, _): &(Vec<usize>, Edit)| own.first() < hunks.first();
        let at = self.chosen.partition_point(after);
        self.chosen.insert(at, (hunks, edit));
    }

    pub(super) fn has(&self, hunk: usize) -> bool {
        self.chosen.iter().any(|(own, _)| own.contains(&hunk))
    }

    /// In the order of their hunks.
    pub(super) fn edits(&self) -> Vec<Edit> {
        self.chosen.iter().map(|(_, edit)| edit.clone()).collect()
    }

    /// The first hunk of an edit.
    pub(super) fn hunk_of(&self, edit: usize) -> usize {
        let chosen = self.chosen.get(edit);
        let first = chosen.and_then(|(hunks, _)| hunks.first());
        first.copied().unwrap_or_default()
    }
}
