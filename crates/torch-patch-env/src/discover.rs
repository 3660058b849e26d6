//! The order in which an environment is looked for: options, variables, the project's own, `PATH`, and on Windows the
//! launcher and the registry.
//!
//! What an option or a variable names is meant: if it leads nowhere, that is an error which names it, and nothing else is
//! tried. The same holds for a `.venv` directory. Only interpreters that do not run are passed over, as the shims of pyenv
//! and the placeholders of the Store are often on `PATH` without a Python behind them.

use std::iter;
use std::path::{Path, PathBuf};

use crate::ask::InterpreterFailure;
use crate::environment::{Environment, Kind, Layout, SitePackages};
use crate::error::{EnvError, EnvErrorKind};
use crate::interpreter::{environment_of, why_not_run};
use crate::layout;
use crate::prefix::{environment_at, is_venv};
use crate::project;
use crate::registry;
use crate::request::{Request, Surroundings};
use crate::search_path::{interpreters, runnable};
use crate::source::Source;
use crate::sys_path::environment;
use crate::system::System;
use crate::tree::{Disk, Tree};
use crate::venv::VenvConfig;
use crate::version::PythonVersion;

/// Finds the environment that `request` and `surroundings` lead to.
///
/// # Errors
///
/// If what is named does not exist or is no environment, or if nothing is named and there is no Python.
pub fn discover(request: &Request, surroundings: &Surroundings) -> Result<Environment, EnvError> {
    discover_in(
        &Disk {
            cwd: &surroundings.cwd,
            timeout: surroundings.interpreter_timeout,
        },
        request,
        surroundings,
    )
}

/// Where something is looked for, and on whose behalf.
pub(crate) struct Probe<'a> {
    pub(crate) tree: &'a dyn Tree,
    pub(crate) surroundings: &'a Surroundings,
    pub(crate) source: Source,
}

pub(crate) fn discover_in(
    tree: &dyn Tree,
    request: &Request,
    surroundings: &Surroundings,
) -> Result<Environment, EnvError> {
    let probe = |source| Probe {
        tree,
        surroundings,
        source,
    };
    if let Some(directory) = &request.site_packages {
        return given(&probe(Source::SitePackagesOption), directory);
    }
    if let Some(prefix) = &request.env {
        return named_prefix(&probe(Source::EnvOption), prefix);
    }
    if let Some(prefix) = &request.found {
        return named_prefix(&probe(Source::EnvsUnderOption), prefix);
    }
    if let Some(interpreter) = &request.python {
        return named_interpreter(&probe(Source::PythonOption), interpreter);
    }
    if let Some(prefix) = &surroundings.virtual_env {
        return named_prefix(&probe(Source::VirtualEnv), prefix);
    }
    if let Some(prefix) = &surroundings.conda_prefix {
        return named_prefix(&probe(Source::CondaPrefix), prefix);
    }
    if let Some((source, prefix)) = project::environment(tree, surroundings)? {
        return named_prefix(&probe(source), &prefix);
    }
    on_path(tree, surroundings)
}

fn named_prefix(probe: &Probe<'_>, prefix: &Path) -> Result<Environment, EnvError> {
    let prefix = directory(probe, prefix)?;
    environment(probe, environment_at(probe, &prefix)?, None)
}

/// `path`, absolute, if it is a directory.
fn directory(probe: &Probe<'_>, path: &Path) -> Result<PathBuf, EnvError> {
    let path = probe.tree.absolute(&probe.surroundings.cwd, path);
    if probe.tree.is_directory(&path) {
        return Ok(path);
    }
    let source = probe.source.clone();
    if probe.tree.is_file(&path) {
        return Err(EnvErrorKind::NotAnEnvironment {
            source,
            path,
            expected: "a directory".to_owned(),
        }
        .into());
    }
    Err(EnvErrorKind::Missing {
        source,
        path,
        expected: "a directory",
    }
    .into())
}

fn named_interpreter(probe: &Probe<'_>, interpreter: &Path) -> Result<Environment, EnvError> {
    let Probe {
        tree,
        surroundings,
        source,
    } = probe;
    let found = if tree.system().has_directory(interpreter) {
        let path = tree.absolute(&surroundings.cwd, interpreter);
        if tree.is_directory(&path) {
            let expected = "an interpreter".to_owned();
            return Err(EnvErrorKind::NotAnEnvironment {
                source: source.clone(),
                path,
                expected,
            }
            .into());
        }
        let missing = || EnvErrorKind::Missing {
            source: source.clone(),
            path: path.clone(),
            expected: "an interpreter",
        };
        runnable(*tree, surroundings, &path).ok_or_else(missing)?
    } else {
        let name = interpreter.to_string_lossy();
        // What is no Python is an error only if there is nothing else.
        interpreters(*tree, surroundings, &[&name])
            .min_by_key(|path| why_not_run(*tree, path).is_some())
            .ok_or_else(|| EnvErrorKind::NotOnPath {
                name: name.clone().into_owned(),
            })?
    };
    environment(probe, environment_of(probe, &found, &[])?, Some(found))
}

fn on_path(tree: &dyn Tree, surroundings: &Surroundings) -> Result<Environment, EnvError> {
    let searches: &[(Source, &[&str], &[&str])] = match tree.system() {
        System::Windows => &[
            (Source::Path, &["python", "python3"], &[]),
            (Source::Launcher, &["py"], &["-3"]),
        ],
        _ => &[(Source::Path, &["python3", "python"], &[])],
    };
    let on_path = searches.iter().flat_map(|(source, names, arguments)| {
        let found = interpreters(tree, surroundings, names);
        found.map(move |interpreter| (source.clone(), interpreter, *arguments))
    });
    let registered = iter::once_with(|| registry::interpreters(tree)).flatten();
    let registered = registered.map(|interpreter| (Source::Registry, interpreter, &[][..]));
    let mut unusable: Vec<InterpreterFailure> = Vec::new();
    for (source, interpreter, arguments) in on_path.chain(registered) {
        let probe = Probe {
            tree,
            surroundings,
            source,
        };
        let interpreter = tree.absolute(&surroundings.cwd, &interpreter);
        match environment_of(&probe, &interpreter, arguments) {
            Ok(found) => return environment(&probe, found, Some(interpreter)),
            Err(error) => unusable.push(interpreter_failure(error)?),
        }
    }
    let places = searches.iter().map(|(source, ..)| source.clone());
    let registry = (tree.system() == System::Windows).then_some(Source::Registry);
    Err(EnvErrorKind::NoEnvironment {
        cwd: surroundings.cwd.clone(),
        searched: places.chain(registry).collect(),
        unusable,
    }
    .into())
}

fn interpreter_failure(error: EnvError) -> Result<InterpreterFailure, EnvError> {
    match error.kind() {
        EnvErrorKind::Interpreter { failure, .. } => Ok(failure.clone()),
        _ => Err(error),
    }
}

/// The environment that is one directory and nothing else.
fn given(probe: &Probe<'_>, path: &Path) -> Result<Environment, EnvError> {
    let path = directory(probe, path)?;
    let prefix = prefix_of(probe.tree, &path);
    let version = prefix.as_ref().and_then(|(_, version)| *version);
    Ok(Environment {
        site_packages: vec![SitePackages {
            path,
            kind: Kind::Given,
        }],
        source: probe.source.clone(),
        layout: Layout::Directory,
        prefix: prefix.map(|(prefix, _)| prefix),
        interpreter: None,
        python: version.map(|version| version.to_string()),
        externally_managed: None,
        working_directory: None,
    })
}

/// The prefix and the version that the path of a site-packages directory tells.
fn prefix_of(tree: &dyn Tree, site: &Path) -> Option<(PathBuf, Option<PythonVersion>)> {
    let system = tree.system();
    let parent = system.parent(site)?;
    let name = system.name(&parent)?;
    let prefix = match system {
        System::Windows => system.parent(&parent)?,
        _ => system.parent(&system.parent(&parent)?)?,
    };
    let named = PythonVersion::from_name(&name);
    if named.is_some() || !is_venv(tree, &prefix) && !layout::is_conda(tree, &prefix) {
        return named.map(|version| (prefix, Some(version)));
    }
    let config = tree
        .text(&system.join(&prefix, &["pyvenv.cfg"]))
        .map(|text| VenvConfig::parse(&text));
    let version = config
        .and_then(|config| config.version)
        .or_else(|| layout::conda_version(tree, &prefix));
    Some((prefix, version))
}
