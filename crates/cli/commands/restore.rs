//! `torch-patch restore`.

use std::path::PathBuf;

use clap::Args;
use torch_patch::{Mode, OnPatches, RestoreOutcome, RestoreRequest, RestoredReport, Sources};

use crate::args::Options;
use crate::index_settings::IndexOptions;
use crate::language::{explained, labelled, say};
use crate::session::{cache_problem, catalogue, context, upstream};
use crate::text::{BOLD, DIM, GOOD, ODD};
use crate::ui::{Format, Ui, paint};
use crate::{process, uv_caches};

/// Put single files of installed packages back to what they should be
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch restore torch/distributed/distributed_c10d.py
  torch-patch restore .venv/lib/python3.11/site-packages/torch/version.py --dry-run
  torch-patch restore torch/version.py --wheel ~/Downloads/torch-2.5.1-cp311-cp311-win_amd64.whl
  torch-patch restore torch/version.py --index-url https://download.pytorch.org/whl/cu124

What a file should be is told by the sha256 in the package's RECORD: the
original. It comes from the backup, a cache, a wheel, or a package index, of
which only this file is read; bytes without that digest are never written.
A file with recorded patches gets them again. What was there is kept as a copy.")]
pub(crate) struct Restore {
    /// The files: absolute, or relative to the working directory or to site-packages
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Put the original back without its patches, and record nothing of them on it any more
    #[arg(long)]
    pub(crate) pristine: bool,
    /// Tell what would be done, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// A wheel in the file system that may have the original; no index is asked then
    #[arg(long = "wheel", value_name = "FILE")]
    pub(crate) wheels: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) index: IndexOptions,
}

pub(super) fn run(words: &Restore, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
    let context = context(options, catalogue(options)?, ui)?;
    let request = RestoreRequest {
        patches: if words.pristine {
            OnPatches::Drop
        } else {
            OnPatches::Keep
        },
        mode: if words.dry_run {
            Mode::DryRun
        } else {
            Mode::Write
        },
        ..RestoreRequest::new(process::directory()?, &words.files)
    };
    let caches = uv_caches::find();
    let upstream = upstream(&words.index, ui)?;
    let sources = Sources::none()
        .with_uv_caches(&caches)
        .with_upstream(&upstream, &words.wheels);
    let restored = torch_patch::restore(&context, &request, &sources, ui);
    cache_problem(&upstream, ui);
    let mut report = restored?;
    report.traffic = Some(torch_patch::traffic(&upstream)).filter(|moved| moved.requests > 0);
    if ui.format == Format::Json {
        ui.json(&report)?;
        return Ok(0);
    }
    ui.environment(report.environment.as_ref());
    for file in &report.restored {
        for line in lines(file) {
            ui.result(&line);
        }
    }
    if words.dry_run {
        ui.note("nothing was written");
    }
    Ok(0)
}

fn lines(file: &RestoredReport) -> Vec<String> {
    let style = match file.outcome {
        RestoreOutcome::Restored => GOOD,
        RestoreOutcome::WouldRestore => ODD,
        _ => DIM,
    };
    let outcome = paint(style, &say(file.outcome.as_str()));
    let subject = format!("{} {}", file.distribution, file.version);
    let mut lines = vec![labelled(
        &paint(BOLD, &file.path),
        &explained(&outcome, &subject),
    )];
    if !file.patches.is_empty() {
        let patches: Vec<String> = file.patches.iter().map(|id| format!("`{id}`")).collect();
        let patches = patches.join(", ");
        lines.push(format!("  with {patches}, as recorded"));
    }
    if let (Some(from), Some(original)) = (&file.from, file.original) {
        lines.push(format!("  the original is from {from}, and is {original}"));
    }
    lines.extend(file.reason.iter().map(|reason| format!("  {reason}")));
    let kept = file.kept.iter();
    lines.extend(kept.map(|kept| format!("  your version is kept as {kept}")));
    lines
}
