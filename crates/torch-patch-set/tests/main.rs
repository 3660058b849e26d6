//! The patch format from outside: files that are valid, files that are not, ranges, the catalogue and the schema.
//!
//! To add a case, put a file into `tests/format/valid` or `tests/format/invalid` at the root of the workspace and run
//! the tests with `INSTA_UPDATE=always`; then read the snapshot that it made in `snapshots/format`.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod catalogue;
mod document;
mod files;
mod invalid;
mod limits;
mod properties;
mod ranges;
mod schema;
mod valid;
mod write;
