//! Discovery on described file trees, so that every system's layouts are tested on each.
//!
//! A case is a list of lines, each a file (`/a/b`), a file with content (`/a/b = text`), a directory (`/a/b/`) or a link
//! (`/a/b -> c`), what is asked for, and what must be found: one line about the environment, then `kind path` for each
//! directory in the order of `sys.path`.

mod described;
mod linux;
mod macos;
mod order;
mod project;
mod windows;

use crate::discover::discover_in;
use crate::environment::Environment;
use crate::error::EnvError;
use crate::request::{Request, Surroundings};
use described::Described;

/// `--env PREFIX`.
fn env(prefix: &str) -> Request {
    Request {
        env: Some(prefix.into()),
        ..Request::default()
    }
}

/// `--python INTERPRETER`.
fn python(interpreter: &str) -> Request {
    Request {
        python: Some(interpreter.into()),
        ..Request::default()
    }
}

/// `--site-packages DIRECTORY`.
fn site_packages(directory: &str) -> Request {
    Request {
        site_packages: Some(directory.into()),
        ..Request::default()
    }
}

/// Surroundings on Unix: a working directory and a home.
fn unix() -> Surroundings {
    Surroundings {
        home: Some("/home/u".into()),
        ..Surroundings::new("/work/project")
    }
}

fn discover(
    tree: &Described,
    request: &Request,
    surroundings: &Surroundings,
) -> Result<Environment, EnvError> {
    discover_in(tree, request, surroundings)
}

/// What was found, a line each.
#[track_caller]
fn found(tree: &Described, request: &Request, surroundings: &Surroundings) -> Vec<String> {
    let environment = discover(tree, request, surroundings).unwrap();
    let python = environment.python.as_deref().unwrap_or("?");
    let prefix = environment
        .prefix
        .as_deref()
        .map_or("?".to_owned(), |prefix| prefix.display().to_string());
    let first = format!(
        "{} {} {python} {prefix}",
        environment.source,
        word(environment.layout)
    );
    let others = environment
        .site_packages
        .iter()
        .map(|site| format!("{} {}", word(site.kind), site.path.display()));
    std::iter::once(first).chain(others).collect()
}

/// The code and the message of the error.
#[track_caller]
fn failure(tree: &Described, request: &Request, surroundings: &Surroundings) -> (String, String) {
    let error = discover(tree, request, surroundings).unwrap_err();
    (error.code().to_owned(), error.to_string())
}

/// A closed enum as JSON has it.
fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value)
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}
