//! What kind of failure an error is, for programs: a word that does not change, and an exit code.

use std::io;

use torch_patch_edit::ConflictKind;
use torch_patch_store::StoreErrorKind;

use crate::error::ErrorKind;

/// A word for it that does not change. `docs/json.md` lists them.
pub(crate) fn code(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::UnknownPatch { .. } => "unknown-patch",
        ErrorKind::BadPatchFile(_) => "bad-patch-file",
        ErrorKind::PatchFileUnreadable { .. } => "patch-file-unreadable",
        ErrorKind::Environment(error) => error.code(),
        ErrorKind::NotCovered { .. } => "not-covered",
        ErrorKind::Conflict { conflict, .. } => conflict_code(&conflict.kind),
        ErrorKind::Syntax { .. } => "syntax-broken",
        ErrorKind::Overlap { .. } => "overlap",
        ErrorKind::NotNeeded { .. } => "not-needed",
        ErrorKind::NotOwned { .. } => "not-owned",
        ErrorKind::Excluded { .. } => "excluded",
        ErrorKind::Required { .. } => "required",
        ErrorKind::Unsafe { .. } => "unsafe",
        ErrorKind::Unnamed { .. } => "unnamed",
        ErrorKind::ForGood { .. } => "repairs-for-good",
        ErrorKind::Unexplained => "unexplained",
        ErrorKind::Drift { .. } => "drifted",
        ErrorKind::NotProven { .. } => "not-proven",
        ErrorKind::HandMade { .. } => "partly-by-hand",
        ErrorKind::Path { .. } => "bad-path",
        ErrorKind::LayerUnknown { .. } => "record-unknown",
        ErrorKind::OriginalDisproved { .. } => "backup-tampered",
        ErrorKind::NoOriginal(error) => error.code(),
        ErrorKind::Unlocated(error) => error.code(),
        ErrorKind::NotRecorded(refusal) => refusal.code(),
        ErrorKind::Merge { .. } => "merge-conflict",
        ErrorKind::NoWheel { .. } => "not-a-wheel",
        ErrorKind::OtherWheels { .. } => "other-wheels",
        ErrorKind::NoRelease { .. } => "no-release",
        ErrorKind::Scratch { .. } => "scratch-failed",
        ErrorKind::ScratchNotEmpty { .. } => "directory-not-empty",
        ErrorKind::RoundTrip { .. } => "round-trip-failed",
        ErrorKind::Project(error) => error.code(),
        #[cfg(feature = "upstream")]
        ErrorKind::Upstream(error) => error.code(),
        ErrorKind::Store(error) => store_code(error.kind()),
    }
}

fn conflict_code(kind: &ConflictKind) -> &'static str {
    match kind {
        ConflictKind::Missing { .. }
        | ConflictKind::NotNear { .. }
        | ConflictKind::UntilMissing { .. } => "anchor-not-found",
        ConflictKind::Ambiguous { .. } => "anchor-ambiguous",
        ConflictKind::ScopeMissing { .. } => "scope-not-found",
        ConflictKind::ScopeAmbiguous { .. } => "scope-ambiguous",
        ConflictKind::Partial { .. } | ConflictKind::PartlyApplied { .. } => "partly-applied",
        ConflictKind::NoFile => "file-not-found",
        ConflictKind::FileExists => "file-exists",
        ConflictKind::Unreadable(_) | ConflictKind::NotAscii => "encoding",
        _ => "anchor-conflict",
    }
}

fn store_code(kind: &StoreErrorKind) -> &'static str {
    match kind {
        StoreErrorKind::Busy { .. } => "busy",
        StoreErrorKind::Drift { .. } => "drifted",
        StoreErrorKind::LeavesRoot { .. } => "leaves-environment",
        StoreErrorKind::NotRegular { .. } => "not-a-file",
        StoreErrorKind::TooLarge { .. } => "too-large",
        StoreErrorKind::InUse { .. } => "file-in-use",
        StoreErrorKind::PermissionDenied { .. } => "permission-denied",
        StoreErrorKind::LedgerCorrupt { .. } => "ledger-corrupt",
        StoreErrorKind::LedgerNewer { .. } => "ledger-newer",
        StoreErrorKind::ContentMissing { .. } => "backup-missing",
        StoreErrorKind::ContentTampered { .. } => "backup-tampered",
        _ => "failed",
    }
}

/// The exit code of the command line.
pub(crate) fn exit_code(kind: &ErrorKind) -> u8 {
    match kind {
        ErrorKind::UnknownPatch { .. }
        | ErrorKind::Unsafe { .. }
        | ErrorKind::ForGood { .. }
        | ErrorKind::Unnamed { .. }
        | ErrorKind::NoWheel { .. }
        | ErrorKind::ScratchNotEmpty { .. } => 2,
        ErrorKind::NotCovered { .. }
        | ErrorKind::Conflict { .. }
        | ErrorKind::Syntax { .. }
        | ErrorKind::Overlap { .. }
        | ErrorKind::NotNeeded { .. }
        | ErrorKind::NotOwned { .. }
        | ErrorKind::HandMade { .. }
        | ErrorKind::Excluded { .. }
        | ErrorKind::Required { .. } => 3,
        ErrorKind::Drift { .. } | ErrorKind::NotProven { .. } | ErrorKind::Merge { .. } => 4,
        ErrorKind::NotRecorded(refusal) => refusal.exit_code(),
        ErrorKind::Environment(error) if error.is_permission_denied() => 8,
        ErrorKind::Environment(_)
        | ErrorKind::Unexplained
        | ErrorKind::NoOriginal(_)
        | ErrorKind::Unlocated(_)
        | ErrorKind::OtherWheels { .. }
        | ErrorKind::NoRelease { .. } => 5,
        ErrorKind::Scratch { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => 8,
        ErrorKind::Scratch { .. } | ErrorKind::RoundTrip { .. } => 1,
        ErrorKind::Project(error) => error.exit_code(),
        #[cfg(feature = "upstream")]
        ErrorKind::Upstream(error) => upstream_exit_code(error.kind()),
        ErrorKind::BadPatchFile(_)
        | ErrorKind::PatchFileUnreadable { .. }
        | ErrorKind::Path { .. } => 6,
        ErrorKind::LayerUnknown { .. } | ErrorKind::OriginalDisproved { .. } => 1,
        ErrorKind::Store(error) => store_exit_code(error.kind()),
    }
}

fn store_exit_code(kind: &StoreErrorKind) -> u8 {
    match kind {
        StoreErrorKind::Drift { .. } => 4,
        StoreErrorKind::LeavesRoot { .. }
        | StoreErrorKind::NotRegular { .. }
        | StoreErrorKind::TooLarge { .. } => 6,
        StoreErrorKind::Busy { .. } | StoreErrorKind::InUse { .. } => 7,
        StoreErrorKind::PermissionDenied { .. } => 8,
        _ => 1,
    }
}

#[cfg(feature = "upstream")]
fn upstream_exit_code(kind: &torch_patch_upstream::UpstreamErrorKind) -> u8 {
    use torch_patch_upstream::UpstreamErrorKind as Kind;

    match kind {
        Kind::BadAddress { .. }
        | Kind::BadProxy { .. }
        | Kind::BadCertificates
        | Kind::NoCache { .. } => 2,
        Kind::ProjectNotFound { .. } => 5,
        Kind::FileSystem { source, .. } => match source.kind() {
            io::ErrorKind::NotFound => 5,
            io::ErrorKind::PermissionDenied => 8,
            _ => 1,
        },
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use torch_patch_store::StoreError;

    use super::*;
    use crate::error::Error;

    /// Only Windows has files that cannot be replaced because somebody holds them.
    #[test]
    fn a_file_that_somebody_holds_is_busy_and_not_forbidden() {
        let held = |source| StoreErrorKind::InUse {
            path: "C:/v/Lib/site-packages/t/a.py".into(),
            purpose: "replace",
            source,
        };
        let error = StoreError::from(held(io::Error::other("in use")));
        let report = Error::from(error).report();
        assert_eq!((report.code.as_str(), report.exit), ("file-in-use", 7));
        assert_eq!(
            report.message,
            "another program has `C:/v/Lib/site-packages/t/a.py` open and does not let `torch-patch` replace it: in use"
        );
        assert_eq!(report.details["path"], "C:/v/Lib/site-packages/t/a.py");
        assert!(report.hints[0].starts_with("close Python"), "{report:?}");
    }
}
