//! The evidence of an error, as JSON for a program.

use serde_json::json;
use torch_patch_store::StoreErrorKind;

use crate::error::{ErrorKind, Subject};

/// The evidence; its fields depend on the error.
pub(crate) fn details(kind: &ErrorKind) -> serde_json::Value {
    match kind {
        ErrorKind::UnknownPatch { id, known, nearest } => {
            json!({ "patch": id, "known": known, "nearest": nearest })
        }
        ErrorKind::NotCovered {
            subject,
            covered,
            fitting,
        } => with_subject(subject, json!({ "covered": covered, "fitting": fitting })),
        ErrorKind::Conflict {
            subject,
            file,
            conflict,
        } => {
            let near: Vec<_> = conflict.kind.near_misses().iter().map(|miss| {
                json!({ "line": miss.line, "text": miss.text, "differs": miss.differs, "in_scope": miss.in_scope })
            }).collect();
            with_subject(
                subject,
                json!({
                    "file": file,
                    "edit": conflict.edit + 1,
                    "anchor": conflict.anchor,
                    "within": conflict.scope,
                    "lines": conflict.kind.lines(),
                    "near": near,
                }),
            )
        }
        ErrorKind::Syntax {
            subject,
            file,
            broken,
        } => with_subject(
            subject,
            json!({ "file": file, "line": broken.line, "reason": broken.reason }),
        ),
        ErrorKind::Overlap {
            subject,
            file,
            other,
            line,
        } => with_subject(
            subject,
            json!({ "file": file, "patches": [subject.patch, other], "line": line }),
        ),
        ErrorKind::NotNeeded { subject, reason } => {
            with_subject(subject, json!({ "reason": reason }))
        }
        ErrorKind::NotOwned { subject, file } => with_subject(subject, json!({ "file": file })),
        ErrorKind::Project(error) => error.details(),
        ErrorKind::Excluded { patch, other, .. } => json!({ "patches": [patch, other] }),
        ErrorKind::Required { patch, by } => json!({ "patch": patch, "by": by }),
        ErrorKind::Unsafe { patch, .. } | ErrorKind::ForGood { patch, .. } => {
            json!({ "patch": patch })
        }
        ErrorKind::Unexplained => json!({}),
        ErrorKind::Unnamed { applied } => json!({ "applied": applied }),
        ErrorKind::Drift { patch, files } => {
            let files: Vec<_> = files.iter().map(|file| {
                json!({ "path": file.path, "expected": file.expected, "found": file.found, "diff": file.diff })
            }).collect();
            json!({ "patch": patch, "files": files })
        }
        ErrorKind::NotProven {
            subject,
            file,
            expected,
            tried,
        } => with_subject(
            subject,
            json!({ "file": file, "expected": expected, "tried": tried }),
        ),
        ErrorKind::HandMade { subject, files } => with_subject(subject, json!({ "files": files })),
        ErrorKind::Path { file, reason } => json!({ "file": file, "reason": reason }),
        ErrorKind::LayerUnknown {
            patch,
            variant,
            file,
        } => {
            json!({ "patch": patch, "variant": variant, "file": file })
        }
        ErrorKind::NoOriginal(error) => error.details(),
        ErrorKind::Unlocated(error) => error.details(),
        ErrorKind::NotRecorded(refusal) => refusal.details(),
        ErrorKind::Merge { file, conflict } => json!({ "file": file, "line": conflict.line }),
        ErrorKind::BadPatchFile(error) => error.details(),
        ErrorKind::PatchFileUnreadable { path, .. } => json!({ "path": path.to_string_lossy() }),
        ErrorKind::Environment(error) => serde_json::to_value(error).unwrap_or_default(),
        ErrorKind::NoWheel { .. }
        | ErrorKind::Scratch { .. }
        | ErrorKind::ScratchNotEmpty { .. }
        | ErrorKind::OtherWheels { .. }
        | ErrorKind::NoRelease { .. }
        | ErrorKind::RoundTrip { .. } => release_details(kind),
        #[cfg(feature = "upstream")]
        ErrorKind::Upstream(error) => upstream_details(error.kind()),
        ErrorKind::OriginalDisproved { .. } => json!({}),
        ErrorKind::Store(error) => store_details(error.kind()),
    }
}

/// Of the errors that are about releases which are not installed.
fn release_details(kind: &ErrorKind) -> serde_json::Value {
    match kind {
        ErrorKind::NoWheel { path }
        | ErrorKind::Scratch { path, .. }
        | ErrorKind::ScratchNotEmpty { path } => json!({ "path": path.to_string_lossy() }),
        ErrorKind::OtherWheels {
            distribution,
            paths,
        } => json!({ "distribution": distribution, "paths": lossy(paths) }),
        ErrorKind::NoRelease {
            distribution,
            versions,
            platforms,
            known,
        } => {
            let platforms: Vec<&str> = platforms.iter().map(|platform| platform.as_str()).collect();
            json!({
                "distribution": distribution,
                "versions": versions,
                "platforms": platforms,
                "known": known,
            })
        }
        ErrorKind::RoundTrip { patch, files } => json!({ "patch": patch, "files": lossy(files) }),
        _ => json!({}),
    }
}

/// Paths as JSON and messages have them.
pub(crate) fn lossy(paths: &[std::path::PathBuf]) -> Vec<String> {
    let paths = paths.iter();
    paths
        .map(|path| path.to_string_lossy().into_owned())
        .collect()
}

#[cfg(feature = "upstream")]
fn upstream_details(kind: &torch_patch_upstream::UpstreamErrorKind) -> serde_json::Value {
    use torch_patch_upstream::UpstreamErrorKind as Kind;

    match kind {
        Kind::ProjectNotFound { project, places } => {
            json!({ "project": project, "places": places })
        }
        Kind::NotFound { url, status }
        | Kind::Unauthorized { url, status, .. }
        | Kind::Status { url, status } => json!({ "url": url, "status": status }),
        Kind::Unreachable { url, .. }
        | Kind::Insecure { url, .. }
        | Kind::Redirect { url, .. }
        | Kind::RangeIgnored { url, .. }
        | Kind::OutOfRange { url, .. }
        | Kind::UnexpectedAnswer { url, .. }
        | Kind::Truncated { url, .. } => json!({ "url": url }),
        Kind::Wheel { wheel, .. } => json!({ "wheel": wheel }),
        Kind::BadAddress { address, .. } => json!({ "address": address }),
        Kind::BadProxy { proxy } => json!({ "proxy": proxy }),
        Kind::TooLarge { what, limit } => json!({ "what": what, "limit": limit }),
        Kind::BadPage { page, .. } => json!({ "page": page }),
        Kind::NoCache { directory } => json!({ "directory": directory.to_string_lossy() }),
        _ => json!({}),
    }
}

fn store_details(kind: &StoreErrorKind) -> serde_json::Value {
    match kind {
        StoreErrorKind::Busy { lock, holder, .. } => {
            let holder = holder.as_ref();
            json!({
                "lock": lock.to_string_lossy(),
                "pid": holder.map(|holder| holder.pid),
                "command": holder.map(|holder| holder.command.clone()),
            })
        }
        StoreErrorKind::Drift {
            path,
            expected,
            found,
        } => {
            json!({ "patch": null, "files": [{ "path": path.as_str(), "expected": expected, "found": found, "diff": null }] })
        }
        StoreErrorKind::LeavesRoot { path, resolved } => {
            json!({ "path": path.as_str(), "resolved": resolved.to_string_lossy() })
        }
        StoreErrorKind::NotRegular { path, found } => {
            json!({ "path": path.as_str(), "found": found })
        }
        StoreErrorKind::TooLarge { path, limit } => {
            json!({ "path": path.as_str(), "limit": limit })
        }
        StoreErrorKind::PermissionDenied { path, .. } | StoreErrorKind::InUse { path, .. } => {
            json!({ "path": path.to_string_lossy() })
        }
        _ => json!({}),
    }
}

fn with_subject(subject: &Subject, mut details: serde_json::Value) -> serde_json::Value {
    details["patch"] = json!(subject.patch);
    details["distribution"] = json!(subject.distribution);
    details["version"] = json!(subject.version);
    details
}
