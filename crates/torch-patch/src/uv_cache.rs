//! Where uv keeps the distributions that it links into environments.
//!
//! A cache has its unpacked wheels in `archive-v0/<id>/`, each with the files of one wheel as they are in
//! site-packages ([uv's caching](https://docs.astral.sh/uv/concepts/cache/)). With hard links, which are the default on
//! Linux and Windows, a file there and the one in an environment are the same file
//! ([link-mode](https://docs.astral.sh/uv/reference/settings/#link-mode)).

use std::path::PathBuf;

use fs_err as fs;
use torch_patch_env::Distribution;

/// How the directories of unpacked wheels are called, whatever their version.
const ARCHIVES: &str = "archive-v";

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

/// The directories in one, sorted; one that cannot be listed has none.
fn directories_in(directory: &PathBuf) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let entries = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    found.sort();
    found
}
