//! Files that someone else changed.

use fs_err as fs;
use torch_patch::{ApplyRequest, OnDrift, Outcome, RevertRequest};

use crate::setting::{BARRIER, Setting, barrier_patch};

const MINE: (&str, &str) = ("MPI = \"mpi\"", "MPI = \"mpi\"\r\n    MINE = \"mine\"");

fn drifted() -> (Setting, String) {
    let setting = Setting::new();
    setting.apply(&["gloo-windows"]);
    let mine = setting.edit(MINE.0, MINE.1);
    (setting, mine)
}

fn revert(drifted: OnDrift) -> RevertRequest {
    RevertRequest {
        drifted,
        ..RevertRequest::new(["gloo-windows"])
    }
}

#[test]
fn nothing_touches_a_drifted_file() {
    let (setting, _) = drifted();
    let before = setting.picture();
    let status = setting.status("gloo-windows");
    assert_eq!(status.outcome, Outcome::Drifted);
    let error = setting.try_revert(&revert(OnDrift::Refuse)).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("drifted", 4));
    let diffs = error.diffs();
    assert!(diffs[0].contains("+    MINE = \"mine\""), "{}", diffs[0]);
    let error = setting
        .try_apply(&ApplyRequest::new(["gloo-windows"]))
        .unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("drifted", 4));
    assert_eq!(setting.picture(), before);
}

#[test]
fn a_change_before_any_patch_is_drift_too() {
    let setting = Setting::new();
    setting.edit(MINE.0, MINE.1);
    let before = setting.picture();
    assert_eq!(setting.state("gloo-windows"), Outcome::Drifted);
    let error = setting
        .try_apply(&ApplyRequest::new(["gloo-windows"]))
        .unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("drifted", 4));
    let hints = error.hints().join("; ");
    assert!(!hints.contains("revert"), "nothing is recorded: {hints}");
    assert_eq!(setting.picture(), before);
}

#[test]
fn the_drift_of_one_patch_is_not_that_of_another() {
    let (setting, _) = drifted();
    let other = setting.status("gloo-always");
    assert_eq!(other.outcome, Outcome::NotApplied);
    assert!(other.reason.unwrap().contains("someone else changed"));
}

#[test]
fn force_restores_the_original_and_keeps_the_users_version() {
    let (setting, mine) = drifted();
    let original = Setting::new().read();
    let results = setting.try_revert(&revert(OnDrift::Force)).unwrap().results;
    assert_eq!(results[0].outcome, Outcome::Reverted);
    assert_eq!(setting.read(), original);
    let kept = results[0].files[0].kept.as_deref().unwrap();
    assert_eq!(fs::read_to_string(kept).unwrap(), mine);
    assert_eq!(setting.state("gloo-windows"), Outcome::NotApplied);
}

#[test]
fn force_brings_a_deleted_file_back() {
    let (setting, _) = drifted();
    fs::remove_file(setting.world.target()).unwrap();
    assert_eq!(setting.state("gloo-windows"), Outcome::Drifted);
    setting.try_revert(&revert(OnDrift::Refuse)).unwrap_err();
    setting.try_revert(&revert(OnDrift::Force)).unwrap();
    assert_eq!(setting.read(), Setting::new().read());
    assert!(!setting.world.has_store());
}

#[test]
fn merge_takes_only_the_patch_out() {
    let (setting, _) = drifted();
    let wanted = Setting::new().read().replace(MINE.0, MINE.1);
    let results = setting.try_revert(&revert(OnDrift::Merge)).unwrap().results;
    assert_eq!(results[0].outcome, Outcome::Reverted);
    assert_eq!(setting.read(), wanted);
    assert!(!setting.world.has_store());
}

#[test]
fn merge_refuses_where_the_patch_itself_was_changed() {
    let setting = Setting::new();
    setting.apply(&["gloo-windows"]);
    let mine = setting.edit(
        "if not is_nccl_available():  # torch-patch: gloo-windows",
        "if True:",
    );
    let error = setting.try_revert(&revert(OnDrift::Merge)).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("merge-conflict", 4));
    assert_eq!(setting.read(), mine);
}

#[test]
fn merging_one_of_two_leaves_the_other_and_the_users_change() {
    let setting = Setting::new().patch("other", BARRIER);
    setting.apply(&["gloo-windows", "other"]);
    setting.edit(MINE.0, MINE.1);
    setting.try_revert(&revert(OnDrift::Merge)).unwrap();
    let alone = Setting::new().patch_file(&barrier_patch("other"));
    alone.apply(&["other"]);
    assert_eq!(setting.read(), alone.read().replace(MINE.0, MINE.1));
    // The other one is in place, in a file that is not as recorded: that is the truth.
    assert_eq!(setting.state("other"), Outcome::Drifted);
    let request = RevertRequest {
        drifted: OnDrift::Merge,
        ..RevertRequest::new(["other"])
    };
    setting.try_revert(&request).unwrap();
    assert_eq!(
        setting.read(),
        Setting::new().read().replace(MINE.0, MINE.1)
    );
    assert!(!setting.world.has_store());
}
