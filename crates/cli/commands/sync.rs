//! `torch-patch sync`.

use clap::Args;
use torch_patch::{LockReport, LockState, Mode, Outcome, Report, SyncRequest, project_patches};

use super::project::ProjectOption;
use crate::args::Options;
use crate::session::{catalogue, project_context};
use crate::text::outcome;
use crate::ui::{Format, Ui, Verbosity};

const NOT_WANTED: u8 = 10;

/// Bring the environment to what the project file says
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch sync
  torch-patch sync --check             exit code 10 unless nothing would change, for CI
  torch-patch sync --locked            refuse patch files that are not those of torch-patch.lock
  torch-patch sync --project ../webui --env /opt/webui/venv

The project file is `torch-patch.toml`, with `patches = [\"gloo-windows\"]` in it,
or `pyproject.toml` with that in a table `[tool.torch-patch]`. The list has ids
and paths of patch files.

What is missing is applied, also after an upgrade. What this project has put
there and does not name any more is reverted; what others have asked for stays.
`torch-patch.lock` says what was applied, with digests: commit it.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Sync {
    #[command(flatten)]
    project: ProjectOption,
    /// Write nothing, and exit with 10 if anything would change
    #[arg(long)]
    check: bool,
    /// Tell what would be done, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Leave the lock as it is, and fail if the patches are not those that it has
    #[arg(long)]
    locked: bool,
    /// Take over edits that were made by hand; the original is proven by the package's RECORD
    #[arg(long)]
    adopt: bool,
    /// Apply patches whose risk is `unsafe` too; `accept-risk` in the project file accepts single ones
    #[arg(long)]
    accept_risk: bool,
}

impl Sync {
    pub(super) fn run(&self, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
        let project = self.project.find()?;
        let mut catalogue = catalogue(options)?;
        let patches = project_patches(&project, &mut catalogue)?;
        let context = project_context(&project, options, catalogue, ui)?;
        let request = SyncRequest {
            mode: if self.check || self.dry_run {
                Mode::DryRun
            } else {
                Mode::Write
            },
            locked: self.locked,
            adopt: self.adopt,
            accept_risk: self.accept_risk,
            lines: ui.format == Format::Json || ui.verbosity == Verbosity::Verbose,
            ..SyncRequest::default()
        };
        let mut report = torch_patch::sync(&context, &project, &patches, &request, ui)?;
        let is_wanted = report.ok;
        report.ok |= !self.check;
        match ui.format {
            Format::Json => ui.json(&report)?,
            Format::Text => self.show(&report, is_wanted, ui),
        }
        Ok(if self.check && !is_wanted {
            NOT_WANTED
        } else {
            0
        })
    }

    fn show(&self, report: &Report, is_wanted: bool, ui: &mut Ui) {
        ui.environment(report.environment.as_ref());
        let Some(project) = &report.project else {
            return;
        };
        ui.note(&format!("as `{}` says", project.file));
        if report.results.is_empty() {
            ui.result("the project asks for no patch, and none is here for it");
        }
        for result in &report.results {
            for line in outcome(result) {
                ui.result(&line);
            }
        }
        if let Some(lock) = &project.lock {
            show_lock(lock, ui);
        }
        let has = |outcome| report.results.iter().any(|own| own.outcome == outcome);
        if has(Outcome::AppliedByHand) {
            ui.hint("`torch-patch sync --adopt` takes over what was made by hand");
        }
        if !is_wanted && self.check {
            ui.hint("`torch-patch sync` brings it in order");
        } else if self.dry_run {
            ui.note("nothing was written");
        } else if has(Outcome::Applied) || has(Outcome::Reverted) {
            ui.hint("restart Python where it is already running");
        }
    }
}

fn show_lock(lock: &LockReport, ui: &mut Ui) {
    let path = &lock.path;
    match lock.state {
        LockState::Written => ui.note(&format!("wrote `{path}`")),
        LockState::Missing => ui.note(&format!("`{path}` is not there yet")),
        LockState::Outdated => ui.note(&format!("`{path}` says something else:")),
        LockState::Current => {}
    }
    for difference in &lock.differences {
        ui.note(&format!("  {difference}"));
    }
}
