//! The `torch-patch` command.
//!
//! Architecture invariant: this crate reads the process and talks to the user, and decides nothing
//! that a caller of the library would have to decide as well.

mod ansible;
mod args;
mod cache_directory;
mod commands;
mod failure;
mod fleet;
mod formats;
mod imp;
mod index_settings;
mod language;
mod manual;
mod output_file;
mod process;
mod session;
mod text;
mod ui;
mod uv_caches;
mod window;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::args::Arguments;
use crate::ui::Ui;

fn main() -> ExitCode {
    let words = process::arguments();
    if let Some(arguments) = ansible::arguments(&words) {
        return ansible::run(&arguments);
    }
    language::choose(language::asked_for(&words));
    let is_window = window::closes_at_the_end();
    // Nobody is left to tell if the window is closed.
    let code = if is_window && words.len() <= 1 {
        let _ = window::explain();
        ExitCode::SUCCESS
    } else {
        run(&words)
    };
    if is_window {
        let _ = window::wait();
    }
    code
}

fn run(words: &[OsString]) -> ExitCode {
    let arguments = match Arguments::read(words) {
        Ok(arguments) => arguments,
        Err(error) => return failure::usage(&error, words),
    };
    language::choose(arguments.options.lang);
    let mut ui = Ui::new(&arguments.options);
    let command = arguments.command.name();
    let code = match commands::run(&arguments, &mut ui) {
        Ok(code) => code,
        Err(error) => failure::report(&error, command, &mut ui),
    };
    ExitCode::from(ui.finish(code))
}
