//! A release for a platform that patches are held against, wherever its files come from.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::str::FromStr;

use pep440_rs::Version;
use torch_patch_set::Platform;

use crate::error::Error;

/// Files by their path; `None`: the release does not have it.
pub(crate) type Contents = BTreeMap<String, Option<Vec<u8>>>;

/// A release for a platform.
pub(crate) trait Specimen: Sync {
    /// The version of the distribution.
    fn release(&self) -> &str;

    /// The platform that it is for.
    fn platform(&self) -> Platform;

    /// What is looked at: the file name of a wheel, or a directory.
    fn from(&self) -> String;

    /// Reads files of it.
    fn files(&self, paths: &[&str]) -> Result<Found, Error>;
}

/// What was read of a release.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) contents: Contents,
    /// What else there is to know of them.
    pub(crate) notes: Vec<String>,
}

/// A version in the order of PEP 440; a text that is none comes before all others.
pub(crate) fn by_version(one: &str, other: &str) -> Ordering {
    let parsed = |version: &str| Version::from_str(version).ok();
    parsed(one).cmp(&parsed(other)).then(one.cmp(other))
}
