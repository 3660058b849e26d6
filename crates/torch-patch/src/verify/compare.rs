//! One file held against its row in `RECORD`.

use std::io::{self, Read, Seek as _};
use std::path::Path;

use fs_err as fs;
use torch_patch_env::{Distribution, Recorded, Row, normalize};
use torch_patch_set::VersionRange;
use torch_patch_store::Digest;

use super::bounds::{Bounds, Place};
use super::content::{Contents, is_binary_name, is_binary_start};
use crate::verified::{FindingReport, FindingState};

/// How much of a file is looked into to tell text from other bytes.
const START: u64 = 8000;

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// The file is as it was installed.
    AsRecorded,
    /// It was not compared by its digest.
    Skipped(Skipped),
    /// There is something to tell of it.
    Finding(FindingReport),
}

/// Why a file was not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Skipped {
    /// It is binary, and there with its size.
    Binary,
    /// Nothing tells its digest, or Python may rewrite it.
    Unhashed,
    /// It is not in the environment.
    Outside,
    /// Its row makes no sense.
    Wrong,
}

/// Compares a file with its row.
pub(super) fn compare(row: &Row, bounds: &Bounds, contents: Contents) -> Comparison {
    let (expected, size) = match &row.recorded {
        Err(_) => return Comparison::Skipped(Skipped::Wrong),
        Ok(Recorded::Digest { .. }) if is_byte_code(&row.path) || is_of_installers(&row.path) => {
            return Comparison::Skipped(Skipped::Unhashed);
        }
        Ok(Recorded::Digest { sha256, size }) => (Digest::from(*sha256), *size),
        Ok(_) => return Comparison::Skipped(Skipped::Unhashed),
    };
    let finding = |state: FindingState, reason: Option<String>| {
        Comparison::Finding(FindingReport {
            path: row.path.clone(),
            state,
            expected: Some(expected),
            found: None,
            patches: Vec::new(),
            names: None,
            repairs: Vec::new(),
            reason,
        })
    };
    let (path, is_cached) = match bounds.place(&row.path) {
        Place::Inside(path) => (path, false),
        Place::Cached(path) => (path, true),
        Place::Outside => return Comparison::Skipped(Skipped::Outside),
        Place::Absent => return finding(FindingState::Missing, None),
        Place::LeadsAway(to) => {
            let to = to.display();
            let reason =
                format!("a link leads out of the environment, to `{to}`, and was not followed");
            return finding(FindingState::Unreadable, Some(reason));
        }
        Place::Unknown(reason) => return finding(FindingState::Unreadable, Some(reason)),
    };
    match content(&path, &row.path, contents) {
        Ok(Content::Binary(found)) if size.is_none_or(|size| size == found) => {
            Comparison::Skipped(Skipped::Binary)
        }
        Ok(Content::Binary(found)) => {
            let size = size.unwrap_or_default();
            let reason = format!("it has {found} bytes, expected {size}");
            finding(FindingState::Modified, Some(reason))
        }
        Ok(Content::Digest(found, _)) if found == expected => Comparison::AsRecorded,
        // conda puts the prefix of the environment into scripts, after `RECORD` was written.
        Ok(Content::Digest(..)) if bounds.is_conda() && row.path.starts_with("../") => {
            Comparison::Skipped(Skipped::Wrong)
        }
        Ok(Content::Digest(found, names)) => Comparison::Finding(FindingReport {
            path: row.path.clone(),
            state: FindingState::Modified,
            expected: Some(expected),
            found: Some(found),
            patches: Vec::new(),
            names: Some(names).filter(|names| *names > 1),
            repairs: Vec::new(),
            reason: is_cached.then(|| "it is a link into uv's cache".to_owned()),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            finding(FindingState::Missing, None)
        }
        Err(error) => finding(FindingState::Unreadable, Some(error.to_string())),
    }
}

/// What was read of a file.
enum Content {
    /// Its digest, and how many names it has.
    Digest(Digest, u64),
    /// Only its size.
    Binary(u64),
}

fn content(path: &Path, name: &str, contents: Contents) -> io::Result<Content> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_file() {
        // Opening a pipe would wait for its other end.
        return Err(io::Error::other(
            "expected a regular file, found something else",
        ));
    }
    let is_text_only = contents == Contents::Text;
    if is_text_only && is_binary_name(name) {
        return Ok(Content::Binary(metadata.len()));
    }
    let mut file = fs::File::open(path)?;
    if is_text_only {
        let mut start = Vec::new();
        (&mut file).take(START).read_to_end(&mut start)?;
        if is_binary_start(&start) {
            return Ok(Content::Binary(metadata.len()));
        }
        file.rewind()?;
    }
    Ok(Content::Digest(Digest::of_all(file)?, names(&metadata)))
}

/// How many names a file has; one where the platform does not tell.
#[cfg(unix)]
fn names(metadata: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(not(unix))]
fn names(_: &std::fs::Metadata) -> u64 {
    1
}

/// Whether Python writes the file itself.
pub(super) fn is_byte_code(path: &str) -> bool {
    let extension = Path::new(path).extension();
    let is_compiled = extension.is_some_and(|extension| extension == "pyc" || extension == "pyo");
    is_compiled || path.split('/').any(|part| part == "__pycache__")
}

/// Whether a file is one of metadata in which installers write how they installed, and that tools of a system write anew.
fn is_of_installers(path: &str) -> bool {
    const NAMES: [&str; 4] = ["INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"];
    let Some((directory, name)) = path.split_once('/') else {
        return false;
    };
    directory.ends_with(".dist-info") && NAMES.contains(&name)
}

/// Whether the row of a file is wrong in the wheel itself, so that the file never is what `RECORD` says.
///
/// Of `METADATA` in torch's wheels for Windows, 1.8.0 to 1.12.1: its digest is that of another version of the text
/// (seen by reading the wheels on PyPI).
pub(super) fn is_known_wrong(distribution: &Distribution, path: &str) -> bool {
    let range = VersionRange::parse(">=1.8,<1.13");
    normalize(&distribution.name) == "torch"
        && path.ends_with(".dist-info/METADATA")
        && range.is_ok_and(|range| range.contains(&distribution.version))
}
