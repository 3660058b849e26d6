//! What ARCHITECTURE.md says is absent, looked for in the sources.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fs_err as fs;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file below a directory, without what comes after `#[cfg(test)]`.
fn sources(directory: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut waiting = vec![root().join(directory)];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(path).unwrap();
            waiting.extend(entries.map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            let lines = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            found.push((path, lines.collect::<Vec<_>>().join("\n")));
        }
    }
    assert!(!found.is_empty(), "no source in {directory}");
    found
}

fn lacks(directory: &str, words: &[&str], except: &[&str]) {
    for (path, code) in sources(directory) {
        if except.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        for word in words {
            assert!(!code.contains(word), "`{word}` in {}", path.display());
        }
    }
}

fn manifest(path: &str) -> toml::Table {
    let text = fs::read_to_string(root().join(path)).unwrap();
    text.parse().unwrap()
}

/// The crates of the workspace that a manifest depends on.
fn own_dependencies(path: &str) -> BTreeSet<String> {
    let manifest = manifest(path);
    let dependencies = manifest["dependencies"].as_table().unwrap();
    let names = dependencies
        .keys()
        .filter(|name| name.starts_with("torch-patch"));
    names.cloned().collect()
}

#[test]
fn crates_depend_on_each_other_in_one_direction() {
    for (path, wanted) in [
        ("Cargo.toml", &["torch-patch"][..]),
        (
            "crates/torch-patch/Cargo.toml",
            &[
                "torch-patch-edit",
                "torch-patch-env",
                "torch-patch-set",
                "torch-patch-store",
                "torch-patch-upstream",
            ],
        ),
        ("crates/torch-patch-edit/Cargo.toml", &[]),
        ("crates/torch-patch-env/Cargo.toml", &[]),
        ("crates/torch-patch-set/Cargo.toml", &["torch-patch-edit"]),
        ("crates/torch-patch-store/Cargo.toml", &[]),
        (
            "crates/torch-patch-upstream/Cargo.toml",
            &["torch-patch-env", "torch-patch-store"],
        ),
    ] {
        let wanted = wanted.iter().map(ToString::to_string).collect();
        assert_eq!(own_dependencies(path), wanted, "{path}");
    }
}

#[test]
fn a_crate_is_named_like_its_folder() {
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let folder = entry.unwrap().file_name().into_string().unwrap();
        if folder != "cli" {
            let manifest = manifest(&format!("crates/{folder}/Cargo.toml"));
            assert_eq!(manifest["package"]["name"].as_str(), Some(folder.as_str()));
        }
    }
}

#[test]
fn the_engine_and_the_format_do_no_io() {
    let io = [
        "std::fs",
        "fs_err",
        "std::env",
        "std::net",
        "std::process",
        "std::time",
        "rand::",
    ];
    lacks("crates/torch-patch-edit/src", &io, &[]);
    lacks("crates/torch-patch-set/src", &io, &[]);
}

#[test]
fn the_store_does_not_know_what_a_patch_or_python_is() {
    let words = [
        "torch_patch_",
        "Anchor",
        "METADATA",
        "site-packages",
        "site_packages",
        "pyc",
    ];
    lacks("crates/torch-patch-store/src", &words, &[]);
}

#[test]
fn libraries_do_not_print_exit_or_read_the_process_environment() {
    let words = [
        "println!",
        "eprint",
        "process::exit",
        "env::var",
        "env::args",
        "env::current_dir",
    ];
    for name in [
        "torch-patch",
        "torch-patch-edit",
        "torch-patch-env",
        "torch-patch-set",
        "torch-patch-store",
        "torch-patch-upstream",
    ] {
        lacks(&format!("crates/{name}/src"), &words, &[]);
    }
    lacks(
        "crates/cli",
        &["env::var", "env::args", "env::current_dir"],
        &["process.rs", "build.rs"],
    );
}

#[test]
fn only_the_disk_of_the_store_opens_files_for_writing() {
    let words = [
        "OpenOptions",
        "File::create",
        "fs::write",
        "fs::rename",
        "fs::remove",
        "fs::copy",
        "OFlags",
        "renameat",
        "unlinkat",
    ];
    // The scratch environment of `try` is made by it, file by file; `doctor` puts its probe into a scratch directory.
    for name in ["torch-patch", "torch-patch-env"] {
        lacks(
            &format!("crates/{name}/src"),
            &words,
            &["trial.rs", "doctor/probe.rs"],
        );
    }
    lacks(
        "crates/torch-patch-store/src",
        &words,
        &[
            "imp/unix/beneath.rs",
            "imp/windows.rs",
            "imp/windows/held.rs",
        ],
    );
}

#[test]
fn every_dependency_has_its_reason() {
    let contributing = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let manifest = manifest("Cargo.toml");
    let dependencies = manifest["workspace"]["dependencies"].as_table().unwrap();
    for name in dependencies
        .keys()
        .filter(|name| !name.starts_with("torch-patch"))
    {
        assert!(
            contributing.contains(&format!("`{name}`")),
            "CONTRIBUTING.md says nothing about `{name}`"
        );
    }
}

#[test]
fn every_source_file_says_what_it_is() {
    for directory in ["crates", "tests"] {
        for (path, _) in sources(directory) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("//!"), "{} has no `//!`", display(&path));
        }
    }
}

fn display(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}
