//! Where an installed distribution came from, as its metadata says: the tags of its wheel, and the address that it was
//! installed from.

use std::path::Path;

use serde_json::Value;

use crate::bounded;
use crate::distribution::Distribution;

/// The address that a distribution was installed from, if not from an index
/// ([PEP 610](https://packaging.python.org/en/latest/specifications/direct-url-data-structure/)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectUrl {
    /// The address of an archive, without the credentials that the specification has installers leave out.
    pub url: String,
    /// The sha256 of the archive, as 64 hexadecimal digits, if it is recorded.
    pub sha256: Option<String>,
}

impl Distribution {
    /// Returns the tags of the wheel that was installed, such as `cp311-cp311-manylinux_2_28_x86_64`; none if nothing
    /// says them, as of Debian's packages.
    #[must_use]
    pub fn wheel_tags(&self) -> Vec<String> {
        let text = self.metadata_text("WHEEL").unwrap_or_default();
        let tags = text.lines().filter_map(|line| line.strip_prefix("Tag:"));
        tags.map(|tag| tag.trim().to_owned()).collect()
    }

    /// Returns the archive that it was installed from, if `direct_url.json` names one. That of a working copy or of a
    /// version control system is none.
    #[must_use]
    pub fn direct_url(&self) -> Option<DirectUrl> {
        let text = self.metadata_text("direct_url.json")?;
        let value: Value = serde_json::from_str(&text).ok()?;
        let archive = value.get("archive_info")?;
        let url = value["url"].as_str()?.to_owned();
        let old_form = || archive["hash"].as_str()?.strip_prefix("sha256=");
        let sha256 = archive["hashes"]["sha256"].as_str().or_else(old_form);
        let sha256 = sha256.map(str::to_owned);
        Some(DirectUrl { url, sha256 })
    }

    /// Returns the name of its metadata directory without the suffix, such as `torch-2.5.1`.
    #[must_use]
    pub fn metadata_stem(&self) -> Option<&str> {
        let directory = self.metadata_dir.as_deref()?;
        directory.file_name()?.to_str()?.strip_suffix(".dist-info")
    }

    fn metadata_text(&self, name: &str) -> Option<String> {
        let directory: &Path = self.metadata_dir.as_deref()?;
        let bytes = bounded::read_start(&directory.join(name)).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(files: &[(&str, &str)]) -> (tempfile::TempDir, Distribution) {
        let site = tempfile::tempdir().unwrap();
        let info = site.path().join("torch-2.5.1+cu124.dist-info");
        fs_err::create_dir(&info).unwrap();
        for (name, text) in files {
            fs_err::write(info.join(name), text).unwrap();
        }
        let distribution = Distribution {
            metadata_dir: Some(info),
            ..Distribution::without_metadata(
                "torch".to_owned(),
                "2.5.1+cu124".to_owned(),
                site.path().to_owned(),
            )
        };
        (site, distribution)
    }

    #[test]
    fn the_wheel_tells_its_tags() {
        let wheel = "Wheel-Version: 1.0\r\nTag: cp311-cp311-linux_x86_64\r\nTag:  py3-none-any\r\n";
        let (_site, distribution) = installed(&[("WHEEL", wheel)]);
        assert_eq!(
            distribution.wheel_tags(),
            ["cp311-cp311-linux_x86_64", "py3-none-any"]
        );
        assert_eq!(distribution.metadata_stem(), Some("torch-2.5.1+cu124"));
        assert_eq!(distribution.direct_url(), None);
        let (_site, distribution) = installed(&[]);
        assert!(distribution.wheel_tags().is_empty());
    }

    #[test]
    fn an_archive_is_where_it_came_from_and_a_working_copy_is_not() {
        let digest = "ab".repeat(32);
        for (text, wanted) in [
            (
                r#"{"url":"https://a/t.whl","archive_info":{}}"#.to_owned(),
                Some(None),
            ),
            (
                format!(
                    r#"{{"url":"https://a/t.whl","archive_info":{{"hash":"sha256={digest}"}}}}"#
                ),
                Some(Some(digest.clone())),
            ),
            (
                format!(
                    r#"{{"url":"https://a/t.whl","archive_info":{{"hashes":{{"sha256":"{digest}"}}}}}}"#
                ),
                Some(Some(digest.clone())),
            ),
            (r#"{"url":"file:///t","dir_info":{}}"#.to_owned(), None),
            (
                r#"{"url":"https://a/t.git","vcs_info":{}}"#.to_owned(),
                None,
            ),
            ("{".to_owned(), None),
        ] {
            let (_site, distribution) = installed(&[("direct_url.json", &text)]);
            let found = distribution.direct_url();
            assert_eq!(found.map(|found| found.sha256), wanted, "{text}");
        }
    }
}
