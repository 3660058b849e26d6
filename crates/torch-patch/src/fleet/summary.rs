//! What came of all environments together.

use serde_json::json;

use super::Errand;
use super::members::Members;
use crate::report::{ErrorReport, MemberReport, Outcome, Report};

/// How many paths a message names.
const NAMED: usize = 3;

/// Puts the reports of the environments together.
pub(super) fn report(
    errand: &Errand,
    environments: Vec<MemberReport>,
    members: &Members,
) -> Report {
    let error = failures(&environments).or_else(|| nowhere(&environments, members));
    Report {
        ok: error.is_none(),
        environments,
        error,
        ..Report::bare(errand.command())
    }
}

/// Says where something went wrong. The exit code is that of the first of these.
fn failures(environments: &[MemberReport]) -> Option<ErrorReport> {
    let failed: Vec<(&str, &ErrorReport)> = environments
        .iter()
        .filter_map(|member| Some((member.path.as_str(), member.error.as_ref()?)))
        .collect();
    let (_, first) = failed.first()?;
    let paths: Vec<&str> = failed.iter().map(|(path, _)| *path).collect();
    let total = environments.len();
    let message = format!(
        "{} of {total} environments failed: {}",
        failed.len(),
        shown(&paths)
    );
    // One reason for all is likely none of the environments.
    let is_one = failed.len() == total
        && failed
            .iter()
            .all(|(_, error)| error.message == first.message);
    Some(ErrorReport {
        code: "environments-failed".to_owned(),
        exit: first.exit,
        message: if is_one {
            format!("{message}: {}", first.message)
        } else {
            message
        },
        hints: if is_one {
            first.hints.clone()
        } else {
            Vec::new()
        },
        details: json!({ "environments": total, "failed": paths }),
    })
}

/// Says if no environment has what the patches are for: nothing was done at all then. Only where all of them were found
/// below a directory, since a named one without the package is a failure.
fn nowhere(environments: &[MemberReport], members: &Members) -> Option<ErrorReport> {
    let is_absent = |member: &MemberReport| {
        !member.results.is_empty()
            && member
                .results
                .iter()
                .all(|result| result.outcome == Outcome::NotNeeded && result.version.is_none())
    };
    let all_found = members.all.iter().all(super::members::Member::is_found);
    if !all_found || !environments.iter().all(is_absent) {
        return None;
    }
    let name = &environments.first()?.results.first()?.distribution;
    let paths: Vec<&str> = environments
        .iter()
        .map(|member| member.path.as_str())
        .collect();
    Some(ErrorReport {
        code: "installed-nowhere".to_owned(),
        exit: 5,
        message: format!(
            "`{name}` is installed in none of {} environments: {}",
            paths.len(),
            shown(&paths)
        ),
        hints: Vec::new(),
        details: json!({ "name": name, "environments": paths }),
    })
}

fn shown(paths: &[&str]) -> String {
    let named = paths.iter().take(NAMED);
    let named: Vec<String> = named.map(|path| format!("`{path}`")).collect();
    let more = if paths.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", named.join(", "))
}
