//! What all cells together say: whether each patch fits where it says it does.

use serde_json::json;

use crate::cell::{CellReport, CellState};
use crate::error::listed;
use crate::findings::RangeReport;
use crate::report::{ErrorReport, Report};

/// The exit code of "does not apply".
const EXIT: u8 = 3;

/// What is wrong; `None` if every patch fits each release that it says it is for, and at least one.
/// `word` is what names a patch on the command line.
pub(crate) fn error(report: &Report, word: impl Fn(&str) -> String) -> Option<ErrorReport> {
    let mut patches: Vec<&str> = Vec::new();
    for cell in &report.cells {
        if !patches.contains(&cell.patch.as_str()) {
            patches.push(&cell.patch);
        }
    }
    let cells = |patch: &str| -> Vec<&CellReport> {
        let own = report.cells.iter();
        own.filter(|cell| cell.patch == patch).collect()
    };
    let misfits = patches
        .iter()
        .filter_map(|patch| misfit(patch, &cells(patch)));
    let misfits: Vec<String> = misfits
        .chain(report.ranges.iter().filter_map(declared))
        .collect();
    if misfits.is_empty() {
        return None;
    }
    let broken = report
        .cells
        .iter()
        .filter(|cell| cell.state.is_broken())
        .count();
    Some(ErrorReport {
        code: "does-not-fit".to_owned(),
        exit: EXIT,
        message: misfits.join("; "),
        hints: hints(report, word),
        details: json!({ "broken": broken, "cells": report.cells.len() }),
    })
}

/// What is wrong with one patch.
fn misfit(patch: &str, cells: &[&CellReport]) -> Option<String> {
    let broken: Vec<&&CellReport> = cells.iter().filter(|cell| cell.state.is_broken()).collect();
    if let Some(first) = broken.first() {
        return Some(format!(
            "patch `{patch}` does not fit {} of the {} wheels and directories that it covers, from {} for {} on",
            broken.len(),
            cells
                .iter()
                .filter(|cell| cell.state != CellState::NotCovered)
                .count(),
            first.release,
            first.platform,
        ));
    }
    let is_not_covered = |cell: &&CellReport| cell.state == CellState::NotCovered;
    cells
        .iter()
        .all(is_not_covered)
        .then(|| format!("patch `{patch}` covers none of the releases"))
}

/// What is wrong with the ranges that a patch declares.
fn declared(range: &RangeReport) -> Option<String> {
    let patch = &range.patch;
    match (range.wider.as_slice(), range.narrower.as_slice()) {
        ([], []) => None,
        (wider, []) => Some(format!(
            "patch `{patch}` covers and does not fit {}",
            listed(wider)
        )),
        ([], narrower) => Some(format!(
            "patch `{patch}` fits and does not cover {}",
            listed(narrower)
        )),
        (wider, narrower) => Some(format!(
            "patch `{patch}` covers and does not fit {}, and fits and does not cover {}",
            listed(wider),
            listed(narrower)
        )),
    }
}

fn hints(report: &Report, word: impl Fn(&str) -> String) -> Vec<String> {
    match open(report) {
        Some((patch, release)) if report.suggestions.is_empty() => vec![format!(
            "`torch-patch check {} --versions {} --suggest` looks for a variant that fits",
            word(patch),
            quoted(&format!("=={release}")),
        )],
        _ => Vec::new(),
    }
}

/// The patch and the release for which a variant is wanted first.
fn open(report: &Report) -> Option<(&str, &str)> {
    let first = |is_meant: &dyn Fn(&CellReport) -> bool| {
        let cell = report.cells.iter().find(|cell| is_meant(cell))?;
        Some((cell.patch.as_str(), cell.release.as_str()))
    };
    let narrow = || {
        let range = report
            .ranges
            .iter()
            .find(|range| !range.narrower.is_empty())?;
        Some((range.patch.as_str(), range.narrower[0].as_str()))
    };
    first(&|cell| cell.state.is_broken())
        .or_else(narrow)
        .or_else(|| first(&|cell| cell.state == CellState::NotCovered))
}

/// A shell would take `>` and `<` for redirections.
fn quoted(words: &str) -> String {
    format!("\"{words}\"")
}
