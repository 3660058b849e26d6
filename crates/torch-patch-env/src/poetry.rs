//! The environments that poetry keeps outside of its projects, in a cache directory: `NAME-HASH-pyX.Y`, where the hash is
//! that of the project's path.
//!
//! The names are those of `generate_env_name` in poetry's `utils/env/env_manager.py`
//! (<https://github.com/python-poetry/poetry>); the hash alone tells a project, so its name need not be known. Which of
//! several Pythons is meant stands in `envs.toml` beside them, as `poetry env use` writes it.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use sha2::{Digest as _, Sha256};

use crate::error::{EnvError, EnvErrorKind};
use crate::request::Surroundings;
use crate::source::Source;
use crate::system::System;
use crate::tree::Tree;

/// Finds the environment of `project`; `None` if there is none.
pub(crate) fn environment(
    tree: &dyn Tree,
    surroundings: &Surroundings,
    project: &Path,
) -> Result<Option<PathBuf>, EnvError> {
    let Some(directory) = directory(tree, surroundings, project) else {
        return Ok(None);
    };
    let mark = format!("-{}-py", hash(tree, project));
    let names = tree.names(&directory, &|name| name.contains(&mark));
    let below = |name: &String| tree.system().join(&directory, &[name]);
    match names.as_slice() {
        [] => Ok(None),
        [name] => Ok(Some(below(name))),
        [first, ..] => match chosen(tree, &directory, first, &mark) {
            Some(name) if names.contains(&name) => Ok(Some(below(&name))),
            _ => Err(several(&below(first), &names, &mark)),
        },
    }
}

/// Where the environments of all projects are, if there are any.
fn directory(tree: &dyn Tree, surroundings: &Surroundings, project: &Path) -> Option<PathBuf> {
    let places = &surroundings.poetry;
    let absolute =
        |path: &Path| tree.absolute(&surroundings.cwd, &expanded(tree, path, surroundings));
    let own = settings(tree, project, "poetry.toml");
    let users = places
        .config
        .as_deref()
        .and_then(|config| settings(tree, config, "config.toml"));
    let setting = |of: &dyn Fn(&toml::Table) -> Option<&str>| {
        let files = [&own, &users].into_iter().flatten();
        files.filter_map(of).map(PathBuf::from).next()
    };
    let cache = places
        .cache
        .clone()
        .or_else(|| setting(&|table| table.get("cache-dir")?.as_str()))
        .or_else(|| places.default_cache.clone());
    let path = places
        .environments
        .clone()
        .or_else(|| setting(&|table| table.get("virtualenvs")?.get("path")?.as_str()));
    let found = match (path, cache) {
        (Some(path), cache) => absolute(&with_cache(path, cache.as_deref())),
        (None, Some(cache)) => tree.system().join(&absolute(&cache), &["virtualenvs"]),
        (None, None) => return None,
    };
    tree.is_directory(&found).then_some(found)
}

fn settings(tree: &dyn Tree, directory: &Path, name: &str) -> Option<toml::Table> {
    let text = tree.text(&tree.system().join(directory, &[name]))?;
    text.parse().ok()
}

/// `{cache-dir}` may stand in the path of the environments.
fn with_cache(path: PathBuf, cache: Option<&Path>) -> PathBuf {
    match (path.to_str(), cache.and_then(Path::to_str)) {
        (Some(text), Some(cache)) => text.replace("{cache-dir}", cache).into(),
        _ => path,
    }
}

/// `~` at the start is the home of the user.
fn expanded(tree: &dyn Tree, path: &Path, surroundings: &Surroundings) -> PathBuf {
    let rest = path.to_str().and_then(|path| path.strip_prefix('~'));
    let is_own = |rest: &&str| rest.is_empty() || rest.starts_with(['/', '\\']);
    match (rest.filter(is_own), &surroundings.home) {
        (Some(rest), Some(home)) => tree.system().join(home, &[rest]),
        _ => path.to_owned(),
    }
}

fn hash(tree: &dyn Tree, project: &Path) -> String {
    let real = tree.identity(project);
    let bytes = if tree.system() == System::Windows {
        let text = real.to_string_lossy().replace('/', "\\");
        let text = text.strip_prefix(r"\\?\").unwrap_or(&text);
        text.to_lowercase().into_bytes()
    } else {
        real.as_os_str().as_encoded_bytes().to_vec()
    };
    let mut encoded = URL_SAFE.encode(Sha256::digest(bytes));
    encoded.truncate(8);
    encoded
}

/// The name of the environment that `envs.toml` says is in use.
fn chosen(tree: &dyn Tree, directory: &Path, first: &str, mark: &str) -> Option<String> {
    let (name, _) = first.split_once(mark)?;
    let key = format!("{name}{}", mark.strip_suffix("-py")?);
    let table = settings(tree, directory, "envs.toml")?;
    let minor = table.get(&key)?.get("minor")?.as_str()?;
    Some(format!("{key}-py{minor}"))
}

fn several(first: &Path, names: &[String], mark: &str) -> EnvError {
    let versions = names.iter().filter_map(|name| name.split_once(mark));
    EnvErrorKind::AmbiguousPython {
        source: Source::Poetry(first.to_owned()),
        prefix: first.to_owned(),
        versions: versions.map(|(_, version)| version.to_owned()).collect(),
    }
    .into()
}
