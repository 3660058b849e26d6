//! Patch files: format, validation and the built-in catalogue.
//!
//! A [`Patch`] is what a patch file says once everything in it has been checked: ranges of versions that do not
//! overlap, edits that the engine accepts, paths that lead nowhere else. A [`FormatError`] says what is wrong with a
//! file, where, and what is allowed there. `docs/patch-format.md` describes the format for those who write patches.
//!
//! Architecture invariant: nothing here does I/O, and a built-in patch is read by the same code as a user's.
//!
//! ```
//! use torch_patch_set::{Action, Catalogue, Origin, Patch};
//!
//! let text = r#"
//! format = 1
//! id = "quiet-load"
//! title = "Load without the warning"
//! distribution = "torch"
//!
//! [[variant]]
//! versions = ">=2.4,<2.6"
//!
//! [[variant.edit]]
//! file = "torch/serialization.py"
//! within = "def load"
//! delete = "warnings.warn(...)"
//! "#;
//! let patch = Patch::parse(text.as_bytes(), Origin::File("quiet.toml".into())).unwrap();
//! let variant = patch.variant_for("2.5.1+cu124").unwrap();
//! let Action::Edits(files) = &variant.action else { unreachable!() };
//! assert_eq!(files[0].file, "torch/serialization.py");
//!
//! let typo = text.replace("title", "titel");
//! let error = Patch::parse(typo.as_bytes(), Origin::File("quiet.toml".into())).unwrap_err();
//! assert_eq!(error.to_string(), "`quiet.toml` is not a valid patch file");
//! assert_eq!(error.place().map(|place| (place.line, place.column)), Some((4, 1)));
//! assert_eq!(error.hints(), ["did you mean `title`?"]);
//!
//! let mut catalogue = Catalogue::built_in();
//! catalogue.add(patch).unwrap();
//! assert!(catalogue.find("quiet-load").is_some() && catalogue.find("gloo-windows").is_some());
//! ```

mod catalogue;
mod edits;
mod error;
mod error_kind;
mod file_path;
mod keys;
mod limits;
mod nearest;
mod occurs;
mod origin;
mod patch;
mod place;
mod platform;
mod raw;
mod repair;
mod risk;
#[cfg(feature = "schema")]
mod schema;
mod source;
mod text;
mod toml_text;
mod validate;
mod variant;
mod version_range;
mod write;

pub use catalogue::Catalogue;
pub use error::FormatError;
pub use error_kind::FormatErrorKind;
pub use limits::FILE as MAX_FILE_SIZE;
pub use occurs::Occurs;
pub use origin::Origin;
pub use patch::{NotCovered, Patch};
pub use place::Place;
pub use platform::Platform;
pub use risk::Risk;
#[cfg(feature = "schema")]
pub use schema::schema;
pub use validate::is_patch_id;
pub use variant::{Action, FileEdits, Variant};
pub use version_range::{RangeError, VersionRange};
pub use write::{Head, patch_toml, variant_toml};
