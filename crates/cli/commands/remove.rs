//! `torch-patch remove`.

use clap::Args;
use torch_patch::{Command, Error, Project, names_file};

use super::add::tell;
use super::project::ProjectOption;
use crate::args::Options;
use crate::session::catalogue;
use crate::ui::Ui;

/// Take patches off the list of the project file
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch remove gloo-windows
  torch-patch remove ./patches/my-fix.toml

Comments and layout stay. The environment is left as it is: `torch-patch sync`
takes out what the file does not name any more.")]
pub(crate) struct Remove {
    /// The patches
    #[arg(value_name = "ID|FILE.toml", required = true)]
    patches: Vec<String>,
    #[command(flatten)]
    project: ProjectOption,
}

impl Remove {
    pub(super) fn run(&self, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
        let catalogue = catalogue(options)?;
        let mut project = self.project.find()?;
        let mut entries = Vec::with_capacity(self.patches.len());
        for word in &self.patches {
            let entry = entry(&project, word)?;
            let is_known = names_file(word) || catalogue.find(word).is_some();
            if !is_known && !project.patches().contains(&entry.as_str()) {
                return Err(Error::unknown_patch(&catalogue, word).into());
            }
            entries.push(entry);
        }
        let mut lines = Vec::new();
        for entry in &entries {
            let path = project.path().display().to_string();
            lines.push(if project.remove(entry)? {
                format!("removed `{entry}` from `{path}`")
            } else {
                format!("`{entry}` is not in `{path}`")
            });
        }
        tell(Command::Remove, &project, &lines, ui)
    }
}

/// The patch as the file names it: a path is the same however it is written.
fn entry(project: &Project, word: &str) -> anyhow::Result<String> {
    if !names_file(word) || project.patches().contains(&word) {
        return Ok(word.to_owned());
    }
    let path = crate::process::surroundings()?.cwd.join(word);
    let named = project.entry_for(&path).map(str::to_owned);
    Ok(named.unwrap_or_else(|| project.entry_of(&path)))
}
