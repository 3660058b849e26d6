//! A wheel that an index or a folder has, and what its file name says.

use std::path::PathBuf;

use pep440_rs::Version;
use torch_patch_env::normalize;
use torch_patch_store::Digest;

/// How the file name of a source distribution ends.
const SOURCE: &str = ".tar.gz";

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

impl WheelName {
    /// Reads a file name, which is not percent-encoded; none if it is not that of a wheel.
    #[must_use]
    pub fn parse(file_name: &str) -> Option<Self> {
        let stem = file_name.strip_suffix(".whl")?;
        let parts: Vec<&str> = stem.split('-').collect();
        let (distribution, version, build, tags) = match parts.as_slice() {
            [distribution, version, tags @ ..] if tags.len() == 3 => {
                (*distribution, *version, "", tags)
            }
            [distribution, version, build, tags @ ..] if tags.len() == 3 => {
                (*distribution, *version, *build, tags)
            }
            _ => return None,
        };
        let is_word = |word: &str| {
            let is_char = |char: char| char.is_alphanumeric() || "._+!".contains(char);
            !word.is_empty() && word.chars().all(is_char)
        };
        let has_build = parts.len() == 6;
        if !parts.iter().copied().all(is_word)
            || (has_build && !build.starts_with(|char: char| char.is_ascii_digit()))
            || version.parse::<Version>().is_err()
        {
            return None;
        }
        let split = |tags: &str| tags.split('.').map(str::to_owned).collect();
        Some(Self {
            file_name: file_name.to_owned(),
            distribution: distribution.to_owned(),
            version: version.to_owned(),
            build: build.to_owned(),
            python: split(tags[0]),
            abi: split(tags[1]),
            platform: split(tags[2]),
        })
    }

    /// Reads the file name of a source distribution of `project`, a normalised name; none if it is not one. It stands
    /// for every Python and platform.
    #[must_use]
    pub fn parse_source(file_name: &str, project: &str) -> Option<Self> {
        let stem = file_name.strip_suffix(SOURCE)?;
        let (distribution, version) = stem.rsplit_once('-')?;
        if normalize(distribution) != project || version.parse::<Version>().is_err() {
            return None;
        }
        Some(Self {
            file_name: file_name.to_owned(),
            distribution: distribution.to_owned(),
            version: version.to_owned(),
            build: String::new(),
            python: vec!["py3".to_owned()],
            abi: vec!["none".to_owned()],
            platform: vec!["any".to_owned()],
        })
    }

    /// Tells whether it is a source distribution, which stands for a release that has no wheel.
    #[must_use]
    pub fn is_source(&self) -> bool {
        self.file_name.ends_with(SOURCE)
    }

    /// Tells whether it is for a Python without a global interpreter lock (PEP 703), such as `cp313t`.
    #[must_use]
    pub fn is_free_threaded(&self) -> bool {
        let is_free = |abi: &String| abi.starts_with("cp") && abi.ends_with('t');
        !self.abi.is_empty() && self.abi.iter().all(is_free)
    }
}

#[cfg(test)]
mod tests {
    use super::WheelName;

    #[test]
    fn file_names_are_read() {
        let cases = [
            (
                "torch-2.0.1+cu118-cp310-cp310-win_amd64.whl",
                "2.0.1+cu118",
                "",
                "win_amd64",
                false,
            ),
            (
                "torch-1.1.0.post2-cp27-cp27mu-manylinux1_x86_64.whl",
                "1.1.0.post2",
                "",
                "manylinux1_x86_64",
                false,
            ),
            (
                "torch-2.1.0-1-cp38-cp38-linux_x86_64.whl",
                "2.1.0",
                "1",
                "linux_x86_64",
                false,
            ),
            (
                "torch-2.9.0-cp313-cp313t-macosx_11_0_arm64.whl",
                "2.9.0",
                "",
                "macosx_11_0_arm64",
                true,
            ),
            ("a_b-1!2-py2.py3-none-any.whl", "1!2", "", "any", false),
        ];
        for (file_name, version, build, platform, free) in cases {
            let name = WheelName::parse(file_name).unwrap();
            assert_eq!(
                (name.version.as_str(), name.build.as_str()),
                (version, build),
                "{file_name}"
            );
            assert_eq!(name.platform, [platform]);
            assert_eq!(name.is_free_threaded(), free, "{file_name}");
        }
    }

    #[test]
    fn tags_may_be_several() {
        let name = WheelName::parse("a-1-py2.py3-abi3.none-manylinux_2_28_x86_64.any.whl").unwrap();
        assert_eq!(name.python, ["py2", "py3"]);
        assert_eq!(name.abi, ["abi3", "none"]);
        assert_eq!(name.platform, ["manylinux_2_28_x86_64", "any"]);
    }

    #[test]
    fn other_names_are_none() {
        for name in [
            "torch-2.0.1.tar.gz",
            "torch-2.0.1-cp310-cp310.whl",
            "torch-2.0.1-x-cp310-cp310-any.whl",
            "torch-2.0.1-1-2-cp310-cp310-any.whl",
            "torch-two-cp310-cp310-any.whl",
            "torch--cp310-cp310-any.whl",
            "-1-cp310-cp310-any.whl",
            "../torch-1-cp310-cp310-any.whl",
            "torch-1-cp310-cp310-any.whl.metadata",
            "torch%2D-1-cp310-cp310-any.whl",
        ] {
            assert_eq!(WheelName::parse(name), None, "{name}");
        }
    }
}
