//! What is asked for, and the values of the process environment that discovery depends on.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// What the command line says about the environment. The first field that is set counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `--site-packages`: one directory that packages are installed in. Nothing else is looked at.
    pub site_packages: Option<PathBuf>,
    /// `--env`: the prefix of an environment.
    pub env: Option<PathBuf>,
    /// `--envs-under`: a prefix that [`environments_under`](crate::environments_under) has found.
    pub found: Option<PathBuf>,
    /// `--python`: an interpreter, as a path or as a name that is looked up on `PATH`.
    pub python: Option<PathBuf>,
}

/// The working directory and the variables that discovery depends on, as values.
///
/// Relative paths, in a [`Request`] or a variable, count from [`cwd`](Self::cwd).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// The working directory, absolute.
    pub cwd: PathBuf,
    /// `VIRTUAL_ENV`.
    pub virtual_env: Option<PathBuf>,
    /// `CONDA_PREFIX`.
    pub conda_prefix: Option<PathBuf>,
    /// The directories of `PATH`, in order.
    pub path: Vec<PathBuf>,
    /// The extensions with which Windows looks for a program, from `PATHEXT`: of `.com`, `.exe`, `.bat` and `.cmd`, the
    /// ones it has, in its order.
    pub path_extensions: Vec<String>,
    /// `HOME`, on Windows `USERPROFILE`.
    pub home: Option<PathBuf>,
    /// `APPDATA`, where Windows keeps the user site.
    pub app_data: Option<PathBuf>,
    /// `PYTHONUSERBASE`: the user site is below it.
    pub python_user_base: Option<PathBuf>,
    /// Whether `PYTHONNOUSERSITE` is set: then there is no user site.
    pub python_no_user_site: bool,
    /// `PYTHONPATH`: directories that Python looks in before all others, in order. An empty one is the working directory.
    pub python_path: Vec<PathBuf>,
    /// Whether `PYTHONSAFEPATH` is set: then Python does not look in the working directory.
    pub python_safe_path: bool,
    /// `UV_PROJECT_ENVIRONMENT`: the environment of a project of uv, in the place of its `.venv`.
    pub uv_project_environment: Option<PathBuf>,
    /// Where poetry keeps the environments of projects.
    pub poetry: PoetryPlaces,
    /// How long an interpreter that has to be asked may take.
    pub interpreter_timeout: Duration,
}

/// The directories of poetry, as its variables and those of the system say. Its own files are read where these are.
///
/// The variables and defaults are those of its documentation (<https://python-poetry.org/docs/configuration/>).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoetryPlaces {
    /// `POETRY_VIRTUALENVS_PATH`: the environments themselves.
    pub environments: Option<PathBuf>,
    /// `POETRY_CACHE_DIR`: the environments are in `virtualenvs` below it.
    pub cache: Option<PathBuf>,
    /// `POETRY_CACHE_DIR`'s default: the user's caches, with `pypoetry` below.
    pub default_cache: Option<PathBuf>,
    /// `POETRY_CONFIG_DIR` or its default: `config.toml` is in it.
    pub config: Option<PathBuf>,
}

impl Surroundings {
    /// Returns surroundings with no variable set.
    pub fn new(cwd: impl Into<PathBuf>) -> Self {
        Self {
            cwd: cwd.into(),
            virtual_env: None,
            conda_prefix: None,
            path: Vec::new(),
            path_extensions: PROGRAMS.map(str::to_owned).into(),
            home: None,
            app_data: None,
            python_user_base: None,
            python_no_user_site: false,
            python_path: Vec::new(),
            python_safe_path: false,
            uv_project_environment: None,
            poetry: PoetryPlaces::default(),
            interpreter_timeout: Duration::from_secs(10),
        }
    }

    /// Returns the same for an environment that others use: what the variables of this process, and the home of its user,
    /// would put before the environment's own packages does not count.
    #[must_use]
    pub fn impersonal(self) -> Self {
        Self {
            python_path: Vec::new(),
            python_no_user_site: true,
            ..self
        }
    }

    /// Returns surroundings with what `variable` says, such as `std::env::var_os`. An empty value counts as unset.
    ///
    /// ```
    /// use torch_patch_env::Surroundings;
    ///
    /// let surroundings = Surroundings::from_variables("/work", |name| (name == "VIRTUAL_ENV").then(|| "/venv".into()));
    /// assert_eq!(surroundings.virtual_env, Some("/venv".into()));
    /// ```
    pub fn from_variables(
        cwd: impl Into<PathBuf>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Self {
        let value = |name: &str| variable(name).filter(|value| !value.is_empty());
        let path = |name: &str| value(name).map(PathBuf::from);
        let home = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        let list = |name: &str| value(name).map(|list| std::env::split_paths(&list).collect());
        Self {
            virtual_env: path("VIRTUAL_ENV"),
            conda_prefix: path("CONDA_PREFIX"),
            path: list("PATH").unwrap_or_default(),
            path_extensions: value("PATHEXT").map_or_else(
                || PROGRAMS.map(str::to_owned).into(),
                |list| extensions(&list.to_string_lossy()),
            ),
            home: path(home),
            app_data: path("APPDATA"),
            python_user_base: path("PYTHONUSERBASE"),
            python_no_user_site: value("PYTHONNOUSERSITE").is_some(),
            python_path: list("PYTHONPATH").unwrap_or_default(),
            python_safe_path: value("PYTHONSAFEPATH").is_some(),
            uv_project_environment: path("UV_PROJECT_ENVIRONMENT"),
            poetry: PoetryPlaces::from_variables(&path),
            ..Self::new(cwd)
        }
    }
}

impl PoetryPlaces {
    fn from_variables(path: &dyn Fn(&str) -> Option<PathBuf>) -> Self {
        let below = |base: Option<PathBuf>, names: &str| base.map(|base| base.join(names));
        let (cache, config) = if cfg!(windows) {
            let local = below(path("LOCALAPPDATA"), "pypoetry");
            (below(local, "Cache"), below(path("APPDATA"), "pypoetry"))
        } else if cfg!(target_os = "macos") {
            let library = |names| below(path("HOME"), names);
            let support = library("Library/Application Support/pypoetry");
            (library("Library/Caches/pypoetry"), support)
        } else {
            let base = |name, own| path(name).or_else(|| below(path("HOME"), own));
            let cache = base("XDG_CACHE_HOME", ".cache");
            let config = base("XDG_CONFIG_HOME", ".config");
            (below(cache, "pypoetry"), below(config, "pypoetry"))
        };
        Self {
            environments: path("POETRY_VIRTUALENVS_PATH"),
            cache: path("POETRY_CACHE_DIR"),
            default_cache: cache,
            config: path("POETRY_CONFIG_DIR").or(config),
        }
    }
}

/// What Windows runs without a script host, in the order of its own `PATHEXT`.
const PROGRAMS: [&str; 4] = [".com", ".exe", ".bat", ".cmd"];

fn extensions(list: &str) -> Vec<String> {
    let listed = list
        .split(';')
        .map(|extension| extension.trim().to_ascii_lowercase());
    listed
        .filter(|extension| PROGRAMS.contains(&extension.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_variables_count_as_unset() {
        let surroundings = Surroundings::from_variables("/work", |_| Some(OsString::new()));
        assert_eq!(surroundings, Surroundings::new("/work"));
    }

    #[test]
    fn each_variable_has_its_field() {
        let surroundings = Surroundings::from_variables("/work", |name| match name {
            "PATH" => std::env::join_paths(["/a", "/b"]).ok(),
            "PATHEXT" => Some(".COM;.VBS; .EXE ;".into()),
            name => Some(format!("/{name}").into()),
        });
        assert_eq!(surroundings.virtual_env, Some("/VIRTUAL_ENV".into()));
        assert_eq!(surroundings.conda_prefix, Some("/CONDA_PREFIX".into()));
        assert_eq!(
            surroundings.path,
            [PathBuf::from("/a"), PathBuf::from("/b")]
        );
        assert_eq!(surroundings.path_extensions, [".com", ".exe"]);
        assert_eq!(surroundings.app_data, Some("/APPDATA".into()));
        assert_eq!(
            surroundings.python_user_base,
            Some("/PYTHONUSERBASE".into())
        );
        assert!(surroundings.home.is_some() && surroundings.python_no_user_site);
    }
}
