//! Anchored source edits as a pure function from bytes to bytes.
//!
//! An [`Edit`] says where (an [`Anchor`] with its scope and neighbours) and what (a [`Verb`]). The
//! edits of one file make a [`FilePatch`], which tells what a file looks like to them, applies them,
//! and can take them back.
//!
//! Architecture invariant: nothing here does I/O, reads a clock or draws a random number. The same
//! bytes and edits give the same result, and an edit counts as applied only where its result was
//! found in place.
//!
//! ```
//! use torch_patch_edit::{Anchor, Edit, FilePatch, FileState, Verb, undo};
//!
//! let edit = Edit::new(Verb::InsertAfter {
//!     anchor: Anchor::Lines("store = PrefixStore(...)".to_owned()),
//!     text: "backend = Backend.GLOO".to_owned(),
//! });
//! let patch = FilePatch::compile("torch/distributed.py", &[edit]).unwrap();
//!
//! let original = b"def f():\r\n    store = PrefixStore(\r\n        name)  # a comment\r\n    return store\r\n";
//! let applied = patch.apply(Some(original)).unwrap();
//! assert!(applied.bytes.ends_with(b"# a comment\r\n    backend = Backend.GLOO\r\n    return store\r\n"));
//! assert_eq!(applied.changes[0].line, 4);
//!
//! assert_eq!(patch.classify(Some(&applied.bytes)).state, FileState::Applied);
//! assert_eq!(undo(&applied.bytes, &applied.changes).as_deref(), Some(&original[..]));
//! ```

mod argument;
mod block;
mod blocks;
mod change;
mod character;
mod comment;
mod compile;
mod compose;
mod conflict;
mod derive;
mod diff;
mod document;
mod draft;
mod edit;
mod encoding;
mod error;
mod file_patch;
mod import;
mod language;
mod lexer;
mod line_counter;
mod line_regex;
mod locate;
mod merge;
mod nearmiss;
mod nesting;
mod opaque;
mod operations;
mod outline;
mod pattern;
mod places;
mod restore;
mod scope;
mod site;
mod syntax;
mod token;
mod unified;

pub use change::{Change, undo};
pub use character::{is_bidi, is_plain};
pub use compose::{Application, ApplyError, compose};
pub use conflict::{Conflict, ConflictKind};
pub use derive::{Underivable, UnderivableKind, derive};
pub use diff::unified_diff;
pub use document::UnreadableKind;
pub use edit::{Anchor, AnchorRange, Edit, Expect, Near, Scope, Verb};
pub use error::{CompileError, CompileErrorKind, Field};
pub use file_patch::{Classification, EditReport, FilePatch, FileState};
pub use language::Language;
pub use merge::{MergeConflict, merge};
pub use nearmiss::NearMiss;
pub use scope::scope_at;
pub use syntax::SyntaxBroken;
pub use unified::{DiffError, DiffErrorKind, Direction, FileDiff, Mismatch, read_diff};
