//! What a patch looks like on one release for one platform, as plain data.

use serde::{Deserialize, Serialize};

use crate::report::FileReport;

/// A patch held against one release for one platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CellReport {
    /// The id of the patch.
    pub patch: String,
    /// The distribution it belongs to.
    pub distribution: String,
    /// The version of the distribution.
    pub release: String,
    /// The platform as a patch file writes it: `win`, `linux` or `macos`; of an installed or
    /// unpacked package, the one that it is taken for.
    pub platform: String,
    /// Whether the patch fits.
    pub state: CellState,
    /// The range of the variant that is for the release; `null` if there is none.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub variant: Option<String>,
    /// The files of the patch. Where it does not fit, `after` is as `before`.
    pub files: Vec<FileReport>,
    /// What comes nearest to an anchor that was not found; `null` where the patch fits.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub near: Option<NearReport>,
    /// Why, in words, where the state alone does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was looked at: the file name of a wheel, or a directory.
    pub from: String,
    /// What else there is to know, such as a wheel without `RECORD`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Whether a patch fits a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CellState {
    /// It fits, which was proven: it was applied, applied again without a change, and undone.
    Ok,
    /// It is not for the platform, or the release has the fix.
    NotNeeded,
    /// No variant is for the release.
    NotCovered,
    /// An anchor, its scope or its file is not there.
    AnchorMissing,
    /// An anchor is there more often than expected, or what it matches cannot be told apart.
    Ambiguous,
    /// Upstream's own text is what the patch would make of it.
    Already,
    /// The patched file would not parse.
    Syntax,
}

impl CellState {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Ok,
        Self::NotNeeded,
        Self::NotCovered,
        Self::AnchorMissing,
        Self::Ambiguous,
        Self::Already,
        Self::Syntax,
    ];

    /// As it is written in JSON and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotNeeded => "not-needed",
            Self::NotCovered => "not-covered",
            Self::AnchorMissing => "anchor-missing",
            Self::Ambiguous => "ambiguous",
            Self::Already => "already",
            Self::Syntax => "syntax",
        }
    }

    /// Whether a patch that says it is for this release is wrong about it.
    #[must_use]
    pub fn is_broken(self) -> bool {
        matches!(self, Self::AnchorMissing | Self::Ambiguous | Self::Syntax)
    }
}

impl std::fmt::Display for CellState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why an edit does not fit, and what comes nearest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NearReport {
    /// The file, relative to the site-packages directory.
    pub path: String,
    /// The anchor as the patch file has it; empty if it is about the whole file.
    pub anchor: String,
    /// The scope in which the anchor is looked for; `null`: the whole file.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub within: Option<String>,
    /// What is wrong, in words.
    pub message: String,
    /// The nearest lines, or those that match too often; best first.
    pub lines: Vec<NearLine>,
    /// The first release from which on the patch does not fit, of those before this one in a row;
    /// `null` if none was looked at in which it fits.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub changed_in: Option<String>,
    /// The last release before it, in which the patch fits.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub last_ok: Option<String>,
}

/// A line of a file that comes near an anchor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NearLine {
    /// Its number, from 1.
    pub line: usize,
    /// Its text; empty where only the number is known.
    pub text: String,
    /// What the anchor has and the line has not, and the other way round.
    pub differs: String,
    /// How much it has in common with the anchor, from 0 to 1.
    pub ratio: f32,
    /// Whether it lies in the scope.
    pub in_scope: bool,
}
