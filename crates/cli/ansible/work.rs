//! What a task asks for, done; and whether that changed anything, to the letter.

use std::path::Path;

use torch_patch::{
    ApplyRequest, Catalogue, Errand, Fleet, Means, MemberReport, Mode, Outcome, PatchReport,
    Platform, Progress, Report, Request, RevertRequest, Selection, Sources, StatusRequest, Step,
    fleet,
};

use super::answer::{Answer, Diff};
use super::task::{State, Task};
use crate::process;
use crate::session::ids;
use crate::uv_caches;

/// Who has asked for a patch when a task names nobody: as on the command line.
const NOBODY: &str = "user";

pub(super) fn carry_out(task: &Task) -> anyhow::Result<Answer> {
    let mut catalogue = Catalogue::built_in();
    let patches = ids(&mut catalogue, &task.patches)?;
    let caches = uv_caches::find();
    let world = World {
        fleet: meant(task),
        means: Means {
            catalogue: catalogue.into(),
            surroundings: &process::surroundings()?,
            platform: Platform::HOST,
            // No host asks a package index because of a task.
            sources: &Sources::none().with_uv_caches(&caches),
        },
    };
    let mut warnings = Warnings::default();
    let is_absent = task.state == State::Absent;
    let state = Errand::Status(StatusRequest {
        patches: if patches.is_empty() {
            Selection::All
        } else {
            Selection::Ids(patches.clone())
        },
        lines: false,
    });
    let before = world.carry_out(&state, &mut warnings)?;
    let planned = if task.wants_diff && !is_absent {
        let errand = Errand::Diff(wanted(task, patches.clone()));
        Some(world.carry_out(&errand, &mut warnings)?)
    } else {
        None
    };
    let errand = match task.state {
        State::Present => Errand::Apply(wanted(task, patches)),
        State::Absent => Errand::Revert(unwanted(task, patches)),
    };
    let report = world.carry_out(&errand, &mut warnings)?;
    let owner = task.owner.as_deref();
    let mut is_changed = all_results(&report).any(|result| is_change(result, owner));
    if task.is_check {
        let owner = owner.unwrap_or(NOBODY);
        is_changed |= !is_absent && is_record_to_change(&before, &report, owner);
    } else {
        is_changed |= records(&before) != records(&world.carry_out(&state, &mut warnings)?);
    }
    // A revert has its diffs itself.
    let diffs = diffs(planned.as_ref().unwrap_or(&report));
    Ok(Answer::of(report, is_changed, diffs, warnings.0))
}

fn meant(task: &Task) -> Fleet {
    let one = Request {
        site_packages: task.site_packages.clone(),
        python: task.python.clone(),
        ..Request::default()
    };
    let named = task.env.iter().map(|prefix| Request {
        env: Some(prefix.clone()),
        ..Request::default()
    });
    let is_one = task.site_packages.is_some() || task.python.is_some();
    Fleet {
        named: is_one.then_some(one).into_iter().chain(named).collect(),
        under: task.envs_under.clone(),
    }
}

fn mode(task: &Task) -> Mode {
    if task.is_check {
        Mode::DryRun
    } else {
        Mode::Write
    }
}

fn wanted(task: &Task, patches: Vec<String>) -> ApplyRequest {
    ApplyRequest {
        mode: mode(task),
        adopt: task.adopt,
        accept_risk: task.accept_risk,
        strict: task.strict,
        lines: true,
        owner: task.owner.clone(),
        ..ApplyRequest::new(patches)
    }
}

fn unwanted(task: &Task, patches: Vec<String>) -> RevertRequest {
    RevertRequest {
        patches: if patches.is_empty() {
            Selection::All
        } else {
            Selection::Ids(patches)
        },
        mode: mode(task),
        drifted: task.drifted,
        owner: task.owner.clone(),
        diffs: task.wants_diff,
        ..RevertRequest::default()
    }
}

/// Where it is done, and with what.
struct World<'w> {
    fleet: Fleet,
    means: Means<'w>,
}

impl World<'_> {
    fn carry_out(&self, errand: &Errand, warnings: &mut Warnings) -> anyhow::Result<Report> {
        let report = fleet(&self.fleet, errand, &self.means, warnings)?;
        Ok(report)
    }
}

fn all_results(report: &Report) -> impl Iterator<Item = &PatchReport> {
    report
        .environments
        .iter()
        .flat_map(|member| &member.results)
}

/// Whether a result is a change. What is released has the owners that were there before; one who had not asked for it
/// has given nothing up.
fn is_change(result: &PatchReport, owner: Option<&str>) -> bool {
    match result.outcome {
        Outcome::Applied
        | Outcome::Adopted
        | Outcome::Repaired
        | Outcome::Reverted
        | Outcome::WouldApply
        | Outcome::WouldRepair
        | Outcome::WouldRevert => true,
        Outcome::Released | Outcome::WouldRelease => {
            owner.is_some_and(|owner| result.owners.iter().any(|other| other == owner))
        }
        _ => false,
    }
}

/// What an environment has: of each patch the state, who asked for it, and the files.
fn records(report: &Report) -> Vec<(&str, &[PatchReport])> {
    let members = report.environments.iter();
    members
        .map(|member| (member.path.as_str(), member.results.as_slice()))
        .collect()
}

/// Whether a task would change nothing but what is recorded: another owner asks, or a record goes that an upgrade of the
/// package has made void.
fn is_record_to_change(before: &Report, planned: &Report, owner: &str) -> bool {
    let of = |member: &MemberReport| {
        before
            .environments
            .iter()
            .find(|other| other.path == member.path)
    };
    planned.environments.iter().any(|member| {
        let Some(before) = of(member) else {
            return false;
        };
        member.results.iter().any(|result| {
            let recorded = before
                .results
                .iter()
                .find(|other| other.patch == result.patch);
            let owners = recorded.map_or(&[][..], |recorded| &recorded.owners);
            match result.outcome {
                Outcome::AlreadyApplied => !owners.iter().any(|other| other == owner),
                Outcome::NotNeeded => !owners.is_empty(),
                _ => false,
            }
        })
    })
}

/// How the files change, each file of an environment once.
fn diffs(report: &Report) -> Vec<Diff> {
    let mut diffs: Vec<Diff> = Vec::new();
    for member in &report.environments {
        let directory = member.environment.as_ref();
        let directory = directory.map_or(member.path.as_str(), |environment| {
            &environment.site_packages
        });
        for file in member.results.iter().flat_map(|result| &result.files) {
            let Some(diff) = &file.diff else { continue };
            let path = Path::new(directory).join(&file.path);
            let diff = Diff {
                path: path.display().to_string(),
                text: diff.clone(),
            };
            if !diffs.contains(&diff) {
                diffs.push(diff);
            }
        }
    }
    diffs
}

/// What a user of Ansible is told besides: that an interrupted operation has been settled.
#[derive(Default)]
struct Warnings(Vec<String>);

impl Progress for Warnings {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Recovered { files } => self.0.push(format!(
                "an operation that was interrupted has been settled: {}",
                files.join(", ")
            )),
            Step::Note { text } => self.0.push(text.clone()),
            _ => {}
        }
    }
}
