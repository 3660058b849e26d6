//! Why a file that a user has named is none that can be put back.

use std::fmt;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::error::listed;
use crate::evidence::lossy;

/// A file that belongs to no distribution, or to more than one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unlocated {
    /// No distribution of the environment has brought it.
    Unowned {
        /// The file as it was named.
        file: PathBuf,
        /// The directories that packages are in.
        site_packages: Vec<PathBuf>,
        /// Whether it is in one of them.
        is_inside: bool,
    },
    /// Several distributions have brought it, each with other bytes.
    Shared {
        /// The file, relative to the site-packages directory.
        file: String,
        /// The distributions.
        distributions: Vec<String>,
    },
}

impl fmt::Display for Unlocated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unowned { file, .. } => {
                write!(f, "`{}` is no file of an installed package", file.display())
            }
            Self::Shared { file, .. } => {
                write!(
                    f,
                    "several packages have brought `{file}`, each another one"
                )
            }
        }
    }
}

impl Unlocated {
    /// A word for it that does not change.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Unowned { .. } => "not-an-installed-file",
            Self::Shared { .. } => "owned-by-several",
        }
    }

    /// What led to it.
    pub(crate) fn causes(&self) -> Vec<String> {
        vec![match self {
            Self::Unowned {
                site_packages,
                is_inside: true,
                ..
            } => format!("no `RECORD` in {} lists it", listed(&lossy(site_packages))),
            Self::Unowned { site_packages, .. } => {
                format!("it is not in {}", listed(&lossy(site_packages)))
            }
            Self::Shared { distributions, .. } => {
                format!("it is in the `RECORD` of {}", listed(distributions))
            }
        }]
    }

    /// What to do next.
    pub(crate) fn hints(&self) -> Vec<String> {
        vec![match self {
            Self::Unowned { is_inside: true, .. } => {
                "what no `RECORD` lists cannot be proven; of a package of the system, `dpkg -S FILE` or `rpm -qf FILE` \
                 tells which one has it"
                    .to_owned()
            }
            Self::Unowned { .. } => {
                "name the environment with `--env` or `--python`; scripts beside site-packages are made by installers, \
                 and come back with a reinstallation"
                    .to_owned()
            }
            Self::Shared { distributions, .. } => format!(
                "they exclude each other: uninstall all but one of {}, and reinstall that",
                listed(distributions)
            ),
        }]
    }

    /// The evidence.
    pub(crate) fn details(&self) -> Value {
        match self {
            Self::Unowned {
                file,
                site_packages,
                ..
            } => json!({ "file": file.to_string_lossy(), "site_packages": lossy(site_packages) }),
            Self::Shared {
                file,
                distributions,
            } => json!({ "file": file, "distributions": distributions }),
        }
    }
}
