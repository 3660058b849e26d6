//! A path below the root, validated once: relative, `/`-separated, without a way out.
//!
//! It says nothing about what the path leads to on a disk; symbolic links are the business of `confine`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::layout::DIRECTORY;

/// Names a file below the root of a store, with `/` between its parts on every platform.
///
/// It is never empty and never absolute, and has no empty, `.` or `..` part, no NUL, no backslash and no colon (a
/// drive letter or an alternate stream on Windows).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelativePath(String);

impl RelativePath {
    /// Validates `path`.
    ///
    /// # Errors
    /// [`PathError`] says which rule the path breaks.
    pub fn new(path: &str) -> Result<Self, PathError> {
        match broken_rule(path) {
            None => Ok(Self(path.to_owned())),
            Some(reason) => Err(PathError {
                path: path.to_owned(),
                reason,
            }),
        }
    }

    /// Names the store's own directory.
    pub(crate) fn records() -> Self {
        Self(DIRECTORY.to_owned())
    }

    /// Returns the path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the path below `root`, in the separators of this platform.
    #[must_use]
    pub fn join_to(&self, root: &Path) -> PathBuf {
        let mut path = root.to_path_buf();
        path.extend(self.parts());
        path
    }

    /// Returns the last part.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0
            .rsplit_once('/')
            .map_or(self.0.as_str(), |(_, name)| name)
    }

    /// Returns the path without its last part, `None` at the top.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0
            .rsplit_once('/')
            .map(|(parent, _)| Self(parent.to_owned()))
    }

    /// Yields every directory above the path, the nearest first.
    pub(crate) fn ancestors(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), Self::parent)
    }

    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}

impl fmt::Display for RelativePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for RelativePath {
    type Err = PathError;

    fn from_str(path: &str) -> Result<Self, PathError> {
        Self::new(path)
    }
}

impl TryFrom<String> for RelativePath {
    type Error = PathError;

    fn try_from(path: String) -> Result<Self, PathError> {
        Self::new(&path)
    }
}

impl From<RelativePath> for String {
    fn from(path: RelativePath) -> Self {
        path.0
    }
}

/// Says which rule of [`RelativePath`] a text breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathError {
    path: String,
    reason: &'static str,
}

impl PathError {
    /// Returns the refused text.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the rule, as in "is absolute".
    #[must_use]
    pub fn reason(&self) -> &str {
        self.reason
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "path `{}` {}",
            self.path.escape_debug(),
            self.reason
        )
    }
}

impl std::error::Error for PathError {}

fn broken_rule(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("is empty");
    }
    if path.contains('\0') {
        return Some("contains a NUL");
    }
    if path.contains('\\') {
        return Some("contains a backslash, expected `/` between its parts");
    }
    if path.contains(':') {
        return Some("contains a colon (a drive letter or an alternate stream)");
    }
    if path.starts_with('/') {
        return Some("is absolute");
    }
    path.split('/').find_map(|part| match part {
        "" => Some("has an empty part"),
        "." => Some("has the part `.`"),
        ".." => Some("has the part `..`"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_plain_paths() {
        for path in [
            "a",
            "torch/distributed/c10d.py",
            "a/...",
            "a b/ü.py",
            ".hidden",
            "a/..b",
        ] {
            assert_eq!(RelativePath::new(path).unwrap().as_str(), path);
        }
    }

    #[test]
    fn refuses_every_way_out() {
        for path in [
            "", "/", "/a", "//host/a", "a/", "a//b", ".", "./a", "a/.", "..", "../a", "a/../b",
            "a\\b", "\\\\h\\s", "C:/a", "C:a", "a:b", "a\0b",
        ] {
            assert!(RelativePath::new(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn names_its_parents_from_the_nearest() {
        let path = RelativePath::new("a/b/c.py").unwrap();
        let parents: Vec<String> = path.ancestors().map(String::from).collect();
        assert_eq!(parents, ["a/b", "a"]);
        assert_eq!(path.file_name(), "c.py");
    }

    #[test]
    fn an_error_names_the_path_and_the_rule() {
        let error = RelativePath::new("../x").unwrap_err();
        assert_eq!(error.to_string(), "path `../x` has the part `..`");
        assert_eq!(
            (error.path(), error.reason()),
            ("../x", "has the part `..`")
        );
    }
}
