//! The Python of the environment, and its pip.

use std::path::PathBuf;

use torch_patch_env::Environment;

use crate::context::Context;
use crate::diagnosis::{DoctorFinding, Level, Topic};
use crate::shell::shell_word;

pub(super) fn findings(context: &Context) -> Vec<DoctorFinding> {
    let environment = context.environment();
    vec![python(environment), pip(environment)]
}

fn python(environment: &Environment) -> DoctorFinding {
    let finding = |level, message: String| DoctorFinding::new(Topic::Python, level, message);
    match (&environment.python, interpreter(environment)) {
        (Some(version), Some(python)) => {
            finding(Level::Ok, format!("Python {version} is `{}`", python.display()))
        }
        (Some(version), None) => finding(Level::Ok, format!("Python {version}")),
        (None, Some(python)) => finding(
            Level::Note,
            format!("Python `{}`, of an unknown version", python.display()),
        ),
        (None, None) => finding(Level::Note, "which Python this is for is not known".to_owned())
            .means("the directory of packages was named, and not its Python; `--python` and `--env` name that"),
    }
}

fn pip(environment: &Environment) -> DoctorFinding {
    let finding = |level, message: String| DoctorFinding::new(Topic::Pip, level, message);
    let python = word(interpreter(environment));
    match environment.distribution("pip") {
        Ok(pip) => match &environment.externally_managed {
            None => finding(Level::Ok, format!("pip {}", pip.version)),
            Some(file) => finding(
                Level::Note,
                format!("pip {} is kept out by `{}`", pip.version, file.display()),
            )
            .means("the system's own packages are here (PEP 668): what pip installs belongs in an environment")
            .helped_by(format!("{python} -m venv .venv")),
        },
        Err(error) if error.is_distribution_not_found() => {
            finding(Level::Note, "there is no pip here".to_owned())
                .means("environments of uv have none: `uv pip install` installs into them")
                .helped_by(format!("{python} -m ensurepip"))
        }
        Err(error) => finding(Level::Attention, error.to_string())
            .helped_by(format!("{python} -m ensurepip --upgrade")),
    }
}

/// The Python that runs in the environment, as far as the files tell.
pub(super) fn interpreter(environment: &Environment) -> Option<PathBuf> {
    if let Some(python) = &environment.interpreter {
        return Some(python.clone());
    }
    let prefix = environment.prefix.as_ref()?;
    let places = if cfg!(windows) {
        ["Scripts/python.exe", "python.exe", "bin/python.exe"]
    } else {
        ["bin/python", "bin/python3", "python"]
    };
    let mut found = places.iter().map(|place| prefix.join(place));
    found.find(|python| python.is_file())
}

/// The command that installs something here: pip's where there is one, else uv's.
pub(super) fn install(environment: &Environment, what: &str) -> String {
    let python = word(interpreter(environment));
    if environment.distribution("pip").is_ok() {
        format!("{python} -m pip install {what}")
    } else {
        format!("uv pip install --python {python} {what}")
    }
}

/// The Python as a word of a command line.
fn word(python: Option<PathBuf>) -> String {
    let python = python.unwrap_or_else(|| PathBuf::from("python"));
    shell_word(&python.display().to_string())
}
