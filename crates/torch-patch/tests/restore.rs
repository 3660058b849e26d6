//! Single files put back to what they should be.

use std::path::{Path, PathBuf};

use fs_err as fs;
use torch_patch::{
    Error, Mode, OnPatches, Outcome, Report, RestoreRequest, RestoredReport, Silent, Sources,
    restore,
};
use torch_patch_testing::Package;

use crate::setting::{BARRIER, Setting, TARGET};

const VERSION: &str = "torch/version.py";

fn request(setting: &Setting, files: &[&str]) -> RestoreRequest {
    RestoreRequest::new(setting.world.folder(), files)
}

fn try_restore(setting: &Setting, request: &RestoreRequest) -> Result<Report, Error> {
    restore(&setting.context(), request, &Sources::none(), &mut Silent)
}

/// Puts one file back, with what uv's cache at `cache` has.
fn restored_from(setting: &Setting, file: &str, cache: &Path) -> RestoredReport {
    let caches = [cache.to_owned()];
    let sources = Sources::none().with_uv_caches(&caches);
    let request = request(setting, &[file]);
    let report = restore(&setting.context(), &request, &sources, &mut Silent).unwrap();
    report.restored.into_iter().next().unwrap()
}

fn restored(setting: &Setting, file: &str) -> RestoredReport {
    let report = try_restore(setting, &request(setting, &[file])).unwrap();
    report.restored.into_iter().next().unwrap()
}

/// A cache of uv with the files as they are now.
fn uv_cache(setting: &Setting) -> PathBuf {
    let cache = setting.world.folder().join("uv");
    for path in [
        "torch-2.5.1.dist-info/RECORD",
        TARGET,
        VERSION,
        "torch/__init__.py",
    ] {
        let to = cache.join("archive-v0/Kq3x").join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(setting.world.at(path), to).unwrap();
    }
    cache
}

#[test]
fn a_mangled_file_gets_its_original_and_the_mangled_one_is_kept() {
    let setting = Setting::new();
    let cache = uv_cache(&setting);
    let before = setting.picture();
    let right = setting.world.read(VERSION);
    setting.world.write(VERSION, "mangled");
    setting
        .world
        .write("torch/__pycache__/version.cpython-311.pyc", "old code");
    let report = restored_from(&setting, VERSION, &cache);
    assert_eq!(report.outcome.as_str(), "restored");
    assert_eq!((report.after, report.patches.len()), (report.original, 0));
    assert_eq!(setting.world.read(VERSION), right);
    assert!(
        !setting
            .world
            .at("torch/__pycache__/version.cpython-311.pyc")
            .exists()
    );
    let kept = report.kept.unwrap();
    assert_eq!(fs::read_to_string(kept).unwrap(), "mangled");
    // Again: nothing is done, and nothing but the copy is left.
    let modified = fs::metadata(setting.world.at(VERSION))
        .unwrap()
        .modified()
        .unwrap();
    let again = restored(&setting, VERSION);
    assert_eq!((again.outcome.as_str(), again.kept), ("as-installed", None));
    assert_eq!(
        fs::metadata(setting.world.at(VERSION))
            .unwrap()
            .modified()
            .unwrap(),
        modified
    );
    fs::remove_dir_all(setting.world.at(".torch-patch")).unwrap();
    fs::remove_dir(setting.world.at("torch/__pycache__")).unwrap();
    assert_eq!(setting.picture(), before);
}

#[test]
fn a_patched_file_gets_its_original_with_the_patches() {
    let setting = Setting::new().patch("other", BARRIER);
    setting.apply(&["gloo-windows", "other"]);
    let patched = setting.read();
    for damage in [Some("mangled"), None] {
        match damage {
            Some(text) => setting.world.write(TARGET, text),
            None => fs::remove_file(setting.world.target()).unwrap(),
        }
        let report = restored(&setting, TARGET);
        assert_eq!(report.outcome.as_str(), "restored");
        assert_eq!(report.patches, ["gloo-windows", "other"]);
        assert_eq!(report.from.as_deref(), Some("the backup"));
        assert_eq!(report.kept.is_some(), damage.is_some());
        assert_eq!(setting.read(), patched);
        assert_eq!(setting.state("gloo-windows"), Outcome::Applied);
    }
    assert_eq!(restored(&setting, TARGET).outcome.as_str(), "as-recorded");
}

#[test]
fn without_its_patches_a_file_is_the_original_and_nothing_is_recorded_of_it() {
    let setting = Setting::new();
    let right = setting.read();
    setting.apply(&["gloo-windows"]);
    setting.world.write(TARGET, "mangled");
    let request = RestoreRequest {
        patches: OnPatches::Drop,
        ..request(&setting, &[TARGET])
    };
    let report = try_restore(&setting, &request).unwrap().restored.remove(0);
    assert!(report.reason.unwrap().contains("without `gloo-windows`"));
    assert_eq!(setting.read(), right);
    assert_eq!(setting.state("gloo-windows"), Outcome::NotApplied);
    setting.apply(&["gloo-windows"]);
    setting.revert(&["gloo-windows"]);
    assert_eq!(setting.read(), right);
}

#[test]
fn a_lost_backup_is_made_good_with_the_file() {
    let setting = Setting::new();
    let cache = uv_cache(&setting);
    let right = setting.read();
    setting.apply(&["gloo-windows"]);
    let patched = setting.read();
    fs::remove_dir_all(setting.world.at(".torch-patch/backups")).unwrap();
    setting.world.write(TARGET, "mangled");
    let error = try_restore(&setting, &request(&setting, &[TARGET])).unwrap_err();
    assert_eq!(error.code(), "original-not-found");
    assert!(
        restored_from(&setting, TARGET, &cache)
            .from
            .unwrap()
            .starts_with("uv's cache")
    );
    assert_eq!(setting.read(), patched);
    setting.revert(&["gloo-windows"]);
    assert_eq!(setting.read(), right);
}

#[test]
fn a_file_that_was_patched_before_an_upgrade_gets_the_new_original() {
    let setting = Setting::new();
    setting.apply(&["gloo-windows"]);
    let old = Package::torch("2.5.1").with_crlf();
    fs::remove_dir_all(setting.world.at(&old.dist_info())).unwrap();
    setting.world.install(&Package::torch("2.5.1.post1"));
    let right = setting.read();
    let cache = setting.world.folder().join("uv");
    for path in ["torch-2.5.1.post1.dist-info/RECORD", TARGET] {
        let to = cache.join("archive-v0/Kq3x").join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(setting.world.at(path), to).unwrap();
    }
    setting.world.write(TARGET, "mangled");
    let report = restored_from(&setting, TARGET, &cache);
    assert!(report.reason.unwrap().contains("installed anew"));
    assert_eq!(
        (setting.read(), report.version.as_str()),
        (right, "2.5.1.post1")
    );
    assert_eq!(setting.state("gloo-windows"), Outcome::NotApplied);
}

#[test]
fn a_file_as_it_was_installed_is_left_although_a_patch_is_recorded() {
    let setting = Setting::new();
    setting.apply(&["gloo-windows"]);
    setting.world.install(&Package::torch("2.5.1").with_crlf());
    let before = setting.picture();
    let report = restored(&setting, TARGET);
    assert_eq!(report.outcome.as_str(), "as-installed");
    assert!(
        report
            .reason
            .unwrap()
            .contains("`gloo-windows` is recorded on it and not in place")
    );
    assert_eq!(setting.picture(), before);
}

#[test]
fn a_file_that_a_patch_has_made_is_made_again() {
    let created = crate::setting::patch_file("made", "", "create = \"made = True\\n\"");
    let created = created.replace(TARGET, "torch/made.py");
    let setting = Setting::new().patch_file(&created);
    setting.apply(&["made"]);
    let made = setting.world.read("torch/made.py");
    fs::remove_file(setting.world.at("torch/made.py")).unwrap();
    let report = restored(&setting, "torch/made.py");
    assert_eq!(
        (report.outcome.as_str(), report.original),
        ("restored", None)
    );
    assert_eq!(setting.world.read("torch/made.py"), made);
    assert_eq!(setting.state("made"), Outcome::Applied);
}

#[test]
fn dry_run_writes_nothing() {
    let setting = Setting::new();
    setting.apply(&["gloo-windows"]);
    setting.world.write(TARGET, "mangled");
    let before = setting.picture();
    let request = RestoreRequest {
        mode: Mode::DryRun,
        ..request(&setting, &[TARGET])
    };
    let report = try_restore(&setting, &request).unwrap().restored.remove(0);
    assert_eq!(report.outcome.as_str(), "would-restore");
    assert_ne!(report.before, report.after);
    assert_eq!(setting.picture(), before);
}

#[test]
fn what_an_interrupted_change_has_left_is_cleared() {
    let setting = Setting::new();
    let before = setting.picture();
    setting.world.write(".torch-patch/lock", "");
    assert_eq!(restored(&setting, VERSION).outcome.as_str(), "as-installed");
    assert_eq!(setting.picture(), before);
}

#[test]
fn a_store_that_cannot_be_read_is_no_store_without_a_backup() {
    let setting = Setting::new();
    let digest = torch_patch::Digest::of(setting.read().as_bytes()).hex();
    setting.apply(&["gloo-windows"]);
    setting.world.write(TARGET, "mangled");
    let backup = setting.world.at(".torch-patch/backups").join(digest);
    fs::remove_file(&backup).unwrap();
    fs::create_dir(&backup).unwrap();
    let error = try_restore(&setting, &request(&setting, &[TARGET])).unwrap_err();
    assert_eq!(error.code(), "not-a-file");
}

#[test]
fn of_several_files_all_or_none_are_put_back() {
    let setting = Setting::new();
    setting.apply(&["gloo-windows"]);
    let patched = setting.read();
    setting.world.write(TARGET, "mangled");
    setting.world.write(VERSION, "mangled");
    let before = setting.picture();
    let both = request(&setting, &[TARGET, VERSION]);
    let error = try_restore(&setting, &both).unwrap_err();
    assert_eq!(error.code(), "original-not-found");
    assert_eq!(setting.picture(), before);
    let twice = request(&setting, &[TARGET, TARGET, &format!("./{TARGET}")]);
    assert_eq!(try_restore(&setting, &twice).unwrap().restored.len(), 1);
    assert_eq!(setting.read(), patched);
}

#[test]
fn a_file_is_found_however_it_is_named() {
    let setting = Setting::new();
    let absolute = setting.world.at(VERSION);
    let below = absolute.strip_prefix(setting.world.folder()).unwrap();
    let dotted = setting.world.at("torch/distributed/../version.py");
    for name in [absolute.as_path(), below, Path::new(VERSION), &dotted] {
        let request = RestoreRequest::new(setting.world.folder(), [name]);
        let report = try_restore(&setting, &request).unwrap();
        assert_eq!(report.restored[0].path, VERSION, "{}", name.display());
        assert_eq!(report.restored[0].outcome.as_str(), "as-installed");
    }
    let inside = RestoreRequest::new(setting.world.at("torch/distributed"), ["../version.py"]);
    assert_eq!(
        try_restore(&setting, &inside).unwrap().restored[0].path,
        VERSION
    );
}

#[test]
fn what_belongs_to_no_package_is_refused_by_its_name() {
    let setting = Setting::new();
    setting.world.write("torch/mine.py", "");
    let outside = setting.world.write_outside("mine.py", "");
    let script = setting.world.venv().join("bin/torchrun");
    for (file, cause) in [
        (setting.world.at("torch/mine.py"), "lists it"),
        (PathBuf::from("torch/mine.py"), "lists it"),
        (PathBuf::from("torch/none.py"), "it is not in"),
        (outside, "it is not in"),
        (script, "it is not in"),
        (PathBuf::from("../../x"), "it is not in"),
    ] {
        let request = RestoreRequest::new(setting.world.folder(), [&file]);
        let report = try_restore(&setting, &request).unwrap_err().report();
        assert_eq!(
            (report.code.as_str(), report.exit),
            ("not-an-installed-file", 5)
        );
        assert!(
            report.message.contains(&file.display().to_string()),
            "{report:?}"
        );
        assert!(report.message.contains(cause), "{report:?}");
    }
    let record = request(&setting, &["torch-2.5.1.dist-info/RECORD"]);
    assert_eq!(
        try_restore(&setting, &record).unwrap_err().code(),
        "no-digest"
    );
}

#[test]
fn of_two_packages_with_the_same_file_the_one_that_is_there_counts() {
    let setting = Setting::new();
    setting
        .world
        .install(&Package::new("other", "1.0").file(VERSION, "other's\n"));
    let report = restored(&setting, VERSION);
    assert_eq!(report.distribution, "other");
    setting.world.write(VERSION, "mangled");
    let error = try_restore(&setting, &request(&setting, &[VERSION])).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("owned-by-several", 5));
    assert!(error.hints()[0].contains("`other`"), "{:?}", error.hints());
}

/// On Unix only: Windows does not tell the number of names, nor a mode.
#[cfg(unix)]
#[test]
fn other_names_of_the_file_keep_what_they_have_and_the_mode_stays() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    let setting = Setting::new();
    let cache = uv_cache(&setting);
    let other = setting.world.folder().join("other-environment.py");
    setting.world.write(VERSION, "mangled");
    fs::hard_link(setting.world.at(VERSION), &other).unwrap();
    fs::set_permissions(&other, std::fs::Permissions::from_mode(0o640)).unwrap();
    restored_from(&setting, VERSION, &cache);
    assert_eq!(fs::read_to_string(&other).unwrap(), "mangled");
    let metadata = fs::metadata(setting.world.at(VERSION)).unwrap();
    assert_eq!(
        (metadata.nlink(), metadata.permissions().mode() & 0o777),
        (1, 0o640)
    );
}
