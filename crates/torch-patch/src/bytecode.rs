//! Compiled files of a module, which Python may run in its place.
//!
//! An unchecked-hash `.pyc` (PEP 552), and one made in the same second from a source of the same
//! size, is run although the source has changed.

use std::path::Path;

use torch_patch_store::RelativePath;

/// The `.pyc` files in `__pycache__` that belong to the module at `path`, below `root`.
///
/// A directory that is not there or cannot be read has none.
pub(crate) fn compiled_files(root: &Path, path: &RelativePath) -> Vec<RelativePath> {
    let Some(module) = path.file_name().strip_suffix(".py") else {
        return Vec::new();
    };
    let cache = match path.parent() {
        Some(parent) => format!("{}/__pycache__", parent.as_str()),
        None => "__pycache__".to_owned(),
    };
    let Ok(entries) = fs_err::read_dir(root.join(&cache)) else {
        return Vec::new();
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let prefix = format!("{module}.");
    let is_of_module = |name: &String| {
        let extension = Path::new(name).extension();
        name.starts_with(&prefix) && extension.is_some_and(|extension| extension == "pyc")
    };
    let mut files: Vec<RelativePath> = names
        .filter(is_of_module)
        .filter_map(|name| RelativePath::new(&format!("{cache}/{name}")).ok())
        .collect();
    files.sort();
    files
}
