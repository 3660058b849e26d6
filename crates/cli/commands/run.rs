//! `torch-patch run`.

use std::ffi::OsString;
use std::io;

use anyhow::Context as _;
use clap::Args;
use torch_patch::{ApplyRequest, Context};

use crate::args::Options;
use crate::failure;
use crate::imp::Child;
use crate::session::{catalogue, context, ids};
use crate::text::outcome;
use crate::ui::{Ui, Verbosity};

/// What shells give for a program that is not there, and for one that cannot be run.
const NOT_FOUND: u8 = 127;
const NOT_RUNNABLE: u8 = 126;

/// Apply patches for as long as a command runs, then take them out again
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch run --with gloo-windows -- python train.py
  torch-patch run --with gloo-windows --with ./my-fix.toml -- torchrun --nproc-per-node 2 train.py

The exit code is that of the command (128 + N if signal N has ended it; 127 if it
is not there, 126 if it cannot be run). Only what this call has applied is taken
out: a patch that was there before stays, and one that another call needs stays
until that ends. If this program is killed, the next `torch-patch` command that
changes something here takes out what is left.")]
pub(crate) struct Run {
    /// A patch; may be given several times
    #[arg(long = "with", value_name = "ID|FILE.toml", required = true)]
    patches: Vec<String>,
    /// Apply patches whose risk is `unsafe` too
    #[arg(long)]
    accept_risk: bool,
    /// Fail with exit code 3 if a patch is not needed here
    #[arg(long)]
    strict: bool,
    /// The command and its arguments
    #[arg(
        value_name = "CMD",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    command: Vec<OsString>,
}

impl Run {
    pub(super) fn run(&self, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
        let mut catalogue = catalogue(options)?;
        let ids = ids(&mut catalogue, &self.patches)?;
        let context = context(options, catalogue, ui)?;
        let request = ApplyRequest {
            accept_risk: self.accept_risk,
            strict: self.strict,
            ..ApplyRequest::new(ids)
        };
        // Before anything is applied: from here on a signal ends the command, and not this program.
        let child = Child::prepare().context("failed to prepare for signals")?;
        let run = torch_patch::Run::begin(&context, &request, ui)?;
        if ui.verbosity == Verbosity::Verbose {
            let results = run.report().results.iter();
            for line in results.flat_map(outcome).collect::<Vec<_>>() {
                ui.detail(&line);
            }
        }
        let ended = child.run(&self.command);
        let taken_out = take_out(run, &context, ui);
        let code = match ended {
            Ok(code) => code,
            Err(error) => {
                let program = self.command[0].to_string_lossy();
                ui.complain(&format!("error: failed to run `{program}`: {error}"));
                u32::from(match error.kind() {
                    io::ErrorKind::NotFound => NOT_FOUND,
                    _ => NOT_RUNNABLE,
                })
            }
        };
        Ok(match u8::try_from(code) {
            Ok(0) => taken_out,
            Ok(code) => code,
            Err(_) => crate::process::exit(code),
        })
    }
}

/// Takes out what was applied; the exit code if the command had none of its own to tell.
fn take_out(run: torch_patch::Run, context: &Context, ui: &mut Ui) -> u8 {
    match run.end(context, ui) {
        Ok(report) => {
            for line in report.results.iter().flat_map(outcome).collect::<Vec<_>>() {
                ui.detail(&line);
            }
            0
        }
        Err(error) => failure::report(&error.into(), "run", ui),
    }
}
