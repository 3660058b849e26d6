//! What a commit does to files and records when nothing goes wrong, and what it refuses.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fs_err as fs;
use torch_patch_store::{Change, Digest, FileChange, StoreError, StoreErrorKind, Wanted};

use crate::world::{BLOB, World, apply, change, entry, options, path, revert};

const OLD: &[u8] = b"old\n";
const NEW: &[u8] = b"new\n";
const THIRD: &[u8] = b"third\n";

fn refused(world: &World, files: Vec<FileChange>) -> StoreError {
    let before = world.snapshot();
    let store = world.store();
    let mut locked = store.lock(&options()).unwrap();
    let error = locked.commit(change(files)).unwrap_err();
    locked.release().unwrap();
    assert_eq!(world.snapshot(), before);
    error
}

#[test]
fn applies_and_reverts_to_the_same_bytes_and_leaves_nothing() {
    let world = World::new(&[("t/a.py", OLD)]);
    let before = world.snapshot();
    world.commit(vec![
        apply("t/a.py", Some(OLD), Some(NEW)),
        apply("t/x/y/new.py", None, Some(NEW)),
    ]);
    assert_eq!(world.read("t/a.py").unwrap(), NEW);
    let view = world.store().read().unwrap();
    assert!(world.store().exists());
    assert_eq!(view.ledger().files.len(), 2);
    assert_eq!(view.backup(&Digest::of(OLD)).unwrap(), OLD);
    assert_eq!(view.blob(&Digest::of(BLOB)).unwrap(), BLOB);
    world.write("t/x/y/__pycache__/new.pyc", b"code");
    let created = FileChange {
        derived: vec![path("t/x/y/__pycache__/new.pyc")],
        ..revert("t/x/y/new.py", Some(NEW), None)
    };
    world.commit(vec![revert("t/a.py", Some(NEW), Some(OLD)), created]);
    assert_eq!(world.snapshot(), before);
    assert!(!world.has_records());
}

/// The new content, the intent and, the first time, the patch file; what is replaced gets a second name, or is copied.
#[test]
fn what_each_commit_has_written_is_counted() {
    let world = World::new(&[("a", OLD)]);
    let store = world.store();
    let mut locked = store.lock(&options()).unwrap();
    let again = FileChange {
        found: Some(Digest::of(NEW)),
        ..apply("a", Some(OLD), Some(THIRD))
    };
    for (file, before, after, blob) in [
        (apply("a", Some(OLD), Some(NEW)), OLD, NEW, BLOB),
        (again, NEW, THIRD, b""),
    ] {
        let done = locked.commit(change(vec![file])).unwrap();
        let ledger = world.read(".torch-patch/ledger.json").unwrap();
        let copied = if cfg!(unix) { 0 } else { before.len() };
        let written = after.len() + blob.len() + ledger.len() + copied;
        assert_eq!(usize::try_from(done.bytes_written), Ok(written));
    }
}

#[test]
fn what_is_read_under_the_lock_is_what_was_committed() {
    let world = World::new(&[("a", OLD)]);
    let store = world.store();
    let mut locked = store.lock(&options()).unwrap();
    locked
        .commit(change(vec![apply("a", Some(OLD), Some(NEW))]))
        .unwrap();
    assert_eq!(locked.target(&path("a")).unwrap().unwrap().bytes, NEW);
    assert_eq!(locked.target(&path("b")).unwrap(), None);
    assert_eq!(locked.backup(&Digest::of(OLD)).unwrap(), OLD);
    assert_eq!(locked.blob(&Digest::of(BLOB)).unwrap(), BLOB);
    assert_eq!(locked.ledger(), store.read().unwrap().ledger());
}

/// As after an edit by hand that is the patch already.
#[test]
fn a_file_that_is_as_wanted_is_recorded_without_being_written() {
    let world = World::new(&[("a", NEW)]);
    let before = world.snapshot();
    let file = apply("a", Some(OLD), Some(NEW));
    let entry = file.entry.clone();
    world.commit(vec![FileChange {
        found: Some(Digest::of(NEW)),
        ..file
    }]);
    assert_eq!(world.snapshot(), before);
    let view = world.store().read().unwrap();
    assert_eq!(view.ledger().files.get(&path("a")), entry.as_ref());
    assert_eq!(view.backup(&Digest::of(OLD)).unwrap(), OLD);
}

/// Of a file that is kept, and of one that is merged; of no other.
#[test]
fn the_record_may_differ_from_a_file_that_the_user_has_changed_too() {
    let entry = Some(entry(Some(Digest::of(OLD)), Some(Digest::of(NEW))));
    let file = |wanted, is_merged| FileChange {
        found: Some(Digest::of(THIRD)),
        wanted,
        entry: entry.clone(),
        is_merged,
        ..apply("a", Some(OLD), None)
    };
    let merged = [NEW, THIRD].concat();
    for (file, after) in [
        (file(Wanted::Keep, false), THIRD),
        (file(Wanted::Write(merged.clone()), true), &merged),
    ] {
        let world = World::new(&[("a", THIRD)]);
        world.commit(vec![file]);
        let view = world.store().read().unwrap();
        assert_eq!(view.ledger().files.get(&path("a")), entry.as_ref());
        assert_eq!(world.read("a").unwrap(), after);
    }
    let world = World::new(&[("a", THIRD)]);
    let error = refused(&world, vec![file(Wanted::Write(merged), false)]);
    assert!(
        matches!(error.kind(), StoreErrorKind::InvalidChange { .. }),
        "{error}"
    );
}

#[test]
fn a_directory_with_somebody_elses_file_stays() {
    let world = World::new(&[("t/a.py", OLD)]);
    world.commit(vec![apply("t/x/new.py", None, Some(NEW))]);
    world.write("t/x/mine.py", b"mine");
    world.commit(vec![revert("t/x/new.py", Some(NEW), None)]);
    assert_eq!(world.read("t/x/mine.py").unwrap(), b"mine");
    assert!(!world.has_records());
}

#[test]
fn reading_writes_nothing() {
    let world = World::new(&[("a", OLD)]);
    let view = world.store().read().unwrap();
    assert!(view.ledger().is_empty() && view.pending().is_none());
    assert!(!world.store().exists());
    assert!(!world.has_records());
}

#[test]
fn a_lock_without_a_commit_leaves_nothing() {
    let world = World::new(&[("a", OLD)]);
    drop(world.store().lock(&options()).unwrap());
    assert!(!world.has_records());
}

#[test]
fn keeping_and_rewriting_the_same_write_nothing() {
    let world = World::new(&[("a", OLD)]);
    world.commit(vec![apply("a", Some(OLD), Some(NEW))]);
    let modified = || fs::metadata(world.at("a")).unwrap().modified().unwrap();
    let ledger = || {
        fs::metadata(world.at(".torch-patch/ledger.json"))
            .unwrap()
            .modified()
            .unwrap()
    };
    let before = (modified(), ledger());
    for wanted in [Wanted::Keep, Wanted::Write(NEW.to_vec())] {
        let file = FileChange {
            found: Some(Digest::of(NEW)),
            wanted,
            ..apply("a", Some(OLD), Some(NEW))
        };
        let store = world.store();
        let committed = store
            .lock(&options())
            .unwrap()
            .commit(change(vec![file]))
            .unwrap();
        assert_eq!(committed.bytes_written, 0);
        assert_eq!(committed.files, [(path("a"), Some(Digest::of(NEW)))]);
    }
    assert_eq!((modified(), ledger()), before);
}

#[test]
fn what_is_kept_already_need_not_be_given_again() {
    let world = World::new(&[("a", OLD)]);
    world.commit(vec![apply("a", Some(OLD), Some(NEW))]);
    let second = FileChange {
        found: Some(Digest::of(NEW)),
        backup: None,
        ..apply("a", Some(OLD), Some(THIRD))
    };
    let change = Change {
        files: vec![second],
        blobs: Vec::new(),
    };
    let store = world.store();
    let mut locked = store.lock(&options()).unwrap();
    locked.commit(change).unwrap();
    assert_eq!(locked.backup(&Digest::of(OLD)).unwrap(), OLD);
    assert_eq!(locked.blob(&Digest::of(BLOB)).unwrap(), BLOB);
}

#[test]
fn what_nothing_refers_to_is_removed() {
    let world = World::new(&[("a", OLD), ("b", THIRD)]);
    world.commit(vec![
        apply("a", Some(OLD), Some(NEW)),
        apply("b", Some(THIRD), Some(NEW)),
    ]);
    world.commit(vec![revert("b", Some(NEW), Some(THIRD))]);
    let names = |directory: &str| fs::read_dir(world.at(directory)).unwrap().count();
    assert_eq!(names(".torch-patch/backups"), 1);
    assert_eq!(names(".torch-patch/patches"), 1);
}

#[test]
fn drift_is_refused_and_nothing_is_left() {
    let there = World::new(&[("a", THIRD)]);
    for (world, found) in [
        (there, Digest::of(THIRD).to_string()),
        (World::new(&[]), "no file".to_owned()),
    ] {
        let error = refused(&world, vec![apply("a", Some(OLD), Some(NEW))]);
        assert!(
            matches!(error.kind(), StoreErrorKind::Drift { .. }),
            "{error}"
        );
        let expected = Digest::of(OLD);
        assert_eq!(
            error.to_string(),
            format!("`a` changed meanwhile: expected {expected}, found {found}")
        );
        assert!(!world.has_records());
    }
}

#[test]
fn a_change_that_contradicts_itself_is_refused() {
    let world = World::new(&[("a", OLD)]);
    let good = || apply("a", Some(OLD), Some(NEW));
    let wrong_backup = FileChange {
        backup: Some(THIRD.to_vec()),
        ..good()
    };
    let wrong_entry = FileChange {
        entry: Some(entry(Some(Digest::of(OLD)), None)),
        ..good()
    };
    let unknown = entry(Some(Digest::of(THIRD)), Some(Digest::of(NEW)));
    let no_original = FileChange {
        entry: Some(unknown),
        backup: None,
        ..good()
    };
    for files in [
        vec![good(), good()],
        vec![wrong_backup],
        vec![wrong_entry],
        vec![no_original],
    ] {
        let error = refused(&world, files);
        assert!(
            matches!(error.kind(), StoreErrorKind::InvalidChange { .. }),
            "{error}"
        );
    }
    let store = world.store();
    let change = Change {
        files: vec![good()],
        blobs: Vec::new(),
    };
    let error = store.lock(&options()).unwrap().commit(change).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`a` is recorded with a patch whose bytes are not kept"
    );
}

#[test]
fn the_users_version_is_kept_where_the_report_says_and_survives_the_last_one_out() {
    let world = World::new(&[("t/a.py", OLD)]);
    world.commit(vec![apply("t/a.py", Some(OLD), Some(NEW))]);
    world.write("t/a.py", THIRD);
    let store = world.store();
    let mut locked = store.lock(&options()).unwrap();
    let file = FileChange {
        keep_user_copy: true,
        ..revert("t/a.py", Some(THIRD), Some(OLD))
    };
    let committed = locked.commit(change(vec![file])).unwrap();
    locked.release().unwrap();
    assert_eq!(fs::read(&committed.kept[0]).unwrap(), THIRD);
    let left: Vec<_> = fs::read_dir(world.at(".torch-patch"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["kept"]);
    assert!(!store.has_more_than_copies());
    world.write(".torch-patch/ledger.json", b"");
    assert!(store.has_more_than_copies());
}

/// Python takes byte code for current by second and size of its source.
#[test]
fn a_second_version_of_one_size_has_a_later_second() {
    let world = World::new(&[("a.py", OLD)]);
    let before = second(&world, "a.py");
    world.commit(vec![apply("a.py", Some(OLD), Some(NEW))]);
    assert!(second(&world, "a.py") > before);
}

#[test]
fn a_version_that_nobody_takes_for_the_old_one_has_the_time_at_which_it_was_written() {
    for (age, after) in [(0, THIRD), (1_000_000, NEW)] {
        let world = World::new(&[("a.py", OLD)]);
        let before = SystemTime::now() - Duration::from_secs(age);
        let file = fs::OpenOptions::new().write(true).open(world.at("a.py"));
        file.unwrap().file().set_modified(before).unwrap();
        let start = second_of(SystemTime::now());
        world.commit(vec![apply("a.py", Some(OLD), Some(after))]);
        let now = second_of(SystemTime::now());
        assert!((start..=now).contains(&second(&world, "a.py")), "{age} s");
    }
}

fn second(world: &World, path: &str) -> u64 {
    second_of(fs::metadata(world.at(path)).unwrap().modified().unwrap())
}

fn second_of(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn a_tampered_backup_is_not_handed_out() {
    let world = World::new(&[("a", OLD)]);
    world.commit(vec![apply("a", Some(OLD), Some(NEW))]);
    let digest = Digest::of(OLD);
    world.write(&format!(".torch-patch/backups/{}", digest.hex()), b"evil");
    let error = world.store().read().unwrap().backup(&digest).unwrap_err();
    assert!(
        matches!(error.kind(), StoreErrorKind::ContentTampered { .. }),
        "{error}"
    );
}

#[test]
fn a_damaged_or_newer_ledger_is_refused_and_left() {
    for (json, wanted) in [("{", "is damaged"), (r#"{"format":9}"#, "found 9")] {
        let world = World::new(&[("a", OLD), (".torch-patch/ledger.json", json.as_bytes())]);
        assert!(
            world
                .store()
                .read()
                .unwrap_err()
                .to_string()
                .contains(wanted)
        );
        assert!(
            world
                .store()
                .lock(&options())
                .unwrap_err()
                .to_string()
                .contains(wanted)
        );
        assert_eq!(
            world.read(".torch-patch/ledger.json").unwrap(),
            json.as_bytes()
        );
    }
}

#[test]
fn hard_links_keep_the_old_bytes() {
    let world = World::new(&[("cache", OLD)]);
    fs::hard_link(world.at("cache"), world.at("a")).unwrap();
    world.commit(vec![apply("a", Some(OLD), Some(NEW))]);
    assert_eq!(world.read("cache").unwrap(), OLD);
    assert_eq!(world.read("a").unwrap(), NEW);
}

/// The original with its inode, so nothing is copied; but one that has another name could be changed under that.
/// On Unix only: elsewhere each backup is a copy.
#[cfg(unix)]
#[test]
fn the_file_itself_becomes_the_backup_unless_it_has_another_name() {
    use std::os::unix::fs::MetadataExt as _;

    let backup = format!(".torch-patch/backups/{}", Digest::of(OLD).hex());
    let inode = |world: &World, path: &str| fs::metadata(world.at(path)).unwrap().ino();
    for has_other_name in [false, true] {
        let world = World::new(&[("a.py", OLD)]);
        if has_other_name {
            fs::hard_link(world.at("a.py"), world.at("cache.py")).unwrap();
        }
        let original = inode(&world, "a.py");
        world.commit(vec![apply("a.py", Some(OLD), Some(NEW))]);
        assert_eq!(inode(&world, &backup) == original, !has_other_name);
        if has_other_name {
            // As an editor does that writes in place.
            fs::write(world.at("cache.py"), b"edited\n").unwrap();
        }
        assert_eq!(world.read(&backup).unwrap(), OLD);
        world.commit(vec![revert("a.py", Some(NEW), Some(OLD))]);
        assert_eq!(world.read("a.py").unwrap(), OLD);
        assert!(!world.has_records());
    }
}
