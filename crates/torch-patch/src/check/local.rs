//! A distribution that is installed, or unpacked in a directory.

use std::path::{Path, PathBuf};

use fs_err as fs;
use torch_patch_env::{Distribution, Environment};
use torch_patch_set::Platform;
use torch_patch_store::Store;

use crate::check::specimen::{Found, Specimen};
use crate::context::relative_path;
use crate::error::Error;
use crate::file_view::{Condition, FileView};
use crate::records::look;

/// A distribution in a directory, as it was before any patch.
#[derive(Debug)]
pub(crate) struct Local {
    distribution: Distribution,
    store: Store,
    platform: Platform,
}

impl Local {
    /// The installed distribution of that name.
    pub(crate) fn installed(
        environment: &Environment,
        platform: Platform,
        distribution: &str,
    ) -> Result<Self, Error> {
        let distribution = environment.distribution(distribution)?;
        Ok(Self {
            store: Store::new(distribution.site_packages.clone()),
            distribution,
            platform,
        })
    }

    /// The sources of a distribution: the directory that its packages are in. `environment` is that
    /// directory, taken for a site-packages directory.
    pub(crate) fn unpacked(
        environment: &Environment,
        platform: Platform,
        distribution: &str,
    ) -> Result<Self, Error> {
        match Self::installed(environment, platform, distribution) {
            Err(error) if error.is_distribution_not_found() => {
                let directory = environment
                    .site_packages
                    .first()
                    .map(|site| site.path.clone());
                let directory = directory.unwrap_or_default();
                let version = stated_version(&directory).ok_or(error)?;
                Ok(Self {
                    store: Store::new(directory.clone()),
                    distribution: Distribution::without_metadata(
                        distribution.to_owned(),
                        version,
                        directory,
                    ),
                    platform,
                })
            }
            local => local,
        }
    }

    /// What `RECORD` says a file was installed with, in bytes of a sha256.
    pub(crate) fn recorded(&self, path: &str) -> Result<Option<[u8; 32]>, Error> {
        Ok(match self.distribution.recorded(path)? {
            torch_patch_env::Recorded::Digest { sha256, .. } => Some(sha256),
            _ => None,
        })
    }
}

/// The version in `PKG-INFO` of an unpacked sdist, or in `version.txt`, where torch's own tree has it.
fn stated_version(directory: &Path) -> Option<String> {
    // Opening a pipe would wait for someone to write into it.
    let is_file = |path: &PathBuf| path.is_file();
    let path = |name: &str| Some(directory.join(name)).filter(is_file);
    let read = |name: &str| fs::read_to_string(path(name)?).ok();
    let header = |text: String| {
        let mut lines = text.lines().take_while(|line| !line.is_empty());
        lines.find_map(|line| Some(line.strip_prefix("Version:")?.trim().to_owned()))
    };
    let whole = |text: String| text.lines().next().map(|line| line.trim().to_owned());
    let version = read("PKG-INFO").and_then(header);
    let version = version.or_else(|| read("version.txt").and_then(whole));
    version.filter(|version| !version.is_empty())
}

impl Specimen for Local {
    fn release(&self) -> &str {
        &self.distribution.version
    }

    fn platform(&self) -> Platform {
        self.platform
    }

    fn from(&self) -> String {
        self.distribution
            .site_packages
            .to_string_lossy()
            .into_owned()
    }

    fn files(&self, paths: &[&str]) -> Result<Found, Error> {
        look(&self.store, |records, _| {
            let mut found = Found::default();
            for path in paths {
                let view = FileView::new(records, Some(&self.distribution), &relative_path(path)?)?;
                if view.condition == Condition::Changed {
                    found.notes.push(format!(
                        "`{path}` is not the file that was installed; it is checked as it is"
                    ));
                }
                found
                    .contents
                    .insert((*path).to_owned(), view.pristine(records)?);
            }
            Ok(found)
        })
    }
}
