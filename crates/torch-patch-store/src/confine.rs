//! From a path to the real file below the root. What leads out of the root, into the store's own directory, or to
//! something that is no regular file is refused before it is opened.

use std::fs::FileType;
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
pub(crate) fn read(path: &RelativePath, location: &Location) -> Result<Option<Target>, StoreError> {
    if !location.exists {
        return Ok(None);
    }
    let mut file = match imp::open(&location.file) {
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
    let mut bytes = Vec::with_capacity(
        usize::try_from(metadata.len())
            .unwrap_or(0)
            .saturating_add(1),
    );
    file.read_to_end(&mut bytes)
        .map_err(|error| StoreError::denied_or_io("read", &location.file, error))?;
    Ok(Some(Target {
        digest: Digest::of(&bytes),
        bytes,
        has_one_name: imp::has_one_name(&metadata),
        metadata: imp::metadata_of(&metadata),
        modified: metadata.modified().ok(),
    }))
}

/// Follows a link (a junction on Windows too) and refuses where it leads if that is out of bounds.
fn resolve(root: &Path, path: &RelativePath, link: &Path) -> Result<PathBuf, StoreError> {
    let resolved = fs::canonicalize(link).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => inspect(link, error),
        _ => not_regular(path, "a symbolic link that leads nowhere"),
    })?;
    let root = fs::canonicalize(root).map_err(|error| inspect(root, error))?;
    match resolved.strip_prefix(&root) {
        Ok(inside) if !inside.starts_with(DIRECTORY) => Ok(resolved),
        _ => Err(leaves_root(path, resolved)),
    }
}

fn describe(file_type: FileType) -> &'static str {
    if file_type.is_dir() {
        "a directory"
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

fn inspect(path: &Path, error: io::Error) -> StoreError {
    StoreError::denied_or_io(PURPOSE, path, error)
}
