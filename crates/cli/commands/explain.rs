//! `torch-patch explain`.

use std::io::{self, IsTerminal, Read};

use anyhow::Context as _;
use clap::Args;
use torch_patch::{Catalogue, Error, Outcome, PatchReport, Report};

use crate::args::Options;
use crate::language::say;
use crate::session::{catalogue, context};
use crate::text::{BOLD, outcome, state_here};
use crate::ui::{Format, Ui, paint};

/// As much of a log is read.
const LONGEST: u64 = 4 << 20;

/// Find the patch for an error
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch explain \"Distributed package doesn't have NCCL built in\"
  torch-patch explain < log.txt        also the end of a pipe
  torch-patch explain gloo-windows     what a patch is for

The likeliest patch comes first, each with why, and with its state here. Exits
with 5 if no patch is known for the text.")]
pub(crate) struct Explain {
    /// The text of the error, or the id of a patch; without it, what comes on stdin
    #[arg(value_name = "TEXT|ID")]
    text: Vec<String>,
}

impl Explain {
    pub(super) fn run(&self, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
        let text = self.text(ui)?;
        let known = catalogue(options)?;
        let is_id = known.find(&text).is_some();
        let report = match context(options, known, ui) {
            Ok(context) => answer(context.catalogue(), Some(&context), &text, is_id)?,
            Err(error) if options.place.is_given() => return Err(error),
            // What a patch is for does not depend on an environment.
            Err(_) => answer(&catalogue(options)?, None, &text, is_id)?,
        };
        match ui.format {
            Format::Json => ui.json(&report)?,
            Format::Text => show(&report, ui),
        }
        Ok(0)
    }

    fn text(&self, ui: &mut Ui) -> anyhow::Result<String> {
        if !self.text.is_empty() && self.text != ["-"] {
            return Ok(self.text.join(" "));
        }
        if io::stdin().is_terminal() {
            ui.note("paste the error, then press Ctrl+D (Ctrl+Z and Enter on Windows)");
        }
        let mut bytes = Vec::new();
        let stdin = io::stdin().lock();
        stdin
            .take(LONGEST)
            .read_to_end(&mut bytes)
            .context("failed to read stdin")?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn answer(
    catalogue: &Catalogue,
    context: Option<&torch_patch::Context>,
    text: &str,
    is_id: bool,
) -> Result<Report, Error> {
    if !is_id {
        return torch_patch::explain(catalogue, context, text);
    }
    let mut report = torch_patch::show(catalogue, context, text)?;
    report.command = torch_patch::Command::Explain;
    Ok(report)
}

fn show(report: &Report, ui: &mut Ui) {
    ui.environment(report.environment.as_ref());
    for patch in &report.patches {
        ui.result(&format!(
            "{}: {}",
            paint(BOLD, &patch.id),
            say(&patch.title)
        ));
        ui.result(&format!("\n{}\n", patch.description.trim()));
        for link in &patch.links {
            ui.result(&format!("  {link}"));
        }
    }
    for own in &report.explanations {
        ui.result(&format!("{}: {}", paint(BOLD, &own.patch), say(&own.title)));
        for why in &own.because {
            ui.result(&format!("  {}", say(why)));
        }
        if own.repairs {
            let what = "it is no cure: it takes out an edit that is passed on against this, and that does harm";
            ui.result(&format!("  {}", say(what)));
        }
        let mut results = report.results.iter();
        if let Some(state) = results.find(|result| result.patch == own.patch) {
            ui.result(&format!("  {}", state_here(state)));
        }
    }
    if !report.patches.is_empty() {
        for line in report.results.iter().flat_map(outcome) {
            ui.result(&line);
        }
    }
    if let Some(damaged) = report.results.first()
        && damaged.outcome == Outcome::Damaged
    {
        let id = &damaged.patch;
        ui.hint(&format!(
            "`torch-patch apply {id}` takes the bad edit out, and keeps a copy"
        ));
    }
    if let Some(hint) = next(report) {
        ui.hint(&hint);
    }
}

/// What to do about the first patch.
fn next(report: &Report) -> Option<String> {
    let names = report.explanations.iter().map(|own| &own.patch);
    let names = names.chain(report.patches.iter().map(|patch| &patch.id));
    let id = names.into_iter().next()?;
    let state: Option<&PatchReport> = report.results.iter().find(|own| own.patch == *id);
    let mut explanations = report.explanations.iter();
    let is_repair = explanations.any(|own| own.patch == *id && own.repairs);
    Some(match state {
        _ if is_repair => format!("`torch-patch explain {id}` tells what helps instead"),
        Some(state) if state.outcome == Outcome::NotApplied && state.version.is_some() => {
            format!("run `torch-patch diff {id}`, then `torch-patch apply {id}`")
        }
        Some(state) if state.outcome == Outcome::Applied => {
            "it is in place: restart Python where it is already running".to_owned()
        }
        _ => format!("`torch-patch explain {id}` tells more"),
    })
}
