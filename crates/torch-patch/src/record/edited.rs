//! A file that was edited: what it was, and what the edit alone makes of it.

use torch_patch_edit::{Underivable, UnderivableKind, merge};
use torch_patch_env::Distribution;
use torch_patch_store::{FileEntry, RelativePath};

use super::refusal::RecordRefusal;
use crate::error::Error;
use crate::layers::recorded_bytes;
use crate::pristine::{Sources, pristine_bytes};
use crate::progress::Progress;
use crate::records::Records;

/// A file with an edit that is to be recorded.
#[derive(Debug)]
pub(super) struct Edited {
    pub(super) path: RelativePath,
    /// The file before any patch; `None`: there was none.
    pub(super) pristine: Option<Vec<u8>>,
    /// Where that came from, in words.
    pub(super) original: Option<String>,
    /// The original with this edit alone.
    pub(super) alone: Vec<u8>,
    /// What the file holds with the patches that are recorded on it, if there are any.
    pub(super) whole: Option<Vec<u8>>,
    /// Those patches.
    pub(super) entry: Option<FileEntry>,
    /// Whether the environment has the edit.
    pub(super) in_place: bool,
}

impl Edited {
    /// A file without patches.
    pub(super) fn plain(path: RelativePath, pristine: Vec<u8>, alone: Vec<u8>) -> Self {
        Self {
            path,
            pristine: Some(pristine),
            original: None,
            alone,
            whole: None,
            entry: None,
            in_place: false,
        }
    }

    /// A file that was made.
    pub(super) fn created(path: RelativePath, content: Vec<u8>, in_place: bool) -> Self {
        Self {
            pristine: None,
            in_place,
            ..Self::plain(path, Vec::new(), content)
        }
    }

    pub(super) fn patches(&self) -> Vec<String> {
        let layers = self.entry.iter().flat_map(|entry| &entry.patches);
        layers.map(|layer| layer.id.clone()).collect()
    }
}

/// The files below one site-packages directory, and where originals may be had from.
pub(super) struct Finder<'f> {
    pub(super) records: &'f Records<'f>,
    pub(super) distribution: &'f Distribution,
    pub(super) sources: &'f Sources<'f>,
}

impl Finder<'_> {
    /// What is recorded of patches on a file, if it was recorded for the version that is installed.
    pub(super) fn entry(&self, path: &RelativePath) -> Option<&FileEntry> {
        let entry = self.records.ledger().files.get(path);
        entry.filter(|entry| entry.version == self.distribution.version)
    }

    /// The proven original of a file, and in words where it came from.
    pub(super) fn pristine(
        &self,
        path: &RelativePath,
        progress: &mut dyn Progress,
    ) -> Result<(Vec<u8>, String), Error> {
        let proven = pristine_bytes(
            self.records,
            self.distribution,
            path,
            self.sources,
            progress,
        )?;
        Ok((proven.bytes, proven.from.to_string()))
    }

    /// The edit of an installed file by hand.
    pub(super) fn by_hand(
        &self,
        path: &RelativePath,
        progress: &mut dyn Progress,
    ) -> Result<Option<Edited>, Error> {
        let Some(target) = self.records.target(path)? else {
            let kind = UnderivableKind::Removed;
            return Err(RecordRefusal::NotExpressible {
                file: path.as_str().to_owned(),
                reason: Underivable { line: 1, kind },
            }
            .into());
        };
        let (pristine, original) = self.pristine(path, progress)?;
        if pristine == target.bytes {
            return Ok(None);
        }
        let edited = self.beside_patches(path, pristine, target.bytes)?;
        Ok(edited.map(|edited| Edited {
            original: Some(original),
            in_place: true,
            ..edited
        }))
    }

    /// The edit that leads to `whole`, without what the recorded patches have changed; `None`: that is all.
    pub(super) fn beside_patches(
        &self,
        path: &RelativePath,
        pristine: Vec<u8>,
        whole: Vec<u8>,
    ) -> Result<Option<Edited>, Error> {
        let Some(entry) = self.entry(path) else {
            return Ok(Some(Edited::plain(path.clone(), pristine, whole)));
        };
        let patched = recorded_bytes(self.records, path, entry, &entry.patches)?;
        let patched = patched.unwrap_or_default();
        if patched == whole {
            return Ok(None);
        }
        let edited =
            merge(&patched, &whole, &pristine).map_err(|conflict| RecordRefusal::TouchesPatch {
                file: path.as_str().to_owned(),
                patches: entry.patches.iter().map(|layer| layer.id.clone()).collect(),
                conflict: Some(conflict),
            })?;
        Ok(Some(Edited {
            whole: Some(whole),
            entry: Some(entry.clone()),
            ..Edited::plain(path.clone(), pristine, edited)
        }))
    }
}
