//! What is wrong with a project file or its lock.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use torch_patch_set::Place;

use crate::error::listed;
use crate::project::LockDifference;

/// What is wrong with a project file or its lock.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProjectError {
    /// No directory from here on upwards has a project file.
    NotFound {
        /// Where the search began.
        start: PathBuf,
    },
    /// A directory has two project files.
    Two {
        /// The files.
        paths: Vec<PathBuf>,
    },
    /// A project file, or its lock, is none.
    Bad {
        /// The file.
        path: PathBuf,
        /// Where, if it is one place.
        place: Option<Place>,
        /// What is wrong.
        message: String,
    },
    /// A project file, or its lock, cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A project file, or its lock, cannot be written. What was applied stays applied.
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A patch cannot be put on the list of a project file without writing its table anew.
    Layout {
        /// The file.
        path: PathBuf,
        /// What the list is to be.
        wanted: Vec<String>,
    },
    /// A project asks for an unsafe patch and does not accept that.
    Unsafe {
        /// The patch.
        patch: String,
        /// What names it on the command line.
        word: String,
        /// The project file.
        path: PathBuf,
    },
    /// The lock of a project says something else than its file.
    LockOutdated {
        /// The lock.
        path: PathBuf,
        /// In what they differ.
        differences: Vec<LockDifference>,
    },
}

impl ProjectError {
    /// A word for it that does not change. `docs/json.md` lists them.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "project-not-found",
            Self::Two { .. } => "two-projects",
            Self::Bad { .. } => "bad-project-file",
            Self::Unreadable { .. } => "project-file-unreadable",
            Self::Unwritable { .. } => "project-file-unwritable",
            Self::Layout { .. } => "project-layout",
            Self::Unsafe { .. } => "unsafe",
            Self::LockOutdated { .. } => "lock-outdated",
        }
    }

    /// The exit code of the command line.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::NotFound { .. }
            | Self::Two { .. }
            | Self::Layout { .. }
            | Self::Unsafe { .. } => 2,
            Self::Unreadable { source, .. } | Self::Unwritable { source, .. }
                if is_denied(source) =>
            {
                8
            }
            Self::Bad { .. } | Self::Unreadable { .. } => 6,
            Self::Unwritable { .. } => 1,
            Self::LockOutdated { .. } => 10,
        }
    }

    /// What led to it, each in one line without full stop.
    pub(crate) fn causes(&self) -> Vec<String> {
        match self {
            Self::Bad { message, .. } => vec![message.clone()],
            Self::Unreadable { source, .. } | Self::Unwritable { source, .. } => {
                vec![source.to_string()]
            }
            Self::LockOutdated { differences, .. } => {
                differences.iter().map(ToString::to_string).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What to do next.
    pub(crate) fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::NotFound { .. } => {
                "`torch-patch add ID` makes one; `--project` names one elsewhere".to_owned()
            }
            Self::Two { .. } => "keep one of them, or name it with `--project`".to_owned(),
            Self::Bad { path, .. } if is_lock(path) => format!(
                "remove `{}`, and `torch-patch sync` writes it anew",
                path.display()
            ),
            Self::Bad { .. } => {
                "its keys are `patches` and `accept-risk`, each a list such as `[\"gloo-windows\"]`"
                    .to_owned()
            }
            Self::Unreadable { .. } => "check the path and its rights".to_owned(),
            Self::Unwritable { path, .. } if is_lock(path) => {
                "the environment is as it should be; `--locked` leaves the lock as it is".to_owned()
            }
            Self::Unwritable { .. } => "check the rights of file and directory".to_owned(),
            Self::Layout { wanted, .. } => {
                let wanted: Vec<String> = wanted.iter().map(|own| format!("\"{own}\"")).collect();
                format!(
                    "write `patches = [{}]` into its table by hand",
                    wanted.join(", ")
                )
            }
            Self::Unsafe { patch, word, path } => format!(
                "read `torch-patch show {word}`, then write `accept-risk = [\"{patch}\"]` into `{}`",
                path.display()
            ),
            Self::LockOutdated { .. } => {
                "run `torch-patch sync` without `--locked`, and look at what changes in the lock"
                    .to_owned()
            }
        };
        vec![hint]
    }

    /// The evidence, for a program.
    pub(crate) fn details(&self) -> Value {
        match self {
            Self::NotFound { start } => json!({ "path": start }),
            Self::Two { paths } => json!({ "paths": paths }),
            Self::Bad { path, place, .. } => json!({
                "path": path,
                "line": place.as_ref().map(|place| place.line),
                "column": place.as_ref().map(|place| place.column),
            }),
            Self::Unreadable { path, .. } | Self::Unwritable { path, .. } => {
                json!({ "path": path })
            }
            Self::Layout { path, wanted } => json!({ "path": path, "patches": wanted }),
            Self::Unsafe { patch, path, .. } => json!({ "patch": patch, "path": path }),
            Self::LockOutdated { path, .. } => {
                json!({ "path": path, "differences": self.causes() })
            }
        }
    }

    /// The offending line, with a mark under the place.
    pub(crate) fn excerpt(&self) -> Option<String> {
        match self {
            Self::Bad { place, .. } => place.as_ref().map(Place::excerpt),
            _ => None,
        }
    }
}

impl fmt::Display for ProjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { start } => {
                write!(f, "no project file is in `{}` or above", start.display())
            }
            Self::Two { paths } => {
                let paths = paths.iter().map(|path| path.display().to_string());
                let paths: Vec<String> = paths.collect();
                write!(f, "there are two project files: {}", listed(&paths))
            }
            Self::Bad { path, place, .. } => match place {
                Some(place) => write!(
                    f,
                    "`{}` is wrong at line {}, column {}",
                    path.display(),
                    place.line,
                    place.column
                ),
                None => write!(f, "`{}` is wrong", path.display()),
            },
            Self::Unreadable { path, .. } => write!(f, "`{}` cannot be read", path.display()),
            Self::Unwritable { path, .. } => write!(f, "`{}` cannot be written", path.display()),
            Self::Layout { path, .. } => write!(
                f,
                "the list of patches in `{}` cannot be changed",
                path.display()
            ),
            Self::Unsafe { patch, path, .. } => write!(
                f,
                "patch `{patch}` is marked unsafe, and `{}` does not accept that",
                path.display()
            ),
            Self::LockOutdated { path, .. } => write!(
                f,
                "`{}` does not have what the project file asks for",
                path.display()
            ),
        }
    }
}

impl std::error::Error for ProjectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { source, .. } | Self::Unwritable { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Whether a path is that of a lock.
fn is_lock(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "lock")
}

/// Rights, or a file system that nobody may write to.
fn is_denied(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
    )
}
