//! That no success is told without looking at the file again.

use std::sync::Arc;

use torch_patch_store::{Observer, Step, Store, StoreErrorKind, Verdict};

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
    locked.release().unwrap();
    assert_eq!(world.read("a.py").unwrap(), THEIRS, "theirs is left alone");
    assert!(!world.has_records());
}
