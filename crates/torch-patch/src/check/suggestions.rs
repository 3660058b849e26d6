//! What is proposed for single releases, put together by the edits it proposes.

use torch_patch_set::{Patch, Variant, variant_toml};

use crate::check::infer::short;
use crate::check::row::Row;
use crate::check::specimen::by_version;
use crate::check::suggest::Proposal;
use crate::findings::{ReleaseName, SuggestionReport};

/// One suggestion for each run of releases for which the same edits are proposed.
pub(crate) fn collect(patch: &Patch, index: usize, rows: &[Row]) -> Vec<SuggestionReport> {
    let releases = releases(index, rows);
    let mut suggestions: Vec<(Proposal, Vec<ReleaseName>, usize)> = Vec::new();
    for (number, release) in releases.iter().enumerate() {
        let own = rows
            .iter()
            .filter(|row| row.cells[index].release == *release);
        for row in own {
            let Some(proposal) = &row.proposals[index] else {
                continue;
            };
            let cell = &row.cells[index];
            let name = ReleaseName {
                release: cell.release.clone(),
                platform: cell.platform.clone(),
            };
            let open = suggestions
                .iter_mut()
                .find(|(known, _, last)| *last + 1 >= number && known.edits == proposal.edits);
            match open {
                Some((_, names, last)) => {
                    names.push(name);
                    *last = number;
                }
                None => suggestions.push((proposal.clone(), vec![name], number)),
            }
        }
    }
    let reports = suggestions.into_iter().map(|(proposal, proven_on, last)| {
        let first = proven_on[0].release.clone();
        let range = range(&first, &releases[last], releases.get(last + 1), &proposal);
        let edits = proposal.edits.iter();
        let mut changes = proposal.changes;
        changes.extend(overlapping(patch, &proven_on).map(|variant| {
            format!(
                "ranges may not overlap: `{}` has to leave these releases out",
                variant.versions
            )
        }));
        SuggestionReport {
            patch: patch.id.clone(),
            toml: variant_toml(&range, edits.map(|(file, edit)| (file.as_str(), edit))),
            from_variant: proposal.from_variant,
            changes,
            proven_on,
        }
    });
    reports.collect()
}

/// The variants whose ranges have some of the releases.
fn overlapping<'p>(patch: &'p Patch, names: &[ReleaseName]) -> impl Iterator<Item = &'p Variant> {
    let names = names.to_vec();
    patch.variants.iter().filter(move |variant| {
        let mut names = names.iter();
        names.any(|name| variant.versions.contains(&name.release))
    })
}

fn releases(index: usize, rows: &[Row]) -> Vec<String> {
    let own = rows.iter().map(|row| row.cells[index].release.clone());
    let mut releases: Vec<String> = own.collect();
    releases.sort_by(|one, other| by_version(one, other));
    releases.dedup();
    releases
}

/// From the first release up to the next one for which something else holds; if there is none yet,
/// up to where the variant ended that the proposal was made from.
fn range(first: &str, last: &str, next: Option<&String>, proposal: &Proposal) -> String {
    let declared = proposal.from_variant.split(',').map(str::trim);
    let end = declared
        .filter_map(|clause| clause.strip_prefix('<'))
        .map(|end| end.trim_start_matches('=').trim())
        .find(|end| by_version(end, last).is_gt());
    match next.map(|next| short(next)).or(end) {
        Some(end) => format!(">={},<{end}", short(first)),
        None => format!(">={}", short(first)),
    }
}
