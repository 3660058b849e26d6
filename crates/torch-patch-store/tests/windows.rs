//! Windows: attributes, and files that somebody else holds.
//!
//! What Wine 8 does otherwise than Windows is not asserted: there a read-only file is replaced at once, and a symbolic
//! link or junction cannot be made. A refusal by an access list needs a second user and is not tested.

use std::os::windows::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use fs_err as fs;
use torch_patch_store::{
    FileChange, FileMetadata, Observer, Step, Store, StoreError, StoreErrorKind, Verdict,
};

use crate::world::{World, apply, change, options, path, revert};

const OLD: &[u8] = b"old\r\n";
const NEW: &[u8] = b"new\r\n";

const READ_ONLY: u32 = 0x1;
const HIDDEN: u32 = 0x2;
const NOT_CONTENT_INDEXED: u32 = 0x2000;
const FILE_SHARE_READ: u32 = 0x1;
const FILE_SHARE_WRITE: u32 = 0x2;

fn attributes(world: &World, path: &str) -> u32 {
    fs::symlink_metadata(world.at(path))
        .unwrap()
        .file_attributes()
}

fn set_read_only(world: &World, path: &str) {
    let mut permissions = fs::metadata(world.at(path)).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(world.at(path), permissions).unwrap();
}

/// Opens a file as Python does, without sharing its deletion.
fn hold(world: &World, path: &str) -> fs::File {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    options
        .options_mut()
        .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE);
    options.open(world.at(path)).unwrap()
}

fn commit(world: &World, files: Vec<FileChange>) -> Result<(), StoreError> {
    let store = world.store();
    let mut locked = store.lock(&options())?;
    locked.commit(change(files))?;
    locked.release()
}

#[test]
fn a_read_only_file_is_replaced_and_stays_read_only() {
    let world = World::new(&[("a", OLD)]);
    set_read_only(&world, "a");
    world.commit(vec![apply("a", Some(OLD), Some(NEW))]);
    assert_eq!(world.read("a").as_deref(), Some(NEW));
    assert_eq!(attributes(&world, "a") & READ_ONLY, READ_ONLY);
    world.commit(vec![revert("a", Some(NEW), Some(OLD))]);
    assert_eq!(world.read("a").as_deref(), Some(OLD));
    assert_eq!(attributes(&world, "a") & READ_ONLY, READ_ONLY);
    assert!(!world.has_records());
}

#[test]
fn what_is_recorded_of_the_read_only_attribute_is_restored() {
    let world = World::new(&[("a", OLD)]);
    world.commit(vec![apply("a", Some(OLD), Some(NEW))]);
    let original = FileMetadata {
        mode: Some(0o444),
        owner: None,
    };
    world.commit(vec![FileChange {
        restore_metadata: Some(original),
        ..revert("a", Some(NEW), Some(OLD))
    }]);
    assert_eq!(attributes(&world, "a") & READ_ONLY, READ_ONLY);
}

#[test]
fn a_created_file_that_was_made_read_only_is_removed() {
    let world = World::new(&[]);
    world.commit(vec![apply("a", None, Some(NEW))]);
    set_read_only(&world, "a");
    world.commit(vec![revert("a", Some(NEW), None)]);
    assert_eq!(world.read("a"), None);
    assert!(!world.has_records());
}

#[test]
fn backups_that_were_made_read_only_are_removed() {
    let world = World::new(&[("a", OLD)]);
    world.commit(vec![apply("a", Some(OLD), Some(NEW))]);
    for directory in ["backups", "patches"] {
        for entry in fs::read_dir(world.at(".torch-patch").join(directory)).unwrap() {
            let path = entry.unwrap().path();
            let mut permissions = fs::metadata(&path).unwrap().permissions();
            permissions.set_readonly(true);
            fs::set_permissions(path, permissions).unwrap();
        }
    }
    world.commit(vec![revert("a", Some(NEW), Some(OLD))]);
    assert!(!world.has_records());
}

#[test]
fn other_attributes_stay() {
    let world = World::new(&[]);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    options
        .options_mut()
        .attributes(HIDDEN | NOT_CONTENT_INDEXED);
    drop(options.open(world.at("a")).unwrap());
    let before = attributes(&world, "a");
    world.commit(vec![apply("a", Some(b""), Some(NEW))]);
    assert_eq!(attributes(&world, "a"), before);
    world.commit(vec![revert("a", Some(NEW), Some(b""))]);
    assert_eq!(attributes(&world, "a"), before);
}

/// Dies as a file of the world is about to be replaced.
#[derive(Debug)]
struct DiesAtRename;

impl Observer for DiesAtRename {
    fn before(&self, step: &Step) -> Verdict {
        match step {
            Step::Rename(_, to) if to.ends_with("a") => Verdict::Crash,
            _ => Verdict::Proceed,
        }
    }

    fn after(&self, _step: &Step) {}
}

#[test]
fn an_interrupted_change_leaves_a_read_only_file_read_only() {
    let world = World::new(&[("a", OLD)]);
    set_read_only(&world, "a");
    {
        let store = Store::observed(world.root(), Arc::new(DiesAtRename));
        let mut locked = store.lock(&options()).unwrap();
        let files = vec![apply("a", Some(OLD), Some(NEW))];
        locked.commit(change(files)).unwrap_err();
    }
    // What a crash at the worst moment leaves.
    let mut permissions = fs::metadata(world.at("a")).unwrap().permissions();
    #[expect(clippy::permissions_set_readonly_false, reason = "this is Windows")]
    permissions.set_readonly(false);
    fs::set_permissions(world.at("a"), permissions).unwrap();
    world.store().lock(&options()).unwrap().release().unwrap();
    assert_eq!(world.read("a").as_deref(), Some(OLD));
    assert_eq!(attributes(&world, "a") & READ_ONLY, READ_ONLY);
    assert!(!world.has_records());
}

#[test]
fn a_file_that_somebody_holds_for_a_moment_is_waited_for() {
    let world = World::new(&[("a", OLD)]);
    let held = hold(&world, "a");
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(400));
            drop(held);
        });
        world.commit(vec![apply("a", Some(OLD), Some(NEW))]);
    });
    assert_eq!(world.read("a").as_deref(), Some(NEW));
}

#[test]
fn a_file_that_somebody_keeps_is_named_after_two_seconds() {
    let world = World::new(&[("a", OLD), ("b", OLD)]);
    let held = hold(&world, "b");
    let start = Instant::now();
    let both = |world| {
        let files = ["a", "b"].map(|path| apply(path, Some(OLD), Some(NEW)));
        commit(world, files.into())
    };
    let error = both(&world).unwrap_err();
    assert!(start.elapsed() >= Duration::from_secs(2));
    let StoreErrorKind::InUse { path, .. } = error.kind() else {
        panic!("{error:?}");
    };
    assert!(path.ends_with("b"));
    let names = error.to_string();
    assert!(
        names.contains("another program has") && names.contains("b`"),
        "{names}"
    );
    assert_eq!(world.read("a").as_deref(), Some(OLD));
    assert!(!world.has_records());
    drop(held);
    both(&world).unwrap();
    assert_eq!(world.read("a").as_deref(), Some(NEW));
}

#[test]
fn a_compiled_file_that_somebody_keeps_undoes_the_change() {
    let world = World::new(&[("a", OLD), ("a.compiled", b"code")]);
    let held = hold(&world, "a.compiled");
    let derived = || FileChange {
        derived: vec![path("a.compiled")],
        ..apply("a", Some(OLD), Some(NEW))
    };
    let error = commit(&world, vec![derived()]).unwrap_err();
    assert!(
        matches!(error.kind(), StoreErrorKind::InUse { path, .. } if path.ends_with("a.compiled"))
    );
    assert_eq!(world.read("a").as_deref(), Some(OLD));
    drop(held);
    commit(&world, vec![derived()]).unwrap();
    assert_eq!(world.read("a").as_deref(), Some(NEW));
    assert_eq!(world.read("a.compiled"), None);
}

#[test]
fn a_path_of_more_than_260_characters_is_replaced() {
    let name = format!("{0}/{0}/{0}/{0}/a.py", "d".repeat(70));
    let world = World::new(&[(&name, OLD)]);
    world.commit(vec![apply(&name, Some(OLD), Some(NEW))]);
    assert_eq!(world.read(&name).as_deref(), Some(NEW));
    world.commit(vec![revert(&name, Some(NEW), Some(OLD))]);
    assert_eq!(world.read(&name).as_deref(), Some(OLD));
    assert!(!world.has_records());
}
