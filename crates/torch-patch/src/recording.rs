//! A patch that was recorded from files which somebody edited, as plain data.

use serde::{Deserialize, Serialize};
use torch_patch_store::Digest;

/// A patch file, and what it was recorded from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordingReport {
    /// The id of the patch.
    pub patch: String,
    /// The distribution it belongs to.
    pub distribution: String,
    /// The installed version that it was recorded from.
    pub version: String,
    /// The range of versions that the patch file declares.
    pub versions: String,
    /// Whether the environment has all the edits already; if not, `apply` makes them.
    pub in_place: bool,
    /// The files with edits.
    pub files: Vec<RecordedFileReport>,
    /// What was left out and why, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The patch file itself.
    pub toml: String,
    /// Where it was written; absent if it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
}

/// A file that was edited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordedFileReport {
    /// Relative to the site-packages directory, `/`-separated.
    pub path: String,
    /// The digest of the original; `null` if the file is new.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", required))]
    pub before: Option<Digest>,
    /// The digest of what the edits make of it, which is proven.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub after: Digest,
    /// How many edits there are.
    pub edits: usize,
    /// The first line of each change, in the edited file, from 1.
    pub lines: Vec<usize>,
    /// Where the original came from, in words; absent if the file is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// The patches that are recorded on the file and are not part of this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<String>,
}
