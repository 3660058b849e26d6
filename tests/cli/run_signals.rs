//! Commands that `run` waits for: several at once, killed ones, and signals. They are those of Unix.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use torch_patch_testing::World;

use super::run::is_patched;
use super::{run, run_json, torch_world};

/// A run whose command waits for the end of its input.
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
    use std::os::unix::process::ExitStatusExt as _;
    let world = torch_world();
    for (signal, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let mut child = waiting(&world);
        // Waiting would close it, which ends the command as well.
        let _stdin = child.stdin.take();
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
