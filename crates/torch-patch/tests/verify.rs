//! Files held against what they were installed with.

use std::path::{Path, PathBuf};

use fs_err as fs;
use torch_patch::{
    Contents, Distributions, FindingState, OnExtra, Report, VerifiedReport, VerifyRequest, verify,
};
use torch_patch_testing::{Package, World};

use crate::setting::{BARRIER, Setting, TARGET};

const VERSION: &str = "torch/version.py";

fn request() -> VerifyRequest {
    VerifyRequest {
        distributions: Distributions::Named(vec!["torch".to_owned()]),
        ..VerifyRequest::default()
    }
}

fn report(setting: &Setting, request: &VerifyRequest) -> Report {
    let before = setting.picture();
    let report = verify(&setting.context(), request).unwrap();
    assert_eq!(setting.picture(), before, "it writes nothing");
    report
}

fn torch(setting: &Setting, request: &VerifyRequest) -> VerifiedReport {
    report(setting, request).verified.remove(0)
}

/// The state of each file that there is something to tell of.
fn states(verified: &VerifiedReport) -> Vec<(&str, &str)> {
    let findings = verified.findings.iter();
    findings
        .map(|finding| (finding.path.as_str(), finding.state.as_str()))
        .collect()
}

fn exit(report: &Report) -> Option<u8> {
    assert_eq!(report.ok, report.error.is_none());
    report.error.as_ref().map(|error| error.exit)
}

#[test]
fn what_was_installed_is_as_installed() {
    let setting = Setting::new();
    let report = report(&setting, &VerifyRequest::default());
    assert_eq!(exit(&report), None);
    let torch = &report.verified[0];
    assert_eq!((torch.checked, torch.skipped.unhashed), (3, 1));
    assert!(torch.findings.is_empty() && torch.has_record && torch.hints.is_empty());
}

#[test]
fn each_kind_of_change_is_told_by_its_name() {
    let setting = Setting::new();
    setting.apply(&["gloo-windows"]);
    setting.world.write(VERSION, "__version__ = 'mine'\n");
    fs::remove_file(setting.world.at("torch/__init__.py")).unwrap();
    setting.world.write("torch/mine.py", "");
    setting.world.write("torch/new/mine.txt", "");
    for ours in [
        "torch/__pycache__/a.cpython-311.pyc",
        "torch/.torch-patch-0.tmp",
        "mine.py",
    ] {
        setting.world.write(ours, "");
    }
    let report = report(&setting, &request());
    let torch = &report.verified[0];
    assert_eq!(
        states(torch),
        [
            ("torch/__init__.py", "missing"),
            (TARGET, "patched"),
            ("torch/mine.py", "extra"),
            ("torch/new/mine.txt", "extra"),
            (VERSION, "modified"),
        ]
    );
    assert_eq!(torch.findings[1].patches, ["gloo-windows"]);
    assert_eq!(torch.findings[1].expected, torch.findings[1].found);
    assert_ne!(torch.findings[4].expected, torch.findings[4].found);
    let error = report.error.as_ref().unwrap();
    assert_eq!((error.exit, error.code.as_str()), (4, "not-as-installed"));
    assert_eq!(error.message, "2 files are not as installed");
    assert!(
        error.hints[0].contains("torch-patch restore torch/__init__.py torch/version.py"),
        "{error:?}"
    );
}

#[test]
fn patched_and_extra_files_are_no_failure_unless_that_is_asked_for() {
    let setting = Setting::new();
    setting.apply(&["gloo-windows"]);
    setting.world.write("torch/mine.py", "");
    assert_eq!(exit(&report(&setting, &request())), None);
    let strict = VerifyRequest {
        on_extra: OnExtra::Refuse,
        ..request()
    };
    assert_eq!(exit(&report(&setting, &strict)), Some(4));
}

#[test]
fn a_patched_file_that_somebody_changed_is_modified_and_names_the_patches() {
    let setting = Setting::new().patch("other", BARRIER);
    setting.apply(&["gloo-windows", "other"]);
    setting.edit("return (\"nccl\"", "return (\"mine\"");
    let torch = torch(&setting, &request());
    assert_eq!(states(&torch), [(TARGET, "modified")]);
    assert_eq!(torch.findings[0].patches, ["gloo-windows", "other"]);
}

#[test]
fn a_file_that_was_installed_anew_has_its_patch_no_more() {
    let setting = Setting::new();
    setting.apply(&["gloo-windows"]);
    setting.world.install(&Package::torch("2.5.1").with_crlf());
    let report = report(&setting, &request());
    assert_eq!(exit(&report), None);
    assert_eq!(states(&report.verified[0]), [(TARGET, "superseded")]);
    assert!(report.verified[0].hints[0].contains("apply gloo-windows"));
}

#[test]
fn an_edit_that_a_patch_knows_is_named() {
    let setting = Setting::new();
    let before = setting.read();
    setting.apply(&["gloo-windows"]);
    let by_hand = setting.read();
    setting.revert(&["gloo-windows"]);
    assert_eq!(setting.read(), before);
    setting.world.write(TARGET, &by_hand);
    let torch = torch(&setting, &request());
    assert_eq!(states(&torch), [(TARGET, "modified")]);
    let reason = torch.findings[0].reason.as_deref();
    assert_eq!(
        reason,
        Some("it has the edit of `gloo-windows`, made by hand")
    );
    assert!(
        torch.hints[0].contains("apply gloo-windows --adopt"),
        "{:?}",
        torch.hints
    );
}

#[test]
fn binary_files_are_read_when_that_is_asked_for_and_their_size_is_seen_always() {
    let package = || {
        Package::torch("2.5.1")
            .file("torch/lib/libtorch.so.2", "\u{7f}ELF\0\0")
            .file("torch/data", "\0\0\0\0")
    };
    let setting = Setting::with(&package());
    let torch_of = |contents| {
        torch(
            &setting,
            &VerifyRequest {
                contents,
                ..request()
            },
        )
    };
    let text = torch_of(Contents::Text);
    assert_eq!((text.checked, text.skipped.binary), (3, 2));
    let all = torch_of(Contents::All);
    assert_eq!((all.checked, all.skipped.binary), (5, 0));
    setting.world.write("torch/data", "\0\0\0x");
    assert!(torch_of(Contents::Text).findings.is_empty());
    assert_eq!(
        states(&torch_of(Contents::All)),
        [("torch/data", "modified")]
    );
    setting.world.write("torch/lib/libtorch.so.2", "\u{7f}ELF");
    let text = torch_of(Contents::Text);
    assert_eq!(states(&text), [("torch/lib/libtorch.so.2", "modified")]);
    assert_eq!(
        text.findings[0].reason.as_deref(),
        Some("it has 4 bytes, expected 6")
    );
    fs::remove_file(setting.world.at("torch/data")).unwrap();
    assert_eq!(
        states(&torch_of(Contents::Text))[0],
        ("torch/data", "missing")
    );
}

/// Rows beside those of the package.
fn add_rows(world: &World, rows: &str) {
    let record = world.at("torch-2.5.1.dist-info/RECORD");
    let text = fs::read_to_string(&record).unwrap();
    fs::write(record, text + rows).unwrap();
}

const EMPTY: &str = "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0";

#[test]
fn rows_may_lead_to_scripts_of_the_environment_and_nowhere_else() {
    let setting = Setting::new();
    let up = if cfg!(windows) { "../.." } else { "../../.." };
    add_rows(
        &setting.world,
        &format!(
            "{up}/bin/torchrun,{EMPTY}\n{up}/../outside,{EMPTY}\n/etc/hostname,{EMPTY}\n\
             torch/wrong.py,sha256=!!,1\nno/such.pyc,{EMPTY}\n"
        ),
    );
    let outside = setting.world.write_outside("outside", "not to be read");
    let script = setting.world.venv().join("bin/torchrun");
    fs::create_dir_all(script.parent().unwrap()).unwrap();
    fs::write(&script, "").unwrap();
    let found = torch(&setting, &request());
    assert!(found.findings.is_empty(), "{:?}", found.findings);
    assert_eq!((found.checked, found.skipped.outside), (4, 2));
    assert_eq!((found.skipped.wrong, found.skipped.unhashed), (1, 2));
    fs::write(&script, "mine").unwrap();
    let found = torch(&setting, &request());
    assert_eq!(found.findings[0].state, FindingState::Modified);
    assert!(found.findings[0].path.ends_with("/bin/torchrun"));
    assert!(
        found.hints[0].contains("--force-reinstall"),
        "{:?}",
        found.hints
    );
    assert!(outside.exists());
}

#[test]
fn what_installers_write_is_no_damage() {
    let setting = Setting::new();
    let info = "torch-2.5.1.dist-info";
    add_rows(
        &setting.world,
        &format!("{info}/INSTALLER,{EMPTY}\n{info}/direct_url.json,{EMPTY}\n"),
    );
    setting.world.write(&format!("{info}/INSTALLER"), "conda");
    let found = torch(&setting, &request());
    assert!(found.findings.is_empty(), "{:?}", found.findings);
    assert_eq!(found.skipped.unhashed, 3);
}

/// On Unix only: conda has another layout on Windows.
#[cfg(unix)]
#[test]
fn scripts_that_conda_has_changed_are_no_damage_and_missing_ones_are() {
    let setting = Setting::new();
    let rows = format!("../../../bin/torchrun,{EMPTY}\n../../../bin/none,{EMPTY}\n");
    add_rows(&setting.world, &rows);
    let venv = setting.world.venv();
    fs::create_dir_all(venv.join("conda-meta")).unwrap();
    fs::write(venv.join("bin/torchrun"), "#!/opt/conda/bin/python\n").unwrap();
    let found = torch(&setting, &request());
    assert_eq!(states(&found), [("../../../bin/none", "missing")]);
    assert_eq!(found.skipped.wrong, 1);
}

#[test]
fn what_another_package_has_brought_is_no_extra_file() {
    let setting = Setting::with(&Package::new("torch", "2.5.1").file("nvidia/a/x.py", ""));
    setting
        .world
        .install(&Package::new("other", "1.0").file("nvidia/b/y.py", ""));
    setting.world.write("nvidia/c.py", "");
    assert_eq!(
        states(&torch(&setting, &request())),
        [("nvidia/c.py", "extra")]
    );
}

#[test]
fn without_a_record_it_is_said_that_nothing_can_be_told() {
    let setting = Setting::new();
    setting.apply(&["gloo-windows"]);
    fs::remove_file(setting.world.at("torch-2.5.1.dist-info/RECORD")).unwrap();
    let report = report(&setting, &request());
    let error = report.error.as_ref().unwrap();
    assert_eq!((error.exit, error.code.as_str()), (5, "no-record"));
    assert_eq!(states(&report.verified[0]), [(TARGET, "patched")]);
    setting.edit("return (\"nccl\"", "return (\"mine\"");
    assert_eq!(exit(&self::report(&setting, &request())), Some(4));
}

#[test]
fn a_row_that_is_wrong_in_the_wheel_is_no_damage() {
    let setting = Setting::with(&Package::torch("1.12.1"));
    let record = setting.world.at("torch-1.12.1.dist-info/RECORD");
    let text = fs::read_to_string(&record).unwrap();
    fs::write(
        &record,
        text + &format!("torch-1.12.1.dist-info/METADATA,{EMPTY}\n"),
    )
    .unwrap();
    let found = torch(&setting, &request());
    assert!(found.findings.is_empty());
    assert_eq!(found.skipped.wrong, 1);
}

#[test]
fn several_packages_are_verified_each_once() {
    let setting = Setting::new();
    setting
        .world
        .install(&Package::new("other", "1.0").file("other/a.py", "a"));
    setting.world.write("other/a.py", "b");
    let names = |distributions| {
        let request = VerifyRequest {
            distributions,
            ..VerifyRequest::default()
        };
        let verified = report(&setting, &request).verified.into_iter();
        verified.map(|own| own.distribution).collect::<Vec<_>>()
    };
    assert_eq!(names(Distributions::WithPatches), ["torch"]);
    assert_eq!(names(Distributions::All), ["other", "torch"]);
    let twice = ["Torch", "torch", "other"].map(str::to_owned).to_vec();
    assert_eq!(names(Distributions::Named(twice)), ["torch", "other"]);
    let unknown = VerifyRequest {
        distributions: Distributions::Named(vec!["numpy".to_owned()]),
        ..VerifyRequest::default()
    };
    let error = verify(&setting.context(), &unknown).unwrap_err();
    assert_eq!(error.code(), "distribution-not-found");
}

/// Makes a cache of uv that has the package, and in use or left over.
fn uv_cache(setting: &Setting, text: &str, in_use: bool) -> PathBuf {
    let cache = setting.world.folder().join("uv");
    let archive = cache.join("archive-v0/Kq3x");
    let info = "torch-2.5.1.dist-info";
    for path in [
        format!("{info}/RECORD"),
        TARGET.to_owned(),
        VERSION.to_owned(),
        "torch/__init__.py".to_owned(),
    ] {
        let to = archive.join(&path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(setting.world.at(&path), to).unwrap();
    }
    fs::write(archive.join(VERSION), text).unwrap();
    let pointers = cache.join("wheels-v8/pypi/torch");
    fs::create_dir_all(&pointers).unwrap();
    let id = if in_use {
        "archive-v0/Kq3x"
    } else {
        "archive-v0/other"
    };
    fs::write(pointers.join("2.5.1-py3-none-any"), id).unwrap();
    cache
}

fn with_cache(cache: &Path) -> VerifyRequest {
    VerifyRequest {
        uv_caches: vec![cache.join("none"), cache.to_owned()],
        ..request()
    }
}

#[test]
fn a_poisoned_cache_is_told_with_the_way_to_clean_it() {
    let setting = Setting::new();
    let right = setting.world.read(VERSION);
    let cache = uv_cache(&setting, &right, true);
    let report = report(&setting, &with_cache(&cache));
    assert_eq!(exit(&report), None);
    assert_eq!(report.verified[0].caches[0].checked, 3);

    let cache = uv_cache(&setting, "mine", true);
    setting.world.write(VERSION, "mine");
    let report = self::report(&setting, &with_cache(&cache));
    let error = report.error.as_ref().unwrap();
    assert_eq!(
        error.message,
        "1 file is not as installed; 1 file in uv's cache is not as in the wheel"
    );
    let cached = &report.verified[0].caches[0];
    assert!(cached.in_use);
    assert_eq!(cached.findings[0].path, VERSION);
    let hint = error
        .hints
        .iter()
        .find(|hint| hint.contains("uv cache clean torch"));
    assert!(
        hint.unwrap().contains("uv pip install --python"),
        "{hint:?}"
    );
    let reason = report.verified[0].findings[0].reason.as_deref();
    assert_eq!(reason, Some("uv's cache has the same changed file"));
}

#[test]
fn what_is_left_over_in_a_cache_does_no_harm() {
    let setting = Setting::new();
    let cache = uv_cache(&setting, "mine", false);
    let report = report(&setting, &with_cache(&cache));
    assert_eq!(exit(&report), None);
    let torch = &report.verified[0];
    assert!(!torch.caches[0].in_use && torch.caches[0].findings.len() == 1);
    assert!(
        torch.hints[0].contains("uv cache prune"),
        "{:?}",
        torch.hints
    );
}

/// On Unix only: what is a link needs a privilege on Windows, and there the number of names is not told.
#[cfg(unix)]
#[test]
fn names_and_links_are_told_and_no_link_is_followed_out() {
    use fs_err::os::unix::fs::symlink;

    let setting = Setting::new();
    let right = setting.world.read(VERSION);
    let cache = uv_cache(&setting, &right, true);
    setting.world.write("torch/__init__.py", "mine");
    fs::hard_link(
        setting.world.at("torch/__init__.py"),
        setting.world.folder().join("name"),
    )
    .unwrap();
    fs::remove_file(setting.world.at(VERSION)).unwrap();
    symlink(
        cache.join("archive-v0/Kq3x").join(VERSION),
        setting.world.at(VERSION),
    )
    .unwrap();
    let found = torch(&setting, &with_cache(&cache));
    assert_eq!(states(&found), [("torch/__init__.py", "modified")]);
    assert_eq!(found.findings[0].names, Some(2));
    // Without the cache it is a link that leads away.
    let found = torch(&setting, &request());
    assert_eq!(states(&found)[1], (VERSION, "unreadable"));
    assert!(
        found.findings[1]
            .reason
            .as_deref()
            .unwrap()
            .contains("was not followed")
    );
    fs::remove_file(setting.world.at(VERSION)).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(setting.world.at(VERSION))
        .status();
    assert!(made.unwrap().success());
    // Not by way of a picture, which would open the pipe.
    let report = verify(&setting.context(), &request()).unwrap();
    assert_eq!(states(&report.verified[0])[1], (VERSION, "unreadable"));
}
