//! Where an environment was found.

use std::fmt;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

/// Says which option, variable or place led to an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The option `--site-packages`.
    SitePackagesOption,
    /// The option `--env`.
    EnvOption,
    /// A directory of the option `--envs-under`, which it was found below.
    EnvsUnderOption,
    /// The option `--python`.
    PythonOption,
    /// The variable `VIRTUAL_ENV`.
    VirtualEnv,
    /// The variable `CONDA_PREFIX`.
    CondaPrefix,
    /// A `.venv` in the working directory or a parent of it.
    DotVenv(
        /// The `.venv` itself.
        PathBuf,
    ),
    /// The variable `UV_PROJECT_ENVIRONMENT`, which takes the place of `.venv` in a project of uv.
    UvProject,
    /// A `.pixi/envs/default` in the working directory or a parent of it.
    Pixi(
        /// The environment itself.
        PathBuf,
    ),
    /// The environment that poetry keeps elsewhere for the project of the working directory or of a parent.
    Poetry(
        /// The environment itself.
        PathBuf,
    ),
    /// `python3` or `python` on `PATH`.
    Path,
    /// The Python launcher for Windows, `py`, on `PATH`.
    Launcher,
    /// The registry of Windows (PEP 514).
    Registry,
}

impl Source {
    /// Returns the name it is shown by, such as `VIRTUAL_ENV`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::SitePackagesOption => "--site-packages",
            Self::EnvOption => "--env",
            Self::EnvsUnderOption => "--envs-under",
            Self::PythonOption => "--python",
            Self::VirtualEnv => "VIRTUAL_ENV",
            Self::CondaPrefix => "CONDA_PREFIX",
            Self::DotVenv(_) => ".venv",
            Self::UvProject => "UV_PROJECT_ENVIRONMENT",
            Self::Pixi(_) => ".pixi",
            Self::Poetry(_) => "poetry",
            Self::Path => "PATH",
            Self::Launcher => "py",
            Self::Registry => "registry",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
