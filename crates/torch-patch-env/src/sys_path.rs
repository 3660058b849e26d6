//! From what was found to an environment: its directories in the order of `sys.path`, each of them once.
//!
//! `PYTHONPATH` comes first, then a virtual environment's own, the user site before the system's, and after each of these
//! what its `.pth` files add. `site.py` does not read `.pth` files in the directories of `PYTHONPATH`.

use std::iter;
use std::path::{Path, PathBuf};

use crate::discover::Probe;
use crate::environment::{Environment, Kind, Layout, SitePackages};
use crate::error::{EnvError, EnvErrorKind};
use crate::path_files;
use crate::prefix::Found;
use crate::system::System;
use crate::tree::Tree;
use crate::version::PythonVersion;

/// Describes the environment that was found, by `interpreter` if one led to it.
pub(crate) fn environment(
    probe: &Probe<'_>,
    found: Found,
    interpreter: Option<PathBuf>,
) -> Result<Environment, EnvError> {
    let user = found.user.map(|path| SitePackages {
        path,
        kind: Kind::User,
    });
    let ordered: Vec<SitePackages> = match found.layout {
        Layout::Venv => found
            .own
            .into_iter()
            .chain(user)
            .chain(found.base)
            .collect(),
        _ => user.into_iter().chain(found.own).collect(),
    };
    if ordered.is_empty() {
        let (source, path) = (probe.source.clone(), found.prefix);
        let expected = "a directory that packages are in".to_owned();
        return Err(EnvErrorKind::NotAnEnvironment {
            source,
            path,
            expected,
        }
        .into());
    }
    let version = found.version;
    let externally_managed = (found.layout != Layout::Venv)
        .then(|| externally_managed(probe.tree, &found.prefix, version))
        .flatten();
    Ok(Environment {
        site_packages: expanded(probe, ordered),
        source: probe.source.clone(),
        layout: found.layout,
        prefix: Some(found.prefix),
        interpreter,
        python: version.map(|version| version.to_string()),
        externally_managed,
        working_directory: working_directory(probe),
    })
}

/// Where Python looks first if it is started with `-c`, `-m` or a script there; nowhere with `PYTHONSAFEPATH`.
pub(crate) fn working_directory(probe: &Probe<'_>) -> Option<PathBuf> {
    let surroundings = probe.surroundings;
    (!surroundings.python_safe_path).then(|| surroundings.cwd.clone())
}

/// Puts `PYTHONPATH` before, adds what `.pth` files add, and drops what is there already under another name.
fn expanded(probe: &Probe<'_>, ordered: Vec<SitePackages>) -> Vec<SitePackages> {
    let tree = probe.tree;
    let added = |path, kind| SitePackages { path, kind };
    let with_added = ordered.into_iter().flat_map(|site| {
        let files = path_files::directories(tree, &site.path);
        iter::once(site).chain(files.into_iter().map(|path| added(path, Kind::PathFile)))
    });
    let mut seen = Vec::new();
    let is_new = |site: &SitePackages| {
        let identity = tree.identity(&site.path);
        let is_new = !seen.contains(&identity);
        seen.push(identity);
        is_new
    };
    python_path(probe)
        .map(|path| added(path, Kind::PythonPath))
        .chain(with_added)
        .filter(is_new)
        .collect()
}

/// The directories of `PYTHONPATH` that exist.
fn python_path<'p>(probe: &'p Probe<'_>) -> impl Iterator<Item = PathBuf> + 'p {
    let (tree, surroundings) = (probe.tree, probe.surroundings);
    let listed = surroundings.python_path.iter();
    let absolute = listed.map(|path| tree.absolute(&surroundings.cwd, path));
    absolute.filter(|path| tree.is_directory(path))
}

/// The file that keeps pip out of an installed Python (PEP 668): beside its standard library.
fn externally_managed(
    tree: &dyn Tree,
    prefix: &Path,
    version: Option<PythonVersion>,
) -> Option<PathBuf> {
    const NAME: &str = "EXTERNALLY-MANAGED";
    let directory = version.map(PythonVersion::directory);
    let mut places = match tree.system() {
        System::Windows => vec![tree.system().join(prefix, &["Lib", NAME])],
        _ => ["lib", "lib64"]
            .iter()
            .filter_map(|lib| {
                Some(
                    tree.system()
                        .join(prefix, &[lib, directory.as_ref()?, NAME]),
                )
            })
            .collect(),
    };
    places.retain(|path| tree.is_file(path));
    places.into_iter().next()
}
