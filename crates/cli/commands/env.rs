//! `torch-patch env`.

use torch_patch::{DirectoryReport, DistributionReport, EnvironmentReport, Report};

use crate::args::Options;
use crate::language::{explained, padded, say};
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
    for (index, directory) in environment.directories.iter().enumerate() {
        let label = if index == 0 { "site-packages" } else { "" };
        ui.data(&row(label, &place(directory)));
    }
    ui.data(&row("found by", &found_by(environment)));
    let python = environment.python.as_deref();
    ui.data(&row("Python", python.unwrap_or("not known")));
    if let Some(file) = &environment.externally_managed {
        let managed = format!("by the system, not by pip ({file})");
        ui.data(&row("managed", &managed));
    }
    if report.distributions.is_empty() {
        ui.data(&row("distributions", "none that there are patches for"));
    }
    let lines = report.distributions.iter().flat_map(words);
    for (index, line) in lines.enumerate() {
        let label = if index == 0 { "distributions" } else { "" };
        ui.data(&row(label, &line));
    }
}

fn found_by(environment: &EnvironmentReport) -> String {
    match &environment.interpreter {
        Some(interpreter) => explained(&environment.source, interpreter),
        None => environment.source.clone(),
    }
}

/// A directory, with why it is one where that does not go without saying.
fn place(directory: &DirectoryReport) -> String {
    let why = match directory.kind.as_str() {
        "python-path" => "PYTHONPATH",
        "user" => "user site",
        "base" => "of the Python below",
        "path-file" => "by a .pth file",
        _ => return directory.path.clone(),
    };
    explained(&directory.path, &say(why))
}

/// What Python imports, then what it does not.
fn words(distribution: &DistributionReport) -> Vec<String> {
    let patches = distribution.patches.join(", ");
    let place = |directory: &Option<DirectoryReport>| directory.as_ref().map(place);
    let imported = place(&distribution.directory).unwrap_or_default();
    let mut lines = vec![match (&distribution.version, &distribution.problem) {
        (Some(version), _) => format!(
            "{} {version} in {imported}, patches: {patches}",
            distribution.name
        ),
        (None, Some(problem)) => problem.clone(),
        (None, None) => distribution.name.clone(),
    }];
    if let Some(module) = &distribution.working_directory {
        lines.push(format!(
            "  {module} comes first where Python is started here with -c or -m"
        ));
    }
    lines.extend(distribution.shadowed.iter().map(|other| {
        let found = match (&other.version, &other.problem) {
            (Some(version), _) => format!("{} {version}", distribution.name),
            (None, problem) => problem.clone().unwrap_or_default(),
        };
        let directory = self::place(&other.directory);
        format!("  shadowed, not imported: {found} in {directory}")
    }));
    lines
}

fn row(label: &str, value: &str) -> String {
    format!("{} {}\n", padded(&say(label), 14), say(value))
}
