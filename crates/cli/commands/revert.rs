//! `torch-patch revert`.

use torch_patch::{Errand, Mode, OnDrift, Outcome, PatchReport, RevertRequest, Selection, Sources};

use crate::args::{Options, Revert};
use crate::fleet;
use crate::session::{catalogue, context, ids};
use crate::text::outcome;
use crate::ui::{Format, Ui};

pub(super) fn run(revert: &Revert, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
    let mut catalogue = catalogue(options)?;
    let ids = ids(&mut catalogue, &revert.patches)?;
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
        owner: revert.owner.clone(),
        ..RevertRequest::default()
    };
    if options.place.is_several() {
        return fleet::run(
            &Errand::Revert(request),
            catalogue,
            &Sources::none(),
            options,
            ui,
        );
    }
    let context = context(options, catalogue, ui)?;
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
        if revert.owner.is_none() {
            tell_others(result, ui);
        }
        if result.outcome == Outcome::WouldRevert {
            ui.note("nothing was written");
        }
    }
    Ok(0)
}

/// Tells who has asked for a patch that was taken out all the same.
fn tell_others(result: &PatchReport, ui: &mut Ui) {
    let is_other = |owner: &&String| owner.as_str() != "user";
    let others: Vec<String> = result.owners.iter().filter(is_other).cloned().collect();
    if result.outcome == Outcome::Reverted && !others.is_empty() {
        ui.note(&format!(
            "`{}` has asked for it too, and may apply it again",
            others.join("`, `")
        ));
    }
}
