//! The crate through its public face, against local folders and a local HTTP server with faults.
//!
//! Tests that need the network are ignored; `.ci/run` runs them.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

mod archive;
mod cache;
mod client;
mod credentials;
mod index;
mod lies;
mod making;
mod members;
mod real;
