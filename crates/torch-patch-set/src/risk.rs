//! How much an edit may harm those who rely on the original behaviour.

use std::fmt;

/// How much a patch may harm those who rely on the original behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Nothing changes where the original works.
    None,
    /// Something changes that hardly anybody relies on.
    Low,
    /// Something changes that some rely on.
    Medium,
    /// Results may be wrong, or a protection is taken out.
    Unsafe,
}

impl Risk {
    /// All of them, from harmless to unsafe.
    pub const ALL: [Self; 4] = [Self::None, Self::Low, Self::Medium, Self::Unsafe];

    /// Returns the word of the patch file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::Unsafe => "unsafe",
        }
    }

    /// Tells whether the user has to accept the risk before the patch is applied.
    #[must_use]
    pub fn needs_consent(self) -> bool {
        self == Self::Unsafe
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
