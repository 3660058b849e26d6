//! What becomes of one file: its original, the patches in order, and the change that leads there.
//!
//! Architecture invariant: the wanted content of a file is always the original with its patches in
//! order, never the file as it is with one more edit.

use torch_patch_edit::Application;
use torch_patch_set::Patch;
use torch_patch_store::{Digest, FileChange, FileEntry, FileMetadata, Layer, Wanted};

use crate::bytecode::compiled_files;
use crate::error::Error;
use crate::file_view::FileView;
use crate::layers::{Original, compose_layers};
use crate::records::Records;

/// What becomes of one file.
pub(crate) struct Draft {
    pub(crate) view: FileView,
    /// The bytes before any patch, once they are needed; `None`: there was no file.
    original: Option<Vec<u8>>,
    /// Whether the original is another one than is recorded or on disk.
    is_adopted: bool,
    /// The patches in order.
    pub(crate) layers: Vec<Layer>,
    /// Whether the layers or the original are other than what is recorded.
    pub(crate) is_changed: bool,
    /// The labels of the entry afterwards.
    distribution: String,
    version: String,
    result: Option<Application>,
    /// The digest of what the file is to hold, once that is worked out.
    wanted: Option<Digest>,
}

impl Draft {
    /// Begins with what is recorded of a file, as far as it still holds.
    pub(crate) fn begin(view: FileView, distribution: &str, version: &str) -> Self {
        let layers = view.live_entry().map(|entry| entry.patches.clone());
        Self {
            original: None,
            is_adopted: false,
            layers: layers.unwrap_or_default(),
            wanted: view.digest(),
            view,
            is_changed: false,
            distribution: distribution.to_owned(),
            version: version.to_owned(),
            result: None,
        }
    }

    /// Takes over a file whose original is known to be another one than is on disk; `None`: there was none.
    ///
    /// What is recorded of other patches on the file stays: it was edited with them.
    pub(crate) fn adopt(&mut self, original: Option<Vec<u8>>) {
        let recorded = self.view.entry.as_ref();
        let recorded = recorded.filter(|entry| entry.version == self.version);
        if self.layers.is_empty()
            && let Some(entry) = recorded
        {
            self.layers.clone_from(&entry.patches);
        }
        self.original = original;
        self.is_adopted = true;
    }

    /// Puts a patch on the file, or its new form in the place of an old one; says whether that
    /// changes anything but its owners.
    pub(crate) fn put(&mut self, layer: &Layer) -> bool {
        let Some(own) = self.layers.iter_mut().find(|own| own.id == layer.id) else {
            self.layers.push(layer.clone());
            self.is_changed = true;
            return true;
        };
        let is_new_form = own.digest != layer.digest;
        let mut new_owners = layer.owners.clone();
        new_owners.retain(|owner| !own.owners.contains(owner));
        self.is_changed |= is_new_form || !new_owners.is_empty();
        own.owners.append(&mut new_owners);
        own.variant.clone_from(&layer.variant);
        own.digest = layer.digest;
        is_new_form
    }

    /// Takes a patch off the file.
    pub(crate) fn take_off(&mut self, patch: &str) {
        let before = self.layers.len();
        self.layers.retain(|layer| layer.id != patch);
        self.is_changed |= self.layers.len() != before || self.view.has_layer(patch);
    }

    /// Takes back that owners have asked for a patch, and the patch where nobody else has.
    pub(crate) fn withdraw(&mut self, patch: &str, owners: &[String]) {
        for layer in self.layers.iter_mut().filter(|layer| layer.id == patch) {
            layer.owners.retain(|own| !owners.contains(own));
        }
        self.layers.retain(|layer| !layer.owners.is_empty());
        self.is_changed = true;
    }

    /// Works out what the file is to hold: the layers applied to the original.
    pub(crate) fn compose(
        &mut self,
        records: &Records<'_>,
        known: &[(&Digest, &Patch)],
    ) -> Result<(), Error> {
        if !self.is_adopted {
            self.original = self.view.pristine(records)?;
        }
        if self.layers.is_empty() {
            self.wanted = self.original.as_deref().map(Digest::of);
            return Ok(());
        }
        let original = Original {
            path: &self.view.path,
            bytes: self.original.as_deref(),
            distribution: &self.distribution,
            version: &self.version,
        };
        let result = compose_layers(records, original, &self.layers, known)?;
        self.wanted = Some(Digest::of(&result.bytes));
        self.result = Some(result);
        Ok(())
    }

    /// What the file is to hold; `None`: it is to be absent.
    pub(crate) fn wanted_bytes(&self) -> Option<&[u8]> {
        match &self.result {
            Some(result) => Some(&result.bytes),
            None => self.original.as_deref(),
        }
    }

    pub(crate) fn wanted_digest(&self) -> Option<Digest> {
        self.wanted
    }

    /// The first lines of what a patch changes, in the file afterwards.
    pub(crate) fn lines(&self, patch: &str) -> Option<Vec<usize>> {
        let layer = self.layers.iter().position(|layer| layer.id == patch)?;
        let changes = self.result.as_ref()?.changes.iter();
        let own = changes.filter(|change| change.patch == layer);
        Some(own.map(|change| change.line).collect())
    }

    /// The draft in the words of the store.
    pub(crate) fn change(&self, records: &Records<'_>) -> Result<FileChange, Error> {
        let (found, wanted_digest) = (self.view.on_disk(), self.wanted_digest());
        let wanted = match self.wanted_bytes() {
            _ if wanted_digest == found => Wanted::Keep,
            Some(bytes) => Wanted::Write(bytes.to_vec()),
            None => Wanted::Remove,
        };
        let metadata = self.metadata();
        let pristine = self.pristine();
        let entry = (!self.layers.is_empty()).then(|| FileEntry {
            distribution: self.distribution.clone(),
            version: self.version.clone(),
            pristine,
            expected: wanted_digest,
            metadata,
            patches: self.layers.clone(),
        });
        let recorded = self.view.live_entry();
        // The store keeps what it finds by itself.
        let is_backed_up = !self.view.is_repaired()
            && (pristine == found || recorded.is_some_and(|entry| entry.pristine == pristine));
        let needs_backup = entry.is_some() && !is_backed_up;
        let mut change = FileChange::new(self.view.path.clone(), found, wanted);
        change.backup = self.original.clone().filter(|_| needs_backup);
        change.restore_metadata = (entry.is_none() && self.original.is_some()).then_some(metadata);
        change.keep_user_copy = self.view.is_repaired();
        change.derived = compiled_files(records.root(), &self.view.path)?;
        change.entry = entry;
        Ok(change)
    }

    /// The digest of the original.
    fn pristine(&self) -> Option<Digest> {
        match self.view.live_entry() {
            _ if self.is_adopted => self.original.as_deref().map(Digest::of),
            Some(entry) => entry.pristine,
            None => self.view.digest(),
        }
    }

    /// Mode and owner of the original.
    fn metadata(&self) -> FileMetadata {
        match (self.view.live_entry(), &self.view.target) {
            (Some(entry), _) => entry.metadata,
            (None, Some(target)) => target.metadata,
            (None, None) => FileMetadata::default(),
        }
    }
}
