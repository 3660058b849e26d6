//! `torch-patch env`.

use torch_patch::{DistributionReport, Report};

use crate::args::Options;
use crate::session::{catalogue, context};
use crate::ui::{Format, Ui};

pub(super) fn run(options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
    let context = context(options, catalogue(options)?, ui)?;
    let report = torch_patch::environment(&context)?;
    match ui.format {
        Format::Json => ui.json(&report)?,
        Format::Text => show(&report, ui),
    }
    Ok(0)
}

fn show(report: &Report, ui: &mut Ui) {
    let Some(environment) = &report.environment else {
        return;
    };
    for (index, directory) in environment.path.iter().enumerate() {
        let label = if index == 0 { "site-packages" } else { "" };
        ui.data(&row(label, directory));
    }
    ui.data(&row("found by", &environment.source));
    let python = environment.python.as_deref();
    ui.data(&row("Python", python.unwrap_or("not known")));
    if report.distributions.is_empty() {
        ui.data(&row("distributions", "none that there are patches for"));
    }
    for (index, distribution) in report.distributions.iter().enumerate() {
        let label = if index == 0 { "distributions" } else { "" };
        ui.data(&row(label, &words(distribution)));
    }
}

fn words(distribution: &DistributionReport) -> String {
    let patches = distribution.patches.join(", ");
    match (&distribution.version, &distribution.problem) {
        (Some(version), _) => format!("{} {version} (patches: {patches})", distribution.name),
        (None, Some(problem)) => problem.clone(),
        (None, None) => distribution.name.clone(),
    }
}

fn row(label: &str, value: &str) -> String {
    format!("{label:<14} {value}\n")
}
