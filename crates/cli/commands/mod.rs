//! The commands, one file each. Each returns the exit code of a request that was fulfilled.

mod add;
mod apply;
mod cache;
mod check;
mod completions;
mod diff;
mod doctor;
mod env;
mod explain;
mod list;
mod man;
mod project;
mod record;
mod remove;
mod restore;
mod revert;
mod run;
mod show;
mod status;
mod sync;
mod try_release;
mod verify;

pub(crate) use add::Add;
pub(crate) use check::version_range;
pub(crate) use diff::diffs;
pub(crate) use doctor::Doctor;
pub(crate) use env::rows;
pub(crate) use explain::Explain;
pub(crate) use project::owner;
pub(crate) use record::Record;
pub(crate) use remove::Remove;
pub(crate) use restore::Restore;
pub(crate) use run::Run;
pub(crate) use sync::Sync;
pub(crate) use verify::Verify;

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
        Command::Sync(sync) => sync.run(options, ui),
        Command::Add(add) => add.run(options, ui),
        Command::Remove(remove) => remove.run(options, ui),
        Command::Run(run) => run.run(options, ui),
        Command::Explain(explain) => explain.run(options, ui),
        Command::Env(_) => env::run(options, ui),
        Command::Doctor(doctor) => doctor.run(options, ui),
        Command::Check(check) => check::run(check, options, ui),
        Command::Try(words) => try_release::run(words, options, ui),
        Command::Verify(words) => verify::run(words, options, ui),
        Command::Restore(words) => restore::run(words, options, ui),
        Command::Record(words) => record::run(words, options, ui),
        Command::Cache(words) => cache::run(words, ui),
        Command::Completions(completions) => Ok(completions::run(completions, ui)),
        Command::Man(man) => man::run(man, ui),
    }
}
