//! `torch-patch show`.

use crate::args::{Options, Show};
use crate::session::{catalogue, context, ids};
use crate::text::outcome;
use crate::ui::{Format, Ui};

pub(super) fn run(show: &Show, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
    let known = |ui: &mut Ui| -> anyhow::Result<_> {
        let mut catalogue = catalogue(options)?;
        let ids = ids(&mut catalogue, std::slice::from_ref(&show.patch))?;
        let context = context(options, catalogue, ui);
        Ok((ids.concat(), context))
    };
    let (id, context) = known(ui)?;
    let report = match context {
        Ok(context) => torch_patch::show(context.catalogue(), Some(&context), &id)?,
        Err(error) if options.place.is_given() => return Err(error),
        // What a patch says does not depend on an environment.
        Err(_) => {
            let mut catalogue = catalogue(options)?;
            ids(&mut catalogue, std::slice::from_ref(&show.patch))?;
            torch_patch::show(&catalogue, None, &id)?
        }
    };
    if ui.format == Format::Json {
        ui.json(&report)?;
        return Ok(0);
    }
    ui.environment(report.environment.as_ref());
    for line in report.results.iter().flat_map(outcome) {
        ui.note(&line);
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
