//! From what a user calls a file to the file of a distribution.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use fs_err as fs;
use torch_patch_env::{Distribution, Recorded};
use torch_patch_store::{Digest, RelativePath, Store};

use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::records::look;
use crate::restore::unlocated::Unlocated;
use crate::verify::straight;

/// A file of a distribution.
#[derive(Debug)]
pub(super) struct Located {
    /// Relative to the site-packages directory of `distribution`.
    pub(super) path: RelativePath,
    pub(super) distribution: Distribution,
}

/// Finds the file that is called `word`, and the site-packages directory that it is in.
///
/// A relative path is taken from `cwd` if that leads to a file of a distribution, and else from each site-packages
/// directory.
pub(super) fn locate(
    context: &Context,
    word: &Path,
    cwd: &Path,
) -> Result<(PathBuf, Located), Error> {
    let sites: Vec<&Path> = context
        .environment()
        .site_packages
        .iter()
        .map(|site| site.path.as_path())
        .collect();
    let mut is_inside = false;
    for place in places(word, cwd, &sites) {
        for site in &sites {
            let Some(path) = path_below(site, &place) else {
                continue;
            };
            is_inside |= word.is_absolute() || fs::symlink_metadata(&place).is_ok();
            if let Some(distribution) = owner(context, site, &path)? {
                let located = Located { path, distribution };
                return Ok(((*site).to_owned(), located));
            }
        }
    }
    Err(ErrorKind::Unlocated(Unlocated::Unowned {
        file: word.to_owned(),
        site_packages: sites.into_iter().map(Path::to_owned).collect(),
        is_inside,
    })
    .into())
}

/// The files below a site-packages directory that are meant by `word`, the likeliest first.
pub(crate) fn paths_below(site: &Path, word: &Path, cwd: &Path) -> Vec<RelativePath> {
    let places = places(word, cwd, &[site]);
    let paths = places.iter().filter_map(|place| path_below(site, place));
    paths.collect()
}

/// The absolute paths that are meant, the likeliest first.
fn places(word: &Path, cwd: &Path, sites: &[&Path]) -> Vec<PathBuf> {
    let bases = std::iter::once(&cwd).chain(sites);
    let mut places: Vec<PathBuf> = bases.map(|base| straight(&base.join(word))).collect();
    places.dedup();
    places
}

/// The path relative to `site`, if it is below it: by its words, or once links in both are resolved.
fn path_below(site: &Path, place: &Path) -> Option<RelativePath> {
    let by_words = place.strip_prefix(site).ok().and_then(relative);
    by_words.or_else(|| {
        let real = real(place)?;
        relative(real.strip_prefix(fs::canonicalize(site).ok()?).ok()?)
    })
}

/// The path with the links in the directories on the way resolved. The file need not be there, and if it is a link, that
/// is what is meant.
fn real(place: &Path) -> Option<PathBuf> {
    let mut rest: Vec<OsString> = vec![place.file_name()?.to_owned()];
    let mut directory = place.parent()?;
    loop {
        if let Ok(found) = fs::canonicalize(directory) {
            return Some(rest.iter().rev().fold(found, |path, part| path.join(part)));
        }
        rest.push(directory.file_name()?.to_owned());
        directory = directory.parent()?;
    }
}

fn relative(path: &Path) -> Option<RelativePath> {
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    RelativePath::new(&parts?.join("/")).ok()
}

/// The distribution that a file belongs to, by `RECORD` or by what is recorded of patches on it.
fn owner(
    context: &Context,
    site: &Path,
    path: &RelativePath,
) -> Result<Option<Distribution>, Error> {
    let owners = context.environment().owners(site, path.as_str())?;
    if owners.len() > 1 {
        return one_of(owners, site, path).map(Some);
    }
    if let Some(owner) = owners.into_iter().next() {
        return Ok(Some(owner));
    }
    let store = Store::new(site.to_owned());
    let recorded = look(&store, |records, _| {
        let entry = records.ledger().files.get(path);
        Ok(entry.map(|entry| entry.distribution.clone()))
    })?;
    let Some(name) = recorded else {
        return Ok(None);
    };
    let distribution = context.environment().distribution(&name)?;
    Ok(Some(distribution).filter(|found| found.site_packages == site))
}

/// Of several distributions that bring the same file: any, if they bring the same bytes, else the one whose bytes are
/// there.
fn one_of(
    owners: Vec<Distribution>,
    site: &Path,
    path: &RelativePath,
) -> Result<Distribution, Error> {
    let mut digests = Vec::with_capacity(owners.len());
    for owner in &owners {
        digests.push(match owner.recorded(path.as_str())? {
            Recorded::Digest { sha256, .. } => Some(Digest::from(sha256)),
            _ => None,
        });
    }
    let present = Store::new(site.to_owned()).target(path)?;
    let present = present.map(|target| target.digest);
    let is_same = digests.iter().all(|digest| *digest == digests[0]);
    let chosen = match digests.iter().position(|digest| *digest == present) {
        Some(chosen) => Some(chosen),
        None => is_same.then_some(0),
    };
    let names = || owners.iter().map(|owner| owner.name.clone()).collect();
    let Some(chosen) = chosen else {
        return Err(ErrorKind::Unlocated(Unlocated::Shared {
            file: path.as_str().to_owned(),
            distributions: names(),
        })
        .into());
    };
    let mut owners = owners;
    Ok(owners.swap_remove(chosen))
}
