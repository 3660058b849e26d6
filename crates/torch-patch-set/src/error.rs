//! What is wrong with a patch file, where, and what is allowed there.

use std::fmt;

use serde_json::{Value, json};

use crate::error_kind::FormatErrorKind;
use crate::place::Place;

/// A patch file that cannot be used: what is wrong with it, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatError {
    inner: Box<Inner>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    kind: FormatErrorKind,
    file: String,
    place: Option<Place>,
    key: Option<String>,
}

impl FormatError {
    pub(crate) fn new(
        kind: FormatErrorKind,
        file: String,
        place: Option<Place>,
        key: Option<String>,
    ) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                file,
                place,
                key,
            }),
        }
    }

    /// Returns what is wrong.
    #[must_use]
    pub fn kind(&self) -> &FormatErrorKind {
        &self.inner.kind
    }

    /// Returns where it is wrong, unless it is the file as a whole.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.inner.place.as_ref()
    }

    /// Returns the key whose value is wrong, as in `variant[2].edit[1].file` (counted from 1), where it is known.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.inner.key.as_deref()
    }

    /// Returns what led to it, outermost first, each on one line without full stop.
    #[must_use]
    pub fn causes(&self) -> Vec<String> {
        let kind = &self.inner.kind;
        vec![match (&self.inner.place, &self.inner.key) {
            (Some(Place { line, column, .. }), Some(key)) => {
                format!("line {line}, column {column}: `{key}`: {kind}")
            }
            (Some(Place { line, column, .. }), None) => {
                format!("line {line}, column {column}: {kind}")
            }
            (None, _) => kind.to_string(),
        }]
    }

    /// Returns what to do next, each a sentence in lower case without full stop.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        self.inner.kind.hint().into_iter().collect()
    }

    /// Returns the offending line with its number and with carets under what is meant; empty if no line is.
    #[must_use]
    pub fn excerpt(&self) -> String {
        self.inner
            .place
            .as_ref()
            .map(Place::excerpt)
            .unwrap_or_default()
    }

    /// Returns the evidence for a program: `file`, `line`, `column`, `key`, `reason`, `expected`, `found`, `excerpt`.
    #[must_use]
    pub fn details(&self) -> Value {
        let inner = &self.inner;
        let (expected, found) = inner.kind.evidence();
        json!({
            "file": inner.file.strip_prefix('`').and_then(|file| file.split('`').next()).unwrap_or(&inner.file),
            "line": inner.place.as_ref().map(|place| place.line),
            "column": inner.place.as_ref().map(|place| place.column),
            "key": inner.key,
            "reason": inner.kind.to_string(),
            "expected": expected,
            "found": found,
            "excerpt": inner.place.as_ref().map(|place| place.shown().0),
        })
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.inner.kind {
            FormatErrorKind::SameId { id, .. } => {
                write!(
                    formatter,
                    "{} cannot be taken as patch `{id}`",
                    self.inner.file
                )
            }
            _ => write!(formatter, "{} is not a valid patch file", self.inner.file),
        }
    }
}

impl std::error::Error for FormatError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.inner.kind)
    }
}
