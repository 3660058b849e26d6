//! Where a patch is known from: the catalogue, or the record of an application.

use torch_patch_set::Patch;
use torch_patch_store::Store;

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

/// The ids of all patches recorded in an environment, each once, with the store they are in.
pub(crate) fn recorded_ids(context: &Context) -> Result<Vec<(String, Store)>, Error> {
    let mut ids: Vec<(String, Store)> = Vec::new();
    for store in context.stores() {
        for id in look(&store, |records, _| Ok(ids_in(records)))? {
            if !ids.iter().any(|(other, _)| *other == id) {
                ids.push((id, store.clone()));
            }
        }
    }
    ids.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(ids)
}

fn ids_in(records: &Records<'_>) -> Vec<String> {
    let patches = records.patches().into_iter();
    patches.map(|(id, _)| id.to_owned()).collect()
}

fn recorded(records: &Records<'_>, id: &str) -> Result<Option<Patch>, Error> {
    let patches = records.patches();
    let layer = patches.into_iter().find(|(own, _)| *own == id);
    layer
        .map(|(_, layer)| recorded_patch(records, layer))
        .transpose()
}
