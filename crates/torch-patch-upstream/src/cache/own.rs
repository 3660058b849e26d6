//! Which files of a cache directory are the cache's own.

use std::io;
use std::path::{Path, PathBuf};

use torch_patch_store::Digest;

/// The directory for what is being written.
pub(super) const TEMPORARY: &str = "tmp";
const MEMBERS: &str = "members";
const WHEELS: &str = "wheels";
const FACTS: &str = "json";

/// The name and content of the file that marks a directory as a cache ([Cache Directory
/// Tagging](https://bford.info/cachedir/)).
pub(super) const TAG: (&str, &str) = (
    "CACHEDIR.TAG",
    "Signature: 8a477f597d28d172789f06886806bc55\n# This is a cache of torch-patch. It may be removed at any time.\n",
);

/// Whose a directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// A cache of torch-patch.
    Own,
    /// Nobody's: it is empty or does not exist.
    Absent,
    /// Somebody else's.
    Foreign,
}

/// Tells whose `directory` is.
pub(super) fn tag(directory: &Path) -> io::Result<Tag> {
    match fs_err::read_to_string(directory.join(TAG.0)) {
        // Another process may be about to write it.
        Ok(text) if TAG.1.starts_with(&text) => return Ok(Tag::Own),
        Ok(_) => return Ok(Tag::Foreign),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if entries(directory)?.is_empty() {
        return Ok(Tag::Absent);
    }
    // A process that saw it empty may have written the tag since.
    let has_tag = directory.join(TAG.0).exists();
    Ok(if has_tag { Tag::Own } else { Tag::Foreign })
}

/// The place of a content.
pub(super) fn member(directory: &Path, digest: Digest) -> PathBuf {
    let hex = digest.hex();
    directory.join(MEMBERS).join(&hex[..2]).join(hex)
}

/// The place of what is known of the wheel under `key`, which is 64 hexadecimal digits.
pub(super) fn wheel(directory: &Path, key: &str) -> PathBuf {
    let first = key.get(..2).unwrap_or(key);
    let name = format!("{key}.{FACTS}");
    directory.join(WHEELS).join(first).join(name)
}

/// The files of the cache with their sizes. Files that it did not make are not among them.
pub(super) fn files(directory: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
    let mut files = Vec::new();
    for (kind, is_own) in [(MEMBERS, is_member as fn(&str) -> bool), (WHEELS, is_wheel)] {
        for group in entries(&directory.join(kind))? {
            if group.file_type()?.is_dir() && is_hex(&name(&group), 2) {
                add(&group.path(), is_own, &mut files)?;
            }
        }
    }
    add(&directory.join(TEMPORARY), is_temporary, &mut files)?;
    Ok(files)
}

/// Removes the directories in the cache that are empty. The cache itself stays with its tag: another process may be at
/// work, and what it writes into a directory without a tag would be nobody's.
pub(super) fn remove_directories(directory: &Path) {
    for kind in [MEMBERS, WHEELS] {
        let groups = entries(&directory.join(kind)).unwrap_or_default();
        for group in groups.iter().filter(|group| is_hex(&name(group), 2)) {
            remove_if_empty(&group.path());
        }
        remove_if_empty(&directory.join(kind));
    }
    remove_if_empty(&directory.join(TEMPORARY));
}

/// Takes what is not there for removed.
pub(super) fn unless_absent(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })
}

/// Fails for a directory that is not empty, which is what is wanted.
fn remove_if_empty(directory: &Path) {
    let _ = fs_err::remove_dir(directory);
}

fn add(
    directory: &Path,
    is_own: fn(&str) -> bool,
    files: &mut Vec<(PathBuf, u64)>,
) -> io::Result<()> {
    for file in entries(directory)? {
        if file.file_type()?.is_file() && is_own(&name(&file)) {
            // Another process may have removed it.
            files.extend(
                file.metadata()
                    .ok()
                    .map(|metadata| (file.path(), metadata.len())),
            );
        }
    }
    Ok(())
}

fn entries(directory: &Path) -> io::Result<Vec<fs_err::DirEntry>> {
    match fs_err::read_dir(directory) {
        Ok(entries) => entries.collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn name(entry: &fs_err::DirEntry) -> String {
    entry.file_name().to_string_lossy().into_owned()
}

fn is_member(name: &str) -> bool {
    is_hex(name, 64)
}

fn is_wheel(name: &str) -> bool {
    let key = name
        .strip_suffix(FACTS)
        .and_then(|name| name.strip_suffix('.'));
    key.is_some_and(|key| is_hex(key, 64))
}

/// The names that the crate `tempfile` gives.
fn is_temporary(name: &str) -> bool {
    name.starts_with(".tmp")
}

fn is_hex(name: &str, length: usize) -> bool {
    name.len() == length
        && name
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
