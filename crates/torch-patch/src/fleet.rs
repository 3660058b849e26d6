//! One request in many environments, side by side.
//!
//! Each environment is a whole of its own: what goes wrong in one leaves the others as they are asked for. The variables
//! and the home of whoever runs the command say nothing about the environments of others, so `PYTHONPATH` and the user
//! site do not count.

mod errand;
mod heard;
mod members;
mod summary;

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;

use torch_patch_env::{Request, Surroundings};
use torch_patch_set::{Catalogue, Platform};

use crate::error::Error;
use crate::pristine::Sources;
use crate::progress::Progress;
use crate::report::{MemberReport, Report};
use crate::workers::in_parallel;
pub use errand::Errand;
use errand::Work;
use members::Members;

/// How many environments are worked in at the same time.
const THREADS: usize = 8;

/// Which environments are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fleet {
    /// Those that are named.
    pub named: Vec<Request>,
    /// Directories: every environment below one is meant, as far as no link leads there.
    pub under: Vec<PathBuf>,
}

/// What is worked with in every environment.
#[derive(Debug)]
pub struct Means<'m> {
    /// The patches that are known.
    pub catalogue: Arc<Catalogue>,
    /// What relative paths count from.
    pub surroundings: &'m Surroundings,
    /// What the environments are for.
    pub platform: Platform,
    /// Where an original may come from, of [`adopt`](crate::ApplyRequest::adopt).
    pub sources: &'m Sources<'m>,
}

/// Carries out `errand` in every environment of `fleet`, several at a time.
///
/// [`Report::environments`] has one report for each, the named ones first, then those that were found, sorted. An
/// environment that was found and does not have the package of a patch does not need that patch. What goes wrong in an
/// environment stands in its report, and [`Report::error`] says in how many. `progress` hears of the environments one
/// after the other, when all are done.
///
/// # Errors
///
/// A directory that environments are to be below is none, or there is no environment.
pub fn fleet(
    fleet: &Fleet,
    errand: &Errand,
    means: &Means<'_>,
    progress: &mut dyn Progress,
) -> Result<Report, Error> {
    let members = Members::of(fleet, means.surroundings)?;
    let work = Work {
        errand,
        means,
        surroundings: means.surroundings.clone().impersonal(),
    };
    let carried_out = |index: usize| Ok::<_, Infallible>(work.carry_out(&members.all[index]));
    let Ok(done) = in_parallel(members.all.len(), THREADS, carried_out, |_| ());
    let mut reports: Vec<MemberReport> = Vec::with_capacity(done.len());
    for done in done {
        done.heard.tell(&done.report.path, progress);
        reports.push(done.report);
    }
    reports.extend(members.unreadable());
    Ok(summary::report(errand, reports, &members))
}
