//! Bad edits that people make by hand, and the patches that take them out.

use fs_err as fs;
use torch_patch::{
    ApplyRequest, ErrorKind, Mode, Outcome, PatchReport, RevertRequest, Run, Selection, Silent,
    StatusRequest, VerifyRequest, plan, status, verify,
};
use torch_patch_testing::Package;

use crate::setting::{Setting, patch_file};

const FILE: &str = "torch/utils/cpp_extension.py";
const NINJA: &str = "    command = ['ninja', '-v']\n";
const CHECK: &str = "        if cuda_ver.major != torch_cuda_version.major:\n            raise RuntimeError(CUDA_MISMATCH_MESSAGE.format(cuda_str_version, torch.version.cuda))\n";
const MODULE: &str = "\
import subprocess


def _check_cuda_version(compiler_name, compiler_version):
    if cuda_ver != torch_cuda_version:
CHECK        warnings.warn(CUDA_MISMATCH_WARN.format(cuda_str_version, torch.version.cuda))


def _run_ninja_build(build_directory, verbose, error_prefix):
NINJA    num_workers = 1
    if num_workers is not None:
        command.extend(['-j', str(num_workers)])
";

fn module() -> String {
    MODULE.replace("CHECK", CHECK).replace("NINJA", NINJA)
}

fn package() -> Package {
    Package::torch("2.5.1").file(FILE, &module())
}

fn setting() -> Setting {
    Setting::with(&package())
}

fn without_record() -> Setting {
    let setting = setting();
    fs::remove_file(setting.world.at("torch-2.5.1.dist-info/RECORD")).unwrap();
    setting
}

impl Setting {
    fn damage(&self, from: &str, to: &str) -> String {
        let before = self.module();
        assert_eq!(before.matches(from).count(), 1, "`{from}` in the module");
        let after = before.replace(from, to);
        self.world.write(FILE, &after);
        after
    }

    fn ninja(&self) -> String {
        self.damage("['ninja', '-v']", "['ninja', '--version']")
    }

    fn pass(&self) -> String {
        let edited = CHECK.replace("raise RuntimeError(CUDA_MISMATCH_MESSAGE.format(cuda_str_version, torch.version.cuda))", "pass");
        self.damage(CHECK, &edited)
    }

    fn module(&self) -> String {
        self.world.read(FILE)
    }

    fn repair(&self, ids: &[&str]) -> PatchReport {
        self.apply(ids).into_iter().next().unwrap()
    }
}

fn kept(report: &PatchReport) -> String {
    fs::read_to_string(report.files[0].kept.as_ref().unwrap()).unwrap()
}

#[test]
fn the_damage_is_told_without_being_asked_for() {
    let setting = setting();
    let all = StatusRequest::default();
    let clean = status(&setting.context(), &all).unwrap();
    assert!(clean.holds(&all));
    let own = setting.status("ninja-version");
    assert_eq!(own.outcome, Outcome::NotNeeded);
    assert!(own.files.is_empty());
    assert!(
        own.reason
            .unwrap()
            .contains("no file of torch has the edit")
    );

    setting.ninja();
    let before = setting.picture();
    let report = status(&setting.context(), &all).unwrap();
    assert!(!report.holds(&all));
    let own = report.results.iter();
    let mut own = own.filter(|own| own.outcome == Outcome::Damaged);
    let found = own.next().unwrap();
    assert_eq!(found.patch, "ninja-version");
    assert_eq!(found.state, Some(Outcome::Damaged));
    assert_eq!(found.files[0].state, Some(Outcome::Damaged));
    assert_eq!(found.files[0].lines, [12]);
    let reason = found.reason.as_deref().unwrap();
    assert_eq!(
        reason,
        "the bad edit that it takes out is at line 12 of `torch/utils/cpp_extension.py`"
    );
    assert!(own.next().is_none());
    // A patch whose file it is knows why it is not as it should be.
    let other = setting.status("cuda-mismatch");
    assert_eq!(other.outcome, Outcome::Drifted);
    assert_eq!(other.repairs, ["ninja-version"]);
    assert!(
        other
            .reason
            .unwrap()
            .ends_with("; it has the bad edit that `ninja-version` takes out")
    );
    assert_eq!(setting.picture(), before);
}

#[test]
fn a_file_with_nothing_but_the_damage_is_upstreams_again() {
    let setting = setting();
    let before = setting.picture();
    let damaged = setting.ninja();
    let dry = ApplyRequest {
        mode: Mode::DryRun,
        ..ApplyRequest::new(["ninja-version"])
    };
    let would = setting.try_apply(&dry).unwrap().results.remove(0);
    assert_eq!(would.outcome, Outcome::WouldRepair);
    assert_eq!(setting.module(), damaged);
    assert!(!setting.world.has_store());

    let report = setting.repair(&["ninja-version"]);
    assert_eq!(report.outcome, Outcome::Repaired);
    assert_eq!(setting.module(), module());
    assert_eq!(report.files[0].proven, Some(true));
    assert_eq!(report.files[0].lines, [12]);
    assert_eq!(
        report.files[0].before,
        Some(torch_patch::Digest::of(damaged.as_bytes()))
    );
    assert_eq!(
        report.files[0].after,
        Some(torch_patch::Digest::of(module().as_bytes()))
    );
    let reason = report.reason.as_deref().unwrap();
    assert!(reason.contains("is upstream's again"), "{reason}");
    assert_eq!(kept(&report), damaged);
    // Nothing is recorded but the copy.
    let names = fs::read_dir(setting.world.at(".torch-patch")).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["kept"]);
    assert_eq!(setting.state("ninja-version"), Outcome::NotNeeded);

    let reverted = setting.revert(&["ninja-version"]).remove(0);
    assert_eq!(reverted.outcome, Outcome::NotApplied);
    let reason = reverted.reason.unwrap();
    assert!(reason.contains("nothing is recorded of it"), "{reason}");
    assert!(reason.contains("-cpp_extension.py`"), "{reason}");
    let again = setting.picture();
    assert_eq!(
        setting.repair(&["ninja-version"]).outcome,
        Outcome::NotNeeded
    );
    assert_eq!(setting.picture(), again);
    fs::remove_dir_all(setting.world.at(".torch-patch")).unwrap();
    assert_eq!(setting.picture(), before);
}

#[test]
fn the_forms_in_which_people_make_it_are_known() {
    let check =
        "raise RuntimeError(CUDA_MISMATCH_MESSAGE.format(cuda_str_version, torch.version.cuda))";
    let condition = "if cuda_ver.major != torch_cuda_version.major:\n            ";
    for (id, from, to) in [
        (
            "ninja-version",
            "['ninja', '-v']",
            "[\"ninja\", \"--version\"]",
        ),
        (
            "ninja-version",
            "['ninja', '-v']",
            "['ninja','--version']  # was -v",
        ),
        (
            "ninja-version",
            "['ninja', '-v']",
            "[ 'ninja',\n        '--version',\n    ]",
        ),
        ("ninja-version", "['ninja', '-v']", "['ninja', '-V']"),
        (
            "ninja-version",
            NINJA,
            "    # command = ['ninja', '-v']\n    command = ['ninja', '--version']\n",
        ),
        (
            "ninja-version",
            NINJA,
            "\n    # changed\n    command = ['ninja', '--version']\n    # command = ['ninja', '-v']\n",
        ),
        ("cuda-check-pass", check, "pass"),
        (
            "cuda-check-pass",
            check,
            &format!("# {check}\n            pass"),
        ),
        ("cuda-check-pass", check, &format!("pass  # {check}")),
        (
            "cuda-check-pass",
            check,
            &format!("pass\n            # {check}"),
        ),
        (
            "cuda-check-pass",
            &format!("{condition}{check}"),
            "if cuda_ver.major != torch_cuda_version.major: pass",
        ),
    ] {
        for saved in [
            str::to_owned as fn(&str) -> String,
            with_crlf,
            short,
            long,
            marked,
        ] {
            let setting = setting();
            let damaged = setting.damage(from, to);
            setting.world.write(FILE, &saved(&damaged));
            assert_eq!(setting.state(id), Outcome::Damaged, "{to}");
            let report = setting.repair(&[id]);
            assert_eq!(report.outcome, Outcome::Repaired, "{to}");
            assert_eq!(setting.module(), module(), "{to}");
            assert_eq!(report.files[0].proven, Some(true), "{to}");
            assert_eq!(kept(&report), saved(&damaged));
        }
    }
}

fn with_crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

fn short(text: &str) -> String {
    text.trim_end().to_owned()
}

fn long(text: &str) -> String {
    format!("{text}\n")
}

fn marked(text: &str) -> String {
    format!("\u{feff}{}", with_crlf(text))
}

#[test]
fn what_else_was_changed_stays_byte_for_byte() {
    let setting = setting();
    setting.damage("num_workers = 1", "num_workers = 8  # mine \t");
    let wanted = setting.module();
    let damaged = setting.ninja();
    let report = setting.repair(&["ninja-version"]);
    assert_eq!(report.outcome, Outcome::Repaired);
    assert_eq!(setting.module(), wanted);
    assert_eq!(report.files[0].proven, Some(false));
    let reason = report.reason.as_deref().unwrap();
    assert!(reason.contains("differs from `RECORD` as well"), "{reason}");
    assert_eq!(kept(&report), damaged);

    let setting = without_record();
    setting.ninja();
    assert_eq!(setting.state("ninja-version"), Outcome::Damaged);
    let report = setting.repair(&["ninja-version"]);
    assert_eq!(setting.module(), module());
    assert_eq!(report.files[0].proven, Some(false));
    let reason = report.reason.as_deref().unwrap();
    assert!(reason.contains("no `RECORD` that would prove"), "{reason}");
}

#[test]
fn what_is_recorded_of_other_patches_stays_and_stays_right() {
    let setting = setting();
    let before = setting.picture();
    setting.apply(&["cuda-mismatch"]);
    let patched = setting.module();
    setting.ninja();
    let found = setting.status("ninja-version");
    assert_eq!(found.outcome, Outcome::Damaged);
    let reason = found.reason.unwrap();
    assert!(
        reason.ends_with("so the file is not as recorded for `cuda-mismatch` either"),
        "{reason}"
    );
    assert_eq!(setting.status("cuda-mismatch").repairs, ["ninja-version"]);
    for error in [
        setting
            .try_apply(&ApplyRequest::new(["cuda-mismatch"]))
            .unwrap_err(),
        setting.try_revert(&RevertRequest::all()).unwrap_err(),
    ] {
        assert!(matches!(error.kind(), ErrorKind::Drift { .. }));
        assert_eq!(error.repairs(), ["ninja-version"]);
        assert!(error.hints()[0].contains("`torch-patch apply ninja-version`"));
        assert_eq!(error.details()["repairs"][0], "ninja-version");
    }
    let report = setting.repair(&["ninja-version"]);
    let reason = report.reason.as_deref().unwrap();
    assert!(reason.ends_with("is as recorded again"), "{reason}");
    assert_eq!(setting.module(), patched);
    assert_eq!(setting.state("cuda-mismatch"), Outcome::Applied);
    setting.revert(&["cuda-mismatch"]);
    assert_eq!(setting.module(), module());
    fs::remove_dir_all(setting.world.at(".torch-patch")).unwrap();
    assert_eq!(setting.picture(), before);
}

#[test]
fn a_drifted_file_keeps_its_record_if_more_than_the_damage_was_changed() {
    let setting = setting();
    setting.apply(&["cuda-mismatch"]);
    let patched = setting.module();
    setting.damage("num_workers = 1", "num_workers = 8");
    let wanted = setting.module();
    setting.ninja();
    assert_eq!(
        setting.repair(&["ninja-version"]).files[0].proven,
        Some(false)
    );
    assert_eq!(setting.module(), wanted);
    let status = setting.status("cuda-mismatch");
    assert_eq!(
        (status.outcome, status.repairs.len()),
        (Outcome::Drifted, 0)
    );
    let merge = RevertRequest {
        drifted: torch_patch::OnDrift::Merge,
        ..RevertRequest::new(["cuda-mismatch"])
    };
    setting.try_revert(&merge).unwrap();
    assert_eq!(
        setting.module(),
        module().replace("num_workers = 1", "num_workers = 8")
    );
    assert_ne!(setting.module(), patched);
}

#[test]
fn a_repair_and_a_patch_on_the_same_file_are_one_change() {
    for ids in [
        ["ninja-version", "cuda-mismatch"],
        ["cuda-mismatch", "ninja-version"],
    ] {
        let setting = setting();
        let damaged = setting.ninja();
        let request = ApplyRequest::new(ids);
        let planned = plan(&setting.context(), &request, &mut Silent).unwrap();
        assert_eq!(setting.module(), damaged);
        for result in &planned.results {
            let diff = result.files[0].diff.as_deref().unwrap();
            assert!(
                diff.contains("-    command = ['ninja', '--version']"),
                "{diff}"
            );
            assert!(diff.contains("# torch-patch: cuda-mismatch"), "{diff}");
        }
        let results = setting.apply(&ids);
        let of = |id: &str| results.iter().find(|own| own.patch == id).unwrap();
        assert_eq!(of("ninja-version").outcome, Outcome::Repaired);
        assert_eq!(of("cuda-mismatch").outcome, Outcome::Applied);
        for own in &results {
            assert_eq!(own.files[0].after, results[0].files[0].after);
            assert_eq!(
                own.files[0].before,
                Some(torch_patch::Digest::of(damaged.as_bytes()))
            );
        }
        assert_eq!(kept(of("ninja-version")), damaged);
        assert_eq!(setting.state("cuda-mismatch"), Outcome::Applied);
        setting.revert(&["cuda-mismatch"]);
        assert_eq!(setting.module(), module());
    }
}

#[test]
fn one_that_does_not_fit_keeps_the_repair_out_too() {
    let setting = setting().patch("missing", "after = \"no such line\"\ninsert = \"x\"");
    setting.ninja();
    let before = setting.picture();
    let request = ApplyRequest::new(["ninja-version", "missing"]);
    assert!(matches!(
        setting.try_apply(&request).unwrap_err().kind(),
        ErrorKind::Conflict { .. }
    ));
    assert_eq!(setting.picture(), before);
}

#[test]
fn an_original_that_was_damaged_before_it_was_patched_is_repaired_too() {
    let setting = without_record();
    let damaged = setting.ninja();
    setting.apply(&["cuda-mismatch"]);
    let found = setting.status("ninja-version");
    assert_eq!(found.outcome, Outcome::Damaged);
    let reason = found.reason.unwrap();
    assert!(
        reason.ends_with("was there before `cuda-mismatch` was applied"),
        "{reason}"
    );
    let with_both = setting.module();
    let report = setting.repair(&["ninja-version"]);
    assert_eq!(report.outcome, Outcome::Repaired);
    assert_eq!(kept(&report), with_both);
    assert_eq!(setting.module(), with_both.replace("'--version'", "'-v'"));
    assert_eq!(setting.state("ninja-version"), Outcome::NotNeeded);
    assert_eq!(setting.state("cuda-mismatch"), Outcome::Applied);
    setting.revert(&["cuda-mismatch"]);
    assert_eq!(setting.module(), module());
    assert_ne!(setting.module(), damaged);

    // Another patch goes on the repaired original in the same request.
    let setting = without_record().patch_file(&workers_patch());
    setting.ninja();
    setting.apply(&["cuda-mismatch"]);
    let results = setting.apply(&["ninja-version", "workers"]);
    let outcomes: Vec<Outcome> = results.iter().map(|own| own.outcome).collect();
    assert_eq!(outcomes, [Outcome::Repaired, Outcome::Applied]);
    assert_eq!(setting.state("cuda-mismatch"), Outcome::Applied);
    assert_eq!(setting.state("workers"), Outcome::Applied);
    setting.revert(&["cuda-mismatch", "workers"]);
    assert_eq!(setting.module(), module());
}

fn workers_patch() -> String {
    patch_file(
        "workers",
        "",
        "replace = \"num_workers = 1\"\nwith = \"num_workers = 2\"",
    )
    .replace(crate::setting::TARGET, FILE)
}

#[test]
fn several_bad_edits_in_one_file_are_taken_out_together_or_one_by_one() {
    let setting = setting();
    setting.ninja();
    let only_ninja = setting.module();
    setting.pass();
    let status = setting.status("cuda-mismatch");
    assert_eq!(status.repairs, ["cuda-check-pass", "ninja-version"]);
    let error = setting
        .try_apply(&ApplyRequest::new(["cuda-mismatch"]))
        .unwrap_err();
    assert_eq!(error.repairs(), ["cuda-check-pass", "ninja-version"]);
    // One that was asked for is no advice.
    setting.damage("num_workers = 1", "num_workers = 8");
    let request = ApplyRequest::new(["cuda-mismatch", "ninja-version"]);
    let error = setting.try_apply(&request).unwrap_err();
    assert_eq!(error.repairs(), ["cuda-check-pass"]);
    setting.damage("num_workers = 8", "num_workers = 1");
    assert_eq!(
        setting.repair(&["cuda-check-pass"]).files[0].proven,
        Some(false)
    );
    assert_eq!(setting.module(), only_ninja);
    assert_eq!(
        setting.repair(&["ninja-version"]).files[0].proven,
        Some(true)
    );
    assert_eq!(setting.module(), module());

    setting.ninja();
    let damaged = setting.damage(
        "raise RuntimeError(CUDA",
        "pass\n            # raise RuntimeError(CUDA",
    );
    let results = setting.apply(&["ninja-version", "cuda-check-pass"]);
    assert_eq!(setting.module(), module());
    for result in results {
        assert_eq!(result.outcome, Outcome::Repaired);
        assert_eq!(result.files[0].proven, Some(true));
        assert_eq!(kept(&result), damaged);
    }
}

#[test]
fn pass_in_place_of_the_check_is_damage_and_no_form_of_the_patch_that_warns() {
    let has_record = setting();
    has_record.pass();
    let no_record = without_record();
    no_record.pass();
    for (setting, code) in [(has_record, "drifted"), (no_record, "anchor-not-found")] {
        assert_eq!(setting.state("cuda-check-pass"), Outcome::Damaged);
        let error = setting
            .try_apply(&ApplyRequest::new(["cuda-mismatch"]))
            .unwrap_err();
        assert_eq!(error.code(), code);
        assert_eq!(error.repairs(), ["cuda-check-pass"]);
        assert!(error.hints()[0].contains("`torch-patch apply cuda-check-pass`"));
        assert!(
            !error
                .hints()
                .iter()
                .any(|hint| hint.contains("torch-patch record"))
        );
        assert_eq!(setting.status("cuda-mismatch").repairs, ["cuda-check-pass"]);
        setting.apply(&["cuda-check-pass", "cuda-mismatch"]);
        assert_eq!(setting.state("cuda-mismatch"), Outcome::Applied);
    }
}

#[test]
fn a_bad_edit_that_a_patch_makes_goes_with_that_patch() {
    let bad = patch_file(
        "my-ninja",
        "",
        "replace = \"command = ['ninja', '-v']\"\nwith = \"command = ['ninja', '--version']\"",
    );
    let setting = setting().patch_file(&bad.replace(crate::setting::TARGET, FILE));
    setting.apply(&["my-ninja"]);
    let found = setting.status("ninja-version");
    assert_eq!(found.outcome, Outcome::Damaged);
    assert!(found.reason.unwrap().ends_with("by the patch `my-ninja`"));
    let error = setting
        .try_apply(&ApplyRequest::new(["ninja-version"]))
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Excluded { other, .. } if other == "my-ninja"));
    assert_eq!(error.hints(), ["run `torch-patch revert my-ninja` first"]);
    setting.revert(&["my-ninja"]);
    assert_eq!(setting.state("ninja-version"), Outcome::NotNeeded);
}

#[test]
fn a_file_that_record_proves_is_never_damaged() {
    // As if a release had the text itself.
    let module = module().replace("'-v'", "'--version'");
    let setting = Setting::with(&Package::torch("2.5.1").file(FILE, &module));
    assert_eq!(setting.state("ninja-version"), Outcome::NotNeeded);
    let before = setting.picture();
    assert_eq!(
        setting.repair(&["ninja-version"]).outcome,
        Outcome::NotNeeded
    );
    assert_eq!(setting.picture(), before);
}

#[test]
fn what_is_not_needed_is_an_error_only_if_asked_for_strictly() {
    let setting = setting();
    let strict = ApplyRequest {
        strict: true,
        ..ApplyRequest::new(["ninja-version"])
    };
    let error = setting.try_apply(&strict).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotNeeded { .. }));
    setting.ninja();
    let results = setting.try_apply(&strict).unwrap().results;
    assert_eq!(results[0].outcome, Outcome::Repaired);
}

#[test]
fn a_repair_is_nothing_for_as_long_as_a_command_runs() {
    let setting = setting();
    let damaged = setting.ninja();
    let request = ApplyRequest::new(["cuda-mismatch", "ninja-version"]);
    let error = Run::begin(&setting.context(), &request, &mut Silent).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("repairs-for-good", 2));
    assert!(error.hints()[0].contains("`torch-patch apply ninja-version`"));
    assert_eq!(setting.module(), damaged);
    assert!(!setting.world.has_store());
}

#[test]
fn verify_names_the_repair() {
    let setting = setting();
    setting.apply(&["cuda-mismatch"]);
    setting.ninja();
    setting.damage("num_workers = 1", "num_workers = 8");
    let report = verify(&setting.context(), &VerifyRequest::default()).unwrap();
    let finding = &report.verified[0].findings[0];
    assert_eq!(finding.repairs, ["ninja-version"]);
    assert_eq!(
        finding.reason.as_deref(),
        Some("it has the bad edit that `ninja-version` takes out")
    );
    let hints = &report.verified[0].hints;
    assert!(
        hints[0].starts_with("`torch-patch apply ninja-version` takes"),
        "{hints:?}"
    );
    assert!(
        !hints.iter().any(|hint| hint.contains("torch-patch record")),
        "{hints:?}"
    );
}

#[test]
fn an_owner_that_says_all_it_wants_may_name_a_repair() {
    let setting = setting();
    let damaged = setting.ninja();
    let request = ApplyRequest {
        owner: Some("project".to_owned()),
        exact: true,
        ..ApplyRequest::new(["ninja-version", "cuda-mismatch"])
    };
    setting.try_apply(&request).unwrap();
    let report = setting.try_apply(&request).unwrap();
    let outcomes: Vec<Outcome> = report.results.iter().map(|own| own.outcome).collect();
    assert_eq!(outcomes, [Outcome::NotNeeded, Outcome::AlreadyApplied]);
    // What the owner wants no more goes from a file that is damaged again.
    let patched = setting.module();
    setting.ninja();
    assert_ne!(setting.module(), damaged);
    let less = ApplyRequest {
        patches: vec!["ninja-version".to_owned()],
        ..request
    };
    let report = setting.try_apply(&less).unwrap();
    let outcomes: Vec<Outcome> = report.results.iter().map(|own| own.outcome).collect();
    assert_eq!(outcomes, [Outcome::Repaired, Outcome::Reverted]);
    assert_eq!(setting.module(), module());
    assert_ne!(patched, module());
    let all = StatusRequest {
        patches: Selection::Only,
        ..StatusRequest::default()
    };
    assert!(status(&setting.context(), &all).unwrap().results.is_empty());
}

#[test]
fn compiled_files_of_the_bad_edit_go() {
    let setting = setting();
    setting.ninja();
    let compiled = "torch/utils/__pycache__/cpp_extension.cpython-311.pyc";
    let other = "torch/utils/__pycache__/hooks.cpython-311.pyc";
    setting.world.write(compiled, "old code");
    setting.world.write(other, "code");
    setting.repair(&["ninja-version"]);
    assert!(!setting.world.at(compiled).exists());
    assert!(setting.world.at(other).exists());
}

#[test]
fn a_bad_edit_in_another_file_is_not_what_is_in_the_way() {
    let both = patch_file("both", "", "after = \"no such line\"\ninsert = \"x\"");
    let workers = "\n[[variant.edit]]\nfile = \"torch/utils/cpp_extension.py\"\nreplace = \"num_workers = 1\"\nwith = \"num_workers = 2\"\n";
    let setting = without_record().patch_file(&(both + workers));
    setting.ninja();
    let status = setting.status("both");
    assert_eq!(status.outcome, Outcome::NotApplied);
    assert_eq!(status.files.len(), 2);
    assert!(status.repairs.is_empty(), "{status:?}");
}

#[test]
#[cfg(unix)]
fn a_file_that_was_edited_under_all_its_names_is_told() {
    let setting = setting();
    setting.ninja();
    let cached = setting.world.folder().join("cached.py");
    fs::hard_link(setting.world.at(FILE), &cached).unwrap();
    let report = setting.repair(&["ninja-version"]);
    assert_eq!(setting.module(), module());
    let reason = report.reason.unwrap();
    assert!(reason.contains("other names of the file"), "{reason}");
    // It is somebody else's file.
    assert!(fs::read_to_string(cached).unwrap().contains("'--version'"));
}
