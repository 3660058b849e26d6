//! `torch-patch env`.

use torch_patch::{DirectoryReport, DistributionReport, EnvironmentReport, Errand, Sources};

use crate::args::Options;
use crate::fleet;
use crate::language::{explained, padded, say};
use crate::session::{catalogue, context};
use crate::ui::{Format, Ui};

pub(super) fn run(options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
    let catalogue = catalogue(options)?;
    if options.place.is_several() {
        return fleet::run(&Errand::Env, catalogue, &Sources::none(), options, ui);
    }
    let context = context(options, catalogue, ui)?;
    let report = torch_patch::environment(&context);
    match (ui.format, &report.environment) {
        (Format::Text, Some(environment)) => {
            for row in rows(environment, &report.distributions) {
                ui.data(&format!("{row}\n"));
            }
        }
        _ => ui.json(&report)?,
    }
    Ok(0)
}

/// What an environment is and has, a line each.
pub(crate) fn rows(
    environment: &EnvironmentReport,
    distributions: &[DistributionReport],
) -> Vec<String> {
    let mut rows = Vec::new();
    for (index, directory) in environment.directories.iter().enumerate() {
        let label = if index == 0 { "site-packages" } else { "" };
        rows.push(row(label, &place(directory)));
    }
    rows.push(row("found by", &found_by(environment)));
    let python = environment.python.as_deref();
    rows.push(row("Python", python.unwrap_or("not known")));
    if let Some(file) = &environment.externally_managed {
        let managed = format!("by the system, not by pip ({file})");
        rows.push(row("managed", &managed));
    }
    if distributions.is_empty() {
        rows.push(row("distributions", "none that there are patches for"));
    }
    let lines = distributions.iter().flat_map(words);
    for (index, line) in lines.enumerate() {
        let label = if index == 0 { "distributions" } else { "" };
        rows.push(row(label, &line));
    }
    rows
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
    format!("{} {}", padded(&say(label), 14), say(value))
}
