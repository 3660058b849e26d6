//! The files of `tests/format`, and where their snapshots are.

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_owned()
}

/// The cases in `tests/format/<folder>`, as name and bytes, sorted.
pub(crate) fn cases(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = root().join("tests/format").join(folder);
    let entries = fs_err::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut cases: Vec<(String, Vec<u8>)> = entries
        .map(|path| {
            assert_eq!(
                path.extension().and_then(|ending| ending.to_str()),
                Some("toml"),
                "{}",
                path.display()
            );
            (
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                fs_err::read(&path).unwrap(),
            )
        })
        .collect();
    cases.sort();
    cases
}

/// Compares with a snapshot in `snapshots/format`.
pub(crate) fn assert_snapshot(name: &str, found: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("snapshots/format"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, found));
}
