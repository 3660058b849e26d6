//! Anchored source edits as a pure function from bytes to bytes.

mod edit;
mod error;
mod language;

pub use edit::{Anchor, AnchorRange, Edit, Expect, Near, Scope, Verb};
pub use error::{CompileError, CompileErrorKind, Field};
pub use language::Language;

/// The edits of one file, checked and ready to be looked for.
#[derive(Debug)]
pub struct FilePatch {}

impl FilePatch {
    /// Checks the edits of one file, whose `path` tells the language.
    ///
    /// # Errors
    ///
    /// The first value that makes no sense, with the edit and the key it belongs to.
    pub fn compile(_path: &str, _edits: &[Edit]) -> Result<Self, CompileError> {
        Ok(Self {})
    }
}
