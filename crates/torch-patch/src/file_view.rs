//! One installed file, held against the ledger and the distribution's `RECORD`.

use torch_patch_env::{Distribution, Recorded};
use torch_patch_store::{Digest, FileEntry, RelativePath, Target};

use crate::error::{Error, ErrorKind};
use crate::records::Records;

/// A file as it is on disk and in the ledger.
#[derive(Debug)]
pub(crate) struct FileView {
    pub(crate) path: RelativePath,
    /// What is on disk; `None`: nothing.
    pub(crate) target: Option<Target>,
    /// What the ledger says; `None`: nothing.
    pub(crate) entry: Option<FileEntry>,
    pub(crate) condition: Condition,
    /// What `RECORD` says, where it was asked.
    pub(crate) upstream: Option<Upstream>,
    /// What is on disk, if that is another content, with a bad edit that is to be taken out.
    before_repair: Option<Digest>,
    /// What it belongs to.
    distribution: Option<Distribution>,
}

/// What a file is, by its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// What the ledger says it should be.
    Recorded,
    /// In the ledger, but its original bytes are back.
    Restored,
    /// In the ledger, but since then the distribution has brought another file.
    Superseded,
    /// Not in the ledger, and what `RECORD` says (or absent, where nothing is owned).
    Pristine,
    /// Not in the ledger, and nothing tells what it should be.
    Unproven,
    /// Neither what the ledger nor what `RECORD` says.
    Changed,
    /// Not a file of the distribution.
    NotOwned,
}

impl FileView {
    /// Looks at a file; `distribution` is `None` if what it belonged to is not installed any more.
    pub(crate) fn new(
        records: &Records<'_>,
        distribution: Option<&Distribution>,
        path: &RelativePath,
    ) -> Result<Self, Error> {
        let target = records.target(path)?;
        let found = target.as_ref().map(|target| target.digest);
        let entry = records.entry(path, found).cloned();
        let mut view = Self {
            path: path.clone(),
            target,
            entry,
            condition: Condition::Recorded,
            upstream: None,
            before_repair: records.before_repair(path),
            distribution: distribution.cloned(),
        };
        view.condition = view.find_condition(distribution)?;
        Ok(view)
    }

    fn find_condition(&mut self, distribution: Option<&Distribution>) -> Result<Condition, Error> {
        let found = self.digest();
        if let Some(entry) = &self.entry {
            if found == entry.expected {
                return Ok(Condition::Recorded);
            }
            if found == entry.pristine {
                return Ok(Condition::Restored);
            }
        }
        let Some(distribution) = distribution else {
            return Ok(match found {
                None => Condition::Superseded,
                Some(_) => Condition::Changed,
            });
        };
        if self.entry.is_none() && found.is_none() {
            return Ok(Condition::Pristine);
        }
        let upstream = Upstream::of(distribution, &self.path)?;
        self.upstream = Some(upstream);
        Ok(match &self.entry {
            None => unrecorded(upstream, found),
            Some(entry) => recorded(upstream, found, entry.version != distribution.version),
        })
    }

    pub(crate) fn digest(&self) -> Option<Digest> {
        self.target.as_ref().map(|target| target.digest)
    }

    /// The digest of what is on disk now.
    pub(crate) fn on_disk(&self) -> Option<Digest> {
        self.before_repair.or(self.digest())
    }

    /// Whether it is looked at without a bad edit that it has on disk.
    pub(crate) fn is_repaired(&self) -> bool {
        self.before_repair.is_some()
    }

    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        self.target.as_ref().map(|target| target.bytes.as_slice())
    }

    /// The entry, where it still says what the file is.
    pub(crate) fn live_entry(&self) -> Option<&FileEntry> {
        self.entry
            .as_ref()
            .filter(|_| self.condition == Condition::Recorded)
    }

    /// The bytes before any patch: the backup, or the file itself.
    pub(crate) fn pristine(&self, records: &Records<'_>) -> Result<Option<Vec<u8>>, Error> {
        match self.live_entry() {
            Some(entry) => {
                self.check_original()?;
                let original = entry.pristine.as_ref();
                original.map(|digest| records.backup(digest)).transpose()
            }
            None => Ok(self.bytes().map(<[u8]>::to_vec)),
        }
    }

    /// Refuses a recorded original of which `RECORD` proves that it is none: who can write to the store can put another
    /// one there, with its right digest.
    pub(crate) fn check_original(&self) -> Result<(), Error> {
        let entry = self.entry.as_ref();
        let (Some(entry), Some(distribution)) = (entry, &self.distribution) else {
            return Ok(());
        };
        let Some(found) = entry
            .pristine
            .filter(|_| entry.version == distribution.version)
        else {
            return Ok(());
        };
        match Upstream::of(distribution, &self.path)? {
            Upstream::Digest(expected) if expected != found => {
                let file = self.path.as_str().to_owned();
                Err(ErrorKind::OriginalDisproved {
                    file,
                    expected,
                    found,
                }
                .into())
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn has_layer(&self, patch: &str) -> bool {
        self.entry
            .as_ref()
            .is_some_and(|entry| entry.patches.iter().any(|layer| layer.id == patch))
    }
}

/// What a file is that the ledger has no matching digest for.
fn recorded(upstream: Upstream, found: Option<Digest>, is_new_version: bool) -> Condition {
    match (upstream, found) {
        (Upstream::Digest(digest), Some(found)) if digest == found => Condition::Superseded,
        (Upstream::NotListed, None) | (Upstream::Unknown, _) if is_new_version => {
            Condition::Superseded
        }
        _ => Condition::Changed,
    }
}

/// What a file is that the ledger does not know.
fn unrecorded(upstream: Upstream, found: Option<Digest>) -> Condition {
    match upstream {
        Upstream::Digest(digest) if Some(digest) == found => Condition::Pristine,
        Upstream::Digest(_) => Condition::Changed,
        Upstream::Unknown => Condition::Unproven,
        Upstream::NotListed => Condition::NotOwned,
    }
}

/// What the distribution's `RECORD` says about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upstream {
    /// It has this content.
    Digest(Digest),
    /// There is no `RECORD`, or no digest in it.
    Unknown,
    /// It is none of the distribution's.
    NotListed,
}

impl Upstream {
    pub(crate) fn of(distribution: &Distribution, path: &RelativePath) -> Result<Self, Error> {
        Ok(match distribution.recorded(path.as_str())? {
            Recorded::Digest { sha256, .. } => Self::Digest(Digest::from(sha256)),
            Recorded::NotListed => Self::NotListed,
            _ => Self::Unknown,
        })
    }

    pub(crate) fn digest(self) -> Option<Digest> {
        match self {
            Self::Digest(digest) => Some(digest),
            Self::Unknown | Self::NotListed => None,
        }
    }
}
