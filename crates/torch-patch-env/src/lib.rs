//! Finds Python environments and the distributions installed in them.
//!
//! [`discover()`] looks where a user of pip and uv would expect it (options, then `VIRTUAL_ENV`, `CONDA_PREFIX`, the
//! environment of the project in the working directory or above it, and `PATH`) and remembers which of these it was. [`Environment::distribution`]
//! then finds an installed package by its metadata, and [`Distribution::recorded`] the digest its `RECORD` gives a file.
//!
//! The crate only reads. It never imports a package, never reads the process environment ([`Surroundings`] holds the
//! values), and runs an interpreter only where the layout on disk does not answer.
//!
//! ```
//! use torch_patch_env::{Recorded, Request, Surroundings, discover};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let site = tempfile::tempdir()?;
//! let info = site.path().join("torch-1.13.1.dist-info");
//! fs_err::create_dir(site.path().join("torch"))?;
//! fs_err::create_dir(&info)?;
//! fs_err::write(info.join("METADATA"), "Metadata-Version: 2.1\nName: torch\nVersion: 1.13.1\n\n")?;
//! fs_err::write(info.join("RECORD"), "torch/version.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n")?;
//!
//! let request = Request { site_packages: Some(site.path().into()), ..Request::default() };
//! let environment = discover(&request, &Surroundings::new(site.path()))?;
//! assert_eq!(environment.source.to_string(), "--site-packages");
//!
//! let torch = environment.distribution("Torch")?;
//! assert_eq!(torch.version, "1.13.1");
//! assert!(matches!(torch.recorded("torch/version.py")?, Recorded::Digest { size: Some(0), .. }));
//! assert_eq!(torch.recorded("torch/extra.py")?, Recorded::NotListed);
//! assert!(environment.distribution("torchvision").is_err_and(|error| error.is_distribution_not_found()));
//! # Ok(())
//! # }
//! ```

mod ask;
mod bounded;
mod child;
mod discover;
mod distribution;
mod environment;
mod error;
mod hints;
mod imp;
mod interpreter;
mod layout;
mod lossy;
mod message;
mod metadata;
mod name;
mod origin;
mod owner;
mod path_files;
mod poetry;
mod prefix;
mod project;
mod record;
mod registry;
mod request;
mod rows;
mod search_path;
mod source;
mod sys_path;
mod system;
mod traces;
mod tree;
mod under;
mod user_site;
mod venv;
mod version;
mod version_file;

#[cfg(test)]
mod tests;

pub use ask::InterpreterFailure;
pub use child::{BoundedRun, run_bounded};
pub use discover::discover;
pub use distribution::{Distribution, Installation};
pub use environment::{Environment, Kind, Layout, SitePackages};
pub use error::{EnvError, EnvErrorKind};
pub use name::normalize;
pub use origin::DirectUrl;
pub use owner::with_record;
pub use record::{Recorded, recorded_in};
pub use request::{PoetryPlaces, Request, Surroundings};
pub use rows::{Row, rows_of};
pub use source::Source;
pub use under::{Under, environments_under};
pub use version_file::{Assigned, assigned_in_version_file};
