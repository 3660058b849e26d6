//! Holds every file of a distribution against its `RECORD`, as `dpkg --verify` does it for Debian's packages.
//!
//! Nothing is written, and no file is read that is not in the environment or in one of the caches that are named.

mod bounds;
mod by_hand;
mod cached;
mod compare;
mod conclusion;
mod content;
mod extra;
mod hints;
mod ledger;

use std::num::NonZero;
use std::path::PathBuf;
use std::thread::available_parallelism;

use torch_patch_env::{Distribution, EnvError, Row};
use torch_patch_store::Store;

use crate::context::Context;
use crate::error::Error;
use crate::records::look;
use crate::report::{Command, Report};
use crate::verified::{SkippedReport, VerifiedReport};
use crate::workers::in_parallel;
use bounds::Bounds;
pub(crate) use bounds::straight;
use compare::{Comparison, Skipped, compare};
pub use content::Contents;

/// What is verified.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifyRequest {
    /// Which distributions.
    pub distributions: Distributions,
    /// Whether binary files are read too.
    pub contents: Contents,
    /// Whether files that no distribution has brought are a failure.
    pub on_extra: OnExtra,
    /// Where caches of uv may be; those that do not exist are passed over.
    pub uv_caches: Vec<PathBuf>,
}

/// Which distributions are verified.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Distributions {
    /// Those that are installed and that there are patches for.
    #[default]
    WithPatches,
    /// These.
    Named(Vec<String>),
    /// All that are installed.
    All,
}

/// What is made of files that no distribution has brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnExtra {
    /// They are told.
    #[default]
    Tell,
    /// They are told, and the distribution is not as it was installed.
    Refuse,
}

/// Compares the files of distributions with what they were installed with.
///
/// The report is `ok` if every file that was compared is as `RECORD` says, or as is recorded of the patches on it.
///
/// # Errors
///
/// A distribution that was named is not installed or cannot be used, or its `RECORD` or the store cannot be read.
pub fn verify(context: &Context, request: &VerifyRequest) -> Result<Report, Error> {
    let mut verified = Vec::new();
    let mut first = None;
    for distribution in distributions(context, &request.distributions)? {
        verified.push(verify_one(context, &distribution, request)?);
        first.get_or_insert(distribution);
    }
    let environment = context.environment_report_of(first.as_ref());
    let mut report = Report::new(Command::Verify, environment, Vec::new());
    report.error = conclusion::error(&verified, request.on_extra);
    report.ok = report.error.is_none();
    report.verified = verified;
    Ok(report)
}

/// The distributions that are meant. Of several that nobody has named, those that cannot be used are left out.
fn distributions(context: &Context, meant: &Distributions) -> Result<Vec<Distribution>, Error> {
    let environment = context.environment();
    let usable = |found: Vec<Result<Distribution, EnvError>>| found.into_iter().flatten().collect();
    Ok(match meant {
        Distributions::Named(names) => {
            let found = names.iter().map(|name| environment.distribution(name));
            let mut found = found.collect::<Result<Vec<_>, _>>()?;
            let mut seen = Vec::new();
            found.retain(|own| {
                let is_new = !seen.contains(&own.metadata_dir);
                seen.push(own.metadata_dir.clone());
                is_new
            });
            found
        }
        Distributions::WithPatches => {
            let names = context.catalogue().distributions().into_keys();
            let names: Vec<&str> = names.collect();
            usable(environment.distributions(&names))
        }
        Distributions::All => usable(environment.all_distributions()),
    })
}

fn verify_one(
    context: &Context,
    distribution: &Distribution,
    request: &VerifyRequest,
) -> Result<VerifiedReport, Error> {
    let rows = distribution.rows()?;
    let has_record = rows.is_some();
    let rows = rows.unwrap_or_default();
    let bounds = Bounds::of(context, distribution, &request.uv_caches);
    let compared = all(&rows, &bounds, request.contents);
    let (checked, skipped, suspects) = sorted(distribution, &rows, compared);
    let store = Store::new(distribution.site_packages.clone());
    let mut findings = look(&store, |records, _| {
        ledger::findings(records, distribution, &suspects, &bounds, request.contents)
    })?;
    findings.extend(extra::findings(distribution, &rows, &findings));
    findings.sort_by(|one, other| one.path.cmp(&other.path));
    let caches = cached::reports(distribution, request)?;
    cached::point_out(&mut findings, &caches);
    let by_hand = by_hand::point_out(context, distribution, &mut findings);
    let mut report = VerifiedReport {
        distribution: distribution.name.clone(),
        version: distribution.version.clone(),
        site_packages: distribution.site_packages.to_string_lossy().into_owned(),
        has_record,
        checked,
        skipped,
        findings,
        caches,
        hints: Vec::new(),
    };
    report.hints = hints::hints(context, distribution, &report, &by_hand);
    Ok(report)
}

/// Compares each row with its file, in the order of the rows.
fn all(rows: &[Row], bounds: &Bounds, contents: Contents) -> Vec<Comparison> {
    let threads = available_parallelism().map_or(1, NonZero::get);
    let compare_row =
        |index: usize| Ok::<_, std::convert::Infallible>(compare(&rows[index], bounds, contents));
    match in_parallel(rows.len(), threads, compare_row, |_| {}) {
        Ok(compared) => compared,
        Err(never) => match never {},
    }
}

/// Counts what is as it should be and what was left out; the other rows are those to look at again.
fn sorted<'r>(
    distribution: &Distribution,
    rows: &'r [Row],
    compared: Vec<Comparison>,
) -> (usize, SkippedReport, Vec<&'r Row>) {
    let mut checked = 0;
    let mut skipped = SkippedReport::default();
    let mut suspects = Vec::new();
    for (row, comparison) in rows.iter().zip(compared) {
        match comparison {
            Comparison::AsRecorded => checked += 1,
            Comparison::Skipped(Skipped::Binary) => skipped.binary += 1,
            Comparison::Skipped(Skipped::Unhashed) => skipped.unhashed += 1,
            Comparison::Skipped(Skipped::Outside) => skipped.outside += 1,
            Comparison::Skipped(Skipped::Wrong) => skipped.wrong += 1,
            Comparison::Finding(_) if compare::is_known_wrong(distribution, &row.path) => {
                skipped.wrong += 1;
            }
            Comparison::Finding(finding) => {
                checked += usize::from(finding.found.is_some());
                suspects.push(row);
            }
        }
    }
    (checked, skipped, suspects)
}
