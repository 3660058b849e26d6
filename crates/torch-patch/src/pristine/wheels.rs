//! Originals in wheels: what was fetched before, wheels in the file system, and those of a package index.
//!
//! Of an index only the file is read, never the whole wheel. Which wheel was installed is told by the version and by
//! the tags in the distribution's `WHEEL`; where that very wheel is not to be had, others of the same release are read:
//! most files are the same in all of them, and the digest tells.

use std::path::PathBuf;

use torch_patch_env::{Distribution, normalize};
use torch_patch_upstream::{
    Cache, IndexSettings, Listing, Location, Wheel, WheelName, members, wheel_at,
};

use crate::check::Upstream;
use crate::error::Error;
use crate::pristine::{Place, Proven, Provenance, Sources, Wanted};
use crate::progress::{Progress, Step};

/// How many wheels of an index are read at most.
const MOST_WHEELS: usize = 4;
/// Where torch's builds with a local version are; `2.5.1+cu124` is in `…/cu124`
/// ([where to get them](https://pytorch.org/get-started/previous-versions/)).
const TORCH_INDEX: &str = "https://download.pytorch.org/whl";
/// What that index has builds of.
const TORCH_FAMILY: [&str; 3] = ["torch", "torchvision", "torchaudio"];

impl<'s> Sources<'s> {
    /// Adds what was fetched before, then `wheels` in the file system; where none is named, the package indexes.
    #[must_use]
    pub fn with_upstream(mut self, upstream: &'s Upstream, wheels: &'s [PathBuf]) -> Self {
        if let Some(cache) = &upstream.cache {
            self.places.insert(0, Box::new(Fetched { cache }));
        }
        self.places.push(if wheels.is_empty() {
            Box::new(Indexes { upstream })
        } else {
            Box::new(WheelFiles { upstream, wheels })
        });
        self
    }
}

/// What was fetched before.
struct Fetched<'s> {
    cache: &'s Cache,
}

impl Place for Fetched<'_> {
    fn find(
        &self,
        wanted: &Wanted<'_>,
        _: &mut Vec<String>,
        _: &mut dyn Progress,
    ) -> Option<Proven> {
        let bytes = self.cache.content_of(wanted.digest)?;
        wanted.proven(bytes, Provenance::Fetched)
    }
}

/// Wheels in the file system.
struct WheelFiles<'s> {
    upstream: &'s Upstream,
    wheels: &'s [PathBuf],
}

impl Place for WheelFiles<'_> {
    fn find(
        &self,
        wanted: &Wanted<'_>,
        tried: &mut Vec<String>,
        _: &mut dyn Progress,
    ) -> Option<Proven> {
        self.wheels.iter().find_map(|path| {
            let release = self.upstream.wheel_file(path);
            let release = release.map_err(|error| tried.push(told(&error))).ok()?;
            let from = || Provenance::Wheel(path.clone());
            out_of(self.upstream, &release.wheel, wanted, from, tried)
        })
    }
}

/// The package indexes, and the address that a distribution says it was installed from.
struct Indexes<'s> {
    upstream: &'s Upstream,
}

impl Place for Indexes<'_> {
    fn find(
        &self,
        wanted: &Wanted<'_>,
        tried: &mut Vec<String>,
        progress: &mut dyn Progress,
    ) -> Option<Proven> {
        let is_asked = !self.upstream.indexes.index_urls.is_empty();
        let own = installed_from(wanted.distribution);
        // Who wants no index to be asked wants no other server to be asked either.
        let own = own.filter(|wheel| is_asked || matches!(wheel.location, Location::File(_)));
        let found = own.and_then(|wheel| self.out_of(&wheel, wanted, tried));
        found
            .or_else(|| self.listed(&self.upstream.indexes, wanted, tried, progress))
            .or_else(|| {
                let settings = self.torch_index(wanted.distribution)?;
                self.listed(&settings, wanted, tried, progress)
            })
    }
}

impl Indexes<'_> {
    /// Looks into the likeliest of the wheels that some indexes have.
    fn listed(
        &self,
        settings: &IndexSettings,
        wanted: &Wanted<'_>,
        tried: &mut Vec<String>,
        progress: &mut dyn Progress,
    ) -> Option<Proven> {
        let Distribution { name, version, .. } = wanted.distribution;
        progress.step(&Step::List {
            distribution: name.clone(),
        });
        let upstream = self.upstream;
        let listing = torch_patch_upstream::wheels(&upstream.client, settings, name);
        let listing: Listing = listing
            .map_err(|error| tried.push(told(&error.into())))
            .ok()?;
        let wheels = likeliest(&listing.wheels, wanted.distribution);
        if wheels.is_empty() {
            let places = settings.places().join(", ");
            tried.push(format!("there is no wheel of {name} {version} in {places}"));
        }
        let mut wheels = wheels.into_iter().take(MOST_WHEELS);
        wheels.find_map(|wheel| self.out_of(wheel, wanted, tried))
    }

    fn out_of(
        &self,
        wheel: &Wheel,
        wanted: &Wanted<'_>,
        tried: &mut Vec<String>,
    ) -> Option<Proven> {
        let from = || Provenance::Upstream(wheel.name.file_name.clone());
        out_of(self.upstream, wheel, wanted, from, tried)
    }

    /// The index of torch's own builds: for one of those, unless somebody has named an index of their own.
    fn torch_index(&self, distribution: &Distribution) -> Option<IndexSettings> {
        let is_default = self.upstream.indexes.index_urls == IndexSettings::default().index_urls;
        let name = normalize(&distribution.name);
        let builds = builds_of(&distribution.version)?;
        (is_default && TORCH_FAMILY.contains(&name.as_str())).then(|| IndexSettings {
            index_urls: vec![format!("{TORCH_INDEX}/{builds}")],
            find_links: Vec::new(),
        })
    }
}

/// Reads the file out of one wheel.
fn out_of(
    upstream: &Upstream,
    wheel: &Wheel,
    wanted: &Wanted<'_>,
    from: impl Fn() -> Provenance,
    tried: &mut Vec<String>,
) -> Option<Proven> {
    let name = &wheel.name.file_name;
    let places = places_in(wheel, wanted);
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    let read = members(&upstream.client, upstream.cache.as_ref(), wheel, &places);
    let read = read.map_err(|error| tried.push(told(&error.into()))).ok()?;
    let mut has_it = false;
    for member in read.into_values().flatten() {
        has_it = true;
        if let Some(found) = wanted.proven(member.bytes, from()) {
            return Some(found);
        }
    }
    tried.push(if has_it {
        format!("`{name}` has another version of the file")
    } else {
        format!("`{name}` does not have the file")
    });
    None
}

/// Where a wheel may have the file: at its own path, or where it has what goes into site-packages besides
/// ([the data directory](https://packaging.python.org/en/latest/specifications/binary-distribution-format/)).
fn places_in(wheel: &Wheel, wanted: &Wanted<'_>) -> Vec<String> {
    let path = wanted.path.as_str();
    let WheelName {
        distribution,
        version,
        ..
    } = &wheel.name;
    let data = |scheme: &str| format!("{distribution}-{version}.data/{scheme}/{path}");
    vec![path.to_owned(), data("purelib"), data("platlib")]
}

/// The wheels of the installed release, the one that was most likely installed first. A local version such as `+cu124`
/// is another build of the same release.
fn likeliest<'w>(wheels: &'w [Wheel], distribution: &Distribution) -> Vec<&'w Wheel> {
    let tags = distribution.wheel_tags();
    let version = &distribution.version;
    let is_release = |wheel: &&Wheel| public(&wheel.name.version) == public(version);
    let mut found: Vec<&Wheel> = wheels.iter().filter(is_release).collect();
    found.sort_by_key(|wheel| {
        let is_build = wheel.name.version == *version;
        let is_wheel = is_tagged(&wheel.name, &tags);
        let is_platform = is_for_any(&wheel.name, &tags);
        (!is_build, !is_wheel, !is_platform)
    });
    found
}

/// The version without its local part, so that two spellings of one are the same.
fn public(version: &str) -> String {
    let public = version.split('+').next().unwrap_or(version);
    let parsed: Result<pep440_rs::Version, _> = public.parse();
    parsed.map_or_else(|_| public.to_owned(), |version| version.to_string())
}

/// Whether a wheel has one of the tags.
fn is_tagged(name: &WheelName, tags: &[String]) -> bool {
    tags.iter().any(|tag| {
        let parts: Vec<&str> = tag.split('-').collect();
        let [python, abi, platform] = parts.as_slice() else {
            return false;
        };
        let has = |own: &[String], part: &str| {
            part.split('.')
                .any(|part| own.iter().any(|own| own == part))
        };
        has(&name.python, python) && has(&name.abi, abi) && has(&name.platform, platform)
    })
}

/// Whether a wheel is for the system that one of the tags is for.
fn is_for_any(name: &WheelName, tags: &[String]) -> bool {
    let system = |platform: &str| {
        let systems = ["linux", "win", "macosx", "any"];
        systems.into_iter().find(|system| platform.contains(system))
    };
    tags.iter().any(|tag| {
        let own = system(tag.rsplit('-').next().unwrap_or_default());
        own.is_some() && name.platform.iter().any(|platform| system(platform) == own)
    })
}

/// The directory of torch's index that has the builds of a local version: `cu124` of `2.5.1+cu124`, and of
/// `2.5.1+cu124.with.pypi.cudnn`.
fn builds_of(version: &str) -> Option<&str> {
    let (_, local) = version.split_once('+')?;
    if local.starts_with("rocm") {
        return Some(local);
    }
    let builds = local.split(['.', '_']).next()?;
    let is_cuda =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_known =
        builds == "cpu" || builds == "xpu" || builds.strip_prefix("cu").is_some_and(is_cuda);
    is_known.then_some(builds)
}

/// The wheel that a distribution was installed from.
fn installed_from(distribution: &Distribution) -> Option<Wheel> {
    let direct = distribution.direct_url()?;
    let digest = direct.sha256.map(|hex| format!("sha256:{hex}"));
    wheel_at(&direct.url, digest.and_then(|digest| digest.parse().ok()))
}

/// An error with its causes, on one line.
fn told(error: &Error) -> String {
    error.report().message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_of_torch_are_in_the_directory_of_their_local_version() {
        for (version, wanted) in [
            ("2.5.1+cu124", Some("cu124")),
            ("1.13.1+cu117.with.pypi.cudnn", Some("cu117")),
            ("1.13.1+cu117_pypi", Some("cu117")),
            ("2.5.1+cpu", Some("cpu")),
            ("2.3.0+rocm6.0", Some("rocm6.0")),
            ("2.5.1", None),
            ("2.5.1+git1234", None),
            ("2.5.1+custom", None),
            ("2.5.1+cu", None),
        ] {
            assert_eq!(builds_of(version), wanted, "{version}");
        }
    }

    #[test]
    fn the_wheel_that_was_installed_comes_first_and_other_builds_of_the_release_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let info = folder.path().join("torch-2.5.1+cu124.dist-info");
        fs_err::create_dir(&info).unwrap();
        fs_err::write(info.join("METADATA"), "Name: torch\nVersion: 2.5.1+cu124\n").unwrap();
        fs_err::write(info.join("RECORD"), "torch/a.py,,\n").unwrap();
        fs_err::write(info.join("WHEEL"), "Tag: cp311-cp311-linux_x86_64\n").unwrap();
        fs_err::create_dir(folder.path().join("torch")).unwrap();
        let request = torch_patch_env::Request {
            site_packages: Some(folder.path().to_owned()),
            ..torch_patch_env::Request::default()
        };
        let around = torch_patch_env::Surroundings::new(folder.path());
        let environment = torch_patch_env::discover(&request, &around).unwrap();
        let torch = environment.distribution("torch").unwrap();
        let wheels = [
            "torch-2.5.1-cp312-none-macosx_11_0_arm64.whl",
            "torch-2.5.1-cp311-cp311-manylinux1_x86_64.whl",
            "torch-2.5.0+cu124-cp311-cp311-linux_x86_64.whl",
            "torch-2.5.1+cu124-cp312-cp312-linux_x86_64.whl",
            "torch-2.5.1+cu124-cp311-cp311-linux_x86_64.whl",
        ]
        .map(|name| Wheel {
            name: WheelName::parse(name).unwrap(),
            location: Location::File(name.into()),
            size: None,
            digest: None,
            metadata_digest: None,
            yanked: None,
        });
        let found = likeliest(&wheels, &torch).into_iter();
        let names: Vec<&str> = found.map(|wheel| wheel.name.file_name.as_str()).collect();
        assert_eq!(
            names,
            [
                "torch-2.5.1+cu124-cp311-cp311-linux_x86_64.whl",
                "torch-2.5.1+cu124-cp312-cp312-linux_x86_64.whl",
                "torch-2.5.1-cp311-cp311-manylinux1_x86_64.whl",
                "torch-2.5.1-cp312-none-macosx_11_0_arm64.whl",
            ]
        );
    }
}
