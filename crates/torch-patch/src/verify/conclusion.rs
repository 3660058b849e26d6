//! What all verified distributions come to.

use serde_json::json;

use super::OnExtra;
use crate::report::ErrorReport;
use crate::verified::{FindingReport, FindingState, VerifiedReport};

/// What is wrong; `None` if every file that was compared is as it should be.
pub(super) fn error(verified: &[VerifiedReport], on_extra: OnExtra) -> Option<ErrorReport> {
    let is_failure = |finding: &&FindingReport| {
        let is_extra = finding.state == FindingState::Extra;
        finding.state.is_damage() || (is_extra && on_extra == OnExtra::Refuse)
    };
    let own = verified.iter().flat_map(|report| &report.findings);
    let files = own.filter(is_failure).count();
    let cached = verified.iter().flat_map(VerifiedReport::poison).count();
    let without: Vec<&VerifiedReport> = verified.iter().filter(|own| !own.has_record).collect();
    let hints = || {
        let hints = verified.iter().flat_map(|report| &report.hints);
        hints.cloned().collect::<Vec<String>>()
    };
    if files + cached > 0 {
        let told = [damaged(files), poisoned(cached)];
        let told: Vec<String> = told.into_iter().flatten().collect();
        return Some(ErrorReport {
            code: "not-as-installed".to_owned(),
            exit: 4,
            message: told.join("; "),
            hints: hints(),
            details: json!({ "files": files, "cached": cached }),
        });
    }
    if without.is_empty() {
        return None;
    }
    let names = without
        .iter()
        .map(|own| format!("{} {}", own.distribution, own.version));
    let names: Vec<String> = names.collect();
    Some(ErrorReport {
        code: "no-record".to_owned(),
        exit: 5,
        message: format!(
            "nothing tells what the files of {} should be: there is no `RECORD`",
            names.join(", ")
        ),
        hints: hints(),
        details: json!({ "distributions": without.iter().map(|own| &own.distribution).collect::<Vec<_>>() }),
    })
}

fn damaged(files: usize) -> Option<String> {
    match files {
        0 => None,
        1 => Some("1 file is not as installed".to_owned()),
        files => Some(format!("{files} files are not as installed")),
    }
}

fn poisoned(files: usize) -> Option<String> {
    match files {
        0 => None,
        1 => Some("1 file in uv's cache is not as in the wheel".to_owned()),
        files => Some(format!(
            "{files} files in uv's cache are not as in the wheel"
        )),
    }
}
