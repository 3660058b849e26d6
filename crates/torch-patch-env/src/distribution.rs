//! Finding an installed distribution by what is on disk: metadata first, the package's own `version.py` else.
//!
//! In one directory metadata counts, newest form first; metadata that an interrupted or incomplete removal has left
//! counts for nothing. Directories are taken in the order of `sys.path`, as `import` takes them.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::bounded;
use crate::environment::{Environment, Kind, SitePackages};
use crate::error::{EnvError, EnvErrorKind};
use crate::lossy;
use crate::metadata::{self, Headers};
use crate::name::{near, normalize};
use crate::record::{self, Recorded};
use crate::traces::{self, Trace, Traces, is_stem_of, module_in};
use crate::version_file::version_of;

/// An installed package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Distribution {
    /// Its name as its metadata spells it.
    pub name: String,
    /// Its version as its metadata says (PEP 440), else as its `version.py` does.
    pub version: String,
    /// The directory that it is installed in.
    #[serde(serialize_with = "lossy::path")]
    pub site_packages: PathBuf,
    /// Its metadata: a `.dist-info` directory, or an `.egg-info` directory or file. `None`: it has none, and the
    /// version is that of its `version.py`.
    #[serde(serialize_with = "lossy::optional")]
    pub metadata_dir: Option<PathBuf>,
}

impl Distribution {
    /// Takes a directory of sources for a distribution that says its version elsewhere; it has no metadata of its own.
    #[must_use]
    pub fn without_metadata(name: String, version: String, site_packages: PathBuf) -> Self {
        Self {
            name,
            version,
            site_packages,
            metadata_dir: None,
        }
    }

    /// Returns what its `RECORD` says about a file. `path` is relative to [`site_packages`](Self::site_packages) and
    /// `/`-separated.
    ///
    /// # Errors
    ///
    /// If `RECORD` cannot be read, or its row of that file is damaged.
    pub fn recorded(&self, path: &str) -> Result<Recorded, EnvError> {
        let Some(record) = self
            .metadata_dir
            .as_ref()
            .map(|directory| directory.join("RECORD"))
        else {
            return Ok(Recorded::NoRecord);
        };
        match bounded::open(&record) {
            Ok(text) => record::recorded_in(&record, text, path),
            Err(error) if is_absent(&error) => Ok(Recorded::NoRecord),
            Err(error) => Err(EnvError::unreadable(&record, "look up a digest", &error)),
        }
    }
}

/// One of several installations of a distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The directory, and why it is on `sys.path`.
    pub directory: SitePackages,
    /// What is there.
    pub found: Result<Distribution, EnvError>,
}

/// Finds the distribution `name` in every directory of `environment` that has it.
pub(crate) fn installations(environment: &Environment, name: &str) -> Vec<Installation> {
    let wanted = normalize(name);
    let directories = environment.site_packages.iter();
    let found = directories.filter_map(|site| {
        let found = find_in(site, &wanted, &mut Vec::new()).transpose()?;
        let directory = site.clone();
        Some(Installation { directory, found })
    });
    let mut found: Vec<Installation> = found.collect();
    found.sort_by_key(|own| own.found.is_err() && is_hooked(&own.directory, &wanted));
    found
}

/// Whether an editable install is found by a hook of setuptools, which Python asks after all directories of `sys.path`
/// (`__editable___NAME_VERSION_finder.py`; <https://setuptools.pypa.io/en/latest/userguide/development_mode.html>).
fn is_hooked(site_packages: &SitePackages, wanted: &str) -> bool {
    let start = format!("__editable___{}_", wanted.replace('-', "_"));
    let entries = fs_err::read_dir(&site_packages.path);
    let mut entries = entries.into_iter().flatten().flatten();
    entries.any(|entry| {
        let name = entry.file_name();
        let name = name.to_str().unwrap_or_default();
        name.starts_with(&start) && name.ends_with("_finder.py")
    })
}

/// Finds the distribution `name` in the first directory of `environment` that has it.
pub(crate) fn find(environment: &Environment, name: &str) -> Result<Distribution, EnvError> {
    let wanted = normalize(name);
    let mut remains = Vec::new();
    let mut hooked = None;
    for site in &environment.site_packages {
        match find_in(site, &wanted, &mut remains) {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {}
            Err(error) if is_hooked(site, &wanted) => hooked = hooked.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    if let Some(error) = hooked {
        return Err(error);
    }
    let site_packages: Vec<PathBuf> = environment
        .site_packages
        .iter()
        .map(|site| site.path.clone())
        .collect();
    let near = near(
        &wanted,
        site_packages
            .iter()
            .flat_map(|site| traces::installed(site))
            .filter(|name| *name != wanted),
    );
    let (name, source) = (name.to_owned(), environment.source.clone());
    Err(EnvErrorKind::DistributionNotFound {
        name,
        source,
        site_packages,
        near,
        remains,
    }
    .into())
}

/// The distribution whose metadata directory is `directory`, in `site`; `None` if that does not say which.
pub(crate) fn of_metadata(site: &Path, directory: &Path) -> Result<Option<Distribution>, EnvError> {
    let Some(candidate) = Candidate::read(Trace::DistInfo, directory)? else {
        return Ok(None);
    };
    let Some(name) = candidate.headers.name.clone() else {
        return Ok(None);
    };
    candidate.distribution(site, None, &name).map(Some)
}

fn find_in(
    site_packages: &SitePackages,
    wanted: &str,
    remains: &mut Vec<PathBuf>,
) -> Result<Option<Distribution>, EnvError> {
    let site = site_packages.path.as_path();
    if let Some(found) = at_hand(site, wanted)? {
        return Ok(Some(found));
    }
    let traces = Traces::read(site, wanted)?;
    if let Some(egg_info) = traces
        .all(Trace::EggInfo)
        .find(|path| is_working_copy(site_packages.kind, path))
    {
        return Err(editable(wanted, egg_info, Some(site.display().to_string())));
    }
    let mut candidates = Vec::new();
    for (trace, path) in metadata_paths(&traces, site, wanted) {
        match Candidate::read(trace, path)? {
            Some(candidate) if candidate.is_leftover(site, wanted, &traces) => {
                remains.push(candidate.path);
            }
            Some(candidate) => candidates.push(candidate),
            None => remains.push(path.to_owned()),
        }
    }
    let package = traces
        .first(Trace::Package)
        .filter(|package| package.is_dir());
    match choose(candidates, package, wanted)? {
        Some(candidate) => {
            refuse_editable(&candidate.path, wanted)?;
            candidate.distribution(site, package, wanted).map(Some)
        }
        None => without_metadata(&traces, site_packages, package, wanted),
    }
}

/// Finds the distribution by the version that its package has, without reading the names in `site`. With a `RECORD` it is
/// the one that would be found among all; anything less than that is left to them.
fn at_hand(site: &Path, wanted: &str) -> Result<Option<Distribution>, EnvError> {
    let name = wanted.replace('-', "_");
    let package = site.join(&name);
    let Some(version) = version_of(&package) else {
        return Ok(None);
    };
    for version in [version.as_str(), public(&version)] {
        let path = site.join(format!("{name}-{version}.dist-info"));
        let candidate =
            Candidate::read(Trace::DistInfo, &path)?.filter(|candidate| candidate.has_record);
        if let Some(candidate) =
            candidate.filter(|candidate| candidate.headers.version.as_deref() == Some(version))
        {
            refuse_editable(&path, wanted)?;
            return candidate
                .distribution(site, Some(&package), wanted)
                .map(Some);
        }
    }
    Ok(None)
}

/// Tells whether metadata is that of a working copy which a `.pth` file has put on `sys.path`: it has no version in its name.
fn is_working_copy(kind: Kind, egg_info: &Path) -> bool {
    let name = egg_info.file_stem().and_then(|stem| stem.to_str());
    matches!(kind, Kind::PathFile | Kind::PythonPath)
        && name.is_some_and(|name| !name.contains('-'))
}

/// Where metadata of the distribution may be in `site`; `EGG-INFO` is only if `site` is an egg of that name.
fn metadata_paths<'t>(
    traces: &'t Traces,
    site: &Path,
    wanted: &str,
) -> impl Iterator<Item = (Trace, &'t Path)> + use<'t> {
    let stem = site
        .file_name()
        .and_then(|name| name.to_str())
        .and_then(|name| name.strip_suffix(".egg"));
    let is_egg = stem.is_some_and(|stem| is_stem_of(stem, wanted));
    [Trace::DistInfo, Trace::EggInfo, Trace::EggRoot]
        .into_iter()
        .filter(move |trace| is_egg || *trace != Trace::EggRoot)
        .flat_map(|trace| traces.all(trace).map(move |path| (trace, path)))
}

/// Metadata of the distribution that was looked for.
struct Candidate {
    path: PathBuf,
    headers: Headers,
    has_record: bool,
}

impl Candidate {
    /// Reads `METADATA` or `PKG-INFO`; `None` if there is none.
    fn read(trace: Trace, path: &Path) -> Result<Option<Self>, EnvError> {
        let file = if trace == Trace::DistInfo {
            path.join("METADATA")
        } else {
            path.join("PKG-INFO")
        };
        let bytes = match bounded::read_start(&file) {
            Err(error) if trace == Trace::EggInfo && is_absent(&error) && path.is_file() => {
                bounded::read_start(path)
            }
            bytes => bytes,
        };
        match bytes {
            Ok(bytes) => {
                let has_record = trace == Trace::DistInfo && path.join("RECORD").exists();
                Ok(Some(Self {
                    path: path.to_owned(),
                    headers: metadata::headers(&bytes),
                    has_record,
                }))
            }
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(EnvError::unreadable(&file, "read the version", &error)),
        }
    }

    /// Tells whether there is metadata and no package: nothing of what its `RECORD` lists first, or nothing that can be
    /// imported. An editable install has its files elsewhere and is none.
    fn is_leftover(&self, site: &Path, wanted: &str, traces: &Traces) -> bool {
        if traces.first(Trace::Package).is_some() || self.path.join("direct_url.json").exists() {
            return false;
        }
        match bounded::read_start(&self.path.join("RECORD")) {
            Ok(record) => !has_any(site, record::first_files(&record)),
            Err(_) => !has_any(site, self.modules(wanted)),
        }
    }

    /// The files and directories that its modules may be.
    fn modules(&self, wanted: &str) -> Vec<String> {
        let top_level = bounded::read_start(&self.path.join("top_level.txt")).unwrap_or_default();
        let top_level = String::from_utf8_lossy(&top_level);
        let names = top_level
            .lines()
            .map(str::trim)
            .filter(|name| !name.is_empty());
        let own = wanted.replace('-', "_");
        names
            .chain([own.as_str()])
            .flat_map(|name| [name.to_owned(), format!("{name}.py")])
            .collect()
    }

    fn distribution(
        self,
        site: &Path,
        package: Option<&Path>,
        wanted: &str,
    ) -> Result<Distribution, EnvError> {
        let name = self.headers.name.unwrap_or_else(|| wanted.to_owned());
        let version = self
            .headers
            .version
            .or_else(|| package.and_then(version_of));
        match version {
            Some(version) => Ok(Distribution {
                name,
                version,
                site_packages: site.to_owned(),
                metadata_dir: Some(self.path),
            }),
            None => Err(EnvErrorKind::VersionUnknown {
                name,
                path: self.path,
            }
            .into()),
        }
    }
}

fn has_any(site: &Path, files: Vec<String>) -> bool {
    files.into_iter().any(|file| site.join(file).exists())
}

/// Takes, of several, the one with a `RECORD`, then the one whose version the package itself has.
fn choose(
    mut candidates: Vec<Candidate>,
    package: Option<&Path>,
    wanted: &str,
) -> Result<Option<Candidate>, EnvError> {
    if candidates.len() > 1 && candidates.iter().any(|candidate| candidate.has_record) {
        candidates.retain(|candidate| candidate.has_record);
    }
    if candidates.len() > 1
        && let Some(version) = package.and_then(version_of)
    {
        keep(&mut candidates, |found| found == version);
        keep(&mut candidates, |found| public(found) == public(&version));
    }
    if candidates.len() > 1 {
        let candidates = candidates
            .into_iter()
            .map(|candidate| candidate.path)
            .collect();
        return Err(EnvErrorKind::AmbiguousDistribution {
            name: wanted.to_owned(),
            candidates,
        }
        .into());
    }
    Ok(candidates.pop())
}

/// Keeps those whose version `is_right`, if there are any.
fn keep(candidates: &mut Vec<Candidate>, is_right: impl Fn(&str) -> bool) {
    let is_right =
        |candidate: &Candidate| candidate.headers.version.as_deref().is_some_and(&is_right);
    if candidates.iter().any(is_right) {
        candidates.retain(is_right);
    }
}

/// The version without its local part.
fn public(version: &str) -> &str {
    version.split('+').next().unwrap_or(version)
}

/// What there is if no metadata is: an editable install, a zipped one, or a package that was just copied.
fn without_metadata(
    traces: &Traces,
    site_packages: &SitePackages,
    package: Option<&Path>,
    wanted: &str,
) -> Result<Option<Distribution>, EnvError> {
    let site = site_packages.path.as_path();
    let module = module_in(site, wanted);
    if module.is_some()
        && let Some(evidence) = working_copy(site_packages)
    {
        return Err(editable(
            wanted,
            &evidence,
            Some(site.display().to_string()),
        ));
    }
    if let Some(version) = package.and_then(version_of) {
        let name = wanted.to_owned();
        return Ok(Some(Distribution {
            name,
            version,
            site_packages: site.to_owned(),
            metadata_dir: None,
        }));
    }
    if let Some(link) = traces
        .first(Trace::EggLink)
        .or_else(|| traces.first(Trace::Editable))
    {
        let text = fs_err::read_to_string(link).unwrap_or_default();
        let location = text
            .lines()
            .next()
            .filter(|line| !line.starts_with("import"))
            .map(str::to_owned);
        return Err(editable(wanted, link, location));
    }
    if let Some(egg) = traces.all(Trace::Egg).find(|egg| egg.is_file()) {
        return Err(EnvErrorKind::ZippedInstall {
            name: wanted.to_owned(),
            path: egg.to_owned(),
        }
        .into());
    }
    match module {
        Some(path) => Err(EnvErrorKind::NotInstalled {
            name: wanted.to_owned(),
            path,
        }
        .into()),
        None => Ok(None),
    }
}

/// What shows that a directory which was put on `sys.path` is a working copy and not a place that packages are installed
/// in.
fn working_copy(site_packages: &SitePackages) -> Option<PathBuf> {
    if !matches!(site_packages.kind, Kind::PythonPath | Kind::PathFile) {
        return None;
    }
    let marks = [".git", "setup.py", "pyproject.toml"].iter();
    let mut marks = marks.map(|mark| site_packages.path.join(mark));
    marks.find(|mark| mark.exists())
}

/// Reads `direct_url.json` (PEP 610), which says whether an install is editable.
fn refuse_editable(metadata: &Path, wanted: &str) -> Result<(), EnvError> {
    let direct_url = &metadata.join("direct_url.json");
    let Ok(bytes) = fs_err::read_to_string(direct_url) else {
        return Ok(());
    };
    let value: serde_json::Value = serde_json::from_str(&bytes).unwrap_or_default();
    if value["dir_info"]["editable"] == true {
        return Err(editable(
            wanted,
            direct_url,
            value["url"].as_str().map(str::to_owned),
        ));
    }
    Ok(())
}

fn editable(name: &str, evidence: &Path, location: Option<String>) -> EnvError {
    EnvErrorKind::EditableInstall {
        name: name.to_owned(),
        evidence: evidence.to_owned(),
        location,
    }
    .into()
}

pub(crate) fn is_absent(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
    )
}
