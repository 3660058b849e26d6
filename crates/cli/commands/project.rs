//! What the commands about project files have in common.

use std::path::PathBuf;

use clap::Args;
use torch_patch::{Error, Project};

use crate::process;

/// Which project file is meant.
#[derive(Debug, Args)]
pub(crate) struct ProjectOption {
    /// The project file, or the directory it is in; without it, the nearest one from here upwards
    #[arg(long, value_name = "PATH")]
    pub(crate) project: Option<PathBuf>,
}

impl ProjectOption {
    /// Finds the project file.
    pub(super) fn find(&self) -> anyhow::Result<Project> {
        let found = match &self.project {
            Some(path) => Project::read(&absolute(path)?),
            None => Project::find(&process::surroundings()?.cwd),
        };
        Ok(found?)
    }

    /// Finds the project file, or the place for one.
    pub(super) fn find_or_new(&self) -> Result<Project, anyhow::Error> {
        let start = process::surroundings()?.cwd;
        let found: Result<Project, Error> = match &self.project {
            Some(path) => Project::named_or_new(&absolute(path)?),
            None => Project::find_or_new(&start),
        };
        Ok(found?)
    }
}

fn absolute(path: &std::path::Path) -> anyhow::Result<PathBuf> {
    Ok(process::surroundings()?.cwd.join(path))
}

/// Takes a name that `torch-patch run` does not use itself.
pub(crate) fn owner(name: &str) -> Result<String, String> {
    let is_printable = |letter: char| !letter.is_control();
    if name.trim().is_empty() || !name.chars().all(is_printable) {
        return Err("expected a name, found nothing that can be shown".to_owned());
    }
    if name.starts_with("run:") {
        return Err("names that begin with `run:` belong to `torch-patch run`".to_owned());
    }
    Ok(name.to_owned())
}
