//! `verify` and `restore`: what they print, and which options reach the library.

use fs_err as fs;
use torch_patch_testing::{Package, World};

use super::{call, command, run, run_json, torch_world};

const VERSION: &str = "torch/version.py";

/// A world whose `version.py` somebody has mangled, and a wheel that has the right one.
fn mangled() -> (World, String) {
    let world = torch_world();
    world.write(VERSION, "mangled");
    let wheel = Package::torch("2.5.1").write_wheel(&world.folder().join("wheels"), "py3-none-any");
    (world, wheel.display().to_string())
}

#[test]
fn what_was_changed_is_named_and_exits_with_4() {
    let (world, _) = mangled();
    run(&world, &["apply", "gloo-windows"]);
    world.write("torch/mine.py", "");
    let called = run(&world, &["verify"]);
    assert_eq!(called.code, 4, "{called:?}");
    for line in [
        "torch 2.5.1: 3 files compared, 1 patched as recorded, 1 that no package has brought, 1 not as installed",
        "  patched     torch/distributed/distributed_c10d.py (`gloo-windows`)",
        "  extra       torch/mine.py",
        "  modified    torch/version.py",
        "  not compared: 1 without a digest in `RECORD`, or written by installers and Python",
    ] {
        assert!(
            called.stdout.lines().any(|own| own == line),
            "{line}\n{}",
            called.stdout
        );
    }
    assert!(
        called
            .stderr
            .contains("error: 1 file is not as installed\n"),
        "{}",
        called.stderr
    );
    assert!(
        called
            .stderr
            .contains("hint: `torch-patch restore torch/version.py`"),
        "{}",
        called.stderr
    );
    let (code, json) = run_json(&world, &["verify", "Torch"]);
    assert_eq!(
        (code, json["error"]["code"].as_str()),
        (4, Some("not-as-installed"))
    );
    assert_eq!(json["verified"][0]["findings"].as_array().unwrap().len(), 3);
    assert_eq!(run_json(&world, &["verify", "numpy"]).0, 5);
}

#[test]
fn each_option_of_verify_is_hooked_up() {
    let world = torch_world();
    world.install(&Package::new("other", "1.0").file("other/a.bin", "\0"));
    world.write("other/a.bin", "x");
    assert_eq!(run(&world, &["verify"]).code, 0);
    assert_eq!(run(&world, &["verify", "other"]).code, 0);
    assert_eq!(run(&world, &["verify", "other", "--all"]).code, 4);
    assert_eq!(
        run(&world, &["verify", "--all-distributions", "--all"]).code,
        4
    );
    assert_eq!(
        run(&world, &["verify", "--all-distributions", "torch"]).code,
        2
    );
    world.write("torch/mine.py", "");
    assert_eq!(run(&world, &["verify"]).code, 0);
    assert_eq!(run(&world, &["verify", "--strict"]).code, 4);
    let empty = World::new();
    let called = run(&empty, &["verify"]);
    assert_eq!(called.code, 0);
    assert!(
        called.stdout.contains("nothing is installed here"),
        "{called:?}"
    );
}

#[test]
fn the_cache_of_uv_is_where_its_variable_says() {
    let world = torch_world();
    let archive = world.folder().join("uv/archive-v0/x");
    for path in ["torch-2.5.1.dist-info/RECORD", "torch/__init__.py", VERSION] {
        fs::create_dir_all(archive.join(path).parent().unwrap()).unwrap();
        fs::copy(world.at(path), archive.join(path)).unwrap();
    }
    fs::write(archive.join(VERSION), "poison").unwrap();
    fs::create_dir_all(world.folder().join("uv/wheels-v8")).unwrap();
    fs::write(world.folder().join("uv/wheels-v8/pointer"), "archive-v0/x").unwrap();
    assert_eq!(run(&world, &["verify"]).code, 0);
    let with_cache = |words: &[&str]| {
        let cache = world.folder().join("uv");
        call(command(&world).env("UV_CACHE_DIR", cache).args(words))
    };
    let called = with_cache(&["verify"]);
    assert_eq!(called.code, 4, "{called:?}");
    assert!(
        called
            .stdout
            .contains("2 files compared, 2 not as in the wheel"),
        "{}",
        called.stdout
    );
    assert!(
        called
            .stderr
            .contains("run `uv cache clean torch`, then `uv pip install"),
        "{}",
        called.stderr
    );
}

#[test]
fn a_file_is_put_back_and_its_version_kept() {
    let (world, wheel) = mangled();
    let dry = run(
        &world,
        &["restore", VERSION, "--wheel", &wheel, "--dry-run"],
    );
    assert!(
        dry.stdout
            .starts_with("torch/version.py: would-restore (torch 2.5.1)\n"),
        "{dry:?}"
    );
    assert!(dry.stderr.ends_with("nothing was written\n"), "{dry:?}");
    assert_eq!(world.read(VERSION), "mangled");
    let called = run(&world, &["restore", VERSION, "--wheel", &wheel]);
    assert_eq!(called.code, 0, "{called:?}");
    let lines: Vec<&str> = called.stdout.lines().collect();
    assert_eq!(lines[0], "torch/version.py: restored (torch 2.5.1)");
    assert!(
        lines[1].starts_with(&format!("  the original is from `{wheel}`, and is sha256:")),
        "{lines:?}"
    );
    assert!(
        lines[2].starts_with("  your version is kept as "),
        "{lines:?}"
    );
    assert_eq!(world.read(VERSION), "__version__ = '2.5.1'\n");
    let (code, json) = run_json(&world, &["restore", VERSION]);
    assert_eq!(
        (code, json["restored"][0]["outcome"].as_str()),
        (0, Some("as-installed"))
    );
    assert_eq!(json["traffic"], serde_json::Value::Null);
}

#[test]
fn what_is_not_to_be_had_is_told_with_the_places_that_were_asked() {
    let (world, _) = mangled();
    let wheels = world.folder().join("wheels");
    let found = ["restore", VERSION, "--no-index"];
    let (code, json) = run_json(&world, &found);
    assert_eq!(
        (code, json["error"]["code"].as_str()),
        (5, Some("original-not-found"))
    );
    let tried = json["error"]["details"]["tried"].as_array().unwrap();
    assert_eq!(tried[0], "the store has no backup of it");
    assert!(
        json["error"]["hints"][0]
            .as_str()
            .unwrap()
            .contains("--wheel FILE"),
        "{json}"
    );
    let links = ["--find-links", wheels.to_str().unwrap()];
    assert_eq!(run_json(&world, &[&found[..], &links].concat()).0, 0);
    let (code, json) = run_json(&world, &["restore", "mine.py"]);
    assert_eq!(
        (code, json["error"]["code"].as_str()),
        (5, Some("not-an-installed-file"))
    );
}

#[test]
fn a_patched_file_keeps_its_patch_unless_the_original_is_asked_for() {
    let world = torch_world();
    let right = fs::read(world.target()).unwrap();
    run(&world, &["apply", "gloo-windows"]);
    let patched = fs::read(world.target()).unwrap();
    let target = world.target().display().to_string();
    fs::write(world.target(), "mangled").unwrap();
    let called = run(&world, &["restore", &target]);
    assert!(
        called
            .stdout
            .contains("  with `gloo-windows`, as recorded\n"),
        "{called:?}"
    );
    assert_eq!(fs::read(world.target()).unwrap(), patched);
    fs::write(world.target(), "mangled").unwrap();
    let called = run(&world, &["restore", &target, "--pristine"]);
    assert!(
        called.stdout.contains("  without `gloo-windows`"),
        "{called:?}"
    );
    assert_eq!(fs::read(world.target()).unwrap(), right);
}
