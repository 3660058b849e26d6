//! Where uv keeps the distributions that it links into environments.
//!
//! A cache has its unpacked wheels in `archive-v0/<id>/`, each with the files of one wheel as they are in
//! site-packages ([uv's caching](https://docs.astral.sh/uv/concepts/cache/)). With hard links, which are the default on
//! Linux and Windows, a file there and the one in an environment are the same file
//! ([link-mode](https://docs.astral.sh/uv/reference/settings/#link-mode)).

use std::path::{Path, PathBuf};

use fs_err as fs;
use torch_patch_env::Distribution;

/// How the directories of unpacked wheels are called, whatever their version.
const ARCHIVES: &str = "archive-v";

/// How the directories are called that lead to them: what was downloaded, and what was built.
const POINTERS: [&str; 2] = ["wheels-v", "sdists-v"];
/// How deep in those a pointer is at most.
const DEPTH: usize = 8;
/// The largest pointer that is not a link.
const POINTER_SIZE: u64 = 16 << 10;

/// The unpacked wheels of this version of a distribution, in their order. Links in a cache are not followed.
pub(crate) fn archives(caches: &[PathBuf], distribution: &Distribution) -> Vec<PathBuf> {
    let metadata = distribution.metadata_dir.as_deref();
    let Some(name) = metadata.and_then(|directory| directory.file_name()) else {
        return Vec::new();
    };
    let buckets = caches.iter().flat_map(directories_in);
    let buckets = buckets.filter(|bucket| {
        let name = bucket.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(ARCHIVES))
    });
    let archives = buckets.flat_map(|bucket| directories_in(&bucket));
    archives
        .filter(|archive| archive.join(name).join("RECORD").is_file())
        .collect()
}

/// Whether the cache still installs from an unpacked wheel: something beside the archives links to it, or names it. One
/// that nothing leads to is left over, until `uv cache prune` removes it.
pub(crate) fn is_in_use(archive: &Path) -> bool {
    let cache = archive.parent().and_then(Path::parent);
    let (Some(cache), Some(id)) = (cache, archive.file_name()) else {
        return true;
    };
    let id = id.to_string_lossy();
    let buckets = directories_in(cache).into_iter();
    let mut buckets = buckets.filter(|bucket| {
        let name = bucket.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| POINTERS.iter().any(|start| name.starts_with(start)))
    });
    buckets.any(|bucket| names(&bucket, &id, DEPTH))
}

/// Whether a link or a small file in a directory, or below it, has the id of an archive in it.
fn names(directory: &Path, id: &str, depth: usize) -> bool {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| {
        let (path, Ok(metadata)) = (entry.path(), entry.metadata()) else {
            return false;
        };
        if metadata.is_dir() {
            return depth > 0 && names(&path, id, depth - 1);
        }
        if metadata.is_symlink() {
            return fs::read_link(&path).is_ok_and(|to| to.to_string_lossy().contains(id));
        }
        let is_small = metadata.is_file() && metadata.len() <= POINTER_SIZE;
        let text = is_small.then(|| fs::read(&path).unwrap_or_default());
        text.is_some_and(|text| has_part(&text, id.as_bytes()))
    })
}

fn has_part(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// The directories in one, sorted; one that cannot be listed has none.
fn directories_in(directory: impl AsRef<Path>) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory.as_ref())
        .into_iter()
        .flatten()
        .flatten();
    let entries = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    found.sort();
    found
}
