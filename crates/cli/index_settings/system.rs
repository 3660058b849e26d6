//! The systems that pip has its files in different places on.

/// A system, as far as the places of files go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    Unix,
    Macos,
    Windows,
}

impl System {
    /// The one that this runs on.
    pub(crate) const HOST: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_os = "macos") {
        Self::Macos
    } else {
        Self::Unix
    };

    /// The variable that names the user's directory.
    pub(crate) fn home(self) -> &'static str {
        match self {
            Self::Windows => "USERPROFILE",
            Self::Unix | Self::Macos => "HOME",
        }
    }
}
