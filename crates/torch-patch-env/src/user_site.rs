//! The user site: packages of one user, before those of the system (PEP 370).

use std::path::{Path, PathBuf};

use crate::discover::Probe;
use crate::system::System;
use crate::version::PythonVersion;

/// The user site of the Python of `version` in `prefix`, if it exists and is not switched off.
pub(crate) fn of(probe: &Probe<'_>, version: PythonVersion, prefix: &Path) -> Option<PathBuf> {
    existing(probe, directory(probe, version, prefix)?)
}

/// `directory`, if it exists and the user site is not switched off.
pub(crate) fn existing(probe: &Probe<'_>, directory: PathBuf) -> Option<PathBuf> {
    let is_on = !probe.surroundings.python_no_user_site && probe.tree.is_directory(&directory);
    is_on.then_some(directory)
}

/// Works it out as `site.py` does. Framework builds of macOS have a base per version and leave the version out below it.
fn directory(probe: &Probe<'_>, version: PythonVersion, prefix: &Path) -> Option<PathBuf> {
    let (system, surroundings) = (probe.tree.system(), probe.surroundings);
    let given = surroundings
        .python_user_base
        .as_ref()
        .map(|base| probe.tree.absolute(&surroundings.cwd, base));
    let home = surroundings.home.as_deref();
    if system == System::Windows {
        let app_data = surroundings.app_data.as_deref().or(home)?;
        let base = given.unwrap_or_else(|| system.join(app_data, &["Python"]));
        return Some(system.join(&base, &[&version.windows_directory(), "site-packages"]));
    }
    if system == System::Macos && is_framework(prefix) {
        let base = given
            .or_else(|| Some(system.join(home?, &["Library/Python", &version.to_string()])))?;
        return Some(system.join(&base, &["lib/python/site-packages"]));
    }
    let base = given.or_else(|| Some(system.join(home?, &[".local"])))?;
    Some(system.join(&base, &["lib", &version.directory(), "site-packages"]))
}

fn is_framework(prefix: &Path) -> bool {
    let text = prefix.to_string_lossy();
    text.split('/')
        .any(|part| part.starts_with("Python") && part.ends_with(".framework"))
}
