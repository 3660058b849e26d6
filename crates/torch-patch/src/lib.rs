//! Applies, takes back and tells the state of named source edits in an installed Python package.
//!
//! A [`Context`] is an environment with the patches that are known; [`plan`], [`apply`], [`status`]
//! and [`revert`] take it with a request and return a [`Report`], both plain data. A [`Progress`]
//! hears of each step.
//!
//! Architecture invariant: nothing here prints, exits or reads the process environment, and the
//! package that is patched is never imported.
//!
//! ```
//! use torch_patch::{
//!     ApplyRequest, Catalogue, Context, Origin, Outcome, Patch, Platform, Request, RevertRequest,
//!     Silent, StatusRequest, Surroundings, apply, discover, revert, status,
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // An environment with one small distribution.
//! let environment = tempfile::tempdir()?;
//! let site_packages = environment.path().join("lib/python3.12/site-packages");
//! fs_err::create_dir_all(site_packages.join("example-1.0.dist-info"))?;
//! fs_err::write(
//!     site_packages.join("example-1.0.dist-info/METADATA"),
//!     "Metadata-Version: 2.1\nName: example\nVersion: 1.0\n",
//! )?;
//! fs_err::write(site_packages.join("example.py"), "timeout = 5\r\n")?;
//!
//! let request = Request { site_packages: Some(site_packages.clone()), ..Request::default() };
//! let found = discover(&request, &Surroundings::new(environment.path()))?;
//!
//! let patch = Patch::parse(
//!     br#"
//! format = 1
//! id = "patient"
//! title = "Wait longer"
//! distribution = "example"
//! description = "The default of five seconds is too short on slow disks."
//!
//! [[variant]]
//! versions = ">=1,<2"
//! [[variant.edit]]
//! file = "example.py"
//! replace = "timeout = 5"
//! with = "timeout = 60"
//! "#,
//!     Origin::File("patient.toml".into()),
//! )?;
//! let mut catalogue = Catalogue::built_in();
//! catalogue.add(patch)?;
//! let context = Context::new(found, catalogue, Platform::Windows);
//!
//! let report = apply(&context, &ApplyRequest::new(["patient"]), &mut Silent)?;
//! assert_eq!(report.results[0].outcome, Outcome::Applied);
//! assert_eq!(fs_err::read_to_string(site_packages.join("example.py"))?, "timeout = 60\r\n");
//!
//! let report = status(&context, &StatusRequest::new(["patient"]))?;
//! assert_eq!(report.results[0].outcome, Outcome::Applied);
//!
//! let report = revert(&context, &RevertRequest::new(["patient"]), &mut Silent)?;
//! assert_eq!(report.results[0].outcome, Outcome::Reverted);
//! assert_eq!(fs_err::read_to_string(site_packages.join("example.py"))?, "timeout = 5\r\n");
//! assert!(!site_packages.join(".torch-patch").exists());
//! # Ok(())
//! # }
//! ```

mod advice;
mod apply;
mod bytecode;
mod causes;
mod cell;
#[cfg(feature = "upstream")]
mod check;
mod codes;
mod context;
mod damage;
mod description;
mod diagnosis;
mod doctor;
mod draft;
mod drift;
mod dropped;
mod error;
mod evidence;
mod explain;
mod file_view;
mod findings;
mod fleet;
mod known;
mod layers;
mod load;
mod overview;
mod plan;
mod pristine;
mod progress;
mod project;
mod record;
mod recording;
mod records;
mod repair;
mod report;
mod request;
mod restoration;
mod restore;
mod restored;
mod revert;
mod run;
mod runs;
mod shell;
mod standing;
mod status;
mod sync;
mod transfer;
#[cfg(feature = "upstream")]
mod trial;
mod uv_cache;
mod verified;
mod verify;
mod workers;
mod write;

pub use apply::{apply, apply_from, plan};
pub use cell::{CellReport, CellState, NearLine, NearReport};
#[cfg(feature = "upstream")]
pub use check::{CheckRequest, Material, Upstream, check, traffic};
pub use context::Context;
pub use description::{Description, VariantDescription};
pub use diagnosis::{Diagnosis, DoctorFinding, Level, ProbeReport, Toolkit, Topic, TorchBuild};
pub use doctor::{DoctorRequest, Tools, doctor};
pub use error::{DriftedFile, Error, ErrorKind, Subject};
pub use explain::{Explanation, explain};
pub use findings::{RangeReport, ReleaseName, SuggestionReport, VariantRange};
pub use fleet::{Errand, Fleet, Means, fleet};
pub use load::{load_directory, load_file, names_file};
pub use overview::{environment, list, show};
pub use pristine::{NoOriginal, NoOriginalReason, Provenance, Sources};
pub use progress::{Amount, Progress, Silent, Step};
pub use project::{Lock, LockDifference, Project, ProjectError};
pub use record::{DiffInput, RecordRefusal, RecordRequest, record};
pub use recording::{RecordedFileReport, RecordingReport};
pub use report::{
    Command, DirectoryReport, DistributionReport, EnvironmentReport, ErrorReport, FileReport,
    LockReport, LockState, MemberReport, Outcome, PatchReport, ProjectReport, Report, SCHEMA,
    ShadowedReport,
};
pub use request::{ApplyRequest, Mode, OnDrift, RevertRequest, Selection, StatusRequest};
pub use restore::{OnPatches, RestoreRequest, Unlocated, restore};
pub use restored::{RestoreOutcome, RestoredReport};
pub use revert::revert;
pub use run::Run;
pub use shell::shell_word;
pub use status::status;
pub use sync::{SyncRequest, project_patches, sync};
pub use torch_patch_env::{
    EnvError, Environment, Request, SitePackages, Source, Surroundings, discover,
};
pub use torch_patch_set::{
    Catalogue, FormatError, Origin, Patch, Platform, Risk, VersionRange, is_patch_id,
};
pub use torch_patch_store::Digest;
#[cfg(feature = "upstream")]
pub use torch_patch_upstream::{
    Cache, CacheUsage, Client, ClientSettings, IndexSettings, Netrc, Traffic, UpstreamError,
};
pub use transfer::{CacheReport, TrafficReport};
#[cfg(feature = "upstream")]
pub use trial::{TryRequest, try_release};
pub use verified::{CachedReport, FindingReport, FindingState, SkippedReport, VerifiedReport};
pub use verify::{Contents, Distributions, OnExtra, VerifyRequest, verify};
