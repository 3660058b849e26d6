//! Looking up interpreters on `PATH`.

use std::path::{Path, PathBuf};

use crate::request::Surroundings;
use crate::system::System;
use crate::tree::Tree;

/// The files on `PATH` that have one of `names` and can be run, in the order of the directories, each of them once.
/// On Windows the extension may be left out of a name.
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
        names.iter().filter_map(move |name| {
            runnable(tree, surroundings, &tree.system().join(&directory, &[name]))
        })
    })
}

/// `path` if it can be run. On Windows it needs an extension of `PATHEXT`, or gets the first with which it is there; a
/// file without one, such as the shell scripts of pyenv, is nothing that Windows runs.
pub(crate) fn runnable(
    tree: &dyn Tree,
    surroundings: &Surroundings,
    path: &Path,
) -> Option<PathBuf> {
    if tree.system() != System::Windows {
        return tree.is_executable(path).then(|| path.to_owned());
    }
    let extensions = &surroundings.path_extensions;
    let name = tree.system().name(path)?;
    let is_complete = extensions
        .iter()
        .any(|extension| has_extension(&name, extension));
    let completed = extensions.iter().map(|extension| {
        let mut completed = path.as_os_str().to_owned();
        completed.push(extension);
        PathBuf::from(completed)
    });
    let mut candidates = is_complete
        .then(|| path.to_owned())
        .into_iter()
        .chain(completed);
    candidates.find(|path| tree.is_executable(path))
}

/// Tells whether a file name ends with `extension`, whatever the case.
pub(crate) fn has_extension(name: &str, extension: &str) -> bool {
    let start = name.len().saturating_sub(extension.len());
    start > 0
        && name
            .get(start..)
            .is_some_and(|end| end.eq_ignore_ascii_case(extension))
}
