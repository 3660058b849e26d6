//! A few files of a wheel, verified.

mod dist_info;
mod reading;
mod recorded;

use std::collections::BTreeMap;
use std::io::{Read as _, Seek as _};

use sha2::Digest as _;
use torch_patch_store::Digest;

use crate::archive::{ReadError, WheelFault};
use crate::cache::{Cache, Known};
use crate::client::Client;
use crate::error::{UpstreamError, UpstreamErrorKind};
pub(crate) use crate::members::dist_info::resolve;
use crate::members::reading::Reading;
use crate::source::{self, LocalFile, RangeSource, Remote};
use crate::source_archive;
use crate::wheel::{Location, Wheel};

/// Files of a wheel by the path that was asked for; `None`: the wheel does not have it.
pub type Members = BTreeMap<String, Option<Member>>;

/// A file of a wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its content.
    pub bytes: Vec<u8>,
    /// The digest of its content.
    pub digest: Digest,
    /// What it was verified by.
    pub verification: Verification,
}

/// What the content of a member was verified by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// The sha256 in the wheel's own `RECORD`, or in the index.
    Digest,
    /// The wheel's `RECORD` has no digest of it, or there is no `RECORD`: only the archive's CRC-32.
    Crc32,
}

/// Reads the members at `paths`, from `cache` where it has them.
///
/// A path that starts with `*.dist-info/`, such as `*.dist-info/METADATA`, is one of the wheel's metadata directory,
/// whatever its name; the result has it under the path that was asked for. A wheel in the file system is read without
/// the cache.
///
/// # Errors
///
/// The wheel cannot be read, is not one, or does not hold what it says.
pub fn members(
    client: &Client,
    cache: Option<&Cache>,
    wheel: &Wheel,
    paths: &[&str],
) -> Result<Members, UpstreamError> {
    let read = match &wheel.location {
        Location::File(path) if wheel.name.is_source() => LocalFile::open(path)
            .map_err(ReadError::from)
            .and_then(|file| source_archive::members(&file, wheel, paths)),
        Location::Url(url) if wheel.name.is_source() => {
            from_source(&Remote { client, url }, cache, wheel, paths)
        }
        Location::File(path) => LocalFile::open(path)
            .map_err(ReadError::from)
            .and_then(|file| from_file(&file, wheel, paths)),
        Location::Url(url) => from_address(&Remote { client, url }, url, cache, wheel, paths),
    };
    read.map_err(|error| match error {
        ReadError::Source(error) => error,
        ReadError::Wheel(fault) => UpstreamErrorKind::Wheel {
            wheel: wheel.name.file_name.clone(),
            fault: Box::new(fault),
        }
        .into(),
    })
}

/// Reads from a file, all of which is held against the index's digest where there is one.
fn from_file(file: &LocalFile, wheel: &Wheel, paths: &[&str]) -> Result<Members, ReadError> {
    let mut reading = Reading::open(file, wheel)?;
    if let Some(expected) = wheel.digest {
        check_whole(file, expected)?;
    }
    reading.members(paths)
}

fn check_whole(file: &LocalFile, expected: Digest) -> Result<(), ReadError> {
    let mut hasher = sha2::Sha256::new();
    let mut bytes = vec![0; 1 << 20];
    let mut input = file.file();
    let failed = |source| ReadError::Source(source::unreadable(source));
    input.rewind().map_err(failed)?;
    loop {
        let read = input.read(&mut bytes).map_err(failed)?;
        if read == 0 {
            break;
        }
        hasher.update(&bytes[..read]);
    }
    let found = Digest::from(<[u8; 32]>::from(hasher.finalize()));
    if found == expected {
        return Ok(());
    }
    Err(WheelFault::Digest {
        path: String::new(),
        by: "the index",
        expected,
        found,
    }
    .into())
}

/// Reads from the cache if that has all of it, else from the whole source distribution.
fn from_source(
    source: &dyn RangeSource,
    cache: Option<&Cache>,
    wheel: &Wheel,
    paths: &[&str],
) -> Result<Members, ReadError> {
    let Some((cache, digest)) = cache.zip(wheel.digest) else {
        return source_archive::members(source, wheel, paths);
    };
    let (key, name) = (digest.hex(), &wheel.name.file_name);
    let known = cache.known(&key, name);
    let found = paths.iter().map(|path| from_cache(cache, &known, path));
    if let Some(found) = found.collect::<Option<Members>>() {
        return Ok(found);
    }
    let read = source_archive::members(source, wheel, paths)?;
    cache.learn(&key, name, None, &read);
    Ok(read)
}

/// Reads from the cache what it has, and the rest from the address.
fn from_address(
    source: &dyn RangeSource,
    url: &str,
    cache: Option<&Cache>,
    wheel: &Wheel,
    paths: &[&str],
) -> Result<Members, ReadError> {
    let Some(cache) = cache else {
        return Reading::open(source, wheel)?.members(paths);
    };
    if let Some(digest) = wheel.digest {
        return through(cache, &digest.hex(), None, source, wheel, paths);
    }
    let reading = Reading::open(source, wheel)?;
    let Some(validator) = reading.validator() else {
        return { reading }.members(paths);
    };
    let key = format!("{url}\n{}\n{validator}", reading.total());
    let key = Digest::of(key.as_bytes()).hex();
    through(cache, &key, Some(reading), source, wheel, paths)
}

/// Reads what `cache` knows of the wheel under `key`, and the rest with `reading`, which is then remembered.
fn through<'a>(
    cache: &Cache,
    key: &str,
    reading: Option<Reading<'a>>,
    source: &'a dyn RangeSource,
    wheel: &'a Wheel,
    paths: &[&str],
) -> Result<Members, ReadError> {
    let known = cache.known(key, &wheel.name.file_name);
    let mut found: Members = paths
        .iter()
        .filter_map(|path| from_cache(cache, &known, path))
        .collect();
    found.retain(|path, member| is_right(wheel, path, member.as_ref()));
    let rest: Vec<&str> = paths
        .iter()
        .copied()
        .filter(|path| !found.contains_key(*path))
        .collect();
    if rest.is_empty() {
        return Ok(found);
    }
    let mut reading = match reading {
        Some(reading) => reading,
        None => Reading::open(source, wheel)?,
    };
    let read = reading.members(&rest)?;
    let dist_info = reading.dist_info().map(|found| found.to_string());
    cache.learn(key, &wheel.name.file_name, dist_info.as_deref(), &read);
    found.extend(read);
    Ok(found)
}

/// What `cache` has of `path`; `None` if it does not know.
fn from_cache(cache: &Cache, known: &Known, path: &str) -> Option<(String, Option<Member>)> {
    let member = match known.of(path)? {
        None => None,
        Some(fact) => Some(Member {
            bytes: cache.content(fact)?,
            digest: fact.digest,
            verification: fact.verification.into(),
        }),
    };
    Some((path.to_owned(), member))
}

/// Whether the index now has no other digest for what is remembered.
fn is_right(wheel: &Wheel, path: &str, member: Option<&Member>) -> bool {
    match (wheel.metadata_digest, member) {
        (Some(digest), Some(member)) if path == dist_info::METADATA => member.digest == digest,
        _ => true,
    }
}
