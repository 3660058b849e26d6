//! `torch-patch revert`.

use torch_patch::{Mode, OnDrift, Outcome, RevertRequest, Selection};

use crate::args::{Options, Revert};
use crate::session::{catalogue, context, ids};
use crate::text::outcome;
use crate::ui::{Format, Ui};

pub(super) fn run(revert: &Revert, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
    let mut catalogue = catalogue(options)?;
    let ids = ids(&mut catalogue, &revert.patches)?;
    let context = context(options, catalogue, ui)?;
    let request = RevertRequest {
        patches: match (revert.all, ids.is_empty()) {
            (true, _) => Selection::All,
            (false, true) => Selection::Only,
            (false, false) => Selection::Ids(ids),
        },
        mode: if revert.dry_run {
            Mode::DryRun
        } else {
            Mode::Write
        },
        drifted: match (revert.force, revert.merge) {
            (true, _) => OnDrift::Force,
            (_, true) => OnDrift::Merge,
            _ => OnDrift::Refuse,
        },
        ..RevertRequest::default()
    };
    let report = torch_patch::revert(&context, &request, ui)?;
    if ui.format == Format::Json {
        ui.json(&report)?;
        return Ok(0);
    }
    ui.environment(report.environment.as_ref());
    if report.results.is_empty() {
        ui.result("nothing is recorded here, so there is nothing to revert");
    }
    for result in &report.results {
        for line in outcome(result) {
            ui.result(&line);
        }
        if result.outcome == Outcome::WouldRevert {
            ui.note("nothing was written");
        }
    }
    Ok(0)
}
