//! `torch-patch try`.

use torch_patch::{CellReport, Outcome, Report, TryRequest, try_release};

use crate::args::{Options, PlatformWord, Try};
use crate::session::{cache_problem, catalogue, ids, upstream};
use crate::text::{BOLD, outcome};
use crate::ui::{Format, Ui, paint};

pub(super) fn run(words: &Try, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
    let mut catalogue = catalogue(options)?;
    let ids = ids(&mut catalogue, std::slice::from_ref(&words.patch))?;
    let upstream = upstream(&words.index, ui)?;
    let request = TryRequest {
        patch: ids.concat(),
        version: words.version.clone(),
        platform: PlatformWord::one(words.platform),
        keep: words.keep.clone(),
    };
    let tried = try_release(catalogue, &upstream, &request, ui);
    cache_problem(&upstream, ui);
    let report = tried?;
    ui.finish_progress();
    match ui.format {
        Format::Json => ui.json(&report)?,
        Format::Text => show(&report, words, ui),
    }
    Ok(0)
}

fn show(report: &Report, words: &Try, ui: &mut Ui) {
    for cell in &report.cells {
        ui.note(&subject(cell));
        for note in &cell.notes {
            ui.note(&format!("  {note}"));
        }
    }
    for file in report.results.iter().flat_map(|result| &result.files) {
        ui.data(file.diff.as_deref().unwrap_or_default());
    }
    for result in &report.results {
        for line in outcome(result) {
            ui.note(&line);
        }
        if result.outcome == Outcome::Repaired {
            ui.note(&format!(
                "{}: the bad edit was made and taken out, and every byte is as before",
                paint(BOLD, &result.patch)
            ));
        } else if !result.files.is_empty() {
            ui.note(&format!(
                "{}: reverted, and every byte is as before",
                paint(BOLD, &result.patch)
            ));
        }
    }
    if let Some(keep) = &words.keep {
        ui.hint(&format!(
            "the environment is left in `{0}`: `torch-patch status --env {0}`",
            keep.display()
        ));
    }
}

fn subject(cell: &CellReport) -> String {
    format!(
        "{} {} for {}, out of {}",
        cell.distribution, cell.release, cell.platform, cell.from
    )
}
