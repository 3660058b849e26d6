//! The version of a Python, as far as its layout on disk depends on it.

use std::fmt;

/// A version of Python without its patch level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PythonVersion {
    major: u8,
    minor: u8,
    is_free_threaded: bool,
}

impl PythonVersion {
    /// Reads `3.11`, `3.11.7`, `3.11.7.final.0`, `3.13t`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (major, rest) = text.trim().split_once('.')?;
        let digits = rest.len()
            - rest
                .trim_start_matches(|digit: char| digit.is_ascii_digit())
                .len();
        let (minor, rest) = rest.split_at(digits);
        let is_free_threaded = rest == "t";
        let is_complete =
            is_free_threaded || rest.is_empty() || rest.starts_with(['.', '+', 'a', 'b', 'r']);
        is_complete.then_some(Self {
            major: major.parse().ok()?,
            minor: minor.parse().ok()?,
            is_free_threaded,
        })
    }

    /// Reads the name of an interpreter or of a directory in `lib`: `python3.11`, `python3.13t`, `python3.11.exe`.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::parse(
            name.strip_suffix(".exe")
                .unwrap_or(name)
                .strip_prefix("python")?,
        )
    }

    /// Reads the name of Windows' library: `python310.dll`, `python313t.dll`.
    pub(crate) fn from_library(name: &str) -> Option<Self> {
        let digits = name.strip_prefix("python")?.strip_suffix(".dll")?;
        let (major, minor) = digits.split_at_checked(1)?;
        Self::parse(&format!("{major}.{minor}"))
    }

    /// Reads the name of a record in `conda-meta`: `python-3.11.5-h955ad1f_0.json`.
    pub(crate) fn from_conda(name: &str) -> Option<Self> {
        let (version, build) = name
            .strip_prefix("python-")?
            .strip_suffix(".json")?
            .split_once('-')?;
        let is_free_threaded = build.ends_with('t') && build.contains("_cp");
        Self::parse(version).map(|version| Self {
            is_free_threaded,
            ..version
        })
    }

    /// The name of its directories in `lib`, and of its interpreter on Unix.
    pub(crate) fn directory(self) -> String {
        format!("python{self}{}", self.suffix())
    }

    /// The name of its user site's parent on Windows.
    pub(crate) fn windows_directory(self) -> String {
        format!("Python{}{}{}", self.major, self.minor, self.suffix())
    }

    /// The same version with and without free threading, itself first.
    pub(crate) fn builds(self) -> [Self; 2] {
        [
            self,
            Self {
                is_free_threaded: !self.is_free_threaded,
                ..self
            },
        ]
    }

    fn suffix(self) -> &'static str {
        if self.is_free_threaded { "t" } else { "" }
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(version: Option<PythonVersion>) -> Option<String> {
        version.map(PythonVersion::directory)
    }

    #[test]
    fn versions_are_read_in_every_spelling() {
        for (text, expected) in [
            ("3.11", Some("python3.11")),
            (" 3.11.7 ", Some("python3.11")),
            ("3.11.7.final.0", Some("python3.11")),
            ("3.14.0rc1", Some("python3.14")),
            ("3.14rc1", Some("python3.14")),
            ("3.13t", Some("python3.13t")),
            ("2.7.18", Some("python2.7")),
            ("3", None),
            ("3.", None),
            ("3.x", None),
            ("3.11-config", None),
            ("", None),
        ] {
            assert_eq!(
                directory(PythonVersion::parse(text)).as_deref(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn versions_are_read_off_names() {
        type Read = fn(&str) -> Option<PythonVersion>;
        let names: [(Read, &str, Option<&str>); 15] = [
            (PythonVersion::from_name, "python3.11", Some("python3.11")),
            (PythonVersion::from_name, "python3.13t", Some("python3.13t")),
            (
                PythonVersion::from_name,
                "python3.11.exe",
                Some("python3.11"),
            ),
            (PythonVersion::from_name, "python3", None),
            (PythonVersion::from_name, "python3.11-config", None),
            (PythonVersion::from_name, "pypy3.9", None),
            (
                PythonVersion::from_library,
                "python310.dll",
                Some("python3.10"),
            ),
            (
                PythonVersion::from_library,
                "python313t.dll",
                Some("python3.13t"),
            ),
            (PythonVersion::from_library, "python3.dll", None),
            (PythonVersion::from_library, "pythoncom310.dll", None),
            (
                PythonVersion::from_conda,
                "python-3.11.5-h955ad1f_0.json",
                Some("python3.11"),
            ),
            (
                PythonVersion::from_conda,
                "python-3.13.1-h9a34b6e_5_cp313t.json",
                Some("python3.13t"),
            ),
            (
                PythonVersion::from_conda,
                "python-3.13.1-ha99a958_105_cp313.json",
                Some("python3.13"),
            ),
            (
                PythonVersion::from_conda,
                "python-dateutil-2.8.2-pyhd3eb1b0_0.json",
                None,
            ),
            (
                PythonVersion::from_conda,
                "python_abi-3.11-4_cp311.json",
                None,
            ),
        ];
        for (read, name, expected) in names {
            assert_eq!(directory(read(name)).as_deref(), expected, "{name}");
        }
    }
}
