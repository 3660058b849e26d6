//! A patch as it is shown: what its file says, without the edits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use torch_patch_set::{Action, Patch, Variant};

/// What a patch file says about its patch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Description {
    /// The id.
    pub id: String,
    /// What it does, in one line.
    pub title: String,
    /// The distribution it changes.
    pub distribution: String,
    /// What breaks without it, what it does and what it does not do.
    pub description: String,
    /// The error texts by which it is found; `...` stands for any text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub symptoms: Vec<String>,
    /// Where to read more.
    pub links: Vec<String>,
    /// `none`, `low`, `medium` or `unsafe`.
    pub risk: String,
    /// Where the problem occurs: `always`, `without-nccl`, `toolkit-mismatch` or `sometimes`.
    pub occurs: String,
    /// Whether it takes bad edits out that people make by hand, and puts nothing in; absent if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repairs: bool,
    /// `win`, `linux` or `macos`; empty: everywhere.
    pub platforms: Vec<String>,
    /// The ids of the patches it needs.
    pub requires: Vec<String>,
    /// The ids of the patches it excludes.
    pub conflicts: Vec<String>,
    /// The versions of other distributions it is for, by their names.
    pub when: BTreeMap<String, String>,
    /// What it does for which versions.
    pub variants: Vec<VariantDescription>,
    /// Where it comes from: `built-in`, `file` or `recorded`.
    pub origin: String,
    /// The patch file's own text, of `show`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What a patch does for a range of versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VariantDescription {
    /// The range, as the patch file has it (PEP 440).
    pub versions: String,
    /// The files it changes.
    pub files: Vec<String>,
    /// Where it was fixed upstream, if there is nothing to change.
    pub fixed_upstream: Option<String>,
    /// Why these versions never had the problem, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unaffected: Option<String>,
}

impl Description {
    /// Describes a patch, without the text of its file.
    #[must_use]
    pub fn of(patch: &Patch) -> Self {
        let when = patch.when.iter();
        Self {
            id: patch.id.clone(),
            title: patch.title.clone(),
            distribution: patch.distribution.clone(),
            description: patch.description.clone(),
            symptoms: patch.symptoms.clone(),
            links: patch.links.clone(),
            risk: patch.risk.to_string(),
            occurs: patch.occurs.to_string(),
            repairs: patch.repairs,
            platforms: patch.platforms.iter().map(ToString::to_string).collect(),
            requires: patch.requires.clone(),
            conflicts: patch.conflicts.clone(),
            when: when
                .map(|(name, range)| (name.clone(), range.to_string()))
                .collect(),
            variants: patch.variants.iter().map(VariantDescription::of).collect(),
            origin: origin(patch).to_owned(),
            source: None,
        }
    }
}

impl VariantDescription {
    fn of(variant: &Variant) -> Self {
        let mut described = Self {
            versions: variant.versions.to_string(),
            files: Vec::new(),
            fixed_upstream: None,
            unaffected: None,
        };
        match &variant.action {
            Action::Edits(files) => {
                described.files = files.iter().map(|file| file.file.clone()).collect();
            }
            Action::FixedUpstream(place) => described.fixed_upstream = Some(place.clone()),
            Action::Unaffected(reason) => described.unaffected = Some(reason.clone()),
        }
        described
    }
}

fn origin(patch: &Patch) -> &'static str {
    match patch.origin() {
        torch_patch_set::Origin::BuiltIn => "built-in",
        torch_patch_set::Origin::File(_) => "file",
        torch_patch_set::Origin::Recorded(_) => "recorded",
    }
}
