//! All edits of one patch in one file: classify the file, apply them, take them back.

use std::collections::BTreeSet;
use std::fmt;

use crate::change::{Change, Clash, Draft, splice};
use crate::compile::{Action, Compiled};
use crate::conflict::{Conflict, ConflictKind};
use crate::document::Document;
use crate::draft::drafts;
use crate::edit::Edit;
use crate::error::{CompileError, CompileErrorKind, Field};
use crate::language::Language;
use crate::locate::{Located, explain, locate};
use crate::restore;
use crate::site::Site;
use crate::syntax::{self, SyntaxBroken};

/// The edits of one file, checked and ready to be looked for.
#[derive(Debug)]
pub struct FilePatch {
    language: Language,
    edits: Vec<Compiled>,
    /// What people edit in the file instead; one in place stands for all edits.
    instead: Vec<Compiled>,
}

/// What a file looks like to a patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classification {
    /// Of all edits together.
    pub state: FileState,
    /// Of each edit, in order.
    pub edits: Vec<EditReport>,
}

/// What a file looks like to all edits of a patch together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// Every anchor is where it should be and no edit is in place.
    Pristine,
    /// Every edit was found in place.
    Applied,
    /// Every edit that has a hand-made form is in place, at least one of them in that form.
    AppliedByHand,
    /// The first edit that cannot be told or made.
    Conflict(Conflict),
}

/// What a file looks like to one edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditReport {
    /// The state of this edit alone.
    pub state: FileState,
    /// The physical lines, from 1, of its anchors or, where it is in place, of its text.
    pub lines: Vec<usize>,
}

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

impl FilePatch {
    /// Checks the edits of one file, whose `path` tells the language.
    ///
    /// # Errors
    ///
    /// The first value that makes no sense, with the edit and the key it belongs to.
    pub fn compile(path: &str, edits: &[Edit]) -> Result<Self, CompileError> {
        let language = Language::of_path(path);
        let compiled = compiled(edits, language)?;
        let create = compiled
            .iter()
            .position(|edit| matches!(edit.action, Action::Create { .. }));
        match create {
            Some(edit) if compiled.len() > 1 => Err(CompileError {
                edit,
                field: Field::Verb("create"),
                kind: CompileErrorKind::CreateNotAlone,
            }),
            _ => Ok(Self {
                language,
                edits: compiled,
                instead: Vec::new(),
            }),
        }
    }

    /// Adds edits that people make in this file by hand instead of those of the patch, each on its own. A file that has
    /// one of them counts as one in which all edits were made by hand.
    ///
    /// # Errors
    ///
    /// The first value that makes no sense, with the edit among these and the key it belongs to; or one that a file does
    /// not tell: an import, a text at the end, a new file, a deletion between lines that are not known.
    pub fn or_by_hand(self, edits: &[Edit]) -> Result<Self, CompileError> {
        let instead = compiled(edits, self.language)?;
        for (edit, compiled) in instead.iter().enumerate() {
            let verb = edits[edit].verb.key();
            let has_neighbours = compiled.near_after.is_some() && compiled.near_before.is_some();
            let kind = match compiled.action {
                Action::Import { .. } | Action::Append { .. } | Action::Create { .. } => {
                    CompileErrorKind::NotByHand { verb }
                }
                Action::Delete { .. } if !has_neighbours && compiled.by_hand.is_empty() => {
                    CompileErrorKind::DeletionUntold
                }
                _ => continue,
            };
            return Err(CompileError {
                edit,
                field: Field::Verb(verb),
                kind,
            });
        }
        Ok(Self { instead, ..self })
    }

    /// Whether the patch makes the file.
    #[must_use]
    pub fn creates(&self) -> bool {
        self.content().is_some()
    }

    fn content(&self) -> Option<&[u8]> {
        match self.edits.as_slice() {
            [
                Compiled {
                    action: Action::Create { content },
                    ..
                },
            ] => Some(content),
            _ => None,
        }
    }

    /// Tells what a file looks like to this patch; `None` is a file that does not exist.
    #[must_use]
    pub fn classify(&self, file: Option<&[u8]>) -> Classification {
        self.look(file, |document, located| {
            if let Some(sites) = self.made_instead(document, &located) {
                return self.instead_of(document, &located, &sites);
            }
            let edits: Vec<EditReport> = located
                .iter()
                .enumerate()
                .map(|(index, located)| self.report(document, index, located))
                .collect();
            Classification {
                state: self.state(&located),
                edits,
            }
        })
        .unwrap_or_else(|kind| {
            let state = match kind {
                None => FileState::Pristine,
                Some(kind) => FileState::Conflict(self.conflict(0, kind)),
            };
            let report = EditReport {
                state: state.clone(),
                lines: Vec::new(),
            };
            Classification {
                state,
                edits: vec![report; self.edits.len()],
            }
        })
    }

    /// Applies this patch alone. See [`compose`].
    ///
    /// # Errors
    ///
    /// See [`compose`].
    pub fn apply(&self, file: Option<&[u8]>) -> Result<Application, ApplyError> {
        compose(file, &[self])
    }

    /// The contents from which this file may have been made, by hand or by an application that
    /// nothing recorded; likeliest first. Which of them is right, if any, a digest has to tell.
    pub fn originals<'f>(&self, file: &'f [u8]) -> impl Iterator<Item = Vec<u8>> + use<'f> {
        let cuts = Document::new(file, self.language).map(|document| {
            let own = self.locate(&document);
            let own: Vec<_> = self.edits.iter().zip(&own).collect();
            let mut all = restore::all_cuts(&document, &own);
            for edit in &self.instead {
                let located = locate(&document, edit);
                if matches!(located, Located::Applied(_) | Located::ByHand(_)) {
                    let with: Vec<_> = own.iter().copied().chain([(edit, &located)]).collect();
                    all.extend(restore::all_cuts(&document, &with));
                }
            }
            all
        });
        restore::originals(file, cuts.unwrap_or_default())
    }

    /// The lines, from 1, at which edits of this patch are in place, by an application or by hand, whatever the others
    /// are; empty if none is or the file cannot be read.
    #[must_use]
    pub fn lines_in_place(&self, file: &[u8]) -> Vec<usize> {
        let Ok(document) = Document::new(file, self.language) else {
            return Vec::new();
        };
        let located = self.locate(&document);
        let in_place = match self.made_instead(&document, &located) {
            Some(sites) => sites,
            None => located.into_iter().filter_map(in_place).flatten().collect(),
        };
        let mut lines: Vec<usize> = in_place.iter().map(|site| site.line(&document)).collect();
        lines.sort_unstable();
        lines
    }

    /// The file without the edits of this patch that are in place, and everything else byte for byte; `None` if none is
    /// in place, if it cannot be told what was there before, or if that would not parse although the file does.
    ///
    /// What was replaced comes back as the patch writes it. A digest has to tell whether that is what it was.
    #[must_use]
    pub fn without(&self, file: &[u8]) -> Option<Vec<u8>> {
        let document = Document::new(file, self.language).ok()?;
        let located = self.locate(&document);
        let located: Vec<_> = self.edits.iter().zip(&located).collect();
        let cuts = restore::exact_cuts(&document, &located)?;
        let result = restore::without(file, &cuts);
        let is_broken = self.language.is_python() && syntax::is_broken_by(&document, &result);
        (!is_broken).then_some(result)
    }

    fn locate(&self, document: &Document<'_>) -> Vec<Located> {
        let edits = self.edits.iter();
        edits.map(|edit| locate(document, edit)).collect()
    }

    /// Where people have edited the file instead, if they have and not all edits of the patch are in place.
    fn made_instead(&self, document: &Document<'_>, located: &[Located]) -> Option<Vec<Site>> {
        let is_whole =
            |located: &Located| matches!(located, Located::Applied(_) | Located::Satisfied(_));
        if located.iter().all(is_whole) {
            return None;
        }
        let mut instead = self.instead.iter().map(|edit| locate(document, edit));
        instead.find_map(in_place)
    }

    /// The same, with the lines that come near an anchor which is not found.
    fn locate_and_explain(&self, document: &Document<'_>) -> Vec<Located> {
        let located = self.locate(document).into_iter().zip(&self.edits);
        located
            .map(|(located, edit)| match located {
                Located::Conflict(kind) => Located::Conflict(explain(document, edit, kind)),
                located => located,
            })
            .collect()
    }

    /// Runs `with` on what each edit finds in the file. The error is the conflict that keeps it from
    /// being read, or `None` if it does not exist and is to be made.
    fn look<T>(
        &self,
        file: Option<&[u8]>,
        with: impl FnOnce(&Document<'_>, Vec<Located>) -> T,
    ) -> Result<T, Option<ConflictKind>> {
        match (file, self.creates()) {
            (None, true) => Err(None),
            (None, false) => Err(Some(ConflictKind::NoFile)),
            (Some(bytes), _) => {
                let document = Document::new(bytes, self.language)
                    .map_err(|kind| Some(ConflictKind::Unreadable(kind)))?;
                let located = self.locate_and_explain(&document);
                Ok(with(&document, located))
            }
        }
    }

    /// What a file looks like in which people have edited `sites` instead. Where that is a part of what the patch does,
    /// the rest is missing.
    fn instead_of(
        &self,
        document: &Document<'_>,
        located: &[Located],
        sites: &[Site],
    ) -> Classification {
        let by_hand = |sites: &[Site]| EditReport {
            state: FileState::AppliedByHand,
            lines: sites.iter().map(|site| site.line(document)).collect(),
        };
        let is_part = located
            .iter()
            .any(|located| matches!(located, Located::Applied(_)));
        let report = |(index, located): (usize, &Located)| match located {
            Located::Applied(own) | Located::ByHand(own) => by_hand(own),
            Located::Pristine(_) if is_part => self.report(document, index, located),
            _ => by_hand(sites),
        };
        Classification {
            state: FileState::AppliedByHand,
            edits: located.iter().enumerate().map(report).collect(),
        }
    }

    fn report(&self, document: &Document<'_>, index: usize, located: &Located) -> EditReport {
        let lines = |sites: &[Site]| sites.iter().map(|site| site.line(document)).collect();
        match located {
            Located::Pristine(sites) => EditReport {
                state: FileState::Pristine,
                lines: lines(sites),
            },
            Located::Applied(sites) | Located::Satisfied(sites) => EditReport {
                state: FileState::Applied,
                lines: lines(sites),
            },
            Located::ByHand(sites) => EditReport {
                state: FileState::AppliedByHand,
                lines: lines(sites),
            },
            Located::Conflict(kind) => EditReport {
                lines: kind.lines(),
                state: FileState::Conflict(self.conflict(index, kind.clone())),
            },
        }
    }

    fn state(&self, located: &[Located]) -> FileState {
        let indices = |is: fn(&Located) -> bool| -> Vec<usize> {
            located
                .iter()
                .enumerate()
                .filter(|(_, located)| is(located))
                .map(|(index, _)| index)
                .collect()
        };
        let conflict = located
            .iter()
            .enumerate()
            .find_map(|(index, located)| match located {
                Located::Conflict(kind) => Some((index, kind)),
                _ => None,
            });
        let by_hand = indices(|located| matches!(located, Located::ByHand(_)));
        let pristine = indices(|located| matches!(located, Located::Pristine(_)));
        let applied = indices(|located| matches!(located, Located::Applied(_)));
        if let Some((index, kind)) = conflict {
            FileState::Conflict(self.conflict(index, kind.clone()))
        } else if !by_hand.is_empty() {
            match pristine.iter().find(|&&edit| self.edit_has_form(edit)) {
                None => FileState::AppliedByHand,
                Some(&index) => {
                    let applied = [by_hand, applied].concat();
                    FileState::Conflict(
                        self.conflict(index, ConflictKind::PartlyApplied { applied, pristine }),
                    )
                }
            }
        } else if pristine.is_empty() {
            FileState::Applied
        } else if applied.is_empty() {
            FileState::Pristine
        } else {
            let index = pristine[0];
            FileState::Conflict(
                self.conflict(index, ConflictKind::PartlyApplied { applied, pristine }),
            )
        }
    }

    /// Whether a form is known in which people make one of the edits by hand.
    #[must_use]
    pub fn has_hand_made_form(&self) -> bool {
        !self.instead.is_empty() || (0..self.edits.len()).any(|edit| self.edit_has_form(edit))
    }

    fn edit_has_form(&self, edit: usize) -> bool {
        !self.edits[edit].by_hand.is_empty()
    }

    fn conflict(&self, edit: usize, kind: ConflictKind) -> Conflict {
        let compiled = self.edits.get(edit);
        Conflict {
            edit,
            anchor: compiled.map(Compiled::anchor).unwrap_or_default(),
            scope: compiled
                .and_then(|edit| edit.within.as_ref())
                .map(crate::compile::Within::source),
            kind,
        }
    }
}

fn compiled(edits: &[Edit], language: Language) -> Result<Vec<Compiled>, CompileError> {
    let edits = edits.iter().enumerate();
    edits
        .map(|(index, edit)| Compiled::new(edit, index, language))
        .collect()
}

/// Where an edit is in place, by an application or by hand.
fn in_place(located: Located) -> Option<Vec<Site>> {
    match located {
        Located::Applied(sites) | Located::ByHand(sites) => Some(sites),
        _ => None,
    }
}

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
