//! Reports in words.

use anstyle::{AnsiColor, Style};
use torch_patch::{FileReport, Outcome, PatchReport};

use crate::language::{columns, explained, labelled, padded, say};
use crate::ui::paint;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const ODD: Style = AnsiColor::Yellow.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();

/// One line for each patch, in columns, with the reason below it.
pub(crate) fn table(results: &[PatchReport]) -> Vec<String> {
    let width = |of: fn(&PatchReport) -> usize| results.iter().map(of).max().unwrap_or_default();
    let id_width = width(|result| result.patch.len());
    let outcome_width = width(|result| columns(&say(result.outcome.as_str())));
    let mut lines = Vec::new();
    for result in results {
        let outcome = padded(&say(result.outcome.as_str()), outcome_width);
        lines.push(format!(
            "{}  {}  {}",
            paint(BOLD, &format!("{:id_width$}", result.patch)),
            paint(style(result.outcome), &outcome),
            subject(result),
        ));
        lines.extend(result.reason.iter().map(|reason| format!("  {reason}")));
    }
    lines
}

/// What became of one patch, with its files.
pub(crate) fn outcome(result: &PatchReport) -> Vec<String> {
    let word = paint(style(result.outcome), &say(result.outcome.as_str()));
    let mut lines = vec![labelled(
        &paint(BOLD, &result.patch),
        &explained(&word, &subject(result)),
    )];
    lines.extend(result.reason.iter().map(|reason| format!("  {reason}")));
    for file in &result.files {
        lines.push(format!("  {}", place(file)));
        lines.extend(
            file.kept
                .iter()
                .map(|kept| format!("  your version is kept as {kept}")),
        );
    }
    lines
}

/// The state of a patch, with what it is about, or else why.
pub(crate) fn state_here(result: &PatchReport) -> String {
    let version = result.version.as_ref();
    let installed = version.map(|version| format!("{} {version}", result.distribution));
    let reason = installed.or_else(|| result.reason.clone());
    explained(
        &say(result.outcome.as_str()),
        &say(&reason.unwrap_or_default()),
    )
}

/// The distribution a patch is for. If its version is not known, the reason says why, or it is not there.
fn subject(result: &PatchReport) -> String {
    match &result.version {
        Some(version) => format!("{} {version}", result.distribution),
        None if result.reason.is_some() => result.distribution.clone(),
        None => say(&format!("{} not installed", result.distribution)).into_owned(),
    }
}

/// A file with the lines that were changed.
fn place(file: &FileReport) -> String {
    let lines: Vec<String> = file.lines.iter().map(ToString::to_string).collect();
    match lines.len() {
        0 => file.path.clone(),
        1 => format!("{}: line {}", file.path, lines[0]),
        _ => format!("{}: lines {}", file.path, lines.join(", ")),
    }
}

fn style(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Applied
        | Outcome::AlreadyApplied
        | Outcome::Adopted
        | Outcome::Repaired
        | Outcome::Reverted
        | Outcome::Released => GOOD,
        Outcome::Drifted | Outcome::Damaged => BAD,
        Outcome::NotNeeded | Outcome::NotApplied => DIM,
        _ => ODD,
    }
}
