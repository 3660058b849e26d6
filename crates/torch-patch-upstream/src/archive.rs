//! The members of a wheel's archive, read in parts.
//!
//! A wheel is a zip file ([APPNOTE](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT)): members, each behind
//! a local header, then the central directory that lists them, then the end record that says where the directory is.
//! Nothing that these say of lengths and places is believed before it was checked, and every check is strict: a wheel
//! that a lenient reader would take for something else is an error here.

mod content;
mod directory;
mod end;
mod entry;
mod fault;
mod inflating;
mod pieces;

pub(crate) use content::{content, span};
pub(crate) use directory::Directory;
pub(crate) use entry::{Entry, Parsed, local_header};
pub(crate) use fault::ReadError;
pub use fault::WheelFault;
pub(crate) use inflating::Inflating;
pub(crate) use pieces::Pieces;

/// The largest member that is read, packed or unpacked, in bytes.
pub(crate) const MEMBER_LIMIT: u64 = 64 << 20;

/// The largest central directory that is read, in bytes. That of torch has at most 1.4 MB.
const DIRECTORY_LIMIT: u64 = 64 << 20;
