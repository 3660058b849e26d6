//! Pythons that an installer has registered on Windows ([PEP 514](https://peps.python.org/pep-0514/)).

use std::cmp::Reverse;
use std::path::PathBuf;

use crate::system::System;
use crate::tree::Tree;
use crate::version::PythonVersion;

/// What the registry says of one Python: the key `Software\Python\<company>\<tag>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Registered {
    /// Who has made it, such as `PythonCore` or `ContinuumAnalytics`.
    pub(crate) company: String,
    /// Which one of theirs it is, such as `3.11` or `3.11-32`.
    pub(crate) tag: String,
    /// `SysVersion`.
    pub(crate) version: Option<String>,
    /// The default value of `InstallPath`.
    pub(crate) prefix: Option<PathBuf>,
    /// `ExecutablePath` of `InstallPath`.
    pub(crate) executable: Option<PathBuf>,
}

/// The company of python.org, whose Pythons come first, as with the launcher.
const CORE: &str = "PythonCore";
/// The company of the launcher, which is reserved and has no Python.
const LAUNCHER: &str = "PyLauncher";

/// The interpreters that are registered and there, the one to take first: those of python.org before others, newer
/// before older, 64 bits before 32. A user's own come before those of the machine, and hide those of the same tag.
pub(crate) fn interpreters(tree: &dyn Tree) -> Vec<PathBuf> {
    let mut found: Vec<Registered> = Vec::new();
    for registered in tree.registered() {
        let is_same = |other: &Registered| {
            other.company.eq_ignore_ascii_case(&registered.company)
                && other.tag.eq_ignore_ascii_case(&registered.tag)
        };
        if !registered.company.eq_ignore_ascii_case(LAUNCHER) && !found.iter().any(is_same) {
            found.push(registered);
        }
    }
    found.sort_by_key(rank);
    let paths = found
        .into_iter()
        .filter_map(|registered| executable(tree.system(), registered));
    paths.filter(|path| tree.is_executable(path)).collect()
}

fn executable(system: System, registered: Registered) -> Option<PathBuf> {
    let beside = |prefix: PathBuf| system.join(&prefix, &["python.exe"]);
    registered.executable.or(registered.prefix.map(beside))
}

type Rank = (bool, Reverse<Option<PythonVersion>>, bool);

fn rank(registered: &Registered) -> Rank {
    let tag = registered.tag.as_str();
    let (named, suffix) = tag.split_once('-').unwrap_or((tag, ""));
    let version = PythonVersion::parse(named).or_else(|| {
        let version = registered.version.as_deref()?;
        PythonVersion::parse(version)
    });
    let is_other = !registered.company.eq_ignore_ascii_case(CORE);
    (is_other, Reverse(version), suffix == "32")
}
