//! Looking up interpreters on `PATH`.

use std::path::{Path, PathBuf};

use crate::request::Surroundings;
use crate::system::System;
use crate::tree::Tree;

/// The files on `PATH` that have one of `names` and can be run, in the order of the directories, each of them once.
/// Windows' `.exe` may be left out of a name.
pub(crate) fn interpreters<'a>(
    tree: &'a dyn Tree,
    surroundings: &'a Surroundings,
    names: &'a [&str],
) -> impl Iterator<Item = PathBuf> + 'a {
    let mut seen: Vec<&Path> = Vec::new();
    let directories = surroundings.path.iter().filter(move |directory| {
        let is_new = !directory.as_os_str().is_empty() && !seen.contains(&directory.as_path());
        seen.push(directory);
        is_new
    });
    directories.flat_map(move |directory| {
        let directory = tree.absolute(&surroundings.cwd, directory);
        names
            .iter()
            .filter_map(move |name| runnable(tree, &tree.system().join(&directory, &[name])))
    })
}

/// `path` if it can be run, on Windows also with `.exe` appended.
pub(crate) fn runnable(tree: &dyn Tree, path: &Path) -> Option<PathBuf> {
    let mut with_suffix = path.as_os_str().to_owned();
    with_suffix.push(".exe");
    let with_suffix = (tree.system() == System::Windows).then(|| with_suffix.into());
    [Some(path.to_owned()), with_suffix]
        .into_iter()
        .flatten()
        .find(|path| tree.is_executable(path))
}
