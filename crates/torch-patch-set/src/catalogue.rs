//! The patches that are known: those embedded in the program, and those a user adds.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::error::FormatError;
use crate::error_kind::FormatErrorKind;
use crate::nearest::nearest;
use crate::origin::Origin;
use crate::patch::Patch;

/// The patches of `patches/`, by id. A test holds the list against the folder.
const BUILT_IN: [(&str, &str); 24] = [
    (
        "cuda-check-pass",
        include_str!("../../../patches/cuda-check-pass/patch.toml"),
    ),
    (
        "cuda-mismatch",
        include_str!("../../../patches/cuda-mismatch/patch.toml"),
    ),
    (
        "functional-tensor",
        include_str!("../../../patches/functional-tensor/patch.toml"),
    ),
    (
        "functional-tensor-pytorchvideo",
        include_str!("../../../patches/functional-tensor-pytorchvideo/patch.toml"),
    ),
    (
        "gloo-always",
        include_str!("../../../patches/gloo-always/patch.toml"),
    ),
    (
        "gloo-windows",
        include_str!("../../../patches/gloo-windows/patch.toml"),
    ),
    (
        "inductor-msvc-decode",
        include_str!("../../../patches/inductor-msvc-decode/patch.toml"),
    ),
    (
        "inductor-write-atomic",
        include_str!("../../../patches/inductor-write-atomic/patch.toml"),
    ),
    (
        "libuv-windows",
        include_str!("../../../patches/libuv-windows/patch.toml"),
    ),
    (
        "meshgrid-indexing",
        include_str!("../../../patches/meshgrid-indexing/patch.toml"),
    ),
    (
        "mmcv-get-stream",
        include_str!("../../../patches/mmcv-get-stream/patch.toml"),
    ),
    (
        "mmcv-lite-get-stream",
        include_str!("../../../patches/mmcv-lite-get-stream/patch.toml"),
    ),
    (
        "ninja-version",
        include_str!("../../../patches/ninja-version/patch.toml"),
    ),
    (
        "pkg-resources-packaging",
        include_str!("../../../patches/pkg-resources-packaging/patch.toml"),
    ),
    (
        "sampler-generator",
        include_str!("../../../patches/sampler-generator/patch.toml"),
    ),
    (
        "tensorboard-distutils",
        include_str!("../../../patches/tensorboard-distutils/patch.toml"),
    ),
    (
        "timm-container-abcs",
        include_str!("../../../patches/timm-container-abcs/patch.toml"),
    ),
    (
        "torchaudio-29",
        include_str!("../../../patches/torchaudio-29/patch.toml"),
    ),
    (
        "torchaudio-29-pyannote",
        include_str!("../../../patches/torchaudio-29-pyannote/patch.toml"),
    ),
    (
        "upsample-old-checkpoint",
        include_str!("../../../patches/upsample-old-checkpoint/patch.toml"),
    ),
    (
        "weights-only-lightning",
        include_str!("../../../patches/weights-only-lightning/patch.toml"),
    ),
    (
        "weights-only-mmengine",
        include_str!("../../../patches/weights-only-mmengine/patch.toml"),
    ),
    (
        "weights-only-pytorch-lightning",
        include_str!("../../../patches/weights-only-pytorch-lightning/patch.toml"),
    ),
    (
        "weights-only-tts",
        include_str!("../../../patches/weights-only-tts/patch.toml"),
    ),
];

/// The patches that are known, by id.
///
/// A patch that is added takes the place of a built-in one with its id, so that a user can carry a newer form of it;
/// two that are added may not have the same id.
#[derive(Debug)]
pub struct Catalogue {
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug)]
enum Entry {
    /// Read when it is first asked for.
    BuiltIn {
        text: &'static str,
        patch: Box<OnceLock<Result<Patch, FormatError>>>,
    },
    Added(Box<Patch>),
}

impl Catalogue {
    /// Returns the built-in patches. Each is read when it is first asked for.
    #[must_use]
    pub fn built_in() -> Self {
        let entry = |text| Entry::BuiltIn {
            text,
            patch: Box::default(),
        };
        Self {
            entries: BUILT_IN
                .into_iter()
                .map(|(id, text)| (id.to_owned(), entry(text)))
                .collect(),
        }
    }

    /// Returns a catalogue without a patch.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            entries: BTreeMap::new(),
        }
    }

    /// Adds a patch, in the place of a built-in one with its id.
    ///
    /// # Errors
    ///
    /// A patch with its id was added before.
    pub fn add(&mut self, patch: Patch) -> Result<(), FormatError> {
        if let Some(Entry::Added(other)) = self.entries.get(&patch.id) {
            let kind = FormatErrorKind::SameId {
                id: patch.id.clone(),
                other: other.origin().clone(),
            };
            return Err(FormatError::new(
                kind,
                patch.origin().name(Some(&patch.id)),
                None,
                Some("id".to_owned()),
            ));
        }
        self.entries
            .insert(patch.id.clone(), Entry::Added(Box::new(patch)));
        Ok(())
    }

    /// Returns the patch with an id, `None` if there is none.
    ///
    /// # Errors
    ///
    /// (Inside the option.) The file of a built-in patch is not valid, which a test excludes.
    pub fn find(&self, id: &str) -> Option<Result<&Patch, FormatError>> {
        self.entries.get(id).map(Entry::patch)
    }

    /// Returns the known id that a mistyped one is likely meant to be.
    #[must_use]
    pub fn nearest(&self, id: &str) -> Option<&str> {
        nearest(id, self.ids())
    }

    /// Yields the ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Returns all patches, sorted by id.
    ///
    /// # Errors
    ///
    /// The first built-in patch whose file is not valid, which a test excludes.
    pub fn patches(&self) -> Result<Vec<&Patch>, FormatError> {
        self.entries.values().map(Entry::patch).collect()
    }
}

impl Entry {
    fn patch(&self) -> Result<&Patch, FormatError> {
        match self {
            Self::Added(patch) => Ok(patch),
            Self::BuiltIn { text, patch } => patch
                .get_or_init(|| Patch::parse(text.as_bytes(), Origin::BuiltIn))
                .as_ref()
                .map_err(Clone::clone),
        }
    }
}
