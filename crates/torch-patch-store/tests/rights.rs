//! Permission bits, owners and attributes.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use fs_err as fs;
use torch_patch_store::{FileChange, FileMetadata};

use crate::world::{World, apply, revert};

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

/// Whoever may write to the environment may write to its ledger, and whoever reverts may be root.
#[test]
fn a_recorded_mode_gives_a_file_no_power_that_it_has_not() {
    let world = World::new(&[("a", OLD)]);
    for (present, recorded, wanted) in [
        (0o644, 0o6755, 0o755),
        (0o644, 0o1644, 0o644),
        (0o4755, 0o6755, 0o4755),
    ] {
        fs::write(world.at("a"), NEW).unwrap();
        set_mode(&world, "a", present);
        let recorded = FileMetadata {
            mode: Some(recorded),
            owner: None,
        };
        world.commit(vec![FileChange {
            restore_metadata: Some(recorded),
            ..revert("a", Some(NEW), Some(OLD))
        }]);
        assert_eq!(mode(&world, "a"), wanted);
    }
}

/// Access lists are attributes: one with a named user, and one that a directory has for new files.
#[cfg(target_os = "linux")]
#[test]
fn attributes_are_kept_and_none_are_inherited() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};

    const ACCESS: &str = "system.posix_acl_access";
    const DEFAULT: &str = "system.posix_acl_default";
    let world = World::new(&[("d/kept", OLD), ("d/plain", OLD)]);
    let list = access_list(NOBODY);
    let set = |path: &str, name: &str, value: &[u8]| {
        setxattr(world.at(path), name, value, XattrFlags::empty())
    };
    if set("d/kept", "user.note", b"mine").is_err() || set("d/kept", ACCESS, &list).is_err() {
        println!("NOT RUN: the file system of temporary files has no attributes");
        return;
    }
    let large = [7; 2000]; // more than the buffer that is tried first
    set("d/plain", "user.large", &large).unwrap();
    set("d", DEFAULT, &list).unwrap();
    let before = (mode(&world, "d/kept"), mode(&world, "d/plain"));
    world.commit(vec![
        apply("d/kept", Some(OLD), Some(NEW)),
        apply("d/plain", Some(OLD), Some(NEW)),
    ]);
    let get = |path: &str, name: &str| {
        let mut value = vec![0; 2000];
        let length = getxattr(world.at(path), name, &mut value).ok()?;
        value.truncate(length);
        Some(value)
    };
    for _ in ["applied", "reverted"] {
        assert_eq!(get("d/kept", "user.note").unwrap(), b"mine");
        assert_eq!(get("d/kept", ACCESS).unwrap(), list);
        assert_eq!(get("d/plain", ACCESS), None);
        assert_eq!(get("d/plain", "user.large").unwrap(), large);
        assert_eq!((mode(&world, "d/kept"), mode(&world, "d/plain")), before);
        if world.read("d/kept").unwrap() == NEW {
            world.commit(vec![
                revert("d/kept", Some(NEW), Some(OLD)),
                revert("d/plain", Some(NEW), Some(OLD)),
            ]);
        }
    }
}

/// `u::rw-,u:<user>:r--,g::r--,m::r--,o::r--` as `acl(5)` lists are stored.
#[cfg(target_os = "linux")]
fn access_list(user: u32) -> Vec<u8> {
    const NO_ID: u32 = u32::MAX;
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, bits, id) in [
        (0x01_u16, 6_u16, NO_ID),
        (0x02, 4, user),
        (0x04, 4, NO_ID),
        (0x10, 4, NO_ID),
        (0x20, 4, NO_ID),
    ] {
        list.extend(tag.to_le_bytes());
        list.extend(bits.to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    list
}

/// The owner of the environment is to be able to go on with what root has made there.
#[test]
#[ignore = "needs root, who alone can give a file away; .ci/run runs it"]
fn what_root_makes_belongs_to_the_owner_of_the_directory() {
    let world = World::new(&[("a", OLD)]);
    for path in ["", "a"] {
        fs_err::os::unix::fs::chown(world.at(path), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    world.commit(vec![
        apply("a", Some(OLD), Some(NEW)),
        apply("new/deep/b", None, Some(NEW)),
    ]);
    let mut seen = 0;
    let mut waiting = vec![world.root().to_path_buf()];
    while let Some(path) = waiting.pop() {
        let metadata = fs::symlink_metadata(&path).unwrap();
        let owner = (metadata.uid(), metadata.gid());
        assert_eq!(owner, (NOBODY, NOBODY), "{}", path.display());
        seen += 1;
        if metadata.is_dir() {
            let entries = fs::read_dir(path).unwrap();
            waiting.extend(entries.map(|entry| entry.unwrap().path()));
        }
    }
    assert!(seen >= 11, "the store, both its folders and their files");
}

#[test]
#[ignore = "needs root, who alone can give a file away; .ci/run runs it"]
fn root_keeps_owner_and_group() {
    for (user, group) in [(NOBODY, NOBODY), (NOBODY, 0), (0, NOBODY)] {
        let world = World::new(&[("a", OLD)]);
        fs_err::os::unix::fs::chown(world.at("a"), Some(user), Some(group)).unwrap();
        world.commit(vec![apply("a", Some(OLD), Some(NEW))]);
        let metadata = fs::metadata(world.at("a")).unwrap();
        assert_eq!((metadata.uid(), metadata.gid()), (user, group));
    }
}
