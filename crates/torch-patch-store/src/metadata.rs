//! What of a file is kept besides its bytes: permission bits and owner.

/// Describes the permission bits and the owner of a file, as far as the platform has them.
///
/// The default (nothing known) stands for a file that does not exist: what is created from it gets what the
/// platform gives any new file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileMetadata {
    /// The permission bits with set-user-id, set-group-id and sticky (`0o7777`); on Windows 0o444 with the read-only
    /// attribute, else 0o666, as Python's `os.stat` says.
    pub mode: Option<u32>,
    /// The owner; `None` where the platform has none.
    pub owner: Option<Owner>,
}

/// Set-user-id, set-group-id and sticky.
const POWERS: u32 = 0o7000;

impl FileMetadata {
    /// Leaves out the power to run as the owner or the group, and the sticky bit, unless the file has it now: what is
    /// recorded is only the word of whoever may write to the environment, and whoever restores it may be root.
    pub(crate) fn without_new_powers(self, present: Self) -> Self {
        let kept = !POWERS | present.mode.unwrap_or(0);
        Self {
            mode: self.mode.map(|mode| mode & kept),
            ..self
        }
    }
}

/// Names the owner of a file by numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The user id.
    pub user: u32,
    /// The group id.
    pub group: u32,
}
