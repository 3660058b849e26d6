//! What the error says: one line, what was expected before what was found.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::ask::InterpreterFailure;
use crate::error::EnvErrorKind;
use crate::source::Source;

impl fmt::Display for EnvErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&message(self))
    }
}

fn message(kind: &EnvErrorKind) -> String {
    match kind {
        EnvErrorKind::NoEnvironment {
            cwd,
            searched,
            unusable,
        } => no_environment(cwd, searched, unusable),
        EnvErrorKind::NoneUnder { directories } => {
            format!("no Python environment is below {}", list(directories))
        }
        EnvErrorKind::Missing {
            source,
            path,
            expected,
        } => {
            format!(
                "{}: expected {expected}, found nothing",
                named(source, path)
            )
        }
        EnvErrorKind::NotAnEnvironment {
            source,
            path,
            expected,
        } => {
            format!(
                "{} is no Python environment: expected {expected}",
                named(source, path)
            )
        }
        EnvErrorKind::NotOnPath { name } => format!("`--python {name}` is not on `PATH`"),
        EnvErrorKind::AmbiguousPython {
            source,
            prefix,
            versions,
        } => several_pythons(source, prefix, &versions.join(", ")),
        EnvErrorKind::Interpreter { source, failure } => format!("`{source}`: {failure}"),
        EnvErrorKind::DistributionNotFound {
            name,
            source,
            site_packages,
            ..
        } => {
            let looked = list(site_packages);
            format!(
                "`{name}` is not installed in the environment from `{source}`, looked in {looked}"
            )
        }
        EnvErrorKind::EditableInstall {
            name,
            evidence,
            location,
        } => {
            let of = location
                .as_ref()
                .map(|location| format!(" of `{location}`"))
                .unwrap_or_default();
            format!(
                "`{name}` is an editable install{of}, as `{}` says",
                evidence.display()
            )
        }
        EnvErrorKind::ZippedInstall { name, path } => {
            format!("`{name}` is installed as the zip file `{}`", path.display())
        }
        EnvErrorKind::NotInstalled { name, path } => {
            format!(
                "Python imports `{name}` from `{}`, which is no installed package: expected its metadata or a `version.py`",
                path.display()
            )
        }
        EnvErrorKind::AmbiguousDistribution { name, candidates } => {
            format!(
                "`{name}` is recorded several times in one directory: {}",
                list(candidates)
            )
        }
        EnvErrorKind::VersionUnknown { name, path } => {
            format!(
                "the version of `{name}` is unknown: expected `Version` in `{}`",
                path.display()
            )
        }
        EnvErrorKind::RecordMalformed { path, line, reason } => {
            format!(
                "`{}` has the damaged row `{line}`: {reason}",
                path.display()
            )
        }
        EnvErrorKind::Unreadable {
            purpose, reason, ..
        } => format!("failed to {purpose}: {reason}"),
    }
}

fn several_pythons(source: &Source, prefix: &Path, versions: &str) -> String {
    match source {
        Source::Poetry(_) => {
            format!("poetry has several environments for the project, of Python {versions}")
        }
        source => format!(
            "{} has several versions of Python: {versions}",
            named(source, prefix)
        ),
    }
}

fn no_environment(cwd: &Path, searched: &[Source], unusable: &[InterpreterFailure]) -> String {
    let places: Vec<&str> = searched
        .iter()
        .map(|source| match source {
            Source::Launcher => "by the launcher `py`",
            Source::Registry => "in the registry",
            _ => "on `PATH`",
        })
        .collect();
    let (python, end) = if unusable.is_empty() {
        ("`python3` or `python`", String::new())
    } else {
        let unusable: Vec<String> = unusable.iter().map(ToString::to_string).collect();
        ("usable Python", format!(": {}", unusable.join("; ")))
    };
    format!(
        "no Python environment: `VIRTUAL_ENV` and `CONDA_PREFIX` are not set, no `.venv` in `{}` or above, \
         no {python} {}{end}",
        cwd.display(),
        places.join(" or ")
    )
}

/// What the error is about, with where it comes from.
fn named(source: &Source, path: &Path) -> String {
    match source {
        Source::DotVenv(_)
        | Source::Pixi(_)
        | Source::Poetry(_)
        | Source::Path
        | Source::Launcher
        | Source::Registry => {
            format!("`{}`", path.display())
        }
        source => format!("`{source}` `{}`", path.display()),
    }
}

fn list(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths
        .iter()
        .map(|path| format!("`{}`", path.display()))
        .collect();
    paths.join(", ")
}
