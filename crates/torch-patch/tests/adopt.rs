//! Edits that somebody made by hand.

use torch_patch::{ApplyRequest, Mode, Outcome, RevertRequest};
use torch_patch_testing::Package;

use crate::setting::Setting;

const ANCHOR: &str = "        prefix_store = PrefixStore(f\"{group_name}/\", store)\r\n";
const GUIDE: &str = "        prefix_store = PrefixStore(f\"{group_name}/\", store)\r\n        backend = Backend.GLOO\r\n";

fn by_hand() -> Setting {
    let setting = Setting::new();
    setting.edit(ANCHOR, GUIDE);
    setting
}

fn adopt() -> ApplyRequest {
    ApplyRequest {
        adopt: true,
        ..ApplyRequest::new(["gloo-windows"])
    }
}

#[test]
fn the_guides_line_is_known_and_left_alone() {
    let setting = by_hand();
    let before = setting.picture();
    let status = setting.status("gloo-windows");
    assert_eq!(status.outcome, Outcome::AppliedByHand);
    assert_eq!(status.files[0].lines.len(), 1);
    assert_eq!(
        setting.apply(&["gloo-windows"])[0].outcome,
        Outcome::AppliedByHand
    );
    assert_eq!(setting.picture(), before);
}

#[test]
fn revert_does_not_claim_to_undo_what_it_did_not_do() {
    let setting = by_hand();
    let before = setting.picture();
    let result = &setting.revert(&["gloo-windows"])[0];
    assert_eq!(result.outcome, Outcome::NotApplied);
    assert!(result.reason.as_deref().unwrap().contains("--adopt"));
    assert_eq!(setting.picture(), before);
}

#[test]
fn adopting_ends_with_the_patch_and_reverting_with_the_original() {
    let pristine = Setting::new();
    let before = pristine.picture();
    pristine.apply(&["gloo-windows"]);

    let setting = by_hand();
    let dry = ApplyRequest {
        mode: Mode::DryRun,
        ..adopt()
    };
    let results = setting.try_apply(&dry).unwrap().results;
    assert_eq!(results[0].outcome, Outcome::WouldApply);
    assert!(!setting.world.has_store());
    let results = setting.try_apply(&adopt()).unwrap().results;
    assert_eq!(results[0].outcome, Outcome::Adopted);
    assert_eq!(setting.read(), pristine.read());
    assert_eq!(setting.state("gloo-windows"), Outcome::Applied);
    setting.try_revert(&RevertRequest::all()).unwrap();
    assert_eq!(setting.picture(), before);
}

#[test]
fn a_patch_that_nothing_remembers_is_taken_over_as_it_is() {
    let setting = Setting::new();
    let before = setting.picture();
    setting.apply(&["gloo-windows"]);
    let patched = setting.read();
    fs_err::remove_dir_all(setting.world.at(".torch-patch")).unwrap();
    assert_eq!(setting.state("gloo-windows"), Outcome::AppliedByHand);
    let results = setting.try_apply(&adopt()).unwrap().results;
    assert_eq!(results[0].outcome, Outcome::Adopted);
    assert_eq!(setting.read(), patched);
    setting.revert(&["gloo-windows"]);
    assert_eq!(setting.picture(), before);
}

#[test]
fn without_proof_nothing_is_adopted() {
    let setting = by_hand();
    let mine = setting.edit("NCCL = \"nccl\"", "NCCL = 'nccl'");
    let error = setting.try_apply(&adopt()).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("not-proven", 4));
    assert_eq!(setting.read(), mine);
    assert!(!setting.world.has_store());
}

#[test]
fn without_record_nothing_is_adopted() {
    let package = Package::torch("2.5.1").with_crlf();
    let setting = Setting::with(&package);
    let record = format!("{}/RECORD", package.dist_info());
    fs_err::remove_file(setting.world.at(&record)).unwrap();
    setting.edit(ANCHOR, GUIDE);
    assert_eq!(setting.state("gloo-windows"), Outcome::AppliedByHand);
    let error = setting.try_apply(&adopt()).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("not-proven", 4));
}

#[test]
fn what_the_hand_made_edit_leaves_out_is_told() {
    let setting = Setting::with(&Package::torch("2.0.1"));
    let anchor = ANCHOR.replace("\r\n", "\n");
    let line = setting
        .read()
        .split(&anchor)
        .next()
        .unwrap()
        .lines()
        .count()
        + 2;
    setting.edit(&anchor, &GUIDE.replace("\r\n", "\n"));
    let status = setting.status("gloo-windows");
    assert_eq!(status.outcome, Outcome::AppliedByHand);
    assert_eq!(status.files[0].lines, [line], "the guide's line alone");
    let reason = status.reason.unwrap();
    assert!(
        reason.starts_with("the hand-made edit leaves out"),
        "{reason}"
    );
    let applied = &setting.apply(&["gloo-windows"])[0];
    assert_eq!(applied.reason.as_ref(), Some(&reason));
}

const SCALED: &str = "class Layer:\n    factor: int\n\n    def forward(self, x):\n        return scaled(x, self.factor)\n";

/// A package of two files, whose patch has edits of both and forms of one alone.
fn with_two_files() -> Setting {
    let package = Package::new("scaling", "1.0");
    let package = package.file("scaling/layer.py", SCALED);
    Setting::with(&package.file("scaling/other.py", "value = load(1)\n")).patch_file(
        r#"
format = 1
id = "scaled"
title = "A test"
distribution = "scaling"
[[variant]]
versions = ">=1"
[[variant.edit]]
file = "scaling/layer.py"
within = "class Layer"
replace = "factor: int"
with = "factor: int = 1"
[[variant.edit]]
file = "scaling/other.py"
argument = "safe=False"
in = "value = load(1)"
[[variant.by-hand]]
file = "scaling/layer.py"
within = "class Layer > def forward"
replace = "return scaled(x, self.factor)"
with = "return scaled(x)"
"#,
    )
}

fn edit_file(setting: &Setting, path: &str, from: &str, to: &str) {
    let path = setting.world.at(path);
    let text = fs_err::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs_err::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn an_edit_at_another_place_is_known_and_adopted() {
    let setting = with_two_files();
    let before = setting.picture();
    edit_file(
        &setting,
        "scaling/layer.py",
        "scaled(x, self.factor)",
        "scaled( x )  # mine",
    );
    let status = setting.status("scaled");
    assert_eq!(status.outcome, Outcome::AppliedByHand);
    assert_eq!(status.files[0].lines, [5]);
    // What nobody does by hand may be missing, and that is told.
    let reason = status.reason.unwrap();
    assert!(
        reason.starts_with("the hand-made edit leaves out"),
        "{reason}"
    );
    assert!(reason.contains("`scaling/other.py`"), "{reason}");
    let adopt = ApplyRequest {
        adopt: true,
        ..ApplyRequest::new(["scaled"])
    };
    let results = setting.try_apply(&adopt).unwrap().results;
    assert_eq!(results[0].outcome, Outcome::Adopted);
    assert_eq!(setting.state("scaled"), Outcome::Applied);
    setting.revert(&["scaled"]);
    assert_eq!(setting.picture(), before);
}

#[test]
fn the_patchs_own_text_in_one_of_its_files_is_a_part_of_it() {
    let setting = with_two_files();
    edit_file(
        &setting,
        "scaling/layer.py",
        "factor: int",
        "factor: int = 1",
    );
    assert_eq!(setting.state("scaled"), Outcome::Partial);
    let setting = with_two_files();
    edit_file(
        &setting,
        "scaling/other.py",
        "load(1)",
        "load(1, safe=False)",
    );
    assert_eq!(setting.state("scaled"), Outcome::Partial);
}
