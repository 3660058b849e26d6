//! What differs between the platforms: who has started the program, and in which language it is read.

#[cfg(not(windows))]
mod other;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
pub(crate) use other::*;
#[cfg(windows)]
pub(crate) use windows::*;
