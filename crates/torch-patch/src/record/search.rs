//! The files of a distribution that were edited by hand.

use std::collections::BTreeMap;

use torch_patch_store::RelativePath;

use super::edited::{Edited, Finder};
use super::names::Named;
use super::refusal::RecordRefusal;
use super::{RecordRequest, names, nothing};
use crate::context::Context;
use crate::error::Error;
use crate::progress::Progress;
use crate::verified::{FindingReport, FindingState};
use crate::verify::{Distributions, VerifyRequest, verify};

/// How many of the files are named that are left out for the same reason.
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
    for word in &request.files {
        let named = names::named(finder.records, finder.distribution, word, &request.cwd)?;
        let file = match named {
            Named::Brought(path) => finder.by_hand(&path, progress)?,
            Named::Added(path) => {
                let target = finder.records.target(&path)?;
                target.map(|target| Edited::created(path, target.bytes, true))
            }
        };
        let asked = RecordRequest {
            files: vec![word.clone()],
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
    let mut paths = Vec::new();
    let mut left_out: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for finding in found.into_iter().flat_map(|found| found.findings) {
        match patchable(&finding) {
            Ok(path) => paths.extend(path),
            Err(reason) => left_out.entry(reason).or_default().push(finding.path),
        }
    }
    let notes = left_out.iter().map(|(reason, paths)| note(reason, paths));
    Ok((paths, notes.collect()))
}

/// The path of a file that is to be recorded, if it is; the error says why an edited file is not.
fn patchable(finding: &FindingReport) -> Result<Option<RelativePath>, &'static str> {
    match finding.state {
        FindingState::Modified if finding.found.is_none() => Err("a binary file"),
        FindingState::Modified if finding.path.contains(".dist-info/") => {
            Err("metadata, which a patch does not change")
        }
        FindingState::Modified => match RelativePath::new(&finding.path) {
            Ok(path) => Ok(Some(path)),
            Err(_) => Err("outside of site-packages"),
        },
        FindingState::Missing => Err("removed, and a patch removes no files"),
        FindingState::Unreadable => Err("cannot be read"),
        FindingState::Extra => Err("added; `--file FILE` records it"),
        _ => Ok(None),
    }
}

/// What is said of files that are left out for the same reason.
fn note(reason: &str, paths: &[String]) -> String {
    let shown: Vec<String> = paths
        .iter()
        .take(MOST_NAMED)
        .map(|path| format!("`{path}`"))
        .collect();
    let shown = shown.join(", ");
    match paths.len() {
        1 => format!("{shown} is left out: {reason}"),
        several if several <= MOST_NAMED => format!("{shown} are left out: {reason}"),
        several => {
            let more = several - MOST_NAMED;
            format!("{shown} and {more} more are left out: {reason}")
        }
    }
}
