//! Patches for as long as a command runs.

use fs_err as fs;
use torch_patch_testing::World;

use super::{run, run_json, torch_world};

const MARK: &str = "# torch-patch: gloo-windows";

pub(super) fn is_patched(world: &World) -> bool {
    let text = fs::read_to_string(world.target()).unwrap();
    text.contains(MARK)
}

/// The program itself, since a test may rely on no other on every platform: it tells the state of its own environment.
fn status_words() -> [String; 4] {
    let binary = std::path::absolute(env!("CARGO_BIN_EXE_torch-patch")).unwrap();
    let word = |word: &str| word.to_owned();
    [
        binary.to_str().unwrap().to_owned(),
        word("status"),
        word("--exit-code"),
        word("gloo-windows"),
    ]
}

#[test]
fn a_patch_is_there_as_long_as_the_command_runs() {
    let world = torch_world();
    let original = fs::read(world.target()).unwrap();
    let status = status_words();
    let mut words = vec!["run", "--with", "gloo-windows", "--"];
    words.extend(status.iter().map(String::as_str));
    let called = run(&world, &words);
    assert_eq!(called.code, 0, "{called:?}");
    assert!(
        called.stdout.contains("gloo-windows  applied"),
        "{called:?}"
    );
    assert_eq!(fs::read(world.target()).unwrap(), original);
    assert!(!world.has_store());
}

#[test]
fn the_exit_code_is_that_of_the_command() {
    let world = torch_world();
    let mut words = vec!["run", "--with", "gloo-windows", "--"];
    let status = status_words();
    words.extend(status.iter().map(String::as_str));
    let last = words.len() - 1;
    // Not in place, so that the command ends with 10.
    words[last] = "gloo-always";
    assert_eq!(run(&world, &words).code, 10);
    words.truncate(4);
    words.push("no-such-program");
    let called = run(&world, &words);
    assert_eq!(called.code, 127);
    assert!(
        called.stderr.contains("failed to run `no-such-program`"),
        "{called:?}"
    );
    assert!(!world.has_store());
}

#[test]
fn what_was_there_before_stays() {
    let world = torch_world();
    assert_eq!(run_json(&world, &["apply", "gloo-windows"]).0, 0);
    let status = status_words();
    let mut words = vec!["run", "--with", "gloo-windows", "--"];
    words.extend(status.iter().map(String::as_str));
    assert_eq!(run(&world, &words).code, 0);
    assert!(is_patched(&world));
    let (_, json) = run_json(&world, &["status", "gloo-windows"]);
    assert_eq!(json["results"][0]["owners"].as_array().unwrap().len(), 1);
}

#[test]
fn nothing_runs_without_the_patch() {
    let world = torch_world();
    fs::write(world.target(), "mine\n").unwrap();
    let status = status_words();
    let mut words = vec!["run", "--with", "gloo-windows", "--json", "--"];
    words.extend(status.iter().map(String::as_str));
    let called = run(&world, &words);
    assert_eq!(called.json()["error"]["code"], "drifted");
    assert_eq!(called.code, 4);
}
