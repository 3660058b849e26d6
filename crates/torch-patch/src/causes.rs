//! What led to an error, in words.

use std::io;

use crate::error::{ErrorKind, listed};

/// What led to it, outermost first, each in one line without full stop.
pub(crate) fn causes(kind: &ErrorKind) -> Vec<String> {
    match kind {
        ErrorKind::Conflict { file, conflict, .. } => vec![format!("`{file}`: {conflict}")],
        ErrorKind::Syntax { file, broken, .. } => vec![format!("`{file}`: {broken}")],
        ErrorKind::Overlap {
            file, other, line, ..
        } => {
            vec![format!("`{file}`: patch `{other}` changes line {line} too")]
        }
        ErrorKind::NotCovered { covered, .. } => {
            vec![format!("the patch covers {}", listed(covered))]
        }
        ErrorKind::NotNeeded { reason, .. } | ErrorKind::Path { reason, .. } => {
            vec![reason.clone()]
        }
        ErrorKind::NotOwned { subject, file } => {
            vec![format!(
                "`{file}` exists and is no file of {} (its `RECORD` does not list it)",
                subject.distribution
            )]
        }
        ErrorKind::Drift { files, .. } => files.iter().map(ToString::to_string).collect(),
        ErrorKind::NotProven {
            file,
            expected,
            tried,
            ..
        } => {
            let first = match expected {
                Some(expected) => format!(
                    "`{file}`: without the edit it would not be the original, expected {expected}"
                ),
                None => format!(
                    "`{file}`: the distribution has no `RECORD` that tells the digest of the original"
                ),
            };
            [first].into_iter().chain(tried.iter().cloned()).collect()
        }
        ErrorKind::HandMade { files, .. } => {
            vec![format!(
                "part of it was made by hand in {}, and part is missing",
                listed(files)
            )]
        }
        ErrorKind::LayerUnknown { variant, file, .. } => {
            vec![format!(
                "its recorded patch file has no edits of `{file}` for `{variant}`"
            )]
        }
        ErrorKind::NoOriginal(error) => error.causes(),
        ErrorKind::Unlocated(error) => error.causes(),
        ErrorKind::NotRecorded(refusal) => refusal.causes(),
        ErrorKind::Merge { conflict, .. } => vec![conflict.to_string()],
        ErrorKind::BadPatchFile(error) => error.causes(),
        ErrorKind::PatchFileUnreadable { source, .. } => vec![match source.kind() {
            io::ErrorKind::NotFound => "there is no such file or directory".to_owned(),
            _ => source.to_string(),
        }],
        ErrorKind::NoRelease { known, .. } => vec![match known.as_slice() {
            [] => "it has no wheels there at all".to_owned(),
            [only] => format!("the only release there is {only}"),
            [first, .., last] => {
                format!("there are {} releases, {first} to {last}", known.len())
            }
        }],
        ErrorKind::OtherWheels { paths, .. } => paths
            .iter()
            .map(|path| format!("`{}` is of another distribution", path.display()))
            .collect(),
        ErrorKind::Scratch { source, .. } => vec![source.to_string()],
        ErrorKind::RoundTrip { files, .. } => files
            .iter()
            .map(|path| format!("`{}` is not as it was", path.display()))
            .collect(),
        ErrorKind::Environment(_)
        | ErrorKind::UnknownPatch { .. }
        | ErrorKind::Excluded { .. }
        | ErrorKind::Required { .. }
        | ErrorKind::Unsafe { .. }
        | ErrorKind::NoWheel { .. }
        | ErrorKind::ScratchNotEmpty { .. }
        | ErrorKind::OriginalDisproved { .. }
        | ErrorKind::ForGood { .. }
        | ErrorKind::Unexplained
        | ErrorKind::Unnamed { .. } => Vec::new(),
        ErrorKind::Project(error) => error.causes(),
        #[cfg(feature = "upstream")]
        ErrorKind::Upstream(error) => sources(error),
        ErrorKind::Store(error) => sources(error),
    }
}

/// The sources of an error, outermost first.
fn sources(error: &dyn std::error::Error) -> Vec<String> {
    let mut sources = Vec::new();
    let mut next = error.source();
    while let Some(source) = next {
        sources.push(source.to_string());
        next = source.source();
    }
    sources
}
