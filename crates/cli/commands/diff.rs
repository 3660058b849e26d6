//! `torch-patch diff`.

use torch_patch::{ApplyRequest, Report};

use crate::args::{Diff, Options};
use crate::session::{catalogue, context, ids};
use crate::text::outcome;
use crate::ui::{Format, Ui};

pub(super) fn run(diff: &Diff, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
    let mut catalogue = catalogue(options)?;
    let ids = ids(&mut catalogue, &diff.patches)?;
    let context = context(options, catalogue, ui)?;
    // Looking is no risk.
    let request = ApplyRequest {
        accept_risk: true,
        ..ApplyRequest::new(ids)
    };
    let report = torch_patch::plan(&context, &request, ui)?;
    match ui.format {
        Format::Json => ui.json(&report)?,
        Format::Text => show(&report, ui),
    }
    Ok(0)
}

/// A file that several patches change has one diff, which is shown once.
fn show(report: &Report, ui: &mut Ui) {
    ui.environment(report.environment.as_ref());
    let mut shown: Vec<&str> = Vec::new();
    for result in &report.results {
        let diffs = result.files.iter();
        let diffs: Vec<_> = diffs
            .filter_map(|file| Some((file.path.as_str(), file.diff.as_deref()?)))
            .collect();
        if diffs.is_empty() {
            for line in outcome(result) {
                ui.note(&line);
            }
        }
        for (path, diff) in diffs {
            if !shown.contains(&path) {
                ui.data(diff);
                shown.push(path);
            }
        }
    }
}
