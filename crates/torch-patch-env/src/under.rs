//! Every environment below a directory, by what is on disk: virtual environments, those of conda, installed Pythons.
//!
//! No link is followed, and nothing is looked for inside of what was found, but for `envs` of an installation of conda and
//! of a version of pyenv (<https://github.com/pyenv/pyenv-virtualenv>). No interpreter is run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err as fs;

use crate::error::{EnvError, EnvErrorKind};
use crate::layout;
use crate::source::Source;
use crate::system::System;
use crate::tree::{Disk, Tree};

/// What is below a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Under {
    /// The prefixes of the environments, sorted.
    pub environments: Vec<PathBuf>,
    /// The directories that could not be read, in which there may be more.
    pub unreadable: Vec<EnvError>,
}

/// Finds every environment below `directory`, which may be one itself.
///
/// # Errors
///
/// If `directory` is none.
pub fn environments_under(directory: &Path) -> Result<Under, EnvError> {
    if !directory.is_dir() {
        return Err(EnvErrorKind::Missing {
            source: Source::EnvsUnderOption,
            path: directory.to_owned(),
            expected: "a directory",
        }
        .into());
    }
    let mut under = Under::default();
    let mut waiting = vec![directory.to_owned()];
    while let Some(directory) = waiting.pop() {
        match Listing::read(&directory) {
            Ok(listing) => waiting.extend(below(directory, listing, &mut under.environments)),
            Err(error) => under.unreadable.push(error),
        }
    }
    under.environments.sort();
    under
        .unreadable
        .sort_by_key(std::string::ToString::to_string);
    Ok(under)
}

/// Takes `directory` if it is an environment; returns where to go on.
fn below(directory: PathBuf, listing: Listing, found: &mut Vec<PathBuf>) -> Vec<PathBuf> {
    let is_conda = listing.has("conda-meta");
    let is_venv = listing.has("pyvenv.cfg");
    let has_others = is_conda || !is_venv && is_installed(&directory, &listing);
    let is_own = is_venv || has_others;
    let next = listing.directories.into_iter();
    let next = next.filter(|name| !is_own || has_others && name == OsStr::new("envs"));
    let next = next.map(|name| directory.join(name)).collect();
    // One of conda need not have a Python; what else is broken is told by whoever works in it.
    if is_own && (!is_conda || layout::conda_version(&disk(&directory), &directory).is_some()) {
        found.push(directory);
    }
    next
}

/// The names in a directory.
struct Listing {
    all: Vec<std::ffi::OsString>,
    /// Without links.
    directories: Vec<std::ffi::OsString>,
}

impl Listing {
    fn read(directory: &Path) -> Result<Self, EnvError> {
        let unreadable = |error| EnvError::unreadable(directory, "look for environments", &error);
        let mut listing = Self {
            all: Vec::new(),
            directories: Vec::new(),
        };
        for entry in fs::read_dir(directory).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            // The type of the entry itself, links not followed; what is gone meanwhile has none.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                listing.directories.push(entry.file_name());
            }
            listing.all.push(entry.file_name());
        }
        Ok(listing)
    }

    fn has(&self, name: &str) -> bool {
        self.all.iter().any(|own| own == name)
    }
}

/// Whether a directory has a Python with its packages.
fn is_installed(prefix: &Path, listing: &Listing) -> bool {
    if System::host() == System::Windows {
        let library = prefix.join("Lib/site-packages");
        return listing.has("python.exe") && library.is_dir();
    }
    let is_python = |name: &str| name == "python3" || name.starts_with("python3.");
    let disk = disk(prefix);
    (listing.has("lib") || listing.has("lib64"))
        && !disk.names(&prefix.join("bin"), &is_python).is_empty()
        && !layout::versions(&disk, prefix).is_empty()
}

fn disk(cwd: &Path) -> Disk<'_> {
    Disk {
        cwd,
        timeout: Duration::ZERO,
    }
}
