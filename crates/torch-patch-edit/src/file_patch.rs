//! All edits of one patch in one file: classify the file, apply them, guess what it was before.

use crate::compile::{Action, Compiled};
use crate::compose::{Application, ApplyError, compose};
use crate::conflict::{Conflict, ConflictKind};
use crate::document::Document;
use crate::edit::Edit;
use crate::error::{CompileError, CompileErrorKind, Field};
use crate::language::Language;
use crate::locate::{Located, explain, locate};
use crate::restore;
use crate::site::Site;
use crate::syntax;

/// The edits of one file, checked and ready to be looked for.
#[derive(Debug)]
pub struct FilePatch {
    pub(crate) language: Language,
    pub(crate) edits: Vec<Compiled>,
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

    pub(crate) fn content(&self) -> Option<&[u8]> {
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

    pub(crate) fn locate(&self, document: &Document<'_>) -> Vec<Located> {
        let edits = self.edits.iter();
        edits.map(|edit| locate(document, edit)).collect()
    }

    /// Where people have edited the file instead, if they have and not all edits of the patch are in place.
    pub(crate) fn made_instead(
        &self,
        document: &Document<'_>,
        located: &[Located],
    ) -> Option<Vec<Site>> {
        let is_whole =
            |located: &Located| matches!(located, Located::Applied(_) | Located::Satisfied(_));
        if located.iter().all(is_whole) {
            return None;
        }
        let mut instead = self.instead.iter().map(|edit| locate(document, edit));
        instead.find_map(in_place)
    }

    /// The same, with the lines that come near an anchor which is not found.
    pub(crate) fn locate_and_explain(&self, document: &Document<'_>) -> Vec<Located> {
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

    pub(crate) fn state(&self, located: &[Located]) -> FileState {
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

    pub(crate) fn conflict(&self, edit: usize, kind: ConflictKind) -> Conflict {
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
