//! What package indexes and folders have of a project.

mod html;
mod json;
mod link;
mod local;

use std::collections::HashSet;
use std::fmt;

use torch_patch_env::normalize;
use torch_patch_store::Digest;

use crate::client::{Address, Client, Page, parsed, redacted};
use crate::error::{UpstreamError, UpstreamErrorKind};
use crate::wheel::{Wheel, WheelName};
use link::{Base, Link};

/// What the index is asked for, the best first (PEP 691).
const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

/// The largest number of files that one page may list.
const MOST_FILES: usize = 100_000;

/// Where projects are looked for, as pip's options of the same names say it.
#[derive(Clone)]
pub struct IndexSettings {
    /// The addresses of indexes, the main one first; may carry credentials. `file://` addresses are folders.
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

impl IndexSettings {
    /// Tells whether an index can be at `address`: on the web, or in a folder.
    ///
    /// # Errors
    ///
    /// If it is no address.
    pub fn check(address: &str) -> Result<(), UpstreamError> {
        match local::index_folder(address) {
            Some(_) => Ok(()),
            None => parsed(address).map(drop),
        }
    }

    /// Lists all places, indexes first, without credentials.
    #[must_use]
    pub fn places(&self) -> Vec<String> {
        let places = self.index_urls.iter().chain(&self.find_links);
        places.map(|place| local::shown(place)).collect()
    }
}

impl fmt::Debug for IndexSettings {
    /// Shows no credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexSettings")
            .field("places", &self.places())
            .finish()
    }
}

/// What all places together have of a project.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// The wheels, in the order of the places and of each place's own list, and the source distributions of releases
    /// that have no wheel.
    pub wheels: Vec<Wheel>,
    /// What a user may want to know, such as a folder that does not exist.
    pub notes: Vec<String>,
}

/// Lists the wheels of a project in all indexes and folders. A file that two of them have is that of the first.
///
/// An index that does not have the project, and a folder that does not exist, are passed over; a note says so of the
/// folder.
///
/// # Errors
///
/// No place has the project, or one cannot be read.
pub fn wheels(
    client: &Client,
    settings: &IndexSettings,
    project: &str,
) -> Result<Listing, UpstreamError> {
    let mut search = Search {
        client,
        project: normalize(project),
        listing: Listing::default(),
        known: HashSet::new(),
        is_found: false,
    };
    for place in &settings.index_urls {
        search.index(place)?;
    }
    for place in &settings.find_links {
        search.find_links(place)?;
    }
    if search.is_found {
        return Ok(without_needless_sources(search.listing));
    }
    Err(UpstreamErrorKind::ProjectNotFound {
        project: search.project,
        places: settings.places(),
    }
    .into())
}

/// Takes out source distributions of releases that have a wheel.
fn without_needless_sources(mut listing: Listing) -> Listing {
    let wheels = listing
        .wheels
        .iter()
        .filter(|wheel| !wheel.name.is_source());
    let built: HashSet<String> = wheels.map(|wheel| wheel.name.version.clone()).collect();
    listing
        .wheels
        .retain(|wheel| !wheel.name.is_source() || !built.contains(&wheel.name.version));
    listing
}

/// The wheel at an address with `https`, `http` or `file`; none if the address is not one, or not that of a wheel. `digest`
/// is that of the whole file, if it is known. Credentials in the address are left out.
#[must_use]
pub fn wheel_at(address: &str, digest: Option<Digest>) -> Option<Wheel> {
    let base = || Base::file("file:///".to_owned());
    let link = Link::new(&address.contains(':').then(base)?, address)?;
    let name = WheelName::parse(&link.file_name)?;
    let (wheel, _) = link.wheel(&normalize(&name.distribution))?;
    let digest = digest.or(wheel.digest);
    Some(Wheel { digest, ..wheel })
}

/// A search, and what it has found by now.
struct Search<'a> {
    client: &'a Client,
    project: String,
    listing: Listing,
    known: HashSet<String>,
    is_found: bool,
}

impl Search<'_> {
    /// Looks into an index: one page for each project, below the address.
    fn index(&mut self, place: &str) -> Result<(), UpstreamError> {
        if let Some(folder) = local::index_folder(place) {
            let links = local::project(&folder, &self.project)?;
            self.is_found |= links.is_some();
            self.add(links.unwrap_or_default());
            return Ok(());
        }
        let page = self.address(place)?.below(&self.project);
        match self.client.page(&page, ACCEPT) {
            Ok(page) => {
                self.is_found = true;
                self.add(links(&page)?);
                Ok(())
            }
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Looks at a folder or a page that has files of any projects.
    fn find_links(&mut self, place: &str) -> Result<(), UpstreamError> {
        let before = self.listing.wheels.len();
        let found = if place.contains("://") && local::path_of(place).is_none() {
            let page = self.address(place)?;
            links(&self.client.page(&page, ACCEPT)?)?
        } else {
            let path = local::path_of(place).unwrap_or_else(|| place.into());
            let listed = local::listed(&path)?;
            if listed.is_none() {
                let note = format!("`{}` does not exist and was passed over", path.display());
                self.listing.notes.push(note);
            }
            listed.unwrap_or_default()
        };
        self.add(found);
        self.is_found |= self.listing.wheels.len() > before;
        Ok(())
    }

    /// Reads an address of the settings; the client keeps the credentials in it.
    fn address(&self, place: &str) -> Result<Address, UpstreamError> {
        let (address, login) =
            Address::parse(place).map_err(|problem| UpstreamErrorKind::BadAddress {
                address: redacted(place),
                problem,
            })?;
        if let Some(login) = login {
            self.client.remember_index(&address, login);
        }
        Ok(address)
    }

    /// Adds the wheels of the project that are among `links`.
    fn add(&mut self, links: Vec<Link>) {
        for link in links {
            let Some((wheel, login)) = link.wheel(&self.project) else {
                continue;
            };
            if self.known.insert(wheel.name.file_name.clone()) {
                if let Some((origin, login)) = login {
                    self.client.remember_link(&origin, login);
                }
                self.listing.wheels.push(wheel);
            }
        }
    }
}

/// Reads the links of a page.
fn links(page: &Page) -> Result<Vec<Link>, UpstreamError> {
    let base = Base::page(&page.address);
    let links = match page.content_type.as_str() {
        "application/vnd.pypi.simple.v1+json" | "application/json" => {
            json::links(&base, &page.body)
        }
        "application/vnd.pypi.simple.v1+html" | "text/html" | "application/xhtml+xml" | "" => {
            html::links(&base, &page.body)
        }
        other => Err(format!("expected JSON or HTML, found `{other}`")),
    };
    links.map_err(|problem| {
        UpstreamErrorKind::BadPage {
            page: page.address.to_string(),
            problem,
        }
        .into()
    })
}

/// Tells whether one more file is one too many.
fn checked_count(count: usize) -> Result<(), String> {
    if count > MOST_FILES {
        return Err(format!("it has more than {MOST_FILES} files"));
    }
    Ok(())
}

/// Tells whether a version of the interface is one that this crate can read (PEP 629): 1.x.
fn checked_version(version: &str) -> Result<(), String> {
    match version.trim().split('.').next() {
        Some("1") => Ok(()),
        _ => Err(format!(
            "expected version 1 of the interface, found `{version}`"
        )),
    }
}
