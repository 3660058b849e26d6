//! An environment: where its packages are, and how that became known.

use std::path::PathBuf;

use serde::Serialize;

use crate::distribution::{self, Distribution, Installation};
use crate::error::EnvError;
use crate::lossy;
use crate::source::Source;
use crate::traces::module_in;

/// A Python prefix with the directories that its packages are in.
///
/// A snapshot: it says what was there when it was discovered. Looking up a distribution reads the disk anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Environment {
    /// The directories that packages are in, in the order of `sys.path`; never empty, each of them once.
    pub site_packages: Vec<SitePackages>,
    /// What led to it.
    pub source: Source,
    /// Which layout on disk it has.
    pub layout: Layout,
    /// The prefix (`sys.prefix`), where it is known.
    #[serde(serialize_with = "lossy::optional")]
    pub prefix: Option<PathBuf>,
    /// The interpreter that led to it, as it was given or found.
    #[serde(serialize_with = "lossy::optional")]
    pub interpreter: Option<PathBuf>,
    /// The version of Python without its patch level, such as `3.11`, where it is known.
    pub python: Option<String>,
    /// The file that keeps pip out of it (PEP 668), if it is an installed Python that has one.
    #[serde(serialize_with = "lossy::optional")]
    pub externally_managed: Option<PathBuf>,
    /// Where Python looks before all directories if it is started there with `-c` or `-m`. Not one of them, since it
    /// depends on how it is started; `None` where it does not count.
    #[serde(serialize_with = "lossy::optional")]
    pub working_directory: Option<PathBuf>,
}

/// A directory that packages are in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SitePackages {
    /// The directory, absolute, links in it not resolved.
    #[serde(serialize_with = "lossy::path")]
    pub path: PathBuf,
    /// Why it is on `sys.path`.
    pub kind: Kind,
}

/// Says why a directory is on `sys.path`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// The option `--site-packages` names it.
    Given,
    /// `PYTHONPATH` names it.
    PythonPath,
    /// The environment's own, for packages in pure Python, and for all where there is no [`Platlib`](Self::Platlib).
    Purelib,
    /// The environment's own for packages with compiled parts, where that is another directory (`lib64`).
    Platlib,
    /// Debian's `dist-packages`.
    DistPackages,
    /// The user site.
    User,
    /// Of the Python below a virtual environment that has `include-system-site-packages`.
    Base,
    /// A line of a `.pth` file adds it.
    PathFile,
}

impl Kind {
    /// Returns the word that JSON has for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::PythonPath => "python-path",
            Self::Purelib => "purelib",
            Self::Platlib => "platlib",
            Self::DistPackages => "dist-packages",
            Self::User => "user",
            Self::Base => "base",
            Self::PathFile => "path-file",
        }
    }
}

/// Says which layout on disk an environment has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Layout {
    /// One directory, as given.
    Directory,
    /// A virtual environment: venv, virtualenv or uv (PEP 405).
    Venv,
    /// A conda environment.
    Conda,
    /// The Python of Debian and its relatives.
    Debian,
    /// An installed Python.
    Prefix,
    /// Another one; the interpreter said where its packages are.
    Asked,
}

impl Environment {
    /// Finds the distribution `name`; the first one in the order of `sys.path` counts.
    ///
    /// Reads the names in each directory up to there, and the metadata of the distribution alone.
    ///
    /// # Errors
    ///
    /// If there is none, if it is editable or zipped, or if its metadata does not say what is installed.
    pub fn distribution(&self, name: &str) -> Result<Distribution, EnvError> {
        distribution::find(self, name)
    }

    /// Finds every installation of the distribution `name`, in the order of `sys.path`: Python imports the first one, the
    /// others are shadowed. One that cannot be used, such as an editable install, is among them as an error.
    #[must_use]
    pub fn installations(&self, name: &str) -> Vec<Installation> {
        distribution::installations(self, name)
    }

    /// Returns the module `name` of the working directory, which Python would import in the place of an installed one
    /// where it is started there with `-c` or `-m`. `None` if there is none, or if that directory is on `sys.path`
    /// anyway.
    #[must_use]
    pub fn module_in_working_directory(&self, name: &str) -> Option<PathBuf> {
        let directory = self.working_directory.as_deref()?;
        let is_own = |site: &SitePackages| site.path == directory;
        if self.site_packages.iter().any(is_own) {
            return None;
        }
        module_in(directory, name)
    }

    /// Finds those of the distributions `names` that are installed, in this order. What is there and cannot be used,
    /// such as an editable install, is among them as an error.
    #[must_use]
    pub fn distributions(&self, names: &[&str]) -> Vec<Result<Distribution, EnvError>> {
        names
            .iter()
            .map(|name| self.distribution(name))
            .filter(|found| {
                !found
                    .as_ref()
                    .is_err_and(EnvError::is_distribution_not_found)
            })
            .collect()
    }
}
