//! Leases: claims that last as long as the process that has them, however it ends.
//!
//! A lease is a file `.torch-patch/leases/<number>` with the operating system's lock on it. It is made and removed while
//! the lock of the store is held; whether one is alive can be asked without.

use std::fmt;
use std::fs::TryLockError;
use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::confine;
use crate::disk::{Disk, is_absent};
use crate::error::StoreError;
use crate::imp;
use crate::layout::Layout;

/// Claims something until it is ended, or until the process has gone.
pub struct Lease {
    number: u32,
    file: fs::File,
    layout: Layout,
}

impl Lease {
    /// Gives it back, and leaves nothing of it behind.
    ///
    /// # Errors
    /// Its file cannot be removed; the lease is over all the same.
    pub fn end(self) -> Result<(), StoreError> {
        let Self {
            number,
            file,
            layout,
        } = self;
        drop(file);
        let disk = Disk::new(layout.root().to_path_buf(), None);
        let path = layout.lease(number);
        let removed = disk.remove(&path).and_then(|_| {
            disk.remove_directory_if_empty(&layout.leases())?;
            disk.remove_directory_if_empty(layout.directory())
        });
        removed.map_err(|error| StoreError::denied_or_io("remove", &path, error))?;
        Ok(())
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Lease({})", self.number)
    }
}

/// Takes the lease with a number; `None` if somebody else has it. The lock of the store is held.
pub(crate) fn take(layout: &Layout, disk: &Disk, number: u32) -> Result<Option<Lease>, StoreError> {
    let directory = layout.leases();
    let denied = |error| StoreError::denied_or_io("write to", &directory, error);
    confine::look_at_own_directory(layout.root(), &directory)?;
    if is_alive(layout, number)? {
        return Ok(None);
    }
    disk.create_directory(&directory).map_err(denied)?;
    let file = imp::open_lock(layout.root(), &layout.lease(number)).map_err(denied)?;
    // Whoever asks at this moment whether it is alive holds it, too, and only for that moment.
    file.file().lock().map_err(denied)?;
    Ok(Some(Lease {
        number,
        file,
        layout: layout.clone(),
    }))
}

/// Says whether the process that has a lease is still there.
pub(crate) fn is_alive(layout: &Layout, number: u32) -> Result<bool, StoreError> {
    let path = layout.lease(number);
    if confine::look_at_own(layout.root(), &path)?.is_none() {
        return Ok(false);
    }
    is_held(layout, &path).map_err(|error| StoreError::denied_or_io("look at", &path, error))
}

fn is_held(layout: &Layout, path: &Path) -> io::Result<bool> {
    let file = match imp::open(layout.root(), path) {
        Err(error) if is_absent(&error) => return Ok(false),
        opened => opened?,
    };
    match file.file().try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Removes the files of leases whose process has gone. The lock of the store is held.
pub(crate) fn remove_dead(layout: &Layout, disk: &Disk) -> io::Result<()> {
    for path in files(&layout.leases())? {
        if !is_held(layout, &path)? {
            disk.remove(&path)?;
        }
    }
    if layout.leases().is_dir() {
        disk.remove_directory_if_empty(&layout.leases())?;
    }
    Ok(())
}

/// The regular files of a directory that may not be there, and that may be a link in its place.
fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::symlink_metadata(directory).is_ok_and(|found| found.is_dir()) {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push(entry.path());
        }
    }
    Ok(files)
}
