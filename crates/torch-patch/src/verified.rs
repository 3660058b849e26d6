//! What a distribution's files look like beside its `RECORD`, as plain data.

use serde::{Deserialize, Serialize};
use torch_patch_store::Digest;

/// A distribution that was held against its `RECORD`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VerifiedReport {
    /// Its name, as its metadata has it.
    pub distribution: String,
    /// Its installed version.
    pub version: String,
    /// The site-packages directory it is in.
    pub site_packages: String,
    /// Whether it has a `RECORD`. If not, only the files that patches are recorded on were looked at.
    pub has_record: bool,
    /// How many files were read and compared by their sha256.
    pub checked: usize,
    /// What was not, and why.
    pub skipped: SkippedReport,
    /// The files that there is something to tell of, by path.
    pub findings: Vec<FindingReport>,
    /// The unpacked wheels of this version in uv's cache.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caches: Vec<CachedReport>,
    /// What to do about the findings, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
}

/// How many files were not compared by their digest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SkippedReport {
    /// Binary files: only that they are there, and their size where `RECORD` has it.
    pub binary: usize,
    /// Files without a digest in `RECORD`, as `RECORD` itself, byte code, and what installers note down of themselves.
    pub unhashed: usize,
    /// Files outside of the environment.
    pub outside: usize,
    /// Rows that make no sense, or are known to be wrong: in the wheel itself, or of scripts that conda has changed.
    pub wrong: usize,
}

/// An unpacked wheel in uv's cache, held against the `RECORD` in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CachedReport {
    /// The directory.
    pub path: String,
    /// Whether uv installs from it. If not, it is left over, and does no harm.
    pub in_use: bool,
    /// How many files were compared.
    pub checked: usize,
    /// The files that are not as in the wheel; what uv installs from here has them so.
    pub findings: Vec<FindingReport>,
}

/// A file that is not simply as it was installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FindingReport {
    /// As `RECORD` has it: relative to the site-packages directory, `/`-separated.
    pub path: String,
    /// What it is.
    pub state: FindingState,
    /// The digest that it should have; `null` if nothing says it.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", required))]
    pub expected: Option<Digest>,
    /// The digest that it has; `null` if it is absent or was not read.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", required))]
    pub found: Option<Digest>,
    /// The patches that are recorded on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<String>,
    /// How many names the file has, if more than one: what was edited in place has changed under all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<u64>,
    /// The repairs of the catalogue that know a bad edit in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repairs: Vec<String>,
    /// What else there is to know, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a file is beside `RECORD` and what is recorded of patches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FindingState {
    /// Neither what `RECORD` nor what the record of patches says.
    Modified,
    /// Not there.
    Missing,
    /// There, and cannot be read, or is no regular file of the environment.
    Unreadable,
    /// The original with its patches, as recorded.
    Patched,
    /// As `RECORD` says, although patches are recorded on it.
    Superseded,
    /// In a directory of the distribution, and brought by none.
    Extra,
}

impl FindingState {
    /// All there are, the most serious first.
    pub const ALL: [Self; 6] = [
        Self::Modified,
        Self::Missing,
        Self::Unreadable,
        Self::Patched,
        Self::Superseded,
        Self::Extra,
    ];

    /// As it is written in JSON and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Modified => "modified",
            Self::Missing => "missing",
            Self::Unreadable => "unreadable",
            Self::Patched => "patched",
            Self::Superseded => "superseded",
            Self::Extra => "extra",
        }
    }

    /// Whether somebody has damaged what was installed.
    #[must_use]
    pub fn is_damage(self) -> bool {
        matches!(self, Self::Modified | Self::Missing | Self::Unreadable)
    }
}

impl std::fmt::Display for FindingState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl VerifiedReport {
    /// The changed files that uv installs from its cache.
    pub fn poison(&self) -> impl Iterator<Item = &FindingReport> {
        let in_use = self.caches.iter().filter(|cache| cache.in_use);
        in_use.flat_map(|cache| &cache.findings)
    }
}
