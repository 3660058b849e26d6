//! What a caller asks for, as plain data.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Asks for patches to be brought into an environment.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct ApplyRequest {
    /// The ids of the patches, in the order in which they are applied.
    pub patches: Vec<String>,
    /// Whether to stop before anything is written.
    pub mode: Mode,
    /// Whether a hand-made edit is taken over, its original proven by the distribution's `RECORD`.
    pub adopt: bool,
    /// Whether patches with the risk `unsafe` are applied.
    pub accept_risk: bool,
    /// Whether a patch that is not needed is an error.
    pub strict: bool,
    /// Whether the lines of edits that were in place before are worked out too.
    pub lines: bool,
    /// Who asks, as it is recorded. A patch that several have asked for stays until the last of them has taken that
    /// back, or somebody takes it out without naming an owner.
    pub owner: Option<String>,
    /// Whether these are all the patches that the owner wants: what else it has asked for before is taken back.
    pub exact: bool,
    /// How long to wait for another process that changes the same environment.
    #[serde(with = "seconds")]
    pub lock_timeout: Duration,
}

impl ApplyRequest {
    /// Asks for `patches` with the defaults of the command line.
    pub fn new<I, S>(patches: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        Self {
            patches: patches.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}

impl Default for ApplyRequest {
    fn default() -> Self {
        Self {
            patches: Vec::new(),
            mode: Mode::Write,
            adopt: false,
            accept_risk: false,
            strict: false,
            lines: false,
            owner: None,
            exact: false,
            lock_timeout: LOCK_TIMEOUT,
        }
    }
}

/// Whether a request writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// It does.
    #[default]
    Write,
    /// It tells what it would do.
    DryRun,
}

/// Asks for patches to be taken out of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RevertRequest {
    /// Which.
    pub patches: Selection,
    /// Whether to stop before anything is written.
    pub mode: Mode,
    /// What to do with a file that someone else changed.
    pub drifted: OnDrift,
    /// Takes back only what this owner asked for; what others have asked for as well stays.
    pub owner: Option<String>,
    /// Whether the reports of the files have diffs.
    pub diffs: bool,
    /// How long to wait for another process that changes the same environment.
    #[serde(with = "seconds")]
    pub lock_timeout: Duration,
}

impl RevertRequest {
    /// Asks for everything recorded to be taken out.
    #[must_use]
    pub fn all() -> Self {
        Self {
            patches: Selection::All,
            ..Self::default()
        }
    }

    /// Asks for these patches to be taken out.
    pub fn new<I, S>(patches: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        let ids = patches.into_iter().map(Into::into).collect();
        Self {
            patches: Selection::Ids(ids),
            ..Self::default()
        }
    }
}

impl Default for RevertRequest {
    fn default() -> Self {
        Self {
            patches: Selection::default(),
            mode: Mode::Write,
            drifted: OnDrift::Refuse,
            owner: None,
            diffs: false,
            lock_timeout: LOCK_TIMEOUT,
        }
    }
}

/// Which patches a request is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// These.
    Ids(Vec<String>),
    /// All that are recorded; `status` tells of all that are known besides.
    All,
    /// The only one that is recorded; several are an error.
    Only,
}

impl Default for Selection {
    fn default() -> Self {
        Self::Ids(Vec::new())
    }
}

/// What `revert` does with a file that someone else changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnDrift {
    /// Nothing is touched.
    #[default]
    Refuse,
    /// The original is restored and a copy of the changed file kept.
    Force,
    /// Only the patch is taken out, and the other changes stay.
    Merge,
}

/// Asks what an environment has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct StatusRequest {
    /// Which patches.
    pub patches: Selection,
    /// Whether the lines of edits that are in place are worked out too.
    pub lines: bool,
}

impl Default for StatusRequest {
    fn default() -> Self {
        Self {
            patches: Selection::All,
            lines: false,
        }
    }
}

impl StatusRequest {
    /// Asks for these patches.
    pub fn new<I, S>(patches: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        Self {
            patches: Selection::Ids(patches.into_iter().map(Into::into).collect()),
            ..Self::default()
        }
    }
}

/// How long to wait for the lock.
pub(crate) const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// Durations as a number of seconds.
pub(crate) mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(duration.as_secs_f64())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom)
    }
}
