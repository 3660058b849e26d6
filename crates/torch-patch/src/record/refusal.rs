//! Why no patch was recorded.

use std::fmt;

use serde_json::{Value, json};
use torch_patch_edit::{DiffError, DiffErrorKind, MergeConflict, Underivable, UnderivableKind};

use crate::error::listed;

/// Why no patch was recorded. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordRefusal {
    /// Every file is as it was installed.
    NothingEdited {
        /// The distribution.
        distribution: String,
        /// Its installed version.
        version: String,
        /// The files that were asked for; none: all were looked at.
        files: Vec<String>,
        /// Edited files that cannot be recorded, and why, in words.
        notes: Vec<String>,
    },
    /// Nothing tells what was edited.
    NoRecord {
        /// The distribution.
        distribution: String,
        /// Its installed version.
        version: String,
    },
    /// A name leads to no file of the distribution.
    UnknownFile {
        /// The name.
        name: String,
        /// The distribution.
        distribution: String,
    },
    /// What was changed in a file cannot be said as edits.
    NotExpressible {
        /// The file.
        file: String,
        /// Where and why.
        reason: Underivable,
    },
    /// A diff is not one, or says more than that lines change.
    BadDiff {
        /// What names the diff.
        diff: String,
        /// Where and why.
        error: DiffError,
    },
    /// A diff was made from another file.
    DiffDoesNotFit {
        /// What names the diff.
        diff: String,
        /// The file.
        file: String,
        /// Where, and what is there.
        error: DiffError,
    },
    /// A diff makes a file that is there.
    FileExists {
        /// What names the diff.
        diff: String,
        /// The file.
        file: String,
    },
    /// The edit touches what a recorded patch has changed.
    TouchesPatch {
        /// The file.
        file: String,
        /// The patches that are recorded on it.
        patches: Vec<String>,
        /// Where; `None`: the edits could not be told from those of the patches.
        conflict: Option<MergeConflict>,
    },
}

impl fmt::Display for RecordRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingEdited {
                distribution,
                version,
                files,
                notes,
            } => match (files.as_slice(), notes.as_slice()) {
                ([], []) => write!(
                    f,
                    "there is nothing to record: every text file of {distribution} {version} is as it was installed"
                ),
                ([], _) => write!(
                    f,
                    "there is nothing in {distribution} {version} that can be recorded"
                ),
                (files, _) => write!(
                    f,
                    "there is nothing to record: {} is as it was installed with {distribution} {version}",
                    listed(files)
                ),
            },
            Self::NoRecord {
                distribution,
                version,
            } => write!(
                f,
                "{distribution} {version} has no `RECORD`, so nothing tells which files were edited"
            ),
            Self::UnknownFile { name, distribution } => {
                write!(f, "`{name}` is no file of {distribution}")
            }
            Self::NotExpressible { file, .. } => {
                write!(f, "the change of `{file}` cannot be recorded")
            }
            Self::BadDiff { diff, .. } => write!(f, "`{diff}` cannot be read as a diff"),
            Self::DiffDoesNotFit { diff, file, .. } => {
                write!(f, "`{diff}` does not fit `{file}`")
            }
            Self::FileExists { diff, file } => {
                write!(
                    f,
                    "`{diff}` makes the file `{file}`, which is there with another content"
                )
            }
            Self::TouchesPatch { file, .. } => {
                write!(
                    f,
                    "the edit of `{file}` cannot be told from what a patch has changed there"
                )
            }
        }
    }
}

impl RecordRefusal {
    /// A word for it that does not change.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NothingEdited { .. } => "nothing-to-record",
            Self::NoRecord { .. } => "no-digest",
            Self::UnknownFile { .. } => "no-such-file",
            Self::NotExpressible { .. } => "not-expressible",
            Self::BadDiff { .. } => "bad-diff",
            Self::DiffDoesNotFit { .. } | Self::FileExists { .. } => "diff-does-not-fit",
            Self::TouchesPatch { .. } => "touches-a-patch",
        }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::BadDiff { .. } => 6,
            Self::NoRecord { .. } => 5,
            _ => 3,
        }
    }

    /// What led to it.
    pub(crate) fn causes(&self) -> Vec<String> {
        match self {
            Self::NothingEdited { notes, .. } => notes.clone(),
            Self::UnknownFile { distribution, .. } => vec![format!(
                "the `RECORD` of {distribution} has no such file, and none of its packages is in that directory"
            )],
            Self::NotExpressible { reason, .. } => vec![reason.to_string()],
            Self::BadDiff { error, .. } | Self::DiffDoesNotFit { error, .. } => {
                vec![error.to_string()]
            }
            Self::FileExists { .. } | Self::NoRecord { .. } => Vec::new(),
            Self::TouchesPatch {
                patches, conflict, ..
            } => {
                let on = format!("recorded on it: {}", listed(patches));
                let conflict = conflict.as_ref().map(ToString::to_string);
                conflict.into_iter().chain([on]).collect()
            }
        }
    }

    /// What to do next.
    pub(crate) fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::NothingEdited { .. } => {
                "edit the files in site-packages with an editor, then record; or record a diff with `--from-diff FILE`; \
                 `torch-patch verify` lists what was changed"
            }
            Self::NoRecord { .. } => {
                "install it with pip or uv, which write a `RECORD`; or give a diff of the edit with `--from-diff FILE`"
            }
            Self::UnknownFile { .. } => {
                "name it as `RECORD` does, such as `torch/version.py`; a file of another package is recorded with \
                 `--distribution`"
            }
            Self::NotExpressible { reason, .. } => inexpressible_hint(&reason.kind),
            Self::BadDiff { .. } => "make it with `diff -u OLD NEW` or `git diff`",
            Self::DiffDoesNotFit { error, .. } => return vec![misfit_hint(error)],
            Self::FileExists { .. } => {
                "remove the file, or give the diff that leads to what is there"
            }
            Self::TouchesPatch { patches, .. } => {
                let patches = patches.join(" ");
                return vec![format!(
                    "`torch-patch revert {patches} --merge` takes the patch out and keeps the edit where that is \
                     possible; then record, and apply both"
                )];
            }
        };
        vec![hint.to_owned()]
    }

    /// The evidence.
    pub(crate) fn details(&self) -> Value {
        match self {
            Self::NothingEdited {
                distribution,
                version,
                files,
                notes,
            } => {
                json!({ "distribution": distribution, "version": version, "files": files, "notes": notes })
            }
            Self::NoRecord {
                distribution,
                version,
            } => json!({ "distribution": distribution, "version": version, "reason": "no-record" }),
            Self::UnknownFile { name, distribution } => {
                json!({ "file": name, "distribution": distribution })
            }
            Self::NotExpressible { file, reason } => {
                json!({ "file": file, "line": reason.line, "reason": reason.kind.to_string() })
            }
            Self::BadDiff { diff, error } => {
                json!({ "diff": diff, "line": error.line, "reason": error.kind.to_string() })
            }
            Self::DiffDoesNotFit { diff, file, error } => json!({
                "diff": diff,
                "file": file,
                "line": error.line,
                "reason": error.kind.to_string(),
                "elsewhere": elsewhere(error),
            }),
            Self::FileExists { diff, file } => json!({ "diff": diff, "file": file }),
            Self::TouchesPatch {
                file,
                patches,
                conflict,
            } => json!({
                "file": file,
                "patches": patches,
                "line": conflict.as_ref().map(|conflict| conflict.line),
            }),
        }
    }
}

/// Where else the lines of a hunk are.
fn elsewhere(error: &DiffError) -> Option<usize> {
    match &error.kind {
        DiffErrorKind::Mismatch(mismatch) => mismatch.elsewhere,
        _ => None,
    }
}

fn inexpressible_hint(kind: &UnderivableKind) -> &'static str {
    match kind {
        UnderivableKind::LineEndings { .. }
        | UnderivableKind::OtherEnding { .. }
        | UnderivableKind::FinalEnding
        | UnderivableKind::ByteOrderMark => {
            "save the file with the line endings that it had (many editors can choose them), and record again"
        }
        UnderivableKind::Syntax(_) => "mend the file so that Python can read it, and record again",
        UnderivableKind::Removed | UnderivableKind::Unreadable(_) => {
            "name the other files with `--file`"
        }
        _ => {
            "change that line so that a patch can say it, and record again; or name the other files with `--file`"
        }
    }
}

fn misfit_hint(error: &DiffError) -> String {
    match elsewhere(error) {
        Some(line) => format!(
            "the lines of that hunk are at line {line}: the diff was made from another version; a hunk is never moved, so \
             make the edit by hand and record it"
        ),
        None => "the diff was made from another version of the file; make the edit by hand and record it".to_owned(),
    }
}
