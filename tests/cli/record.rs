//! `record`: what is printed, what is written and where, and the way from an edit to a patch that takes it over.

use fs_err as fs;
use torch_patch_testing::{Package, World};

use crate::cli::{Call, call, command, run, torch_world};

const ANCHOR: &str = "        prefix_store = PrefixStore(f\"{group_name}/\", store)\n";
const TARGET: &str = "torch/distributed/distributed_c10d.py";

/// A world with an edit by hand, and the wheel of its torch in a folder.
fn edited_world() -> World {
    let world = torch_world();
    let wheels = world.folder().join("wheels");
    Package::torch("2.5.1").write_wheel(&wheels, "cp311-cp311-win_amd64");
    let edited = format!("{ANCHOR}        backend = Backend.GLOO\n");
    world.write(TARGET, &world.read(TARGET).replace(ANCHOR, &edited));
    world
}

/// Runs a command line that asks only the folder of wheels.
fn offline(world: &World, words: &[&str]) -> Call {
    let command = command(world)
        .env("PIP_NO_INDEX", "1")
        .env("PIP_FIND_LINKS", world.folder().join("wheels"))
        .env("TORCH_PATCH_CACHE", world.folder().join("cache"));
    call(command.args(words))
}

#[test]
fn an_edit_by_hand_is_recorded_taken_over_and_reverted() {
    let world = edited_world();
    let edited = world.read(TARGET);
    let called = offline(&world, &["record", "my-fix"]);
    assert_eq!(called.code, 0, "{called:?}");
    assert_eq!(called.stdout, "wrote my-fix.toml\n");
    assert!(
        called
            .stderr
            .contains("`torch-patch apply ./my-fix.toml --adopt`")
    );
    assert!(
        called
            .stderr
            .contains("`torch-patch check ./my-fix.toml --infer`")
    );
    assert_eq!(world.read(TARGET), edited);
    let adopted = offline(&world, &["apply", "./my-fix.toml", "--adopt"]);
    assert!(adopted.stdout.starts_with("my-fix: adopted"), "{adopted:?}");
    let status = offline(&world, &["status", "./my-fix.toml", "--exit-code"]);
    assert!(status.stdout.starts_with("my-fix  applied"), "{status:?}");
    assert_eq!(offline(&world, &["revert", "my-fix"]).code, 0);
    assert_eq!(world.read(TARGET), torch_world().read(TARGET));
    assert!(!world.has_store());
    let inferred = offline(&world, &["check", "./my-fix.toml", "--infer"]);
    assert!(
        inferred.stdout.contains("declared ==2.5.1  fits "),
        "{inferred:?}"
    );
    assert_eq!(
        inferred.code, 0,
        "it is the only release there is: {inferred:?}"
    );
}

#[test]
fn a_file_that_is_there_is_not_replaced() {
    let world = edited_world();
    let path = world.write_outside("my-fix.toml", "mine");
    let called = offline(&world, &["record", "my-fix"]);
    assert_eq!(called.code, 2);
    assert!(
        called
            .stderr
            .contains("`my-fix.toml` is there already; `--force` replaces it"),
        "{called:?}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(offline(&world, &["record", "my-fix", "--force"]).code, 0);
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .starts_with("format = 1\n")
    );
    let other = offline(
        &world,
        &["record", "my-fix", "--output", "other.toml", "--quiet"],
    );
    assert_eq!(
        (other.code, other.stdout.as_str(), other.stderr.as_str()),
        (0, "", "")
    );
    let made = fs::read(world.folder().join("other.toml")).unwrap();
    assert_eq!(
        made,
        fs::read(&path).unwrap(),
        "the same edit gives the same bytes"
    );
}

#[test]
fn with_a_dash_the_patch_is_on_stdout() {
    let world = edited_world();
    let words = [
        "record",
        "my-fix",
        "--output",
        "-",
        "--title",
        "Always on gloo",
    ];
    let called = offline(&world, &words);
    assert_eq!(called.code, 0, "{called:?}");
    assert!(
        called
            .stdout
            .starts_with("format = 1\nid = \"my-fix\"\ntitle = \"Always on gloo\"\n")
    );
    assert!(!world.folder().join("my-fix.toml").exists());
}

#[test]
fn the_json_has_the_patch_and_what_it_came_from() {
    let world = edited_world();
    let called = offline(&world, &["record", "my-fix", "--json"]);
    let json = called.json();
    assert_eq!(called.stderr, "");
    let recording = &json["recording"];
    assert_eq!(json["command"], "record");
    assert_eq!(recording["written"], "my-fix.toml");
    assert_eq!(recording["in_place"], true);
    assert_eq!(recording["files"][0]["path"], TARGET);
    assert_eq!(recording["files"][0]["edits"], 1);
    let written = fs::read_to_string(world.folder().join("my-fix.toml")).unwrap();
    assert_eq!(recording["toml"], written.as_str());
    let failed = offline(&torch_world(), &["record", "my-fix", "--json"]);
    assert_eq!(failed.code, 3);
    assert_eq!(failed.json()["error"]["code"], "nothing-to-record");
}

#[test]
fn a_diff_comes_from_a_file_or_from_stdin() {
    let world = torch_world();
    let diff = "--- a/torch/version.py\n+++ b/torch/version.py\n@@ -1 +1,2 @@\n __version__ = '2.5.1'\n+debug = True\n";
    let path = world.write_outside("fix.diff", diff);
    let path = path.to_str().unwrap();
    let from_file = offline(
        &world,
        &["record", "my-fix", "--from-diff", path, "--output", "-"],
    );
    assert_eq!(from_file.code, 0, "{from_file:?}");
    let words = ["record", "my-fix", "--from-diff", "-", "--output", "-"];
    let from_stdin = call(command(&world).args(words).stdin(diff));
    assert_eq!(from_stdin.stdout, from_file.stdout);
    let called = offline(&world, &["record", "my-fix", "--from-diff", path]);
    assert!(
        called
            .stderr
            .contains("`torch-patch apply ./my-fix.toml` makes the edit"),
        "{called:?}"
    );
    assert_eq!(run(&world, &["apply", "./my-fix.toml"]).code, 0);
    assert_eq!(
        world.read("torch/version.py"),
        "__version__ = '2.5.1'\ndebug = True\n"
    );
    let none = offline(&world, &["record", "other", "--from-diff", "none.diff"]);
    assert_eq!(none.code, 2, "{none:?}");
}

#[test]
fn an_id_that_is_none_is_a_mistake_in_the_command_line() {
    let called = run(&torch_world(), &["record", "My_Fix"]);
    assert_eq!(called.code, 2);
    assert!(
        called
            .stderr
            .contains("expected words of a-z and 0-9 joined by `-`")
    );
}
