//! Where a patch is known from: the catalogue, or the record of an application.

use torch_patch_set::Patch;
use torch_patch_store::{Layer, Store};

use crate::context::Context;
use crate::error::Error;
use crate::layers::recorded_patch;
use crate::records::{Records, look};

/// A patch that was found by its id.
pub(crate) enum Known<'c> {
    /// In the catalogue.
    Listed(&'c Patch),
    /// Only in what is recorded, such as the file of a user that was not given this time.
    Recorded(Box<Patch>),
}

impl Known<'_> {
    pub(crate) fn patch(&self) -> &Patch {
        match self {
            Self::Listed(patch) => patch,
            Self::Recorded(patch) => patch,
        }
    }
}

/// Finds a patch by its id, in the catalogue first.
///
/// # Errors
///
/// It is in neither, or its file is damaged.
pub(crate) fn find<'c>(context: &'c Context, id: &str) -> Result<Known<'c>, Error> {
    if let Some(patch) = context.catalogue().find(id) {
        return Ok(Known::Listed(patch?));
    }
    for store in context.stores() {
        if let Some(patch) = look(&store, |records, _| recorded(records, id))? {
            return Ok(Known::Recorded(Box::new(patch)));
        }
    }
    Err(Error::unknown_patch(context.catalogue(), id))
}

/// A patch that the records of an environment name.
pub(crate) struct RecordedPatch {
    pub(crate) id: String,
    pub(crate) distribution: String,
    /// The first store that it is in.
    pub(crate) store: Store,
    /// Who has asked for it, in any of them.
    pub(crate) owners: Vec<String>,
}

/// All patches recorded in an environment, each once, by their ids.
pub(crate) fn recorded_patches(context: &Context) -> Result<Vec<RecordedPatch>, Error> {
    let mut found: Vec<RecordedPatch> = Vec::new();
    for store in context.stores() {
        for (distribution, layer) in look(&store, |records, _| Ok(named_in(records)))? {
            match found.iter_mut().find(|other| other.id == layer.id) {
                Some(other) => other.owners.extend(layer.owners),
                None => found.push(RecordedPatch {
                    id: layer.id,
                    distribution,
                    store: store.clone(),
                    owners: layer.owners,
                }),
            }
        }
    }
    found.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(found)
}

/// Each patch of the records, once for each file, with the distribution of the file.
fn named_in(records: &Records<'_>) -> Vec<(String, Layer)> {
    let entries = records.ledger().files.values();
    let named = entries.flat_map(|entry| {
        let layers = entry.patches.iter();
        layers.map(|layer| (entry.distribution.clone(), layer.clone()))
    });
    named.collect()
}

fn recorded(records: &Records<'_>, id: &str) -> Result<Option<Patch>, Error> {
    let patches = records.patches();
    let layer = patches.into_iter().find(|(own, _)| *own == id);
    layer
        .map(|(_, layer)| recorded_patch(records, layer))
        .transpose()
}
