//! Reads patch files of users.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use fs_err as fs;
use torch_patch_set::{MAX_FILE_SIZE, Origin, Patch};

use crate::error::{Error, ErrorKind};

/// Whether a word names a patch file: an id has neither a dot nor a separator in it.
#[must_use]
pub fn names_file(word: &str) -> bool {
    word.contains(['/', '\\', '.'])
}

/// Reads a patch file.
///
/// # Errors
///
/// It cannot be read, is no regular file, or is not a patch file.
pub fn load_file(path: &Path) -> Result<Patch, Error> {
    let bytes = read(path).map_err(|source| ErrorKind::PatchFileUnreadable {
        path: path.to_path_buf(),
        source,
    })?;
    Ok(Patch::parse(&bytes, Origin::File(path.to_path_buf()))?)
}

/// Reads the patch files of a directory: each `*.toml` in it, and `patch.toml` in each of its
/// directories, in the order of their names.
///
/// # Errors
///
/// The directory cannot be read, or the first file that cannot be read or is not a patch file.
pub fn load_directory(directory: &Path) -> Result<Vec<Patch>, Error> {
    let paths = patch_files(directory).map_err(|source| ErrorKind::PatchFileUnreadable {
        path: directory.to_path_buf(),
        source,
    })?;
    paths.iter().map(|path| load_file(path)).collect()
}

/// Reads one byte more than a patch file may have at most, so that the parser can refuse it.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    // Opening a FIFO would wait for someone to write into it.
    if !fs::metadata(path)?.is_file() {
        let message = "expected a regular file, found something else";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let mut bytes = Vec::new();
    let limit = MAX_FILE_SIZE as u64 + 1;
    fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn patch_files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let nested = path.join("patch.toml");
        if nested.is_file() {
            paths.push(nested);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
