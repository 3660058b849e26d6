//! Why the original bytes of a file are not to be had.

use std::fmt;

use serde_json::{Value, json};
use torch_patch_store::Digest;

/// No proven original of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoOriginal {
    /// The file, relative to the site-packages directory.
    pub file: String,
    /// The distribution.
    pub distribution: String,
    /// Its installed version.
    pub version: String,
    /// Why not.
    pub reason: NoOriginalReason,
}

/// Why there is no proven original.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoOriginalReason {
    /// The distribution has no `RECORD`, as those of Debian: nothing could prove it.
    NoRecord,
    /// Its `RECORD` does not list the file.
    NotListed,
    /// The row of the file in `RECORD` has no sha256.
    NoDigest,
    /// No place has it.
    NotFound {
        /// The digest by `RECORD`.
        expected: Digest,
        /// What was found where it was looked for, in words.
        tried: Vec<String>,
    },
}

impl fmt::Display for NoOriginal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            NoOriginalReason::NotFound { .. } => {
                write!(f, "the original of `{}` was not found", self.file)
            }
            _ => write!(f, "nothing tells what the original of `{}` is", self.file),
        }
    }
}

impl NoOriginal {
    /// A word for it that does not change.
    pub(crate) fn code(&self) -> &'static str {
        match self.reason {
            NoOriginalReason::NotFound { .. } => "original-not-found",
            _ => "no-digest",
        }
    }

    /// What led to it.
    pub(crate) fn causes(&self) -> Vec<String> {
        let of = format!("{} {}", self.distribution, self.version);
        match &self.reason {
            NoOriginalReason::NoRecord => vec![format!("{of} has no `RECORD`")],
            NoOriginalReason::NotListed => vec![format!("the `RECORD` of {of} does not list it")],
            NoOriginalReason::NoDigest => {
                vec![format!("the `RECORD` of {of} has no sha256 of it")]
            }
            NoOriginalReason::NotFound { expected, tried } => {
                let wanted = format!("by the `RECORD` of {of} it has the digest {expected}");
                [wanted].into_iter().chain(tried.iter().cloned()).collect()
            }
        }
    }

    /// What to do next.
    pub(crate) fn hints(&self) -> Vec<String> {
        match &self.reason {
            NoOriginalReason::NoRecord => vec![
                "of a package of the system, `dpkg --verify` or `rpm --verify` tells what was changed; `apt-get install \
                 --reinstall` or `dnf reinstall` brings it back"
                    .to_owned(),
            ],
            NoOriginalReason::NotListed => vec![format!(
                "it is none of the files that {} brought",
                self.distribution
            )],
            NoOriginalReason::NoDigest => vec![format!(
                "installers write such files themselves; reinstall {} to have it anew",
                self.distribution
            )],
            NoOriginalReason::NotFound { .. } => self.not_found_hints(),
        }
    }

    /// Where else an original may be.
    fn not_found_hints(&self) -> Vec<String> {
        let mut hints = vec![format!(
            "name the wheel that {} {} was installed from with `--wheel FILE`, or an index that has it with \
             `--index-url URL`",
            self.distribution, self.version
        )];
        if let Some((_, local)) = self.version.split_once('+') {
            hints.push(format!(
                "torch's own builds with `+{local}` are in `https://download.pytorch.org/whl/{local}`"
            ));
        }
        hints
    }

    /// The evidence.
    pub(crate) fn details(&self) -> Value {
        let mut details = json!({
            "file": self.file,
            "distribution": self.distribution,
            "version": self.version,
        });
        match &self.reason {
            NoOriginalReason::NoRecord => details["reason"] = json!("no-record"),
            NoOriginalReason::NotListed => details["reason"] = json!("not-listed"),
            NoOriginalReason::NoDigest => details["reason"] = json!("no-digest"),
            NoOriginalReason::NotFound { expected, tried } => {
                details["expected"] = json!(expected);
                details["tried"] = json!(tried);
            }
        }
        details
    }
}
