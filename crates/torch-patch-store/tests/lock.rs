//! One at a time, across threads and processes, and the last one out.

use std::fmt;
use std::path::Path;
#[cfg(unix)]
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use fs_err as fs;
use torch_patch_store::{Digest, LockOptions, Observer, Step, Store, StoreErrorKind, Verdict};

use crate::fault::{Fault, FaultAt};
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
    #[cfg(unix)] // where every machine has this program
    {
        let name = Command::new("uname").arg("-n").output().unwrap().stdout;
        assert_eq!(
            holder.host.as_deref(),
            Some(str::from_utf8(&name).unwrap().trim_end())
        );
    }
    assert!(*waited >= Duration::from_millis(30));
    assert!(
        error
            .to_string()
            .contains(&format!("`apply` (process {}", std::process::id())),
        "{error}"
    );
    assert!(error.hint().unwrap().starts_with("wait for the other"));
    drop(held);
    store.lock(&impatient).unwrap();
}

/// Each thread applies and reverts, so nearly every one is the last one out while others wait.
#[test]
fn the_last_one_out_and_those_who_wait_do_not_meet() {
    let world = World::new(&[("a", b"old")]);
    let inside = AtomicUsize::new(0);
    // Whoever comes takes the lock, whoever has waited longest: on a busy machine one may wait for all others.
    let patient = LockOptions {
        timeout: Duration::from_mins(1),
        ..options()
    };
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let store = world.store();
                    let mut locked = store.lock(&patient).unwrap();
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

/// The last one out takes the name of the lock file away, so a lock on that file keeps nobody out any more.
#[test]
fn who_has_waited_for_the_last_one_out_keeps_others_out() {
    let world = World::new(&[]);
    let store = world.store();
    let held = store.lock(&options()).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let store = world.store();
            let locked = store.lock(&options()).unwrap();
            let impatient = LockOptions {
                timeout: Duration::ZERO,
                ..options()
            };
            let error = world.store().lock(&impatient).unwrap_err();
            assert!(matches!(error.kind(), StoreErrorKind::Busy { .. }));
            locked.release().unwrap();
        });
        thread::sleep(Duration::from_millis(100)); // until it waits
        held.release().unwrap();
        waiting.join().unwrap();
    });
    assert!(!world.has_records());
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

/// What others do in between: the first step for which `is_due` says so is followed by `does`.
struct Meanwhile {
    is_due: fn(&Step) -> bool,
    does: fn(&Path),
    is_done: AtomicBool,
}

impl Meanwhile {
    fn store(world: &World, is_due: fn(&Step) -> bool, does: fn(&Path)) -> Store {
        let observer = Self {
            is_due,
            does,
            is_done: AtomicBool::new(false),
        };
        Store::observed(world.root(), Arc::new(observer))
    }
}

impl fmt::Debug for Meanwhile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Meanwhile")
    }
}

impl Observer for Meanwhile {
    fn before(&self, _: &Step) -> Verdict {
        Verdict::Proceed
    }

    fn after(&self, step: &Step) {
        if (self.is_due)(step) && !self.is_done.swap(true, Ordering::SeqCst) {
            let (Step::CreateDirectory(path) | Step::Remove(path)) = step else {
                panic!("{step:?}")
            };
            (self.does)(path);
        }
    }
}

#[test]
fn a_directory_that_the_last_one_out_takes_away_is_made_again() {
    let world = World::new(&[]);
    let is_made = |step: &Step| matches!(step, Step::CreateDirectory(_));
    let store = Meanwhile::store(&world, is_made, |path| fs::remove_dir(path).unwrap());
    let locked = store.lock(&options()).unwrap();
    assert!(world.has_records());
    locked.release().unwrap();
    assert!(!world.has_records());
}

/// On Unix only: elsewhere the name of an open file may stay until it is closed.
#[cfg(unix)]
#[test]
fn a_lock_file_that_somebody_makes_when_the_old_one_is_gone_is_left_alone() {
    let world = World::new(&[]);
    let is_removed = |step: &Step| matches!(step, Step::Remove(_));
    let store = Meanwhile::store(&world, is_removed, |path| fs::write(path, b"").unwrap());
    store.lock(&options()).unwrap().release().unwrap();
    assert!(world.at(".torch-patch/lock").exists());
}

#[test]
fn a_directory_that_stays_is_no_error_once_the_lock_is_gone() {
    let release = |fault: FaultAt| {
        let world = World::new(&[]);
        let fault = Arc::new(fault);
        let store = Store::observed(world.root(), fault.clone());
        store.lock(&options()).unwrap().release().unwrap();
        fault.steps()
    };
    let steps = release(FaultAt::never());
    let last = steps.len() - 1;
    assert!(matches!(steps[last], Step::RemoveDirectory(_)), "{steps:?}");
    assert_eq!(release(FaultAt::new(Fault::Failed, last)).len(), last);
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
