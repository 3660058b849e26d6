//! Compiled files of a module, which Python may run in its place.
//!
//! An unchecked-hash `.pyc` (PEP 552), and one made in the same second from a source of the same
//! size, is run although the source has changed.

use std::io;
use std::path::{Path, PathBuf};

use torch_patch_store::{RelativePath, StoreError, StoreErrorKind};

use crate::error::Error;

const PURPOSE: &str = "look for compiled files in";

/// The `.pyc` files in `__pycache__` that belong to the module at `path`, below `root`.
///
/// A directory that is not there has none.
///
/// # Errors
///
/// The directory cannot be listed: what is in it might run in the place of the changed module.
pub(crate) fn compiled_files(root: &Path, path: &RelativePath) -> Result<Vec<RelativePath>, Error> {
    let Some(module) = path.file_name().strip_suffix(".py") else {
        return Ok(Vec::new());
    };
    let cache = match path.parent() {
        Some(parent) => format!("{}/__pycache__", parent.as_str()),
        None => "__pycache__".to_owned(),
    };
    let directory = root.join(&cache);
    if leads_away(root, &directory) {
        // What is in there is not ours to remove, nor to list.
        return Ok(Vec::new());
    }
    let names = names_in(&directory).map_err(|error| unreadable(directory, error))?;
    let prefix = format!("{module}.");
    let is_of_module = |name: &String| {
        let extension = Path::new(name).extension();
        name.starts_with(&prefix) && extension.is_some_and(|extension| extension == "pyc")
    };
    let mut files: Vec<RelativePath> = names
        .into_iter()
        .filter(is_of_module)
        .filter_map(|name| RelativePath::new(&format!("{cache}/{name}")).ok())
        .collect();
    files.sort();
    Ok(files)
}

fn leads_away(root: &Path, directory: &Path) -> bool {
    let real = fs_err::canonicalize;
    directory.is_symlink()
        && matches!((real(root), real(directory)), (Ok(root), Ok(directory)) if !directory.starts_with(&root))
}

fn names_in(directory: &Path) -> io::Result<Vec<String>> {
    let entries = match fs_err::read_dir(directory) {
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().into_string().ok());
    }
    Ok(names)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn unreadable(path: PathBuf, source: io::Error) -> Error {
    let kind = match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            StoreErrorKind::PermissionDenied {
                path,
                purpose: PURPOSE,
                source: Some(source),
            }
        }
        _ => StoreErrorKind::Io {
            purpose: PURPOSE,
            source,
        },
    };
    StoreError::from(kind).into()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn found(root: &Path) -> Result<Vec<RelativePath>, Error> {
        let path = RelativePath::new("t/a.py").expect("a plain path");
        compiled_files(root, &path)
    }

    #[test]
    fn a_cache_that_cannot_be_listed_is_no_empty_one() {
        let root = tempfile::tempdir().unwrap();
        let (module, cache) = (root.path().join("t"), root.path().join("t/__pycache__"));
        fs_err::create_dir(module).unwrap();
        assert!(found(root.path()).unwrap().is_empty());
        fs_err::os::unix::fs::symlink(&cache, &cache).unwrap();
        let error = found(root.path()).unwrap_err().to_string();
        assert!(
            error.contains("failed to look for compiled files in"),
            "{error}"
        );
    }
}
