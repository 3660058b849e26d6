//! Package indexes, and single members of a remote wheel by HTTP range.
//!
//! [`wheels`] lists what an index has of a project; [`members`] reads a few files out of one of those wheels without
//! downloading it, verified by the wheel's own `RECORD`, through a [`Cache`] that is addressed by content.
//!
//! Architecture invariant: a whole remote wheel is never downloaded, no length from the network is trusted, and nothing
//! that was not verified enters the cache. Addresses in messages and in the cache carry no credentials.

mod archive;
mod cache;
mod client;
mod credentials;
mod error;
mod index;
mod members;
mod source;
mod wheel;

pub use archive::WheelFault;
pub use cache::{Cache, CacheUsage};
pub use client::{Client, ClientSettings, Traffic};
pub use credentials::Netrc;
pub use error::{UpstreamError, UpstreamErrorKind};
pub use index::{IndexSettings, Listing, wheels};
pub use members::{Member, Members, Verification, members};
pub use wheel::{Location, Wheel, WheelName};
