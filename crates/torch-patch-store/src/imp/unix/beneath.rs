//! What is done to files, by directories that are held open.
//!
//! A path is walked from the root, one directory after another, and no link on the way is followed: what was a directory
//! when it was looked at and is a link when it is used leads nowhere (`openat(2)`). The paths here
//! are those that `confine` has resolved, so that a link in one is never meant.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path};

use fs_err as fs;
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

use crate::metadata::FileMetadata;

/// Enough of a directory to look up a name in it, without the right to list it where the platform tells these apart.
#[cfg(any(target_os = "linux", target_os = "android"))]
const SEARCH: OFlags = OFlags::PATH;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const SEARCH: OFlags = OFlags::RDONLY;

/// An entry of an open directory.
struct Entry<'p> {
    directory: OwnedFd,
    name: &'p OsStr,
    path: &'p Path,
}

/// Opens a file to read it: follows no link and never waits for the other end of a pipe.
pub(crate) fn open(root: &Path, path: &Path) -> io::Result<fs::File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    Entry::find(root, path)?.open(flags, Mode::empty())
}

/// Opens the lock file, making it if need be; follows no link.
pub(crate) fn open_lock(root: &Path, path: &Path) -> io::Result<fs::File> {
    let entry = Entry::find(root, path)?;
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY;
    match entry.open(flags, Mode::empty()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let file = entry.open(
                flags | OFlags::CREATE | OFlags::EXCL,
                Mode::from_raw_mode(0o666),
            )?;
            entry.hand_over(&file)?;
            Ok(file)
        }
        opened => opened,
    }
}

/// Makes a file that must not exist. One that gets permission bits later is private until then; what root makes belongs
/// to whom the directory belongs to.
pub(crate) fn create_new(
    root: &Path,
    path: &Path,
    metadata: FileMetadata,
    _like: Option<&fs::File>,
) -> io::Result<fs::File> {
    let mode = if metadata.mode.is_some() {
        0o600
    } else {
        0o666
    };
    let entry = Entry::find(root, path)?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
    let file = entry.open(flags, Mode::from_raw_mode(mode))?;
    if metadata.owner.is_none() {
        entry.hand_over(&file)?;
    }
    Ok(file)
}

/// Makes a directory in one that exists; what root makes belongs to whom that one belongs to.
pub(crate) fn create_directory(root: &Path, path: &Path) -> io::Result<()> {
    let entry = Entry::find(root, path)?;
    rustix::fs::mkdirat(&entry.directory, entry.name, Mode::from_raw_mode(0o777))
        .map_err(|error| entry.failed("create directory", error))?;
    if rustix::process::geteuid().is_root() {
        match entry.open(OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()) {
            Ok(made) => entry.hand_over(&made)?,
            // The last one out of the store has removed it already.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Gives a file another name, in the place of what has it.
pub(crate) fn rename(root: &Path, from: &Path, to: &Path) -> io::Result<()> {
    let (old, new) = (Entry::find(root, from)?, Entry::find(root, to)?);
    rustix::fs::renameat(&old.directory, old.name, &new.directory, new.name).map_err(|error| {
        let action = format!("rename `{}` to", from.display());
        new.failed(&action, error)
    })
}

/// Gives a file, and never what a link leads to, a second name.
pub(crate) fn hard_link(root: &Path, from: &Path, to: &Path) -> io::Result<()> {
    let (from, to) = (Entry::find(root, from)?, Entry::find(root, to)?);
    let flags = AtFlags::empty();
    rustix::fs::linkat(&from.directory, from.name, &to.directory, to.name, flags)
        .map_err(|error| to.failed("link", error))
}

/// Removes a file, or a link itself.
pub(crate) fn remove_file(root: &Path, path: &Path) -> io::Result<()> {
    let entry = Entry::find(root, path)?;
    rustix::fs::unlinkat(&entry.directory, entry.name, AtFlags::empty())
        .map_err(|error| entry.failed("remove file", error))
}

/// Removes an empty directory.
pub(crate) fn remove_directory(root: &Path, path: &Path) -> io::Result<()> {
    let entry = Entry::find(root, path)?;
    rustix::fs::unlinkat(&entry.directory, entry.name, AtFlags::REMOVEDIR)
        .map_err(|error| entry.failed("remove directory", error))
}

/// Makes the entries of a directory durable.
pub(crate) fn sync_directory(root: &Path, path: &Path) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    if path == root {
        return fs::File::open(root)?.sync_all();
    }
    Entry::find(root, path)?
        .open(flags, Mode::empty())?
        .sync_all()
}

impl<'p> Entry<'p> {
    /// Walks to the directory that `path` lies in. The root itself is the user's word: links in it are followed.
    fn find(root: &Path, path: &'p Path) -> io::Result<Self> {
        let outside = || failed("look up", path, Errno::XDEV);
        let inside = path.strip_prefix(root).map_err(|_| outside())?;
        let name = inside.file_name().ok_or_else(outside)?;
        let flags = SEARCH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut directory = retry_on_intr(|| rustix::fs::open(root, flags, Mode::empty()))
            .map_err(|error| failed("open directory", root, error))?;
        for part in inside.parent().into_iter().flat_map(Path::components) {
            let Component::Normal(part) = part else {
                return Err(outside());
            };
            directory = step(&directory, part).map_err(|error| failed("look up", path, error))?;
        }
        Ok(Self {
            directory,
            name,
            path,
        })
    }

    fn open(&self, flags: OFlags, mode: Mode) -> io::Result<fs::File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let open = || rustix::fs::openat(&self.directory, self.name, flags, mode);
        let file = retry_on_intr(open).map_err(|error| self.failed("open file", error))?;
        Ok(fs::File::from_parts(file.into(), self.path))
    }

    /// Gives what root has made to the owner of the directory, who is to be able to use it.
    fn hand_over(&self, file: &fs::File) -> io::Result<()> {
        if !rustix::process::geteuid().is_root() {
            return Ok(());
        }
        let directory = rustix::fs::fstat(&self.directory)
            .map_err(|error| self.failed("look at the directory of", error))?;
        if directory.st_uid == 0 {
            return Ok(());
        }
        std::os::unix::fs::fchown(file.file(), Some(directory.st_uid), Some(directory.st_gid))
    }

    fn failed(&self, action: &str, error: Errno) -> io::Error {
        failed(action, self.path, error)
    }
}

/// Opens a directory in another. Says that a link is one: "no directory" would stand for "not there".
fn step(directory: &OwnedFd, name: &OsStr) -> Result<OwnedFd, Errno> {
    let flags = SEARCH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let open = || rustix::fs::openat(directory, name, flags, Mode::empty());
    retry_on_intr(open).map_err(|error| {
        let found = rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW);
        let is_link =
            |found: rustix::fs::Stat| FileType::from_raw_mode(found.st_mode) == FileType::Symlink;
        match error {
            Errno::NOTDIR if found.is_ok_and(is_link) => Errno::LOOP,
            error => error,
        }
    })
}

/// An error as `fs_err` words it, of the kind that the system gave it.
fn failed(action: &str, path: &Path, error: Errno) -> io::Error {
    let error = io::Error::from(error);
    let message = format!("failed to {action} `{}`: {error}", path.display());
    io::Error::new(error.kind(), message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::is_absent;

    fn root() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("directory")).unwrap();
        fs::write(root.path().join("directory/a"), b"a").unwrap();
        fs::write(root.path().join("file"), b"a").unwrap();
        fs::os::unix::fs::symlink("directory", root.path().join("link")).unwrap();
        root
    }

    #[test]
    fn a_link_on_the_way_is_not_taken_for_a_way_that_is_not_there() {
        let root = root();
        for (path, wanted) in [
            ("none/a", true),
            ("directory/none", true),
            ("file/a", true),
            ("link/a", false),
            ("link", false),
        ] {
            let error = open(root.path(), &root.path().join(path)).unwrap_err();
            assert_eq!(is_absent(&error), wanted, "{path}: {error}");
        }
        open(root.path(), &root.path().join("directory/a")).unwrap();
    }

    /// One that takes the place of a file after that was looked at.
    #[test]
    fn a_pipe_is_opened_without_waiting_for_its_other_end() {
        let root = root();
        let pipe = root.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let opened = open(root.path(), &pipe).unwrap();
        assert!(!opened.metadata().unwrap().is_file());
    }
}
