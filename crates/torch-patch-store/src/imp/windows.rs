//! Windows: files are replaced by `MoveFileExW` with write-through, there is no directory to sync, and virus scanners,
//! indexers and Python hold files for moments.
//!
//! It is written for what Windows documents. Wine differs in places: it replaces a read-only file at once, and refuses
//! (5) to replace a file whose holder shares its deletion. Permissions and owner are not kept: the new file inherits
//! its access list from the directory, as an installer's does.

mod held;
mod names;
mod patience;

use std::fs::Metadata;
use std::io;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use fs_err as fs;
use winapi_util::sysinfo::{ComputerNameKind, get_computer_name};

use crate::metadata::{FileMetadata, Owner};

use held::held;
use names::without_limit;
use patience::{ACCESS_DENIED, SHARING_VIOLATION, code_of, named, patiently};

pub(crate) use names::as_shown;
pub(crate) use patience::is_in_use;

/// The file in which the holder of the lock is recorded. A locked file cannot be read by others here.
pub(crate) const HOLDER_FILE: &str = "holder";

/// `FILE_ATTRIBUTE_HIDDEN`, `_SYSTEM`, `_ARCHIVE` and `_NOT_CONTENT_INDEXED` (`winnt.h`): what a new file can get from
/// the one before it. Compression and encryption it gets from its directory.
const KEPT_ATTRIBUTES: u32 = 0x2 | 0x4 | 0x20 | 0x2000;
/// `DELETE` (`winnt.h`): the right to rename and to remove a file.
const DELETE: u32 = 0x0001_0000;

/// The modes of [`FileMetadata`] here, as Python's `os.stat` has them: there is only the read-only attribute.
const WRITABLE: u32 = 0o666;
const READ_ONLY: u32 = 0o444;
const WRITE_BITS: u32 = 0o222;

/// Opens a file to read it.
pub(crate) fn open(root: &Path, path: &Path) -> io::Result<fs::File> {
    open_with(root, path, fs::OpenOptions::new().read(true))
}

/// Opens the lock file, making it if need be.
pub(crate) fn open_lock(root: &Path, path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    open_with(root, path, &options)
}

/// Makes a file that must not exist. It gets the attributes of `like`, but for the read-only one, which is a matter of
/// [`set_metadata`].
pub(crate) fn create_new(
    root: &Path,
    path: &Path,
    _metadata: FileMetadata,
    like: Option<&fs::File>,
) -> io::Result<fs::File> {
    let attributes = like.map(|like| like.metadata()).transpose()?;
    let attributes = attributes.map_or(0, |like| like.file_attributes());
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    options
        .options_mut()
        .attributes(attributes & KEPT_ATTRIBUTES);
    open_with(root, path, &options)
}

/// Makes a directory in one that exists.
pub(crate) fn create_directory(root: &Path, path: &Path) -> io::Result<()> {
    let _held = held(root, path)?;
    let make = || standard::create_dir(path);
    patiently(path, make).map_err(|error| named("create directory", path, error))
}

/// Gives a file another name, in the place of what has it; a read-only one too, as git and pip do.
pub(crate) fn rename(root: &Path, from: &Path, to: &Path) -> io::Result<()> {
    let _held = held(root, to)?;
    let replaced = with_read_only_aside(to, || patiently(to, || replace(from, to)));
    replaced.map_err(|error| named("replace", to, told_apart(error, to)))
}

/// Gives a file a second name.
pub(crate) fn hard_link(_root: &Path, from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to)
}

/// Removes a file, a read-only one too.
pub(crate) fn remove_file(root: &Path, path: &Path) -> io::Result<()> {
    let _held = held(root, path)?;
    let removed = with_read_only_aside(path, || patiently(path, || standard::remove_file(path)));
    removed.map_err(|error| named("remove", path, told_apart(error, path)))
}

/// Removes an empty directory.
pub(crate) fn remove_directory(root: &Path, path: &Path) -> io::Result<()> {
    let _held = held(root, path)?;
    let remove = || standard::remove_dir(path);
    patiently(path, remove).map_err(|error| named("remove directory", path, error))
}

/// Does nothing: attributes are given to a file as it is made.
pub(crate) fn pass_on(_from: &fs::File, _to: &fs::File) -> io::Result<()> {
    Ok(())
}

/// Records the holder of the lock in a file of its own.
pub(crate) fn write_holder(_lock: &fs::File, path: &Path, line: &[u8]) -> io::Result<()> {
    patiently(path, || standard::write(path, line)).map_err(|error| named("write", path, error))
}

pub(crate) fn metadata_of(metadata: &Metadata) -> FileMetadata {
    let is_read_only = metadata.permissions().readonly();
    FileMetadata {
        mode: Some(if is_read_only { READ_ONLY } else { WRITABLE }),
        owner: None,
    }
}

/// Says no, so that a backup is always a copy: a second name of the original would have to be flushed, for which Windows
/// asks for a handle that may write, and no file of an environment is ever opened so.
pub(crate) fn has_one_name(_metadata: &Metadata) -> bool {
    false
}

/// Gives a new file the read-only attribute. Whether anybody may write it is else a matter of its access list.
pub(crate) fn set_metadata(file: &fs::File, wanted: FileMetadata) -> io::Result<()> {
    if !is_read_only(wanted) {
        return Ok(());
    }
    let mut permissions = file.metadata()?.permissions();
    permissions.set_readonly(true);
    file.set_permissions(permissions)
}

/// Gives a file that was not replaced after all its read-only attribute back, which a crash has taken from it.
pub(crate) fn put_back(root: &Path, path: &Path, metadata: FileMetadata) -> io::Result<()> {
    if !is_read_only(metadata) {
        return Ok(());
    }
    let _held = held(root, path)?;
    set_read_only(path, true)
}

/// Says whether a file could be replaced: whether it may be removed, by its access list or by that of its directory, and
/// whether nobody holds it.
pub(crate) fn check_writable(path: &Path) -> io::Result<()> {
    patiently(path, || open_to_delete(path)).map_err(|error| named("replace", path, error))
}

/// Says nothing: the attribute means something else on a directory, and access lists tell only when used.
pub(crate) fn check_directory_writable(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Says nothing: owners are not kept.
pub(crate) fn check_owner(_owner: Owner) -> io::Result<()> {
    Ok(())
}

/// Does nothing: the file system's journal orders the entries of a directory, and a directory cannot be flushed
/// (`FlushFileBuffers` answers 5).
pub(crate) fn sync_directory(_root: &Path, _path: &Path) -> io::Result<()> {
    Ok(())
}

/// Says whether `path` still leads to the open `file`. One that is being removed does not, though it has its name until
/// the last handle is closed, and cannot be opened.
pub(crate) fn is_same_file(file: &fs::File, path: &Path) -> io::Result<bool> {
    let open = same_file::Handle::from_file(file.file().try_clone()?)?;
    match same_file::Handle::from_path(path) {
        Err(error) if code_of(&error) == Some(ACCESS_DENIED) => Ok(false),
        named => Ok(open == named?),
    }
}

/// Returns the name of this machine.
pub(crate) fn host() -> Option<String> {
    let name = get_computer_name(ComputerNameKind::PhysicalDnsHostname).ok()?;
    name.into_string().ok()
}

fn open_with(root: &Path, path: &Path, options: &fs::OpenOptions) -> io::Result<fs::File> {
    let _held = held(root, path)?;
    let open = || options.options().open(path);
    let file = patiently(path, open).map_err(|error| named("open", path, error))?;
    Ok(fs::File::from_parts(file, path))
}

/// Replaces a file by `MoveFileExW` with `MOVEFILE_REPLACE_EXISTING` and `MOVEFILE_WRITE_THROUGH`: when it returns, the
/// new name is on the disk. ARCHITECTURE.md says why not `ReplaceFileW`.
///
/// It is refused (5) while somebody holds the old file, even one who shares its deletion, as scanners do. The standard
/// library then renames by POSIX rules, which do not mind that; such a name reaches the disk with the journal.
fn replace(from: &Path, to: &Path) -> io::Result<()> {
    match atomicwrites::replace_atomic(&without_limit(from)?, &without_limit(to)?) {
        Err(error) if code_of(&error) == Some(ACCESS_DENIED) => standard::rename(from, to),
        done => done,
    }
}

/// Tells a file that somebody holds (32) from one that the user may not touch, where Windows says "access denied" (5) for
/// both: whoever may open it for deletion has the right.
fn told_apart(error: io::Error, path: &Path) -> io::Error {
    if code_of(&error) == Some(ACCESS_DENIED) && path.is_file() && open_to_delete(path).is_ok() {
        return io::Error::from_raw_os_error(SHARING_VIOLATION);
    }
    error
}

/// Opens a file as a removal would and closes it again, which changes nothing.
fn open_to_delete(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.options_mut().access_mode(DELETE);
    options.options().open(path).map(drop)
}

fn is_read_only(metadata: FileMetadata) -> bool {
    metadata.mode.is_some_and(|mode| mode & WRITE_BITS == 0)
}

/// Does `action` to a file without its read-only attribute, which it gets back if that fails.
fn with_read_only_aside(path: &Path, action: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let is_set = fs::symlink_metadata(path)
        .is_ok_and(|found| found.is_file() && found.permissions().readonly());
    if !is_set {
        return action();
    }
    set_read_only(path, false)?;
    let done = action();
    if done.is_err() {
        // The first error is the one to tell.
        let _ = set_read_only(path, true);
    }
    done
}

#[expect(
    clippy::permissions_set_readonly_false,
    reason = "this is about the attribute of Windows, not about bits"
)]
fn set_read_only(path: &Path, is_read_only: bool) -> io::Result<()> {
    let mut permissions = fs::symlink_metadata(path)?.permissions();
    if is_read_only {
        permissions.set_readonly(true);
    } else {
        permissions.set_readonly(false);
    }
    fs::set_permissions(path, permissions)
}

/// The standard library's own functions: the errors of `fs_err` do not tell the system's code.
#[expect(
    clippy::disallowed_methods,
    reason = "the code of the error is needed; `named` says operation and path"
)]
mod standard {
    use std::{fs, io, path::Path};

    pub(super) fn create_dir(path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    pub(super) fn remove_file(path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    pub(super) fn remove_dir(path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
        fs::write(path, bytes)
    }
}
