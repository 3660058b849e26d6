//! `torch-patch diff`.

use torch_patch::{ApplyRequest, Errand, PatchReport, Sources};

use crate::args::{Diff, Options};
use crate::fleet;
use crate::session::{catalogue, context, ids};
use crate::text::outcome;
use crate::ui::{Format, Ui};

pub(super) fn run(diff: &Diff, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
    let mut catalogue = catalogue(options)?;
    let ids = ids(&mut catalogue, &diff.patches)?;
    // Looking is no risk.
    let request = ApplyRequest {
        accept_risk: true,
        ..ApplyRequest::new(ids)
    };
    if options.place.is_several() {
        return fleet::run(
            &Errand::Diff(request),
            catalogue,
            &Sources::none(),
            options,
            ui,
        );
    }
    let context = context(options, catalogue, ui)?;
    let report = torch_patch::plan(&context, &request, ui)?;
    match ui.format {
        Format::Json => ui.json(&report)?,
        Format::Text => {
            ui.environment(report.environment.as_ref());
            diffs(&report.results, ui);
        }
    }
    Ok(0)
}

/// A file that several patches change has one diff, which is shown once.
pub(crate) fn diffs(results: &[PatchReport], ui: &mut Ui) {
    let mut shown: Vec<&str> = Vec::new();
    for result in results {
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
