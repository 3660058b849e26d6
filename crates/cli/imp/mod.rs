//! What differs between the platforms: who has started the program, in which language it is read, and how a program that
//! it starts hears of signals.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;
