//! The crate through its public face, against local folders and a local HTTP server with faults.
//!
//! Tests that need the network are ignored; `.ci/run` runs them.

mod archive;
mod cache;
mod client;
mod index;
mod making;
mod members;
mod real;
