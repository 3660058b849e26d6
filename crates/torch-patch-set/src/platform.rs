//! The operating systems a patch may be limited to.

use std::fmt;

/// An operating system that Python packages are built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Platform {
    /// Windows, `win` in a patch file.
    Windows,
    /// Linux, `linux` in a patch file.
    Linux,
    /// macOS, `macos` in a patch file.
    Macos,
}

impl Platform {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Windows, Self::Linux, Self::Macos];

    /// The one that this library is built for, and so the one of the packages beside it. Any other
    /// Unix counts as Linux.
    pub const HOST: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_os = "macos") {
        Self::Macos
    } else {
        Self::Linux
    };

    /// Returns the word of the patch file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Windows => "win",
            Self::Linux => "linux",
            Self::Macos => "macos",
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
