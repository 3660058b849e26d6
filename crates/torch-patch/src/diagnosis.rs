//! What `doctor` found in an environment, as plain data.

use serde::{Deserialize, Serialize};

/// What was found in an environment, with what follows from it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Diagnosis {
    /// One for each thing there is to tell, in the order in which one sets such an environment up.
    pub findings: Vec<DoctorFinding>,
    /// What torch is; absent if it is not installed or cannot be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub torch: Option<TorchBuild>,
    /// The CUDA toolkit that torch would build extensions with; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub toolkit: Option<Toolkit>,
    /// What was run, of `--run`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<ProbeReport>,
}

/// One thing there is to tell of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DoctorFinding {
    /// What it is about.
    pub topic: Topic,
    /// Whether something should be done.
    pub level: Level,
    /// What was found.
    pub message: String,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
    /// The one command that helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The patch that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch: Option<String>,
}

impl DoctorFinding {
    pub(crate) fn new(topic: Topic, level: Level, message: impl Into<String>) -> Self {
        Self {
            topic,
            level,
            message: message.into(),
            meaning: None,
            command: None,
            patch: None,
        }
    }

    pub(crate) fn means(self, meaning: impl Into<String>) -> Self {
        Self {
            meaning: Some(meaning.into()),
            ..self
        }
    }

    pub(crate) fn helped_by(self, command: impl Into<String>) -> Self {
        Self {
            command: Some(command.into()),
            ..self
        }
    }

    pub(crate) fn about(self, patch: &str) -> Self {
        Self {
            patch: Some(patch.to_owned()),
            ..self
        }
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Topic {
    /// The Python of the environment.
    Python,
    /// Its pip.
    Pip,
    /// The torch that is installed.
    Torch,
    /// The CUDA toolkit, and how it fits torch.
    Cuda,
    /// Whether torch is built with NCCL.
    Nccl,
    /// A patch: in place, needed, harmful.
    Patch,
    /// Files that are not as they were installed.
    Files,
    /// uv's cache.
    Cache,
    /// `ColossalAI`.
    Colossalai,
    /// What was run.
    Run,
}

impl Topic {
    /// As it is written in JSON and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Pip => "pip",
            Self::Torch => "torch",
            Self::Cuda => "cuda",
            Self::Nccl => "nccl",
            Self::Patch => "patch",
            Self::Files => "files",
            Self::Cache => "cache",
            Self::Colossalai => "colossalai",
            Self::Run => "run",
        }
    }
}

/// Whether something should be done about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It is in order.
    Ok,
    /// Something to know; nothing has to be done.
    Note,
    /// Something should be done.
    Attention,
}

impl Level {
    /// As it is written in JSON and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Attention => "attention",
        }
    }
}

/// How an installed torch was built, from its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TorchBuild {
    /// What its own `version.py` says, with the build variant, such as `1.13.1+cu117`; its metadata's version where that
    /// says nothing.
    pub version: String,
    /// The CUDA it was built with, such as `11.7`; `null` for a build without.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub cuda: Option<String>,
    /// The HIP it was built with, of a build for `ROCm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hip: Option<String>,
    /// Whether it is built with NCCL (or RCCL); `null` if its library cannot be read, and the build could have it.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub nccl: Option<bool>,
    /// Whether it is built with gloo; `null` if its library cannot be read.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub gloo: Option<bool>,
}

/// A CUDA toolkit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Toolkit {
    /// Its directory.
    pub home: String,
    /// What names it: `CUDA_HOME`, `CUDA_PATH`, `PATH` or `default`.
    pub source: String,
    /// The release that its `nvcc` says, such as `11.7`; `null` if that could not be run or says none.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub nvcc: Option<String>,
}

/// Something that was run in the environment, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProbeReport {
    /// What: `one-process`, `two-processes`, `torchrun` or `colossalai`.
    pub name: String,
    /// The command line.
    pub command: Vec<String>,
    /// Whether it did what it should.
    pub ok: bool,
    /// The exit code; `null` if it was killed.
    #[cfg_attr(feature = "schema", schemars(required))]
    pub code: Option<i32>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What it said: the back end, or the last lines.
    pub said: String,
}
