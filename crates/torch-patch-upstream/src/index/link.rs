//! A link to a file, as a page has it.

use std::path::PathBuf;

use torch_patch_env::normalize;
use torch_patch_store::Digest;

use super::local;
use crate::client::{Address, Origin, decoded, resolve};
use crate::credentials::Login;
use crate::wheel::{Location, Wheel, WheelName};

/// What the links of a page are relative to.
pub(super) struct Base {
    text: String,
    is_local: bool,
}

impl Base {
    /// The links are those of a page on the web. They do not lead to local files.
    pub(super) fn page(address: &Address) -> Self {
        Self {
            text: address.as_str().to_owned(),
            is_local: false,
        }
    }

    /// The links are those of a local file, named by its `file://` address.
    pub(super) fn file(address: String) -> Self {
        Self {
            text: address,
            is_local: true,
        }
    }

    /// Takes the `href` of a `base` element into account.
    pub(super) fn moved(&self, href: &str) -> Self {
        match self.resolve(href) {
            Some(text) => Self {
                text,
                is_local: self.is_local,
            },
            None => Self {
                text: self.text.clone(),
                is_local: self.is_local,
            },
        }
    }

    /// Resolves a link, if it leads somewhere that files can be read from.
    fn resolve(&self, href: &str) -> Option<String> {
        let text = resolve(&self.text, href)?;
        let is_file = local::path_of(&text).is_some();
        (is_file && self.is_local || Address::parse(&text).is_ok()).then_some(text)
    }
}

/// Where a link leads.
pub(super) enum Target {
    /// To an address.
    Url(Address, Option<Login>),
    /// To a file.
    File(PathBuf),
}

/// A link to a file, and what the page says of it.
pub(super) struct Link {
    pub(super) file_name: String,
    pub(super) target: Target,
    pub(super) size: Option<u64>,
    pub(super) digest: Option<Digest>,
    pub(super) metadata_digest: Option<Digest>,
    pub(super) yanked: Option<String>,
}

impl Link {
    /// Makes a link of what a page has; none if it leads nowhere, such as `javascript:`. The name is the last segment of
    /// the path, and a `#sha256=` at the end says the digest.
    pub(super) fn new(base: &Base, href: &str) -> Option<Self> {
        let text = base.resolve(href)?;
        let (whole, fragment) = text.split_once('#').unwrap_or((&text, ""));
        let path = whole.split('?').next().unwrap_or_default();
        let target = if let Some(path) = local::path_of(whole) {
            Target::File(path)
        } else {
            let (address, login) = Address::parse(whole).ok()?;
            Target::Url(address, login)
        };
        let digest = fragment
            .split('&')
            .find_map(|pair| pair.strip_prefix("sha256="));
        Some(Self {
            file_name: decoded(path.rsplit('/').next().unwrap_or_default()),
            target,
            size: None,
            digest: digest.and_then(sha256),
            metadata_digest: None,
            yanked: None,
        })
    }

    /// Makes a link of a file.
    pub(super) fn file(path: PathBuf, file_name: String) -> Self {
        Self {
            file_name,
            target: Target::File(path),
            size: None,
            digest: None,
            metadata_digest: None,
            yanked: None,
        }
    }

    /// Returns the wheel or source distribution that it leads to, if it is one of `project`, a normalised name; and credentials in the link.
    pub(super) fn wheel(self, project: &str) -> Option<(Wheel, Option<(Origin, Login)>)> {
        let name = WheelName::parse(&self.file_name)
            .or_else(|| WheelName::parse_source(&self.file_name, project))?;
        if normalize(&name.distribution) != project {
            return None;
        }
        let (location, login) = match self.target {
            Target::File(path) => (Location::File(path), None),
            Target::Url(address, login) => {
                let login = login.map(|login| (address.origin().clone(), login));
                (Location::Url(address.to_string()), login)
            }
        };
        let wheel = Wheel {
            name,
            location,
            size: self.size,
            digest: self.digest,
            metadata_digest: self.metadata_digest,
            yanked: self.yanked,
        };
        Some((wheel, login))
    }
}

/// Reads the hexadecimal digits of a sha256.
pub(super) fn sha256(hex: &str) -> Option<Digest> {
    let hex = hex.trim().to_ascii_lowercase();
    format!("sha256:{hex}").parse().ok()
}
