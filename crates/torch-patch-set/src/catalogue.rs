//! The patches that are known: those embedded in the program, and those a user adds.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::OnceLock;

use flate2::read::DeflateDecoder;

use crate::error::FormatError;
use crate::error_kind::FormatErrorKind;
use crate::nearest::nearest;
use crate::origin::Origin;
use crate::patch::Patch;

/// The patches of `patches/`: id, distribution, and the file as `build.rs` has packed it. A test holds the list against
/// the folder.
const BUILT_IN: &[(&str, &str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/built_in.rs"));

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
        distribution: &'static str,
        packed: &'static [u8],
        patch: Box<OnceLock<Result<Patch, FormatError>>>,
    },
    Added(Box<Patch>),
}

impl Catalogue {
    /// Returns the built-in patches. Each is read when it is first asked for.
    #[must_use]
    pub fn built_in() -> Self {
        let entry = |distribution, packed| Entry::BuiltIn {
            distribution,
            packed,
            patch: Box::default(),
        };
        Self {
            entries: BUILT_IN
                .iter()
                .map(|(id, distribution, packed)| ((*id).to_owned(), entry(*distribution, *packed)))
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

    /// Returns the distributions that there are patches for, each with the ids of these. No patch file is read for it.
    #[must_use]
    pub fn distributions(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut distributions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, entry) in &self.entries {
            let ids = distributions.entry(entry.distribution()).or_default();
            ids.push(id);
        }
        distributions
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

/// The bytes that were packed; what cannot be unpacked is no patch file, as the error of reading it says.
fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = DeflateDecoder::new(packed).read_to_end(&mut bytes);
    read.map_or_else(|_| Vec::new(), |_| bytes)
}

impl Entry {
    fn distribution(&self) -> &str {
        match self {
            Self::Added(patch) => &patch.distribution,
            Self::BuiltIn { distribution, .. } => distribution,
        }
    }

    fn patch(&self) -> Result<&Patch, FormatError> {
        match self {
            Self::Added(patch) => Ok(patch),
            Self::BuiltIn { packed, patch, .. } => patch
                .get_or_init(|| Patch::parse(&unpacked(packed), Origin::BuiltIn))
                .as_ref()
                .map_err(Clone::clone),
        }
    }
}
