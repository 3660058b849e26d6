//! Where a patch file came from, so that every message about it can say so.

use std::fmt;
use std::path::PathBuf;

/// Where a patch file came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Embedded in the program, from `patches/<id>/patch.toml`.
    BuiltIn,
    /// Read from this file by the caller.
    File(PathBuf),
    /// Read back from the record of an applied patch with this id.
    Recorded(String),
}

impl Origin {
    /// Names the file, with the help of the id it gives where that is known.
    #[must_use]
    pub(crate) fn name(&self, id: Option<&str>) -> String {
        match (self, id) {
            (Self::BuiltIn, Some(id)) => format!("`patches/{id}/patch.toml` (built in)"),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => formatter.write_str("a built-in patch file"),
            Self::File(path) => write!(formatter, "`{}`", path.display()),
            Self::Recorded(id) => write!(formatter, "the recorded patch `{id}`"),
        }
    }
}
