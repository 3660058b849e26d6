//! The patches that lie on one file: from the records in the ledger to the bytes they make.
//!
//! Architecture invariant: a recorded patch is read from the store, byte for byte the file that was
//! applied, so that nothing depends on the catalogue of the running program.

use torch_patch_edit::{Application, ApplyError, FilePatch, compose};
use torch_patch_set::{Action, FileEdits, Origin, Patch};
use torch_patch_store::{Digest, FileEntry, Layer, RelativePath};

use crate::error::{Error, ErrorKind, Subject};
use crate::records::Records;

/// The original of a file, and whose it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Original<'o> {
    pub(crate) path: &'o RelativePath,
    pub(crate) bytes: Option<&'o [u8]>,
    pub(crate) distribution: &'o str,
    pub(crate) version: &'o str,
}

/// Applies layers to an original; patches that are not among `known` are read from the store.
pub(crate) fn compose_layers(
    records: &Records<'_>,
    original: Original<'_>,
    layers: &[Layer],
    known: &[(&Digest, &Patch)],
) -> Result<Application, Error> {
    let recorded = recorded_patches(records, layers, known)?;
    let mut patches: Vec<&FilePatch> = Vec::with_capacity(layers.len());
    for layer in layers {
        let known = known.iter().find(|(digest, _)| **digest == layer.digest);
        let recorded = || recorded.iter().find(|(digest, _)| *digest == layer.digest);
        let patch = known
            .map(|(_, patch)| *patch)
            .or_else(|| recorded().map(|(_, patch)| patch));
        let edits = patch.and_then(|patch| edits_of(patch, &layer.variant, original.path));
        patches.push(
            &edits
                .ok_or_else(|| unknown_layer(layer, original.path))?
                .compiled,
        );
    }
    compose(original.bytes, &patches).map_err(|error| refused(original, layers, error))
}

/// What the ledger says a file should hold, worked out from its original; `None`: no file.
pub(crate) fn recorded_bytes(
    records: &Records<'_>,
    path: &RelativePath,
    entry: &FileEntry,
    layers: &[Layer],
) -> Result<Option<Vec<u8>>, Error> {
    let original = entry.pristine.as_ref();
    let original = original.map(|digest| records.backup(digest)).transpose()?;
    if layers.is_empty() {
        return Ok(original);
    }
    let original = Original {
        path,
        bytes: original.as_deref(),
        distribution: &entry.distribution,
        version: &entry.version,
    };
    Ok(Some(compose_layers(records, original, layers, &[])?.bytes))
}

/// The patch file of a layer, as it was when it was applied.
pub(crate) fn recorded_patch(records: &Records<'_>, layer: &Layer) -> Result<Patch, Error> {
    let source = records.blob(&layer.digest)?;
    Ok(Patch::parse(&source, Origin::Recorded(layer.id.clone()))?)
}

fn recorded_patches(
    records: &Records<'_>,
    layers: &[Layer],
    known: &[(&Digest, &Patch)],
) -> Result<Vec<(Digest, Patch)>, Error> {
    layers
        .iter()
        .filter(|layer| !known.iter().any(|(digest, _)| **digest == layer.digest))
        .map(|layer| Ok((layer.digest, recorded_patch(records, layer)?)))
        .collect()
}

fn edits_of<'p>(patch: &'p Patch, variant: &str, file: &RelativePath) -> Option<&'p FileEdits> {
    let mut variants = patch.variants.iter();
    let variant = variants.find(|own| own.versions.to_string() == variant)?;
    match &variant.action {
        Action::Edits(files) => files.iter().find(|own| own.file == file.as_str()),
        Action::FixedUpstream(_) | Action::Unaffected(_) => None,
    }
}

fn unknown_layer(layer: &Layer, path: &RelativePath) -> Error {
    ErrorKind::LayerUnknown {
        patch: layer.id.clone(),
        variant: layer.variant.clone(),
        file: path.as_str().to_owned(),
    }
    .into()
}

fn refused(original: Original<'_>, layers: &[Layer], error: ApplyError) -> Error {
    let file = original.path.as_str().to_owned();
    let subject = |layer: usize| {
        let patch = layers.get(layer).map(|layer| layer.id.clone());
        let patch = patch.unwrap_or_default();
        Subject {
            word: patch.clone(),
            patch,
            distribution: original.distribution.to_owned(),
            version: original.version.to_owned(),
        }
    };
    let last = layers.len().saturating_sub(1);
    match error {
        ApplyError::Conflict { patch, conflict } => ErrorKind::Conflict {
            subject: subject(patch),
            file,
            conflict,
        },
        ApplyError::Overlap {
            first,
            second,
            line,
        } => ErrorKind::Overlap {
            subject: subject(first.0.max(second.0)),
            file,
            other: subject(first.0.min(second.0)).patch,
            line,
        },
        ApplyError::Syntax(broken) => ErrorKind::Syntax {
            subject: subject(last),
            file,
            broken,
        },
        ApplyError::ByHand { patch, .. } => ErrorKind::HandMade {
            subject: subject(patch),
            files: vec![file],
        },
        _ => ErrorKind::HandMade {
            subject: subject(last),
            files: vec![file],
        },
    }
    .into()
}
