//! A patch: what a patch file says, checked.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::FormatError;
use crate::occurs::Occurs;
use crate::origin::Origin;
use crate::platform::Platform;
use crate::risk::Risk;
use crate::source::Source;
use crate::toml_text::TomlText;
use crate::validate::validate;
use crate::variant::Variant;
use crate::version_range::VersionRange;

/// A named unit of edits, for each range of versions of one distribution.
#[derive(Debug)]
pub struct Patch {
    /// The name: lower-case words joined by `-`.
    pub id: String,
    /// What it does, on one line.
    pub title: String,
    /// The name of the installed package whose files are changed.
    pub distribution: String,
    /// What breaks, what the edits do and what they do not do; may be empty.
    pub description: String,
    /// The error texts by which it is found, on one line each; `...` stands for any text.
    pub symptoms: Vec<String>,
    /// Addresses to read more at.
    pub links: Vec<String>,
    /// How much it may harm; `none` if the file does not say.
    pub risk: Risk,
    /// Where the problem occurs, among the installations that it is for; `always` if the file does not say.
    pub occurs: Occurs,
    /// Whether its edits are bad ones that people make by hand: applying it takes them out of a file that has them, and
    /// puts nothing in. Each edit says exactly what the file was without it.
    pub repairs: bool,
    /// The platforms it is for; empty: all. See [`Patch::applies_on`].
    pub platforms: Vec<Platform>,
    /// The ids of patches that have to be applied with it.
    pub requires: Vec<String>,
    /// The ids of patches that exclude it.
    pub conflicts: Vec<String>,
    /// Other distributions, and their versions with which the patch is needed.
    pub when: BTreeMap<String, VersionRange>,
    /// The edits for each range of versions, in the order of the file. The ranges do not overlap.
    pub variants: Vec<Variant>,
    pub(crate) source: String,
    pub(crate) origin: Origin,
}

impl Patch {
    /// Reads the bytes of a patch file.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, with its line and column.
    pub fn parse(source: &[u8], origin: Origin) -> Result<Self, FormatError> {
        let (original, text) = Source::new(source, &origin)?;
        let mut id = None;
        let read = TomlText::new(text.text()).and_then(|toml| {
            id = toml.id();
            toml.read()
        });
        match read.and_then(|raw| validate(&raw, &text)) {
            Ok(content) => Ok(content.into_patch(original.to_owned(), origin)),
            Err(fault) => Err(text.error(fault, &origin, id.as_deref())),
        }
    }

    /// Returns the file as it was given, byte for byte.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns where the file came from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Tells whether the patch is for a platform.
    #[must_use]
    pub fn applies_on(&self, platform: Platform) -> bool {
        self.platforms.is_empty() || self.platforms.contains(&platform)
    }

    /// Returns the variant for a version of the distribution. See [`VersionRange`] for what a range takes in.
    ///
    /// # Errors
    ///
    /// No range has the version, or it is no PEP 440 version.
    pub fn variant_for(&self, version: &str) -> Result<&Variant, NotCovered> {
        self.variants
            .iter()
            .find(|variant| variant.versions.contains(version))
            .ok_or_else(|| NotCovered {
                version: version.to_owned(),
                covered: self
                    .variants
                    .iter()
                    .map(|variant| variant.versions.to_string())
                    .collect(),
            })
    }
}

/// No variant of a patch is for a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCovered {
    /// The version.
    pub version: String,
    /// The ranges of the variants, as written.
    pub covered: Vec<String>,
}

impl fmt::Display for NotCovered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "expected a version in `{}`, found `{}`",
            self.covered.join("` or `"),
            self.version
        )
    }
}

impl std::error::Error for NotCovered {}
