//! From a path to the real file below the root. What leads out of the root, into the store's own directory, or to
//! something that is no regular file is refused before it is opened.

use std::fs::{FileType, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::digest::Digest;
use crate::disk::is_absent;
use crate::error::{StoreError, StoreErrorKind};
use crate::imp;
use crate::layout::DIRECTORY;
use crate::path::RelativePath;
use crate::target::Target;

const PURPOSE: &str = "look at";

/// The most bytes of a file that is read: whatever else a file may be, source text it is not.
const LIMIT: u64 = 64 << 20;

/// The real place of a file, with every link on the way resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) file: PathBuf,
    pub(crate) exists: bool,
}

impl Location {
    pub(crate) fn directory(&self) -> &Path {
        // A location is always below the root, so it has a parent.
        self.file.parent().unwrap_or(&self.file)
    }
}

/// Finds the real place of `path` below `root`. Only links cost more than one look per part.
pub(crate) fn locate(root: &Path, path: &RelativePath) -> Result<Location, StoreError> {
    let mut current = root.to_path_buf();
    let mut parts = path.parts().peekable();
    if parts
        .peek()
        .is_some_and(|part| part.eq_ignore_ascii_case(DIRECTORY))
    {
        return Err(leaves_root(path, path.join_to(root)));
    }
    while let Some(part) = parts.next() {
        current.push(part);
        let file_type = match fs::symlink_metadata(&current) {
            Ok(metadata) if metadata.file_type().is_symlink() => {
                current = resolve(root, path, &current)?;
                fs::symlink_metadata(&current)
                    .map_err(|error| inspect(&current, error))?
                    .file_type()
            }
            Ok(metadata) => metadata.file_type(),
            Err(error) if is_absent(&error) => {
                current.extend(parts);
                return Ok(Location {
                    file: current,
                    exists: false,
                });
            }
            Err(error) => return Err(inspect(&current, error)),
        };
        let is_last = parts.peek().is_none();
        if (is_last && !file_type.is_file()) || (!is_last && !file_type.is_dir()) {
            return Err(not_regular(path, describe(file_type)));
        }
    }
    Ok(Location {
        file: current,
        exists: true,
    })
}

/// Reads the file at a location, with its metadata from the same open.
pub(crate) fn read(
    root: &Path,
    path: &RelativePath,
    location: &Location,
) -> Result<Option<Target>, StoreError> {
    if !location.exists {
        return Ok(None);
    }
    let file = match imp::open(root, &location.file) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(StoreError::denied_or_io("read", &location.file, error)),
    };
    let metadata = file
        .metadata()
        .map_err(|error| inspect(&location.file, error))?;
    if !metadata.is_file() {
        return Err(not_regular(path, describe(metadata.file_type())));
    }
    let bytes = read_bounded(file, metadata.len())
        .map_err(|error| StoreError::denied_or_io("read", &location.file, error))?
        .ok_or_else(|| too_large(path))?;
    Ok(Some(Target {
        digest: Digest::of(&bytes),
        bytes,
        has_one_name: imp::has_one_name(&metadata),
        metadata: imp::metadata_of(&metadata),
        modified: metadata.modified().ok(),
    }))
}

/// Reads one of the store's own files: a regular one of bounded size, reached without a link.
pub(crate) fn read_own(root: &Path, file: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(metadata) = look_at_own(root, file)? else {
        return Ok(None);
    };
    let read = || read_bounded(imp::open(root, file)?, metadata.len());
    match read() {
        Ok(Some(bytes)) => Ok(Some(bytes)),
        Ok(None) => Err(too_large(&own_path(root, file))),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(StoreError::denied_or_io("read", file, error)),
    }
}

/// Refuses what takes the place of one of the store's own files, or of a directory above it, and is none.
pub(crate) fn look_at_own(root: &Path, file: &Path) -> Result<Option<Metadata>, StoreError> {
    for directory in [file.parent(), file.parent().and_then(Path::parent)] {
        let Some(directory) = directory.filter(|directory| directory.starts_with(root)) else {
            continue;
        };
        let found = (directory != root).then(|| fs::symlink_metadata(directory));
        if let Some(Ok(found)) = found
            && found.file_type().is_symlink()
        {
            return Err(no_directory(root, directory, found.file_type()));
        }
    }
    match fs::symlink_metadata(file) {
        Ok(metadata) if metadata.is_file() => Ok(Some(metadata)),
        Ok(metadata) => Err(not_regular(
            &own_path(root, file),
            describe(metadata.file_type()),
        )),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(inspect(file, error)),
    }
}

/// Refuses what takes the place of a directory in the store's own, and is none.
pub(crate) fn look_at_own_directory(root: &Path, directory: &Path) -> Result<(), StoreError> {
    match fs::symlink_metadata(directory) {
        Ok(found) if !found.is_dir() => Err(no_directory(root, directory, found.file_type())),
        _ => Ok(()),
    }
}

/// Refuses what is in the place of the store's directory, or of one in it.
pub(crate) fn no_directory(root: &Path, directory: &Path, found: FileType) -> StoreError {
    let found = if found.is_symlink() {
        "a symbolic link where a directory was expected"
    } else if found.is_file() {
        "a file where a directory was expected"
    } else {
        "a pipe, socket or device where a directory was expected"
    };
    not_regular(&own_path(root, directory), found)
}

/// Reads all of a file, unless it has more than [`LIMIT`].
fn read_bounded(file: fs::File, size: u64) -> io::Result<Option<Vec<u8>>> {
    if size > LIMIT {
        return Ok(None);
    }
    // One byte more, so that the end is found without growing.
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0).saturating_add(1));
    file.take(LIMIT + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() as u64 <= LIMIT))
}

/// Follows a link (a junction on Windows too) to a path without links below the root as it was given, and refuses where
/// it leads if that is out of bounds.
fn resolve(given: &Path, path: &RelativePath, link: &Path) -> Result<PathBuf, StoreError> {
    let resolved = fs::canonicalize(link).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => inspect(link, error),
        _ => not_regular(path, "a symbolic link that leads nowhere"),
    })?;
    let root = fs::canonicalize(given).map_err(|error| inspect(given, error))?;
    match resolved.strip_prefix(&root) {
        Ok(inside) if !inside.starts_with(DIRECTORY) => Ok(given.join(inside)),
        _ => Err(leaves_root(path, imp::as_shown(resolved))),
    }
}

fn describe(file_type: FileType) -> &'static str {
    if file_type.is_dir() {
        "a directory"
    } else if file_type.is_symlink() {
        "a symbolic link"
    } else if file_type.is_file() {
        "a file where a directory was expected"
    } else {
        "a pipe, socket or device"
    }
}

fn leaves_root(path: &RelativePath, resolved: PathBuf) -> StoreError {
    StoreErrorKind::LeavesRoot {
        path: path.clone(),
        resolved,
    }
    .into()
}

fn not_regular(path: &RelativePath, found: &'static str) -> StoreError {
    StoreErrorKind::NotRegular {
        path: path.clone(),
        found,
    }
    .into()
}

fn too_large(path: &RelativePath) -> StoreError {
    StoreErrorKind::TooLarge {
        path: path.clone(),
        limit: LIMIT,
    }
    .into()
}

/// One of the store's own files, as messages name it.
fn own_path(root: &Path, file: &Path) -> RelativePath {
    let inside = file.strip_prefix(root).unwrap_or(file).to_string_lossy();
    RelativePath::new(&inside.replace('\\', "/")).unwrap_or_else(|_| RelativePath::records())
}

fn inspect(path: &Path, error: io::Error) -> StoreError {
    StoreError::denied_or_io(PURPOSE, path, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> (tempfile::TempDir, RelativePath, Location) {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("a"), b"a").unwrap();
        let path = RelativePath::new("a").unwrap();
        let location = locate(root.path(), &path).unwrap();
        (root, path, location)
    }

    #[test]
    fn a_file_that_goes_after_the_look_is_none() {
        let (root, path, location) = world();
        fs::remove_file(&location.file).unwrap();
        assert_eq!(read(root.path(), &path, &location).unwrap(), None);
    }

    /// On Unix only: a link needs a privilege on Windows.
    #[cfg(unix)]
    #[test]
    fn a_link_that_takes_the_place_of_a_file_after_the_look_is_an_error() {
        let (root, path, location) = world();
        fs::rename(&location.file, root.path().join("b")).unwrap();
        fs::os::unix::fs::symlink("b", &location.file).unwrap();
        read(root.path(), &path, &location).unwrap_err();
    }

    #[test]
    fn a_file_that_grows_past_the_limit_after_the_look_is_not_read_in_part() {
        let (_root, _, location) = world();
        let file = fs::OpenOptions::new().write(true).open(&location.file);
        file.unwrap().set_len(LIMIT + 1).unwrap();
        let file = fs::File::open(&location.file).unwrap();
        assert_eq!(read_bounded(file, 1).unwrap(), None);
    }
}
