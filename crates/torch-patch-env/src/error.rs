//! The crate's error: what was not found or cannot be used, with the evidence.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::ask::InterpreterFailure;
use crate::hints;
use crate::lossy;
use crate::source::Source;

/// Says why an environment or a distribution could not be found or used. As JSON it is the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct EnvError {
    kind: Box<EnvErrorKind>,
}

/// Says what is wrong, with the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum EnvErrorKind {
    /// Nothing names an environment, and no Python was found otherwise.
    NoEnvironment {
        /// The directory that `.venv` was looked for in, and in its parents.
        #[serde(serialize_with = "lossy::path")]
        cwd: PathBuf,
        /// Where else a Python was looked for, in this order.
        searched: Vec<Source>,
        /// Interpreters that were found there and could not be used.
        unusable: Vec<InterpreterFailure>,
    },
    /// There is no environment below the directories of `--envs-under`.
    NoneUnder {
        /// The directories.
        #[serde(serialize_with = "lossy::list")]
        directories: Vec<PathBuf>,
    },
    /// What an option or a variable names does not exist.
    Missing {
        /// The option or variable.
        source: Source,
        /// What it names.
        #[serde(serialize_with = "lossy::path")]
        path: PathBuf,
        /// What it should be, such as "a directory".
        expected: &'static str,
    },
    /// What an option or a variable names exists and is no environment.
    NotAnEnvironment {
        /// The option or variable.
        source: Source,
        /// What it names.
        #[serde(serialize_with = "lossy::path")]
        path: PathBuf,
        /// What an environment would have there.
        expected: String,
    },
    /// `--python` is a name that is not on `PATH`.
    NotOnPath {
        /// The name.
        name: String,
    },
    /// A prefix has several versions of Python and nothing says which is meant.
    AmbiguousPython {
        /// The option or variable.
        source: Source,
        /// The prefix.
        #[serde(serialize_with = "lossy::path")]
        prefix: PathBuf,
        /// The versions.
        versions: Vec<String>,
    },
    /// An interpreter that had to be asked gave no answer.
    Interpreter {
        /// The option or variable.
        source: Source,
        /// The interpreter, and what it did.
        #[serde(flatten)]
        failure: InterpreterFailure,
    },
    /// The distribution is in none of the environment's directories.
    DistributionNotFound {
        /// Its name.
        name: String,
        /// What led to the environment.
        source: Source,
        /// The directories that were looked in.
        #[serde(serialize_with = "lossy::list")]
        site_packages: Vec<PathBuf>,
        /// Distributions there with a similar name.
        near: Vec<String>,
        /// What an interrupted or incomplete removal has left of it.
        #[serde(serialize_with = "lossy::list")]
        remains: Vec<PathBuf>,
    },
    /// The distribution is an editable install: its files are a working copy.
    EditableInstall {
        /// Its name.
        name: String,
        /// What says so.
        #[serde(serialize_with = "lossy::path")]
        evidence: PathBuf,
        /// Where its files are, as far as the evidence tells.
        location: Option<String>,
    },
    /// The distribution is a zip file.
    ZippedInstall {
        /// Its name.
        name: String,
        /// The zip file.
        #[serde(serialize_with = "lossy::path")]
        path: PathBuf,
    },
    /// Python would import a module that no metadata and no version belong to.
    NotInstalled {
        /// The name of the distribution.
        name: String,
        /// The module: a directory or a file.
        #[serde(serialize_with = "lossy::path")]
        path: PathBuf,
    },
    /// One directory has several metadata directories of the distribution, and nothing tells which is right.
    AmbiguousDistribution {
        /// Its name.
        name: String,
        /// The metadata directories.
        #[serde(serialize_with = "lossy::list")]
        candidates: Vec<PathBuf>,
    },
    /// The metadata does not say which version is installed, nor does the package itself.
    VersionUnknown {
        /// The name of the distribution.
        name: String,
        /// The metadata.
        #[serde(serialize_with = "lossy::path")]
        path: PathBuf,
    },
    /// A row of `RECORD` is damaged.
    RecordMalformed {
        /// The `RECORD`.
        #[serde(serialize_with = "lossy::path")]
        path: PathBuf,
        /// The row.
        line: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The operating system does not let a file or directory be read.
    Unreadable {
        /// The file or directory.
        #[serde(serialize_with = "lossy::path")]
        path: PathBuf,
        /// What it is needed for, as in "list the installed packages".
        purpose: &'static str,
        /// What the operating system says.
        reason: String,
        /// Whether it is a matter of permissions.
        permission_denied: bool,
    },
}

impl EnvError {
    /// Returns what is wrong.
    #[must_use]
    pub fn kind(&self) -> &EnvErrorKind {
        &self.kind
    }

    /// Returns a word for it that does not change, such as `distribution-not-found`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match *self.kind {
            EnvErrorKind::NoEnvironment { .. }
            | EnvErrorKind::NoneUnder { .. }
            | EnvErrorKind::Missing { .. }
            | EnvErrorKind::NotOnPath { .. } => "environment-not-found",
            EnvErrorKind::NotAnEnvironment { .. } => "not-an-environment",
            EnvErrorKind::AmbiguousPython { .. } => "ambiguous-python",
            EnvErrorKind::Interpreter { .. } => "interpreter-failed",
            EnvErrorKind::DistributionNotFound { .. } => "distribution-not-found",
            EnvErrorKind::EditableInstall { .. } => "editable-install",
            EnvErrorKind::ZippedInstall { .. } => "zipped-install",
            EnvErrorKind::NotInstalled { .. } => "not-installed",
            EnvErrorKind::AmbiguousDistribution { .. } => "ambiguous-distribution",
            EnvErrorKind::VersionUnknown { .. } => "version-unknown",
            EnvErrorKind::RecordMalformed { .. } => "record-malformed",
            EnvErrorKind::Unreadable { .. } => "metadata-unreadable",
        }
    }

    /// Returns what the user can do about it, one sentence each.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        hints::hints(&self.kind)
    }

    /// Tells an absent distribution from one that is there and cannot be used.
    #[must_use]
    pub fn is_distribution_not_found(&self) -> bool {
        matches!(*self.kind, EnvErrorKind::DistributionNotFound { .. })
    }

    /// Tells whether the current user may not read what is needed.
    #[must_use]
    pub fn is_permission_denied(&self) -> bool {
        matches!(
            *self.kind,
            EnvErrorKind::Unreadable {
                permission_denied: true,
                ..
            }
        )
    }

    pub(crate) fn unreadable(path: &Path, purpose: &'static str, error: &std::io::Error) -> Self {
        EnvErrorKind::Unreadable {
            path: path.to_owned(),
            purpose,
            reason: error.to_string(),
            permission_denied: error.kind() == std::io::ErrorKind::PermissionDenied,
        }
        .into()
    }
}

impl From<EnvErrorKind> for EnvError {
    fn from(kind: EnvErrorKind) -> Self {
        Self {
            kind: Box::new(kind),
        }
    }
}

impl Error for EnvError {}

impl fmt::Display for EnvError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(formatter)
    }
}
