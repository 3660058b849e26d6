//! What differs between systems: which files can be run, which Pythons are registered, and how a run is ended with all
//! it has started.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::{end, is_executable, registered, set_apart};
#[cfg(windows)]
pub(crate) use windows::{end, is_executable, registered, set_apart};
