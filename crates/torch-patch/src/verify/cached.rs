//! What uv's cache has of a distribution: a file that was edited in an environment may be the cache's own.

use torch_patch_env::{Distribution, rows_of};

use super::bounds::Bounds;
use super::compare::Comparison;
use super::{VerifyRequest, all, sorted};
use crate::error::Error;
use crate::uv_cache::{archives, is_in_use};
use crate::verified::{CachedReport, FindingReport, FindingState};

/// Each unpacked wheel of this version, held against the `RECORD` in it.
pub(super) fn reports(
    distribution: &Distribution,
    request: &VerifyRequest,
) -> Result<Vec<CachedReport>, Error> {
    let mut reports = Vec::new();
    let name = distribution.metadata_dir.as_deref();
    let Some(name) = name.and_then(|directory| directory.file_name()) else {
        return Ok(reports);
    };
    for archive in archives(&request.uv_caches, distribution) {
        let rows = rows_of(&archive.join(name).join("RECORD"))?.unwrap_or_default();
        let bounds = Bounds::directory(&archive);
        let compared = all(&rows, &bounds, request.contents);
        let (checked, _, suspects) = sorted(distribution, &rows, compared);
        let findings = suspects.into_iter().filter_map(|row| {
            match super::compare::compare(row, &bounds, request.contents) {
                Comparison::Finding(finding) => Some(finding),
                _ => None,
            }
        });
        let findings: Vec<FindingReport> = findings.collect();
        reports.push(CachedReport {
            path: archive.to_string_lossy().into_owned(),
            in_use: findings.is_empty() || is_in_use(&archive),
            checked,
            findings,
        });
    }
    Ok(reports)
}

/// Says of each modified file if a cache has the same bytes.
pub(super) fn point_out(findings: &mut [FindingReport], caches: &[CachedReport]) {
    let changed = || caches.iter().flat_map(|cache| &cache.findings);
    for finding in findings {
        let is_cached =
            |own: &FindingReport| own.path == finding.path && own.found == finding.found;
        let is_modified = finding.state == FindingState::Modified && finding.found.is_some();
        if is_modified && finding.reason.is_none() && changed().any(is_cached) {
            finding.reason = Some("uv's cache has the same changed file".to_owned());
        }
    }
}
