//! The one door to the process: arguments, variables, working directory.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Context as _;
use torch_patch::{Platform, Surroundings};

/// The words of the command line, the name of the program first.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one door to the process"
)]
pub(crate) fn arguments() -> Vec<OsString> {
    env::args_os().collect()
}

/// What the search for an environment depends on.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one door to the process"
)]
pub(crate) fn surroundings() -> anyhow::Result<Surroundings> {
    let cwd = env::current_dir().context("failed to find the working directory")?;
    let mut surroundings = Surroundings::new(cwd);
    surroundings.virtual_env = path("VIRTUAL_ENV");
    surroundings.conda_prefix = path("CONDA_PREFIX");
    surroundings.home = path(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
    surroundings.app_data = path("APPDATA");
    surroundings.python_user_base = path("PYTHONUSERBASE");
    surroundings.python_no_user_site = path("PYTHONNOUSERSITE").is_some();
    let search = env::var_os("PATH").unwrap_or_default();
    surroundings.path = env::split_paths(&search).collect();
    Ok(surroundings)
}

/// The platform whose packages are patched: the one this program is built for.
pub(crate) fn platform() -> Platform {
    if cfg!(windows) {
        Platform::Windows
    } else if cfg!(target_os = "macos") {
        Platform::Macos
    } else {
        Platform::Linux
    }
}

/// A variable, unless it is empty.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one door to the process"
)]
fn path(variable: &str) -> Option<PathBuf> {
    let value = env::var_os(variable).filter(|value| !value.is_empty());
    value.map(PathBuf::from)
}
