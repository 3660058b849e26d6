//! `doctor`: what it prints, how it exits, and what of the process reaches it.

use fs_err as fs;
use torch_patch_testing::World;

use super::{call, command, patch_file, run, run_json, torch_world};

/// The levels of all findings about a topic.
fn levels(json: &serde_json::Value, topic: &str) -> Vec<String> {
    let findings = json["diagnosis"]["findings"].as_array().unwrap();
    let own = findings.iter().filter(|own| own["topic"] == topic);
    own.map(|own| own["level"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn it_exits_with_10_until_nothing_needs_attention() {
    let world = torch_world();
    let called = run(&world, &["doctor"]);
    assert_eq!(called.code, 10, "{called:?}");
    for line in [
        "attention  nccl        NCCL is missing in this torch",
        "                       run `torch-patch apply gloo-windows`",
        "1 finding needs attention",
    ] {
        assert!(
            called.stdout.lines().any(|own| own == line),
            "{line}\n{}",
            called.stdout
        );
    }
    let (code, json) = run_json(&world, &["doctor"]);
    assert_eq!(
        (code, &json["ok"], &json["error"]),
        (10, &false.into(), &serde_json::Value::Null)
    );
    assert_eq!(levels(&json, "nccl"), ["attention"]);

    assert_eq!(run(&world, &["apply", "gloo-windows"]).code, 0);
    let called = run(&world, &["doctor"]);
    assert_eq!(
        (called.code, called.stdout.lines().last()),
        (0, Some("nothing needs attention"))
    );
    let (code, json) = run_json(&world, &["doctor"]);
    assert_eq!((code, &json["ok"]), (0, &true.into()));
    assert_eq!(levels(&json, "nccl"), ["ok"]);
    assert_eq!(run(&world, &["doctor", "--quiet"]).stdout, "");
}

#[test]
fn the_commands_name_what_was_named() {
    let world = torch_world();
    let folder = world.folder().join("my patches");
    fs::create_dir_all(&folder).unwrap();
    let mine = patch_file(
        "mine",
        "occurs = \"sometimes\"",
        "delete = '__version__ = ...'",
    );
    fs::write(folder.join("mine.toml"), mine).unwrap();
    let venv = world.venv().display().to_string();
    let (_, json) = run_json(
        &world,
        &["doctor", "--env", &venv, "--patches", "my patches"],
    );
    let findings = json["diagnosis"]["findings"].as_array().unwrap();
    let nccl = findings.iter().find(|own| own["topic"] == "nccl").unwrap();
    let expected = format!("torch-patch apply gloo-windows --env {venv} --patches \"my patches\"");
    assert_eq!(nccl["command"], expected);
    let (_, json) = run_json(&world, &["doctor"]);
    let findings = json["diagnosis"]["findings"].as_array().unwrap();
    let nccl = findings.iter().find(|own| own["topic"] == "nccl").unwrap();
    assert_eq!(nccl["command"], "torch-patch apply gloo-windows");
}

#[test]
fn the_variables_of_cuda_reach_it() {
    let world = torch_world();
    world.write(
        "torch/version.py",
        "__version__ = '2.5.1+cu124'\ncuda = '12.4'\n",
    );
    let doctor = |variable: &str| {
        let gone = world.folder().join("gone");
        let command = command(&world)
            .args(["doctor", "--json"])
            .env(variable, gone);
        let json = call(command).json();
        let findings = json["diagnosis"]["findings"].as_array().unwrap().clone();
        let found = findings
            .into_iter()
            .find(|own| own["topic"] == "cuda")
            .unwrap();
        (
            found["level"].clone(),
            found["message"].as_str().unwrap().to_owned(),
        )
    };
    for variable in ["CUDA_HOME", "CUDA_PATH"] {
        let (level, message) = doctor(variable);
        assert_eq!(level, "attention");
        assert!(
            message.starts_with(&format!("`{variable}` is `")),
            "{message}"
        );
    }
}

#[test]
fn without_an_environment_or_a_torch_that_is_said() {
    let world = World::new();
    let (code, json) = run_json(&world, &["doctor"]);
    assert_eq!(
        (code, levels(&json, "torch")),
        (10, vec!["attention".to_owned()])
    );
    let (code, json) = run_json(&world, &["doctor", "--env", "nowhere"]);
    assert_eq!((code, json["error"]["exit"].as_u64()), (5, Some(5)));
}

#[test]
fn a_limit_is_for_what_is_run() {
    let world = torch_world();
    for words in [
        &["doctor", "--timeout", "5"][..],
        &["doctor", "--run", "--timeout", "0"],
        &["doctor", "--run", "--timeout", "soon"],
        &["doctor", "torch"],
    ] {
        assert_eq!(run(&world, words).code, 2, "{words:?}");
    }
}
