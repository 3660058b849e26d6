//! `torch-patch man`.

use anyhow::{Context as _, anyhow};
use clap::CommandFactory;

use crate::args::{Arguments, Man};
use crate::failure::Usage;
use crate::language::translated;
use crate::ui::Ui;

pub(super) fn run(man: &Man, ui: &mut Ui) -> anyhow::Result<u8> {
    let mut program = translated(Arguments::command());
    // Global options and the usage line of each command are only put in by a build.
    program.build();
    let command = match &man.command {
        None => program,
        Some(name) => {
            let found = program.find_subcommand(name);
            found
                .cloned()
                .ok_or_else(|| Usage(anyhow!("there is no command `{name}`")))?
        }
    };
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(command).render(&mut page);
    rendered.context("failed to write the manual page")?;
    ui.data(&String::from_utf8_lossy(&page));
    Ok(0)
}
