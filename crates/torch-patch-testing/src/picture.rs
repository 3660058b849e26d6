//! What makes up a tree, so that two moments of it can be compared.

use std::collections::BTreeMap;
use std::path::Path;

use fs_err as fs;
use sha2::{Digest as _, Sha256};

/// Each path below a directory, `/`-separated, with its kind, permission bits and content.
pub type Picture = BTreeMap<String, String>;

/// Takes a picture of what is below `root`; modification times are left out.
#[must_use]
pub fn picture(root: &Path) -> Picture {
    let mut entries = Picture::new();
    walk(root, "", &mut entries);
    entries
}

fn walk(directory: &Path, prefix: &str, entries: &mut Picture) {
    for entry in fs::read_dir(directory).unwrap_or_else(|error| panic!("{error}")) {
        let entry = entry.unwrap_or_else(|error| panic!("{error}"));
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let metadata = fs::symlink_metadata(entry.path()).unwrap_or_else(|error| panic!("{error}"));
        let content = if metadata.is_symlink() {
            let target = fs::read_link(entry.path()).unwrap_or_else(|error| panic!("{error}"));
            format!("link to {}", target.display())
        } else if metadata.is_dir() {
            walk(&entry.path(), &format!("{path}/"), entries);
            "directory".to_owned()
        } else {
            let bytes = fs::read(entry.path()).unwrap_or_else(|error| panic!("{error}"));
            format!("{:x}", Sha256::digest(bytes))
        };
        entries.insert(path, format!("{} {content}", mode(&metadata)));
    }
}

#[cfg(unix)]
fn mode(metadata: &std::fs::Metadata) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    format!("{:o}", metadata.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
fn mode(metadata: &std::fs::Metadata) -> String {
    let is_readonly = metadata.permissions().readonly();
    if is_readonly { "readonly" } else { "writable" }.to_owned()
}
