//! Folders and files that have wheels or links to them.

use std::io;
use std::path::{Path, PathBuf};

use super::html;
use super::link::{Base, Link};
use crate::client::{decoded_bytes, encoded, redacted};
use crate::error::{UpstreamError, UpstreamErrorKind};

/// Returns the path that a `file://` address names (RFC 8089); none if it is no such address, or of another machine.
pub(super) fn path_of(address: &str) -> Option<PathBuf> {
    let (scheme, rest) = address.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("file") {
        return None;
    }
    let rest = rest.split(['#', '?']).next().unwrap_or_default();
    let path = match rest.strip_prefix("//") {
        Some(rest) => {
            let at = rest.find('/')?;
            let host = &rest[..at];
            let is_here = host.is_empty() || host.eq_ignore_ascii_case("localhost");
            is_here.then_some(&rest[at..])?
        }
        None => rest,
    };
    let is_rooted = path.starts_with('/');
    let path = String::from_utf8(decoded_bytes(path)).ok()?;
    let path = if cfg!(windows) {
        without_slash(&path)
    } else {
        &path
    };
    is_rooted.then(|| PathBuf::from(path))
}

/// Returns the folder of an index that is named by a `file://` address or by its path.
pub(super) fn index_folder(place: &str) -> Option<PathBuf> {
    let path = || (!place.contains("://")).then(|| PathBuf::from(place));
    path_of(place).or_else(|| path().filter(|path| path.is_dir()))
}

/// Returns a place as messages show it: an address without credentials, or a path as it is.
pub(super) fn shown(place: &str) -> String {
    if place.contains("://") {
        return redacted(place);
    }
    place.to_owned()
}

/// Takes off the slash in front of a drive, as in `/C:/wheels`.
fn without_slash(path: &str) -> &str {
    match path.as_bytes() {
        [b'/', drive, b':', ..] if drive.is_ascii_alphabetic() => &path[1..],
        _ => path,
    }
}

/// Returns the address of a file.
fn address_of(path: &Path) -> String {
    let path = path
        .to_string_lossy()
        .replace('\\', "/")
        .replace('%', "%25");
    let path = path.replace('#', "%23").replace('?', "%3F");
    let slash = if path.starts_with('/') { "" } else { "/" };
    encoded(&format!("file://{slash}{path}"))
}

/// Lists what an index in a folder has of `project`: `<folder>/<project>/index.html`, else the files in that folder. None
/// if there is no such folder.
pub(super) fn project(folder: &Path, project: &str) -> Result<Option<Vec<Link>>, UpstreamError> {
    let folder = folder.join(project);
    let page = folder.join("index.html");
    match listed(&page)? {
        Some(links) => Ok(Some(links)),
        None => listed(&folder),
    }
}

/// Lists the files in a folder, or the links of a page. None if there is neither.
pub(super) fn listed(path: &Path) -> Result<Option<Vec<Link>>, UpstreamError> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match fs_err::metadata(&path) {
        Ok(metadata) if metadata.is_dir() => folder(&path).map(Some),
        Ok(_) => page(&path).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

fn folder(path: &Path) -> Result<Vec<Link>, UpstreamError> {
    let mut names: Vec<String> = Vec::new();
    for entry in fs_err::read_dir(path).map_err(failed)? {
        // A name that is no UTF-8 is not that of a wheel.
        names.extend(entry.map_err(failed)?.file_name().into_string());
    }
    names.sort_unstable();
    let links = names
        .into_iter()
        .map(|name| Link::file(path.join(&name), name));
    Ok(links.collect())
}

fn page(path: &Path) -> Result<Vec<Link>, UpstreamError> {
    let text = fs_err::read(path).map_err(failed)?;
    html::links(&Base::file(address_of(path)), &text).map_err(|problem| {
        UpstreamErrorKind::BadPage {
            page: path.display().to_string(),
            problem,
        }
        .into()
    })
}

fn failed(source: io::Error) -> UpstreamError {
    UpstreamErrorKind::FileSystem {
        purpose: "look for wheels",
        source,
    }
    .into()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{path_of, without_slash};

    #[test]
    fn addresses_of_files() {
        let cases = [
            ("file:///a%20b/c", Some("/a b/c")),
            ("FILE://LOCALHOST/a#b", Some("/a")),
            ("file:/a", Some("/a")),
            ("file://host/a", None),
            ("file:a", None),
            ("file:///%FF", None),
            ("https://host/a", None),
            ("/a", None),
        ];
        for (address, path) in cases {
            assert_eq!(path_of(address), path.map(PathBuf::from), "{address}");
        }
    }

    #[test]
    fn drives_have_no_slash_in_front() {
        for (path, wanted) in [("/C:/a", "C:/a"), ("/a/b", "/a/b"), ("/", "/")] {
            assert_eq!(without_slash(path), wanted);
        }
    }
}
