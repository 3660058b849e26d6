//! Tests of the store through its public face.
//!
//! `world` has one root per test and spells changes in one line; `fault` kills or fails the store at any step.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

mod commit;
mod confine;
mod crash;
mod fault;
mod killed;
mod lock;
mod order;
#[cfg(unix)] // users and limits
mod powerless;
#[cfg(unix)] // modes and owners
mod rights;
mod verify;
#[cfg(windows)]
mod windows;
mod world;
