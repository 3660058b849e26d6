//! Patches put on one original at once, with the proof that they are in place in the result.

use std::collections::BTreeSet;
use std::fmt;

use crate::change::{Change, Clash, Draft, splice};
use crate::compile::Action;
use crate::conflict::{Conflict, ConflictKind};
use crate::document::Document;
use crate::draft::drafts;
use crate::file_patch::{FilePatch, FileState};
use crate::language::Language;
use crate::locate::Located;
use crate::syntax::{self, SyntaxBroken};

/// The result of applying patches to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// The whole new content.
    pub bytes: Vec<u8>,
    /// What changed, in order; empty if everything was in place.
    pub changes: Vec<Change>,
}

/// Why patches cannot be applied to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApplyError {
    /// The file is in conflict with an edit.
    Conflict {
        /// Which of the patches, from 0.
        patch: usize,
        /// What is wrong.
        conflict: Conflict,
    },
    /// Someone made the edit by hand.
    ByHand {
        /// Which of the patches, from 0.
        patch: usize,
        /// Where, as physical lines from 1.
        lines: Vec<usize>,
    },
    /// Two edits change the same place.
    Overlap {
        /// Patch and edit, each from 0.
        first: (usize, usize),
        /// Patch and edit, each from 0.
        second: (usize, usize),
        /// Where, as a physical line of the original from 1.
        line: usize,
    },
    /// The result would not parse although the original does.
    Syntax(SyntaxBroken),
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { conflict, .. } => conflict.fmt(f),
            Self::ByHand { lines, .. } => {
                let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
                write!(f, "the edit was made by hand (line {})", lines.join(", "))
            }
            Self::Overlap {
                first,
                second,
                line,
            } => {
                write!(
                    f,
                    "edit {} and edit {} both change line {line}",
                    first.1 + 1,
                    second.1 + 1
                )
            }
            Self::Syntax(broken) => broken.fmt(f),
        }
    }
}

impl std::error::Error for ApplyError {}

/// Applies several patches to the same original at once: every anchor is looked for in the original,
/// so their order does not matter, and two that change the same place are an error.
///
/// A patch that is in place already changes nothing.
///
/// # Errors
///
/// The first conflict, overlap or syntax error. Nothing is returned in part.
pub fn compose(original: Option<&[u8]>, patches: &[&FilePatch]) -> Result<Application, ApplyError> {
    if let Some(application) = compose_new(original, patches)? {
        return Ok(application);
    }
    let mut all = Vec::new();
    let bytes = original.unwrap_or_default();
    let language = patches
        .first()
        .map_or(Language::Text { comment: None }, |patch| patch.language);
    let unreadable = |kind| ApplyError::Conflict {
        patch: 0,
        conflict: patches[0].conflict(0, ConflictKind::Unreadable(kind)),
    };
    let document = Document::new(bytes, language).map_err(unreadable)?;
    for (index, patch) in patches.iter().enumerate() {
        all.extend(patch_drafts(&document, index, patch)?);
    }
    drop_repeated_imports(&mut all, patches);
    let (result, changes) = splice(bytes, all).map_err(|clash| overlap(&document, clash))?;
    if let Some(change) = joined_ending(&result, &changes) {
        let line = document.line_number(change.original.start);
        return Err(refused(
            patches,
            change.patch,
            change.edit,
            ConflictKind::LineEndings { line },
        ));
    }
    if language.is_python() {
        syntax::check(&document, &result, &changes).map_err(ApplyError::Syntax)?;
    }
    drop(document);
    if !changes.is_empty() {
        prove(&result, language, patches)?;
    }
    Ok(Application {
        bytes: result,
        changes,
    })
}

/// Two patches that want the same import get it once.
fn drop_repeated_imports(all: &mut Vec<Draft>, patches: &[&FilePatch]) {
    let mut seen = BTreeSet::new();
    all.retain(|draft| {
        let action = &patches[draft.patch].edits[draft.edit].action;
        !matches!(action, Action::Import { .. })
            || seen.insert((draft.span.start, draft.inserted.clone()))
    });
}

/// A change that makes one line ending of a lone `\r` and the `\n` of another line.
fn joined_ending<'c>(result: &[u8], changes: &'c [Change]) -> Option<&'c Change> {
    let mut shift = 0_isize;
    changes.iter().find(|change| {
        let start = change.original.start.saturating_add_signed(shift);
        let end = start + change.inserted.len();
        shift = shift
            .saturating_add_unsigned(change.inserted.len())
            .saturating_sub_unsigned(change.removed.len());
        let is_pair =
            |at: usize| at > 0 && result[at - 1] == b'\r' && result.get(at) == Some(&b'\n');
        is_pair(start) || is_pair(end)
    })
}

/// Makes sure that every edit is found in place in the result, so that the result is a file to
/// which these patches have nothing to do.
///
/// A deletion without neighbours leaves nothing to be found: of it only the anchor has to be gone.
fn prove(result: &[u8], language: Language, patches: &[&FilePatch]) -> Result<(), ApplyError> {
    let Ok(document) = Document::new(result, language) else {
        return Ok(());
    };
    for (index, patch) in patches.iter().enumerate() {
        let located = patch.locate(&document);
        for (edit, located) in located.iter().enumerate() {
            let is_deletion = matches!(patch.edits[edit].action, Action::Delete { .. });
            let reason = match located {
                Located::Applied(_) | Located::Satisfied(_) => continue,
                Located::Conflict(_) if is_deletion => continue,
                Located::Conflict(kind) => patch.conflict(edit, kind.clone()).to_string(),
                Located::Pristine(_) => "its anchor would match again".to_owned(),
                Located::ByHand(_) => "it would look like an edit made by hand".to_owned(),
            };
            return Err(refused(
                patches,
                index,
                edit,
                ConflictKind::NotProven { reason },
            ));
        }
    }
    Ok(())
}

fn refused(patches: &[&FilePatch], patch: usize, edit: usize, kind: ConflictKind) -> ApplyError {
    ApplyError::Conflict {
        patch,
        conflict: patches[patch].conflict(edit, kind),
    }
}

/// The application of patches to a file that has to be made, or of none.
fn compose_new(
    original: Option<&[u8]>,
    patches: &[&FilePatch],
) -> Result<Option<Application>, ApplyError> {
    let conflict = |patch: usize, kind| {
        Err(ApplyError::Conflict {
            patch,
            conflict: patches[patch].conflict(0, kind),
        })
    };
    let Some((first, rest)) = patches.split_first() else {
        return Ok(Some(Application {
            bytes: original.unwrap_or_default().to_vec(),
            changes: Vec::new(),
        }));
    };
    if original.is_some() {
        return Ok(None);
    }
    let Some(content) = first.content() else {
        return conflict(0, ConflictKind::NoFile);
    };
    if let Some(other) = rest
        .iter()
        .position(|patch| patch.content() != Some(content))
    {
        return conflict(other + 1, ConflictKind::FileExists);
    }
    let change = Change {
        original: 0..0,
        removed: Vec::new(),
        inserted: content.to_vec(),
        line: 1,
        patch: 0,
        edit: 0,
    };
    let application = Application {
        bytes: content.to_vec(),
        changes: vec![change],
    };
    if first.language.is_python() {
        let document = Document::new(b"", first.language);
        let document = document.map_err(|kind| ApplyError::Conflict {
            patch: 0,
            conflict: first.conflict(0, ConflictKind::Unreadable(kind)),
        })?;
        syntax::check(&document, &application.bytes, &application.changes)
            .map_err(ApplyError::Syntax)?;
    }
    Ok(Some(application))
}

fn patch_drafts(
    document: &Document<'_>,
    index: usize,
    patch: &FilePatch,
) -> Result<Vec<Draft>, ApplyError> {
    let located = patch.locate_and_explain(document);
    if let Some(sites) = patch.made_instead(document, &located) {
        return Err(ApplyError::ByHand {
            patch: index,
            lines: sites.iter().map(|site| site.line(document)).collect(),
        });
    }
    match patch.state(&located) {
        FileState::Applied => Ok(Vec::new()),
        FileState::Conflict(conflict) => Err(ApplyError::Conflict {
            patch: index,
            conflict,
        }),
        FileState::AppliedByHand => {
            let lines = located.iter().flat_map(|located| match located {
                Located::ByHand(sites) => sites.iter().map(|site| site.line(document)).collect(),
                _ => Vec::new(),
            });
            Err(ApplyError::ByHand {
                patch: index,
                lines: lines.collect(),
            })
        }
        FileState::Pristine => {
            let mut all = Vec::new();
            for (edit, (compiled, located)) in patch.edits.iter().zip(&located).enumerate() {
                let Located::Pristine(sites) = located else {
                    continue;
                };
                let new = sites
                    .iter()
                    .flat_map(|site| drafts(document, compiled, site));
                all.extend(new.map(|draft| Draft {
                    patch: index,
                    edit,
                    ..draft
                }));
            }
            Ok(all)
        }
    }
}

fn overlap(document: &Document<'_>, clash: Clash) -> ApplyError {
    ApplyError::Overlap {
        first: clash.first,
        second: clash.second,
        line: document.line_number(clash.offset),
    }
}
