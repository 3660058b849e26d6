//! The files of a distribution that were edited by hand.

use torch_patch_store::RelativePath;

use super::edited::{Edited, Finder};
use super::refusal::RecordRefusal;
use super::{RecordRequest, names, nothing};
use crate::context::Context;
use crate::error::Error;
use crate::progress::Progress;
use crate::verified::{FindingReport, FindingState};
use crate::verify::{Distributions, VerifyRequest, verify};

/// How many files are named that were added and not asked for.
const MOST_NAMED: usize = 5;

/// The edited files, and what was left out and why.
pub(super) fn edited(
    context: &Context,
    finder: &Finder<'_>,
    request: &RecordRequest,
    progress: &mut dyn Progress,
) -> Result<(Vec<Edited>, Vec<String>), Error> {
    if !request.files.is_empty() {
        return Ok((named(finder, request, progress)?, Vec::new()));
    }
    let (paths, notes) = changed(context, finder)?;
    let mut files = Vec::with_capacity(paths.len());
    for path in &paths {
        files.extend(finder.by_hand(path, progress)?);
    }
    Ok((files, notes))
}

/// The files that were asked for.
fn named(
    finder: &Finder<'_>,
    request: &RecordRequest,
    progress: &mut dyn Progress,
) -> Result<Vec<Edited>, Error> {
    let mut files: Vec<Edited> = Vec::new();
    for name in &request.files {
        let existing = names::existing(finder.records, finder.distribution, &[name.as_str()]);
        let file = match existing {
            Ok(path) => finder.by_hand(&path, progress)?,
            Err(error) => {
                let added = names::new(finder.distribution, &[name.as_str()]).map_err(|_| error)?;
                let target = finder.records.target(&added)?;
                target.map(|target| Edited::created(added, target.bytes, true))
            }
        };
        let asked = RecordRequest {
            files: vec![name.clone()],
            ..request.clone()
        };
        let file = file.ok_or_else(|| nothing(finder.distribution, &asked, Vec::new()))?;
        if files.iter().all(|other| other.path != file.path) {
            files.push(file);
        }
    }
    Ok(files)
}

/// The files that are neither as installed nor as recorded, and in words what else was found.
fn changed(
    context: &Context,
    finder: &Finder<'_>,
) -> Result<(Vec<RelativePath>, Vec<String>), Error> {
    let distribution = finder.distribution;
    let verified = verify(
        context,
        &VerifyRequest {
            distributions: Distributions::Named(vec![distribution.name.clone()]),
            ..VerifyRequest::default()
        },
    )?;
    let found = verified.verified.into_iter().next();
    if found.as_ref().is_some_and(|found| !found.has_record) {
        return Err(RecordRefusal::NoRecord {
            distribution: distribution.name.clone(),
            version: distribution.version.clone(),
        }
        .into());
    }
    let (mut paths, mut notes, mut extra) = (Vec::new(), Vec::new(), Vec::new());
    for finding in found.into_iter().flat_map(|found| found.findings) {
        match (finding.state, patchable(&finding)) {
            (FindingState::Modified, Ok(path)) => paths.push(path),
            (FindingState::Modified | FindingState::Unreadable, Err(reason)) => {
                notes.push(format!("`{}` is left out: {reason}", finding.path));
            }
            (FindingState::Missing, _) => notes.push(format!(
                "`{}` is left out: it was removed, and a patch removes no files",
                finding.path
            )),
            (FindingState::Extra, Ok(_)) => extra.push(finding.path),
            _ => {}
        }
    }
    notes.extend(added(&extra));
    Ok((paths, notes))
}

/// The path of a file that a patch may change; the error says why it may not.
fn patchable(finding: &FindingReport) -> Result<RelativePath, String> {
    if finding.state == FindingState::Modified && finding.found.is_none() {
        return Err("it is binary".to_owned());
    }
    if finding.state == FindingState::Unreadable {
        return Err("it cannot be read".to_owned());
    }
    if finding.path.contains(".dist-info/") {
        return Err("it is metadata, which a patch does not change".to_owned());
    }
    RelativePath::new(&finding.path).map_err(|_| "it is outside of site-packages".to_owned())
}

/// What is said of files that were added.
fn added(extra: &[String]) -> Option<String> {
    let shown: Vec<String> = extra
        .iter()
        .take(MOST_NAMED)
        .map(|path| format!("`{path}`"))
        .collect();
    let more = extra.len() - shown.len();
    match (shown.as_slice(), more) {
        ([], _) => None,
        (shown, 0) => Some(format!(
            "{} was added and is left out; `--file` records it",
            shown.join(", ")
        )),
        (shown, more) => Some(format!(
            "{} and {more} more were added and are left out; `--file` records single files",
            shown.join(", ")
        )),
    }
}
