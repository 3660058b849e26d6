//! An environment: where its packages are, and how that became known.

use std::path::PathBuf;

use serde::Serialize;

use crate::distribution::{self, Distribution};
use crate::error::EnvError;
use crate::lossy;
use crate::source::Source;

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
