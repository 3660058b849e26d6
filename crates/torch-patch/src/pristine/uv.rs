//! Originals in uv's cache.

use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::pristine::{Place, Proven, Provenance, Wanted};
use crate::progress::Progress;
use crate::uv_cache::archives;

/// The largest file that is read, as of the store.
const LIMIT: u64 = 64 << 20;

/// The caches of uv in some directories.
pub(super) struct UvCaches<'s> {
    pub(super) directories: &'s [PathBuf],
}

impl Place for UvCaches<'_> {
    fn find(
        &self,
        wanted: &Wanted<'_>,
        tried: &mut Vec<String>,
        _: &mut dyn Progress,
    ) -> Option<Proven> {
        for archive in archives(self.directories, wanted.distribution) {
            let Some(bytes) = read(&wanted.path.join_to(&archive)) else {
                continue;
            };
            let shown = archive.display().to_string();
            match wanted.proven(bytes, Provenance::UvCache(archive)) {
                Some(found) => return Some(found),
                None => tried.push(format!("uv's cache has other bytes, in `{shown}`")),
            }
        }
        None
    }
}

/// Reads a regular file of bounded size.
fn read(path: &Path) -> Option<Vec<u8>> {
    let metadata = fs::symlink_metadata(path).ok()?;
    let is_readable = metadata.is_file() && metadata.len() <= LIMIT;
    is_readable.then(|| fs::read(path).ok())?
}
