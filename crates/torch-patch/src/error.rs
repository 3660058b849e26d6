//! Why a request was not fulfilled, with the evidence, a word for programs and what to do next.

use std::fmt;
use std::io;
use std::path::PathBuf;

use torch_patch_edit::{Conflict, MergeConflict, SyntaxBroken};
use torch_patch_env::EnvError;
use torch_patch_set::{Catalogue, FormatError, Platform};
use torch_patch_store::{Digest, StoreError, StoreErrorKind};

use crate::pristine::{NoOriginal, NoOriginalReason};
use crate::project::ProjectError;
use crate::record::RecordRefusal;
use crate::report::ErrorReport;
use crate::restore::Unlocated;

/// Why a request was not fulfilled. Unless it says otherwise, nothing was changed.
#[derive(Debug)]
pub struct Error {
    kind: Box<ErrorKind>,
    /// The repairs of the catalogue that know a bad edit in the files that it is about.
    repairs: Vec<String>,
}

/// What is wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No patch has this id.
    UnknownPatch {
        /// The id that was asked for.
        id: String,
        /// The ids there are.
        known: Vec<String>,
        /// The one that is likely meant.
        nearest: Option<String>,
    },
    /// A patch file is not one.
    BadPatchFile(FormatError),
    /// A patch file, or a directory of them, cannot be read.
    PatchFileUnreadable {
        /// The file or directory.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The environment or the distribution was not found, or is of a kind that cannot be patched.
    Environment(EnvError),
    /// No range of the patch covers the installed version.
    NotCovered {
        /// What and where.
        subject: Subject,
        /// The ranges that are covered.
        covered: Vec<String>,
        /// Those of them whose edits would fit the installed files all the same.
        fitting: Vec<String>,
    },
    /// The patch does not fit a file.
    Conflict {
        /// What and where.
        subject: Subject,
        /// The file.
        file: String,
        /// What is wrong with it.
        conflict: Conflict,
    },
    /// The patched file would not parse.
    Syntax {
        /// What and where.
        subject: Subject,
        /// The file.
        file: String,
        /// Where it breaks.
        broken: SyntaxBroken,
    },
    /// Two patches change the same lines.
    Overlap {
        /// What and where.
        subject: Subject,
        /// The file.
        file: String,
        /// The other patch.
        other: String,
        /// The line of the original, from 1.
        line: usize,
    },
    /// The patch changes nothing here, and was asked for strictly.
    NotNeeded {
        /// What and where.
        subject: Subject,
        /// Why not.
        reason: String,
    },
    /// The file exists and is none of the distribution's.
    NotOwned {
        /// What and where.
        subject: Subject,
        /// The file.
        file: String,
    },
    /// Two patches exclude each other.
    Excluded {
        /// The one that was asked for.
        patch: String,
        /// The other one.
        other: String,
        /// Whether the other one is in place; else it was asked for as well.
        is_applied: bool,
    },
    /// A patch is needed by others that are applied.
    Required {
        /// The patch.
        patch: String,
        /// Those that need it.
        by: Vec<String>,
    },
    /// The patch is unsafe and nobody has accepted that.
    Unsafe {
        /// The patch.
        patch: String,
        /// What names it on the command line.
        word: String,
    },
    /// The patch is a repair, and was asked for as long as a command runs.
    ForGood {
        /// The patch.
        patch: String,
        /// What names it on the command line.
        word: String,
    },
    /// No patch is known for the text of an error.
    Unexplained,
    /// Several patches are applied and none was named.
    Unnamed {
        /// Those that are applied.
        applied: Vec<String>,
    },
    /// Files are neither pristine nor what was recorded.
    Drift {
        /// The patch, if it is about one.
        patch: Option<String>,
        /// The files.
        files: Vec<DriftedFile>,
    },
    /// A hand-made edit cannot be taken over: its original is not known.
    NotProven {
        /// What and where.
        subject: Subject,
        /// The file.
        file: String,
        /// The digest of the original by `RECORD`, if there is one.
        expected: Option<Digest>,
        /// What was found where the original was looked for; empty if it was found, and more was changed than the edit.
        tried: Vec<String>,
    },
    /// Some files of the patch have it in a hand-made form and others do not have it.
    HandMade {
        /// What and where.
        subject: Subject,
        /// The files of the patch.
        files: Vec<String>,
    },
    /// The patch file says what no path may be.
    Path {
        /// The path.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The record of an applied patch does not lead to its edits.
    LayerUnknown {
        /// The patch.
        patch: String,
        /// The recorded variant.
        variant: String,
        /// The file.
        file: String,
    },
    /// What is kept as the original of a file is not what `RECORD` says was installed.
    OriginalDisproved {
        /// The file.
        file: String,
        /// What `RECORD` says.
        expected: Digest,
        /// What is recorded and kept.
        found: Digest,
    },
    /// A file that was named is none that can be put back.
    Unlocated(Unlocated),
    /// The original of a file is not to be had, or cannot be proven.
    NoOriginal(NoOriginal),
    /// No patch was recorded.
    NotRecorded(RecordRefusal),
    /// The changes of someone else touch the patch.
    Merge {
        /// The file.
        file: String,
        /// Where.
        conflict: MergeConflict,
    },
    /// A file is no wheel by its name.
    NoWheel {
        /// The file.
        path: PathBuf,
    },
    /// None of the wheels is one of the distribution.
    OtherWheels {
        /// The distribution.
        distribution: String,
        /// The wheels.
        paths: Vec<PathBuf>,
    },
    /// No wheel is of a release and platform that was asked for.
    NoRelease {
        /// The distribution.
        distribution: String,
        /// The versions that were asked for; `None`: any.
        versions: Option<String>,
        /// The platforms that were asked for.
        platforms: Vec<Platform>,
        /// The versions there are, the oldest first.
        known: Vec<String>,
    },
    /// A scratch environment cannot be made.
    Scratch {
        /// The file or directory.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A scratch environment is to be made where something is.
    ScratchNotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// After a patch was taken out again, the environment is not as before.
    RoundTrip {
        /// The patch.
        patch: String,
        /// The files that differ.
        files: Vec<PathBuf>,
    },
    /// Something is wrong with a project file or its lock.
    Project(ProjectError),
    /// Something could not be had from a package index or out of a wheel.
    #[cfg(feature = "upstream")]
    Upstream(torch_patch_upstream::UpstreamError),
    /// The store could not do it.
    Store(StoreError),
}

/// The patch and distribution that an error is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The id of the patch.
    pub patch: String,
    /// What names the patch on the command line: its id, or its file.
    pub word: String,
    /// The distribution.
    pub distribution: String,
    /// Its installed version.
    pub version: String,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "patch `{}` does not apply to {} {}",
            self.patch, self.distribution, self.version
        )
    }
}

/// A file that is neither pristine nor what was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftedFile {
    /// Relative to the site-packages directory.
    pub path: String,
    /// What it should be; `None`: absent, or not known.
    pub expected: Option<Digest>,
    /// What it is; `None`: absent.
    pub found: Option<Digest>,
    /// How it differs, where what it should be is at hand.
    pub diff: Option<String>,
    /// Whether the ledger says what it should be; else `RECORD` does.
    pub is_recorded: bool,
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self {
            kind: Box::new(kind),
            repairs: Vec::new(),
        }
    }
}

impl From<RecordRefusal> for Error {
    fn from(refusal: RecordRefusal) -> Self {
        ErrorKind::NotRecorded(refusal).into()
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        ErrorKind::Store(error).into()
    }
}

impl From<EnvError> for Error {
    fn from(error: EnvError) -> Self {
        ErrorKind::Environment(error).into()
    }
}

#[cfg(feature = "upstream")]
impl From<torch_patch_upstream::UpstreamError> for Error {
    fn from(error: torch_patch_upstream::UpstreamError) -> Self {
        ErrorKind::Upstream(error).into()
    }
}

impl From<ProjectError> for Error {
    fn from(error: ProjectError) -> Self {
        ErrorKind::Project(error).into()
    }
}

impl From<FormatError> for Error {
    fn from(error: FormatError) -> Self {
        ErrorKind::BadPatchFile(error).into()
    }
}

impl Error {
    /// Says that there is no patch `id`, and which ones there are.
    #[must_use]
    pub fn unknown_patch(catalogue: &Catalogue, id: &str) -> Self {
        let known = catalogue.ids().map(str::to_owned).collect();
        let nearest = catalogue.nearest(id).map(str::to_owned);
        let id = id.to_owned();
        ErrorKind::UnknownPatch { id, known, nearest }.into()
    }

    /// The same error about files with a bad edit that these repairs know.
    pub(crate) fn with_repairs(self, repairs: Vec<String>) -> Self {
        Self { repairs, ..self }
    }

    /// The repairs of the catalogue that know a bad edit in the files that it is about.
    #[must_use]
    pub fn repairs(&self) -> &[String] {
        &self.repairs
    }

    /// Whether it says that something may not be written.
    pub(crate) fn is_permission_denied(&self) -> bool {
        match self.kind() {
            ErrorKind::Store(error) => {
                matches!(error.kind(), StoreErrorKind::PermissionDenied { .. })
            }
            _ => false,
        }
    }

    /// What was found where an original was looked for.
    pub(crate) fn tried(&self) -> Vec<String> {
        match self.kind() {
            ErrorKind::NoOriginal(NoOriginal {
                reason: NoOriginalReason::NotFound { tried, .. },
                ..
            }) => tried.clone(),
            _ => Vec::new(),
        }
    }

    /// Whether it says that a patch is neither in the catalogue nor recorded.
    pub(crate) fn is_unknown_patch(&self) -> bool {
        matches!(self.kind(), ErrorKind::UnknownPatch { .. })
    }

    /// Whether it says that there is no project file.
    pub(crate) fn is_project_not_found(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Project(ProjectError::NotFound { .. })
        )
    }

    /// Whether it says that a distribution is not installed.
    pub(crate) fn is_distribution_not_found(&self) -> bool {
        match self.kind() {
            ErrorKind::Environment(error) => error.is_distribution_not_found(),
            _ => false,
        }
    }

    /// Whether the store found a file other than it was planned from, and wrote nothing.
    pub(crate) fn is_changed_meanwhile(&self) -> bool {
        match self.kind() {
            ErrorKind::Store(error) => {
                matches!(error.kind(), StoreErrorKind::Drift { .. }) && error.rollback().is_none()
            }
            _ => false,
        }
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// A word for it that does not change. `docs/json.md` lists them.
    #[must_use]
    pub fn code(&self) -> &'static str {
        crate::codes::code(&self.kind)
    }

    /// The exit code of the command line.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        crate::codes::exit_code(&self.kind)
    }

    /// What led to it, outermost first, each in one line without full stop.
    #[must_use]
    pub fn causes(&self) -> Vec<String> {
        crate::causes::causes(&self.kind)
    }

    /// What to do next, each a sentence in lower case without full stop.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        let mut hints = crate::advice::hints(&self.kind);
        if !self.repairs.is_empty() {
            // Nobody is to make a patch of a bad edit.
            hints.retain(|hint| hint != crate::advice::RECORD_IT);
            hints.insert(0, crate::advice::repair_hint(&self.repairs));
        }
        hints
    }

    /// The evidence, for a program.
    #[must_use]
    pub fn details(&self) -> serde_json::Value {
        let mut details = crate::evidence::details(&self.kind);
        if let Some(fields) = details.as_object_mut().filter(|_| !self.repairs.is_empty()) {
            fields.insert("repairs".to_owned(), self.repairs.clone().into());
        }
        details
    }

    /// The unified diffs that explain it, to be shown after the message.
    #[must_use]
    pub fn diffs(&self) -> Vec<&str> {
        match &*self.kind {
            ErrorKind::Drift { files, .. } => files
                .iter()
                .filter_map(|file| file.diff.as_deref())
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The offending lines of a patch file, with a mark under the place.
    #[must_use]
    pub fn excerpt(&self) -> Option<String> {
        match &*self.kind {
            ErrorKind::BadPatchFile(error) => Some(error.excerpt()),
            ErrorKind::Project(error) => error.excerpt(),
            _ => None,
        }
    }

    /// The error as a report has it.
    #[must_use]
    pub fn report(&self) -> ErrorReport {
        let mut message = self.to_string();
        for cause in self.causes() {
            message.push_str(": ");
            message.push_str(&cause);
        }
        ErrorReport {
            code: self.code().to_owned(),
            exit: self.exit_code(),
            message,
            hints: self.hints(),
            details: self.details(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.kind {
            ErrorKind::UnknownPatch { id, .. } => write!(f, "there is no patch `{id}`"),
            ErrorKind::BadPatchFile(error) => error.fmt(f),
            ErrorKind::PatchFileUnreadable { path, .. } => {
                write!(f, "patch file `{}` cannot be read", path.display())
            }
            ErrorKind::Environment(error) => error.fmt(f),
            ErrorKind::NotCovered { subject, .. }
            | ErrorKind::Conflict { subject, .. }
            | ErrorKind::Syntax { subject, .. }
            | ErrorKind::Overlap { subject, .. }
            | ErrorKind::NotOwned { subject, .. }
            | ErrorKind::HandMade { subject, .. } => subject.fmt(f),
            ErrorKind::Path { file, .. } => {
                write!(f, "`{file}` is no path that a patch may change")
            }
            ErrorKind::LayerUnknown { patch, .. } => {
                write!(f, "the record of patch `{patch}` cannot be used")
            }
            kind @ ErrorKind::OriginalDisproved { .. } => disproved(kind, f),
            ErrorKind::NoOriginal(error) => error.fmt(f),
            ErrorKind::Unlocated(error) => error.fmt(f),
            ErrorKind::NotRecorded(refusal) => refusal.fmt(f),
            ErrorKind::NotNeeded { subject, .. } => {
                write!(
                    f,
                    "patch `{}` is not needed for {} {}",
                    subject.patch, subject.distribution, subject.version
                )
            }
            ErrorKind::Excluded { patch, other, .. } => {
                write!(f, "patch `{patch}` cannot stand beside patch `{other}`")
            }
            ErrorKind::Required { patch, by } => {
                write!(f, "patch `{patch}` is required by {}", listed(by))
            }
            ErrorKind::Unsafe { patch, .. } => write!(f, "patch `{patch}` is marked unsafe"),
            ErrorKind::ForGood { patch, .. } => f.write_str(&for_good(patch)),
            ErrorKind::Unexplained => f.write_str("no patch is known for this text"),
            ErrorKind::Unnamed { applied } => {
                write!(f, "several patches are applied: {}", listed(applied))
            }
            ErrorKind::Drift {
                patch: Some(patch), ..
            } => {
                write!(
                    f,
                    "a file of patch `{patch}` was changed by someone else and is left as it is"
                )
            }
            ErrorKind::Drift { patch: None, .. } => {
                f.write_str("a file was changed by someone else and is left as it is")
            }
            ErrorKind::NotProven { subject, .. } => {
                write!(
                    f,
                    "the hand-made edit of patch `{}` cannot be adopted",
                    subject.patch
                )
            }
            ErrorKind::Merge { file, .. } => {
                write!(f, "the patch cannot be taken out of `{file}` alone")
            }
            ErrorKind::NoWheel { path } => {
                write!(f, "`{}` is not named as a wheel is", path.display())
            }
            ErrorKind::OtherWheels { distribution, .. } => {
                write!(f, "none of the wheels is one of {distribution}")
            }
            ErrorKind::NoRelease {
                distribution,
                versions,
                platforms,
                ..
            } => {
                write!(f, "there is no wheel of {distribution}")?;
                if let Some(versions) = versions {
                    write!(f, " {versions}")?;
                }
                let platforms: Vec<&str> = platforms.iter().map(|own| own.as_str()).collect();
                write!(f, " for {}", platforms.join(", "))
            }
            ErrorKind::Scratch { path, .. } => {
                let path = path.display();
                write!(f, "the scratch environment cannot be made in `{path}`")
            }
            ErrorKind::ScratchNotEmpty { path } => {
                write!(f, "`{}` is not empty", path.display())
            }
            ErrorKind::Project(error) => error.fmt(f),
            ErrorKind::RoundTrip { patch, .. } => {
                write!(
                    f,
                    "after patch `{patch}` was reverted the files are not as before"
                )
            }
            #[cfg(feature = "upstream")]
            ErrorKind::Upstream(error) => error.fmt(f),
            ErrorKind::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.kind {
            ErrorKind::Conflict { conflict, .. } => Some(conflict),
            ErrorKind::Merge { conflict, .. } => Some(conflict),
            ErrorKind::PatchFileUnreadable { source, .. } => Some(source),
            ErrorKind::Scratch { source, .. } => Some(source),
            ErrorKind::Project(error) => std::error::Error::source(error),
            #[cfg(feature = "upstream")]
            ErrorKind::Upstream(error) => std::error::Error::source(error),
            ErrorKind::Store(error) => std::error::Error::source(error),
            ErrorKind::Environment(error) => std::error::Error::source(error),
            _ => None,
        }
    }
}

impl fmt::Display for DriftedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: expected {}", self.path, short(self.expected))?;
        if !self.is_recorded {
            f.write_str(" (by `RECORD`)")?;
        }
        write!(f, ", found {}", short(self.found))
    }
}

/// As much of a digest as a person compares; `details` have all of it.
fn short(digest: Option<Digest>) -> String {
    let hex = digest.map(|digest| digest.hex());
    hex.map_or_else(
        || "no file".to_owned(),
        |hex| format!("sha256:{}…", &hex[..12]),
    )
}

fn for_good(patch: &str) -> String {
    format!(
        "patch `{patch}` takes a bad edit out of a file for good, not for as long as a command runs"
    )
}

fn disproved(kind: &ErrorKind, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let ErrorKind::OriginalDisproved {
        file,
        expected,
        found,
    } = kind
    else {
        return Ok(());
    };
    write!(
        f,
        "what is kept as the original of `{file}` is none by `RECORD`: expected {expected}, found {found}"
    )
}

/// `a`, `b` and `c`, each in backticks.
pub(crate) fn listed(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}
