//! `torch-patch list`.

use torch_patch::{Description, Error, Report};

use crate::args::Options;
use crate::language::say;
use crate::session::{catalogue, context};
use crate::text::{BOLD, DIM, state_here};
use crate::ui::{Format, Ui, paint};

pub(super) fn run(options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
    let report = match context(options, catalogue(options)?, ui) {
        Ok(context) => torch_patch::list(context.catalogue(), Some(&context))?,
        // Which patches there are does not depend on an environment, unless one was asked for.
        Err(error) if !options.place.is_given() && is_not_found(&error) => {
            ui.note(&paint(
                DIM,
                "no environment was found, so no state is shown",
            ));
            torch_patch::list(&catalogue(options)?, None)?
        }
        Err(error) => return Err(error),
    };
    match ui.format {
        Format::Json => ui.json(&report)?,
        Format::Text => show(&report, ui),
    }
    Ok(0)
}

fn is_not_found(error: &anyhow::Error) -> bool {
    let known = error.downcast_ref::<Error>();
    known.is_some_and(|error| error.exit_code() == 5)
}

fn show(report: &Report, ui: &mut Ui) {
    ui.environment(report.environment.as_ref());
    let width = report.patches.iter().map(|patch| patch.id.len()).max();
    for patch in &report.patches {
        ui.data(&line(patch, width.unwrap_or_default()));
        let mut states = report.results.iter();
        if let Some(state) = states.find(|result| result.patch == patch.id) {
            ui.data(&format!("  {}\n", state_here(state)));
        }
    }
}

fn line(patch: &Description, width: usize) -> String {
    let id = paint(BOLD, &format!("{:width$}", patch.id));
    let title = say(&patch.title);
    if patch.repairs {
        let mark = paint(DIM, &say("(repair)"));
        return format!("{id}  {title} {mark}\n");
    }
    format!("{id}  {title}\n")
}
