//! The built-in patches on real wheels of torch, whose files are CRLF.
//!
//! Needs the network for the first run: ignored by `cargo test`, run by `.ci/run`.

use fs_err as fs;
use insta::assert_snapshot;
use torch_patch_edit::unified_diff;
use torch_patch_testing::{Release, World, corpus, picture};

use crate::cli::{run, run_json};

const TARGET: &str = "torch/distributed/distributed_c10d.py";
const PATCHES: [&str; 2] = ["gloo-windows", "gloo-always"];

fn windows(version: &'static str) -> Release {
    Release {
        version,
        platform: "win",
    }
}

/// A world with the members of a real wheel.
fn world(release: Release) -> World {
    let world = World::new();
    let members = corpus(release);
    let info = format!("torch-{}.dist-info", release.version);
    fs::create_dir_all(world.target().parent().unwrap()).unwrap();
    fs::create_dir_all(world.at(&info)).unwrap();
    let files = ["METADATA", "WHEEL", "RECORD"].map(|name| format!("{info}/{name}"));
    for path in files
        .iter()
        .map(String::as_str)
        .chain([TARGET, "torch/version.py"])
    {
        fs::copy(members.join(path), world.at(path)).unwrap();
    }
    world
}

fn round_trip(release: Release) {
    let world = world(release);
    let before = picture(world.site_packages());
    let original = fs::read(world.target()).unwrap();
    for patch in PATCHES {
        let (_, json) = run_json(&world, &["apply", patch, "--accept-risk"]);
        assert_eq!(json["results"][0]["outcome"], "applied", "{json}");
        let patched = fs::read(world.target()).unwrap();
        let name = format!("{patch}@{}-{}", release.version, release.platform);
        check_diff(&name, &original, &patched);
        let (_, json) = run_json(&world, &["apply", patch, "--accept-risk"]);
        assert_eq!(json["results"][0]["outcome"], "already-applied");
        assert_eq!(run(&world, &["status", patch, "--exit-code"]).code, 0);
        run_json(&world, &["revert", patch]);
        assert_eq!(picture(world.site_packages()), before, "{name}");
    }
}

/// Every line keeps its CRLF, and only the lines of the snapshot differ.
fn check_diff(name: &str, original: &[u8], patched: &[u8]) {
    let lone = |bytes: &[u8]| {
        let pairs = bytes.windows(2);
        pairs
            .filter(|pair| pair[1] == b'\n' && pair[0] != b'\r')
            .count()
    };
    assert_eq!(
        (lone(original), lone(patched)),
        (0, 0),
        "{name}: lines without CR"
    );
    let diff = unified_diff(original, patched, ("a", "b"), 1);
    let diff = String::from_utf8(diff).unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots/catalogue");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| assert_snapshot!(name, diff.replace('\r', "")));
}

#[test]
#[ignore = "needs the network for the first run; .ci/run runs it"]
fn torch_1_13_1() {
    round_trip(windows("1.13.1"));
}

#[test]
#[ignore = "needs the network for the first run; .ci/run runs it"]
fn torch_2_0_1() {
    round_trip(windows("2.0.1"));
}

#[test]
#[ignore = "needs the network for the first run; .ci/run runs it"]
fn torch_2_5_1() {
    round_trip(windows("2.5.1"));
}

#[test]
#[ignore = "needs the network for the first run; .ci/run runs it"]
fn torch_2_15_0() {
    round_trip(windows("2.15.0"));
}
