//! The commands, one file each. Each returns the exit code of a request that was fulfilled.

mod apply;
mod completions;
mod diff;
mod env;
mod list;
mod man;
mod revert;
mod show;
mod status;

use crate::args::{Arguments, Command};
use crate::ui::Ui;

/// Runs the command that was asked for.
pub(crate) fn run(arguments: &Arguments, ui: &mut Ui) -> anyhow::Result<u8> {
    let options = &arguments.options;
    match &arguments.command {
        Command::List(_) => list::run(options, ui),
        Command::Show(show) => show::run(show, options, ui),
        Command::Diff(diff) => diff::run(diff, options, ui),
        Command::Apply(apply) => apply::run(apply, options, ui),
        Command::Status(status) => status::run(status, options, ui),
        Command::Revert(revert) => revert::run(revert, options, ui),
        Command::Env(_) => env::run(options, ui),
        Command::Completions(completions) => Ok(completions::run(completions, ui)),
        Command::Man(man) => man::run(man, ui),
    }
}
