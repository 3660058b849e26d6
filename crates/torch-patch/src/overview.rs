//! Tells which patches there are, what an environment is, and what the two have in common.

use std::path::PathBuf;

use torch_patch_env::{Installation, SitePackages};
use torch_patch_set::Catalogue;

use crate::context::Context;
use crate::description::Description;
use crate::error::Error;
use crate::known::find;
use crate::report::{
    Command, DirectoryReport, DistributionReport, Outcome, PatchReport, Report, ShadowedReport,
};
use crate::request::StatusRequest;
use crate::status::status;

/// Tells which patches there are, each with its state here; without an environment, only which.
///
/// A state that cannot be told does not hide the others: it is `not-applied`, with the reason.
///
/// # Errors
///
/// A patch file is not one.
pub fn list(catalogue: &Catalogue, context: Option<&Context>) -> Result<Report, Error> {
    let patches = catalogue.patches()?.into_iter().map(Description::of);
    let mut report = Report::bare(Command::List);
    report.patches = patches.collect();
    if let Some(context) = context {
        report.environment = Some(context.environment_report());
        let patches = report.patches.iter();
        let states = patches.map(|patch| state_here(context, patch));
        report.results = states.collect();
    }
    Ok(report)
}

/// Shows one patch: what its file says, the file's own text, and the state here.
///
/// # Errors
///
/// The patch is not known, or its file is not one.
pub fn show(catalogue: &Catalogue, context: Option<&Context>, id: &str) -> Result<Report, Error> {
    let mut report = Report::bare(Command::Show);
    let description = match context {
        Some(context) => with_source(find(context, id)?.patch()),
        None => with_source(find_in(catalogue, id)?),
    };
    if let Some(context) = context {
        report.environment = Some(context.environment_report());
        report.results = vec![state_here(context, &description)];
    }
    report.patches = vec![description];
    Ok(report)
}

/// Tells which environment is meant, and which distributions it has that there are patches for.
#[must_use]
pub fn environment(context: &Context) -> Report {
    let mut report = Report::bare(Command::Env);
    let mut environment = context.environment_report();
    let found = context.environment();
    let shown = |path: &PathBuf| path.to_string_lossy().into_owned();
    environment.directories = found.site_packages.iter().map(directory).collect();
    let directories = environment.directories.iter();
    environment.path = directories
        .map(|directory| directory.path.clone())
        .collect();
    environment.interpreter = found.interpreter.as_ref().map(shown);
    environment.externally_managed = found.externally_managed.as_ref().map(shown);
    report.environment = Some(environment);
    for (name, ids) in context.catalogue().distributions() {
        let ids = ids.into_iter().map(str::to_owned).collect();
        report
            .distributions
            .extend(distribution(context, name, ids));
    }
    report
}

fn distribution(context: &Context, name: &str, patches: Vec<String>) -> Option<DistributionReport> {
    let mut found = context.environment().installations(name).into_iter();
    let first = found.next()?;
    let imported = directory(&first.directory);
    let module = context.environment().module_in_working_directory(name);
    let common = DistributionReport {
        name: name.to_owned(),
        version: None,
        site_packages: None,
        patches,
        problem: None,
        directory: Some(imported.clone()),
        shadowed: found.map(shadowed).collect(),
        working_directory: module.map(|module| module.to_string_lossy().into_owned()),
    };
    Some(match first.found {
        Ok(found) => DistributionReport {
            name: found.name,
            version: Some(found.version),
            site_packages: Some(imported.path),
            ..common
        },
        Err(error) => DistributionReport {
            problem: Some(error.to_string()),
            ..common
        },
    })
}

fn directory(found: &SitePackages) -> DirectoryReport {
    DirectoryReport {
        path: found.path.to_string_lossy().into_owned(),
        kind: found.kind.as_str().to_owned(),
    }
}

fn shadowed(installation: Installation) -> ShadowedReport {
    let directory = directory(&installation.directory);
    let (version, problem) = match installation.found {
        Ok(found) => (Some(found.version), None),
        Err(error) => (None, Some(error.to_string())),
    };
    ShadowedReport {
        version,
        directory,
        problem,
    }
}

pub(crate) fn state_here(context: &Context, patch: &Description) -> PatchReport {
    let bare = |reason: String| PatchReport {
        state: Some(Outcome::NotApplied),
        reason: Some(reason),
        ..PatchReport::bare(&patch.id, &patch.distribution)
    };
    match status(context, &StatusRequest::new([&patch.id])) {
        Ok(status) => {
            let own = status.results.into_iter().next();
            own.unwrap_or_else(|| bare("nothing is known of it here".to_owned()))
        }
        Err(error) if error.is_distribution_not_found() => {
            bare(format!("{} is not installed here", patch.distribution))
        }
        Err(error) => bare(error.report().message),
    }
}

fn find_in<'c>(catalogue: &'c Catalogue, id: &str) -> Result<&'c torch_patch_set::Patch, Error> {
    match catalogue.find(id) {
        Some(patch) => Ok(patch?),
        None => Err(Error::unknown_patch(catalogue, id)),
    }
}

fn with_source(patch: &torch_patch_set::Patch) -> Description {
    Description {
        source: Some(patch.source().to_owned()),
        ..Description::of(patch)
    }
}
