//! Patches for as long as something runs.
//!
//! Architecture invariant: what a run asks for is recorded under a lease that ends with its process, so that a process
//! which is killed leaves nothing for good.

use torch_patch_store::{Lease, Store};

use crate::apply::{apply, by_root, with_required};
use crate::context::{Context, Need, word};
use crate::error::{Error, ErrorKind};
use crate::progress::Progress;
use crate::report::{Command, Report};
use crate::request::{ApplyRequest, Mode, RevertRequest, Selection};
use crate::revert::revert;
use crate::runs::{end, take_leases};

/// Patches that are in place until [`Run::end`].
#[derive(Debug)]
pub struct Run {
    /// The owner of what was asked for; `None` if nothing had to be recorded.
    owner: Option<String>,
    leases: Vec<Lease>,
    request: ApplyRequest,
    report: Report,
}

impl Run {
    /// Brings patches in. Several runs may ask for the same one: it goes with the last of them, and stays if somebody
    /// else has asked for it.
    ///
    /// Where all of them are in place already and the environment may not be written to, that is enough.
    ///
    /// # Errors
    ///
    /// Those of [`apply`]. Nothing was changed then.
    pub fn begin(
        context: &Context,
        request: &ApplyRequest,
        progress: &mut dyn Progress,
    ) -> Result<Self, Error> {
        check_none_is_a_repair(context, request)?;
        let trial = ApplyRequest {
            mode: Mode::DryRun,
            ..request.clone()
        };
        let trial = apply(context, &trial, progress)?;
        let holds = trial
            .results
            .iter()
            .all(|own| own.outcome.is_wanted_state());
        let stores = stores(context, request)?;
        if stores.is_empty() {
            return Ok(Self::new(None, Vec::new(), request, trial));
        }
        match take_leases(context, &stores, request.lock_timeout, progress) {
            Err(error) if holds && error.is_permission_denied() => {
                Ok(Self::new(None, Vec::new(), request, trial))
            }
            Err(error) => Err(error),
            Ok((owner, leases)) => Self::under(context, request, owner, leases, progress),
        }
    }

    fn under(
        context: &Context,
        request: &ApplyRequest,
        owner: String,
        leases: Vec<Lease>,
        progress: &mut dyn Progress,
    ) -> Result<Self, Error> {
        let wanted = ApplyRequest {
            owner: Some(owner.clone()),
            ..request.clone()
        };
        match apply(context, &wanted, progress) {
            Ok(report) => Ok(Self::new(Some(owner), leases, request, report)),
            Err(error) => {
                end(leases);
                Err(error)
            }
        }
    }

    fn new(
        owner: Option<String>,
        leases: Vec<Lease>,
        request: &ApplyRequest,
        mut report: Report,
    ) -> Self {
        report.command = Command::Run;
        Self {
            owner,
            leases,
            request: request.clone(),
            report,
        }
    }

    /// What became of the patches.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Takes back what was asked for.
    ///
    /// # Errors
    ///
    /// Those of [`revert`]: above all, someone else has changed a file meanwhile. It is left as it is then.
    pub fn end(self, context: &Context, progress: &mut dyn Progress) -> Result<Report, Error> {
        let Some(owner) = self.owner else {
            let nothing = Report::new(Command::Run, context.environment_report(), Vec::new());
            return Ok(nothing);
        };
        let request = RevertRequest {
            patches: Selection::All,
            owner: Some(owner),
            lock_timeout: self.request.lock_timeout,
            ..RevertRequest::default()
        };
        let reverted = revert(context, &request, progress);
        end(self.leases);
        let mut report = reverted?;
        report.command = Command::Run;
        Ok(report)
    }
}

/// Refuses a repair: what it takes out is not to come back when a command ends.
fn check_none_is_a_repair(context: &Context, request: &ApplyRequest) -> Result<(), Error> {
    for known in with_required(context, &request.patches)? {
        let patch = known.patch();
        if patch.repairs {
            let (patch, word) = (patch.id.clone(), word(patch));
            return Err(ErrorKind::ForGood { patch, word }.into());
        }
    }
    Ok(())
}

/// The stores that something would be recorded in.
fn stores(context: &Context, request: &ApplyRequest) -> Result<Vec<Store>, Error> {
    let mut cases = Vec::new();
    let known = with_required(context, &request.patches)?;
    for known in &known {
        cases.push(context.case(known.patch())?);
    }
    let is_needed = |members: &[usize]| {
        let mut members = members.iter();
        members.any(|&member| matches!(cases[member].need, Need::Variant(_)))
    };
    let groups = by_root(&cases).into_iter();
    let needed = groups.filter(|(_, members)| is_needed(members));
    Ok(needed.map(|(store, _)| store.clone()).collect())
}
