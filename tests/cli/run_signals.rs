//! Commands that `run` waits for: several at once, killed ones, and signals. They are those of Unix.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use torch_patch_testing::World;

use super::run::is_patched;
use super::{run, run_json, torch_world};

/// A run whose command waits for the end of its input.
fn waiting(world: &World) -> Child {
    waiting_with(world, "--default-signal=HUP,INT,TERM")
}

/// The same, with signals that are ignored or not: a test may be run where some are, as in the background of a shell.
/// `env` of GNU sets them; elsewhere they are as they are.
fn waiting_with(world: &World, signals: &str) -> Child {
    let binary = env!("CARGO_BIN_EXE_torch-patch");
    let mut command = if cfg!(target_os = "linux") {
        let mut command = Command::new("/usr/bin/env");
        command.args([signals, binary]);
        command
    } else {
        Command::new(binary)
    };
    let child = command
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

/// Sends a signal to a run, and returns its exit code.
fn signalled(child: &mut Child, signals: &[&str]) -> Option<i32> {
    // Waiting would close it, which ends the command as well.
    let _stdin = child.stdin.take();
    for signal in signals {
        let sent = Command::new("/bin/kill")
            .args([format!("-{signal}"), child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }
    child.wait().unwrap().code()
}

fn wait_until(holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(10));
    }
}

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

#[test]
fn a_signal_reaches_the_command() {
    let world = torch_world();
    for (signal, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let mut child = waiting(&world);
        assert_eq!(signalled(&mut child, &[signal]), Some(code));
        assert!(!is_patched(&world));
        assert!(!world.has_store());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_is_ignored_stays_ignored_as_nohup_wants_it() {
    let world = torch_world();
    let mut child = waiting_with(&world, "--ignore-signal=HUP");
    assert_eq!(signalled(&mut child, &["HUP", "TERM"]), Some(143));
    assert!(!is_patched(&world));
}
