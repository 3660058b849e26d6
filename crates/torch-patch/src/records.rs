//! The store of one site-packages directory, read with or without its lock.

use torch_patch_store::{
    Digest, FileEntry, Intent, Layer, Ledger, Locked, RelativePath, Store, Target, View,
};

use crate::error::Error;
use crate::repair::RepairedFiles;

/// How often a look without the lock is taken anew because the ledger changed under it.
const LOOKS: usize = 8;

/// What is recorded below one site-packages directory, and the files there.
#[derive(Clone, Copy)]
pub(crate) enum Records<'r> {
    /// As it is at one moment; another process may be changing it.
    Unlocked {
        store: &'r Store,
        view: &'r View,
        ledger: &'r Ledger,
    },
    /// As it is and stays while the lock is held.
    Locked {
        store: &'r Store,
        locked: &'r Locked<'r>,
    },
    /// As it is to be once bad edits are taken out.
    Repaired {
        records: &'r Records<'r>,
        files: &'r RepairedFiles,
    },
}

/// Looks at what is below one site-packages directory without the lock.
///
/// Between reading the ledger and reading a file another process may change both, and the two would
/// seem to contradict each other: so the look is taken anew until the ledger stays the same.
pub(crate) fn look<T>(
    store: &Store,
    mut at: impl FnMut(&Records<'_>, &View) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut view = store.read()?;
    for _ in 1..LOOKS {
        let found = settled(store, &view).and_then(|records| at(&records, &view));
        let after = store.read()?;
        if after.ledger() == view.ledger() && after.pending() == view.pending() {
            return found;
        }
        view = after;
    }
    at(&settled(store, &view)?, &view)
}

fn settled<'r>(store: &'r Store, view: &'r View) -> Result<Records<'r>, Error> {
    let ledger = view.settled()?;
    Ok(Records::Unlocked {
        store,
        view,
        ledger,
    })
}

impl Records<'_> {
    pub(crate) fn root(&self) -> &std::path::Path {
        match self {
            Self::Unlocked { store, .. } | Self::Locked { store, .. } => store.root(),
            Self::Repaired { records, .. } => records.root(),
        }
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        match self {
            Self::Unlocked { ledger, .. } => ledger,
            Self::Locked { locked, .. } => locked.ledger(),
            Self::Repaired { records, files } => files.ledger().unwrap_or(records.ledger()),
        }
    }

    /// What is on disk in the place of a file that is looked at as it is to be.
    pub(crate) fn before_repair(&self, path: &RelativePath) -> Option<Digest> {
        match self {
            Self::Unlocked { .. } | Self::Locked { .. } => None,
            Self::Repaired { files, .. } => files.get(path).map(|own| own.before.digest),
        }
    }

    pub(crate) fn target(&self, path: &RelativePath) -> Result<Option<Target>, Error> {
        Ok(match self {
            Self::Unlocked { store, .. } => store.target(path)?,
            Self::Locked { locked, .. } => locked.target(path)?,
            Self::Repaired { records, files } => match files.get(path) {
                Some(repaired) => Some(repaired.target.clone()),
                None => records.target(path)?,
            },
        })
    }

    pub(crate) fn backup(&self, digest: &Digest) -> Result<Vec<u8>, Error> {
        Ok(match self {
            Self::Unlocked { view, .. } => view.backup(digest)?,
            Self::Locked { locked, .. } => locked.backup(digest)?,
            Self::Repaired { records, files } => match files.backup(digest) {
                Some(original) => original.to_vec(),
                None => records.backup(digest)?,
            },
        })
    }

    pub(crate) fn blob(&self, digest: &Digest) -> Result<Vec<u8>, Error> {
        Ok(match self {
            Self::Unlocked { view, .. } => view.blob(digest)?,
            Self::Locked { locked, .. } => locked.blob(digest)?,
            Self::Repaired { records, .. } => records.blob(digest)?,
        })
    }

    /// What is recorded of a file with this content: of one that a change in the middle has reached, what that change
    /// makes of it.
    pub(crate) fn entry(&self, path: &RelativePath, found: Option<Digest>) -> Option<&FileEntry> {
        let pending = match self {
            Self::Unlocked { view, .. } => view.pending(),
            Self::Locked { locked, .. } => locked.pending(),
            Self::Repaired { records, files } => {
                return match files.get(path).and_then(|_| files.ledger()) {
                    Some(ledger) => ledger.files.get(path),
                    None => records.entry(path, found),
                };
            }
        };
        let is_reached = |intent: &&Intent| {
            let mut files = intent.files.iter();
            files.any(|file| file.path == *path && file.after == found)
        };
        let ledger = pending
            .filter(is_reached)
            .map_or(self.ledger(), |intent| &intent.ledger);
        ledger.files.get(path)
    }

    /// The files that a patch is recorded on.
    pub(crate) fn paths_of(&self, patch: &str) -> Vec<RelativePath> {
        let files = self.ledger().files.iter();
        files
            .filter(|(_, entry)| layer_of(entry, patch).is_some())
            .map(|(path, _)| path.clone())
            .collect()
    }

    /// Every patch that is recorded, with one of its layers, by its id.
    pub(crate) fn patches(&self) -> Vec<(&str, &Layer)> {
        let entries = self.ledger().files.values();
        let layers = entries.flat_map(|entry| &entry.patches);
        let mut patches: Vec<(&str, &Layer)> =
            layers.map(|layer| (layer.id.as_str(), layer)).collect();
        patches.sort_by_key(|(id, _)| *id);
        patches.dedup_by_key(|(id, _)| *id);
        patches
    }
}

/// The record of a patch on a file.
pub(crate) fn layer_of<'e>(entry: &'e FileEntry, patch: &str) -> Option<&'e Layer> {
    entry.patches.iter().find(|layer| layer.id == patch)
}
