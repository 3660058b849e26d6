//! Faults at every step of every kind of change: afterwards all files are as before, or all as wanted.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err as fs;
use torch_patch_store::{
    Digest, Drifted, FileChange, Ledger, Observer, RecoveryOutcome, Step, Store, StoreErrorKind,
    Verdict,
};

use crate::fault::{Fault, FaultAt};
use crate::world::{Snapshot, World, apply, change, options, path, revert};

const OLD: &[u8] = b"old\n";
const NEW: &[u8] = b"new, and longer\n";
const THIRD: &[u8] = b"third\n";

/// A change, and the world it is made in.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) prepare: fn() -> World,
    pub(crate) files: fn() -> Vec<FileChange>,
}

pub(crate) const CASES: [Case; 4] = [
    Case {
        name: "first",
        prepare: pristine,
        files: first,
    },
    Case {
        name: "second layer",
        prepare: applied,
        files: second,
    },
    Case {
        name: "last one out",
        prepare: applied,
        files: last,
    },
    Case {
        name: "forced, with a copy",
        prepare: edited,
        files: forced,
    },
];

fn pristine() -> World {
    World::new(&[
        ("t/a.py", OLD),
        ("t/b.py", OLD),
        ("t/gone.py", OLD),
        ("t/__pycache__/a.pyc", b"code"),
    ])
}

fn first() -> Vec<FileChange> {
    vec![
        FileChange {
            derived: vec![path("t/__pycache__/a.pyc")],
            ..apply("t/a.py", Some(OLD), Some(NEW))
        },
        apply("t/b.py", Some(OLD), Some(NEW)),
        apply("t/new/deep/c.py", None, Some(NEW)),
        apply("t/gone.py", Some(OLD), None),
    ]
}

fn applied() -> World {
    let world = pristine();
    world.commit(first());
    world
}

fn second() -> Vec<FileChange> {
    let mut file = apply("t/a.py", Some(OLD), Some(THIRD));
    file.found = Some(Digest::of(NEW));
    vec![file]
}

fn last() -> Vec<FileChange> {
    vec![
        revert("t/a.py", Some(NEW), Some(OLD)),
        revert("t/b.py", Some(NEW), Some(OLD)),
        revert("t/new/deep/c.py", Some(NEW), None),
        revert("t/gone.py", None, Some(OLD)),
    ]
}

fn edited() -> World {
    let world = pristine();
    world.commit(vec![apply("t/a.py", Some(OLD), Some(NEW))]);
    world.write("t/a.py", THIRD);
    world
}

fn forced() -> Vec<FileChange> {
    vec![FileChange {
        keep_user_copy: true,
        ..revert("t/a.py", Some(THIRD), Some(OLD))
    }]
}

/// Byte code may be gone whichever way a change ends: it is made anew.
fn without_byte_code(world: &World) -> Snapshot {
    let mut snapshot = world.snapshot();
    snapshot.retain(|name, _| !name.contains("__pycache__"));
    snapshot
}

fn run(world: &World, fault: &Arc<FaultAt>, files: Vec<FileChange>) -> bool {
    let store = Store::observed(world.root(), fault.clone());
    store
        .lock(&options())
        .and_then(|mut locked| locked.commit(change(files)))
        .is_ok()
}

/// Lets `fault` strike at every step in turn and calls `check` with the world afterwards.
fn at_every_step(case: &Case, fault: Fault, check: impl Fn(&World, bool, &str)) {
    for step in 0.. {
        let world = (case.prepare)();
        let observer = Arc::new(FaultAt::new(fault, step));
        let is_ok = run(&world, &observer, (case.files)());
        if !observer.has_struck() {
            assert!(is_ok && step > 10, "{}: {step} steps", case.name);
            return;
        }
        check(
            &world,
            is_ok,
            &format!("{}, {fault:?} at step {step}", case.name),
        );
    }
}

/// The two states in which a change may end.
pub(crate) struct Ends {
    before: (Snapshot, Ledger),
    after: (Snapshot, Ledger),
}

impl Ends {
    pub(crate) fn of(case: &Case) -> Self {
        let state = |world: &World| {
            let ledger = world.store().read().unwrap().ledger().clone();
            (without_byte_code(world), ledger)
        };
        let world = (case.prepare)();
        let before = state(&world);
        world.commit((case.files)());
        let after = state(&world);
        Self { before, after }
    }

    /// Takes the lock as the next process does, and checks that it leaves one of the two.
    pub(crate) fn check(&self, world: &World, name: &str) {
        let store = world.store();
        let settled = store.read().unwrap().settled().unwrap().clone();
        let locked = store.lock(&options()).unwrap();
        assert!(locked.recovered().drifted.is_empty(), "{name}");
        assert_eq!(*locked.ledger(), settled, "{name}");
        let is_after = settled == self.after.1;
        let (wanted, ledger) = if is_after { &self.after } else { &self.before };
        assert_eq!(settled, *ledger, "{name}");
        assert_eq!(without_byte_code(world), *wanted, "{name}");
        for entry in settled.files.values() {
            if let Some(digest) = entry.pristine {
                assert_eq!(Digest::of(&locked.backup(&digest).unwrap()), digest);
            }
            let digest = entry.patches[0].digest;
            assert_eq!(Digest::of(&locked.blob(&digest).unwrap()), digest);
        }
        locked.release().unwrap();
        let has_copy = world.at(".torch-patch/kept").exists();
        assert_eq!(
            world.has_records(),
            !settled.is_empty() || has_copy,
            "{name}"
        );
    }
}

#[test]
fn after_a_crash_at_any_step_the_next_lock_finishes_or_undoes() {
    for case in &CASES {
        let ends = Ends::of(case);
        for fault in [Fault::Killed, Fault::BytesLost, Fault::AllLost] {
            at_every_step(case, fault, |world, _, name| ends.check(world, name));
        }
    }
}

#[test]
fn a_crash_during_the_recovery_is_recovered_from_too() {
    let before = without_byte_code(&pristine());
    for step in 0.. {
        let world = pristine();
        // After the second file of four has been replaced.
        let steps = {
            let recorder = Arc::new(FaultAt::never());
            let world = pristine();
            run(&world, &recorder, first());
            let target = world.at("t/b.py");
            let is_second = |step: &Step| matches!(step, Step::Rename(_, to) if *to == target);
            recorder.steps().iter().position(is_second).unwrap() + 1
        };
        run(
            &world,
            &Arc::new(FaultAt::new(Fault::Killed, steps)),
            first(),
        );
        let second = Arc::new(FaultAt::new(Fault::AllLost, step));
        let is_settled = Store::observed(world.root(), second.clone())
            .lock(&options())
            .is_ok();
        let store = world.store();
        let locked = store.lock(&options()).unwrap();
        assert_eq!(without_byte_code(&world), before, "{step}");
        assert!(locked.ledger().is_empty());
        drop(locked);
        assert!(!world.has_records(), "{step}");
        if !second.has_struck() {
            assert!(is_settled && step > 5);
            return;
        }
    }
}

#[test]
fn a_failure_at_any_step_changes_nothing() {
    for case in &CASES {
        let before = (case.prepare)();
        let (files, ledger) = (
            without_byte_code(&before),
            before.store().read().unwrap().ledger().clone(),
        );
        let done = (case.prepare)();
        done.commit((case.files)());
        let after = without_byte_code(&done);
        at_every_step(case, Fault::Failed, |world, is_ok, name| {
            let view = world.store().read().unwrap();
            assert!(view.pending().is_none(), "{name}");
            if is_ok {
                assert_eq!(without_byte_code(world), after, "{name}");
                return;
            }
            assert_eq!(without_byte_code(world), files, "{name}");
            assert_eq!(*view.ledger(), ledger, "{name}");
            let is_lock_failure = name.ends_with(" 0");
            assert!(
                !ledger.is_empty() || !world.has_records() || is_lock_failure,
                "{name}"
            );
        });
    }
}

#[test]
fn a_failed_commit_tells_what_was_rolled_back() {
    let world = pristine();
    let recorder = Arc::new(FaultAt::never());
    run(&pristine(), &recorder, first());
    let last = recorder
        .steps()
        .iter()
        .rposition(|step| matches!(step, Step::Rename(..)));
    let fault = Arc::new(FaultAt::new(Fault::Failed, last.unwrap()));
    let store = Store::observed(world.root(), fault);
    let error = store
        .lock(&options())
        .unwrap()
        .commit(change(first()))
        .unwrap_err();
    assert_eq!(error.rollback().unwrap().restored.len(), 4);
    assert!(
        error.to_string().ends_with("; nothing is changed"),
        "{error}"
    );
}

/// As on a disk that is full, and has room again later.
#[test]
fn a_rollback_that_fails_too_is_told_and_the_next_commit_begins_with_it() {
    let recorder = Arc::new(FaultAt::never());
    run(&pristine(), &recorder, first());
    let is_second = |step: &Step| matches!(step, Step::Rename(_, to) if to.ends_with("b.py"));
    let step = recorder.steps().iter().position(is_second).unwrap();
    let world = pristine();
    let fault = Arc::new(FaultAt::new(Fault::Stuck, step));
    let store = Store::observed(world.root(), fault.clone());
    let mut locked = store.lock(&options()).unwrap();
    let error = locked.commit(change(first())).unwrap_err();
    let failure = error.rollback().unwrap().failure.clone().unwrap();
    assert!(
        error.to_string().ends_with(&format!(
            "; the rollback failed too ({failure}), the next command resumes it"
        )),
        "{error}"
    );
    assert_eq!(locked.pending().unwrap().files.len(), first().len());
    assert_eq!(world.read("t/a.py").unwrap(), NEW);

    fault.end();
    locked.commit(change(second_instead())).unwrap();
    assert!(locked.pending().is_none());
    let wanted = pristine();
    wanted.write("t/a.py", THIRD);
    assert_eq!(without_byte_code(&world), without_byte_code(&wanted));
}

fn second_instead() -> Vec<FileChange> {
    vec![apply("t/a.py", Some(OLD), Some(THIRD))]
}

#[test]
fn a_change_that_was_cut_off_can_be_made_by_the_next_process() {
    let done = applied();
    at_every_step(&CASES[0], Fault::Killed, |world, _, name| {
        let store = world.store();
        let mut locked = store.lock(&options()).unwrap();
        if locked.ledger().is_empty() {
            locked.commit(change(first())).unwrap();
        }
        assert_eq!(without_byte_code(world), without_byte_code(&done), "{name}");
        assert_eq!(
            locked.ledger(),
            done.store().read().unwrap().ledger(),
            "{name}"
        );
    });
}

/// As [`edited`], by a user who has made the same edit before, and whose copy of it is there.
fn edited_again() -> World {
    let world = edited();
    world.commit(forced());
    world.commit(vec![apply("t/a.py", Some(OLD), Some(NEW))]);
    world.write("t/a.py", THIRD);
    world
}

#[test]
fn an_undone_change_takes_away_the_copy_it_made_and_no_other() {
    let again = Case {
        name: "forced again",
        prepare: edited_again,
        files: forced,
    };
    let copies = |world: &World| {
        let entries = fs::read_dir(world.at(".torch-patch/kept"));
        entries.map_or(0, Iterator::count)
    };
    for (case, before) in [(&CASES[3], 0), (&again, 1)] {
        for fault in [Fault::Failed, Fault::Killed] {
            at_every_step(case, fault, |world, _, name| {
                world.store().lock(&options()).unwrap().release().unwrap();
                let is_undone = world.read("t/a.py").unwrap() == THIRD;
                let wanted = if is_undone { before } else { 1 };
                assert_eq!(copies(world), wanted, "{name}");
            });
        }
    }
}

#[test]
fn a_file_changed_by_somebody_else_after_a_crash_is_left_and_reported() {
    let recorder = Arc::new(FaultAt::never());
    run(&pristine(), &recorder, first());
    let steps = recorder.steps().len();
    for step in (0..steps).rev() {
        let crashed = pristine();
        run(
            &crashed,
            &Arc::new(FaultAt::new(Fault::Killed, step)),
            first(),
        );
        let view = crashed.store().read().unwrap();
        if view.pending().is_none() || crashed.read("t/b.py").unwrap() != NEW {
            continue;
        }
        crashed.write("t/b.py", THIRD);
        let store = crashed.store();
        let locked = store.lock(&options()).unwrap();
        let recovery = locked.recovered();
        assert_eq!(recovery.outcome, RecoveryOutcome::Undone);
        assert_eq!(recovery.drifted[0].path, path("t/b.py"));
        assert_eq!(crashed.read("t/b.py").unwrap(), THIRD);
        assert_eq!(crashed.read("t/a.py").unwrap(), OLD);
        return;
    }
    panic!("no step leaves an intent");
}

#[test]
fn a_change_that_lacks_nothing_but_its_end_is_finished() {
    let recorder = Arc::new(FaultAt::never());
    run(&pristine(), &recorder, first());
    let is_end = |step: &Step| matches!(step, Step::Rename(_, to) if to.ends_with("ledger.json"));
    let step = recorder.steps().iter().position(is_end).unwrap();
    let world = pristine();
    run(
        &world,
        &Arc::new(FaultAt::new(Fault::Killed, step)),
        first(),
    );
    let store = world.store();
    let locked = store.lock(&options()).unwrap();
    assert_eq!(locked.recovered().outcome, RecoveryOutcome::Finished);
    assert_eq!(locked.recovered().files.len(), first().len());
    let done = applied();
    assert_eq!(without_byte_code(&world), without_byte_code(&done));
    assert_eq!(locked.ledger(), done.store().read().unwrap().ledger());
}

#[test]
fn what_is_no_file_any_more_after_a_crash_is_left_and_the_rest_is_undone() {
    let recorder = Arc::new(FaultAt::never());
    run(&pristine(), &recorder, first());
    let is_third = |step: &Step| matches!(step, Step::Rename(_, to) if to.ends_with("c.py"));
    let step = recorder.steps().iter().position(is_third).unwrap();
    let world = pristine();
    run(
        &world,
        &Arc::new(FaultAt::new(Fault::Killed, step)),
        first(),
    );
    fs::remove_file(world.at("t/b.py")).unwrap();
    fs::create_dir(world.at("t/b.py")).unwrap();
    let store = world.store();
    let locked = store.lock(&options()).unwrap();
    let drifted = Drifted {
        path: path("t/b.py"),
        before: Some(Digest::of(OLD)),
        after: Some(Digest::of(NEW)),
        found: None,
    };
    assert_eq!(locked.recovered().drifted, [drifted]);
    assert!(world.at("t/b.py").is_dir());
    assert_eq!(world.read("t/a.py").unwrap(), OLD);
}

#[test]
fn a_tampered_backup_is_never_restored_and_the_intent_stays() {
    let world = pristine();
    let target = world.at("t/b.py");
    let recorder = Arc::new(FaultAt::never());
    let twin = pristine();
    run(&twin, &recorder, first());
    let is_second = |step: &Step| matches!(step, Step::Rename(_, to) if to.ends_with("t/b.py"));
    let step = recorder.steps().iter().position(is_second).unwrap();
    run(
        &world,
        &Arc::new(FaultAt::new(Fault::Killed, step + 1)),
        first(),
    );
    let digest = Digest::of(OLD);
    world.write(&format!(".torch-patch/backups/{}", digest.hex()), b"evil");
    let error = world.store().lock(&options()).unwrap_err();
    assert!(
        matches!(error.kind(), StoreErrorKind::ContentTampered { .. }),
        "{error}"
    );
    assert!(world.store().read().unwrap().pending().is_some());
    assert_eq!(fs_err::read(target).unwrap(), NEW);
}

/// A temporary file is known by the intent alone: it has to be gone for good before the intent goes.
#[test]
fn a_temporary_file_is_durably_gone_before_its_intent() {
    for case in &CASES[..2] {
        at_every_step(case, Fault::Killed, |world, _, name| {
            let recorder = Arc::new(FaultAt::never());
            let store = Store::observed(world.root(), recorder.clone());
            drop(store.lock(&options()).unwrap());
            let steps = recorder.steps();
            let removed = steps.iter().enumerate().filter_map(|(index, step)| {
                let Step::Remove(path) = step else {
                    return None;
                };
                let name = path.file_stem()?.to_str()?;
                let is_temporary = path.extension().is_some_and(|found| found == "tmp");
                let is_beside = name.starts_with(".torch-patch-") && is_temporary;
                is_beside.then(|| (index, path.parent().unwrap().to_path_buf()))
            });
            for (index, directory) in removed {
                let synced = Step::SyncDirectory(directory);
                assert_eq!(steps.get(index + 1), Some(&synced), "{name}: {steps:?}");
            }
        });
    }
}

/// Takes the ledger away as soon as it is written, and puts something in its place that cannot be read.
#[derive(Debug)]
struct Hidden {
    ledger: PathBuf,
    aside: PathBuf,
}

impl Observer for Hidden {
    fn before(&self, _: &Step) -> Verdict {
        Verdict::Proceed
    }

    fn after(&self, step: &Step) {
        if matches!(step, Step::Rename(_, to) if *to == self.ledger) {
            fs::rename(&self.ledger, &self.aside).unwrap();
            fs::create_dir(&self.ledger).unwrap();
        }
    }
}

#[test]
fn a_ledger_that_cannot_be_read_back_is_not_taken_for_an_empty_one() {
    let world = pristine();
    let (ledger, aside) = (world.at(".torch-patch/ledger.json"), world.at("aside"));
    let observer = Hidden {
        ledger: ledger.clone(),
        aside: aside.clone(),
    };
    let store = Store::observed(world.root(), Arc::new(observer));
    let mut locked = store.lock(&options()).unwrap();
    locked.commit(change(first())).unwrap();
    drop(locked);
    unhide(&ledger, &aside);
    let view = world.store().read().unwrap();
    assert_eq!(view.ledger().files.len(), first().len());
    view.backup(&Digest::of(OLD)).unwrap();
}

fn unhide(ledger: &Path, aside: &Path) {
    fs::remove_dir(ledger).unwrap();
    fs::rename(aside, ledger).unwrap();
}

#[test]
fn the_commit_after_one_that_could_not_be_read_back_forgets_nothing() {
    let world = pristine();
    world.write("t/more.py", OLD);
    let (ledger, aside) = (world.at(".torch-patch/ledger.json"), world.at("aside"));
    let observer = Hidden {
        ledger: ledger.clone(),
        aside: aside.clone(),
    };
    let store = Store::observed(world.root(), Arc::new(observer));
    let mut locked = store.lock(&options()).unwrap();
    locked.commit(change(first())).unwrap();
    unhide(&ledger, &aside);
    let more = || vec![apply("t/more.py", Some(OLD), Some(NEW))];
    locked.commit(change(more())).unwrap();
    drop(locked);
    unhide(&ledger, &aside);
    let view = world.store().read().unwrap();
    assert_eq!(view.ledger().files.len(), first().len() + more().len());
}
