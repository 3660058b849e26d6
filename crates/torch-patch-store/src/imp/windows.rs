//! Windows: no permission bits, no directory to sync; virus scanners and indexers hold files for moments.

use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use fs_err as fs;

use crate::metadata::{FileMetadata, Owner};

/// The file in which the holder of the lock is recorded. A locked file cannot be read by others here.
pub(crate) const HOLDER_FILE: &str = "holder";

/// `ERROR_ACCESS_DENIED` and `ERROR_SHARING_VIOLATION` (`winerror.h`): somebody else has the file open.
const IN_USE: [i32; 2] = [5, 32];
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(20);

/// Opens a file to read it.
///
/// The root is not needed: a path is looked up anew each time here, and a junction that takes the place of a directory
/// between a check and its use is followed.
pub(crate) fn open(_root: &Path, path: &Path) -> io::Result<fs::File> {
    patiently(|| fs::File::open(path))
}

/// Opens the lock file, making it if need be.
pub(crate) fn open_lock(_root: &Path, path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

/// Makes a file that must not exist.
pub(crate) fn create_new(
    _root: &Path,
    path: &Path,
    _metadata: FileMetadata,
) -> io::Result<fs::File> {
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
}

/// Makes a directory in one that exists.
pub(crate) fn create_directory(_root: &Path, path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

/// Gives a file another name, in the place of what has it.
pub(crate) fn rename(_root: &Path, from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Gives a file a second name.
pub(crate) fn hard_link(_root: &Path, from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to)
}

/// Removes a file.
pub(crate) fn remove_file(_root: &Path, path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}

/// Removes an empty directory.
pub(crate) fn remove_directory(_root: &Path, path: &Path) -> io::Result<()> {
    fs::remove_dir(path)
}

/// Does nothing: attributes are not kept, as access lists are not.
pub(crate) fn pass_on(_from: &fs::File, _to: &fs::File) -> io::Result<()> {
    Ok(())
}

/// Records the holder of the lock in a file of its own.
pub(crate) fn write_holder(_lock: &fs::File, path: &Path, line: &[u8]) -> io::Result<()> {
    fs::write(path, line)
}

pub(crate) fn metadata_of(_metadata: &Metadata) -> FileMetadata {
    FileMetadata::default()
}

/// Does not know: the standard library does not tell it here yet.
pub(crate) fn has_one_name(_metadata: &Metadata) -> bool {
    false
}

/// Does nothing: a new file inherits its access list from the directory, as an installer's does.
pub(crate) fn set_metadata(_file: &fs::File, _wanted: FileMetadata) -> io::Result<()> {
    Ok(())
}

/// Refuses a file with the read-only attribute, which a rename could not replace either.
pub(crate) fn check_writable(path: &Path) -> io::Result<()> {
    if fs::metadata(path)?.permissions().readonly() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(())
}

/// Says nothing: the attribute means something else on a directory, and access lists tell only when used.
pub(crate) fn check_directory_writable(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Says nothing: owners are not kept.
pub(crate) fn check_owner(_owner: Owner) -> io::Result<()> {
    Ok(())
}

/// Does nothing: the file system's journal orders the entries of a directory.
pub(crate) fn sync_directory(_root: &Path, _path: &Path) -> io::Result<()> {
    Ok(())
}

/// Says whether `path` still leads to the open `file`.
pub(crate) fn is_same_file(file: &fs::File, path: &Path) -> io::Result<bool> {
    let open = same_file::Handle::from_file(file.file().try_clone()?)?;
    Ok(open == same_file::Handle::from_path(path)?)
}

/// Returns nothing: the name of the machine is in the process environment, which libraries do not read.
pub(crate) fn host() -> Option<String> {
    None
}

/// Repeats `action` for up to two seconds while somebody else has the file open.
pub(crate) fn patiently<T>(mut action: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let start = Instant::now();
    loop {
        match action() {
            Err(error) if is_in_use(&error) && start.elapsed() < PATIENCE => sleep(PAUSE),
            done => return done,
        }
    }
}

/// Looks through the error of `fs_err` for the one of the system.
fn is_in_use(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(std::error::Error::source);
    let inner = inner.and_then(|source| source.downcast_ref::<io::Error>());
    inner
        .unwrap_or(error)
        .raw_os_error()
        .is_some_and(|code| IN_USE.contains(&code))
}
