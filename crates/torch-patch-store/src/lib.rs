//! Lock, backups, ledger and atomic replacement of files below one root.
//!
//! The store keeps its records in `<root>/.torch-patch/` and changes files of the root all or none. It handles
//! bytes, digests, relative paths and opaque labels; it never knows what a patch or Python is, never prints, and
//! never opens a file of the root for writing: a file is replaced by rename, so hard links and caches stay as they
//! are.
//!
//! The digests are the truth and the ledger only says what they mean: after a crash at any point the next
//! [`Store::lock`] finishes or undoes what was begun, by digest alone. [`Locked::commit`] lists what survives.
//!
//! ```
//! use torch_patch_store::{Change, Digest, FileChange, FileEntry, LockOptions, RelativePath, Store, Wanted};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let root = tempfile::tempdir()?;
//! fs_err::write(root.path().join("a.py"), "x = 1\n")?;
//! let path = RelativePath::new("a.py")?;
//!
//! let store = Store::new(root.path());
//! let mut locked = store.lock(&LockOptions::new("example"))?;
//! let target = locked.target(&path)?.ok_or("no such file")?;
//! let wanted = b"x = 2\n".to_vec();
//! let entry = FileEntry {
//!     distribution: "example".to_owned(),
//!     version: "1.0".to_owned(),
//!     pristine: Some(target.digest),
//!     expected: Some(Digest::of(&wanted)),
//!     metadata: target.metadata,
//!     patches: Vec::new(),
//! };
//! let mut file = FileChange::new(path.clone(), Some(target.digest), Wanted::Write(wanted.clone()));
//! file.entry = Some(entry);
//! locked.commit(Change { files: vec![file], blobs: Vec::new() })?;
//!
//! let original = locked.backup(&target.digest)?;
//! let file = FileChange::new(path, Some(Digest::of(&wanted)), Wanted::Write(original));
//! locked.commit(Change { files: vec![file], blobs: Vec::new() })?;
//! locked.release()?;
//!
//! assert_eq!(fs_err::read_to_string(root.path().join("a.py"))?, "x = 1\n");
//! assert!(!root.path().join(".torch-patch").exists());
//! # Ok(())
//! # }
//! ```

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
mod lease;
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
pub use lease::Lease;
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
