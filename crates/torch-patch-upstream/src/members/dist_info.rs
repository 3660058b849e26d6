//! The metadata directory of a wheel.
//!
//! Its name is that of the file: distribution and version, normalised by some builders and not by others, so that both
//! are compared as uv and pip do
//! ([the binary distribution format](https://packaging.python.org/en/latest/specifications/binary-distribution-format/)).

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr as _;

use pep440_rs::Version;
use torch_patch_env::normalize;

use crate::archive::{Entry, WheelFault};
use crate::wheel::WheelName;

/// How callers name the directory.
const ANY: &str = "*.dist-info/";
/// How callers name its `METADATA`.
pub(super) const METADATA: &str = "*.dist-info/METADATA";
const SUFFIX: &str = ".dist-info";

/// The name of a metadata directory, without a slash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DistInfo(String);

impl DistInfo {
    /// The directory in which a member called `name` is, if that is one of the distribution of `wheel`.
    pub(super) fn of(name: &[u8], wheel: &WheelName) -> Option<Self> {
        let name = std::str::from_utf8(name).ok()?;
        let (directory, _) = name.split_once('/')?;
        let (distribution, version) = directory.strip_suffix(SUFFIX)?.split_once('-')?;
        let is_same = normalize(distribution) == normalize(&wheel.distribution)
            && is_same_version(version, &wheel.version);
        is_same.then(|| Self(directory.to_owned()))
    }

    /// The directory among `entries`, if it is there.
    pub(super) fn among<'a>(
        entries: impl Iterator<Item = &'a Entry>,
        wheel: &WheelName,
    ) -> Result<Option<Self>, WheelFault> {
        let found: BTreeSet<Self> = entries
            .filter_map(|entry| Self::of(&entry.name, wheel))
            .collect();
        if found.len() > 1 {
            return Err(WheelFault::MetadataDirectories {
                names: found.into_iter().map(|found| found.0).collect(),
            });
        }
        Ok(found.into_iter().next())
    }

    /// The path of its `RECORD`.
    pub(super) fn record(&self) -> String {
        format!("{}/RECORD", self.0)
    }

    /// Whether a member called `name` is one of any metadata directory.
    pub(super) fn is_any(name: &[u8]) -> bool {
        let directory = name.split(|byte| *byte == b'/').next();
        directory.is_some_and(|directory| {
            directory.len() < name.len() && directory.ends_with(SUFFIX.as_bytes())
        })
    }
}

impl fmt::Display for DistInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of the member that `path` is, once the directory is known where that matters.
pub(crate) fn resolve(path: &str, dist_info: Option<&str>) -> Option<String> {
    match path.strip_prefix(ANY) {
        None => Some(path.to_owned()),
        Some(name) => Some(format!("{}/{name}", dist_info?)),
    }
}

fn is_same_version(left: &str, right: &str) -> bool {
    let parse = |text: &str| Version::from_str(&text.replace('_', "-"));
    match (parse(left), parse(right)) {
        (Ok(left), Ok(right)) => left == right,
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wheel(distribution: &str, version: &str) -> WheelName {
        WheelName {
            file_name: String::new(),
            distribution: distribution.to_owned(),
            version: version.to_owned(),
            build: String::new(),
            python: Vec::new(),
            abi: Vec::new(),
            platform: Vec::new(),
        }
    }

    #[test]
    fn the_directory_of_the_distribution_is_known_however_it_is_spelled() {
        for (member, distribution, version, expected) in [
            ("torch-1.7.0.dist-info/RECORD", "torch", "1.7.0", true),
            ("Torch-1.7.dist-info/RECORD", "torch", "1.7.0", true),
            ("torch-1.7.0.dist-info/sub/x", "torch", "1.7.0", true),
            (
                "torch-2.0.1+cu118.dist-info/RECORD",
                "torch",
                "2.0.1+cu118",
                true,
            ),
            (
                "torch_model.archiver-1.0.dist-info/RECORD",
                "torch_model_archiver",
                "1.0",
                true,
            ),
            ("torch-1.7.0.dist.info/RECORD", "torch", "1.7.0", false),
            ("torch-1.7.1.dist-info/RECORD", "torch", "1.7.0", false),
            ("other-1.7.0.dist-info/RECORD", "torch", "1.7.0", false),
            ("x/torch-1.7.0.dist-info/RECORD", "torch", "1.7.0", false),
            ("torch-1.7.0.dist-info", "torch", "1.7.0", false),
            ("torch.dist-info/RECORD", "torch", "1.7.0", false),
        ] {
            let found = DistInfo::of(member.as_bytes(), &wheel(distribution, version));
            assert_eq!(found.is_some(), expected, "{member}");
        }
    }

    #[test]
    fn a_star_stands_for_the_directory() {
        assert_eq!(resolve("a/b", None).as_deref(), Some("a/b"));
        assert_eq!(resolve(METADATA, None), None);
        assert_eq!(
            resolve(METADATA, Some("x-1.dist-info")).as_deref(),
            Some("x-1.dist-info/METADATA")
        );
    }
}
