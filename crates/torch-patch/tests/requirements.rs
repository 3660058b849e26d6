//! Patches that need or exclude others.

use torch_patch::{ApplyRequest, Outcome, RevertRequest};

use crate::setting::{BARRIER, Setting, patch_file};

fn setting() -> Setting {
    let needs = patch_file(
        "needs",
        "requires = [\"needed\"]",
        "append = \"needs = 1\\n\"",
    );
    Setting::new().patch("needed", BARRIER).patch_file(&needs)
}

#[test]
fn what_is_required_comes_along_and_first() {
    let setting = setting();
    let results = setting.apply(&["needs"]);
    let order: Vec<&str> = results.iter().map(|result| result.patch.as_str()).collect();
    assert_eq!(order, ["needed", "needs"]);
    assert_eq!(setting.state("needed"), Outcome::Applied);
}

#[test]
fn what_is_required_stays_unless_both_go() {
    let setting = setting();
    let before = setting.picture();
    setting.apply(&["needs"]);
    let error = setting
        .try_revert(&RevertRequest::new(["needed"]))
        .unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("required", 3));
    assert_eq!(error.details()["by"][0], "needs");
    setting.revert(&["needed", "needs"]);
    assert_eq!(setting.picture(), before);
}

#[test]
fn patches_that_exclude_each_other_are_refused() {
    let setting = Setting::new();
    let both = ApplyRequest::new(["gloo-windows", "gloo-always"]);
    let error = setting.try_apply(&both).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("excluded", 3));
    setting.apply(&["gloo-windows"]);
    let error = setting
        .try_apply(&ApplyRequest::new(["gloo-always"]))
        .unwrap_err();
    assert_eq!(error.code(), "excluded");
    assert_eq!(
        error.hints(),
        ["run `torch-patch revert gloo-windows` first"]
    );
}

#[test]
fn owners_are_recorded_once_each() {
    let setting = Setting::new();
    for owner in ["webui", "trainer", "webui"] {
        let request = ApplyRequest {
            owner: Some(owner.to_owned()),
            ..ApplyRequest::new(["gloo-windows"])
        };
        setting.try_apply(&request).unwrap();
    }
    assert_eq!(setting.status("gloo-windows").owners, ["trainer", "webui"]);
}
