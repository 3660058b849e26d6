//! Where an installed Python keeps its packages: the directories below a prefix, in the order of `sys.path`.
//!
//! The facts are those of `site.py` and of the distributors' changes to it: Debian's `dist-packages` with its
//! `local/lib` first, the Red Hat family's `local/lib64` and `local/lib` before the system's own.

use std::path::{Path, PathBuf};

use crate::environment::{Kind, Layout, SitePackages};
use crate::system::System;
use crate::tree::Tree;
use crate::version::PythonVersion;

/// An installed Python and its directories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Installed {
    pub(crate) prefix: PathBuf,
    pub(crate) layout: Layout,
    pub(crate) version: Option<PythonVersion>,
    pub(crate) site_packages: Vec<SitePackages>,
}

/// Describes the Python of `version` in `prefix`.
pub(crate) fn installed(
    tree: &dyn Tree,
    prefix: &Path,
    version: Option<PythonVersion>,
) -> Installed {
    let described = |layout, version, site_packages| Installed {
        prefix: prefix.to_owned(),
        layout,
        version,
        site_packages,
    };
    if is_conda(tree, prefix) {
        let version = version.or_else(|| conda_version(tree, prefix));
        return described(Layout::Conda, version, own(tree, prefix, version));
    }
    let debian = version
        .map(|version| debian(tree, prefix, version))
        .unwrap_or_default();
    if !debian.is_empty() {
        return described(Layout::Debian, version, debian);
    }
    let mut site_packages = version
        .map(|version| red_hat(tree, prefix, version))
        .unwrap_or_default();
    site_packages.extend(own(tree, prefix, version));
    described(Layout::Prefix, version, site_packages)
}

/// The `site-packages` below `prefix`, those that exist.
pub(crate) fn own(
    tree: &dyn Tree,
    prefix: &Path,
    version: Option<PythonVersion>,
) -> Vec<SitePackages> {
    if tree.system() == System::Windows {
        return existing(tree, prefix, &[("Lib/site-packages", Kind::Purelib)]);
    }
    let builds = version.into_iter().flat_map(PythonVersion::builds);
    builds
        .map(|build| own_of_build(tree, prefix, build))
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

fn own_of_build(tree: &dyn Tree, prefix: &Path, build: PythonVersion) -> Vec<SitePackages> {
    let below = |lib: &str| format!("{lib}/{}/site-packages", build.directory());
    let purelib = existing(tree, prefix, &[(&below("lib"), Kind::Purelib)]);
    if tree.link(&tree.system().join(prefix, &["lib64"])).is_some() {
        return purelib;
    }
    let mut found = existing(tree, prefix, &[(&below("lib64"), Kind::Platlib)]);
    found.extend(purelib);
    found
}

fn debian(tree: &dyn Tree, prefix: &Path, version: PythonVersion) -> Vec<SitePackages> {
    if !tree.is_directory(&tree.system().join(prefix, &["lib/python3/dist-packages"])) {
        return Vec::new();
    }
    let directory = version.directory();
    let own = [
        &format!("local/lib/{directory}/dist-packages"),
        "lib/python3/dist-packages",
        &format!("lib/{directory}/dist-packages"),
    ];
    existing(tree, prefix, &own.map(|own| (own, Kind::DistPackages)))
}

/// What comes before the system's own where the standard library is in `lib64`.
fn red_hat(tree: &dyn Tree, prefix: &Path, version: PythonVersion) -> Vec<SitePackages> {
    let directory = version.directory();
    let is_usr = prefix.as_os_str() == "/usr";
    if !is_usr || !tree.is_file(&tree.system().join(prefix, &["lib64", &directory, "os.py"])) {
        return Vec::new();
    }
    let platlib = format!("local/lib64/{directory}/site-packages");
    let purelib = format!("local/lib/{directory}/site-packages");
    existing(
        tree,
        prefix,
        &[(&platlib, Kind::Platlib), (&purelib, Kind::Purelib)],
    )
}

fn existing(tree: &dyn Tree, prefix: &Path, below: &[(&str, Kind)]) -> Vec<SitePackages> {
    let paths = below.iter().map(|(path, kind)| SitePackages {
        path: tree.system().join(prefix, &[path]),
        kind: *kind,
    });
    paths
        .filter(|found| tree.is_directory(&found.path))
        .collect()
}

/// Tells whether `prefix` is a conda environment.
pub(crate) fn is_conda(tree: &dyn Tree, prefix: &Path) -> bool {
    tree.is_directory(&tree.system().join(prefix, &["conda-meta"]))
}

/// The version of the package `python` in a conda environment.
pub(crate) fn conda_version(tree: &dyn Tree, prefix: &Path) -> Option<PythonVersion> {
    let is_python = |name: &str| PythonVersion::from_conda(name).is_some();
    let records = tree.names(&tree.system().join(prefix, &["conda-meta"]), &is_python);
    PythonVersion::from_conda(records.first()?)
}

/// The version of Windows' library in `prefix`, such as `python310.dll`.
pub(crate) fn windows_version(tree: &dyn Tree, prefix: &Path) -> Option<PythonVersion> {
    let version = |name: &str| PythonVersion::from_library(&name.to_ascii_lowercase());
    version(
        tree.names(prefix, &|name| version(name).is_some())
            .first()?,
    )
}

/// The versions that have a directory of packages below `prefix`, sorted.
pub(crate) fn versions(tree: &dyn Tree, prefix: &Path) -> Vec<PythonVersion> {
    let is_python = |name: &str| PythonVersion::from_name(name).is_some();
    let libraries =
        ["lib", "lib64"].map(|lib| tree.names(&tree.system().join(prefix, &[lib]), &is_python));
    let mut found: Vec<PythonVersion> = libraries
        .iter()
        .flatten()
        .filter_map(|name| PythonVersion::from_name(name))
        .collect();
    found.sort_unstable();
    found.dedup();
    found.retain(|version| {
        !installed(tree, prefix, Some(*version))
            .site_packages
            .is_empty()
    });
    found
}

/// Tells whether the standard library of `version` is below `prefix`.
pub(crate) fn has_standard_library(tree: &dyn Tree, prefix: &Path, version: PythonVersion) -> bool {
    let landmark = |lib: &str| {
        tree.system()
            .join(prefix, &[lib, &version.directory(), "os.py"])
    };
    tree.is_file(&landmark("lib")) || tree.is_file(&landmark("lib64"))
}
