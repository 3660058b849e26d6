//! Bad edits that are known: how they are told, and how they are taken out.

use fs_err as fs;
use snapbox::{assert_data_eq, str};
use torch_patch_testing::{Package, World};

use super::{run, run_json};

const FILE: &str = "torch/utils/cpp_extension.py";
const MODULE: &str = "\
def _run_ninja_build(build_directory, verbose, error_prefix):
    command = ['ninja', '-v']
    return command
";

fn world() -> World {
    let world = World::new();
    world.install(&Package::torch("2.5.1").file(FILE, MODULE));
    world
}

fn damage(world: &World) -> String {
    let damaged = world.read(FILE).replace("'-v'", "'--version'");
    world.write(FILE, &damaged);
    damaged
}

#[test]
fn it_is_told_and_taken_out() {
    let world = world();
    assert_eq!(run(&world, &["status", "--exit-code"]).code, 0);
    let damaged = damage(&world);
    let (code, json) = run_json(&world, &["status", "--exit-code"]);
    assert_eq!(code, 10);
    let results = json["results"].as_array().unwrap();
    let own = results.iter().find(|own| own["patch"] == "ninja-version");
    assert_eq!(own.unwrap()["state"], "damaged");
    let called = run(&world, &["status", "ninja-version"]);
    assert_data_eq!(
        called.stdout,
        str![[r"
ninja-version  damaged  torch 2.5.1
  the bad edit that it takes out is at line 2 of `torch/utils/cpp_extension.py`

"]]
    );
    assert!(
        called.stderr.ends_with(
            "hint: `torch-patch apply ninja-version` takes the bad edit out, and keeps a copy\n"
        ),
        "{}",
        called.stderr
    );
    let called = run(&world, &["diff", "ninja-version"]);
    assert_data_eq!(
        called.stdout,
        str![[r"
--- a/torch/utils/cpp_extension.py
+++ b/torch/utils/cpp_extension.py
@@ -1,3 +1,3 @@
 def _run_ninja_build(build_directory, verbose, error_prefix):
-    command = ['ninja', '--version']
+    command = ['ninja', '-v']
     return command

"]]
    );
    let called = run(&world, &["apply", "ninja-version", "--dry-run"]);
    assert!(
        called
            .stdout
            .starts_with("ninja-version: would-repair (torch 2.5.1)\n"),
        "{called:?}"
    );
    assert_eq!(world.read(FILE), damaged);
    let called = run(&world, &["apply", "ninja-version"]);
    assert_data_eq!(
        called.stdout,
        str![[r"
ninja-version: repaired (torch 2.5.1)
  `torch/utils/cpp_extension.py` is upstream's again, by its `RECORD`
  torch/utils/cpp_extension.py: line 2
  your version is kept as [..]-cpp_extension.py

"]]
    );
    assert!(
        called
            .stderr
            .ends_with("hint: restart Python where it is already running, and build again what was built with the bad edit\n"),
        "{}",
        called.stderr
    );
    assert_eq!(world.read(FILE), MODULE);
    let (code, json) = run_json(&world, &["apply", "ninja-version"]);
    assert_eq!(
        (code, json["results"][0]["outcome"].as_str()),
        (0, Some("not-needed"))
    );
    assert_eq!(run(&world, &["apply", "ninja-version", "--strict"]).code, 3);
}

#[test]
fn what_is_not_proven_says_how_to_look() {
    let world = world();
    world.write(FILE, &format!("{}# mine\n", world.read(FILE)));
    damage(&world);
    let called = run(&world, &["apply", "ninja-version"]);
    assert_eq!(called.code, 0);
    assert!(
        called
            .stdout
            .contains("differs from `RECORD` as well, and stays as it is"),
        "{}",
        called.stdout
    );
    assert!(
        called.stderr.contains(
            "hint: `torch-patch verify` tells which files differ from what was installed"
        ),
        "{}",
        called.stderr
    );
    assert_eq!(world.read(FILE), format!("{MODULE}# mine\n"));
}

#[test]
fn list_and_show_say_that_it_is_one() {
    let world = world();
    let called = run(&world, &["list"]);
    let lines: Vec<&str> = called.stdout.lines().collect();
    let own = lines.iter().find(|line| line.starts_with("ninja-version "));
    assert!(own.unwrap().ends_with(" (repair)"), "{}", called.stdout);
    let other = lines.iter().find(|line| line.starts_with("gloo-windows "));
    assert!(!other.unwrap().contains("(repair)"), "{}", called.stdout);
    let called = run(&world, &["show", "ninja-version"]);
    assert!(called.stderr.contains("\na repair: "), "{}", called.stderr);
    let (_, json) = run_json(&world, &["show", "ninja-version"]);
    assert_eq!(json["patches"][0]["repairs"], true);
    let (_, json) = run_json(&world, &["show", "gloo-windows"]);
    assert!(json["patches"][0].get("repairs").is_none());
}

#[test]
fn run_refuses_it() {
    let world = world();
    damage(&world);
    let words = ["run", "--with", "ninja-version", "--", "no-such-program"];
    let called = run(&world, &words);
    assert_eq!(called.code, 2);
    let told = "error: patch `ninja-version` takes a bad edit out of a file for good, not for as long as a command runs\n\
                hint: run `torch-patch apply ninja-version` once, and leave it out of `--with`\n";
    assert!(called.stderr.ends_with(told), "{}", called.stderr);
    assert!(!world.has_store());
}

#[test]
fn a_project_may_name_it() {
    let world = world();
    damage(&world);
    let _ = world.write_outside("torch-patch.toml", "patches = []\n");
    assert_eq!(run(&world, &["add", "ninja-version"]).code, 0);
    assert_eq!(run(&world, &["sync", "--check"]).code, 10);
    let (code, json) = run_json(&world, &["sync"]);
    assert_eq!(
        (code, json["results"][0]["outcome"].as_str()),
        (0, Some("repaired"))
    );
    assert_eq!(world.read(FILE), MODULE);
    let lock = fs::read_to_string(world.folder().join("torch-patch.lock")).unwrap();
    assert!(lock.contains("state = \"not-needed\""), "{lock}");
    assert_eq!(run(&world, &["sync", "--check"]).code, 0);
    // Nobody is its owner.
    let (_, json) = run_json(&world, &["status", "ninja-version"]);
    assert!(json["results"][0].get("owners").is_none());
    damage(&world);
    assert_eq!(run(&world, &["sync", "--check"]).code, 10);
    assert_eq!(run(&world, &["sync", "--locked"]).code, 0);
    assert_eq!(world.read(FILE), MODULE);
}

#[test]
fn the_error_that_leads_to_it_is_answered_with_what_helps() {
    let world = world();
    let error = "CalledProcessError: Command '['ninja', '-v']' returned non-zero exit status 1.";
    let called = run(&world, &["explain", error]);
    assert_data_eq!(
        called.stdout,
        str![[r"
ninja-version: Take out the edit that makes ninja print its version instead of building an extension
  the text has `Command '['ninja', '-v'... returned non-zero exit status`
  it is no cure: it takes out an edit that is passed on against this, and that does harm
  not-needed (torch 2.5.1)

"]]
    );
    let hint = "hint: `torch-patch explain ninja-version` tells what helps instead\n";
    assert!(called.stderr.ends_with(hint), "{}", called.stderr);
    let (_, json) = run_json(&world, &["explain", error]);
    assert_eq!(json["explanations"][0]["repairs"], true);
    damage(&world);
    let called = run(&world, &["explain", error]);
    let hint = "hint: `torch-patch apply ninja-version` takes the bad edit out, and keeps a copy\n\
                hint: `torch-patch explain ninja-version` tells what helps instead\n";
    assert!(called.stderr.ends_with(hint), "{}", called.stderr);
}
