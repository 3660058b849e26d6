//! From an interpreter to its packages: by what lies beside it, as `CPython` finds its own prefix, and only where that does
//! not resolve by asking it.

use std::path::{Path, PathBuf};

use crate::ask::{Answer, InterpreterFailure};
use crate::discover::Probe;
use crate::environment::{Kind, Layout, SitePackages};
use crate::error::{EnvError, EnvErrorKind};
use crate::layout::{
    self, Installed, conda_version, has_standard_library, installed, is_conda, windows_version,
};
use crate::prefix::{self, Found};
use crate::search_path::has_extension;
use crate::system::System;
use crate::tree::Tree;
use crate::user_site;
use crate::version::PythonVersion;

/// Finds the environment that `interpreter` runs in. `arguments` come before those that ask it.
pub(crate) fn environment_of(
    probe: &Probe<'_>,
    interpreter: &Path,
    arguments: &[&str],
) -> Result<Found, EnvError> {
    if let Some(found) = by_layout(probe, interpreter)? {
        return Ok(found);
    }
    let failed = |failure| EnvErrorKind::Interpreter {
        source: probe.source.clone(),
        failure,
    };
    if let Some(reason) = why_not_run(probe.tree, interpreter) {
        let failure = InterpreterFailure {
            interpreter: interpreter.to_owned(),
            reason: reason.to_owned(),
            stderr: None,
        };
        return Err(failed(failure).into());
    }
    let answer = probe.tree.ask(interpreter, arguments).map_err(failed)?;
    if answer.executable.as_path() != interpreter
        && let Some(found) = by_layout(probe, &answer.executable)?
    {
        return Ok(found);
    }
    Ok(by_answer(probe, answer))
}

/// Says what a file is that has the name of an interpreter and is not run to ask it; Windows only.
///
/// Every Windows has aliases `python.exe` and `python3.exe` that open the Store. The packages of the Store's Pythons put
/// a directory beside them; without one there is no Python behind an alias. What an alias leads to cannot be read
/// without unsafe code. A batch file, such as pyenv's, would get the question through another interpreter, by whose
/// rules it cannot be quoted.
pub(crate) fn why_not_run(tree: &dyn Tree, interpreter: &Path) -> Option<&'static str> {
    const STORES: &str = "PythonSoftwareFoundation.Python.";
    let system = tree.system();
    if system != System::Windows {
        return None;
    }
    let is_named = |path: &Path, wanted: &str| {
        system
            .name(path)
            .is_some_and(|name| name.eq_ignore_ascii_case(wanted))
    };
    let name = system.name(interpreter)?;
    if [".bat", ".cmd"]
        .iter()
        .any(|extension| has_extension(&name, extension))
    {
        return Some("is a batch file, which is not run to ask it");
    }
    let directory = system.parent(interpreter)?;
    let is_alias = is_named(&directory, "WindowsApps")
        && is_named(&system.parent(&directory)?, "Microsoft")
        && tree
            .names(&directory, &|name| name.starts_with(STORES))
            .is_empty();
    is_alias.then_some("is a placeholder of the Microsoft Store, with no Python behind it")
}

/// The Python that `interpreter` belongs to, if the layout tells; virtual environments are not considered.
pub(crate) fn home_of(tree: &dyn Tree, interpreter: &Path) -> Option<Installed> {
    let system = tree.system();
    let real = tree.resolved(interpreter);
    if !tree.is_file(&real) || tree.is_script(&real) {
        return None;
    }
    let directory = system.parent(&real)?;
    if system == System::Windows {
        let version =
            conda_version(tree, &directory).or_else(|| windows_version(tree, &directory))?;
        let is_home = tree.is_file(&system.join(&directory, &["Lib/os.py"]));
        return is_home.then(|| installed(tree, &directory, Some(version)));
    }
    let prefix = without_merge(tree, system.parent(&directory)?);
    let named = system
        .name(&real)
        .and_then(|name| PythonVersion::from_name(&name));
    let version = named.or_else(|| only_version(tree, &prefix))?;
    has_standard_library(tree, &prefix, version).then(|| installed(tree, &prefix, Some(version)))
}

fn by_layout(probe: &Probe<'_>, interpreter: &Path) -> Result<Option<Found>, EnvError> {
    if let Some(prefix) = venv_of(probe.tree, interpreter) {
        return prefix::venv(probe, &prefix).map(Some);
    }
    Ok(home_of(probe.tree, interpreter).map(|installed| Found::installed(probe, installed)))
}

/// The virtual environment of `interpreter`, links not followed: `pyvenv.cfg` is beside it or one directory above.
fn venv_of(tree: &dyn Tree, interpreter: &Path) -> Option<PathBuf> {
    let beside = tree.system().parent(interpreter)?;
    let above = tree.system().parent(&beside);
    [Some(beside), above]
        .into_iter()
        .flatten()
        .find(|prefix| prefix::is_venv(tree, prefix))
}

/// `/bin` is a link to `/usr/bin` on most systems; Python says `/usr` there.
fn without_merge(tree: &dyn Tree, prefix: PathBuf) -> PathBuf {
    if prefix.as_os_str() == "/" && tree.is_directory(Path::new("/usr/lib")) {
        "/usr".into()
    } else {
        prefix
    }
}

fn only_version(tree: &dyn Tree, prefix: &Path) -> Option<PythonVersion> {
    if is_conda(tree, prefix) {
        return conda_version(tree, prefix);
    }
    match layout::versions(tree, prefix)[..] {
        [version] => Some(version),
        _ => None,
    }
}

fn by_answer(probe: &Probe<'_>, answer: Answer) -> Found {
    let platlib = (answer.platlib != answer.purelib).then_some((answer.platlib, Kind::Platlib));
    let paths = platlib.into_iter().chain([(answer.purelib, Kind::Purelib)]);
    let own = paths
        .map(|(path, kind)| SitePackages { path, kind })
        .filter(|own| probe.tree.is_directory(&own.path));
    let has_user_site = answer.prefix == answer.base_prefix;
    Found {
        own: own.collect(),
        user: has_user_site
            .then(|| user_site::existing(probe, answer.user_site))
            .flatten(),
        base: Vec::new(),
        prefix: answer.prefix,
        layout: Layout::Asked,
        version: PythonVersion::parse(&answer.version),
    }
}
