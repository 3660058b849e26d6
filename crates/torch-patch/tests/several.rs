//! Several patches and several files: all or none, and each can go alone.

use torch_patch::{ApplyRequest, Outcome};

use crate::setting::{BARRIER, Setting, patch_file};

const TWO_FILES: &str = "after = \"return (\\\"gloo\\\", prefix_store)\"\nwithin = \"def _new_process_group_helper\"\ninsert = \"# two\"\n\
    [[variant.edit]]\nfile = \"torch/version.py\"\nappend = \"two = 2\\n\"";

#[test]
fn reverting_one_of_two_gives_what_the_other_makes_alone() {
    let alone = Setting::new().patch("other", BARRIER);
    alone.apply(&["other"]);
    let setting = Setting::new().patch("other", BARRIER);
    let before = setting.picture();
    setting.apply(&["gloo-windows"]);
    setting.apply(&["other"]);
    setting.revert(&["gloo-windows"]);
    assert_eq!(setting.read(), alone.read());
    assert_eq!(setting.state("other"), Outcome::Applied);
    assert_eq!(setting.state("gloo-windows"), Outcome::NotApplied);
    setting.revert(&["other"]);
    assert_eq!(setting.picture(), before);
}

#[test]
fn the_order_does_not_matter() {
    let orders = [["gloo-windows", "other"], ["other", "gloo-windows"]];
    let texts = orders.map(|order| {
        let setting = Setting::new().patch("other", BARRIER);
        setting.apply(&order);
        setting.read()
    });
    assert_eq!(texts[0], texts[1]);
}

#[test]
fn the_records_do_not_depend_on_the_patches_of_the_running_program() {
    let setting = Setting::new().patch("other", BARRIER);
    let before = setting.picture();
    setting.apply(&["gloo-windows", "other"]);
    let setting = setting.without_patches();
    assert_eq!(setting.state("other"), Outcome::Applied);
    assert_eq!(setting.revert(&["other"])[0].outcome, Outcome::Reverted);
    assert_eq!(setting.state("gloo-windows"), Outcome::Applied);
    setting.revert(&["gloo-windows"]);
    assert_eq!(setting.picture(), before);
}

#[test]
fn one_that_does_not_fit_keeps_all_out() {
    let wrong = "after = \"no such line\"\ninsert = \"pass\"";
    let setting = Setting::new().patch("wrong", wrong);
    let before = setting.picture();
    let request = ApplyRequest::new(["gloo-windows", "wrong"]);
    let error = setting.try_apply(&request).unwrap_err();
    assert_eq!(error.code(), "anchor-not-found");
    assert_eq!(setting.picture(), before);
}

#[test]
fn two_files_change_together() {
    let setting = Setting::new().patch("two", TWO_FILES);
    let before = setting.picture();
    let results = setting.apply(&["two"]);
    assert_eq!(results[0].files.len(), 2);
    assert!(
        setting
            .world
            .read("torch/version.py")
            .ends_with("two = 2\r\n")
    );
    setting.revert(&["two"]);
    assert_eq!(setting.picture(), before);
}

#[test]
fn one_file_put_back_by_hand_is_told_by_file() {
    let setting = Setting::new().patch("two", TWO_FILES);
    let original = setting.world.read("torch/version.py");
    setting.apply(&["two"]);
    setting.world.write("torch/version.py", &original);
    let status = setting.status("two");
    assert_eq!(status.outcome, Outcome::Superseded);
    let of_files: Vec<_> = status
        .files
        .iter()
        .map(|file| file.state.unwrap())
        .collect();
    assert_eq!(of_files, [Outcome::Applied, Outcome::Superseded]);
    assert_eq!(setting.apply(&["two"])[0].outcome, Outcome::Applied);
    assert_eq!(setting.state("two"), Outcome::Applied);
}

#[test]
fn two_patches_of_one_place_are_refused_by_name() {
    let setting = Setting::new().patch("one", BARRIER).patch(
        "other",
        "within = \"def barrier\"\ndelete = 'raise RuntimeError(\"device_ids are for NCCL\")'\n\
         [[variant.edit]]\nfile = \"torch/distributed/distributed_c10d.py\"\nwithin = \"def barrier\"\n\
         replace = \"if get_backend(group) != Backend.NCCL:\"\nwith = \"pass\"",
    );
    setting.apply(&["one"]);
    let before = setting.picture();
    let error = setting
        .try_apply(&ApplyRequest::new(["other"]))
        .unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("overlap", 3));
    let patches = &error.details()["patches"];
    assert_eq!((&patches[0], &patches[1]), (&"other".into(), &"one".into()));
    assert_eq!(setting.picture(), before);
}

#[test]
fn a_changed_patch_file_is_outdated_until_it_is_applied_again() {
    let setting = Setting::new().patch("fix", BARRIER);
    let before = setting.picture();
    setting.apply(&["fix"]);
    let changed = BARRIER.replace("\"pass\"", "\"return None\"");
    let newer = setting.without_patches().patch("fix", &changed);
    assert_eq!(newer.state("fix"), Outcome::Outdated);
    assert_eq!(newer.apply(&["fix"])[0].outcome, Outcome::Applied);
    assert!(newer.read().contains("            return None\r\n"));
    assert_eq!(newer.state("fix"), Outcome::Applied);
    newer.revert(&["fix"]);
    assert_eq!(newer.picture(), before);
}

#[test]
fn a_new_form_of_a_patch_leaves_the_files_it_no_longer_changes() {
    let setting = Setting::new().patch("two", TWO_FILES);
    let version = setting.world.read("torch/version.py");
    setting.apply(&["two"]);
    let newer = setting
        .without_patches()
        .patch_file(&patch_file("two", "", BARRIER));
    assert_eq!(newer.state("two"), Outcome::Outdated);
    newer.apply(&["two"]);
    assert_eq!(newer.world.read("torch/version.py"), version);
    assert_eq!(newer.state("two"), Outcome::Applied);
}

#[test]
fn a_recorded_patch_is_applied_anew_without_its_file() {
    let setting = Setting::new().patch("fix", BARRIER);
    setting.apply(&["fix"]);
    let patched = setting.read();
    let setting = setting.without_patches();
    assert_eq!(setting.apply(&["fix"])[0].outcome, Outcome::AlreadyApplied);
    let package = torch_patch_testing::Package::torch("2.5.1").with_crlf();
    setting.world.install(&package);
    assert_eq!(setting.apply(&["fix"])[0].outcome, Outcome::Applied);
    assert_eq!(setting.read(), patched);
}
