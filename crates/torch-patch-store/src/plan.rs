//! A change checked against the disk and the ledger, before anything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::change::{Change, FileChange, Wanted};
use crate::confine::{self, Location};
use crate::digest::Digest;
use crate::directories;
use crate::error::{StoreError, StoreErrorKind};
use crate::imp;
use crate::intent::{IntendedFile, Intent};
use crate::kept;
use crate::ledger::FileEntry;
use crate::metadata::{FileMetadata, Owner};
use crate::path::RelativePath;
use crate::target::Target;
use crate::view::{View, backups, blobs};

/// Everything a commit needs to know, and every content it needs to have.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) intent: Intent,
    /// What becomes of each file of the intent, in the same order.
    pub(crate) contents: Vec<Content>,
    pub(crate) backups: BTreeMap<Digest, Vec<u8>>,
    pub(crate) blobs: BTreeMap<Digest, Vec<u8>>,
    /// The files that alone hold a content of `backups` and are about to be replaced: a second name keeps it.
    pub(crate) links: BTreeMap<Digest, PathBuf>,
    /// Every file of the change with its content afterwards.
    pub(crate) files: Vec<(RelativePath, Option<Digest>)>,
}

/// What a file is to be.
#[derive(Debug)]
pub(crate) struct Content {
    /// `None`: it is removed.
    pub(crate) bytes: Option<Vec<u8>>,
    pub(crate) metadata: FileMetadata,
    pub(crate) keep_copy: bool,
}

impl Plan {
    /// Checks a change; nothing is written, whatever comes of it.
    pub(crate) fn new(view: &View, change: Change) -> Result<Self, StoreError> {
        let mut plan = Self::empty(view, change.blobs);
        let mut seen = BTreeSet::new();
        for file in change.files {
            plan.add(view, file, &mut seen)?;
        }
        let ledger = &mut plan.intent.ledger;
        ledger.directories = directories::still_used(&ledger.directories, ledger);
        Ok(plan)
    }

    fn empty(view: &View, blobs: Vec<Vec<u8>>) -> Self {
        Self {
            intent: Intent {
                files: Vec::new(),
                ledger: view.ledger().clone(),
            },
            contents: Vec::new(),
            backups: BTreeMap::new(),
            links: BTreeMap::new(),
            blobs: blobs
                .into_iter()
                .map(|bytes| (Digest::of(&bytes), bytes))
                .collect(),
            files: Vec::new(),
        }
    }

    fn add(
        &mut self,
        view: &View,
        file: FileChange,
        seen: &mut BTreeSet<PathBuf>,
    ) -> Result<(), StoreError> {
        let store = view.store();
        let location = confine::locate(store.root(), &file.path)?;
        if !seen.insert(location.file.clone()) {
            return Err(invalid(&file.path, "is named twice"));
        }
        let target = confine::read(store.root(), &file.path, &location)?;
        let found = target.as_ref().map(|target| target.digest);
        if found != file.found {
            let (path, expected) = (file.path, file.found);
            return Err(StoreErrorKind::Drift {
                path,
                expected,
                found,
            }
            .into());
        }
        let after = match &file.wanted {
            Wanted::Keep => found,
            Wanted::Write(bytes) => Some(Digest::of(bytes)),
            Wanted::Remove => None,
        };
        self.record(view, &file, target.as_ref(), after)?;
        self.files.push((file.path.clone(), after));
        if after != found {
            self.touch(view, file, target, after, &location)?;
        }
        Ok(())
    }

    /// Puts the entry into the ledger, once everything it refers to is known to be kept.
    fn record(
        &mut self,
        view: &View,
        file: &FileChange,
        target: Option<&Target>,
        after: Option<Digest>,
    ) -> Result<(), StoreError> {
        let Some(entry) = &file.entry else {
            self.intent.ledger.files.remove(&file.path);
            return Ok(());
        };
        let is_free = file.wanted == Wanted::Keep || file.is_merged;
        if !is_free && entry.expected != after {
            return Err(invalid(
                &file.path,
                "is recorded with another content than it gets",
            ));
        }
        self.record_backup(view, file, entry, target)?;
        for layer in &entry.patches {
            if !self.blobs.contains_key(&layer.digest)
                && !blobs(view.store().layout()).contains(layer.digest)
            {
                return Err(invalid(
                    &file.path,
                    "is recorded with a patch whose bytes are not kept",
                ));
            }
        }
        self.intent
            .ledger
            .files
            .insert(file.path.clone(), entry.clone());
        Ok(())
    }

    fn record_backup(
        &mut self,
        view: &View,
        file: &FileChange,
        entry: &FileEntry,
        target: Option<&Target>,
    ) -> Result<(), StoreError> {
        let given = file
            .backup
            .as_deref()
            .map(|bytes| (Digest::of(bytes), bytes));
        if given.is_some_and(|(digest, _)| entry.pristine != Some(digest)) {
            return Err(invalid(
                &file.path,
                "comes with a backup that is not its original",
            ));
        }
        let found = target.map(|target| (target.digest, target.bytes.as_slice()));
        let Some(pristine) = entry.pristine else {
            return Ok(());
        };
        if let Some((_, bytes)) = given.or(found).filter(|(digest, _)| *digest == pristine) {
            self.backups.insert(pristine, bytes.to_vec());
        } else if !backups(view.store().layout()).contains(pristine) {
            return Err(invalid(
                &file.path,
                "is recorded with an original that is not kept",
            ));
        }
        Ok(())
    }

    fn touch(
        &mut self,
        view: &View,
        file: FileChange,
        target: Option<Target>,
        after: Option<Digest>,
        location: &Location,
    ) -> Result<(), StoreError> {
        let store = view.store();
        let before = target.as_ref().map(|target| target.digest);
        let present = target
            .as_ref()
            .map_or_else(FileMetadata::default, |target| target.metadata);
        let content = Content {
            metadata: restorable(file.restore_metadata.unwrap_or(present), present),
            keep_copy: file.keep_user_copy && before.is_some(),
            bytes: match file.wanted {
                Wanted::Write(bytes) => Some(bytes),
                Wanted::Keep | Wanted::Remove => None,
            },
        };
        check_rights(location, present, content.metadata)?;
        for derived in &file.derived {
            check_derived_rights(store.root(), derived)?;
        }
        self.intent
            .ledger
            .directories
            .extend(directories::missing_above(store, &file.path)?);
        if let Some(target) = target {
            // A file with more names can be changed under another one: of that, a copy is kept.
            if target.has_one_name {
                self.links.insert(target.digest, location.file.clone());
            }
            self.backups.insert(target.digest, target.bytes);
        }
        self.intent.files.push(IntendedFile {
            keeps_copy: content.keep_copy
                && before.is_some_and(|before| !kept::exists(store, &file.path, before)),
            path: file.path,
            before,
            after,
            metadata: present,
            derived: file.derived,
        });
        self.contents.push(content);
        Ok(())
    }
}

/// What of recorded metadata the current user can give to a file: of an environment that has another owner since, the
/// owner stays as it is.
fn restorable(wanted: FileMetadata, present: FileMetadata) -> FileMetadata {
    let is_possible = |owner: &Owner| imp::check_owner(*owner).is_ok();
    FileMetadata {
        owner: wanted.owner.filter(is_possible).or(present.owner),
        ..wanted
    }
}

/// Checks that the file can be replaced, and put back: a read-only file is meant to stay as it is.
fn check_rights(
    location: &Location,
    present: FileMetadata,
    wanted: FileMetadata,
) -> Result<(), StoreError> {
    let denied = |purpose, path: &Path, source| StoreError::denied_or_io(purpose, path, source);
    if location.exists {
        imp::check_writable(&location.file)
            .map_err(|error| denied("replace", &location.file, error))?;
    }
    let directory = nearest_directory(location.directory());
    imp::check_directory_writable(directory)
        .map_err(|error| denied("write to", directory, error))?;
    for owner in present.owner.into_iter().chain(wanted.owner) {
        imp::check_owner(owner)
            .map_err(|error| denied("keep the owner of", &location.file, error))?;
    }
    Ok(())
}

fn check_derived_rights(root: &Path, derived: &RelativePath) -> Result<(), StoreError> {
    match confine::locate(root, derived) {
        Ok(location) if location.exists => imp::check_directory_writable(location.directory())
            .map_err(|error| StoreError::denied_or_io("remove", &location.file, error)),
        _ => Ok(()),
    }
}

fn nearest_directory(directory: &Path) -> &Path {
    directory
        .ancestors()
        .find(|directory| directory.is_dir())
        .unwrap_or(directory)
}

fn invalid(path: &RelativePath, reason: &'static str) -> StoreError {
    StoreErrorKind::InvalidChange {
        path: path.clone(),
        reason,
    }
    .into()
}
