//! Releases as package indexes have them, and wheels as files.

use std::path::Path;

use torch_patch_set::{Platform, VersionRange};
use torch_patch_upstream::{
    Cache, Client, IndexSettings, Listing, Location, Verification, Wheel, WheelName, members,
    wheels,
};

use crate::check::selection::{is_for, python, select};
use crate::check::specimen::{Found, Specimen};
use crate::error::{Error, ErrorKind};

/// The package indexes, how they are talked to, and what is kept of them.
#[derive(Debug)]
pub struct Upstream {
    /// The connections.
    pub client: Client,
    /// Where projects are looked for.
    pub indexes: IndexSettings,
    /// Where members of wheels are kept; `None`: nowhere.
    pub cache: Option<Cache>,
}

impl Upstream {
    /// Lists what the indexes have of a distribution.
    pub(crate) fn listing(&self, distribution: &str) -> Result<Listing, Error> {
        Ok(wheels(&self.client, &self.indexes, distribution)?)
    }

    /// One wheel for each release and platform, the oldest release first.
    pub(crate) fn select(
        &self,
        listing: &Listing,
        versions: Option<&VersionRange>,
        platforms: &[Platform],
    ) -> Vec<Release<'_>> {
        let chosen = select(&listing.wheels, versions, platforms).into_iter();
        let releases = chosen.map(|(wheel, platform)| Release {
            upstream: self,
            wheel: wheel.clone(),
            platform,
        });
        releases.collect()
    }

    /// A wheel in the file system.
    pub(crate) fn wheel_file(&self, path: &Path) -> Result<Release<'_>, Error> {
        let name = path.file_name().map(|name| name.to_string_lossy());
        let name = name.unwrap_or_default();
        let name = WheelName::parse(&name).ok_or_else(|| ErrorKind::NoWheel {
            path: path.to_owned(),
        })?;
        let platforms = Platform::ALL.iter().copied();
        let platform = platforms.clone().find(|platform| is_for(&name, *platform));
        Ok(Release {
            upstream: self,
            platform: platform.unwrap_or(Platform::HOST),
            wheel: Wheel {
                name,
                location: Location::File(path.to_owned()),
                size: None,
                digest: None,
                metadata_digest: None,
                yanked: None,
            },
        })
    }
}

/// The wheel that stands for a release on a platform.
#[derive(Debug, Clone)]
pub(crate) struct Release<'u> {
    upstream: &'u Upstream,
    pub(crate) wheel: Wheel,
    platform: Platform,
}

impl Release<'_> {
    /// The newest Python that the wheel is for, such as `3.12`.
    pub(crate) fn python(&self) -> String {
        let tags = self.wheel.name.python.iter();
        let newest = tags.filter_map(|tag| python(tag)).max();
        let (major, minor) = newest.unwrap_or((3, 0));
        format!("{major}.{minor}")
    }
}

impl Specimen for Release<'_> {
    fn release(&self) -> &str {
        &self.wheel.name.version
    }

    fn platform(&self) -> Platform {
        self.platform
    }

    fn from(&self) -> String {
        self.wheel.name.file_name.clone()
    }

    fn files(&self, paths: &[&str]) -> Result<Found, Error> {
        let Upstream { client, cache, .. } = self.upstream;
        let read = members(client, cache.as_ref(), &self.wheel, paths)?;
        let mut found = Found::default();
        for (path, member) in read {
            if member
                .as_ref()
                .is_some_and(|member| member.verification == Verification::Crc32)
            {
                found.notes.push(format!(
                    "`{path}` is verified by the checksum of the archive only: the wheel's `RECORD` does not list it, or there is none"
                ));
            }
            found
                .contents
                .insert(path, member.map(|member| member.bytes));
        }
        if let Some(reason) = &self.wheel.yanked {
            found.notes.push(match reason.as_str() {
                "" => "the release was yanked".to_owned(),
                reason => format!("the release was yanked: {reason}"),
            });
        }
        Ok(found)
    }
}
