//! From the name that a diff or a user gives a file to its path in site-packages.

use std::path::Path;

use torch_patch_env::{Distribution, Recorded};
use torch_patch_store::RelativePath;

use super::refusal::RecordRefusal;
use crate::error::Error;
use crate::records::Records;
use crate::restore::paths_below;

/// How many directories are taken from the start of a name at most.
const DEEPEST: usize = 60;

/// Finds the file that one of `names` means: the name itself, or what is left of it without some of its first
/// directories, as `a/torch/x.py` of git and an absolute path have them.
///
/// # Errors
///
/// No file of the distribution ends so.
pub(super) fn existing(
    records: &Records<'_>,
    distribution: &Distribution,
    names: &[&str],
) -> Result<RelativePath, Error> {
    for name in names {
        for path in tails(name) {
            if is_own(records, distribution, &path)? {
                return Ok(path);
            }
        }
    }
    Err(unknown(names, distribution))
}

/// Finds where a new file belongs: in a directory that has files of the distribution.
///
/// # Errors
///
/// It is in none.
pub(super) fn new(distribution: &Distribution, names: &[&str]) -> Result<RelativePath, Error> {
    for name in names {
        for path in tails(name) {
            if is_beside(distribution, &path)? {
                return Ok(path);
            }
        }
    }
    Err(unknown(names, distribution))
}

/// A file that somebody has named.
pub(super) enum Named {
    /// The distribution has brought it.
    Brought(RelativePath),
    /// It is none of the distribution's, and stands beside its files.
    Added(RelativePath),
}

/// Finds the file that a user means: from `cwd`, or from site-packages.
///
/// # Errors
///
/// It is neither the distribution's nor beside its files.
pub(super) fn named(
    records: &Records<'_>,
    distribution: &Distribution,
    word: &Path,
    cwd: &Path,
) -> Result<Named, Error> {
    let paths = paths_below(&distribution.site_packages, word, cwd);
    for path in &paths {
        if is_own(records, distribution, path)? {
            return Ok(Named::Brought(path.clone()));
        }
    }
    for path in &paths {
        if records.target(path)?.is_some() && is_beside(distribution, path)? {
            return Ok(Named::Added(path.clone()));
        }
    }
    Err(unknown(&[word.to_string_lossy().as_ref()], distribution))
}

/// Whether a file is in one of the distribution's packages.
fn is_beside(distribution: &Distribution, path: &RelativePath) -> Result<bool, Error> {
    let Some((directory, _)) = path.as_str().split_once('/') else {
        return Ok(false);
    };
    // A package has at least this one file.
    let package = format!("{directory}/__init__.py");
    let is_package = !matches!(distribution.recorded(&package)?, Recorded::NotListed);
    Ok(is_package && distribution.site_packages.join(directory).is_dir())
}

/// Whether the distribution has brought the file, or, where nothing tells that, it is there.
fn is_own(
    records: &Records<'_>,
    distribution: &Distribution,
    path: &RelativePath,
) -> Result<bool, Error> {
    Ok(match distribution.recorded(path.as_str())? {
        Recorded::Digest { .. } | Recorded::NoDigest => true,
        Recorded::NoRecord => path.as_str().contains('/') && records.target(path)?.is_some(),
        Recorded::NotListed => false,
    })
}

/// A name without none, one and more of its first directories.
fn tails(name: &str) -> impl Iterator<Item = RelativePath> {
    let name = name.replace('\\', "/");
    let starts = name.match_indices('/').map(|(at, _)| at + 1);
    let starts: Vec<usize> = std::iter::once(0).chain(starts).take(DEEPEST).collect();
    starts
        .into_iter()
        .filter_map(move |start| RelativePath::new(&name[start..]).ok())
}

fn unknown(names: &[&str], distribution: &Distribution) -> Error {
    RecordRefusal::UnknownFile {
        name: names.first().copied().unwrap_or_default().to_owned(),
        distribution: distribution.name.clone(),
    }
    .into()
}
