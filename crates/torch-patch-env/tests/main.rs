//! The crate on a real disk: distributions in all states, interpreters that misbehave, environments made by Python.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

mod distributions;
mod installations;
#[cfg(unix)] // they are shell scripts; `tests/windows/python.py` has a real Python
mod interpreters;
#[cfg(target_os = "linux")]
mod made;
mod properties;
mod site;
mod under;
