//! Where a request is fulfilled: an environment, and the patches that are known.

use std::sync::Arc;

use torch_patch_env::{Distribution, Environment, Kind};
use torch_patch_set::{Catalogue, Origin, Patch, Platform, Variant};
use torch_patch_store::{Digest, RelativePath, Store};

use crate::error::{Error, ErrorKind, Subject};
use crate::report::EnvironmentReport;

/// An environment and the patches that are known.
#[derive(Debug)]
pub struct Context {
    environment: Environment,
    catalogue: Arc<Catalogue>,
    platform: Platform,
}

impl Context {
    /// Puts together an environment, the patches, and the platform that the environment is for. Several
    /// environments may share the patches.
    #[must_use]
    pub fn new(
        environment: Environment,
        catalogue: impl Into<Arc<Catalogue>>,
        platform: Platform,
    ) -> Self {
        Self {
            environment,
            catalogue: catalogue.into(),
            platform,
        }
    }

    /// The environment.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The patches that are known.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The platform that the environment is for.
    pub(crate) fn platform(&self) -> Platform {
        self.platform
    }

    /// The environment as a report has it.
    #[must_use]
    pub fn environment_report(&self) -> EnvironmentReport {
        self.environment_report_of(None)
    }

    /// The environment as a report about one of its distributions has it.
    pub(crate) fn environment_report_of(
        &self,
        distribution: Option<&Distribution>,
    ) -> EnvironmentReport {
        let directories = || self.environment.site_packages.iter();
        // What `PYTHONPATH` adds is not the environment itself.
        let own = directories().find(|directory| directory.kind != Kind::PythonPath);
        let first = own.or(directories().next());
        let own = distribution.map(|distribution| &distribution.site_packages);
        let site_packages = own.or(first.map(|first| &first.path));
        EnvironmentReport {
            site_packages: site_packages
                .map(|path| path.to_string_lossy().into_owned())
                .unwrap_or_default(),
            source: self.environment.source.to_string(),
            python: self.environment.python.clone(),
            path: Vec::new(),
            directories: Vec::new(),
            interpreter: None,
            externally_managed: None,
        }
    }

    /// The stores of the environment, one for each site-packages directory.
    pub(crate) fn stores(&self) -> Vec<Store> {
        let directories = self.environment.site_packages.iter();
        directories
            .map(|directory| Store::new(directory.path.clone()))
            .collect()
    }

    /// Looks up what `patch` is about here.
    pub(crate) fn case<'c>(&'c self, patch: &'c Patch) -> Result<Case<'c>, Error> {
        let distribution = self.environment.distribution(&patch.distribution)?;
        let store = Store::new(distribution.site_packages.clone());
        let need = self.need(patch, &distribution)?;
        let digest = digest(patch);
        Ok(Case {
            patch,
            digest,
            distribution,
            store,
            need,
        })
    }

    fn need<'c>(&self, patch: &'c Patch, distribution: &Distribution) -> Result<Need<'c>, Error> {
        if !patch.applies_on(self.platform) {
            return Ok(Need::None(format!("it is not for {}", self.platform)));
        }
        for (name, range) in &patch.when {
            match self.environment.distribution(name) {
                Ok(other) if range.contains(&other.version) => {}
                Ok(other) => {
                    return Ok(Need::None(format!(
                        "it is for {name} {range}, and {} is installed",
                        other.version
                    )));
                }
                Err(error) if error.is_distribution_not_found() => {
                    return Ok(Need::None(format!(
                        "it is for {name} {range}, which is not installed"
                    )));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(match patch.variant_for(&distribution.version) {
            Ok(variant) => match variant.no_need() {
                Some(reason) => Need::None(reason),
                None => Need::Variant(variant),
            },
            Err(_) => Need::NotCovered,
        })
    }
}

/// The digest of a patch file's bytes.
pub(crate) fn digest(patch: &Patch) -> Digest {
    Digest::of(patch.source().as_bytes())
}

/// A patch held against the distribution it belongs to.
pub(crate) struct Case<'c> {
    pub(crate) patch: &'c Patch,
    /// Of the patch file's bytes.
    pub(crate) digest: Digest,
    pub(crate) distribution: Distribution,
    pub(crate) store: Store,
    pub(crate) need: Need<'c>,
}

/// Whether a patch is needed.
pub(crate) enum Need<'c> {
    /// By these edits.
    Variant(&'c Variant),
    /// Not, for this reason.
    None(String),
    /// No range covers the version.
    NotCovered,
}

impl Case<'_> {
    pub(crate) fn subject(&self) -> Subject {
        Subject {
            patch: self.patch.id.clone(),
            word: word(self.patch),
            distribution: self.distribution.name.clone(),
            version: self.distribution.version.clone(),
        }
    }
}

/// What names a patch on the command line.
pub(crate) fn word(patch: &Patch) -> String {
    match patch.origin() {
        Origin::File(file) => file.display().to_string(),
        Origin::BuiltIn | Origin::Recorded(_) => patch.id.clone(),
    }
}

/// The path of a patch as the store takes it; the patch format allows no other.
pub(crate) fn relative_path(file: &str) -> Result<RelativePath, Error> {
    RelativePath::new(file).map_err(|error| {
        ErrorKind::Path {
            file: file.to_owned(),
            reason: error.to_string(),
        }
        .into()
    })
}
