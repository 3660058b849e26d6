//! What `doctor` finds of CUDA toolkits: scripts in the place of `nvcc`, so on Unix only.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err as fs;
use torch_patch::{DoctorRequest, Level, Tools, Topic};

use crate::doctor::{BOTH, about, all_about, cpu, report_of, torch, with_pip};
use crate::setting::Setting;

/// A toolkit whose `nvcc` says this, and exits so.
fn toolkit(setting: &Setting, name: &str, says: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let home = setting.world.folder().join(name);
    let nvcc = home.join("bin/nvcc");
    fs::create_dir_all(nvcc.parent().unwrap()).unwrap();
    fs::write(
        &nvcc,
        format!("#!/bin/sh\n[ \"$1\" = -V ] || exit 9\n{says}\n"),
    )
    .unwrap();
    fs::set_permissions(&nvcc, std::fs::Permissions::from_mode(0o755)).unwrap();
    home
}

fn says(release: &str) -> String {
    format!("echo 'Cuda compilation tools, release {release}, V{release}.99'")
}

fn request(tools: Tools) -> DoctorRequest {
    DoctorRequest {
        tools,
        nvcc_timeout: Duration::from_secs(5),
        ..DoctorRequest::default()
    }
}

fn home(path: &Path) -> Tools {
    Tools {
        cuda_home: Some(path.into()),
        ..Tools::default()
    }
}

fn cuda_117() -> Setting {
    with_pip(Setting::with(
            &torch("1.13.1", "+cu117", "'11.7'", BOTH).file(
                "torch/utils/cpp_extension.py",
                "def _check_cuda_version(compiler_name, compiler_version):\n    if cuda_ver != torch_cuda_version:\n        \
                 raise RuntimeError(CUDA_MISMATCH_MESSAGE.format(cuda_str_version, torch.version.cuda))\n",
            ),
        ))
}

#[test]
fn the_same_major_version_fits() {
    let setting = cuda_117();
    for (release, level) in [
        ("11.7", Level::Ok),
        ("11.0", Level::Ok),
        ("12.1", Level::Attention),
    ] {
        let path = toolkit(&setting, release, &says(release));
        let found = report_of(&setting, &request(home(&path)));
        let own = about(&found, Topic::Cuda);
        assert_eq!(own.level, level, "{own:?}");
        let toolkit = found.diagnosis.as_ref().unwrap().toolkit.clone().unwrap();
        assert_eq!(
            (toolkit.nvcc.as_deref(), toolkit.source.as_str()),
            (Some(release), "CUDA_HOME")
        );
    }
}

#[test]
fn another_major_version_needs_cuda_mismatch_or_another_toolkit() {
    let setting = cuda_117();
    let path = toolkit(&setting, "cuda", &says("12.1"));
    let request = request(home(&path));
    let before = report_of(&setting, &request);
    assert_eq!(
        about(&before, Topic::Cuda).command.as_deref(),
        Some("torch-patch apply cuda-mismatch")
    );
    setting.apply(&["cuda-mismatch"]);
    let after = report_of(&setting, &request);
    assert_eq!(about(&after, Topic::Cuda).level, Level::Note);
    assert!(after.ok, "{after:#?}");
}

#[test]
fn an_nvcc_that_does_not_answer_is_told_within_its_time() {
    let setting = cuda_117();
    for (script, expected) in [
        ("sleep 60", "gave no answer within"),
        ("exit 3", "failed (exit status: 3)"),
        ("echo hello", "expected `release 11.7`, found `hello`"),
    ] {
        let path = toolkit(&setting, "cuda", script);
        let mut request = request(home(&path));
        request.nvcc_timeout = Duration::from_millis(500);
        let start = std::time::Instant::now();
        let found = report_of(&setting, &request);
        let own = about(&found, Topic::Cuda);
        assert_eq!(own.level, Level::Attention);
        assert!(own.message.contains(expected), "{own:?}");
        assert!(start.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn a_variable_that_names_no_toolkit_is_put_right() {
    let setting = cuda_117();
    let path = toolkit(&setting, "cuda", &says("11.7"));
    let shown = path.display();
    let set = format!("export CUDA_HOME={shown}");
    let gone = setting.world.folder().join("gone");
    for (value, on_path, command) in [
        (format!("{shown}/bin"), false, set.as_str()),
        (format!("\"{shown}\""), false, &set),
        (format!("{shown};/other"), false, &set),
        (gone.display().to_string(), true, &set),
        (gone.display().to_string(), false, "unset CUDA_HOME"),
    ] {
        let tools = Tools {
            // One without `nvcc` is no better.
            defaults: vec![setting.world.venv()],
            cuda_home: Some(value.clone().into()),
            path: if on_path {
                vec![path.join("bin")]
            } else {
                Vec::new()
            },
            ..Tools::default()
        };
        let found = report_of(&setting, &request(tools));
        let own = about(&found, Topic::Cuda);
        assert_eq!(
            (own.level, own.command.as_deref()),
            (Level::Attention, Some(command)),
            "{value}"
        );
    }
}

#[test]
fn a_toolkit_is_looked_for_in_torchs_order() {
    let setting = cuda_117();
    let [home, path, on_path, default] =
        ["home", "path", "on-path", "default"].map(|name| toolkit(&setting, name, &says("11.7")));
    let mut tools = Tools {
        cuda_home: Some(home.into()),
        cuda_path: Some(path.into()),
        path: vec![on_path.join("bin")],
        defaults: vec![default],
    };
    let source = |tools: &Tools| {
        let found = report_of(&setting, &request(tools.clone()));
        let notes = all_about(&found, Topic::Cuda);
        let notes = notes.iter().filter(|own| own.level == Level::Note).count();
        let toolkit = found.diagnosis.unwrap().toolkit;
        (toolkit.map(|toolkit| toolkit.source), notes)
    };
    let named = |name: &str| Some(name.to_owned());
    assert_eq!(
        source(&tools),
        (named("CUDA_HOME"), 1),
        "the other variable is a note"
    );
    tools.cuda_home = Some("".into());
    assert_eq!(source(&tools), (named("CUDA_PATH"), 0));
    tools.cuda_path = None;
    assert_eq!(source(&tools), (named("PATH"), 0));
    tools.path.clear();
    assert_eq!(source(&tools), (named("default"), 0));
    tools.defaults.clear();
    assert_eq!(
        source(&tools),
        (None, 1),
        "none is a note: training needs none"
    );
}

#[test]
fn without_cuda_in_torch_the_toolkit_does_not_matter() {
    let setting = with_pip(cpu());
    setting.apply(&["gloo-windows"]);
    let found = report_of(&setting, &request(home(&PathBuf::from("/gone"))));
    assert!(found.ok, "{found:#?}");
    let levels: Vec<Level> = all_about(&found, Topic::Cuda)
        .iter()
        .map(|own| own.level)
        .collect();
    assert_eq!(levels, [Level::Ok, Level::Note]);
}
