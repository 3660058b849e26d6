//! From a prefix to its packages: virtual environments, conda environments and installed Pythons.

use std::path::{Path, PathBuf};

use crate::discover::Probe;
use crate::environment::{Kind, Layout, SitePackages};
use crate::error::{EnvError, EnvErrorKind};
use crate::interpreter::home_of;
use crate::layout::{self, Installed, installed};
use crate::system::System;
use crate::tree::Tree;
use crate::user_site;
use crate::venv::VenvConfig;
use crate::version::PythonVersion;

/// An environment whose directories have not been put into order yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) prefix: PathBuf,
    pub(crate) layout: Layout,
    pub(crate) version: Option<PythonVersion>,
    /// Its own directories.
    pub(crate) own: Vec<SitePackages>,
    /// The user site, if it counts here and exists.
    pub(crate) user: Option<PathBuf>,
    /// Those of the Python below it, if they count here.
    pub(crate) base: Vec<SitePackages>,
}

impl Found {
    pub(crate) fn installed(probe: &Probe<'_>, installed: Installed) -> Self {
        let Installed {
            prefix,
            layout,
            version,
            site_packages,
        } = installed;
        let user = version.and_then(|version| user_site::of(probe, version, &prefix));
        Self {
            prefix,
            layout,
            version,
            own: site_packages,
            user,
            base: Vec::new(),
        }
    }
}

/// Finds the environment at `prefix`.
pub(crate) fn environment_at(probe: &Probe<'_>, prefix: &Path) -> Result<Found, EnvError> {
    if is_venv(probe.tree, prefix) {
        return venv(probe, prefix);
    }
    let version = version_at(probe, prefix)?;
    let found = installed(probe.tree, prefix, version);
    if found.site_packages.is_empty() {
        return Err(no_environment(probe, prefix, &wanted(probe.tree.system())));
    }
    Ok(Found::installed(probe, found))
}

pub(crate) fn is_venv(tree: &dyn Tree, prefix: &Path) -> bool {
    tree.is_file(&tree.system().join(prefix, &["pyvenv.cfg"]))
}

/// Reads a virtual environment. The Python below it is looked at only if its packages count.
pub(crate) fn venv(probe: &Probe<'_>, prefix: &Path) -> Result<Found, EnvError> {
    let tree = probe.tree;
    let config = tree
        .text(&tree.system().join(prefix, &["pyvenv.cfg"]))
        .map(|text| VenvConfig::parse(&text));
    let config = config.unwrap_or_default();
    let version = config
        .version
        .or_else(|| only(&layout::versions(tree, prefix)));
    let mut found = Found {
        prefix: prefix.to_owned(),
        layout: Layout::Venv,
        version,
        own: layout::own(tree, prefix, version),
        user: None,
        base: Vec::new(),
    };
    if found.own.is_empty() {
        return Err(no_environment(
            probe,
            prefix,
            &own_directory(tree.system(), version),
        ));
    }
    if config.includes_system {
        let base = base(tree, &config).ok_or_else(|| no_base(probe, prefix, &config))?;
        found.user = version
            .or(base.version)
            .and_then(|version| user_site::of(probe, version, &base.prefix));
        found.base = base
            .site_packages
            .into_iter()
            .map(|site| SitePackages {
                kind: Kind::Base,
                ..site
            })
            .collect();
    }
    Ok(found)
}

/// The Python that a virtual environment was made with.
fn base(tree: &dyn Tree, config: &VenvConfig) -> Option<Installed> {
    let home = config.home.as_deref()?;
    let versioned = config.version.map(PythonVersion::directory);
    let names: Vec<String> = match tree.system() {
        System::Windows => vec!["python.exe".to_owned()],
        _ => versioned
            .into_iter()
            .chain(["python3".to_owned(), "python".to_owned()])
            .collect(),
    };
    let by_interpreter = names
        .iter()
        .find_map(|name| home_of(tree, &tree.system().join(home, &[name])));
    by_interpreter.or_else(|| {
        let prefix = config.base_prefix.as_deref()?;
        Some(installed(tree, prefix, config.version)).filter(|base| !base.site_packages.is_empty())
    })
}

/// The version of Python at `prefix` that is no virtual environment.
fn version_at(probe: &Probe<'_>, prefix: &Path) -> Result<Option<PythonVersion>, EnvError> {
    let tree = probe.tree;
    if layout::is_conda(tree, prefix) {
        let version = layout::conda_version(tree, prefix);
        return version
            .map(Some)
            .ok_or_else(|| no_environment(probe, prefix, "the package `python` in `conda-meta`"));
    }
    if tree.system() == System::Windows {
        return Ok(layout::windows_version(tree, prefix));
    }
    let versions = layout::versions(tree, prefix);
    match versions[..] {
        [] | [_] => Ok(only(&versions)),
        _ => match linked_version(tree, prefix).filter(|version| versions.contains(version)) {
            Some(version) => Ok(Some(version)),
            None => Err(ambiguous(probe, prefix, &versions)),
        },
    }
}

/// The version that `bin/python3` or `bin/python` of the prefix leads to.
fn linked_version(tree: &dyn Tree, prefix: &Path) -> Option<PythonVersion> {
    ["bin/python3", "bin/python"]
        .iter()
        .find_map(|interpreter| {
            let real = tree.resolved(&tree.system().join(prefix, &[interpreter]));
            tree.system()
                .name(&real)
                .and_then(|name| PythonVersion::from_name(&name))
        })
}

fn only(versions: &[PythonVersion]) -> Option<PythonVersion> {
    match versions {
        [version] => Some(*version),
        _ => None,
    }
}

fn wanted(system: System) -> String {
    let own = own_directory(system, None);
    format!("`pyvenv.cfg`, `conda-meta` or {own}")
}

fn own_directory(system: System, version: Option<PythonVersion>) -> String {
    match (system, version) {
        (System::Windows, _) => r"`Lib\site-packages`".to_owned(),
        (_, Some(version)) => format!("`lib/{}/site-packages`", version.directory()),
        (_, None) => "`lib/python3.X/site-packages`".to_owned(),
    }
}

fn no_base(probe: &Probe<'_>, prefix: &Path, config: &VenvConfig) -> EnvError {
    let home = config.home.as_deref().unwrap_or(Path::new("?")).display();
    no_environment(
        probe,
        prefix,
        &format!("the Python it was made with in `{home}`, as its `pyvenv.cfg` says"),
    )
}

fn no_environment(probe: &Probe<'_>, prefix: &Path, expected: &str) -> EnvError {
    let (source, expected) = (probe.source.clone(), expected.to_owned());
    EnvErrorKind::NotAnEnvironment {
        source,
        path: prefix.to_owned(),
        expected,
    }
    .into()
}

fn ambiguous(probe: &Probe<'_>, prefix: &Path, versions: &[PythonVersion]) -> EnvError {
    let versions = versions.iter().map(ToString::to_string).collect();
    EnvErrorKind::AmbiguousPython {
        source: probe.source.clone(),
        prefix: prefix.to_owned(),
        versions,
    }
    .into()
}
