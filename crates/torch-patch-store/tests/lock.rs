//! One at a time, across threads and processes, and the last one out.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use torch_patch_store::{Digest, LockOptions, Step, Store, StoreErrorKind};

use crate::fault::FaultAt;
use crate::world::{World, apply, change, options, revert};

#[test]
fn who_waits_in_vain_is_told_who_holds_it() {
    let world = World::new(&[]);
    let store = world.store();
    let held = store.lock(&LockOptions::new("apply")).unwrap();
    let impatient = LockOptions {
        timeout: Duration::from_millis(30),
        holder: "revert".to_owned(),
    };
    let error = store.lock(&impatient).unwrap_err();
    let StoreErrorKind::Busy {
        holder: Some(holder),
        waited,
        ..
    } = error.kind()
    else {
        panic!("{error}");
    };
    assert_eq!(
        (holder.pid, holder.command.as_str()),
        (std::process::id(), "apply")
    );
    assert!(*waited >= Duration::from_millis(30));
    assert!(
        error
            .to_string()
            .contains(&format!("`apply` (process {}", std::process::id())),
        "{error}"
    );
    drop(held);
    store.lock(&impatient).unwrap();
}

/// Each thread applies and reverts, so nearly every one is the last one out while others wait.
#[test]
fn the_last_one_out_and_those_who_wait_do_not_meet() {
    let world = World::new(&[("a", b"old")]);
    let inside = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let store = world.store();
                    let mut locked = store.lock(&options()).unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    assert!(locked.ledger().is_empty());
                    locked
                        .commit(change(vec![apply("a", Some(b"old"), Some(b"new"))]))
                        .unwrap();
                    locked
                        .commit(change(vec![revert("a", Some(b"new"), Some(b"old"))]))
                        .unwrap();
                    inside.fetch_sub(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert!(!world.has_records());
    assert_eq!(
        world
            .store()
            .target(&crate::world::path("a"))
            .unwrap()
            .unwrap()
            .digest,
        Digest::of(b"old")
    );
}

/// A second removal could hit the lock file of whoever came in after the first.
#[test]
fn the_lock_file_is_removed_once_and_after_everything_else() {
    let world = World::new(&[("a", b"old")]);
    let recorder = Arc::new(FaultAt::never());
    let store = Store::observed(world.root(), recorder.clone());
    store.lock(&options()).unwrap().release().unwrap();
    let steps = recorder.steps();
    let is_lock = |step: &Step| matches!(step, Step::Remove(path) if path.ends_with("lock"));
    assert_eq!(
        steps.iter().filter(|step| is_lock(step)).count(),
        1,
        "{steps:?}"
    );
    assert_eq!(
        steps.iter().position(is_lock),
        Some(steps.len() - 2),
        "{steps:?}"
    );
}

mod processes {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::process::{Command, Stdio};

    use torch_patch_store::{LockOptions, Store, StoreErrorKind};

    use crate::world::World;

    /// Holds the lock until it is killed; the root comes by standard input.
    #[test]
    #[ignore = "a part of `a_killed_process_holds_nothing`"]
    fn holding_child() {
        let mut root = String::new();
        std::io::stdin().read_line(&mut root).unwrap();
        if root.is_empty() {
            return;
        }
        let store = Store::new(root.trim_end());
        let _locked = store.lock(&LockOptions::new("child")).unwrap();
        println!("locked");
        std::io::stdin().read_line(&mut root).unwrap();
    }

    #[test]
    fn a_killed_process_holds_nothing() {
        let world = World::new(&[]);
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args([
            "--exact",
            "lock::processes::holding_child",
            "--ignored",
            "--nocapture",
        ]);
        let mut child = child
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        writeln!(stdin, "{}", world.root().display()).unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().ends_with("locked")));

        let store = world.store();
        let impatient = LockOptions {
            timeout: std::time::Duration::ZERO,
            ..LockOptions::default()
        };
        let error = store.lock(&impatient).unwrap_err();
        let StoreErrorKind::Busy {
            holder: Some(holder),
            ..
        } = error.kind()
        else {
            panic!("{error}")
        };
        assert_eq!((holder.pid, holder.command.as_str()), (child.id(), "child"));

        child.kill().unwrap();
        child.wait().unwrap();
        store.lock(&impatient).unwrap();
    }
}
