//! Which of the changed files have the edit of a known patch, made by hand.

use torch_patch_env::{Distribution, normalize};

use crate::context::Context;
use crate::report::Outcome;
use crate::request::StatusRequest;
use crate::status::status;
use crate::verified::{FindingReport, FindingState};

/// Says of each modified file if it has the edit of a patch of the catalogue; returns the ids of these patches.
///
/// A patch that cannot be held against the files has nothing to say here.
pub(super) fn point_out(
    context: &Context,
    distribution: &Distribution,
    findings: &mut [FindingReport],
) -> Vec<String> {
    let is_open =
        |own: &FindingReport| own.state == FindingState::Modified && own.patches.is_empty();
    let mut found = Vec::new();
    if !findings.iter().any(is_open) {
        return found;
    }
    let patches = context.catalogue().patches().unwrap_or_default();
    let name = normalize(&distribution.name);
    let own = patches
        .iter()
        .filter(|patch| normalize(&patch.distribution) == name);
    for patch in own {
        let report = status(context, &StatusRequest::new([&patch.id]));
        let results = report.map(|report| report.results).unwrap_or_default();
        let files = results.iter().flat_map(|result| &result.files);
        for file in files.filter(|file| file.state == Some(Outcome::AppliedByHand)) {
            let mut own = findings.iter_mut();
            let Some(finding) = own.find(|own| is_open(own) && own.path == file.path) else {
                continue;
            };
            finding.reason = Some(format!("it has the edit of `{}`, made by hand", patch.id));
            if !found.contains(&patch.id) {
                found.push(patch.id.clone());
            }
        }
    }
    found
}
