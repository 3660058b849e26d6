//! Unix: permission bits and owners by descriptor, directories synced as files, paths walked without links.

mod attributes;
mod beneath;

use std::fs::{Metadata, Permissions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use fs_err as fs;
use rustix::fs::Access;

use crate::metadata::{FileMetadata, Owner};

pub(crate) use attributes::pass_on;
pub(crate) use beneath::{
    create_directory, create_new, hard_link, open, open_lock, remove_directory, remove_file,
    rename, sync_directory,
};

/// The file in which the holder of the lock is recorded: the lock file itself.
pub(crate) const HOLDER_FILE: &str = "lock";

const PERMISSIONS: u32 = 0o7777;

pub(crate) fn metadata_of(metadata: &Metadata) -> FileMetadata {
    FileMetadata {
        mode: Some(metadata.mode() & PERMISSIONS),
        owner: Some(Owner {
            user: metadata.uid(),
            group: metadata.gid(),
        }),
    }
}

/// Returns the path: a resolved one is shown as it is.
pub(crate) fn as_shown(resolved: PathBuf) -> PathBuf {
    resolved
}

/// Says whether a file has no other name.
pub(crate) fn has_one_name(metadata: &Metadata) -> bool {
    metadata.nlink() == 1
}

/// Gives a new file owner and permission bits, in this order: a change of owner takes bits away.
pub(crate) fn set_metadata(file: &fs::File, wanted: FileMetadata) -> io::Result<()> {
    if wanted == FileMetadata::default() {
        return Ok(());
    }
    let found = file.metadata()?;
    if let Some(owner) = wanted.owner {
        let user = (owner.user != found.uid()).then_some(owner.user);
        let group = (owner.group != found.gid()).then_some(owner.group);
        if user.is_some() || group.is_some() {
            fchown(file.file(), user, group)?;
        }
    }
    match wanted.mode {
        Some(mode) => file.set_permissions(Permissions::from_mode(mode)),
        None => Ok(()),
    }
}

/// Says whether the current user may write a file, by the rule `open` would apply.
pub(crate) fn check_writable(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(path, Access::WRITE_OK)?)
}

/// Says whether the current user may make and remove entries of a directory.
pub(crate) fn check_directory_writable(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(
        path,
        Access::WRITE_OK | Access::EXEC_OK,
    )?)
}

/// Says whether the current user may give a file to `owner`.
pub(crate) fn check_owner(owner: Owner) -> io::Result<()> {
    let user = rustix::process::geteuid();
    let may = user.is_root() || (owner.user == user.as_raw() && is_own_group(owner.group)?);
    if may {
        Ok(())
    } else {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

/// Records the holder of the lock in the open lock file, as a line over whatever is there. A file that has another name
/// too is somebody else's, and is left alone.
pub(crate) fn write_holder(lock: &fs::File, _path: &Path, line: &[u8]) -> io::Result<()> {
    if lock.metadata()?.nlink() > 1 {
        return Ok(());
    }
    let mut lock = lock;
    lock.rewind()?;
    lock.write_all(line)
}

/// Says whether `path` still leads to the open `file`.
pub(crate) fn is_same_file(file: &fs::File, path: &Path) -> io::Result<bool> {
    let (open, named) = (file.metadata()?, fs::symlink_metadata(path)?);
    Ok((open.dev(), open.ino()) == (named.dev(), named.ino()))
}

/// Returns the name of this machine.
pub(crate) fn host() -> Option<String> {
    rustix::system::uname()
        .nodename()
        .to_str()
        .ok()
        .map(str::to_owned)
}

/// Says no: nothing on Unix locks a file against rename or removal.
pub(crate) fn is_in_use(_error: &io::Error) -> bool {
    false
}

/// Does nothing: no permission bit is taken away from a file that is about to be replaced.
#[expect(clippy::unnecessary_wraps, reason = "on Windows it may fail")]
pub(crate) fn put_back(_root: &Path, _path: &Path, _metadata: FileMetadata) -> io::Result<()> {
    Ok(())
}

fn is_own_group(group: u32) -> io::Result<bool> {
    if rustix::process::getegid().as_raw() == group {
        return Ok(true);
    }
    Ok(rustix::process::getgroups()?
        .iter()
        .any(|own| own.as_raw() == group))
}
