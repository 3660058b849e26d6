//! Which of the changed files have the edit of a known patch, made by hand, or a bad edit that a repair takes out.

use torch_patch_env::{Distribution, normalize};

use crate::context::Context;
use crate::report::Outcome;
use crate::request::StatusRequest;
use crate::status::status;
use crate::verified::{FindingReport, FindingState};

/// The patches whose edits, or whose bad edits, are in modified files.
#[derive(Default)]
pub(super) struct ByHand {
    /// Those that can take the edit over.
    pub(super) edits: Vec<String>,
    /// Those that take the edit out.
    pub(super) repairs: Vec<String>,
}

/// Says of each modified file if it has the edit of a patch of the catalogue, or a bad edit that one takes out; returns
/// the ids of these patches.
///
/// A patch that cannot be held against the files has nothing to say here.
pub(super) fn point_out(
    context: &Context,
    distribution: &Distribution,
    findings: &mut [FindingReport],
) -> ByHand {
    let is_modified = |own: &FindingReport| own.state == FindingState::Modified;
    let mut found = ByHand::default();
    if !findings.iter().any(is_modified) {
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
        for file in files {
            let mut own = findings.iter_mut();
            let Some(finding) = own.find(|own| is_modified(own) && own.path == file.path) else {
                continue;
            };
            let ids = match file.state {
                Some(Outcome::AppliedByHand) if finding.patches.is_empty() => {
                    let id = &patch.id;
                    finding.reason = Some(format!("it has the edit of `{id}`, made by hand"));
                    &mut found.edits
                }
                Some(Outcome::Damaged) => {
                    finding.repairs.push(patch.id.clone());
                    let ids = finding.repairs.join("`, `");
                    finding.reason = Some(format!("it has the bad edit that `{ids}` takes out"));
                    &mut found.repairs
                }
                _ => continue,
            };
            if !ids.contains(&patch.id) {
                ids.push(patch.id.clone());
            }
        }
    }
    found
}
