//! Bringing patches in.

use fs_err as fs;
use torch_patch::{ApplyRequest, Digest, Mode, Outcome, Platform, plan};
use torch_patch_testing::Package;

use crate::setting::{Setting, TARGET, patch_file};

#[test]
fn changes_one_file_and_reports_what_it_read_back() {
    let setting = Setting::new();
    let before = setting.picture();
    let original = Digest::of(&fs::read(setting.world.target()).unwrap());

    let results = setting.apply(&["gloo-windows"]);

    let result = &results[0];
    assert_eq!(result.outcome, Outcome::Applied);
    assert_eq!(result.version.as_deref(), Some("2.5.1"));
    assert_eq!(result.files.len(), 1);
    let file = &result.files[0];
    assert_eq!((file.path.as_str(), file.before), (TARGET, Some(original)));
    let patched = fs::read(setting.world.target()).unwrap();
    assert_eq!(file.after, Some(Digest::of(&patched)));
    let line = setting
        .read()
        .lines()
        .nth(file.lines[0] - 1)
        .unwrap()
        .to_owned();
    assert!(line.contains("torch-patch: gloo-windows"), "{line}");
    let lines = setting.read();
    assert_eq!(
        lines.replace("\r\n", "").matches('\n').count(),
        0,
        "every line keeps CRLF"
    );
    let after = setting.picture();
    let changed: Vec<&String> = before
        .keys()
        .filter(|path| before.get(*path) != after.get(*path))
        .collect();
    assert_eq!(changed, [TARGET]);
}

#[test]
fn again_writes_nothing() {
    let setting = Setting::new();
    setting.apply(&["gloo-windows"]);
    let (seen, modified) = (setting.picture(), setting.modified());

    let results = setting.apply(&["gloo-windows"]);

    assert_eq!(results[0].outcome, Outcome::AlreadyApplied);
    assert_eq!(setting.picture(), seen);
    assert_eq!(setting.modified(), modified);
}

#[test]
fn again_tells_the_lines_on_demand() {
    let setting = Setting::new();
    let first = setting.apply(&["gloo-windows"]);
    let request = ApplyRequest {
        lines: true,
        ..ApplyRequest::new(["gloo-windows"])
    };
    let again = setting.try_apply(&request).unwrap().results;
    assert_eq!(again[0].files[0].lines, first[0].files[0].lines);
}

#[test]
fn dry_run_writes_nothing() {
    let setting = Setting::new();
    let before = setting.picture();
    let request = ApplyRequest {
        mode: Mode::DryRun,
        ..ApplyRequest::new(["gloo-windows"])
    };
    let results = setting.try_apply(&request).unwrap().results;
    assert_eq!(results[0].outcome, Outcome::WouldApply);
    assert_ne!(results[0].files[0].before, results[0].files[0].after);
    assert_eq!(setting.picture(), before);
}

#[test]
fn plan_has_the_diff() {
    let setting = Setting::new();
    let before = setting.picture();
    let request = ApplyRequest::new(["gloo-windows"]);
    let report = plan(&setting.context(), &request, &mut torch_patch::Silent).unwrap();
    let diff = report.results[0].files[0].diff.as_deref().unwrap();
    assert!(
        diff.starts_with(&format!("--- a/{TARGET}\n+++ b/{TARGET}\n@@ ")),
        "{diff}"
    );
    assert!(
        diff.contains("\n+        if not is_nccl_available():  # torch-patch"),
        "{diff}"
    );
    assert_eq!(setting.picture(), before);
}

#[test]
fn not_covered_names_the_ranges_and_whether_they_would_fit() {
    let setting = Setting::with(&Package::torch("3.1"));
    let error = setting
        .try_apply(&ApplyRequest::new(["gloo-windows"]))
        .unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("not-covered", 3));
    let details = error.details();
    assert_eq!(details["covered"].as_array().unwrap().len(), 5);
    let fitting = details["fitting"].as_array().unwrap();
    assert!(fitting.iter().any(|range| range == ">=2.3,<3"), "{details}");
    assert!(
        error.hints()[0].contains("would still fit"),
        "{:?}",
        error.hints()
    );
    assert!(!setting.world.has_store());
}

#[test]
fn a_missing_anchor_is_told_with_the_nearest_line() {
    let edit = "after = \"prefix_stores = PrefixStore(f'{group_name}', store)\"\ninsert = \"pass\"";
    let setting = Setting::new().patch("wrong", edit);
    let before = setting.picture();
    let error = setting
        .try_apply(&ApplyRequest::new(["wrong"]))
        .unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("anchor-not-found", 3));
    assert_eq!(
        error.to_string(),
        "patch `wrong` does not apply to torch 2.5.1"
    );
    let near = &error.details()["near"][0];
    assert!(
        near["text"]
            .as_str()
            .unwrap()
            .contains("prefix_store = PrefixStore("),
        "{near}"
    );
    assert_eq!(setting.picture(), before);
}

#[test]
fn an_ambiguous_anchor_lists_its_lines() {
    let edit = "regex = \"^    [A-Z]+ = .(?<name>[a-z]+).$\"";
    let edit = format!("replace = {{ {edit} }}\nwith = \"NAME = '$name'\"");
    let setting = Setting::new().patch("many", &edit);
    let error = setting.try_apply(&ApplyRequest::new(["many"])).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("anchor-ambiguous", 3));
    assert_eq!(error.details()["lines"].as_array().unwrap().len(), 4);
}

#[test]
fn a_result_that_does_not_parse_is_refused() {
    let edit =
        "within = \"def is_nccl_available\"\nreplace = \"return False\"\nwith = \"return (\"";
    let setting = Setting::new().patch("broken", edit);
    let before = setting.picture();
    let error = setting
        .try_apply(&ApplyRequest::new(["broken"]))
        .unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("syntax-broken", 3));
    assert_eq!(setting.picture(), before);
}

#[test]
fn not_needed_says_why_and_strict_refuses() {
    let only_windows = patch_file(
        "elsewhere",
        "platforms = [\"win\"]",
        crate::setting::BARRIER,
    );
    let when = patch_file(
        "with-vision",
        "when = { torchvision = \">=0.17\" }",
        crate::setting::BARRIER,
    );
    let fixed = "format = 1\nid = \"fixed\"\ntitle = \"A test\"\ndistribution = \"torch\"\n\
         description = \"For tests.\"\n[[variant]]\nversions = \">=2.0\"\n\
         fixed-upstream = \"https://example.org/fix\"\n";
    let setting = Setting::new()
        .patch_file(&only_windows)
        .patch_file(&when)
        .patch_file(fixed);
    for (id, reason) in [
        ("elsewhere", "linux"),
        ("with-vision", "torchvision"),
        ("fixed", "https://example.org/fix"),
    ] {
        let result = &setting.apply(&[id])[0];
        assert_eq!(result.outcome, Outcome::NotNeeded, "{id}");
        let told = result.reason.as_deref().unwrap();
        assert!(told.contains(reason), "{told}");
        assert_eq!(setting.state(id), Outcome::NotNeeded, "{id}");
        let request = ApplyRequest {
            strict: true,
            ..ApplyRequest::new([id])
        };
        let error = setting.try_apply(&request).unwrap_err();
        assert_eq!((error.code(), error.exit_code()), ("not-needed", 3));
    }
    assert!(!setting.world.has_store());
    let setting = setting.on(Platform::Windows);
    assert_eq!(setting.apply(&["elsewhere"])[0].outcome, Outcome::Applied);
}

#[test]
fn an_unsafe_patch_needs_consent() {
    let source = patch_file("daring", "risk = \"unsafe\"", crate::setting::BARRIER);
    let setting = Setting::new().patch_file(&source);
    let error = setting
        .try_apply(&ApplyRequest::new(["daring"]))
        .unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("unsafe", 2));
    let request = ApplyRequest {
        accept_risk: true,
        ..ApplyRequest::new(["daring"])
    };
    let results = setting.try_apply(&request).unwrap().results;
    assert_eq!(results[0].outcome, Outcome::Applied);
}

#[test]
fn unknown_patches_are_named_with_those_there_are() {
    let error = Setting::new()
        .try_apply(&ApplyRequest::new(["gloo-window"]))
        .unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("unknown-patch", 2));
    assert!(
        error.hints()[0].contains("gloo-windows"),
        "{:?}",
        error.hints()
    );
}

#[test]
fn a_distribution_that_is_not_there_is_exit_5() {
    let setting = Setting::with(&Package::new("numpy", "2.0"));
    let error = setting
        .try_apply(&ApplyRequest::new(["gloo-windows"]))
        .unwrap_err();
    assert_eq!(
        (error.code(), error.exit_code()),
        ("distribution-not-found", 5)
    );
}

#[test]
fn stale_byte_code_is_dropped_and_that_of_other_modules_stays() {
    let setting = Setting::new();
    let cache = "torch/distributed/__pycache__";
    let own = [
        "distributed_c10d.cpython-311.pyc",
        "distributed_c10d.cpython-311.opt-1.pyc",
    ];
    for name in own
        .iter()
        .chain(&["distributed_c10d_extra.cpython-311.pyc"])
    {
        setting.world.write(&format!("{cache}/{name}"), "compiled");
    }
    setting.apply(&["gloo-windows"]);
    for name in own {
        assert!(
            !setting.world.at(&format!("{cache}/{name}")).exists(),
            "{name}"
        );
    }
    let other = format!("{cache}/distributed_c10d_extra.cpython-311.pyc");
    assert!(setting.world.at(&other).exists());
}

#[test]
fn a_created_file_goes_with_its_directory() {
    let source = "format = 1\nid = \"new\"\ntitle = \"A test\"\ndistribution = \"torch\"\n\
         description = \"For tests.\"\n[[variant]]\nversions = \"<3\"\n[[variant.edit]]\n\
         file = \"torch/added/module.py\"\ncreate = \"x = 1\\n\"\n";
    let setting = Setting::new().patch_file(source);
    let before = setting.picture();
    let result = &setting.apply(&["new"])[0];
    assert_eq!(
        (result.outcome, result.files[0].before),
        (Outcome::Applied, None)
    );
    assert_eq!(setting.world.read("torch/added/module.py"), "x = 1\n");
    assert_eq!(setting.state("new"), Outcome::Applied);
    let result = &setting.revert(&["new"])[0];
    assert_eq!(
        (result.outcome, result.files[0].after),
        (Outcome::Reverted, None)
    );
    assert_eq!(setting.picture(), before);
}

#[test]
fn a_file_of_nobody_is_not_written_over() {
    let source = "format = 1\nid = \"new\"\ntitle = \"A test\"\ndistribution = \"torch\"\n\
         description = \"For tests.\"\n[[variant]]\nversions = \"<3\"\n[[variant.edit]]\n\
         file = \"torch/mine.py\"\ncreate = \"x = 1\\n\"\n";
    let setting = Setting::new().patch_file(source);
    setting.world.write("torch/mine.py", "y = 2\n");
    let error = setting.try_apply(&ApplyRequest::new(["new"])).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("file-exists", 3));
    assert_eq!(setting.world.read("torch/mine.py"), "y = 2\n");
}
