//! A command in several environments: what is done in each, told one after the other.

use std::collections::BTreeMap;

use torch_patch::{
    Catalogue, Command, Errand, Fleet, Means, MemberReport, Platform, Report, Request, Sources,
};

use crate::args::{Options, Place};
use crate::commands::{diffs, rows};
use crate::language::say;
use crate::process;
use crate::text::{BOLD, DIM, table};
use crate::ui::{Format, Ui, Verbosity, paint};

/// Carries it out everywhere and tells what came of it; returns the exit code.
pub(crate) fn run(
    errand: &Errand,
    catalogue: Catalogue,
    sources: &Sources<'_>,
    options: &Options,
    ui: &mut Ui,
) -> anyhow::Result<u8> {
    let report = carry_out(errand, catalogue, sources, &options.place, ui)?;
    tell(&report, ui)
}

/// Carries it out in every environment that is named.
pub(crate) fn carry_out(
    errand: &Errand,
    catalogue: Catalogue,
    sources: &Sources<'_>,
    place: &Place,
    ui: &mut Ui,
) -> anyhow::Result<Report> {
    let named = place.env.iter().map(|prefix| Request {
        env: Some(prefix.clone()),
        ..Request::default()
    });
    let fleet = Fleet {
        named: named.collect(),
        under: place.envs_under.clone(),
    };
    let means = Means {
        catalogue: catalogue.into(),
        surroundings: &process::surroundings()?,
        platform: Platform::HOST,
        sources,
    };
    Ok(torch_patch::fleet(&fleet, errand, &means, ui)?)
}

/// Tells what came of it; returns the exit code.
pub(crate) fn tell(report: &Report, ui: &mut Ui) -> anyhow::Result<u8> {
    match ui.format {
        Format::Json => ui.json(report)?,
        Format::Text => show(report, ui),
    }
    Ok(report.error.as_ref().map_or(0, |error| error.exit))
}

fn show(report: &Report, ui: &mut Ui) {
    for member in &report.environments {
        let heading = heading(member);
        if report.command == Command::Diff {
            ui.note(&heading);
        } else {
            ui.result(&heading);
        }
        show_member(report.command, member, ui);
    }
    ui.note(&summary(report));
    if let Some(error) = &report.error {
        ui.error(&error.message);
        for hint in &error.hints {
            ui.advice(hint);
        }
    }
}

fn heading(member: &MemberReport) -> String {
    let path = paint(BOLD, &member.path);
    let Some(environment) = &member.environment else {
        return path;
    };
    let source = &environment.source;
    let source = match &environment.python {
        Some(version) => format!("from {source}, Python {version}"),
        None => format!("from {source}"),
    };
    format!("{path} {}", paint(DIM, &format!("({})", say(&source))))
}

fn show_member(command: Command, member: &MemberReport, ui: &mut Ui) {
    match command {
        Command::Diff => diffs(&member.results, ui),
        Command::Env => {
            let rows = member.environment.as_ref();
            let rows = rows.map(|environment| rows_of(environment, member));
            for row in rows.into_iter().flatten() {
                ui.result(&row);
            }
        }
        _ => {
            if member.results.is_empty() && member.error.is_none() {
                ui.result(&format!("  {}", say(nothing(command))));
            }
            for line in table(&member.results) {
                ui.result(&format!("  {line}"));
            }
        }
    }
    let Some(error) = &member.error else { return };
    if ui.verbosity == Verbosity::Quiet {
        return ui.error(&format!("`{}`: {}", member.path, error.message));
    }
    let failed = format!("failed: {}", error.message);
    ui.result(&format!("  {}", say(&failed)));
    for hint in &error.hints {
        ui.hint(hint);
    }
}

/// What is said where there is nothing to say.
fn nothing(command: Command) -> &'static str {
    match command {
        Command::Revert => "nothing is recorded here, so there is nothing to revert",
        _ => "no patch is for anything that is installed here",
    }
}

fn rows_of(environment: &torch_patch::EnvironmentReport, member: &MemberReport) -> Vec<String> {
    let rows = rows(environment, &member.distributions).into_iter();
    rows.map(|row| format!("  {row}")).collect()
}

/// How often each outcome is there.
fn summary(report: &Report) -> String {
    let members = &report.environments;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for result in members.iter().flat_map(|member| &member.results) {
        *counts.entry(result.outcome.as_str()).or_default() += 1;
    }
    let failed = members
        .iter()
        .filter(|member| member.error.is_some())
        .count();
    let counts = counts.into_iter();
    let mut parts: Vec<String> = counts
        .map(|(outcome, count)| format!("{count} {}", say(outcome)))
        .collect();
    parts.extend((failed > 0).then(|| say(&format!("{failed} failed")).into_owned()));
    let environments = match members.len() {
        1 => "1 environment".to_owned(),
        count => format!("{count} environments"),
    };
    let environments = say(&environments);
    if parts.is_empty() {
        environments.into_owned()
    } else {
        format!("{environments}: {}", parts.join(", "))
    }
}
