//! `torch-patch apply`.

use torch_patch::{ApplyRequest, Errand, Mode, Outcome, Report, Sources};

use crate::args::{Apply, Options};
use crate::fleet;
use crate::index_settings::IndexOptions;
use crate::session::{catalogue, context, ids, upstream};
use crate::text::outcome;
use crate::ui::{Format, Ui, Verbosity};
use crate::uv_caches;

pub(super) fn run(apply: &Apply, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
    let mut catalogue = catalogue(options)?;
    let ids = ids(&mut catalogue, &apply.patches)?;
    let request = ApplyRequest {
        mode: if apply.dry_run {
            Mode::DryRun
        } else {
            Mode::Write
        },
        adopt: apply.adopt,
        accept_risk: apply.accept_risk,
        strict: apply.strict,
        lines: ui.format == Format::Json || ui.verbosity == Verbosity::Verbose,
        owner: apply.owner.clone(),
        ..ApplyRequest::new(ids)
    };
    // The original of a hand-made edit may have to be looked for; without an index there are other places.
    let upstream = if apply.adopt {
        upstream(&IndexOptions::default(), ui).ok()
    } else {
        None
    };
    let caches = uv_caches::find();
    let sources = Sources::none().with_uv_caches(&caches);
    let sources = match &upstream {
        Some(upstream) => sources.with_upstream(upstream, &[]),
        None => sources,
    };
    if options.place.is_several() {
        return fleet::run(&Errand::Apply(request), catalogue, &sources, options, ui);
    }
    let context = context(options, catalogue, ui)?;
    let report = torch_patch::apply_from(&context, &request, &sources, ui)?;
    match ui.format {
        Format::Json => ui.json(&report)?,
        Format::Text => show(&report, ui),
    }
    Ok(0)
}

fn show(report: &Report, ui: &mut Ui) {
    ui.environment(report.environment.as_ref());
    for result in &report.results {
        for line in outcome(result) {
            ui.result(&line);
        }
    }
    let of = |outcome: Outcome| {
        let own = report.results.iter();
        let own = own.filter(move |result| result.outcome == outcome);
        let ids: Vec<&str> = own.map(|result| result.patch.as_str()).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    };
    if let Some(ids) = of(Outcome::Applied).or_else(|| of(Outcome::Adopted)) {
        ui.hint(&format!(
            "`torch-patch revert {ids}` undoes it; restart Python where it is already running"
        ));
    }
    if of(Outcome::Repaired).is_some() {
        ui.hint("restart Python where it is already running, and build again what was built with the bad edit");
    }
    let files = report.results.iter().flat_map(|own| &own.files);
    if files.into_iter().any(|file| file.proven == Some(false)) {
        ui.hint("`torch-patch verify` tells which files differ from what was installed, and what brings it back");
    }
    if let Some(ids) = of(Outcome::WouldApply).or_else(|| of(Outcome::WouldRepair)) {
        ui.hint(&format!(
            "nothing was written; `torch-patch diff {ids}` shows the lines"
        ));
    }
    if let Some(ids) = of(Outcome::AppliedByHand) {
        ui.hint(&format!(
            "`torch-patch apply {ids} --adopt` takes it over, so that it can be reverted"
        ));
    }
}
