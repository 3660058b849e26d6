//! What `doctor` finds, in environments that are made for it.

use fs_err as fs;
use torch_patch::{DoctorFinding, DoctorRequest, Level, Platform, Report, Topic, doctor};
use torch_patch_testing::Package;

use crate::setting::{BARRIER, Setting, TARGET};

const LIBRARY: &str = if cfg!(windows) {
    "torch/lib/torch_python.dll"
} else {
    "torch/lib/libtorch_python.so"
};
const GLOO: &str = "x\0ProcessGroupGloo\0 no ProcessGroupNCCL here\0";
pub(crate) const BOTH: &str = "x\0ProcessGroupGloo\0ProcessGroupNCCL\0";

/// A torch that says how it was built.
pub(crate) fn torch(version: &str, local: &str, cuda: &str, library: &str) -> Package {
    let module =
        format!("__version__ = '{version}{local}'\ncuda: Optional[str] = {cuda}\nhip = None\n");
    Package::torch(version)
        .file("torch/version.py", &module)
        .file(LIBRARY, library)
}

pub(crate) fn cpu() -> Setting {
    Setting::with(&torch("2.5.1", "+cpu", "None", GLOO))
}

pub(crate) fn with_pip(setting: Setting) -> Setting {
    setting
        .world
        .install(&Package::new("pip", "24.3.1").file("pip/__init__.py", ""));
    setting
}

pub(crate) fn report_of(setting: &Setting, request: &DoctorRequest) -> Report {
    let before = setting.picture();
    let report = doctor(&setting.context(), request).unwrap();
    assert_eq!(setting.picture(), before, "it writes nothing");
    let findings = &report.diagnosis.as_ref().unwrap().findings;
    let is_in_order = findings.iter().all(|own| own.level != Level::Attention);
    assert_eq!(report.ok, is_in_order);
    report
}

fn report(setting: &Setting) -> Report {
    report_of(setting, &DoctorRequest::default())
}

pub(crate) fn all_about(report: &Report, topic: Topic) -> Vec<&DoctorFinding> {
    let findings = &report.diagnosis.as_ref().unwrap().findings;
    findings.iter().filter(|own| own.topic == topic).collect()
}

pub(crate) fn about(report: &Report, topic: Topic) -> &DoctorFinding {
    let found = all_about(report, topic);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0]
}

/// Level, message and command of the only finding about a topic.
fn told(report: &Report, topic: Topic) -> (Level, &str, Option<&str>) {
    let found = about(report, topic);
    (found.level, &found.message, found.command.as_deref())
}

#[test]
fn a_torch_without_nccl_needs_gloo_windows_and_is_in_order_with_it() {
    let setting = with_pip(cpu());
    let before = report(&setting);
    assert_eq!(
        told(&before, Topic::Nccl),
        (
            Level::Attention,
            "NCCL is missing in this torch",
            Some("torch-patch apply gloo-windows")
        )
    );
    assert_eq!(
        about(&before, Topic::Nccl).patch.as_deref(),
        Some("gloo-windows")
    );
    let build = before.diagnosis.as_ref().unwrap().torch.clone().unwrap();
    assert_eq!((build.version.as_str(), build.cuda), ("2.5.1+cpu", None));
    assert_eq!((build.nccl, build.gloo), (Some(false), Some(true)));
    assert!(!before.ok);

    setting.apply(&["gloo-windows"]);
    let after = report(&setting);
    assert_eq!(
        told(&after, Topic::Nccl),
        (
            Level::Ok,
            "NCCL is missing in this torch, and what asks for it runs on gloo",
            None
        )
    );
    assert!(after.ok, "{after:#?}");

    setting.revert(&["gloo-windows"]);
    assert!(!report(&setting).ok);
}

#[test]
fn the_guides_own_line_counts_and_is_told_once() {
    let setting = with_pip(cpu());
    setting.edit(
        "    prefix_store = PrefixStore(f\"{group_name}/\", store)\n",
        "    prefix_store = PrefixStore(f\"{group_name}/\", store)\n    backend = Backend.GLOO\n",
    );
    let report = report(&setting);
    assert_eq!(about(&report, Topic::Nccl).level, Level::Ok);
    let by_hand = all_about(&report, Topic::Patch);
    let by_hand: Vec<&&DoctorFinding> = by_hand
        .iter()
        .filter(|own| own.message.contains("by hand"))
        .collect();
    assert_eq!(by_hand.len(), 1, "{by_hand:?}");
    assert_eq!(
        by_hand[0].command.as_deref(),
        Some("torch-patch apply gloo-windows --adopt")
    );
    assert_eq!(
        about(&report, Topic::Files).level,
        Level::Ok,
        "it is told with its patch"
    );
    assert!(report.ok, "{report:#?}");
}

#[test]
fn gloo_for_everything_is_harmful_where_nccl_is() {
    let setting = Setting::with(&torch("2.5.1", "+cu124", "'12.4'", BOTH));
    assert_eq!(
        about(&report(&setting), Topic::Nccl).message,
        "torch is built with NCCL"
    );
    setting.apply(&["gloo-always"]);
    let found = report(&setting);
    let patches = all_about(&found, Topic::Patch);
    let harmful = patches.iter().find(|own| own.level == Level::Attention);
    assert_eq!(
        harmful.unwrap().command.as_deref(),
        Some("torch-patch revert gloo-always")
    );
    setting.revert(&["gloo-always"]);
    setting.apply(&["gloo-windows"]);
    assert!(report(&setting).ok, "the guarded one does nothing there");
}

#[test]
fn without_gloo_no_patch_is_offered() {
    let setting = Setting::with(&torch("2.5.1", "", "None", "no back end\0"));
    let found = report(&setting);
    let nccl = about(&found, Topic::Nccl);
    assert_eq!((nccl.level, &nccl.patch), (Level::Attention, &None));
}

#[test]
fn without_a_library_the_kind_of_the_build_tells_as_far_as_it_can() {
    use Platform::{Linux, Macos, Windows};
    let level = |local: &str, cuda: &str, platform| {
        let setting = Setting::with(&torch("2.5.1", local, cuda, "")).on(platform);
        fs::remove_file(setting.world.at(LIBRARY)).unwrap();
        about(&report(&setting), Topic::Nccl).level
    };
    assert_eq!(level("+cpu", "None", Linux), Level::Attention);
    assert_eq!(level("", "None", Macos), Level::Attention);
    assert_eq!(level("+cu124", "'12.4'", Windows), Level::Attention);
    assert_eq!(level("+cu124", "'12.4'", Linux), Level::Note, "not known");
}

#[test]
fn a_torch_that_is_not_there_or_half_there_is_told() {
    let setting = cpu();
    fs::remove_dir_all(setting.world.at("torch")).unwrap();
    fs::remove_dir_all(setting.world.at("torch-2.5.1.dist-info")).unwrap();
    let absent = report(&setting);
    let (level, message, command) = told(&absent, Topic::Torch);
    assert_eq!(
        (level, message),
        (Level::Attention, "torch is not installed here")
    );
    let command = command.unwrap();
    // There is no pip, as in environments of uv.
    assert!(
        command.starts_with("uv pip install --python ") && command.ends_with(" torch"),
        "{command}"
    );
    let with_pip = report(&with_pip(setting));
    let command = told(&with_pip, Topic::Torch).2.unwrap();
    assert!(command.ends_with("-m pip install torch"), "{command}");
    assert!(all_about(&absent, Topic::Nccl).is_empty());

    let setting = cpu();
    setting.world.write(
        "torch/version.py",
        "__version__ = '2.4.0+cpu'\ncuda = None\n",
    );
    let half = report(&setting);
    let found = all_about(&half, Topic::Torch);
    assert_eq!(found[1].level, Level::Attention);
    assert_eq!(
        found[1].message,
        "its metadata says 2.5.1, and its `version.py` says 2.4.0"
    );
}

#[test]
fn a_driver_beside_a_torch_without_cuda_is_a_note() {
    let setting = cpu();
    let driver = setting.world.folder().join("nvcuda.dll");
    let request = DoctorRequest {
        driver_files: vec![driver.clone()],
        ..DoctorRequest::default()
    };
    assert_eq!(
        all_about(&report_of(&setting, &request), Topic::Torch).len(),
        1
    );
    fs::write(&driver, "").unwrap();
    let found = report_of(&setting, &request);
    let notes = all_about(&found, Topic::Torch);
    assert_eq!(notes[1].level, Level::Note, "{notes:?}");
}

#[test]
fn pip_and_who_keeps_it_out_are_told() {
    let setting = cpu();
    assert_eq!(about(&report(&setting), Topic::Pip).level, Level::Note);
    let setting = with_pip(setting);
    assert_eq!(
        told(&report(&setting), Topic::Pip),
        (Level::Ok, "pip 24.3.1", None)
    );
}

#[test]
fn drift_an_old_form_and_another_release_need_attention() {
    let setting = with_pip(cpu()).patch("mine", BARRIER);
    setting.apply(&["gloo-windows", "mine"]);
    assert!(report(&setting).ok);
    let setting = setting
        .without_patches()
        .patch_file(&crate::setting::patch_file(
            "mine",
            "links = [\"https://example.com\"]",
            BARRIER,
        ));
    let found = report(&setting);
    let patches = all_about(&found, Topic::Patch);
    let outdated = patches
        .iter()
        .find(|own| own.message == "`mine` is outdated");
    assert_eq!(
        outdated.unwrap().command.as_deref(),
        Some("torch-patch apply mine")
    );

    fs::write(
        setting.world.target(),
        format!("{}# mine\n", setting.read()),
    )
    .unwrap();
    let found = report(&setting);
    let patches = all_about(&found, Topic::Patch);
    let drifted = patches
        .iter()
        .find(|own| own.message == "`gloo-windows` is drifted");
    assert_eq!(
        drifted.unwrap().command.as_deref(),
        Some("torch-patch revert gloo-windows")
    );
}

#[test]
fn a_changed_file_that_no_patch_knows_is_named() {
    let setting = with_pip(cpu());
    setting.apply(&["gloo-windows"]);
    setting.world.write("torch/__init__.py", "mine\n");
    let found = report(&setting);
    let files = about(&found, Topic::Files);
    assert_eq!(files.level, Level::Attention);
    assert_eq!(
        files.message,
        "torch 2.5.1: not as installed: `torch/__init__.py`"
    );
    assert_eq!(files.command.as_deref(), Some("torch-patch verify torch"));
}

#[test]
fn a_record_that_cannot_be_read_hides_nothing_else() {
    let setting = with_pip(cpu());
    let record = setting.world.at("torch-2.5.1.dist-info/RECORD");
    fs::write(&record, "torch/version.py,sha256=?,\n").unwrap();
    assert_eq!(about(&report(&setting), Topic::Files).level, Level::Note);
    fs::remove_file(&record).unwrap();
    fs::create_dir(&record).unwrap();
    let found = report(&setting);
    assert_eq!(about(&found, Topic::Files).level, Level::Attention);
    assert_eq!(about(&found, Topic::Nccl).level, Level::Attention);
}

#[test]
fn a_patch_of_a_user_is_needed_unless_it_says_otherwise() {
    let setting = with_pip(cpu()).patch("mine", BARRIER);
    setting.apply(&["gloo-windows"]);
    let found = report(&setting);
    let needed = |report: &Report| {
        let found = all_about(report, Topic::Patch);
        let own = found
            .into_iter()
            .find(|own| own.patch.as_deref() == Some("mine"));
        own.map(|own| (own.level, own.command.clone()))
    };
    let apply = Some("torch-patch apply mine".to_owned());
    assert_eq!(needed(&found), Some((Level::Attention, apply)));
    let sometimes = crate::setting::patch_file("mine", "occurs = \"sometimes\"", BARRIER);
    let setting = setting.without_patches().patch_file(&sometimes);
    let explain = Some("torch-patch explain mine".to_owned());
    assert_eq!(needed(&report(&setting)), Some((Level::Note, explain)));
}

#[test]
fn on_windows_the_rendezvous_needs_its_patch() {
    let setting = with_pip(cpu()).on(Platform::Windows);
    setting.apply(&["gloo-windows"]);
    let found = report(&setting);
    let patches = all_about(&found, Topic::Patch);
    let libuv = patches
        .iter()
        .find(|own| own.patch.as_deref() == Some("libuv-windows"));
    // The torch of this test has none of its files, which is in the way.
    assert_eq!(libuv.unwrap().level, Level::Note);
}

#[test]
fn colossalai_is_told_with_its_command_its_python_and_what_it_needs() {
    let spec = "    dist_attr: Optional[_DistSpec] = _DistSpec(DistPlacementPattern.REPLICATE)\n";
    let old = Package::new("colossalai", "0.2.5")
        .file("colossalai/cli/benchmark/__init__.py", "")
        .file("colossalai/tensor/tensor_spec.py", spec);
    let setting = with_pip(cpu());
    assert!(all_about(&report(&setting), Topic::Colossalai).is_empty());
    setting.world.install(&old);
    let metadata = setting.world.at("colossalai-0.2.5.dist-info/METADATA");
    let needs = "Requires-Dist: torch>=1.11,<2.0\nRequires-Dist: click\nRequires-Dist: pytest; extra == 'test'\n";
    let text = fs::read_to_string(&metadata).unwrap();
    fs::write(&metadata, format!("{}\n{needs}", text.trim_end())).unwrap();
    let found = report(&setting);
    let told: Vec<(Level, &str)> = all_about(&found, Topic::Colossalai)
        .into_iter()
        .map(|own| (own.level, own.message.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (
                Level::Ok,
                "ColossalAI 0.2.5 has the guide's command, `colossalai benchmark --gpus 1`"
            ),
            (
                Level::Attention,
                "ColossalAI 0.2.5 cannot start on Python 3.11"
            ),
            (
                Level::Attention,
                "ColossalAI 0.2.5 needs what is not here: torch >=1.11,<2.0 (here is 2.5.1), click"
            ),
        ]
    );
    let needs = all_about(&found, Topic::Colossalai)[2]
        .command
        .clone()
        .unwrap();
    assert!(
        needs.ends_with("-m pip install \"torch>=1.11,<2.0\" \"click\""),
        "{needs}"
    );

    // Files that are not there tell nothing: the version does.
    let bare = with_pip(cpu());
    let package = Package::new("colossalai", "0.3.2").file("colossalai/__init__.py", "");
    bare.world.install(&package);
    let found = report(&bare);
    let levels = all_about(&found, Topic::Colossalai);
    let levels: Vec<Level> = levels.iter().map(|own| own.level).collect();
    assert_eq!(levels, [Level::Ok, Level::Attention]);

    let new = Package::new("colossalai", "0.3.6").file("colossalai/__init__.py", "");
    let setting = with_pip(cpu());
    setting.world.install(&new);
    let found = report(&setting);
    let own = about(&found, Topic::Colossalai);
    assert_eq!(
        (own.level, own.command.as_deref()),
        (Level::Note, Some("colossalai check -i"))
    );
}

#[test]
fn a_poisoned_cache_of_uv_needs_cleaning() {
    let setting = with_pip(cpu());
    setting.apply(&["gloo-windows"]);
    let cache = setting.world.folder().join("uv");
    let archive = cache.join("archive-v0/abc");
    fs::create_dir_all(&archive).unwrap();
    let copy = |path: &str, content: &[u8]| {
        let to = archive.join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, content).unwrap();
    };
    for path in ["METADATA", "RECORD"] {
        let path = format!("torch-2.5.1.dist-info/{path}");
        copy(&path, &fs::read(setting.world.at(&path)).unwrap());
    }
    copy(TARGET, b"poison\n");
    let pointer = cache.join("wheels-v5/index/torch/2.5.1-py3-none-any");
    fs::create_dir_all(pointer.parent().unwrap()).unwrap();
    fs::write(pointer, "abc").unwrap();
    let request = DoctorRequest {
        uv_caches: vec![cache],
        ..DoctorRequest::default()
    };
    let found = report_of(&setting, &request);
    let poison = about(&found, Topic::Cache);
    assert_eq!(
        (poison.level, poison.command.as_deref()),
        (Level::Attention, Some("uv cache clean torch"))
    );
}

#[test]
fn a_bad_edit_that_is_known_is_told_with_what_takes_it_out() {
    let file = "torch/utils/cpp_extension.py";
    let module = "def _run_ninja_build(a, b, c):\n    command = ['ninja', '-v']\n";
    let setting = Setting::with(&torch("2.5.1", "+cpu", "None", GLOO).file(file, module));
    let id = Some("ninja-version".to_owned());
    let clean = report(&setting);
    assert!(
        all_about(&clean, Topic::Patch)
            .iter()
            .all(|own| own.patch != id)
    );
    setting
        .world
        .write(file, &module.replace("'-v'", "'--version'"));
    let report = report(&setting);
    let found = all_about(&report, Topic::Patch);
    let found = found.iter().find(|own| own.patch == id).unwrap();
    assert_eq!(found.level, Level::Attention);
    let message = "`torch/utils/cpp_extension.py` has a bad edit that `ninja-version` takes out";
    assert_eq!(found.message, message);
    assert_eq!(
        found.command.as_deref(),
        Some("torch-patch apply ninja-version")
    );
    // The file is not told of once more.
    assert_eq!(about(&report, Topic::Files).level, Level::Ok);
}
