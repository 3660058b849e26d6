//! One case for each exit code of the contract.

use fs_err as fs;
use torch_patch_testing::{Package, World};

use super::{bare_command, call, patch_file, run, run_json, torch_world};

const TARGET: &str = "torch/distributed/distributed_c10d.py";

#[test]
fn exit_0_the_wanted_state_holds() {
    let world = torch_world();
    for (words, outcome) in [
        (&["status", "gloo-windows"][..], "not-applied"),
        (&["apply", "gloo-windows", "--dry-run"], "would-apply"),
        (&["apply", "gloo-windows"], "applied"),
        (&["apply", "gloo-windows"], "already-applied"),
        (&["status", "gloo-windows", "--exit-code"], "applied"),
        // Of all patches, the first is one that takes out a bad edit which is not there.
        (&["status", "--exit-code"], "not-needed"),
        (&["revert", "--dry-run"], "would-revert"),
        (&["revert"], "reverted"),
        (&["revert", "gloo-windows"], "not-applied"),
    ] {
        let (code, json) = run_json(&world, words);
        assert_eq!(code, 0, "{words:?}");
        assert_eq!(json["results"][0]["outcome"], outcome, "{words:?}");
        assert_eq!(json["command"], words[0]);
    }
}

#[test]
fn exit_2_usage() {
    let world = torch_world();
    for (words, code) in [
        (&["apply"][..], "usage"),
        (&["aply", "gloo-windows"], "usage"),
        (&["revert", "--all", "gloo-windows"], "usage"),
        (&["revert", "--all", "--force", "--merge"], "usage"),
        (&["status", "--quiet", "--verbose"], "usage"),
        (&["env", "--env", "a", "--python", "b"], "usage"),
        (&["apply", "gloo-linux"], "unknown-patch"),
    ] {
        let (exit, json) = run_json(&world, words);
        assert_eq!(
            (exit, json["error"]["code"].as_str()),
            (2, Some(code)),
            "{words:?}"
        );
        assert_eq!(run(&world, words).stdout, "", "{words:?}");
    }
}

#[test]
fn exit_3_does_not_apply() {
    let world = World::new();
    world.install(&Package::torch("3.0"));
    let (exit, json) = run_json(&world, &["apply", "gloo-windows"]);
    assert_eq!(
        (exit, json["error"]["code"].as_str()),
        (3, Some("not-covered"))
    );
}

#[test]
fn exit_4_drift() {
    let world = torch_world();
    run(&world, &["apply", "gloo-windows"]);
    let mine = world.read(TARGET) + "# mine\n";
    world.write(TARGET, &mine);
    let (exit, json) = run_json(&world, &["revert", "gloo-windows"]);
    assert_eq!((exit, json["error"]["code"].as_str()), (4, Some("drifted")));
    let shown = run(&world, &["revert", "gloo-windows"]);
    assert!(shown.stderr.contains("\n+# mine\n"), "{}", shown.stderr);
    assert_eq!(run(&world, &["revert", "gloo-windows", "--merge"]).code, 0);
    assert!(world.read(TARGET).ends_with("# mine\n"));
}

#[test]
fn exit_5_environment_or_distribution_not_found() {
    let world = World::new();
    let (exit, json) = run_json(&world, &["apply", "gloo-windows"]);
    assert_eq!(
        (exit, json["error"]["code"].as_str()),
        (5, Some("distribution-not-found"))
    );
    let nowhere = call(bare_command(&world).args(["status", "--env", "nowhere", "--json"]));
    assert_eq!(
        (nowhere.code, &nowhere.json()["environment"]),
        (5, &serde_json::Value::Null)
    );
}

#[test]
fn exit_6_bad_patch_file() {
    let world = torch_world();
    let path = world.write_outside("bad.toml", "format = 1\nid = \"bad\"\ntitel = \"x\"\n");
    let words = ["apply", path.to_str().unwrap()];
    let (exit, json) = run_json(&world, &words);
    assert_eq!(exit, 6);
    assert_eq!(json["error"]["details"]["line"], 3, "{json}");
    assert_eq!(run_json(&world, &["apply", "missing.toml"]).0, 6);
    assert_eq!(run_json(&world, &["status", "--patches", "missing"]).0, 6);
}

/// On Unix only: a link needs a privilege on Windows, and Wine makes none.
#[cfg(unix)]
#[test]
fn exit_6_a_link_out_of_the_environment() {
    let world = torch_world();
    let outside = world.write_outside("outside.py", "secret = 1\n");
    fs::remove_file(world.target()).unwrap();
    std::os::unix::fs::symlink(&outside, world.target()).unwrap();
    let (exit, json) = run_json(&world, &["apply", "gloo-windows"]);
    assert_eq!(
        (exit, json["error"]["code"].as_str()),
        (6, Some("leaves-environment"))
    );
    assert_eq!(fs::read_to_string(outside).unwrap(), "secret = 1\n");
    assert!(!world.has_store());
}

#[test]
fn exit_7_busy_names_the_holder() {
    let world = torch_world();
    let directory = world.at(".torch-patch");
    fs::create_dir(&directory).unwrap();
    let lock = fs::File::create(directory.join("lock")).unwrap();
    lock.lock().unwrap();
    let path = world.write_outside("a.toml", &patch_file("a", "", "append = \"a = 1\""));
    let (exit, json) = run_json(&world, &["apply", path.to_str().unwrap()]);
    assert_eq!((exit, json["error"]["code"].as_str()), (7, Some("busy")));
    assert_eq!(run(&world, &["status"]).code, 0, "a reader does not wait");
}

/// Root may write anywhere, so a test that runs as root has the command run as somebody else.
/// On Unix only, where that is possible.
#[cfg(unix)]
#[test]
fn exit_8_permission_denied() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::os::unix::process::CommandExt as _;

    const NOBODY: u32 = 65534;
    let world = torch_world();
    let binary = world.folder().join("torch-patch");
    fs::copy(env!("CARGO_BIN_EXE_torch-patch"), &binary).unwrap();
    let mut command = std::process::Command::new(&binary);
    if fs::metadata(world.folder()).unwrap().uid() == 0 {
        let everybody = std::fs::Permissions::from_mode(0o755);
        fs::set_permissions(world.folder(), everybody).unwrap();
        command.uid(NOBODY).gid(NOBODY);
    } else {
        let read_only = std::fs::Permissions::from_mode(0o444);
        fs::set_permissions(world.target(), read_only).unwrap();
    }
    command.args(["apply", "gloo-windows", "--json", "--env"]);
    command.arg(world.venv()).current_dir(world.folder());
    let output = command.output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["error"]["code"], "permission-denied");
    assert_eq!(output.status.code(), Some(8));
    assert!(!world.has_store());
}

#[test]
fn exit_10_not_in_the_wanted_state() {
    let world = torch_world();
    let called = run(&world, &["status", "gloo-windows", "--exit-code", "--json"]);
    let json = called.json();
    assert_eq!((called.code, &json["ok"]), (10, &false.into()));
    assert!(json["error"].is_null());
    assert_eq!(run(&world, &["status", "gloo-windows"]).code, 0);
}
