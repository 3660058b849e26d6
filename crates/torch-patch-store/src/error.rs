//! The store's error: what is wrong, with the evidence, and what was rolled back.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::digest::Digest;
use crate::imp;
use crate::lock::Holder;
use crate::path::RelativePath;

/// Says why the store did not do what it was asked for.
#[derive(Debug)]
pub struct StoreError {
    kind: Box<StoreErrorKind>,
    rollback: Option<Rollback>,
}

/// Says what is wrong, with the evidence.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// Another process holds the lock.
    Busy {
        /// The lock file.
        lock: PathBuf,
        /// Who holds it, as far as the lock file tells.
        holder: Option<Holder>,
        /// How long it was waited for.
        waited: Duration,
    },
    /// A file no longer has the content the change was planned from.
    Drift {
        /// The file.
        path: RelativePath,
        /// What the change was planned from; `None`: absent.
        expected: Option<Digest>,
        /// What is there; `None`: absent.
        found: Option<Digest>,
    },
    /// A path leads out of the root, or into the store's own directory.
    LeavesRoot {
        /// The path as given.
        path: RelativePath,
        /// Where it leads.
        resolved: PathBuf,
    },
    /// A path leads to something that is no regular file, or passes through something that is no directory.
    NotRegular {
        /// The path as given.
        path: RelativePath,
        /// What is there, such as "a named pipe".
        found: &'static str,
    },
    /// A file is larger than any that is read.
    TooLarge {
        /// The path as given.
        path: RelativePath,
        /// The most bytes that are read.
        limit: u64,
    },
    /// The current user may not do it. Nothing was changed.
    PermissionDenied {
        /// The file or directory.
        path: PathBuf,
        /// What was to be done, as in "replace the file".
        purpose: &'static str,
        /// The operating system's error; `None` where the store found out beforehand.
        source: Option<io::Error>,
    },
    /// Another program has a file open and does not let it be changed (Windows). Nothing was changed.
    InUse {
        /// The file.
        path: PathBuf,
        /// What was to be done, as in "replace".
        purpose: &'static str,
        /// The operating system's error, after two seconds.
        source: io::Error,
    },
    /// The ledger is not one.
    LedgerCorrupt {
        /// The ledger.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The ledger was written by a newer version.
    LedgerNewer {
        /// The ledger.
        path: PathBuf,
        /// The newest form this version reads.
        supported: u32,
        /// The form of the ledger.
        found: u32,
    },
    /// A backup or a kept patch file is not there.
    ContentMissing {
        /// Where it was expected.
        path: PathBuf,
        /// Its digest.
        digest: Digest,
    },
    /// A backup or a kept patch file is not what its name says. It is never used.
    ContentTampered {
        /// The file.
        path: PathBuf,
        /// The digest it is named by.
        expected: Digest,
        /// The digest of its bytes.
        found: Digest,
    },
    /// The change contradicts itself or the ledger.
    InvalidChange {
        /// The file it is about.
        path: RelativePath,
        /// What is wrong, as in "is named twice".
        reason: &'static str,
    },
    /// A file does not read back as it was written.
    NotVerified {
        /// The file.
        path: RelativePath,
        /// What was written; `None`: it was removed.
        expected: Option<Digest>,
        /// What is there; `None`: absent.
        found: Option<Digest>,
    },
    /// The operating system refused something else.
    Io {
        /// What was to be done, as in "read the ledger".
        purpose: &'static str,
        /// The operating system's error, with operation and path.
        source: io::Error,
    },
}

/// Says what became of files that had been replaced when a commit failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rollback {
    /// The files that have their content before the commit again.
    pub restored: Vec<RelativePath>,
    /// The files that somebody else changed meanwhile and that were left alone.
    pub drifted: Vec<RelativePath>,
    /// Why the rollback itself failed. The intent is still recorded then, and the next lock settles it.
    pub failure: Option<String>,
}

impl StoreError {
    /// Returns what is wrong.
    #[must_use]
    pub fn kind(&self) -> &StoreErrorKind {
        &self.kind
    }

    /// Returns what was rolled back; `None` if no file had been touched.
    #[must_use]
    pub fn rollback(&self) -> Option<&Rollback> {
        self.rollback.as_ref()
    }

    /// Returns what the user can do about it, where that is not plain from the message.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match *self.kind {
            StoreErrorKind::Busy { .. } => {
                Some("wait for the other command to end and run this one again")
            }
            StoreErrorKind::InUse { .. } => {
                Some("close the program that has the file open and run this one again")
            }
            StoreErrorKind::LedgerCorrupt { .. } => Some(
                "the originals are in `backups` beside it, named by their sha256; reinstall the distribution, \
                 then remove the directory `.torch-patch`",
            ),
            StoreErrorKind::LedgerNewer { .. } => {
                Some("use the version that wrote it, or a newer one")
            }
            StoreErrorKind::ContentMissing { .. } | StoreErrorKind::ContentTampered { .. } => {
                Some("reinstall the distribution to get the original file")
            }
            _ => None,
        }
    }

    pub(crate) fn io(purpose: &'static str, source: io::Error) -> Self {
        StoreErrorKind::Io { purpose, source }.into()
    }

    /// Tells a refused permission, and a file that somebody holds, from every other error of the operating system.
    pub(crate) fn denied_or_io(
        purpose: &'static str,
        path: impl Into<PathBuf>,
        source: io::Error,
    ) -> Self {
        if imp::is_in_use(&source) {
            let path = path.into();
            return StoreErrorKind::InUse {
                path,
                purpose,
                source,
            }
            .into();
        }
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StoreErrorKind::PermissionDenied {
                    path: path.into(),
                    purpose,
                    source: Some(source),
                }
                .into()
            }
            _ => Self::io(purpose, source),
        }
    }

    pub(crate) fn with_rollback(mut self, rollback: Rollback) -> Self {
        self.rollback = Some(rollback);
        self
    }
}

impl From<StoreErrorKind> for StoreError {
    fn from(kind: StoreErrorKind) -> Self {
        Self {
            kind: Box::new(kind),
            rollback: None,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(formatter)?;
        self.rollback
            .as_ref()
            .map_or(Ok(()), |rollback| rollback.fmt(formatter))
    }
}

impl fmt::Display for StoreErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy {
                lock,
                holder,
                waited,
            } => {
                write!(
                    formatter,
                    "lock `{}` is still held after {:.1} s",
                    lock.display(),
                    waited.as_secs_f64()
                )?;
                holder
                    .as_ref()
                    .map_or(Ok(()), |holder| write!(formatter, " by {holder}"))
            }
            Self::Drift {
                path,
                expected,
                found,
            } => {
                write!(formatter, "`{path}` changed meanwhile: ")?;
                expected_before_found(formatter, expected.as_ref(), found.as_ref())
            }
            Self::LeavesRoot { path, resolved } => {
                write!(
                    formatter,
                    "`{path}` leads to `{}`, outside of what may be changed",
                    resolved.display()
                )
            }
            Self::NotRegular { path, found } => {
                write!(
                    formatter,
                    "`{path}`: expected a regular file, found {found}"
                )
            }
            Self::TooLarge { path, limit } => {
                write!(formatter, "`{path}` has more than {limit} bytes")
            }
            Self::PermissionDenied { path, purpose, .. } => {
                write!(formatter, "no permission to {purpose} `{}`", path.display())
            }
            Self::InUse { path, purpose, .. } => write!(
                formatter,
                "another program has `{}` open and does not let `torch-patch` {purpose} it",
                path.display()
            ),
            Self::LedgerCorrupt { path, .. } => {
                write!(formatter, "ledger `{}` is damaged", path.display())
            }
            Self::LedgerNewer {
                path,
                supported,
                found,
            } => write!(
                formatter,
                "ledger `{}`: expected format {supported} or older, found {found}",
                path.display()
            ),
            Self::ContentMissing { path, .. } => {
                write!(formatter, "`{}` is missing", path.display())
            }
            Self::ContentTampered {
                path,
                expected,
                found,
            } => {
                write!(
                    formatter,
                    "`{}` is not what its name says: expected {expected}, found {found}",
                    path.display()
                )
            }
            Self::InvalidChange { path, reason } => write!(formatter, "`{path}` {reason}"),
            Self::NotVerified {
                path,
                expected,
                found,
            } => {
                write!(formatter, "`{path}` does not read back as written: ")?;
                expected_before_found(formatter, expected.as_ref(), found.as_ref())
            }
            Self::Io { purpose, .. } => write!(formatter, "failed to {purpose}"),
        }
    }
}

impl fmt::Display for Rollback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failure {
            Some(failure) => write!(
                formatter,
                "; the rollback failed too ({failure}), the next command resumes it"
            ),
            None if self.drifted.is_empty() => write!(formatter, "; nothing is changed"),
            None => {
                let drifted: Vec<String> = self
                    .drifted
                    .iter()
                    .map(|path| format!("`{path}`"))
                    .collect();
                write!(
                    formatter,
                    "; rolled back except {}, changed by somebody else",
                    drifted.join(", ")
                )
            }
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &*self.kind {
            StoreErrorKind::PermissionDenied {
                source: Some(source),
                ..
            }
            | StoreErrorKind::InUse { source, .. }
            | StoreErrorKind::Io { source, .. } => Some(source),
            StoreErrorKind::LedgerCorrupt { source, .. } => Some(source),
            _ => None,
        }
    }
}

fn expected_before_found(
    formatter: &mut fmt::Formatter<'_>,
    expected: Option<&Digest>,
    found: Option<&Digest>,
) -> fmt::Result {
    let name =
        |digest: Option<&Digest>| digest.map_or_else(|| "no file".to_owned(), Digest::to_string);
    write!(
        formatter,
        "expected {}, found {}",
        name(expected),
        name(found)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path() -> PathBuf {
        PathBuf::from("a.py")
    }

    fn system() -> io::Error {
        io::Error::other("what the system says")
    }

    fn no_json() -> serde_json::Error {
        serde_json::from_str::<u8>("").unwrap_err()
    }

    #[test]
    fn an_error_says_what_to_do_where_something_can_be_done() {
        let (path, digest) = (path(), Digest::of(b""));
        let content_missing = StoreErrorKind::ContentMissing {
            path: path.clone(),
            digest,
        };
        let content_tampered = StoreErrorKind::ContentTampered {
            path: path.clone(),
            expected: digest,
            found: Digest::of(b"evil"),
        };
        let newer = StoreErrorKind::LedgerNewer {
            path: path.clone(),
            supported: 1,
            found: 2,
        };
        let busy = StoreErrorKind::Busy {
            lock: path.clone(),
            holder: None,
            waited: Duration::ZERO,
        };
        let in_use = StoreErrorKind::InUse {
            path,
            purpose: "replace",
            source: system(),
        };
        for (kind, wanted) in [
            (busy, "wait for"),
            (in_use, "close the program"),
            (newer, "a newer one"),
            (content_missing, "reinstall"),
            (content_tampered, "reinstall"),
        ] {
            let error = StoreError::from(kind);
            assert!(error.hint().unwrap().contains(wanted), "{error}");
        }
        assert_eq!(StoreError::io("lock", system()).hint(), None);
    }

    #[test]
    fn the_error_behind_an_error_is_its_source() {
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let in_use = StoreErrorKind::InUse {
            path: path(),
            purpose: "replace",
            source: system(),
        };
        let corrupt = StoreErrorKind::LedgerCorrupt {
            path: path(),
            source: no_json(),
        };
        for (error, source) in [
            (
                StoreError::denied_or_io("read", path(), denied),
                "permission denied".to_owned(),
            ),
            (StoreError::io("read", system()), system().to_string()),
            (in_use.into(), system().to_string()),
            (corrupt.into(), no_json().to_string()),
        ] {
            assert_eq!(error.source().unwrap().to_string(), source, "{error}");
        }
    }
}
