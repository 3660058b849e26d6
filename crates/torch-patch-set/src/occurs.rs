//! Where a problem occurs among the installations that a patch is for.

use std::fmt;

/// Where the problem of a patch occurs, among the installations that it is for. `apply` does not ask; `doctor` tells by
/// it who needs the patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Occurs {
    /// Everywhere.
    Always,
    /// Where torch is built without NCCL.
    WithoutNccl,
    /// Where the CUDA toolkit is of another major version than the CUDA that torch is built with.
    ToolkitMismatch,
    /// It depends on what is done with the package: on a checkpoint, a compiler, the way something is built.
    Sometimes,
}

impl Occurs {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Always,
        Self::WithoutNccl,
        Self::ToolkitMismatch,
        Self::Sometimes,
    ];

    /// Returns the word of the patch file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::WithoutNccl => "without-nccl",
            Self::ToolkitMismatch => "toolkit-mismatch",
            Self::Sometimes => "sometimes",
        }
    }
}

impl fmt::Display for Occurs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
