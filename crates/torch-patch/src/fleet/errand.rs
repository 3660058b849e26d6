//! What is done in one environment of many.

use std::sync::Arc;

use torch_patch_env::{Surroundings, discover};

use super::Means;
use super::heard::Heard;
use super::members::Member;
use crate::apply::{apply_from, plan};
use crate::context::Context;
use crate::error::Error;
use crate::known::find;
use crate::overview::environment;
use crate::pristine::Sources;
use crate::report::{Command, EnvironmentReport, MemberReport, Outcome, PatchReport, Report};
use crate::request::{ApplyRequest, RevertRequest, Selection, StatusRequest};
use crate::revert::revert;
use crate::status::status;

/// What is to be done in each environment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Errand {
    /// To bring patches in ([`apply_from`]).
    Apply(ApplyRequest),
    /// To show what that would change ([`plan`]).
    Diff(ApplyRequest),
    /// To take patches out ([`revert`]).
    Revert(RevertRequest),
    /// To tell what there is ([`status`]).
    Status(StatusRequest),
    /// To tell what the environment is ([`environment`]).
    Env,
}

impl Errand {
    pub(super) fn command(&self) -> Command {
        match self {
            Self::Apply(_) => Command::Apply,
            Self::Diff(_) => Command::Diff,
            Self::Revert(_) => Command::Revert,
            Self::Status(_) => Command::Status,
            Self::Env => Command::Env,
        }
    }

    /// The patches that are to be there, by their ids.
    fn wanted(&self) -> &[String] {
        match self {
            Self::Apply(request) | Self::Diff(request) => &request.patches,
            Self::Status(StatusRequest {
                patches: Selection::Ids(ids),
                ..
            }) => ids,
            _ => &[],
        }
    }

    /// The same for these patches alone.
    fn with(&self, wanted: Vec<String>) -> Self {
        let applying = |request: &ApplyRequest| ApplyRequest {
            patches: wanted.clone(),
            ..request.clone()
        };
        match self {
            Self::Apply(request) => Self::Apply(applying(request)),
            Self::Diff(request) => Self::Diff(applying(request)),
            Self::Status(request) => Self::Status(StatusRequest {
                patches: Selection::Ids(wanted),
                ..request.clone()
            }),
            other => other.clone(),
        }
    }

    /// Whether a patch may be left out where its package is not installed and nobody named the environment.
    fn is_lenient(&self) -> bool {
        !matches!(self, Self::Apply(request) if request.strict)
    }

    fn carry_out(
        &self,
        context: &Context,
        sources: &Sources<'_>,
        heard: &mut Heard,
    ) -> Result<Report, Error> {
        match self {
            Self::Apply(request) => apply_from(context, request, sources, heard),
            Self::Diff(request) => plan(context, request, heard),
            Self::Revert(request) => revert(context, request, heard),
            Self::Status(request) => status(context, request),
            Self::Env => Ok(environment(context)),
        }
    }
}

/// What is done, and with what.
pub(super) struct Work<'a> {
    pub(super) errand: &'a Errand,
    pub(super) means: &'a Means<'a>,
    /// Without what is one user's own.
    pub(super) surroundings: Surroundings,
}

/// What came of one environment.
pub(super) struct Done {
    pub(super) report: MemberReport,
    pub(super) heard: Heard,
}

impl Work<'_> {
    pub(super) fn carry_out(&self, member: &Member) -> Done {
        let mut heard = Heard::default();
        let mut place = None;
        let path = member.path.to_string_lossy().into_owned();
        let report = match self.outcome(member, &mut place, &mut heard) {
            Ok(report) => MemberReport {
                path,
                ok: report.ok,
                environment: report.environment,
                results: report.results,
                distributions: report.distributions,
                error: None,
            },
            Err(error) => MemberReport::failed(path, place, &error),
        };
        Done { report, heard }
    }

    fn outcome(
        &self,
        member: &Member,
        place: &mut Option<EnvironmentReport>,
        heard: &mut Heard,
    ) -> Result<Report, Error> {
        let environment = discover(&member.request, &self.surroundings)?;
        let Means {
            catalogue,
            platform,
            sources,
            ..
        } = self.means;
        let context = Context::new(environment, Arc::clone(catalogue), *platform);
        *place = Some(context.environment_report());
        let wanted = self.errand.wanted();
        if wanted.is_empty() || !member.is_found() || !self.errand.is_lenient() {
            return self.errand.carry_out(&context, sources, heard);
        }
        let parts = Parts::of(&context, wanted)?;
        let mut report = if parts.here.is_empty() {
            Report::new(
                self.errand.command(),
                context.environment_report(),
                Vec::new(),
            )
        } else {
            self.errand
                .with(parts.here)
                .carry_out(&context, sources, heard)?
        };
        let is_state = matches!(self.errand, Errand::Status(_));
        report
            .results
            .extend(parts.elsewhere.into_iter().map(|absent| PatchReport {
                state: is_state.then_some(Outcome::NotNeeded),
                ..absent
            }));
        Ok(report)
    }
}

/// Patches by whether there is anything to patch.
#[derive(Default)]
struct Parts {
    /// The ids of those whose package is installed.
    here: Vec<String>,
    /// What is told of the others.
    elsewhere: Vec<PatchReport>,
}

impl Parts {
    fn of(context: &Context, ids: &[String]) -> Result<Self, Error> {
        let mut parts = Self::default();
        for id in ids {
            let known = find(context, id)?;
            let name = &known.patch().distribution;
            match context.environment().distribution(name) {
                Err(error) if error.is_distribution_not_found() => {
                    parts.elsewhere.push(PatchReport {
                        outcome: Outcome::NotNeeded,
                        reason: Some(format!("{name} is not installed here")),
                        ..PatchReport::bare(id, name)
                    });
                }
                // What is there and cannot be patched is told by the errand itself.
                _ => parts.here.push(id.clone()),
            }
        }
        Ok(parts)
    }
}
