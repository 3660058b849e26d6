//! What came of a request, as plain data: the JSON of the command line, and what an installer reads.
//!
//! `docs/json.md` describes every field. Paths of files are relative to the site-packages directory
//! and `/`-separated.

use serde::{Deserialize, Serialize};
use torch_patch_store::Digest;

use crate::cell::CellReport;
use crate::context::{Case, Need};
use crate::description::Description;
use crate::diagnosis::Diagnosis;
use crate::error::Error;
use crate::explain::Explanation;
use crate::findings::{RangeReport, SuggestionReport};
use crate::recording::RecordingReport;
use crate::request::{Selection, StatusRequest};
use crate::restored::RestoredReport;
use crate::transfer::{CacheReport, TrafficReport};
use crate::verified::VerifiedReport;

/// The version of the form of every report.
pub const SCHEMA: &str = "torch-patch/1";

/// What came of one request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// What was asked for. Of a usage error: the word that was given.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub command: Command,
    /// Whether the wanted state holds.
    pub ok: bool,
    /// Where it was looked; `null` if no environment was found.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub environment: Option<EnvironmentReport>,
    /// One for each patch, in the order in which they were asked for.
    pub results: Vec<PatchReport>,
    /// What the patch files say, of `list` and `show`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Description>,
    /// The installed distributions that there are patches for, of `env`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distributions: Vec<DistributionReport>,
    /// The patches that may help against an error, of `explain`; the likeliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explanations: Vec<Explanation>,
    /// Each patch on each release for each platform, of `check`; the oldest release first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<CellReport>,
    /// The ranges that the edits of each patch fit, of `check --infer`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<RangeReport>,
    /// Variants that would fit what a patch does not fit, of `check --suggest`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<SuggestionReport>,
    /// The patch that was recorded, of `record`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<RecordingReport>,
    /// The cache of what was fetched, of `cache`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheReport>,
    /// The project file, of `sync`, `add` and `remove`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectReport>,
    /// Each distribution that was held against its `RECORD`, of `verify`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verified: Vec<VerifiedReport>,
    /// The files that were put back, of `restore`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restored: Vec<RestoredReport>,
    /// What was found in the environment, of `doctor`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<Diagnosis>,
    /// What was moved over the network, of `check`, `try` and `restore`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic: Option<TrafficReport>,
    /// What came of each of several environments, each a whole of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<MemberReport>,
    /// What went wrong; then nothing was changed, except in those of several environments in which nothing went wrong.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub error: Option<ErrorReport>,
}

impl Report {
    pub(crate) fn new(
        command: Command,
        environment: EnvironmentReport,
        results: Vec<PatchReport>,
    ) -> Self {
        Self {
            environment: Some(environment),
            results,
            ..Self::bare(command)
        }
    }

    /// A request that was fulfilled and that nothing is told of yet.
    #[must_use]
    pub fn bare(command: Command) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            command,
            ok: true,
            environment: None,
            results: Vec::new(),
            patches: Vec::new(),
            distributions: Vec::new(),
            explanations: Vec::new(),
            cells: Vec::new(),
            ranges: Vec::new(),
            suggestions: Vec::new(),
            recording: None,
            cache: None,
            project: None,
            verified: Vec::new(),
            restored: Vec::new(),
            diagnosis: None,
            traffic: None,
            environments: Vec::new(),
            error: None,
        }
    }

    /// Whether what `status` found is the wanted state: every patch that was named, or without names
    /// every patch that is recorded, is in place or not needed, and no file has a bad edit that is known.
    #[must_use]
    pub fn holds(&self, request: &StatusRequest) -> bool {
        hold(&self.results, request)
    }
}

/// One of several environments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberReport {
    /// The path that was named, or found below a directory.
    pub path: String,
    /// Whether the wanted state holds there.
    pub ok: bool,
    /// Where it was looked; `null` if that is no environment.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub environment: Option<EnvironmentReport>,
    /// One for each patch.
    pub results: Vec<PatchReport>,
    /// The installed distributions that there are patches for, of `env`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distributions: Vec<DistributionReport>,
    /// What went wrong; then nothing was changed there.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub error: Option<ErrorReport>,
}

impl MemberReport {
    pub(crate) fn failed(
        path: String,
        environment: Option<EnvironmentReport>,
        error: &Error,
    ) -> Self {
        Self {
            path,
            ok: false,
            environment,
            results: Vec::new(),
            distributions: Vec::new(),
            error: Some(error.report()),
        }
    }

    /// Whether what `status` found there is the wanted state.
    #[must_use]
    pub fn holds(&self, request: &StatusRequest) -> bool {
        self.error.is_none() && hold(&self.results, request)
    }
}

fn hold(results: &[PatchReport], request: &StatusRequest) -> bool {
    let is_named = matches!(request.patches, Selection::Ids(_));
    let meant = |result: &&PatchReport| {
        is_named || !result.owners.is_empty() || result.outcome == Outcome::Damaged
    };
    let mut results = results.iter().filter(meant);
    results.all(|result| result.outcome.is_wanted_state())
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// To bring patches into an environment.
    Apply,
    /// To tell what an environment has.
    Status,
    /// To take patches out again.
    Revert,
    /// To show what `apply` would change.
    Diff,
    /// To tell which patches there are.
    List,
    /// To show one patch.
    Show,
    /// To tell which environment is meant, and what is in it.
    Env,
    /// To hold patches against releases that are not installed.
    Check,
    /// To apply a patch to a release in a scratch environment, and take it out again.
    Try,
    /// To bring an environment to what a project file says.
    Sync,
    /// To add patches to a project file.
    Add,
    /// To remove patches from a project file.
    Remove,
    /// To apply patches for as long as a program runs.
    Run,
    /// To make a patch of what was edited by hand.
    Record,
    /// To find the patch for an error.
    Explain,
    /// To tell about the cache of what was fetched, or to empty it.
    Cache,
    /// To hold the files of distributions against what they were installed with.
    Verify,
    /// To put single files back to what they should be.
    Restore,
    /// To walk through what training with torch needs.
    Doctor,
}

/// A project file and its lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProjectReport {
    /// The project file.
    pub file: String,
    /// The patches that it names: ids, and paths of patch files.
    pub patches: Vec<String>,
    /// What is written down beside it of what was applied, of `sync`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<LockReport>,
}

/// What is written down of what was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LockReport {
    /// The file.
    pub path: String,
    /// Whether it says what is in place.
    pub state: LockState,
    /// In what it differs, each in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<String>,
}

/// Whether a lock says what is in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LockState {
    /// It did before.
    Current,
    /// It does since now.
    Written,
    /// It says something else.
    Outdated,
    /// There is none.
    Missing,
}

/// An installed distribution that there are patches for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DistributionReport {
    /// Its name, as its metadata has it.
    pub name: String,
    /// Its version; `null` if it cannot be patched.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub version: Option<String>,
    /// The site-packages directory it is in; `null` if it cannot be patched.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub site_packages: Option<String>,
    /// The ids of the patches for it.
    pub patches: Vec<String>,
    /// Why it cannot be patched, such as an editable install.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The directory of `sys.path` that leads to it, whether it can be patched or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<DirectoryReport>,
    /// Further installations, which Python does not import.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shadowed: Vec<ShadowedReport>,
    /// A module of the working directory, which Python imports in its place where it is started there with `-c` or `-m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_directory: Option<String>,
}

/// An installation that Python does not import, since another one comes before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShadowedReport {
    /// Its version; `null` if it cannot be patched.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub version: Option<String>,
    /// The directory of `sys.path` that it is in.
    pub directory: DirectoryReport,
    /// What it is, if it cannot be patched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The environment that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EnvironmentReport {
    /// The site-packages directory that the patched distribution is in, or the environment's first.
    pub site_packages: String,
    /// Where the environment comes from, such as `VIRTUAL_ENV` or `--site-packages`.
    pub source: String,
    /// The Python version, such as `3.11`, if the layout tells it.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub python: Option<String>,
    /// Every directory that packages are in, in the order of `sys.path`, of `env`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
    /// The same directories, each with why it is there, of `env`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub directories: Vec<DirectoryReport>,
    /// The interpreter that led to the environment, of `env`; absent if none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<String>,
    /// The file that keeps pip out of the environment (PEP 668), of `env`; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub externally_managed: Option<String>,
}

/// A directory that packages are in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DirectoryReport {
    /// The directory.
    pub path: String,
    /// Why Python looks there, such as `purelib`, `user` or `python-path`.
    pub kind: String,
}

/// What one patch looks like, or what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PatchReport {
    /// The id of the patch.
    pub patch: String,
    /// The distribution it belongs to.
    pub distribution: String,
    /// The installed version; `null` if it is not installed.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub version: Option<String>,
    /// The range of the variant that fits the version; `null` if there is none.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub variant: Option<String>,
    /// What was done, or of `status` the same as `state`.
    pub outcome: Outcome,
    /// Of `status`: what the environment has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Outcome>,
    /// The files of the patch.
    pub files: Vec<FileReport>,
    /// Why, in words, where the outcome alone does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who asked for the patch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
    /// Of `status`: the repairs that know a bad edit in one of its files, which keeps it from being as it should.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repairs: Vec<String>,
}

impl PatchReport {
    /// What is known of a patch before anything is looked at.
    pub(crate) fn of(case: &Case<'_>) -> Self {
        let variant = match &case.need {
            Need::Variant(variant) => Some(variant.versions.to_string()),
            Need::None(_) | Need::NotCovered => None,
        };
        Self {
            variant,
            version: Some(case.distribution.version.clone()),
            ..Self::bare(&case.patch.id, &case.distribution.name)
        }
    }

    /// A patch whose distribution is not installed.
    pub(crate) fn bare(patch: &str, distribution: &str) -> Self {
        Self {
            patch: patch.to_owned(),
            distribution: distribution.to_owned(),
            version: None,
            variant: None,
            outcome: Outcome::NotApplied,
            state: None,
            files: Vec::new(),
            reason: None,
            owners: Vec::new(),
            repairs: Vec::new(),
        }
    }
}

/// What one file looks like, or what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileReport {
    /// Relative to the site-packages directory, `/`-separated.
    pub path: String,
    /// The digest of the file as it was found; `null` if it was absent.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", required))]
    pub before: Option<Digest>,
    /// The digest of the file afterwards, read back from disk; `null` if it is absent.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", required))]
    pub after: Option<Digest>,
    /// The first line of each change, in the patched file, from 1.
    pub lines: Vec<usize>,
    /// Of `status`: what this file looks like, where the patch has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Outcome>,
    /// The file's unified diff, where one was asked for or explains an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// Where a copy of the replaced version was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
    /// Of a repair: whether the digest afterwards is one that is known, of `RECORD` or of what is recorded; else only the
    /// bad lines were taken out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven: Option<bool>,
}

/// What became of a patch, or what it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// It is in place, and recorded.
    Applied,
    /// It was in place before.
    AlreadyApplied,
    /// Someone made the edit by hand; it was left as it is.
    AppliedByHand,
    /// A hand-made edit was taken over.
    Adopted,
    /// Nothing is to be done here: wrong platform, fixed upstream, or in upstream's own text.
    NotNeeded,
    /// It is not in place.
    NotApplied,
    /// The original bytes are back.
    Reverted,
    /// One who had asked for it does no more; it stays for the others.
    Released,
    /// A bad edit that was made by hand was taken out.
    Repaired,
    /// `--dry-run`: it would be applied.
    WouldApply,
    /// `--dry-run`: it would be reverted.
    WouldRevert,
    /// `--dry-run`: it would be released.
    WouldRelease,
    /// `--dry-run`: a bad edit would be taken out.
    WouldRepair,
    /// A file has a bad edit that this patch takes out.
    Damaged,
    /// It is in place as an older version of the patch file says.
    Outdated,
    /// A file of it is neither pristine nor what was recorded.
    Drifted,
    /// The distribution was upgraded or reinstalled since.
    Superseded,
    /// It is in place in some of its files only.
    Partial,
}

impl Outcome {
    /// As it is written in JSON and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::AlreadyApplied => "already-applied",
            Self::AppliedByHand => "applied-by-hand",
            Self::Adopted => "adopted",
            Self::NotNeeded => "not-needed",
            Self::NotApplied => "not-applied",
            Self::Reverted => "reverted",
            Self::Released => "released",
            Self::Repaired => "repaired",
            Self::WouldApply => "would-apply",
            Self::WouldRevert => "would-revert",
            Self::WouldRelease => "would-release",
            Self::WouldRepair => "would-repair",
            Self::Damaged => "damaged",
            Self::Outdated => "outdated",
            Self::Drifted => "drifted",
            Self::Superseded => "superseded",
            Self::Partial => "partial",
        }
    }

    /// Whether a patch that was asked for is where it should be.
    #[must_use]
    pub fn is_wanted_state(self) -> bool {
        matches!(
            self,
            Self::Applied
                | Self::AlreadyApplied
                | Self::AppliedByHand
                | Self::Adopted
                | Self::Repaired
                | Self::NotNeeded
        )
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// What went wrong, for a program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorReport {
    /// A word that does not change, such as `anchor-not-found`.
    pub code: String,
    /// The exit code of the command line.
    pub exit: u8,
    /// The message with its causes, on one line.
    pub message: String,
    /// What to do next.
    pub hints: Vec<String>,
    /// The evidence; its fields depend on the code.
    #[cfg_attr(
        feature = "schema",
        schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")
    )]
    pub details: serde_json::Value,
}
