//! What a check finds besides its cells: ranges that hold, and variants that would fit.

use serde::{Deserialize, Serialize};

/// The ranges of versions that the edits of a patch fit, of `check --infer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RangeReport {
    /// The id of the patch.
    pub patch: String,
    /// One for each variant with edits.
    pub variants: Vec<VariantRange>,
    /// The releases that a range has and the edits do not fit: the ranges are too wide.
    pub wider: Vec<String>,
    /// The releases that no range has and the edits of some variant fit: the ranges are too narrow.
    pub narrower: Vec<String>,
}

/// A variant's range as its file declares it, and as the releases show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VariantRange {
    /// The range in the patch file.
    pub declared: String,
    /// The fewest ranges (PEP 440) that have all releases its edits fit on every platform, and no
    /// other release; without an upper end where they fit the newest.
    pub holds: Vec<String>,
}

/// A variant that would fit releases which a patch does not fit, of `check --suggest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SuggestionReport {
    /// The id of the patch.
    pub patch: String,
    /// The releases for which the variant was proven, each as a release and a platform.
    pub proven_on: Vec<ReleaseName>,
    /// The range of the variant that it was made from.
    pub from_variant: String,
    /// What was changed in that variant's edits, in words; empty: only the range.
    pub changes: Vec<String>,
    /// The `[[variant]]` table for the patch file.
    pub toml: String,
}

/// A release for a platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReleaseName {
    /// The version.
    pub release: String,
    /// The platform: `win`, `linux` or `macos`.
    pub platform: String,
}
