//! What somebody without rights, or without room, may not do, and what is told then.
//!
//! A child that is not root does it, whoever runs the tests; everything below the root belongs to whom it runs as.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use fs_err as fs;
use fs_err::os::unix::fs::{lchown, symlink};
use torch_patch_store::{
    Digest, FileChange, FileMetadata, Owner, Store, StoreError, StoreErrorKind,
};

use crate::world::{World, apply, change, options, path, revert};

const OLD: &[u8] = b"old\n";
const NEW: &[u8] = b"new\n";
const NOBODY: u32 = 65534;

type Act = (&'static str, fn(&Store));

/// What the child does, by the name that it gets.
const ACTS: [Act; 11] = [
    ("is refused before a file is touched", |store| {
        let refused = make(store, applied());
        assert!(refused.as_ref().unwrap_err().rollback().is_none());
        denied(refused);
    }),
    ("may not commit", |store| denied(make(store, reverted()))),
    ("applies", |store| make(store, applied()).unwrap()),
    ("reverts to what was root's and applies again", |store| {
        let own = store.target(&path("d/a")).unwrap().unwrap().metadata.owner;
        let own = own.unwrap();
        let of_root = Owner { user: 0, group: 0 };
        for owner in [of_root, Owner { user: 0, ..own }, Owner { group: 0, ..own }] {
            let file = FileChange {
                restore_metadata: Some(FileMetadata {
                    mode: Some(0o600),
                    owner: Some(owner),
                }),
                ..reverted()
            };
            make(store, file).unwrap();
            make(store, applied()).unwrap();
        }
    }),
    ("reads", |store| {
        assert_eq!(store.target(&path("d/a")).unwrap().unwrap().bytes, OLD);
    }),
    ("may not read the records", |store| denied(store.read())),
    ("may not read the backup", |store| {
        denied(store.read().unwrap().backup(&Digest::of(OLD)));
    }),
    ("may not follow the link", |store| {
        denied(store.target(&path("link")));
    }),
    ("may not lock", |store| denied(store.lock(&options()))),
    ("may not tidy up", |store| {
        denied(store.lock(&options()).unwrap().release());
    }),
    ("has no room to say who holds the lock", |store| {
        let error = store.lock(&options()).unwrap_err();
        let kind = error.kind();
        assert!(matches!(kind, StoreErrorKind::Io { .. }), "{error:?}");
    }),
];

fn applied() -> FileChange {
    FileChange {
        derived: vec![path("d/cache/a")],
        ..apply("d/a", Some(OLD), Some(NEW))
    }
}

fn reverted() -> FileChange {
    revert("d/a", Some(NEW), Some(OLD))
}

fn make(store: &Store, file: FileChange) -> Result<(), StoreError> {
    let mut locked = store.lock(&options())?;
    locked.commit(change(vec![file]))?;
    locked.release()
}

fn denied<T>(result: Result<T, StoreError>) {
    let error = result.err().unwrap();
    let kind = error.kind();
    assert!(
        matches!(kind, StoreErrorKind::PermissionDenied { .. }),
        "{error:?}"
    );
}

/// Does one of the acts as whoever runs it; the root and the act come by standard input.
#[test]
#[ignore = "a part of the tests below"]
fn powerless_child() {
    let mut lines = std::io::stdin().lines().map(Result::unwrap);
    let (Some(root), Some(name)) = (lines.next(), lines.next()) else {
        return;
    };
    let store = Store::new(root);
    let (_, act) = ACTS.iter().find(|(act, _)| *act == name).unwrap();
    act(&store);
    println!("done");
}

fn world() -> World {
    World::new(&[("d/a", OLD), ("d/cache/a", b"code")])
}

fn patched() -> World {
    let world = world();
    world.commit(vec![applied()]);
    world
}

fn mode(world: &World, path: &str) -> u32 {
    fs::metadata(world.at(path)).unwrap().mode() & 0o7777
}

fn set_mode(world: &World, path: &str, mode: u32) {
    fs::set_permissions(world.at(path), Permissions::from_mode(mode)).unwrap();
}

/// Lets the child do an act while the paths have these modes, which it is to leave as they are.
fn with_modes(world: &World, modes: &[(&str, u32)], act: &str) {
    let before: Vec<u32> = modes.iter().map(|(path, _)| mode(world, path)).collect();
    for (path, given) in modes {
        set_mode(world, path, *given);
    }
    let is_done = is_done_by_child(world, act, "");
    for ((path, given), before) in modes.iter().zip(before) {
        assert_eq!(mode(world, path), *given, "{act}: {path}");
        set_mode(world, path, before);
    }
    assert!(is_done, "{act}, with {modes:?}");
}

/// The executable is copied to where everybody may run it, and started by a shell, after `preparation`. Another program
/// copies it: what this one has open for writing the child of another test may have open too, and then it is busy.
fn is_done_by_child(world: &World, act: &str, preparation: &str) -> bool {
    let is_root = fs::metadata(world.root()).unwrap().uid() == 0;
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    let executable = directory.path().join("child");
    let mut copy = Command::new("cp");
    copy.arg(std::env::current_exe().unwrap()).arg(&executable);
    assert!(copy.status().unwrap().success());
    let mut child = Command::new("sh");
    child.args(["-c", &format!("{preparation} exec \"$0\" \"$@\"")]);
    child.arg(&executable);
    child.args([
        "--exact",
        "powerless::powerless_child",
        "--ignored",
        "--nocapture",
    ]);
    if is_root {
        give_away(world.root());
        child.uid(NOBODY).gid(NOBODY);
    }
    let mut child = child
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{}\n{act}", world.root().display()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    output.status.success() && said.contains("done\n")
}

fn give_away(path: &Path) {
    lchown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if fs::symlink_metadata(path).unwrap().is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give_away(&entry.unwrap().path());
        }
    }
}

fn records(world: &World) -> Vec<String> {
    let entries = fs::read_dir(world.at(".torch-patch")).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<_> = entries
        .map(|entry| name(entry).into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn what_cannot_be_replaced_and_put_back_is_refused_before_it_is_touched() {
    for (path, mode) in [
        ("d/a", 0o444),
        ("d", 0o555),
        ("", 0o555),
        ("d/cache", 0o555),
    ] {
        let world = world();
        let before = world.snapshot();
        with_modes(
            &world,
            &[(path, mode)],
            "is refused before a file is touched",
        );
        assert_eq!(world.snapshot(), before, "{path}");
        assert!(!world.has_records(), "{path}");
    }
}

#[test]
fn byte_code_that_is_not_there_needs_no_right_to_be_removed() {
    let world = world();
    fs::remove_file(world.at("d/cache/a")).unwrap();
    with_modes(&world, &[("d/cache", 0o555)], "applies");
    assert_eq!(world.read("d/a").unwrap(), NEW);
}

#[test]
fn records_that_cannot_be_written_leave_the_file_alone() {
    let world = patched();
    let (files, names) = (world.snapshot(), records(&world));
    with_modes(&world, &[(".torch-patch", 0o555)], "may not commit");
    assert_eq!(world.snapshot(), files);
    assert_eq!(records(&world), names);
}

/// Else an unreadable ledger would be taken for an empty one, and the next command would begin anew.
#[test]
fn what_cannot_be_read_is_not_taken_for_absent() {
    for (path, act) in [
        (".torch-patch", "may not read the records"),
        (".torch-patch/ledger.json", "may not read the records"),
        (".torch-patch/backups", "may not read the backup"),
        (".torch-patch/lock", "may not lock"),
    ] {
        let world = patched();
        with_modes(&world, &[(path, 0)], act);
    }
}

/// A directory without the right to list it. Elsewhere than on Linux such a one cannot be opened at all.
#[cfg(target_os = "linux")]
#[test]
fn a_file_is_read_by_whoever_may_only_look_up_its_name() {
    with_modes(&world(), &[("d", 0o111), ("", 0o111)], "reads");
}

#[test]
fn a_link_to_where_nobody_may_look_is_not_said_to_lead_nowhere() {
    let world = world();
    symlink("d/a", world.at("link")).unwrap();
    with_modes(&world, &[("d", 0)], "may not follow the link");
}

#[test]
fn an_owner_that_cannot_be_given_any_more_stays_as_it_is() {
    let world = patched();
    with_modes(&world, &[], "reverts to what was root's and applies again");
    let owner = |path| fs::metadata(world.at(path)).unwrap().uid();
    assert_eq!(owner("d/a"), owner("d"));
    assert_eq!(world.snapshot()["d/a"], (NEW.to_vec(), 0o100_600));
}

#[test]
fn what_is_left_of_an_empty_store_is_told() {
    for (path, mode, left) in [
        ("", 0o555, [].as_slice()),
        (".torch-patch/backups", 0, &["backups", "lock"]),
    ] {
        let world = world();
        let backup = format!(".torch-patch/backups/{}", Digest::of(OLD).hex());
        world.write(&backup, OLD);
        with_modes(&world, &[(path, mode)], "may not tidy up");
        assert_eq!(records(&world), left);
    }
}

/// What is not an access list or the user's own is passed on where that is allowed.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs root, who alone can set the attribute; .ci/run runs it"]
fn an_attribute_that_only_root_can_set_stands_in_nobodys_way() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};

    let set = |world: &World| {
        let file = world.at("d/a");
        setxattr(file, "security.note", b"root's", XattrFlags::empty())
    };
    let is_there = |world: &World| {
        let value = getxattr(world.at("d/a"), "security.note", &mut [0; 64]);
        value.is_ok()
    };
    let (own, others) = (world(), world());
    if set(&own).is_err() {
        println!("NOT RUN: the file system of temporary files has no attributes");
        return;
    }
    set(&others).unwrap();
    own.commit(vec![applied()]);
    assert!(is_there(&own));
    with_modes(&others, &[], "applies");
    assert_eq!(others.read("d/a").unwrap(), NEW);
}

/// As on a full disk: each file may have no byte.
#[test]
fn a_lock_that_nobody_can_sign_leaves_what_was_there() {
    let act = "has no room to say who holds the lock";
    let no_room = "trap '' XFSZ; ulimit -f 0;";
    let (new, old) = (world(), patched());
    let names = records(&old);
    for world in [&new, &old] {
        assert!(is_done_by_child(world, act, no_room));
    }
    assert!(!new.has_records());
    assert_eq!(records(&old), names);
}
