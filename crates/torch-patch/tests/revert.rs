//! Taking patches out.

use torch_patch::{Mode, Outcome, RevertRequest, Selection};

use crate::setting::{BARRIER, Setting};

#[test]
fn the_last_one_out_leaves_nothing() {
    let setting = Setting::new();
    let before = setting.picture();
    setting.apply(&["gloo-windows"]);
    let result = &setting.revert(&["gloo-windows"])[0];
    assert_eq!(result.outcome, Outcome::Reverted);
    assert_eq!(setting.picture(), before);
}

#[test]
fn what_is_not_there_is_not_applied() {
    let setting = Setting::new();
    let before = setting.picture();
    let result = &setting.revert(&["gloo-windows"])[0];
    assert_eq!(result.outcome, Outcome::NotApplied);
    assert_eq!(setting.picture(), before);
}

#[test]
fn what_is_not_installed_has_no_patch_on_it() {
    let setting = Setting::with(&torch_patch_testing::Package::new("numpy", "2.0"));
    let result = &setting.revert(&["gloo-windows"])[0];
    assert_eq!(result.outcome, Outcome::NotApplied);
    assert_eq!(
        result.reason.as_deref(),
        Some("torch is not installed here")
    );
}

#[test]
fn dry_run_writes_nothing() {
    let setting = Setting::new();
    setting.apply(&["gloo-windows"]);
    let before = setting.picture();
    let request = RevertRequest {
        mode: Mode::DryRun,
        ..RevertRequest::all()
    };
    let results = setting.try_revert(&request).unwrap().results;
    assert_eq!(results[0].outcome, Outcome::WouldRevert);
    assert_eq!(setting.picture(), before);
}

#[test]
fn the_only_one_needs_no_name_and_several_do() {
    let setting = Setting::new().patch("other", BARRIER);
    let only = RevertRequest {
        patches: Selection::Only,
        ..RevertRequest::default()
    };
    assert!(setting.try_revert(&only).unwrap().results.is_empty());
    setting.apply(&["gloo-windows", "other"]);
    let error = setting.try_revert(&only).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("unnamed", 2));
    setting.revert(&["other"]);
    let results = setting.try_revert(&only).unwrap().results;
    assert_eq!(results[0].patch, "gloo-windows");
}

#[test]
fn a_store_that_holds_nothing_is_cleared() {
    let setting = Setting::new();
    let before = setting.picture();
    setting.world.write(".torch-patch/lock", "");
    setting.try_revert(&RevertRequest::all()).unwrap();
    assert_eq!(setting.picture(), before);
}

/// On Unix only: Windows has no modes.
#[cfg(unix)]
#[test]
fn the_mode_of_the_original_comes_back() {
    use std::os::unix::fs::PermissionsExt as _;

    let setting = Setting::new();
    let target = setting.world.target();
    fs_err::set_permissions(&target, std::fs::Permissions::from_mode(0o640)).unwrap();
    let before = setting.picture();
    setting.apply(&["gloo-windows"]);
    let mode = fs_err::metadata(&target).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o640);
    setting.revert(&["gloo-windows"]);
    assert_eq!(setting.picture(), before);
}
