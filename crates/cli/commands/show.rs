//! `torch-patch show`.

use torch_patch::Catalogue;

use crate::args::{Options, Show};
use crate::session::{catalogue, context, ids};
use crate::text::outcome;
use crate::ui::{Format, Ui};

pub(super) fn run(show: &Show, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
    let (catalogue, id) = known(show, options)?;
    let report = match context(options, catalogue, ui) {
        Ok(context) => torch_patch::show(context.catalogue(), Some(&context), &id)?,
        Err(error) if options.place.is_given() => return Err(error),
        // What a patch says does not depend on an environment.
        Err(_) => torch_patch::show(&known(show, options)?.0, None, &id)?,
    };
    if ui.format == Format::Json {
        ui.json(&report)?;
        return Ok(0);
    }
    ui.environment(report.environment.as_ref());
    for line in report.results.iter().flat_map(outcome) {
        ui.note(&line);
    }
    if report.patches.iter().any(|patch| patch.repairs) {
        ui.note(
            "a repair: `apply` takes its edit out where somebody has made it, and puts nothing in",
        );
    }
    let sources = report
        .patches
        .iter()
        .filter_map(|patch| patch.source.as_ref());
    for source in sources {
        ui.data(source);
    }
    Ok(0)
}

/// The patches that are known, and the id of the one that was asked for.
fn known(show: &Show, options: &Options) -> anyhow::Result<(Catalogue, String)> {
    let mut catalogue = catalogue(options)?;
    let ids = ids(&mut catalogue, std::slice::from_ref(&show.patch))?;
    Ok((catalogue, ids.concat()))
}
