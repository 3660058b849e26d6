//! `torch-patch add`.

use std::path::Path;

use clap::Args;
use torch_patch::{Catalogue, Command, Error, Project, Report, load_file, names_file};

use super::project::ProjectOption;
use crate::args::Options;
use crate::session::catalogue;
use crate::ui::{Format, Ui};

/// Put patches on the list of the project file
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch add gloo-windows
  torch-patch add ./patches/my-fix.toml

The list is `patches` in `torch-patch.toml`, or in the table `tool.torch-patch`
of `pyproject.toml`; it is made if there is none. Comments and layout stay. The
environment is left as it is: `torch-patch sync` brings it to what the file says.")]
pub(crate) struct Add {
    /// The patches
    #[arg(value_name = "ID|FILE.toml", required = true)]
    patches: Vec<String>,
    #[command(flatten)]
    project: ProjectOption,
}

impl Add {
    pub(super) fn run(&self, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
        let catalogue = catalogue(options)?;
        let mut project = self.project.find_or_new()?;
        let mut entries = Vec::with_capacity(self.patches.len());
        for word in &self.patches {
            entries.push(entry(&project, &catalogue, word)?);
        }
        let mut lines = Vec::new();
        for entry in &entries {
            let path = project.path().display().to_string();
            lines.push(if project.add(entry)? {
                format!("added `{entry}` to `{path}`")
            } else {
                format!("`{entry}` is in `{path}` already")
            });
        }
        tell(Command::Add, &project, &lines, ui)
    }
}

/// The patch as the file is to name it, after a look at whether there is such a patch.
fn entry(project: &Project, catalogue: &Catalogue, word: &str) -> anyhow::Result<String> {
    if !names_file(word) {
        return match catalogue.find(word) {
            Some(found) => {
                found.map_err(Error::from)?;
                Ok(word.to_owned())
            }
            None => Err(Error::unknown_patch(catalogue, word).into()),
        };
    }
    load_file(Path::new(word))?;
    Ok(project.entry_of(&crate::process::surroundings()?.cwd.join(word)))
}

/// Says what became of the file.
pub(super) fn tell(
    command: Command,
    project: &Project,
    lines: &[String],
    ui: &mut Ui,
) -> anyhow::Result<u8> {
    if ui.format == Format::Json {
        let mut report = Report::bare(command);
        report.project = Some(project.report());
        ui.json(&report)?;
        return Ok(0);
    }
    for line in lines {
        ui.result(line);
    }
    ui.hint("`torch-patch sync` brings the environment to what the file says");
    Ok(0)
}
