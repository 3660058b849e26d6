//! What to do about files that are not as they were installed.

use torch_patch_env::{Distribution, Kind, normalize};

use crate::context::Context;
use crate::shell::shell_word;
use crate::verified::{FindingReport, FindingState, VerifiedReport};
use crate::verify::by_hand::ByHand;

/// How many files one command line is proposed for.
const MOST_FILES: usize = 5;

/// What to do, each a sentence in lower case without full stop.
pub(super) fn hints(
    context: &Context,
    distribution: &Distribution,
    report: &VerifiedReport,
    by_hand: &ByHand,
) -> Vec<String> {
    let mut hints = Vec::new();
    if !report.has_record {
        hints.push(no_record(context, distribution));
    }
    let is_poisoned = report.poison().next().is_some();
    let is_left = report.caches.iter().any(|cache| !cache.in_use);
    if !by_hand.repairs.is_empty() {
        let ids = by_hand.repairs.join(" ");
        hints.push(format!(
            "`torch-patch apply {ids}` takes the bad edit out, and keeps a copy"
        ));
    }
    hints.extend(by_hand.edits.iter().map(|id| {
        format!("`torch-patch apply {id} --adopt` takes the hand-made edit over, so that it is recorded and can be reverted")
    }));
    hints.extend(restoring(distribution, report));
    hints.extend(recording(distribution, report));
    if is_poisoned {
        hints.push(poisoned(context, distribution));
    } else if report.findings.iter().any(has_more_names) {
        hints.push(
            "a file with more than one name, as uv links it from its cache, was changed under all of them: other \
             environments may have the change too"
                .to_owned(),
        );
    }
    if is_left {
        hints.push(
            "`uv cache prune` removes what uv's cache does not use any more, with the changed files in it".to_owned(),
        );
    }
    let superseded = report.findings.iter();
    let mut superseded = superseded.filter(|own| own.state == FindingState::Superseded);
    if let Some(first) = superseded.next() {
        let patches = first.patches.join(" ");
        hints.push(format!(
            "`torch-patch apply {patches}` puts it on the installed files again"
        ));
    }
    hints
}

fn has_more_names(finding: &FindingReport) -> bool {
    finding.names.is_some_and(|names| names > 1)
}

/// How to bring damaged files back.
fn restoring(distribution: &Distribution, report: &VerifiedReport) -> Option<String> {
    let Distribution { name, version, .. } = distribution;
    let damaged = report.findings.iter();
    let damaged = damaged.filter(|own| own.state.is_damage());
    let damaged: Vec<&FindingReport> = damaged.collect();
    let is_restorable = |own: &&FindingReport| !own.path.starts_with("..");
    if damaged.is_empty() {
        return None;
    }
    if damaged.len() > MOST_FILES || !damaged.iter().all(is_restorable) {
        return Some(format!(
            "`pip install --force-reinstall --no-deps {name}=={version}` brings all of {name} back, `torch-patch restore \
             FILE…` single files"
        ));
    }
    let files: Vec<String> = damaged.iter().map(|own| shell_word(&own.path)).collect();
    Some(format!(
        "`torch-patch restore {}` puts back what was installed, and keeps a copy",
        files.join(" ")
    ))
}

/// How to keep what was edited by hand.
fn recording(distribution: &Distribution, report: &VerifiedReport) -> Option<String> {
    let is_edited = |own: &FindingReport| {
        let is_modified = own.state == FindingState::Modified && own.found.is_some();
        // Nobody is to make a patch of a bad edit.
        is_modified && own.repairs.is_empty() && !own.path.starts_with("..")
    };
    let name = &distribution.name;
    let is_any = report.findings.iter().any(is_edited);
    is_any.then(|| {
        format!("`torch-patch record my-fix --distribution {name}` makes a patch of what was edited by hand")
    })
}

/// How to clean uv's cache, and this environment after it.
fn poisoned(context: &Context, distribution: &Distribution) -> String {
    let Distribution { name, version, .. } = distribution;
    let prefix = context.environment().prefix.as_ref();
    let prefix = prefix.map(|prefix| shell_word(&prefix.display().to_string()));
    let place = prefix.map_or_else(String::new, |prefix| format!("--python {prefix} "));
    format!(
        "every environment that uv makes from its cache gets the changed files: run `uv cache clean {}`, then `uv pip \
         install {place}--reinstall {name}=={version}`",
        normalize(name),
    )
}

fn no_record(context: &Context, distribution: &Distribution) -> String {
    let sites = context.environment().site_packages.iter();
    let mut kinds = sites.filter(|site| site.path == distribution.site_packages);
    let is_debian = kinds.any(|site| site.kind == Kind::DistPackages);
    let name = normalize(&distribution.name);
    if is_debian {
        format!(
            "it is a package of the system: `dpkg --verify python3-{name}` or `debsums python3-{name}` compares its files"
        )
    } else {
        format!(
            "install {} again with pip or uv, which write a `RECORD`",
            distribution.name
        )
    }
}
