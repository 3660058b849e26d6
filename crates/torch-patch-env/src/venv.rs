//! `pyvenv.cfg`, the file that makes a directory a virtual environment (PEP 405).
//!
//! venv, virtualenv and uv agree on `home` and `include-system-site-packages`; the version is `version` in the first and
//! `version_info` in the others.

use std::path::PathBuf;

use crate::version::PythonVersion;

/// What `pyvenv.cfg` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VenvConfig {
    /// The directory of the interpreter that the environment was made with.
    pub(crate) home: Option<PathBuf>,
    pub(crate) version: Option<PythonVersion>,
    pub(crate) includes_system: bool,
    /// The prefix of that interpreter, which virtualenv records.
    pub(crate) base_prefix: Option<PathBuf>,
}

impl VenvConfig {
    /// Reads `text` as Python does: one `key = value` a line, keys in any case, other lines passed over.
    pub(crate) fn parse(text: &str) -> Self {
        let mut config = Self::default();
        for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
            let value = value.trim();
            match key
                .trim_start_matches('\u{feff}')
                .trim()
                .to_ascii_lowercase()
                .as_str()
            {
                "home" => config.home = Some(value.into()),
                "version" | "version_info" => {
                    config.version = PythonVersion::parse(value).or(config.version);
                }
                "include-system-site-packages" => {
                    config.includes_system = value.eq_ignore_ascii_case("true");
                }
                "base-prefix" => config.base_prefix = Some(value.into()),
                _ => {}
            }
        }
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_maker_is_understood() {
        let venv = "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\nexecutable = /usr/bin/python3.11\n";
        let virtualenv = "home = /usr/bin\nimplementation = CPython\nversion_info = 3.11.2.final.0\n\
                          include-system-site-packages = true\nbase-prefix = /usr\nversion = unknown\n";
        let uv = "home = /opt/py/bin\r\nimplementation = CPython\r\nuv = 0.9.1\r\nversion_info = 3.12.1\r\n\
                  include-system-site-packages = false\r\n";
        let odd = "HOME=C:\\Py thon=3\nInclude-System-Site-Packages = TRUE\nno equals sign\n";
        for (text, home, version, includes_system) in [
            (venv, "/usr/bin", Some("3.11"), false),
            (virtualenv, "/usr/bin", Some("3.11"), true),
            (uv, "/opt/py/bin", Some("3.12"), false),
            (odd, "C:\\Py thon=3", None, true),
        ] {
            let config = VenvConfig::parse(text);
            assert_eq!(config.home, Some(home.into()), "{text}");
            assert_eq!(
                config.version.map(|version| version.to_string()).as_deref(),
                version,
                "{text}"
            );
            assert_eq!(config.includes_system, includes_system, "{text}");
        }
        assert_eq!(
            VenvConfig::parse(virtualenv).base_prefix,
            Some("/usr".into())
        );
        assert_eq!(VenvConfig::parse(""), VenvConfig::default());
    }
}
