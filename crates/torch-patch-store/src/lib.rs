//! Lock, backups, ledger and atomic replacement of files below one root.
//!
//! The store keeps its records in `<root>/.torch-patch/` and changes files of the root all or none. It handles
//! bytes, digests, relative paths and opaque labels; it never knows what a patch or Python is, never prints, and
//! never opens a file of the root for writing: a file is replaced by rename, so hard links and caches stay as they
//! are.
//!
//! The digests are the truth and the ledger only says what they mean: after a crash at any point the next
//! [`Store::lock`] finishes or undoes what was begun, by digest alone. [`Locked::commit`] lists what survives.

mod change;
mod confine;
mod digest;
mod directories;
mod disk;
mod error;
mod imp;
mod intent;
mod kept;
mod layout;
mod ledger;
mod lock;
mod locked;
mod metadata;
mod path;
mod plan;
mod records;
mod recovery;
mod replace;
mod store;
mod target;
mod transaction;
mod vault;
mod view;
mod wire;

pub use change::{Change, Committed, FileChange, Wanted};
pub use digest::{Digest, DigestError};
pub use error::{Rollback, StoreError, StoreErrorKind};
pub use intent::{IntendedFile, Intent};
pub use ledger::{FileEntry, Layer, Ledger};
pub use lock::{Holder, LockOptions};
pub use locked::Locked;
pub use metadata::{FileMetadata, Owner};
pub use path::{PathError, RelativePath};
pub use recovery::{Drifted, Recovery, RecoveryOutcome};
pub use store::Store;
pub use target::Target;
pub use view::View;

#[doc(hidden)]
pub use disk::{Observer, Step, Verdict};
