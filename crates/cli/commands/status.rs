//! `torch-patch status`.

use torch_patch::{
    Catalogue, Errand, Outcome, PatchReport, Report, Selection, Sources, StatusRequest,
};

use crate::args::{Options, Status};
use crate::fleet;
use crate::session::{catalogue, context, ids};
use crate::text::table;
use crate::ui::{Format, Ui};

const NOT_WANTED: u8 = 10;

pub(super) fn run(status: &Status, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
    let mut catalogue = catalogue(options)?;
    let ids = ids(&mut catalogue, &status.patches)?;
    let is_named = !ids.is_empty();
    let request = StatusRequest {
        patches: if is_named {
            Selection::Ids(ids)
        } else {
            Selection::All
        },
        lines: ui.format == Format::Json,
    };
    if options.place.is_several() {
        return run_in_several(status, &request, catalogue, options, ui);
    }
    let context = context(options, catalogue, ui)?;
    let mut report = torch_patch::status(&context, &request)?;
    let is_wanted = report.holds(&request);
    if status.exit_code {
        report.ok = is_wanted;
    }
    match ui.format {
        Format::Json => ui.json(&report)?,
        Format::Text => show(&report, ui),
    }
    Ok(if status.exit_code && !is_wanted {
        NOT_WANTED
    } else {
        0
    })
}

fn run_in_several(
    status: &Status,
    request: &StatusRequest,
    catalogue: Catalogue,
    options: &Options,
    ui: &mut Ui,
) -> anyhow::Result<u8> {
    let errand = Errand::Status(request.clone());
    let mut report = fleet::carry_out(&errand, catalogue, &Sources::none(), &options.place, ui)?;
    if status.exit_code {
        for member in &mut report.environments {
            member.ok = member.holds(request);
        }
        report.ok = report.environments.iter().all(|member| member.ok) && report.error.is_none();
    }
    let code = fleet::tell(&report, ui)?;
    Ok(if code == 0 && !report.ok {
        NOT_WANTED
    } else {
        code
    })
}

fn show(report: &Report, ui: &mut Ui) {
    ui.environment(report.environment.as_ref());
    if report.results.is_empty() {
        ui.result("no patch is for anything that is installed here");
    }
    for line in table(&report.results) {
        ui.result(&line);
    }
    let hints = report.results.iter().filter_map(hint);
    let mut told: Vec<String> = Vec::new();
    for hint in hints {
        if !told.contains(&hint) {
            ui.hint(&hint);
            told.push(hint);
        }
    }
}

/// What to do about a state that is none to stay in.
fn hint(result: &PatchReport) -> Option<String> {
    let id = &result.patch;
    match result.outcome {
        Outcome::Damaged => Some(format!(
            "`torch-patch apply {id}` takes the bad edit out, and keeps a copy"
        )),
        _ if !result.repairs.is_empty() => Some(format!(
            "`torch-patch apply {}` takes the bad edit out, and keeps a copy",
            result.repairs.join(" ")
        )),
        Outcome::Drifted if result.owners.is_empty() => Some(format!(
            "reinstall {} to get the original file",
            result.distribution
        )),
        Outcome::Drifted => Some(format!(
            "`torch-patch revert {id}` shows how the file differs, and what can be done"
        )),
        Outcome::AppliedByHand => Some(format!(
            "`torch-patch apply {id} --adopt` takes the edit over, so that it can be reverted"
        )),
        Outcome::Superseded | Outcome::Outdated if result.version.is_some() => {
            Some(format!("run `torch-patch apply {id}`"))
        }
        Outcome::Superseded => Some(format!(
            "`torch-patch revert {id}` removes what is recorded of it"
        )),
        _ => None,
    }
}
