//! The library against environments on disk: each test makes one, does something, and looks at it.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod adopt;
mod apply;
#[cfg(feature = "upstream")]
mod check;
mod doctor;
mod drift;
mod fleet;
mod interrupted;
mod races;
#[cfg(feature = "upstream")]
mod record;
#[cfg(feature = "upstream")]
mod record_real;
#[cfg(feature = "upstream")]
mod releases;
mod repair;
mod requirements;
mod restore;
mod revert;
mod setting;
mod several;
mod status;
#[cfg(feature = "upstream")]
mod suggest;
mod superseded;
#[cfg(feature = "upstream")]
#[cfg(unix)]
mod toolkits;
mod trial;
mod verify;
