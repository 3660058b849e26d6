//! The environment that belongs to the project of the working directory: what uv, pixi and poetry would use there.
//!
//! The nearest directory counts, whatever its tool. `UV_PROJECT_ENVIRONMENT` takes the place of `.venv` and all others.

use std::iter;
use std::path::{Path, PathBuf};

use crate::error::EnvError;
use crate::poetry;
use crate::request::Surroundings;
use crate::source::Source;
use crate::tree::Tree;

/// Finds the environment of the project, and what says so. It need not exist if a variable names it.
pub(crate) fn environment(
    tree: &dyn Tree,
    surroundings: &Surroundings,
) -> Result<Option<(Source, PathBuf)>, EnvError> {
    if let Some(prefix) = named_for_uv(tree, surroundings) {
        return Ok(Some((Source::UvProject, prefix)));
    }
    let existing = |directory: &Path, below: &str| {
        Some(tree.system().join(directory, &[below])).filter(|found| tree.is_directory(found))
    };
    for directory in from_here_up(tree, surroundings) {
        if let Some(prefix) = existing(&directory, ".venv") {
            return Ok(Some((Source::DotVenv(prefix.clone()), prefix)));
        }
        if let Some(prefix) = existing(&directory, ".pixi/envs/default") {
            return Ok(Some((Source::Pixi(prefix.clone()), prefix)));
        }
        if is_project(tree, &directory)
            && let Some(prefix) = poetry::environment(tree, surroundings, &directory)?
        {
            return Ok(Some((Source::Poetry(prefix.clone()), prefix)));
        }
    }
    Ok(None)
}

/// What `UV_PROJECT_ENVIRONMENT` names. A relative path counts from the root of the workspace, which is here or above and
/// has a `pyproject.toml` (<https://docs.astral.sh/uv/concepts/projects/config/#project-environment-path>).
fn named_for_uv(tree: &dyn Tree, surroundings: &Surroundings) -> Option<PathBuf> {
    let value = surroundings.uv_project_environment.as_deref()?;
    let is_absolute = value.to_str().map_or(value.is_absolute(), |text| {
        tree.system().root_of(text).is_some()
    });
    if is_absolute {
        return Some(tree.absolute(&surroundings.cwd, value));
    }
    let projects = from_here_up(tree, surroundings).filter(|above| is_project(tree, above));
    let named: Vec<PathBuf> = projects.map(|above| tree.absolute(&above, value)).collect();
    let existing = named.iter().find(|prefix| tree.is_directory(prefix));
    existing.or(named.first()).cloned()
}

fn is_project(tree: &dyn Tree, directory: &Path) -> bool {
    tree.is_file(&tree.system().join(directory, &["pyproject.toml"]))
}

/// The working directory and those above it.
fn from_here_up<'a>(
    tree: &'a dyn Tree,
    surroundings: &Surroundings,
) -> impl Iterator<Item = PathBuf> + use<'a> {
    let system = tree.system();
    iter::successors(Some(surroundings.cwd.clone()), move |directory| {
        system
            .parent(directory)
            .filter(|parent| parent != directory)
    })
}
