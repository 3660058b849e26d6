//! Why something could not be had from upstream, with the evidence.

use std::fmt;

/// Why something could not be had from upstream.
#[derive(Debug)]
pub struct UpstreamError {
    kind: Box<UpstreamErrorKind>,
}

/// What is wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum UpstreamErrorKind {
    /// No index and no folder has the project.
    ProjectNotFound {
        /// The project.
        project: String,
        /// Where it was looked for, without credentials.
        places: Vec<String>,
    },
}

impl UpstreamError {
    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &UpstreamErrorKind {
        &self.kind
    }

    /// A word for it that does not change. `docs/json.md` lists them.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match &*self.kind {
            UpstreamErrorKind::ProjectNotFound { .. } => "project-not-found",
        }
    }

    /// What to do next.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        Vec::new()
    }
}

impl fmt::Display for UpstreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.kind {
            UpstreamErrorKind::ProjectNotFound { project, places } => {
                write!(f, "no index has `{project}` (asked: {})", places.join(", "))
            }
        }
    }
}

impl std::error::Error for UpstreamError {}

impl From<UpstreamErrorKind> for UpstreamError {
    fn from(kind: UpstreamErrorKind) -> Self {
        Self {
            kind: Box::new(kind),
        }
    }
}
