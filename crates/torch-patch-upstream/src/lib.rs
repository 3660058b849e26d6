//! Package indexes, and single members of a remote wheel by HTTP range.
//!
//! [`wheels`] lists what an index has of a project; [`members`] reads a few files out of one of those wheels without
//! downloading it, verified by the wheel's own `RECORD`, through a [`Cache`] that is addressed by content.
//!
//! Architecture invariant: a whole remote wheel is never downloaded, no length from the network is trusted, and nothing
//! that was not verified enters the cache. Addresses in messages and in the cache carry no credentials.
//!
//! ```
//! use torch_patch_upstream::{
//!     Client, ClientSettings, Location, Verification, Wheel, WheelName, members,
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("torch-1.0-py3-none-any.whl");
//! let mut archive = rawzip::ZipArchiveWriter::new(Vec::new());
//! for (name, content) in [
//!     ("torch/version.py", "__version__ = '1.0'\n"),
//!     (
//!         "torch-1.0.dist-info/RECORD",
//!         "torch/version.py,sha256=rMAfsP6Hb75p993EYq2Er99BwmStgG2VR2FptTsBTiY,20\n",
//!     ),
//! ] {
//!     let (mut entry, config) = archive.new_file(name).start()?;
//!     let mut writer = config.wrap(&mut entry);
//!     std::io::Write::write_all(&mut writer, content.as_bytes())?;
//!     let (_, descriptor) = writer.finish()?;
//!     entry.finish(descriptor)?;
//! }
//! fs_err::write(&path, archive.finish()?)?;
//!
//! let wheel = Wheel {
//!     name: WheelName::parse("torch-1.0-py3-none-any.whl").ok_or("no wheel")?,
//!     location: Location::File(path),
//!     size: None,
//!     digest: None,
//!     metadata_digest: None,
//!     yanked: None,
//! };
//! let client = Client::new(ClientSettings::default())?;
//! let found = members(&client, None, &wheel, &["torch/version.py", "torch/none.py"])?;
//! let version = found["torch/version.py"].as_ref().ok_or("it is there")?;
//! assert_eq!(version.bytes, b"__version__ = '1.0'\n");
//! assert_eq!(version.verification, Verification::Digest);
//! assert_eq!(found["torch/none.py"], None);
//! # Ok(())
//! # }
//! ```

mod archive;
mod cache;
mod client;
mod credentials;
mod error;
mod index;
mod members;
mod source;
mod source_archive;
mod wheel;

pub use archive::WheelFault;
pub use cache::{Cache, CacheUsage};
pub use client::{Client, ClientSettings, Traffic};
pub use credentials::Netrc;
pub use error::{UpstreamError, UpstreamErrorKind};
pub use index::{IndexSettings, Listing, wheel_at, wheels};
pub use members::{Member, Members, Verification, members};
pub use wheel::{Location, Wheel, WheelName};
