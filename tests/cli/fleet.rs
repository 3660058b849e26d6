//! Commands in several environments: one report, whatever goes wrong in one of them.

use std::path::Path;

use fs_err as fs;
use serde_json::Value;
use torch_patch_testing::{Package, World};

use super::{bare_command, call, command};

const SITE: &str = if cfg!(windows) {
    "Lib/site-packages"
} else {
    "lib/python3.11/site-packages"
};

/// A world with the environments `names` below `fleet`, each with torch 2.5.1.
fn fleet(names: &[&str]) -> World {
    let world = World::new();
    for name in names {
        let prefix = world.folder().join("fleet").join(name);
        environment(&prefix);
        let torch = World::new();
        torch.install(&Package::torch("2.5.1"));
        fs::remove_dir_all(prefix.join(SITE)).unwrap();
        fs::rename(torch.site_packages(), prefix.join(SITE)).unwrap();
    }
    world
}

/// A virtual environment without a package.
fn environment(prefix: &Path) {
    fs::create_dir_all(prefix.join(SITE)).unwrap();
    fs::write(
        prefix.join("pyvenv.cfg"),
        "home = /usr/bin\nversion = 3.11.2\n",
    )
    .unwrap();
}

fn json(world: &World, words: &[&str]) -> (i32, Value) {
    let called = call(bare_command(world).args(words).arg("--json"));
    let json = called.json();
    assert_eq!(json["ok"], called.code == 0, "{words:?}: {json}");
    assert_eq!(called.stderr, "", "{words:?}");
    (called.code, json)
}

/// Of each environment its name and the outcome of its first patch, or the code of its error.
fn outcomes(json: &Value) -> Vec<String> {
    let members = json["environments"].as_array().unwrap().iter();
    members
        .map(|member| {
            let path = Path::new(member["path"].as_str().unwrap());
            let name = path.file_name().unwrap().to_str().unwrap();
            let outcome = member["results"][0]["outcome"].as_str();
            let outcome = outcome.or(member["error"]["code"].as_str());
            assert_eq!(member["ok"], member["error"].is_null());
            format!("{name} {}", outcome.unwrap_or("nothing"))
        })
        .collect()
}

#[test]
fn several_are_named_and_each_has_its_own_report() {
    let world = fleet(&["a", "b"]);
    let words = ["--env", "fleet/a", "--env", "fleet/b", "--env", "fleet/./a"];
    let apply = [&["apply", "gloo-always"][..], &words].concat();
    let (code, dry) = json(&world, &[&apply[..], &["--dry-run"]].concat());
    assert_eq!(
        (code, outcomes(&dry)),
        (0, vec!["a would-apply".into(), "b would-apply".into()])
    );
    let (code, done) = json(&world, &apply);
    assert_eq!(
        (code, outcomes(&done)),
        (0, vec!["a applied".into(), "b applied".into()])
    );
    assert_eq!(done["command"], "apply");
    assert_eq!(done["environment"], Value::Null);
    assert_eq!(done["results"], Value::Array(Vec::new()));
    assert_eq!(done["environments"][0]["environment"]["source"], "--env");
    let (_, again) = json(&world, &apply);
    assert_eq!(outcomes(&again), ["a already-applied", "b already-applied"]);
    let (code, reverted) = json(&world, &[&["revert", "--all"][..], &words].concat());
    assert_eq!(
        (code, outcomes(&reverted)),
        (0, vec!["a reverted".into(), "b reverted".into()])
    );
    for name in ["a", "b"] {
        let site = world.folder().join("fleet").join(name).join(SITE);
        assert!(!site.join(".torch-patch").exists());
    }
}

#[test]
fn one_that_fails_does_not_stop_the_others() {
    let world = fleet(&["a", "b", "c"]);
    let file = world
        .folder()
        .join("fleet/b")
        .join(SITE)
        .join("torch/distributed/distributed_c10d.py");
    fs::write(&file, "somebody else's\n").unwrap();
    environment(&world.folder().join("fleet/d"));
    let words = ["apply", "gloo-always", "--envs-under", "fleet"];
    let (code, json) = json(&world, &words);
    assert_eq!(code, 4);
    assert_eq!(
        outcomes(&json),
        ["a applied", "b drifted", "c applied", "d not-needed"]
    );
    assert_eq!(json["error"]["code"], "environments-failed");
    let b = json["environments"][1]["path"].clone();
    assert_eq!(json["error"]["details"]["failed"], Value::Array(vec![b]));
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        "somebody else's\n",
        "what failed is left alone"
    );
    let called = call(bare_command(&world).args(words));
    let lines: Vec<&str> = called.stdout.lines().collect();
    assert!(
        lines[0].ends_with("a (from --envs-under, Python 3.11)"),
        "{lines:?}"
    );
    assert_eq!(lines[1], "  gloo-always  already-applied  torch 2.5.1");
    assert!(lines[3].starts_with("  failed: "), "{lines:?}");
    assert!(
        called
            .stderr
            .contains("4 environments: 2 already-applied, 1 not-needed, 1 failed"),
        "{}",
        called.stderr
    );
    assert!(
        called
            .stderr
            .contains("error: 1 of 4 environments failed: "),
        "{}",
        called.stderr
    );
    let quiet = call(bare_command(&world).args(words).arg("--quiet"));
    assert_eq!(quiet.stdout, "");
    assert!(
        quiet.stderr.contains("changed by someone else"),
        "{quiet:?}"
    );
}

#[test]
fn an_environment_that_is_named_has_to_have_the_package() {
    let world = fleet(&["a"]);
    environment(&world.folder().join("fleet/empty"));
    let words = ["apply", "gloo-always", "--env", "fleet/a"];
    let (code, named) = json(&world, &[&words[..], &["--env", "fleet/empty"]].concat());
    assert_eq!(code, 5);
    assert_eq!(
        outcomes(&named),
        ["a applied", "empty distribution-not-found"]
    );
    let strict = ["apply", "gloo-always", "--envs-under", "fleet", "--strict"];
    assert_eq!(json(&world, &strict).0, 5);
    let (code, _) = json(
        &world,
        &[
            "status",
            "gloo-always",
            "--envs-under",
            "fleet",
            "--exit-code",
        ],
    );
    assert_eq!(code, 0);
}

#[test]
fn nothing_found_and_nothing_to_patch_are_errors() {
    let world = fleet(&[]);
    fs::create_dir_all(world.folder().join("fleet/no")).unwrap();
    let words = ["apply", "gloo-always", "--envs-under", "fleet"];
    let (code, found) = json(&world, &words);
    assert_eq!(
        (code, &found["error"]["code"]),
        (5, &"environment-not-found".into())
    );
    environment(&world.folder().join("fleet/empty"));
    let (code, found) = json(&world, &words);
    assert_eq!(
        (code, &found["error"]["code"]),
        (5, &"installed-nowhere".into())
    );
    assert_eq!(outcomes(&found), ["empty not-needed"]);
    let (code, found) = json(&world, &["apply", "gloo-always", "--envs-under", "gone"]);
    assert_eq!(
        (code, &found["error"]["code"]),
        (5, &"environment-not-found".into())
    );
}

#[test]
fn one_reason_for_all_is_told_once() {
    let world = fleet(&["a", "b"]);
    let (code, json) = json(&world, &["apply", "gloo-alwys", "--envs-under", "fleet"]);
    assert_eq!(code, 2);
    let message = json["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("2 of 2 environments failed: "),
        "{message}"
    );
    assert!(message.contains("gloo-alwys"), "{message}");
    assert!(!json["error"]["hints"].as_array().unwrap().is_empty());
}

#[test]
fn status_has_its_exit_code_if_one_is_not_as_wanted() {
    let world = fleet(&["a", "b"]);
    let status = [
        "status",
        "gloo-always",
        "--envs-under",
        "fleet",
        "--exit-code",
    ];
    let code = |words: &[&str]| call(bare_command(&world).args(words)).code;
    assert_eq!(code(&status), 10);
    assert_eq!(code(&["apply", "gloo-always", "--env", "fleet/a"]), 0);
    assert_eq!(code(&status), 10);
    let found = call(bare_command(&world).args(status).arg("--json")).json();
    let oks: Vec<bool> = [0, 1]
        .map(|index| found["environments"][index]["ok"] == true)
        .into();
    assert_eq!((oks, &found["error"]), (vec![true, false], &Value::Null));
    assert_eq!(code(&["apply", "gloo-always", "--env", "fleet/b"]), 0);
    assert_eq!(code(&status), 0);
}

#[test]
fn the_diff_and_the_environments_of_all() {
    let world = fleet(&["a", "b"]);
    let diff = call(bare_command(&world).args(["diff", "gloo-always", "--envs-under", "fleet"]));
    assert_eq!(diff.stdout.matches("--- a/torch/").count(), 2, "{diff:?}");
    assert!(diff.stdout.starts_with("--- a/torch/"), "{diff:?}");
    let env = call(bare_command(&world).args(["env", "--envs-under", "fleet"]));
    assert_eq!(env.stdout.matches("torch 2.5.1 in ").count(), 2, "{env:?}");
}

/// What the one who runs the command has set says nothing about the environments of others.
#[test]
fn python_path_does_not_count() {
    let world = fleet(&["a"]);
    let other = World::new();
    other.install(&Package::torch("2.4.0"));
    let run = |words: &[&str]| {
        let command = command(&world).env("PYTHONPATH", other.site_packages());
        call(command.args(words).arg("--json")).json()
    };
    let found = run(&["env", "--envs-under", "fleet"]);
    let torch = &found["environments"][0]["distributions"][0];
    assert_eq!(torch["version"], "2.5.1");
    let found = run(&["env", "--env", "fleet/a"]);
    assert_eq!(found["distributions"][0]["version"], "2.4.0");
}

#[test]
fn what_is_about_one_environment_says_so() {
    let world = fleet(&["a", "b"]);
    for (words, part) in [
        (
            &["list", "--envs-under", "fleet"][..],
            "`list` is about one environment",
        ),
        (
            &[
                "show",
                "gloo-always",
                "--env",
                "fleet/a",
                "--env",
                "fleet/b",
            ],
            "`show` is about one environment",
        ),
        (
            &["status", "--envs-under", "fleet", "--python", "python3"],
            "exclude each other",
        ),
        (
            &["--env", "fleet/a", "status", "--env=fleet/b"],
            "on one side of the command",
        ),
    ] {
        let called = call(bare_command(&world).args(words));
        assert_eq!(called.code, 2, "{words:?}: {called:?}");
        assert!(called.stderr.contains(part), "{words:?}: {called:?}");
    }
    let both = [
        "--env",
        "fleet/a",
        "--env",
        "fleet/b",
        "status",
        "gloo-always",
    ];
    assert_eq!(call(bare_command(&world).args(both)).code, 0);
}
