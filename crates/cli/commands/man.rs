//! `torch-patch man`.

use std::path::Path;

use anyhow::anyhow;
use clap::{Command, CommandFactory};

use crate::args::{Arguments, Man};
use crate::failure::Usage;
use crate::language::translated;
use crate::manual::{name, page};
use crate::ui::Ui;

pub(super) fn run(man: &Man, ui: &mut Ui) -> anyhow::Result<u8> {
    let mut program = translated(Arguments::command()).disable_help_subcommand(true);
    // Global options and the usage line of each command are only put in by a build.
    program.build();
    if let Some(directory) = &man.output {
        fs_err::create_dir_all(directory)?;
        let count = write(&program, directory)?;
        ui.note(&format!(
            "wrote {count} manual pages into `{}`",
            directory.display()
        ));
        return Ok(0);
    }
    let command = match &man.command {
        None => &program,
        Some(name) => {
            let found = program.find_subcommand(name);
            found.ok_or_else(|| Usage(anyhow!("there is no command `{name}`")))?
        }
    };
    ui.data(&page(command)?);
    Ok(0)
}

/// Writes the page of a command and those of its own commands; tells how many there are.
fn write(command: &Command, directory: &Path) -> anyhow::Result<usize> {
    let file = directory.join(format!("{}.1", name(command)));
    fs_err::write(file, page(command)?)?;
    let own = command.get_subcommands();
    let own = own.filter(|own| own.get_name() != "help");
    own.map(|own| write(own, directory))
        .sum::<anyhow::Result<usize>>()
        .map(|count| count + 1)
}
