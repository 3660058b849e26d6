//! The ranges of versions that the edits of a patch really fit, beside those that its file declares.

use std::collections::BTreeMap;

use torch_patch_set::Patch;

use crate::cell::CellState;
use crate::check::row::{Row, edits_of};
use crate::check::specimen::by_version;
use crate::findings::{RangeReport, VariantRange};

/// Infers the ranges of patch number `index` from what was found on every release.
pub(crate) fn infer(patch: &Patch, index: usize, rows: &[Row]) -> RangeReport {
    let releases = Releases::new(patch, index, rows);
    let variants = patch.variants.iter().enumerate();
    let variants = variants.filter(|(_, variant)| edits_of(variant).next().is_some());
    RangeReport {
        patch: patch.id.clone(),
        variants: variants
            .map(|(number, variant)| VariantRange {
                declared: variant.versions.to_string(),
                holds: releases.ranges(number),
            })
            .collect(),
        wider: releases.of(|release| release.is_broken),
        narrower: releases.of(|release| release.is_uncovered && release.holds.contains(&true)),
    }
}

/// What is known of a release on all platforms together.
struct Seen {
    /// Whether the patch covers it and does not fit.
    is_broken: bool,
    is_uncovered: bool,
    /// For each variant, whether it fits on every platform.
    holds: Vec<bool>,
}

/// The releases in the order of their versions.
struct Releases(Vec<(String, Seen)>);

impl Releases {
    fn new(patch: &Patch, index: usize, rows: &[Row]) -> Self {
        let mut seen: BTreeMap<&str, Seen> = BTreeMap::new();
        for row in rows {
            let cell = &row.cells[index];
            if cell.state == CellState::NotNeeded && cell.variant.is_none() {
                continue; // not for this platform
            }
            let release = seen.entry(&cell.release).or_insert_with(|| Seen {
                is_broken: false,
                is_uncovered: false,
                holds: vec![true; patch.variants.len()],
            });
            release.is_broken |= cell.state.is_broken();
            release.is_uncovered |= cell.state == CellState::NotCovered;
            for (all, own) in release.holds.iter_mut().zip(&row.holds[index]) {
                *all &= own;
            }
        }
        let mut releases: Vec<(String, Seen)> = seen
            .into_iter()
            .map(|(release, seen)| (release.to_owned(), seen))
            .collect();
        releases.sort_by(|(one, _), (other, _)| by_version(one, other));
        Self(releases)
    }

    fn of(&self, is_meant: impl Fn(&Seen) -> bool) -> Vec<String> {
        let meant = self.0.iter().filter(|(_, seen)| is_meant(seen));
        meant.map(|(release, _)| release.clone()).collect()
    }

    /// The fewest ranges that have all releases that a variant fits and none that it does not.
    fn ranges(&self, number: usize) -> Vec<String> {
        let mut ranges = Vec::new();
        let mut start: Option<&str> = None;
        for (release, seen) in &self.0 {
            match (start, seen.holds[number]) {
                (None, true) => start = Some(release),
                (Some(from), false) => {
                    ranges.push(format!(">={},<{}", short(from), short(release)));
                    start = None;
                }
                _ => {}
            }
        }
        ranges.extend(start.map(|from| format!(">={}", short(from))));
        ranges
    }
}

/// `2.1.0` as `2.1`, which is the same version.
pub(crate) fn short(version: &str) -> &str {
    match version.strip_suffix(".0") {
        Some(short) if short.contains('.') => short,
        _ => version,
    }
}
