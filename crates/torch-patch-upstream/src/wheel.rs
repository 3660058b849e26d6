//! A wheel that an index or a folder has, and what its file name says.

use std::path::PathBuf;

use torch_patch_store::Digest;

/// A wheel that an index or a folder has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wheel {
    /// What its file name says.
    pub name: WheelName,
    /// Where it is.
    pub location: Location,
    /// Its size in bytes, where the index says it.
    pub size: Option<u64>,
    /// The digest of the whole file, where the index says it.
    pub digest: Option<Digest>,
    /// The digest of its `METADATA`, where the index says it (PEP 658, PEP 714).
    pub metadata_digest: Option<Digest>,
    /// Why it was yanked (PEP 592), if it was; empty where no reason is given.
    pub yanked: Option<String>,
}

/// Where a wheel is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// At an absolute address with `https` or `http`, without credentials.
    Url(String),
    /// In the file system.
    File(PathBuf),
}

/// What the file name of a wheel says
/// ([the binary distribution format](https://packaging.python.org/en/latest/specifications/binary-distribution-format/)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelName {
    /// The whole file name, percent-decoded.
    pub file_name: String,
    /// The distribution as the file name spells it.
    pub distribution: String,
    /// The version, such as `2.0.1+cu118`.
    pub version: String,
    /// The build tag, such as `1`; empty if there is none.
    pub build: String,
    /// The Python tags, such as `cp310`.
    pub python: Vec<String>,
    /// The ABI tags, such as `cp310` or `none`.
    pub abi: Vec<String>,
    /// The platform tags, such as `win_amd64`, `manylinux_2_28_x86_64` or `any`.
    pub platform: Vec<String>,
}
