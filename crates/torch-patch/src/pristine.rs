//! The original bytes of an installed file, proven by the sha256 in the distribution's `RECORD`.
//!
//! Asked are, in this order: the file itself, the backup in the store, what torch-patch has fetched before, uv's cache,
//! wheels in the file system, and the package index. The first whose bytes have the digest counts; where they came from
//! makes no difference to what they are.
//!
//! Architecture invariant: bytes without that digest never leave this module.

mod missing;
mod uv;
#[cfg(feature = "upstream")]
mod wheels;

use std::fmt;
use std::path::PathBuf;

use torch_patch_env::{Distribution, Recorded};
use torch_patch_store::{Digest, RelativePath, StoreErrorKind};

use crate::error::{Error, ErrorKind};
use crate::progress::Progress;
use crate::records::Records;
pub use missing::{NoOriginal, NoOriginalReason};
use uv::UvCaches;

/// Where original bytes may be had from besides the environment and its store, in the order in which they are asked.
#[derive(Default)]
pub struct Sources<'s> {
    places: Vec<Box<dyn Place + Sync + 's>>,
}

impl<'s> Sources<'s> {
    /// Nowhere else.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds the caches of uv at these directories: what it unpacked and linked into environments.
    #[must_use]
    pub fn with_uv_caches(mut self, directories: &'s [PathBuf]) -> Self {
        self.places.push(Box::new(UvCaches { directories }));
        self
    }
}

impl fmt::Debug for Sources<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.places.len();
        f.debug_struct("Sources").field("places", &count).finish()
    }
}

/// Where proven bytes came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Provenance {
    /// The installed file, which is as it was installed.
    File,
    /// The backup in the store.
    Backup,
    /// What torch-patch has fetched before.
    Fetched,
    /// This directory of uv's cache.
    UvCache(PathBuf),
    /// This wheel in the file system.
    Wheel(PathBuf),
    /// The wheel of this name, out of an index or from the address that the distribution was installed from.
    Upstream(String),
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("the file itself"),
            Self::Backup => f.write_str("the backup"),
            Self::Fetched => f.write_str("the cache of torch-patch"),
            Self::UvCache(directory) => write!(f, "uv's cache, `{}`", directory.display()),
            Self::Wheel(path) => write!(f, "`{}`", path.display()),
            Self::Upstream(name) => write!(f, "`{name}` upstream"),
        }
    }
}

/// Bytes that are proven to be what was installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proven {
    pub(crate) bytes: Vec<u8>,
    /// The digest that `RECORD` has of them.
    pub(crate) digest: Digest,
    pub(crate) from: Provenance,
}

/// A file whose original is looked for.
pub(crate) struct Wanted<'w> {
    distribution: &'w Distribution,
    path: &'w RelativePath,
    digest: Digest,
}

impl Wanted<'_> {
    /// The bytes, if they are the original.
    fn proven(&self, bytes: Vec<u8>, from: Provenance) -> Option<Proven> {
        let digest = Digest::of(&bytes);
        (digest == self.digest).then_some(Proven {
            bytes,
            digest,
            from,
        })
    }
}

/// Somewhere that original bytes may be.
trait Place {
    /// Looks for the file there. Why there is nothing goes into `tried`, where a user may want to know it.
    fn find(
        &self,
        wanted: &Wanted<'_>,
        tried: &mut Vec<String>,
        progress: &mut dyn Progress,
    ) -> Option<Proven>;
}

/// Finds the original bytes of the file of `distribution` at `path`.
///
/// # Errors
///
/// `RECORD` has no digest of the file, so that nothing could be proven; or no place has bytes with that digest: then
/// the error says what each had in their place.
pub(crate) fn pristine_bytes(
    records: &Records<'_>,
    distribution: &Distribution,
    path: &RelativePath,
    sources: &Sources<'_>,
    progress: &mut dyn Progress,
) -> Result<Proven, Error> {
    let wanted = Wanted {
        distribution,
        path,
        digest: recorded_digest(distribution, path)?,
    };
    let mut tried = Vec::new();
    if let Some(found) = at_hand(records, &wanted, &mut tried)? {
        return Ok(found);
    }
    let mut places = sources.places.iter();
    let found = places.find_map(|place| place.find(&wanted, &mut tried, progress));
    found.ok_or_else(|| {
        let expected = wanted.digest;
        let reason = NoOriginalReason::NotFound { expected, tried };
        no_original(distribution, path, reason)
    })
}

/// The digest that proves the original of a file.
pub(crate) fn recorded_digest(
    distribution: &Distribution,
    path: &RelativePath,
) -> Result<Digest, Error> {
    let recorded = distribution.recorded(path.as_str())?;
    let reason = match recorded {
        Recorded::Digest { sha256, .. } => return Ok(Digest::from(sha256)),
        Recorded::NotListed => NoOriginalReason::NotListed,
        Recorded::NoDigest => NoOriginalReason::NoDigest,
        Recorded::NoRecord => NoOriginalReason::NoRecord,
    };
    Err(no_original(distribution, path, reason))
}

fn no_original(
    distribution: &Distribution,
    path: &RelativePath,
    reason: NoOriginalReason,
) -> Error {
    ErrorKind::NoOriginal(NoOriginal {
        file: path.as_str().to_owned(),
        distribution: distribution.name.clone(),
        version: distribution.version.clone(),
        reason,
    })
    .into()
}

/// The original, if the environment itself has it: as the file, or as its backup.
///
/// # Errors
///
/// The store cannot be read, which is not the same as having no backup.
fn at_hand(
    records: &Records<'_>,
    wanted: &Wanted<'_>,
    tried: &mut Vec<String>,
) -> Result<Option<Proven>, Error> {
    let own = records.target(wanted.path).ok().flatten();
    if let Some(found) = own.and_then(|own| wanted.proven(own.bytes, Provenance::File)) {
        return Ok(Some(found));
    }
    match records.backup(&wanted.digest) {
        Ok(bytes) => Ok(wanted.proven(bytes, Provenance::Backup)),
        Err(error) => {
            let reason = no_backup(&error).ok_or(error)?;
            tried.push(reason.to_owned());
            Ok(None)
        }
    }
}

/// Why there is no backup; `None` if that cannot be told.
fn no_backup(error: &Error) -> Option<&'static str> {
    let ErrorKind::Store(error) = error.kind() else {
        return None;
    };
    match error.kind() {
        StoreErrorKind::ContentMissing { .. } => Some("the store has no backup of it"),
        StoreErrorKind::ContentTampered { .. } => Some("the backup of it in the store is damaged"),
        _ => None,
    }
}

/// Each place that original bytes may be in, and what does not count as such.
#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use fs_err as fs;
    use torch_patch_env::{Distribution, Request, Surroundings, discover};
    use torch_patch_store::{RelativePath, Store};
    use torch_patch_testing::{Package, World};

    use super::*;
    use crate::progress::Silent;
    use crate::records::look;

    const FILE: &str = "torch/version.py";

    fn package() -> Package {
        Package::torch("2.5.1")
    }

    /// A torch whose `version.py` somebody has mangled.
    fn mangled() -> World {
        let world = World::new();
        world.install(&package());
        world.write(FILE, "mangled");
        world
    }

    fn installed(world: &World) -> Distribution {
        let request = Request {
            site_packages: Some(world.site_packages().to_owned()),
            ..Request::default()
        };
        let environment = discover(&request, &Surroundings::new(world.folder())).unwrap();
        environment.distribution("torch").unwrap()
    }

    fn find(world: &World, file: &str, sources: &Sources<'_>) -> Result<Proven, Error> {
        let path = RelativePath::new(file).unwrap();
        let store = Store::new(world.site_packages().to_owned());
        let distribution = installed(world);
        look(&store, |records, _| {
            pristine_bytes(records, &distribution, &path, sources, &mut Silent)
        })
    }

    /// What was tried, of a search that finds nothing.
    fn tried(error: &Error) -> &[String] {
        let ErrorKind::NoOriginal(error) = error.kind() else {
            panic!("{error}");
        };
        let NoOriginalReason::NotFound { tried, .. } = &error.reason else {
            panic!("{error}");
        };
        tried
    }

    /// A cache of uv with the package, and with `text` as its `version.py`.
    fn uv_cache(world: &World, id: &str, text: Option<&str>) -> PathBuf {
        let cache = world.folder().join("uv");
        let archive = cache.join("archive-v0").join(id);
        let record = installed(world).metadata_dir.unwrap().join("RECORD");
        for directory in ["torch", "torch-2.5.1.dist-info"] {
            fs::create_dir_all(archive.join(directory)).unwrap();
        }
        fs::copy(record, archive.join("torch-2.5.1.dist-info/RECORD")).unwrap();
        let text = text.unwrap_or("__version__ = '2.5.1'\n");
        fs::write(archive.join(FILE), text).unwrap();
        cache
    }

    #[test]
    fn a_file_as_it_was_installed_is_its_own_original() {
        let world = World::new();
        world.install(&package());
        let found = find(&world, FILE, &Sources::none()).unwrap();
        assert_eq!(found.from, Provenance::File);
        assert_eq!(found.bytes, b"__version__ = '2.5.1'\n");
    }

    #[test]
    fn what_is_nowhere_is_not_found_and_the_places_are_told() {
        let error = find(&mangled(), FILE, &Sources::none()).unwrap_err();
        assert_eq!(tried(&error), ["the store has no backup of it"]);
        assert_eq!((error.code(), error.exit_code()), ("original-not-found", 5));
        let message = error.report().message;
        assert!(
            message.contains("`torch/version.py`") && message.contains("sha256:"),
            "{message}"
        );
    }

    #[test]
    fn uvs_cache_counts_where_it_is_right_and_not_where_it_is_poisoned() {
        let world = mangled();
        let caches = [uv_cache(&world, "a", Some("mangled"))];
        let error = find(&world, FILE, &Sources::none().with_uv_caches(&caches)).unwrap_err();
        assert!(
            tried(&error)[1].starts_with("uv's cache has other bytes"),
            "{error:?}"
        );
        uv_cache(&world, "b", None);
        let found = find(&world, FILE, &Sources::none().with_uv_caches(&caches)).unwrap();
        assert_eq!(
            found.from,
            Provenance::UvCache(caches[0].join("archive-v0/b"))
        );
        assert_eq!(found.digest, Digest::of(b"__version__ = '2.5.1'\n"));
    }

    #[test]
    fn without_a_digest_nothing_is_proven() {
        let world = mangled();
        let record = world.at("torch-2.5.1.dist-info/RECORD");
        let cases = [
            (Some("torch/__init__.py,,\n"), "not-listed"),
            (Some("torch/version.py,,\n"), "no-digest"),
            (None, "no-record"),
        ];
        for (text, wanted) in cases {
            match text {
                Some(text) => fs::write(&record, text).unwrap(),
                None => fs::remove_file(&record).unwrap(),
            }
            let error = find(&world, FILE, &Sources::none()).unwrap_err();
            let report = error.report();
            assert_eq!((report.code.as_str(), report.exit), ("no-digest", 5));
            assert_eq!(report.details["reason"], wanted);
            assert_eq!(report.hints.len(), 1, "{report:?}");
        }
    }

    #[cfg(feature = "upstream")]
    mod upstream {
        use torch_patch_upstream::{Cache, Client, ClientSettings, IndexSettings};

        use super::*;
        use crate::check::Upstream;

        fn upstream(world: &World, indexes: IndexSettings) -> Upstream {
            Upstream {
                client: Client::new(ClientSettings::default()).unwrap(),
                indexes,
                cache: Some(Cache::new(world.folder().join("cache"))),
            }
        }

        fn links(world: &World) -> IndexSettings {
            IndexSettings {
                index_urls: Vec::new(),
                find_links: vec![world.folder().join("links").display().to_string()],
            }
        }

        #[test]
        fn a_wheel_that_is_named_is_read() {
            let world = mangled();
            let upstream = upstream(&world, links(&world));
            let wrong =
                Package::torch("2.5.0").write_wheel(&world.folder().join("w"), "py3-none-any");
            let wheels = [wrong];
            let sources = Sources::none().with_upstream(&upstream, &wheels);
            let error = find(&world, FILE, &sources).unwrap_err();
            let wanted = "`torch-2.5.0-py3-none-any.whl` has another version of the file";
            assert_eq!(tried(&error)[1], wanted);
            let wheels = [package().write_wheel(&world.folder().join("w"), "py3-none-any")];
            let sources = Sources::none().with_upstream(&upstream, &wheels);
            let found = find(&world, FILE, &sources).unwrap();
            assert_eq!(found.from, Provenance::Wheel(wheels[0].clone()));
        }

        #[test]
        fn other_builds_of_the_release_are_read_until_one_has_the_bytes() {
            let world = mangled();
            let folder = world.folder().join("links");
            let other =
                Package::new("torch", "2.5.1+cu124").file(FILE, "__version__ = '2.5.1+cu124'\n");
            other.write_wheel(&folder, "cp311-cp311-linux_x86_64");
            Package::torch("2.5.0").write_wheel(&folder, "py3-none-any");
            let upstream = upstream(&world, links(&world));
            let sources = Sources::none().with_upstream(&upstream, &[]);
            let error = find(&world, FILE, &sources).unwrap_err();
            assert_eq!(tried(&error).len(), 2, "{:?}", tried(&error));
            package().write_wheel(&folder, "cp39-cp39-win_amd64");
            let found = find(&world, FILE, &sources).unwrap();
            let name = "torch-2.5.1-cp39-cp39-win_amd64.whl";
            assert_eq!(found.from, Provenance::Upstream(name.to_owned()));
        }

        #[test]
        fn what_was_fetched_is_not_fetched_again() {
            let world = mangled();
            let server = torch_patch_testing::Server::start();
            let (name, bytes) = package().wheel("py3-none-any");
            let digest = Digest::of(&bytes).hex();
            let link = format!("<a href=\"{name}#sha256={digest}\">{name}</a>");
            server.put(&format!("/simple/torch/{name}"), bytes);
            server.put("/simple/torch/", link);
            let indexes = IndexSettings {
                index_urls: vec![server.url("/simple")],
                find_links: Vec::new(),
            };
            let upstream = upstream(&world, indexes);
            let sources = Sources::none().with_upstream(&upstream, &[]);
            let found = find(&world, FILE, &sources).unwrap();
            assert_eq!(found.from, Provenance::Upstream(name));
            let asked = server.requests().len();
            assert!(asked > 1, "{asked}");
            assert_eq!(
                find(&world, FILE, &sources).unwrap().from,
                Provenance::Fetched
            );
            assert_eq!(server.requests().len(), asked);
        }

        #[test]
        fn the_address_of_the_installation_is_asked_first() {
            let world = mangled();
            let wheel = package().write_wheel(&world.folder().join("w"), "py3-none-any");
            let path = wheel.display().to_string().replace('\\', "/");
            let path = path.trim_start_matches('/');
            let url = format!(r#"{{"url": "file:///{path}", "archive_info": {{}}}}"#);
            world.write("torch-2.5.1.dist-info/direct_url.json", &url);
            let upstream = upstream(&world, links(&world));
            let found = find(&world, FILE, &Sources::none().with_upstream(&upstream, &[])).unwrap();
            let name = "torch-2.5.1-py3-none-any.whl";
            assert_eq!(found.from, Provenance::Upstream(name.to_owned()));
        }
    }
}
