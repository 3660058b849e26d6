//! Patches for as long as a command runs.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fs_err as fs;
use torch_patch_testing::World;

use super::{run, run_json, torch_world};

const MARK: &str = "# torch-patch: gloo-windows";

fn is_patched(world: &World) -> bool {
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

/// A run whose command waits for the end of its input.
#[cfg(unix)]
fn waiting(world: &World) -> Child {
    let child = Command::new(env!("CARGO_BIN_EXE_torch-patch"))
        .env_clear()
        .env("VIRTUAL_ENV", world.venv())
        .args(["run", "--with", "gloo-windows", "--", "/bin/cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until(|| world.at(".torch-patch/ledger.json").exists());
    child
}

#[cfg(unix)]
fn wait_until(holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(unix)]
#[test]
fn two_runs_share_a_patch_until_the_second_ends() {
    let world = torch_world();
    let (mut one, mut other) = (waiting(&world), waiting(&world));
    let owners = || {
        let (_, json) = run_json(&world, &["status", "gloo-windows"]);
        let owners = json["results"][0]["owners"].as_array().map(Vec::len);
        owners.unwrap_or_default()
    };
    wait_until(|| owners() == 2);
    drop(one.stdin.take());
    assert!(one.wait().unwrap().success());
    assert!(is_patched(&world));
    assert_eq!(owners(), 1);
    drop(other.stdin.take());
    assert!(other.wait().unwrap().success());
    assert!(!is_patched(&world));
    assert!(!world.has_store());
}

#[cfg(unix)]
#[test]
fn what_a_killed_run_leaves_goes_with_the_next_change() {
    let world = torch_world();
    let mut killed = waiting(&world);
    killed.kill().unwrap();
    killed.wait().unwrap();
    drop(killed.stdin.take());
    assert!(is_patched(&world));
    let called = run(&world, &["status"]);
    assert!(
        called.stdout.contains("`torch-patch run` that was killed"),
        "{called:?}"
    );
    // A patch that excludes the one that is left, so that both cannot stand.
    assert_eq!(
        run_json(&world, &["apply", "gloo-always", "--dry-run"]).0,
        0
    );
    let called = run(&world, &["apply", "gloo-always"]);
    assert_eq!(called.code, 0, "{called:?}");
    assert!(
        called.stderr.contains("has been taken out: gloo-windows"),
        "{called:?}"
    );
    assert!(!is_patched(&world));
    assert_eq!(run_json(&world, &["revert", "--all"]).0, 0);
    assert!(!world.has_store());
}

#[cfg(unix)]
#[test]
fn a_signal_reaches_the_command() {
    use std::os::unix::process::ExitStatusExt as _;
    let world = torch_world();
    for (signal, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let mut child = waiting(&world);
        let sent = Command::new("/bin/kill")
            .args([format!("-{signal}"), child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        let status = child.wait().unwrap();
        assert_eq!((status.code(), status.signal()), (Some(code), None));
        assert!(!is_patched(&world));
        assert!(!world.has_store());
    }
}
