//! Distributions that were upgraded, reinstalled or removed under an applied patch.

use torch_patch::{Outcome, RevertRequest, Selection, StatusRequest, status};
use torch_patch_testing::Package;

use crate::setting::{BARRIER, Setting, TARGET};

fn applied() -> Setting {
    let setting = Setting::new();
    setting.apply(&["gloo-windows"]);
    setting
}

fn upgrade(setting: &Setting, version: &str) {
    setting
        .world
        .uninstall(&Package::torch("2.5.1").with_crlf());
    setting.world.install(&Package::torch(version));
}

#[test]
fn reinstalled_is_superseded_and_applies_anew() {
    let setting = applied();
    let patched = setting.read();
    setting.world.install(&Package::torch("2.5.1").with_crlf());
    assert_eq!(setting.state("gloo-windows"), Outcome::Superseded);
    assert_eq!(
        setting.apply(&["gloo-windows"])[0].outcome,
        Outcome::Applied
    );
    assert_eq!(setting.read(), patched);
}

#[test]
fn upgraded_gets_the_variant_of_the_new_version() {
    let setting = applied();
    upgrade(&setting, "1.13.1");
    assert_eq!(setting.state("gloo-windows"), Outcome::Superseded);
    let before = setting.read();
    let result = &setting.apply(&["gloo-windows"])[0];
    assert_eq!(result.outcome, Outcome::Applied);
    assert_eq!(result.variant.as_deref(), Some(">=1.8,<2.0"));
    setting.revert(&["gloo-windows"]);
    assert_eq!(setting.read(), before);
    assert!(!setting.world.has_store());
}

/// As after a power failure: the record came back, the backup did not.
#[test]
fn a_record_of_a_restored_file_goes_without_its_backup() {
    let setting = applied();
    setting.world.install(&Package::torch("2.5.1").with_crlf());
    let before = setting.read();
    let backups = setting.world.site_packages().join(".torch-patch/backups");
    fs_err::remove_dir_all(backups).unwrap();
    setting.revert(&["gloo-windows"]);
    assert_eq!(setting.read(), before);
    assert!(!setting.world.has_store());
}

#[test]
fn reverting_never_puts_old_bytes_over_new_ones() {
    let setting = applied();
    upgrade(&setting, "2.6.0");
    let new = setting.read();
    let result = &setting.revert(&["gloo-windows"])[0];
    assert_eq!(result.outcome, Outcome::Reverted);
    assert!(
        result
            .reason
            .as_deref()
            .unwrap()
            .contains("only the record")
    );
    assert_eq!(setting.read(), new);
    assert!(!setting.world.has_store());
}

#[test]
fn retiring_one_of_two_keeps_the_record_of_the_other() {
    let setting = Setting::new().patch("other", BARRIER);
    setting.apply(&["gloo-windows", "other"]);
    setting.world.install(&Package::torch("2.5.1").with_crlf());
    setting.revert(&["gloo-windows"]);
    assert_eq!(setting.state("gloo-windows"), Outcome::NotApplied);
    assert_eq!(setting.state("other"), Outcome::Superseded);
    setting.revert(&["other"]);
    assert!(!setting.world.has_store());
}

#[test]
fn not_needed_any_more_retires_the_record() {
    let source = "format = 1\nid = \"early\"\ntitle = \"A test\"\ndistribution = \"torch\"\n\
         description = \"For tests.\"\n[[variant]]\nversions = \"<2.6\"\n[[variant.edit]]\n\
         file = \"torch/version.py\"\nappend = \"x = 1\\n\"\n[[variant]]\nversions = \">=2.6\"\n\
         fixed-upstream = \"https://example.org/fix\"\n";
    let setting = Setting::new().patch_file(source);
    setting.apply(&["early"]);
    upgrade(&setting, "2.6.0");
    assert_eq!(setting.state("early"), Outcome::Superseded);
    assert_eq!(setting.apply(&["early"])[0].outcome, Outcome::NotNeeded);
    assert_eq!(setting.state("early"), Outcome::NotNeeded);
    assert!(!setting.world.has_store());
}

#[test]
fn uninstalled_leaves_a_record_that_revert_removes() {
    let setting = applied();
    setting
        .world
        .uninstall(&Package::torch("2.5.1").with_crlf());
    let all = StatusRequest {
        patches: Selection::All,
        ..StatusRequest::default()
    };
    let report = status(&setting.context(), &all).unwrap();
    assert_eq!(report.results[0].outcome, Outcome::Superseded);
    assert_eq!(report.results[0].version, None);
    let named = status(&setting.context(), &StatusRequest::new(["gloo-windows"]));
    assert_eq!(named.unwrap_err().exit_code(), 5);
    setting.try_revert(&RevertRequest::all()).unwrap();
    assert!(!setting.world.has_store());
    assert!(!setting.world.at(TARGET).exists());
}
