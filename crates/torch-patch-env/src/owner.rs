//! From a file to the distribution that brought it, and from an environment to all that it has.

use std::path::{Path, PathBuf};

use crate::bounded;
use crate::distribution::{self, Distribution, is_absent};
use crate::environment::Environment;
use crate::error::EnvError;
use crate::name::normalize;
use crate::record::{Recorded, recorded_in};
use crate::traces;

impl Environment {
    /// Finds the distributions in `site_packages` whose `RECORD` lists the file at `path`, which is relative to that
    /// directory and `/`-separated. Most files have one; several distributions that bring the same file are a mistake of
    /// theirs, and happen.
    ///
    /// # Errors
    ///
    /// If the row of the file is damaged, or metadata cannot be read.
    pub fn owners(&self, site_packages: &Path, path: &str) -> Result<Vec<Distribution>, EnvError> {
        let mut owners = Vec::new();
        for directory in with_record(site_packages) {
            let record = directory.join("RECORD");
            let text = match bounded::open(&record) {
                Ok(text) => text,
                Err(error) if is_absent(&error) => continue,
                Err(error) => return Err(EnvError::unreadable(&record, "look up a file", &error)),
            };
            if recorded_in(&record, text, path)? != Recorded::NotListed {
                owners.extend(distribution::of_metadata(site_packages, &directory)?);
            }
        }
        Ok(owners)
    }

    /// Finds every distribution of the environment, by its normalised name. What is there and cannot be used, such as an
    /// editable install, is among them as an error.
    #[must_use]
    pub fn all_distributions(&self) -> Vec<Result<Distribution, EnvError>> {
        let sites = self.site_packages.iter();
        let mut names: Vec<String> = sites
            .flat_map(|site| traces::installed(&site.path))
            .collect();
        names.sort_unstable();
        names.dedup();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.distributions(&names)
    }
}

/// The metadata directories in a site-packages directory, by name.
#[must_use]
pub fn with_record(site_packages: &Path) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(site_packages).into_iter().flatten();
    let paths = entries.flatten().map(|entry| entry.path());
    let is_metadata = |path: &PathBuf| {
        let name = path.extension();
        name.is_some_and(|name| name.eq_ignore_ascii_case("dist-info"))
    };
    let mut found: Vec<PathBuf> = paths.filter(is_metadata).collect();
    found.sort_by_key(|path| {
        path.file_name()
            .map(|name| normalize(&name.to_string_lossy()))
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Request, Surroundings, discover};

    fn install(site: &Path, name: &str, record: &str) {
        let info = site.join(format!("{name}-1.0.dist-info"));
        fs_err::create_dir_all(&info).unwrap();
        fs_err::create_dir_all(site.join(name)).unwrap();
        fs_err::write(
            info.join("METADATA"),
            format!("Name: {name}\nVersion: 1.0\n"),
        )
        .unwrap();
        fs_err::write(info.join("RECORD"), record).unwrap();
    }

    #[test]
    fn a_file_belongs_to_those_that_list_it() {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path();
        install(site, "one", "one/a.py,,\nshared.py,,\n");
        install(site, "two", "two/a.py,,\nshared.py,,\n");
        fs_err::create_dir(site.join("broken-1.0.dist-info")).unwrap();
        let request = Request {
            site_packages: Some(site.to_owned()),
            ..Request::default()
        };
        let environment = discover(&request, &Surroundings::new(site)).unwrap();
        let owners = |path: &str| {
            let owners = environment.owners(site, path).unwrap().into_iter();
            owners.map(|owner| owner.name).collect::<Vec<_>>()
        };
        assert_eq!(owners("two/a.py"), ["two"]);
        assert_eq!(owners("shared.py"), ["one", "two"]);
        assert!(owners("three.py").is_empty());
        let all = environment.all_distributions().into_iter();
        let names: Vec<String> = all.flatten().map(|found| found.name).collect();
        assert_eq!(names, ["one", "two"]);
    }
}
