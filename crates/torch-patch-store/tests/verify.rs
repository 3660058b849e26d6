//! That no success is told without looking at the file again.

use std::sync::Arc;

use torch_patch_store::{Digest, Observer, Step, Store, StoreErrorKind, Verdict};

use crate::world::{World, apply, change, options, path};

const OLD: &[u8] = b"old\n";
const NEW: &[u8] = b"new\n";
const THEIRS: &[u8] = b"theirs\n";

/// Somebody who writes a file the moment it has been replaced.
#[derive(Debug)]
struct Meddler;

impl Observer for Meddler {
    fn before(&self, _step: &Step) -> Verdict {
        Verdict::Proceed
    }

    fn after(&self, step: &Step) {
        if let Step::Rename(_, to) = step
            && to.ends_with("a.py")
        {
            fs_err::write(to, THEIRS).unwrap();
        }
    }
}

#[test]
fn a_file_that_does_not_read_back_as_written_is_no_success() {
    let world = World::new(&[("a.py", OLD)]);
    let store = Store::observed(world.root(), Arc::new(Meddler));
    let mut locked = store.lock(&options()).unwrap();
    let error = locked
        .commit(change(vec![apply("a.py", Some(OLD), Some(NEW))]))
        .unwrap_err();
    assert!(
        matches!(error.kind(), StoreErrorKind::NotVerified { .. }),
        "{error}"
    );
    assert_eq!(error.rollback().unwrap().drifted, [path("a.py")]);
    let (expected, found) = (Digest::of(NEW), Digest::of(THEIRS));
    assert_eq!(
        error.to_string(),
        format!(
            "`a.py` does not read back as written: expected {expected}, found {found}; rolled back except `a.py`, \
             changed by somebody else"
        )
    );
    locked.release().unwrap();
    assert_eq!(world.read("a.py").unwrap(), THEIRS, "theirs is left alone");
    assert!(!world.has_records());
}

/// Somebody who exchanges a file for another one while it gets its second name, and back.
#[cfg(unix)] // where a file has one name, the backup is its second one
#[derive(Debug)]
struct Exchanger;

#[cfg(unix)]
impl Observer for Exchanger {
    fn before(&self, step: &Step) -> Verdict {
        if let Step::Link(from, _) = step {
            fs_err::rename(from, from.with_extension("aside")).unwrap();
            fs_err::write(from, THEIRS).unwrap();
        }
        Verdict::Proceed
    }

    fn after(&self, step: &Step) {
        if let Step::Link(from, _) = step {
            fs_err::rename(from.with_extension("aside"), from).unwrap();
        }
    }
}

#[cfg(unix)]
#[test]
fn a_backup_that_got_other_bytes_is_written_anew() {
    let world = World::new(&[("a.py", OLD)]);
    let store = Store::observed(world.root(), Arc::new(Exchanger));
    let mut locked = store.lock(&options()).unwrap();
    locked
        .commit(change(vec![apply("a.py", Some(OLD), Some(NEW))]))
        .unwrap();
    locked.release().unwrap();
    let digest = Digest::of(OLD);
    let backup = format!(".torch-patch/backups/{}", digest.hex());
    assert_eq!(world.read(&backup).unwrap(), OLD);
}
