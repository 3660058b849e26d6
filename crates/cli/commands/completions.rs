//! `torch-patch completions`.

use std::fmt::Write as _;

use clap::builder::PossibleValue;
use clap::{Command, CommandFactory};
use clap_complete::Shell;

use crate::args::{Arguments, Completions};
use crate::ui::Ui;

pub(super) fn run(completions: &Completions, ui: &mut Ui) -> u8 {
    let mut script = Vec::new();
    // In English, whatever the language: not every shell reads a script as UTF-8.
    let mut command = Arguments::command();
    clap_complete::generate(completions.shell, &mut command, "torch-patch", &mut script);
    let script = String::from_utf8_lossy(&script);
    match completions.shell {
        Shell::Bash => ui.data(&with_one_spelling(&script)),
        Shell::Fish => ui.data(&(script.into_owned() + &positional_values(&command))),
        _ => ui.data(&script),
    }
    0
}

/// The script for bash, in which the hyphen of the program's name is spelled in one way. As it is generated, what is
/// set is not what is looked for, so that nothing is completed after a command
/// ([clap#6421](https://github.com/clap-rs/clap/issues/6421)).
fn with_one_spelling(script: &str) -> String {
    script.replace("torch__subcmd__patch", "torch__patch")
}

/// What the script for fish lacks: the values of arguments that have no name, as in `completions bash`.
fn positional_values(program: &Command) -> String {
    let mut lines = String::new();
    for command in program.get_subcommands() {
        for argument in command.get_positionals() {
            let values = argument.get_possible_values();
            let names: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
            if !names.is_empty() {
                // Writing into a string does not fail.
                let _ = writeln!(
                    lines,
                    "complete -c torch-patch -n \"__fish_torch_patch_using_subcommand {}\" -f -a \"{}\"",
                    command.get_name(),
                    names.join(" ")
                );
            }
        }
    }
    lines
}
