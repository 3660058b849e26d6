//! `torch-patch verify`.

use anstyle::Style;
use clap::Args;
use torch_patch::{
    CachedReport, Contents, Distributions, FindingReport, FindingState, OnExtra, Report,
    SkippedReport, VerifiedReport, VerifyRequest,
};

use crate::args::Options;
use crate::language::{explained, labelled, padded, say};
use crate::session::{catalogue, context};
use crate::text::{BAD, BOLD, DIM, GOOD, ODD};
use crate::ui::{Format, Ui, Verbosity, paint};
use crate::uv_caches;

/// How many files that nobody brought are shown.
const MOST_EXTRA: usize = 20;
/// How many columns the longest state takes.
const STATE_WIDTH: usize = 10;

/// Compare the files of installed packages with their RECORD, as `dpkg --verify` does
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch verify                   the packages that there are patches for
  torch-patch verify torch numpy --all
  torch-patch verify --all-distributions --json

States:
  modified    changed by somebody else than torch-patch
  missing     not there
  unreadable  there, and no regular file that can be read
  patched     changed by patches, as recorded
  superseded  as installed, although a patch is recorded on it
  extra       in a directory of the package, and brought by none

It looks into uv's cache too: what was edited in an environment may be the
file of the cache, and then each new environment gets it.

Exits with 4 if a file is modified, missing or unreadable, here or in the cache;
with 5 if a package has no RECORD.")]
pub(crate) struct Verify {
    /// The packages; without any, those that are installed and that there are patches for
    #[arg(value_name = "DISTRIBUTION")]
    pub(crate) distributions: Vec<String>,
    /// Read binary files too; else only that they are there, and their size
    #[arg(long)]
    pub(crate) all: bool,
    /// Every package that is installed
    #[arg(long, conflicts_with = "distributions")]
    pub(crate) all_distributions: bool,
    /// Exit with 4 for files that no package has brought, too
    #[arg(long)]
    pub(crate) strict: bool,
}

pub(super) fn run(verify: &Verify, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
    let context = context(options, catalogue(options)?, ui)?;
    let request = VerifyRequest {
        distributions: match (verify.all_distributions, verify.distributions.is_empty()) {
            (true, _) => Distributions::All,
            (false, true) => Distributions::WithPatches,
            (false, false) => Distributions::Named(verify.distributions.clone()),
        },
        contents: if verify.all {
            Contents::All
        } else {
            Contents::Text
        },
        on_extra: if verify.strict {
            OnExtra::Refuse
        } else {
            OnExtra::Tell
        },
        uv_caches: uv_caches::find(),
    };
    let report = torch_patch::verify(&context, &request)?;
    match ui.format {
        Format::Json => ui.json(&report)?,
        Format::Text => show(&report, ui),
    }
    Ok(report.error.map_or(0, |error| error.exit))
}

fn show(report: &Report, ui: &mut Ui) {
    ui.environment(report.environment.as_ref());
    if report.verified.is_empty() {
        ui.result("nothing is installed here that there are patches for: name a package, or use `--all-distributions`");
    }
    for distribution in &report.verified {
        for line in lines(distribution, ui.verbosity) {
            ui.result(&line);
        }
    }
    if let Some(error) = &report.error {
        ui.error(&error.message);
    }
    for hint in report.verified.iter().flat_map(|own| &own.hints) {
        ui.hint(hint);
    }
}

fn lines(report: &VerifiedReport, verbosity: Verbosity) -> Vec<String> {
    let name = paint(BOLD, &format!("{} {}", report.distribution, report.version));
    let mut lines = vec![labelled(&name, &summary(report))];
    let is_extra = |own: &&FindingReport| own.state == FindingState::Extra;
    let extra = report.findings.iter().filter(is_extra).count();
    let shown = match verbosity {
        Verbosity::Verbose => extra,
        _ => MOST_EXTRA,
    };
    let others = report.findings.iter().filter(|own| !is_extra(own));
    let extras = report.findings.iter().filter(is_extra).take(shown);
    lines.extend(others.chain(extras).flat_map(told));
    if extra > shown {
        let rest = extra - shown;
        lines.push(format!("  and {rest} more; `--verbose` shows all"));
    }
    let skipped = skipped(&report.skipped).into_iter();
    lines.extend(skipped.map(|text| paint(DIM, &format!("  {text}"))));
    for cache in &report.caches {
        lines.extend(cached(cache, verbosity));
    }
    lines
}

/// What uv's cache has of a package; one that is as it should be is only told to who wants to know more.
fn cached(cache: &CachedReport, verbosity: Verbosity) -> Vec<String> {
    let CachedReport { path, checked, .. } = cache;
    let wrong = cache.findings.len();
    if wrong == 0 && verbosity < Verbosity::Verbose {
        return Vec::new();
    }
    let mut lines = vec![match (wrong, cache.in_use) {
        (0, _) => format!("  uv's cache, `{path}`: {checked} files compared, all as in the wheel"),
        (_, true) => {
            format!("  uv's cache, `{path}`: {checked} files compared, {wrong} not as in the wheel")
        }
        (_, false) => {
            format!(
                "  left over in uv's cache, `{path}`: {checked} files compared, {wrong} not as in the wheel"
            )
        }
    }];
    lines.extend(cache.findings.iter().flat_map(told));
    lines
}

/// How many files were compared, and what came of it.
fn summary(report: &VerifiedReport) -> String {
    if !report.has_record {
        let text = "it has no `RECORD`, so nothing tells what its files should be";
        return paint(ODD, text);
    }
    let count = |is_meant: fn(FindingState) -> bool| {
        let findings = report.findings.iter();
        findings.filter(|own| is_meant(own.state)).count()
    };
    let damaged = count(FindingState::is_damage);
    let patched = count(|state| state == FindingState::Patched);
    let extra = count(|state| state == FindingState::Extra);
    let checked = report.checked;
    let compared = match checked {
        1 => "1 file compared".to_owned(),
        checked => format!("{checked} files compared"),
    };
    let mut parts = vec![compared];
    let mut add = |style: Style, text: String| parts.push(paint(style, &text));
    if patched > 0 {
        add(GOOD, format!("{patched} patched as recorded"));
    }
    if extra > 0 {
        add(ODD, format!("{extra} that no package has brought"));
    }
    match (damaged, patched) {
        (0, 0) => add(GOOD, "all as installed".to_owned()),
        (0, _) => add(GOOD, "all others as installed".to_owned()),
        (damaged, _) => add(BAD, format!("{damaged} not as installed")),
    }
    parts.join(", ")
}

/// One file, with what else there is to know of it below.
fn told(finding: &FindingReport) -> Vec<String> {
    let state = padded(&say(finding.state.as_str()), STATE_WIDTH);
    let state = paint(style(finding.state), &state);
    let patches: Vec<String> = finding.patches.iter().map(|id| format!("`{id}`")).collect();
    let patches = patches.join(", ");
    let path = match (patches.is_empty(), finding.state) {
        (true, _) => finding.path.clone(),
        (_, FindingState::Patched) => explained(&finding.path, &patches),
        _ => explained(&finding.path, &say(&format!("{patches} recorded on it"))),
    };
    let mut lines = vec![format!("  {state}  {path}")];
    let names = finding.names;
    let names = names.map(|names| format!("it has {names} names (hard links)"));
    let more = names.iter().chain(&finding.reason);
    lines.extend(more.map(|text| format!("{}{}", " ".repeat(STATE_WIDTH + 4), say(text))));
    lines
}

/// What was not compared, in words.
fn skipped(skipped: &SkippedReport) -> Option<String> {
    let SkippedReport {
        binary,
        unhashed,
        outside,
        wrong,
    } = skipped;
    let parts = [
        (
            *binary,
            format!(
                "{binary} binary (only that they are there, and their size; `--all` reads them)"
            ),
        ),
        (
            *unhashed,
            format!("{unhashed} without a digest in `RECORD`, or written by installers and Python"),
        ),
        (*outside, format!("{outside} outside of the environment")),
        (
            *wrong,
            format!("{wrong} whose row in `RECORD` is known to be wrong"),
        ),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(_, text)| text.clone()).collect();
    (!parts.is_empty()).then(|| labelled(&say("not compared"), &parts.join("; ")))
}

fn style(state: FindingState) -> Style {
    match state {
        FindingState::Patched => GOOD,
        FindingState::Modified | FindingState::Missing | FindingState::Unreadable => BAD,
        _ => ODD,
    }
}
