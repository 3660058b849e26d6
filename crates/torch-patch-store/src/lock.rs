//! The lock: one process at a time changes what lies below a root.
//!
//! It is the operating system's lock on `.torch-patch/lock`, so it ends with the process that holds it, however
//! that ends. The last one out removes the lock file while holding it; whoever was waiting then has a lock on a
//! file that no longer has a name, notices, and starts again.

use std::fmt;
use std::fs::TryLockError;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fs_err as fs;
use serde::{Deserialize, Serialize};

use crate::confine;
use crate::disk::{Disk, is_absent};
use crate::error::{StoreError, StoreErrorKind};
use crate::imp;
use crate::layout::Layout;

const PAUSE: Duration = Duration::from_millis(5);
const PURPOSE: &str = "write to";

/// Says how to take the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockOptions {
    /// How long to wait for another holder; 10 s by default.
    pub timeout: Duration,
    /// The name of the command, told to those who wait in vain.
    pub holder: String,
}

impl LockOptions {
    /// Waits up to 10 s in the name of `holder`.
    #[must_use]
    pub fn new(holder: impl Into<String>) -> Self {
        Self {
            timeout: Duration::from_secs(10),
            holder: holder.into(),
        }
    }
}

impl Default for LockOptions {
    fn default() -> Self {
        Self::new("torch-patch")
    }
}

/// Names the process that holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// The command it runs ([`LockOptions::holder`]).
    pub command: String,
    /// The machine it runs on, where the platform tells.
    pub host: Option<String>,
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` (process {}", self.command, self.pid)?;
        match &self.host {
            Some(host) => write!(formatter, " on `{host}`)"),
            None => write!(formatter, ")"),
        }
    }
}

/// Holds the lock until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: fs::File,
}

impl Lock {
    /// Takes the lock, making the store's directory if need be.
    pub(crate) fn acquire(
        layout: &Layout,
        disk: &Disk,
        options: &LockOptions,
    ) -> Result<Self, StoreError> {
        let start = Instant::now();
        loop {
            if let Some(lock) = Self::attempt(layout, disk, options, start)? {
                return Ok(lock);
            }
        }
    }

    /// Returns `None` if the lock file was removed meanwhile, by the last one out.
    fn attempt(
        layout: &Layout,
        disk: &Disk,
        options: &LockOptions,
        start: Instant,
    ) -> Result<Option<Self>, StoreError> {
        let path = layout.lock();
        let denied = |error| StoreError::denied_or_io(PURPOSE, layout.directory(), error);
        make_directory(layout, disk)?;
        confine::look_at_own(layout.root(), &path)?;
        let file = match imp::open_lock(layout.root(), &path) {
            // Its directory went, or another process made it first, while this one was looking.
            Err(error) if is_absent(&error) || error.kind() == io::ErrorKind::AlreadyExists => {
                return Ok(None);
            }
            opened => opened.map_err(denied)?,
        };
        while !try_lock(&file).map_err(|error| not_locked(&path, &error))? {
            let waited = start.elapsed();
            if waited >= options.timeout {
                let holder = read_holder(layout);
                return Err(StoreErrorKind::Busy {
                    lock: path,
                    holder,
                    waited,
                }
                .into());
            }
            sleep(PAUSE.min(options.timeout.saturating_sub(waited)));
        }
        match imp::is_same_file(&file, &path) {
            Ok(true) => {
                if let Err(error) = write_holder(&file, layout, options) {
                    if !layout.ledger().exists() && !layout.intent().exists() {
                        // What is left tells nobody anything; the error that counts is the first.
                        let _ = remove(Self { _file: file }, layout, disk);
                    }
                    return Err(denied(error));
                }
                Ok(Some(Self { _file: file }))
            }
            Ok(false) => Ok(None),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(denied(error)),
        }
    }
}

/// Makes the store's directory; refuses a link in its place, which might lead anywhere.
fn make_directory(layout: &Layout, disk: &Disk) -> Result<(), StoreError> {
    let directory = layout.directory();
    disk.create_directory(directory)
        .map_err(|error| StoreError::denied_or_io("create", directory, error))?;
    match fs::symlink_metadata(directory) {
        Ok(metadata) if !metadata.is_dir() => Err(confine::no_directory(
            layout.root(),
            directory,
            metadata.file_type(),
        )),
        _ => Ok(()),
    }
}

fn try_lock(file: &fs::File) -> io::Result<bool> {
    match file.file().try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Some file systems, on networks above all, have no locks.
fn not_locked(lock: &Path, error: &io::Error) -> StoreError {
    let message = format!("failed to lock `{}`: {error}", lock.display());
    StoreError::io("take the lock", io::Error::new(error.kind(), message))
}

fn holder_file(layout: &Layout) -> PathBuf {
    layout.directory().join(imp::HOLDER_FILE)
}

fn write_holder(lock: &fs::File, layout: &Layout, options: &LockOptions) -> io::Result<()> {
    let holder = Holder {
        pid: std::process::id(),
        command: options.holder.clone(),
        host: imp::host(),
    };
    let mut line = serde_json::to_vec(&holder)?;
    line.push(b'\n');
    imp::write_holder(lock, &holder_file(layout), &line)
}

/// The holder may be about to write its name, or may have died writing it: then nothing is told.
fn read_holder(layout: &Layout) -> Option<Holder> {
    let text = confine::read_own(layout.root(), &holder_file(layout)).ok()??;
    // What follows the first line is left of a longer one.
    serde_json::from_slice(text.split(|&byte| byte == b'\n').next()?).ok()
}

/// Lets go of the lock and removes its file and the directory around it, if nothing else is in there.
///
/// The lock file goes once and last: a second removal could hit the one of whoever came in between. It is closed before
/// the directory goes, since where a deletion has no POSIX semantics (on Windows FAT, shares and Wine) the name of a
/// removed file stays until then.
pub(crate) fn remove(lock: Lock, layout: &Layout, disk: &Disk) -> io::Result<()> {
    let (path, holder) = (layout.lock(), holder_file(layout));
    if holder != path {
        disk.remove(&holder)?;
    }
    disk.remove(&path)?;
    drop(lock);
    match disk.remove_directory_if_empty(layout.directory()) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(error),
        // From the removal of the lock file on the directory may be somebody else's.
        _ => Ok(()),
    }
}
