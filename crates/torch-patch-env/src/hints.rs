//! What a user can do about an error, apart from the message.

use std::path::Path;

use crate::error::EnvErrorKind;
use crate::source::Source;

pub(crate) fn hints(kind: &EnvErrorKind) -> Vec<String> {
    match kind {
        EnvErrorKind::NoEnvironment { .. } => {
            vec!["activate the environment, or name it with `--env PREFIX` or `--python INTERPRETER`".to_owned()]
        }
        EnvErrorKind::NoneUnder { .. } => vec![
            "an environment has `pyvenv.cfg`, `conda-meta`, or a Python with its site-packages; \
             a directory of packages alone is named with `--site-packages`"
                .to_owned(),
        ],
        EnvErrorKind::Missing { source, .. } => match unset(source).as_slice() {
            [] => vec![format!(
                "check the path; without `{source}` the environment is searched for"
            )],
            hints => hints.to_vec(),
        },
        EnvErrorKind::NotAnEnvironment { source, path, .. } => other_option(source, path)
            .into_iter()
            .chain(unset(source))
            .collect(),
        EnvErrorKind::NotOnPath { name } => {
            vec![format!(
                "give the path of the interpreter, such as `--python ./{name}`"
            )]
        }
        EnvErrorKind::AmbiguousPython {
            source: Source::Poetry(prefix),
            ..
        } => {
            vec![format!(
                "name the environment, such as `--env {}`, or choose one with `poetry env use`",
                prefix.display()
            )]
        }
        EnvErrorKind::AmbiguousPython {
            prefix, versions, ..
        } => versions
            .last()
            .map(|version| {
                format!(
                    "name the interpreter, such as `--python {}`",
                    interpreter(prefix, version)
                )
            })
            .into_iter()
            .collect(),
        EnvErrorKind::Interpreter { .. } => {
            vec!["name the directory that the packages are in with `--site-packages`, no interpreter is run then".to_owned()]
        }
        EnvErrorKind::DistributionNotFound {
            name,
            source,
            near,
            remains,
            ..
        } => not_found(name, source, near, remains.first().map(AsRef::as_ref)),
        EnvErrorKind::EditableInstall { name, .. } => {
            vec![
                "edit the working copy itself, its version control undoes it".to_owned(),
                format!("or install a build: `pip install {name}`, then it can be patched"),
            ]
        }
        EnvErrorKind::ZippedInstall { name, .. } => vec![format!(
            "reinstall it unpacked: `pip install --force-reinstall {name}`"
        )],
        EnvErrorKind::NotInstalled { path, .. } => vec![format!(
            "rename or move `{}`, or take the directory that it is in off `PYTHONPATH`",
            path.display()
        )],
        EnvErrorKind::AmbiguousDistribution { name, .. } => vec![format!(
            "uninstall it until none is left, then install it anew: `pip uninstall {name}`, `pip install {name}`"
        )],
        EnvErrorKind::VersionUnknown { name, .. } => vec![format!(
            "reinstall it: `pip install --force-reinstall {name}`"
        )],
        EnvErrorKind::RecordMalformed { .. } => vec!["reinstall the distribution".to_owned()],
        EnvErrorKind::Unreadable { .. } => Vec::new(),
    }
}

/// Says how to get rid of a variable that leads nowhere.
fn unset(source: &Source) -> Vec<String> {
    match source {
        Source::UvProject => {
            vec![
                "run `uv sync`, which makes it, or name another environment with `--env`"
                    .to_owned(),
            ]
        }
        Source::VirtualEnv | Source::CondaPrefix => {
            vec![format!(
                "unset `{source}`, or name the environment with `--env`, which comes first"
            )]
        }
        Source::DotVenv(path) => {
            vec![format!(
                "create `{}` anew, or name another environment with `--env`",
                path.display()
            )]
        }
        _ => Vec::new(),
    }
}

/// Says which option takes what was given to this one.
fn other_option(source: &Source, path: &Path) -> Option<String> {
    let shown = path.display();
    let name = path.file_name()?.to_str()?;
    match source {
        Source::EnvOption if matches!(name, "site-packages" | "dist-packages") => Some(format!(
            "a directory of packages is named with `--site-packages {shown}`"
        )),
        Source::EnvOption if matches!(name, "bin" | "Scripts") => Some(format!(
            "the prefix is the directory above: `--env {}`",
            path.parent()?.display()
        )),
        Source::EnvOption if has_packages(path) => Some(format!(
            "packages are installed right in it, as by `pip install --target`: `--site-packages {shown}`"
        )),
        Source::EnvOption if name.starts_with("python") => {
            Some(format!("an interpreter is named with `--python {shown}`"))
        }
        Source::PythonOption => Some(format!(
            "the prefix of an environment is named with `--env {shown}`"
        )),
        _ => None,
    }
}

/// Whether a directory has metadata of installed packages.
fn has_packages(directory: &Path) -> bool {
    let mut entries = fs_err::read_dir(directory).into_iter().flatten().flatten();
    entries.any(|entry| {
        let name = entry.file_name();
        Path::new(&name)
            .extension()
            .is_some_and(|extension| extension == "dist-info")
    })
}

fn interpreter(prefix: &Path, version: &str) -> String {
    prefix
        .join("bin")
        .join(format!("python{version}"))
        .display()
        .to_string()
}

fn not_found(name: &str, source: &Source, near: &[String], remains: Option<&Path>) -> Vec<String> {
    let near = near
        .iter()
        .map(|near| format!("`{near}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let similar = (!near.is_empty()).then(|| format!("similar names there: {near}"));
    let remains = remains.map(|remains| {
        format!(
            "`{}` is a leftover without its package: `pip install --force-reinstall {name}`",
            remains.display()
        )
    });
    let named = matches!(
        source,
        Source::SitePackagesOption
            | Source::EnvOption
            | Source::EnvsUnderOption
            | Source::PythonOption
    );
    let elsewhere = (!named).then(|| {
        "if it is in another environment, name that with `--env` or `--python`".to_owned()
    });
    [similar, remains, elsewhere]
        .into_iter()
        .flatten()
        .collect()
}
