//! The only place of this crate that changes anything on disk: small steps, each reported to an observer.
//!
//! A new content can reach its place only through [`Disk::write`] → [`Disk::sync`] → [`Disk::rename`]: each takes
//! what the one before it returns, so a rename without the sync before it does not compile. No file is ever opened
//! for writing but one that was just created. Several contents take these steps together, so that the disk writes
//! them at once.

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use fs_err as fs;

use crate::imp;
use crate::metadata::FileMetadata;

/// Names one step on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A directory is made.
    CreateDirectory(PathBuf),
    /// A new file is written, with mode and owner.
    Write(PathBuf),
    /// The bytes of a file reach the disk.
    Sync(PathBuf),
    /// A file takes the place of another.
    Rename(PathBuf, PathBuf),
    /// A file gets a second name.
    Link(PathBuf, PathBuf),
    /// The entries of a directory reach the disk.
    SyncDirectory(PathBuf),
    /// A file is removed.
    Remove(PathBuf),
    /// An empty directory is removed.
    RemoveDirectory(PathBuf),
}

/// Says what becomes of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is done.
    Proceed,
    /// It fails, as by a full disk.
    Fail,
    /// The process is dead from here on: neither this step nor any later one is done.
    Crash,
}

/// Watches every step, for tests.
pub trait Observer: fmt::Debug + Send + Sync {
    /// Is told a step before it is done, and decides on it.
    fn before(&self, step: &Step) -> Verdict;
    /// Is told a step that was done.
    fn after(&self, step: &Step);
}

/// Does the steps.
#[derive(Debug)]
pub(crate) struct Disk {
    /// What every path lies below.
    root: PathBuf,
    observer: Option<Arc<dyn Observer>>,
    is_dead: AtomicBool,
    bytes_written: AtomicU64,
}

/// A new file below its temporary name, complete but perhaps not on disk.
#[derive(Debug)]
pub(crate) struct Written {
    file: fs::File,
    path: PathBuf,
}

/// A new file below its temporary name, safely on disk.
#[derive(Debug)]
pub(crate) struct Synced {
    path: PathBuf,
}

/// What a new file is to be.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NewFile<'bytes> {
    pub(crate) bytes: &'bytes [u8],
    pub(crate) metadata: FileMetadata,
    /// `None`: now.
    pub(crate) modified: Option<SystemTime>,
    /// The file whose extended attributes it gets.
    pub(crate) attributes_of: Option<&'bytes Path>,
}

/// A content on the way to its place, by way of a temporary file in the same directory.
#[derive(Clone, Debug)]
pub(crate) struct Placement<'bytes> {
    pub(crate) temporary: PathBuf,
    pub(crate) path: PathBuf,
    pub(crate) new: NewFile<'bytes>,
}

impl Disk {
    pub(crate) fn new(root: PathBuf, observer: Option<Arc<dyn Observer>>) -> Self {
        Self {
            root,
            observer,
            is_dead: AtomicBool::new(false),
            bytes_written: AtomicU64::new(0),
        }
    }

    /// Says whether a simulated crash has happened, after which nothing may be tidied up.
    pub(crate) fn is_dead(&self) -> bool {
        self.is_dead.load(Ordering::Relaxed)
    }

    pub(crate) fn bytes_written(&self) -> u64 {
        self.bytes_written.load(Ordering::Relaxed)
    }

    /// Puts a complete, synced file in the place of `path`, by way of `temporary` in the same directory.
    ///
    /// The directory is not synced; several files of one directory share one [`Disk::sync_directory`].
    pub(crate) fn place(&self, temporary: &Path, path: &Path, new: NewFile<'_>) -> io::Result<()> {
        self.place_all(&[Placement {
            temporary: temporary.to_path_buf(),
            path: path.to_path_buf(),
            new,
        }])
    }

    /// Puts several complete, synced files in their places, in this order.
    ///
    /// None has its place before all are synced. The directories are not synced.
    pub(crate) fn place_all(&self, placements: &[Placement<'_>]) -> io::Result<()> {
        let placed = self.write_sync_rename(placements);
        if placed.is_err() {
            for placement in placements {
                // The first error is the one to tell; a temporary file that stays is removed by the recovery. One that
                // is gone must not come back when the intent, which alone knows of it, is gone.
                let is_gone = self.remove(&placement.temporary);
                if let (Ok(true), Some(directory)) = (is_gone, placement.temporary.parent()) {
                    let _ = self.sync_directory(directory);
                }
            }
        }
        placed
    }

    fn write_sync_rename(&self, placements: &[Placement<'_>]) -> io::Result<()> {
        let written = placements
            .iter()
            .map(|placement| self.write(&placement.temporary, placement.new));
        let written = written.collect::<io::Result<Vec<Written>>>()?;
        let synced = written.into_iter().map(|written| self.sync(written));
        let synced = synced.collect::<io::Result<Vec<Synced>>>()?;
        let mut renamed = synced.into_iter().zip(placements);
        renamed.try_for_each(|(synced, placement)| self.rename(synced, &placement.path))
    }

    /// Gives a file that was placed before, and so is synced, another name. The directory is not synced.
    pub(crate) fn promote(&self, from: &Path, to: &Path) -> io::Result<()> {
        let path = from.to_path_buf();
        self.rename(Synced { path }, to)
    }

    /// Gives a file that nobody writes to a second name, and makes its bytes durable. The directory is not synced.
    pub(crate) fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let step = Step::Link(from.to_path_buf(), to.to_path_buf());
        self.perform(&step, || imp::hard_link(&self.root, from, to))?;
        self.perform(&Step::Sync(to.to_path_buf()), || {
            imp::open(&self.root, to)?.sync_all()
        })
    }

    /// Makes `path`, a directory whose parent exists; says whether it was not there before.
    pub(crate) fn create_directory(&self, path: &Path) -> io::Result<bool> {
        match self.perform(&Step::CreateDirectory(path.to_path_buf()), || {
            imp::create_directory(&self.root, path)
        }) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes the entries of a directory durable: what was created, renamed or removed in it.
    pub(crate) fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.perform(&Step::SyncDirectory(path.to_path_buf()), || {
            imp::sync_directory(&self.root, path)
        })
    }

    /// Removes a file; says whether it was there.
    pub(crate) fn remove(&self, path: &Path) -> io::Result<bool> {
        if fs::symlink_metadata(path).is_err_and(|error| is_absent(&error)) {
            return Ok(false);
        }
        self.perform(&Step::Remove(path.to_path_buf()), || {
            imp::remove_file(&self.root, path)
        })?;
        Ok(true)
    }

    /// Removes a directory if it is empty; says whether it is gone.
    pub(crate) fn remove_directory_if_empty(&self, path: &Path) -> io::Result<bool> {
        match self.perform(&Step::RemoveDirectory(path.to_path_buf()), || {
            imp::remove_directory(&self.root, path)
        }) {
            Ok(()) => Ok(true),
            Err(error) if is_absent(&error) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn write(&self, path: &Path, new: NewFile<'_>) -> io::Result<Written> {
        let file = self.perform(&Step::Write(path.to_path_buf()), || {
            let old = new.attributes_of.map(|old| imp::open(&self.root, old));
            let old = old.transpose()?;
            let create = || imp::create_new(&self.root, path, new.metadata, old.as_ref());
            let mut file = match create() {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    imp::remove_file(&self.root, path)?;
                    create()
                }
                created => created,
            }?;
            file.write_all(new.bytes)?;
            if let Some(old) = &old {
                // Before the permission bits: an access list changes them.
                imp::pass_on(old, &file)?;
            }
            // It must not stand in the way of the rename.
            drop(old);
            imp::set_metadata(&file, new.metadata)?;
            if let Some(modified) = new.modified {
                file.file().set_modified(modified)?;
            }
            Ok(file)
        })?;
        self.bytes_written
            .fetch_add(new.bytes.len() as u64, Ordering::Relaxed);
        Ok(Written {
            file,
            path: path.to_path_buf(),
        })
    }

    fn sync(&self, written: Written) -> io::Result<Synced> {
        let Written { file, path } = written;
        self.perform(&Step::Sync(path.clone()), || file.sync_all())?;
        Ok(Synced { path })
    }

    fn rename(&self, synced: Synced, to: &Path) -> io::Result<()> {
        let from = synced.path;
        self.perform(&Step::Rename(from.clone(), to.to_path_buf()), || {
            imp::rename(&self.root, &from, to)
        })
    }

    fn perform<T>(&self, step: &Step, action: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let Some(observer) = &self.observer else {
            return action();
        };
        if self.is_dead() {
            return Err(io::Error::other("the process is dead"));
        }
        match observer.before(step) {
            Verdict::Proceed => {}
            Verdict::Fail => {
                return Err(io::Error::new(
                    io::ErrorKind::StorageFull,
                    format!("{step:?}"),
                ));
            }
            Verdict::Crash => {
                self.is_dead.store(true, Ordering::Relaxed);
                return Err(io::Error::other("the process dies"));
            }
        }
        let done = action()?;
        observer.after(step);
        Ok(done)
    }
}

/// Says whether an error means that there is nothing at a path.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
