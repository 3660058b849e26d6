//! Files that somebody else has open: waiting for them, and telling them from files that the user may not touch.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fs_err as fs;

/// `ERROR_ACCESS_DENIED` (`winerror.h`): no right, or a file that is being removed or is held by somebody.
pub(super) const ACCESS_DENIED: i32 = 5;
/// `ERROR_SHARING_VIOLATION`: somebody has the file open and does not share it.
pub(super) const SHARING_VIOLATION: i32 = 32;
/// `ERROR_LOCK_VIOLATION`: somebody has locked a part of the file.
const LOCK_VIOLATION: i32 = 33;

const PATIENCE: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(320);

/// Repeats `action`, with growing pauses for up to two seconds, while somebody else has the file open.
///
/// What is refused although there is nothing at `path` is a matter of rights, which waiting does not change.
pub(super) fn patiently<T>(
    path: &Path,
    mut action: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    let start = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match action() {
            Err(error) if may_pass(&error, path) => error,
            done => return done,
        };
        let left = PATIENCE.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(error);
        }
        sleep(pause.min(left));
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn may_pass(error: &io::Error, path: &Path) -> bool {
    match code_of(error) {
        Some(SHARING_VIOLATION | LOCK_VIOLATION) => true,
        Some(ACCESS_DENIED) => fs::symlink_metadata(path)
            .map_or_else(|error| error.kind() != io::ErrorKind::NotFound, |_| true),
        _ => false,
    }
}

/// Says whether somebody else has a file open.
pub(crate) fn is_in_use(error: &io::Error) -> bool {
    matches!(code_of(error), Some(SHARING_VIOLATION | LOCK_VIOLATION))
}

/// The system's code of an error, also of one that [`named`] returned.
pub(super) fn code_of(error: &io::Error) -> Option<i32> {
    let named = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Named>());
    named.map_or(error, |named| &named.source).raw_os_error()
}

/// Adds operation and path to an error of the system, as `fs_err` does.
pub(super) fn named(operation: &'static str, path: &Path, source: io::Error) -> io::Error {
    let path = path.to_path_buf();
    io::Error::new(
        source.kind(),
        Named {
            operation,
            path,
            source,
        },
    )
}

#[derive(Debug)]
struct Named {
    operation: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl fmt::Display for Named {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operation,
            path,
            source,
        } = self;
        write!(
            formatter,
            "failed to {operation} `{}`: {source}",
            path.display()
        )
    }
}

/// Has no source: the message has it, as that of `fs_err`.
impl Error for Named {}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn refused(code: i32, times: u32) -> (u32, io::Result<()>) {
        let tries = Cell::new(0);
        let done = patiently(Path::new("."), || {
            tries.set(tries.get() + 1);
            if tries.get() <= times {
                return Err(io::Error::from_raw_os_error(code));
            }
            Ok(())
        });
        (tries.get(), done)
    }

    #[test]
    fn what_passes_is_waited_for() {
        for code in [ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION] {
            let (tries, done) = refused(code, 4);
            assert_eq!((tries, done.is_ok()), (5, true), "{code}");
        }
    }

    #[test]
    fn patience_ends_after_two_seconds() {
        let start = Instant::now();
        let (tries, done) = refused(SHARING_VIOLATION, u32::MAX);
        assert!(is_in_use(&named(
            "replace",
            Path::new("a"),
            done.unwrap_err()
        )));
        assert!(start.elapsed() >= PATIENCE && start.elapsed() < PATIENCE * 2);
        assert!((8..=20).contains(&tries), "{tries}");
    }

    #[test]
    fn what_does_not_pass_is_told_at_once() {
        const NOT_FOUND: i32 = 2;
        let (tries, done) = refused(NOT_FOUND, u32::MAX);
        assert_eq!(tries, 1);
        assert!(!is_in_use(&done.unwrap_err()));
        let nowhere = Path::new("no such directory").join("file");
        let start = Instant::now();
        let denied = || -> io::Result<()> { Err(io::Error::from_raw_os_error(ACCESS_DENIED)) };
        assert!(patiently(&nowhere, denied).is_err());
        assert!(start.elapsed() < PATIENCE);
    }
}
