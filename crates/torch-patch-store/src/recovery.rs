//! Settling a change that was begun and not ended, by digest alone.

use crate::digest::Digest;
use crate::error::{Rollback, StoreError, StoreErrorKind};
use crate::intent::{IntendedFile, Intent};
use crate::ledger::Ledger;
use crate::path::RelativePath;
use crate::replace::{Replacement, remove_derived, remove_temporary, replace};
use crate::store::Store;
use crate::view::{View, backups};
use crate::{confine, directories, imp, kept, records};

/// Reports what [`Store::lock`] had to settle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// What was done about it.
    pub outcome: RecoveryOutcome,
    /// The files of the change that are settled.
    pub files: Vec<RelativePath>,
    /// The files that were left alone.
    pub drifted: Vec<Drifted>,
}

/// Says what became of a change that was begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecoveryOutcome {
    /// There was none.
    #[default]
    Nothing,
    /// All its files were as wanted: it holds.
    Finished,
    /// Its files are as before: it never was.
    Undone,
}

/// Describes a file of an interrupted change that somebody else has changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drifted {
    /// The file.
    pub path: RelativePath,
    /// Its content before the change; `None`: absent.
    pub before: Option<Digest>,
    /// Its content after the change; `None`: absent.
    pub after: Option<Digest>,
    /// What is there; `None`: nothing that could be read as a file of the root.
    pub found: Option<Digest>,
}

impl Recovery {
    pub(crate) fn is_nothing(&self) -> bool {
        self.outcome == RecoveryOutcome::Nothing
    }
}

/// Settles the pending change of a view, if any. The lock must be held.
pub(crate) fn recover(view: &View) -> Result<Recovery, StoreError> {
    let Some(intent) = view.pending() else {
        return Ok(Recovery::default());
    };
    if is_complete(view.store(), intent)? {
        finish(view, intent)
    } else {
        undo(view, intent)
    }
}

/// Says whether every file is as the change wants it.
pub(crate) fn is_complete(store: &Store, intent: &Intent) -> Result<bool, StoreError> {
    for file in &intent.files {
        if found(store, &file.path)? != Found::Content(file.after) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Puts every file that is as the change wants it back to what it was before, last first.
pub(crate) fn undo(view: &View, intent: &Intent) -> Result<Recovery, StoreError> {
    let store = view.store();
    let mut recovery = Recovery {
        outcome: RecoveryOutcome::Undone,
        ..Recovery::default()
    };
    for file in intent.files.iter().rev() {
        remove_temporary(store, &file.path)?;
        match found(store, &file.path)? {
            Found::Content(found) if found == file.after => {
                restore(store, file)?;
                recovery.files.push(file.path.clone());
            }
            Found::Content(found) if found == file.before => {
                put_back(store, file)?;
                recovery.files.push(file.path.clone());
            }
            found => {
                recovery.drifted.push(Drifted {
                    path: file.path.clone(),
                    before: file.before,
                    after: file.after,
                    found: match found {
                        Found::Content(digest) => digest,
                        Found::Foreign => None,
                    },
                });
                continue;
            }
        }
        kept::remove(store, file)?;
    }
    directories::remove(store, &intent.ledger, view.ledger(), intent)?;
    records::abandon(store)?;
    collect(store, view.ledger());
    Ok(recovery)
}

/// Undoes a commit that failed, and tells what came of it.
pub(crate) fn roll_back(view: &View, intent: &Intent) -> Rollback {
    match undo(view, intent) {
        Ok(recovery) => Rollback {
            restored: recovery.files,
            drifted: recovery
                .drifted
                .into_iter()
                .map(|drifted| drifted.path)
                .collect(),
            failure: None,
        },
        Err(error) => Rollback {
            failure: Some(error.to_string()),
            ..Rollback::default()
        },
    }
}

/// Does what is left to do when every file is as wanted, and ends the change.
pub(crate) fn finish(view: &View, intent: &Intent) -> Result<Recovery, StoreError> {
    let store = view.store();
    for file in &intent.files {
        remove_temporary(store, &file.path)?;
        remove_derived(store, &file.derived)?;
    }
    directories::remove(store, view.ledger(), &intent.ledger, intent)?;
    records::end(store, &intent.ledger)?;
    collect(store, &intent.ledger);
    Ok(Recovery {
        outcome: RecoveryOutcome::Finished,
        files: intent.files.iter().map(|file| file.path.clone()).collect(),
        drifted: Vec::new(),
    })
}

/// Removes what the ledger does not refer to. What could not be removed is in nobody's way and goes with the next
/// change.
fn collect(store: &Store, ledger: &Ledger) {
    let _ = records::collect(store, ledger);
}

/// Undoes what was done to a file before it was replaced, which it was not.
fn put_back(store: &Store, file: &IntendedFile) -> Result<(), StoreError> {
    match confine::locate(store.root(), &file.path) {
        Ok(location) if location.exists => {
            imp::put_back(store.root(), &location.file, file.metadata).map_err(|error| {
                StoreError::denied_or_io("restore the attributes of", &location.file, error)
            })
        }
        _ => Ok(()),
    }
}

fn restore(store: &Store, file: &IntendedFile) -> Result<(), StoreError> {
    let before = file
        .before
        .map(|digest| backups(store.layout()).read(digest))
        .transpose()?;
    let replacement = Replacement {
        path: &file.path,
        from: file.after,
        to: before.as_deref(),
        wanted: file.before,
        metadata: file.metadata,
        derived: &file.derived,
    };
    replace(store, replacement)
}

/// What is at a path of an interrupted change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// `None`: nothing.
    Content(Option<Digest>),
    /// Something that is no file of the root.
    Foreign,
}

fn found(store: &Store, path: &RelativePath) -> Result<Found, StoreError> {
    match store.target(path) {
        Ok(target) => Ok(Found::Content(target.map(|target| target.digest))),
        Err(error) => match error.kind() {
            StoreErrorKind::LeavesRoot { .. } | StoreErrorKind::NotRegular { .. } => {
                Ok(Found::Foreign)
            }
            _ => Err(error),
        },
    }
}
