//! Whether the files of the packages are as they were installed, here and in uv's cache.

use torch_patch_env::normalize;

use super::Seen;
use crate::diagnosis::{DoctorFinding, Level, Topic};
use crate::report::Outcome;
use crate::verified::{FindingReport, VerifiedReport};
use crate::verify::{VerifyRequest, verify};

/// How many files are named.
const MOST_FILES: usize = 3;

pub(super) fn findings(seen: &Seen<'_>) -> Vec<DoctorFinding> {
    let request = VerifyRequest {
        uv_caches: seen.request.uv_caches.clone(),
        ..VerifyRequest::default()
    };
    let verified = match verify(seen.context, &request) {
        Ok(report) => report.verified,
        // A `RECORD` that cannot be read hides nothing else.
        Err(error) => {
            let message = error.report().message;
            return vec![
                DoctorFinding::new(Topic::Files, Level::Attention, message)
                    .helped_by("torch-patch verify"),
            ];
        }
    };
    let mut found: Vec<DoctorFinding> = verified.iter().map(|own| files(seen, own)).collect();
    found.extend(verified.iter().filter_map(poisoned));
    found
}

/// What there is to tell of the files of one package.
fn files(seen: &Seen<'_>, verified: &VerifiedReport) -> DoctorFinding {
    let finding = |level, message| DoctorFinding::new(Topic::Files, level, message);
    let subject = format!("{} {}", verified.distribution, verified.version);
    let name = &verified.distribution;
    if !verified.has_record {
        let found = finding(
            Level::Note,
            format!("{subject} has no `RECORD`, so nothing tells what its files should be"),
        );
        let is_debian = verified.site_packages.ends_with("dist-packages");
        return if is_debian {
            let package = normalize(name);
            found.helped_by(format!("dpkg --verify python3-{package}"))
        } else {
            found
        };
    }
    let damaged: Vec<&FindingReport> = verified
        .findings
        .iter()
        .filter(|own| own.state.is_damage() && !is_told(seen, own))
        .collect();
    if damaged.is_empty() {
        let checked = verified.checked;
        if checked == 0 {
            let message = format!("{subject}: its `RECORD` has no file that could be compared");
            return finding(Level::Note, message).helped_by(format!("torch-patch verify {name}"));
        }
        return finding(
            Level::Ok,
            format!("{subject}: {checked} files are as they were installed, or as recorded"),
        );
    }
    let named: Vec<String> = damaged
        .iter()
        .take(MOST_FILES)
        .map(|own| format!("`{}`", own.path))
        .collect();
    let count = damaged.len();
    let named = named.join(", ");
    let message = if count > MOST_FILES {
        format!("{subject}: {count} files are not as they were installed, among them {named}")
    } else {
        format!("{subject}: not as installed: {named}")
    };
    finding(Level::Attention, message)
        .means("changed by somebody, and nothing is recorded of it")
        .helped_by(format!("torch-patch verify {name}"))
}

/// Whether a file is told of with the patch whose edit it has.
fn is_told(seen: &Seen<'_>, file: &FindingReport) -> bool {
    let files = seen.states.iter().flat_map(|state| &state.files);
    let mut own = files.filter(|own| own.path == file.path);
    own.any(|own| matches!(own.state, Some(Outcome::AppliedByHand | Outcome::Damaged)))
}

fn poisoned(verified: &VerifiedReport) -> Option<DoctorFinding> {
    let mut poison = verified.poison();
    let first = poison.next()?;
    let more = poison.count();
    let name = &verified.distribution;
    let message = match more {
        0 => format!("uv's cache of {name} has a changed `{}`", first.path),
        _ => format!(
            "uv's cache of {name} has changed files: `{}` and {more} more",
            first.path
        ),
    };
    Some(
        DoctorFinding::new(Topic::Cache, Level::Attention, message)
            .means("every environment that uv makes from it gets them; then install the package anew here, too")
            .helped_by(format!("uv cache clean {}", normalize(name))),
    )
}
