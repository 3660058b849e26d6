//! The one door to the process: arguments, variables, working directory.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use anyhow::Context as _;
use torch_patch::Surroundings;

/// The words of the command line, the name of the program first.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one door to the process"
)]
pub(crate) fn arguments() -> Vec<OsString> {
    env::args_os().collect()
}

/// The file of the program.
pub(crate) fn program() -> io::Result<PathBuf> {
    env::current_exe()
}

/// Ends the process with a code that is larger than others can be, as Windows has them.
#[expect(clippy::exit, reason = "`ExitCode` takes a byte")]
pub(crate) fn exit(code: u32) -> ! {
    std::process::exit(code.cast_signed())
}

/// A variable of the environment.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one door to the process"
)]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    env::var_os(name)
}

/// The working directory.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one door to the process"
)]
pub(crate) fn directory() -> anyhow::Result<PathBuf> {
    env::current_dir().context("failed to find the working directory")
}

/// The home of the user.
pub(crate) fn home() -> Option<PathBuf> {
    let name = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    variable(name).map(PathBuf::from)
}

/// What the search for an environment depends on.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one door to the process"
)]
pub(crate) fn surroundings() -> anyhow::Result<Surroundings> {
    Ok(Surroundings::from_variables(directory()?, |name| {
        env::var_os(name)
    }))
}
