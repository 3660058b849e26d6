//! What became of a file that was to be put back, as plain data.

use serde::{Deserialize, Serialize};
use torch_patch_store::Digest;

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RestoredReport {
    /// Relative to the site-packages directory, `/`-separated.
    pub path: String,
    /// The site-packages directory.
    pub site_packages: String,
    /// The distribution that the file belongs to.
    pub distribution: String,
    /// Its installed version.
    pub version: String,
    /// What was done.
    pub outcome: RestoreOutcome,
    /// The digest of the file as it was found; `null` if it was absent.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", required))]
    pub before: Option<Digest>,
    /// The digest of the file afterwards, read back from disk; `null` if it is absent.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", required))]
    pub after: Option<Digest>,
    /// The digest of the original by `RECORD`, else by what is recorded of the patches; `null` if a patch made the file.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", required))]
    pub original: Option<Digest>,
    /// Where the original came from, in words; absent if it was not needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The patches that the file has afterwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<String>,
    /// Where a copy of the replaced version was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
    /// What else there is to know, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What was done about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RestoreOutcome {
    /// It has its original bytes again, or those with its patches.
    Restored,
    /// `--dry-run`: it would be restored.
    WouldRestore,
    /// It had its original bytes; nothing was written.
    AsInstalled,
    /// It was the original with its patches, as recorded; nothing was written.
    AsRecorded,
}

impl RestoreOutcome {
    /// As it is written in JSON and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Restored => "restored",
            Self::WouldRestore => "would-restore",
            Self::AsInstalled => "as-installed",
            Self::AsRecorded => "as-recorded",
        }
    }
}
