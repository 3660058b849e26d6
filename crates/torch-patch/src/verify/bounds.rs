//! What belongs to an environment, so that neither a row of `RECORD` nor a link leads anywhere else.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use fs_err as fs;
use torch_patch_env::Distribution;

use crate::context::Context;

/// The directories that files may be in.
#[derive(Debug)]
pub(super) struct Bounds {
    /// What the paths of rows are relative to.
    root: PathBuf,
    /// The directories, without links.
    real: Vec<PathBuf>,
    /// As they are written.
    written: Vec<PathBuf>,
    /// Whether conda has installed there.
    is_conda: bool,
    /// Caches that links may lead into, without links.
    caches: Vec<PathBuf>,
    /// The directories that were looked at, without links.
    seen: Mutex<HashMap<PathBuf, Option<PathBuf>>>,
}

/// Where the file of a row is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Here, or where a link in the environment leads.
    Inside(PathBuf),
    /// Here, by a link into a cache.
    Cached(PathBuf),
    /// Not in the environment, by its path alone.
    Outside,
    /// Nowhere.
    Absent,
    /// Not in the environment: a link leads there. It was not followed.
    LeadsAway(PathBuf),
    /// It cannot be told.
    Unknown(String),
}

impl Bounds {
    /// Those of an installed distribution: its site-packages directory, the prefix, and where its scheme puts scripts.
    pub(super) fn of(
        context: &Context,
        distribution: &Distribution,
        uv_caches: &[PathBuf],
    ) -> Self {
        let site = &distribution.site_packages;
        let prefix = context.environment().prefix.as_deref();
        let prefix = prefix.filter(|prefix| site.starts_with(prefix));
        let roots = [Some(site.as_path()), prefix, scheme_root(site)];
        Self::new(site, roots.into_iter().flatten(), uv_caches)
    }

    /// Those of one directory alone.
    pub(super) fn directory(root: &Path) -> Self {
        Self::new(root, [root].into_iter(), &[])
    }

    fn new<'p>(root: &Path, roots: impl Iterator<Item = &'p Path>, caches: &[PathBuf]) -> Self {
        let real = |path: &Path| fs::canonicalize(path).ok();
        let written: Vec<PathBuf> = roots.map(Path::to_owned).collect();
        Self {
            root: root.to_owned(),
            real: written.iter().filter_map(|path| real(path)).collect(),
            is_conda: written.iter().any(|root| root.join("conda-meta").is_dir()),
            caches: caches.iter().filter_map(|path| real(path)).collect(),
            written,
            seen: Mutex::default(),
        }
    }

    /// Whether conda has installed there.
    pub(super) fn is_conda(&self) -> bool {
        self.is_conda
    }

    /// Finds the file of a row.
    pub(super) fn place(&self, path: &str) -> Place {
        let place = straight(&self.root.join(path));
        if !self.written.iter().any(|root| place.starts_with(root)) {
            return Place::Outside;
        }
        let (Some(directory), Some(name)) = (place.parent(), place.file_name()) else {
            return Place::Outside;
        };
        let Some(directory) = self.real_directory(directory) else {
            return Place::Absent;
        };
        let found = directory.join(name);
        if self.is_cached(&found) {
            return Place::Cached(found);
        }
        if !self.is_inside(&found) {
            return Place::LeadsAway(found);
        }
        match fs::symlink_metadata(&found) {
            Ok(metadata) if metadata.file_type().is_symlink() => self.followed(&found),
            Ok(_) => Place::Inside(found),
            Err(error) if is_absent(&error) => Place::Absent,
            Err(error) => Place::Unknown(error.to_string()),
        }
    }

    fn followed(&self, link: &Path) -> Place {
        match fs::canonicalize(link) {
            Ok(found) if self.is_cached(&found) => Place::Cached(found),
            Ok(found) if self.is_inside(&found) => Place::Inside(found),
            Ok(found) => Place::LeadsAway(found),
            Err(error) if is_absent(&error) => Place::Absent,
            Err(error) => Place::Unknown(error.to_string()),
        }
    }

    /// A directory without links; none if it does not exist. Each is looked at once.
    fn real_directory(&self, directory: &Path) -> Option<PathBuf> {
        let seen = || self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = seen().get(directory) {
            return known.clone();
        }
        let found = fs::canonicalize(directory).ok();
        seen().insert(directory.to_owned(), found.clone());
        found
    }

    fn is_inside(&self, path: &Path) -> bool {
        self.real.iter().any(|root| path.starts_with(root))
    }

    fn is_cached(&self, path: &Path) -> bool {
        self.caches.iter().any(|cache| path.starts_with(cache))
    }
}

/// A path without `.` and `..`, by its words alone.
pub(crate) fn straight(path: &Path) -> PathBuf {
    let mut straight = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                straight.pop();
            }
            part => straight.push(part),
        }
    }
    straight
}

/// The directory below which an installer puts scripts and data beside `site`, by the layout of the directory
/// ([installation schemes](https://docs.python.org/3/library/sysconfig.html#installation-paths)).
fn scheme_root(site: &Path) -> Option<&Path> {
    let named = |path: &Path, wanted: &[&str]| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| {
            wanted
                .iter()
                .any(|wanted| name.eq_ignore_ascii_case(wanted))
        })
    };
    let is_python = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.to_ascii_lowercase().starts_with("python"))
    };
    if !named(site, &["site-packages", "dist-packages"]) {
        return None;
    }
    let above = site.parent()?;
    if named(above, &["lib"]) {
        return above.parent();
    }
    let further = above.parent()?;
    match (is_python(above), named(further, &["lib", "lib64"])) {
        (true, true) => further.parent(),
        // The user site of Windows: `Python\Python311\site-packages`.
        (true, false) => Some(above),
        _ => None,
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_where_the_scheme_puts_them() {
        for (site, wanted) in [
            ("/v/lib/python3.11/site-packages", Some("/v")),
            ("/v/lib64/python3.11/site-packages", Some("/v")),
            (
                "/usr/local/lib/python3.11/dist-packages",
                Some("/usr/local"),
            ),
            ("/usr/lib/python3/dist-packages", Some("/usr")),
            (
                "/home/a/Library/Python/3.11/lib/python/site-packages",
                Some("/home/a/Library/Python/3.11"),
            ),
            ("/v/Lib/site-packages", Some("/v")),
            (
                "/a/Python/Python311/site-packages",
                Some("/a/Python/Python311"),
            ),
            ("/target", None),
            ("/a/b/site-packages", None),
        ] {
            assert_eq!(
                scheme_root(Path::new(site)),
                wanted.map(Path::new),
                "{site}"
            );
        }
    }

    #[test]
    fn no_row_leads_out() {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("v/lib/python3.11/site-packages");
        fs::create_dir_all(&site).unwrap();
        let bounds = Bounds::new(
            &site,
            [site.as_path(), &folder.path().join("v")].into_iter(),
            &[],
        );
        for path in [
            "../../../../x",
            "../../../../../etc/passwd",
            "/etc/passwd",
            "a/../../../../../x",
        ] {
            assert_eq!(bounds.place(path), Place::Outside, "{path}");
        }
        assert_eq!(bounds.place("../../../bin/x"), Place::Absent);
        assert_eq!(bounds.place("a/b/c.py"), Place::Absent);
        assert!(matches!(bounds.place("../site-packages"), Place::Inside(_)));
    }

    /// On Unix only: a link needs a privilege on Windows.
    #[cfg(unix)]
    #[test]
    fn links_are_followed_inside_and_into_caches_alone() {
        use fs_err::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        let real = fs::canonicalize(folder.path()).unwrap();
        let (site, cache, away) = (real.join("site"), real.join("cache"), real.join("away"));
        for directory in [&site, &cache, &away] {
            fs::create_dir(directory).unwrap();
            fs::write(directory.join("a.py"), "").unwrap();
            symlink(
                directory.join("a.py"),
                site.join(format!("to-{}", directory.file_name().unwrap().display())),
            )
            .unwrap();
        }
        symlink(&away, site.join("directory")).unwrap();
        symlink(site.join("none"), site.join("dangling")).unwrap();
        let caches = [cache.clone()];
        let bounds = Bounds::new(&site, [site.as_path()].into_iter(), &caches);
        assert_eq!(bounds.place("to-site"), Place::Inside(site.join("a.py")));
        assert_eq!(bounds.place("to-cache"), Place::Cached(cache.join("a.py")));
        assert_eq!(bounds.place("to-away"), Place::LeadsAway(away.join("a.py")));
        assert_eq!(
            bounds.place("directory/a.py"),
            Place::LeadsAway(away.join("a.py"))
        );
        assert_eq!(bounds.place("dangling"), Place::Absent);
    }
}
