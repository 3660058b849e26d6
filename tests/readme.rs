//! Every console block of README.md, run in one environment from top to bottom.
//!
//! In the README the environment is `/home/ada/webui/venv`, and beside it is a `pyproject.toml`. What follows a `$ torch-patch …` line, up to the next one or
//! the end of the block, is what it prints, stdout and stderr as a terminal shows them. Its paths are those of Unix.

use std::path::Path;

use fs_err as fs;
use snapbox::assert_data_eq;
use snapbox::cmd::Command;
use torch_patch_testing::{Package, World};

use crate::cli::command;

const PROJECT: &str = "/home/ada/webui";

#[test]
fn console_blocks_print_what_they_say() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let world = World::new();
    world.install(&Package::torch("2.5.1"));
    let _ = world.write_outside("pyproject.toml", "[project]\nname = \"webui\"\n");
    let mut count = 0;
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for example in block.split("$ ").skip(1) {
            let (line, expected) = example.split_once('\n').unwrap();
            assert_data_eq!(run(&world, line), expected.to_owned());
            count += 1;
        }
    }
    assert!(
        count >= 5,
        "expected a session of several commands, found {count}"
    );
}

/// The command for a machine without torch, on the real index; `...` in the README stands for lines that are left out.
#[test]
#[ignore = "needs the network; .ci/run runs it"]
fn the_first_command_prints_what_it_says() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let (_, rest) = readme.split_once("```sh\ntorch-patch try ").unwrap();
    let (words, rest) = rest.split_once('\n').unwrap();
    let (_, rest) = rest.split_once("```text\n").unwrap();
    let (expected, _) = rest.split_once("```").unwrap();
    let cache = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_torch-patch"))
        .env("TORCH_PATCH_CACHE", cache.path())
        .env("LC_ALL", "C")
        .arg("try")
        .args(words.split_whitespace())
        .stderr_to_stdout()
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap().replace('\r', "");
    assert_data_eq!(printed, expected.to_owned());
}

fn run(world: &World, line: &str) -> String {
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some("torch-patch"), "in `{line}`");
    let output = command(world)
        .args(words)
        .stderr_to_stdout()
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    printed.replace(world.folder().to_str().unwrap(), PROJECT)
}
