//! Permission bits, owners, and what somebody without rights may not do.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use fs_err as fs;
use torch_patch_store::{FileChange, FileMetadata, Store, StoreErrorKind};

use crate::world::{World, apply, change, options, revert};

const OLD: &[u8] = b"old\n";
const NEW: &[u8] = b"new\n";
const NOBODY: u32 = 65534;

fn set_mode(world: &World, path: &str, mode: u32) {
    fs::set_permissions(world.at(path), Permissions::from_mode(mode)).unwrap();
}

fn mode(world: &World, path: &str) -> u32 {
    fs::metadata(world.at(path)).unwrap().mode() & 0o7777
}

#[test]
fn mode_is_kept_and_the_original_one_comes_back() {
    let world = World::new(&[("a", OLD)]);
    for wanted in [0o600, 0o644, 0o755, 0o666] {
        set_mode(&world, "a", wanted);
        world.commit(vec![apply("a", Some(OLD), Some(NEW))]);
        assert_eq!(mode(&world, "a"), wanted);
        set_mode(&world, "a", 0o640);
        let original = FileMetadata {
            mode: Some(wanted),
            owner: None,
        };
        world.commit(vec![FileChange {
            restore_metadata: Some(original),
            ..revert("a", Some(NEW), Some(OLD))
        }]);
        assert_eq!(mode(&world, "a"), wanted);
    }
}

#[test]
fn a_created_file_gets_the_mode_of_any_new_file() {
    let world = World::new(&[("any", OLD)]);
    world.commit(vec![apply("created", None, Some(NEW))]);
    assert_eq!(mode(&world, "created"), mode(&world, "any"));
}

#[test]
#[ignore = "needs root, who alone can give a file away; .ci/run runs it"]
fn root_keeps_the_owner() {
    let world = World::new(&[("a", OLD)]);
    fs_err::os::unix::fs::chown(world.at("a"), Some(NOBODY), Some(NOBODY)).unwrap();
    world.commit(vec![apply("a", Some(OLD), Some(NEW))]);
    let metadata = fs::metadata(world.at("a")).unwrap();
    assert_eq!((metadata.uid(), metadata.gid()), (NOBODY, NOBODY));
}

/// Tries to apply as whoever runs it; the root comes by standard input.
#[test]
#[ignore = "a part of the tests below"]
fn powerless_child() {
    let mut root = String::new();
    std::io::stdin().read_line(&mut root).unwrap();
    if root.is_empty() {
        return;
    }
    let store = Store::new(root.trim_end());
    let result = store
        .lock(&options())
        .and_then(|mut locked| locked.commit(change(vec![apply("d/a", Some(OLD), Some(NEW))])));
    let error = result.unwrap_err();
    assert!(
        matches!(error.kind(), StoreErrorKind::PermissionDenied { .. }),
        "{error:?}"
    );
}

/// Gives the modes to file, directory and root, and tries as somebody who is not root, whoever runs the tests.
fn refuses(file: u32, directory: u32, root: u32) {
    let world = World::new(&[("d/a", OLD)]);
    let is_root = fs::metadata(world.root()).unwrap().uid() == 0;
    for (path, mode) in [("d/a", file), ("d", directory), ("", root)] {
        set_mode(&world, path, mode);
        if is_root {
            fs_err::os::unix::fs::chown(world.at(path), Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    let before = world.snapshot();
    run_child(&world, is_root);
    assert_eq!(world.snapshot(), before);
    assert!(!world.has_records());
    for path in ["", "d"] {
        set_mode(&world, path, 0o755);
    }
}

/// The executable is copied to where everybody may run it.
fn run_child(world: &World, is_root: bool) {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    let executable = directory.path().join("child");
    fs::copy(std::env::current_exe().unwrap(), &executable).unwrap();
    let mut child = Command::new(&executable);
    child.args(["--exact", "rights::powerless_child", "--ignored"]);
    if is_root {
        child.uid(NOBODY).gid(NOBODY);
    }
    let mut child = child
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{}", world.root().display()).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_read_only_file_is_refused() {
    refuses(0o444, 0o755, 0o755);
}

#[test]
fn a_read_only_directory_is_refused() {
    refuses(0o644, 0o555, 0o755);
}

#[test]
fn a_read_only_root_is_refused() {
    refuses(0o644, 0o755, 0o555);
}
