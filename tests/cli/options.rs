//! Options that every command has, and those that no other test uses.

use fs_err as fs;
use torch_patch_testing::World;

use super::{bare_command, call, patch_file, run, run_json, torch_world};

/// What `env` says about where it looked.
fn source(world: &World, variables: &[(&str, &str)], words: &[&str]) -> (String, String) {
    let mut command = bare_command(world).args(["env", "--json"]).args(words);
    for (name, value) in variables {
        command = command.env(name, value);
    }
    let called = call(command);
    let json = called.json();
    let environment = &json["environment"];
    let text = |key: &str| environment[key].as_str().unwrap_or_default().to_owned();
    (text("source"), text("site_packages"))
}

#[test]
fn the_environment_is_found_in_this_order() {
    let world = torch_world();
    let (venv, site) = (world.venv(), world.site_packages().to_owned());
    let (venv, site) = (venv.to_str().unwrap(), site.to_str().unwrap());
    let found = |source: &str| (source.to_owned(), site.to_owned());
    let active = [("VIRTUAL_ENV", venv)];
    assert_eq!(
        source(&world, &active, &["--site-packages", site]),
        found("--site-packages")
    );
    assert_eq!(source(&world, &active, &["--env", venv]), found("--env"));
    assert_eq!(source(&world, &active, &[]), found("VIRTUAL_ENV"));
    assert_eq!(
        source(
            &world,
            &[("VIRTUAL_ENV", venv), ("CONDA_PREFIX", "/no")],
            &[]
        ),
        found("VIRTUAL_ENV")
    );
    assert_eq!(
        source(&world, &[], &["--site-packages", "venv/nothing"]).0,
        ""
    );
    let scripts = if cfg!(windows) { "Scripts" } else { "bin" };
    let search = world.venv().join(scripts);
    assert_eq!(
        source(&world, &[("PATH", search.to_str().unwrap())], &[]),
        found("PATH")
    );
}

#[test]
fn a_dot_venv_here_or_above_is_found() {
    let world = torch_world();
    fs::rename(world.venv(), world.folder().join(".venv")).unwrap();
    assert_eq!(source(&world, &[], &[]).0, ".venv");
}

#[test]
fn options_stand_before_or_after_the_command() {
    let world = torch_world();
    let venv = world.venv();
    let venv = venv.to_str().unwrap();
    for words in [
        ["--env", venv, "--json", "status"],
        ["status", "--env", venv, "--json"],
    ] {
        let called = call(bare_command(&world).args(words));
        assert_eq!(called.json()["environment"]["source"], "--env");
    }
}

#[test]
fn more_patches_come_from_a_directory_or_a_file() {
    let world = torch_world();
    let edit = "append = \"mine = 1\\n\"";
    let file = world.write_outside("patches/mine.toml", &patch_file("mine", "", edit));
    let nested = patch_file(
        "nested",
        "requires = [\"mine\"]",
        "append = \"nested = 1\\n\"",
    );
    let _ = world.write_outside("patches/nested/patch.toml", &nested);
    for patches in [file.parent().unwrap(), &file] {
        let (code, _) = run_json(
            &world,
            &["show", "mine", "--patches", patches.to_str().unwrap()],
        );
        assert_eq!(code, 0);
    }
    let words = ["apply", "nested", "--patches", "patches"];
    let (_, json) = run_json(&world, &words);
    assert_eq!(json["results"][0]["patch"], "mine");
    assert_eq!(json["results"][1]["patch"], "nested");
    assert!(
        world
            .read("torch/version.py")
            .ends_with("mine = 1\nnested = 1\n")
    );
    // What is recorded does not need the files again.
    let (_, json) = run_json(&world, &["status", "nested", "mine"]);
    assert_eq!(json["results"][0]["state"], "applied");
    assert_eq!(run_json(&world, &["revert", "--all"]).0, 0);
    assert!(!world.has_store());
}

#[test]
fn a_file_is_applied_as_it_is() {
    let world = torch_world();
    let edit = "append = \"mine = 1\\n\"";
    let _ = world.write_outside("mine.toml", &patch_file("mine", "", edit));
    let (_, json) = run_json(&world, &["apply", "./mine.toml", "--owner", "webui"]);
    assert_eq!(json["results"][0]["outcome"], "applied");
    let (_, json) = run_json(&world, &["status", "mine.toml"]);
    assert_eq!(json["results"][0]["owners"][0], "webui");
}

#[test]
fn risk_strict_adopt_and_force_are_hooked_up() {
    let world = torch_world();
    let head = "risk = \"unsafe\"\nplatforms = []";
    let daring = patch_file("daring", head, "append = \"daring = 1\\n\"");
    let _ = world.write_outside("daring.toml", &daring);
    assert_eq!(run_json(&world, &["apply", "daring.toml"]).0, 2);
    assert_eq!(run_json(&world, &["diff", "daring.toml"]).0, 0);
    assert_eq!(
        run_json(&world, &["apply", "daring.toml", "--accept-risk"]).0,
        0
    );
    world.write("torch/version.py", "mine\n");
    let (_, json) = run_json(&world, &["revert", "--all", "--force"]);
    let kept = json["results"][0]["files"][0]["kept"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(fs::read_to_string(kept).unwrap(), "mine\n");
    let other = patch_file("other", "when = { numpy = \">=1\" }", "append = \"a = 1\"");
    let _ = world.write_outside("other.toml", &other);
    assert_eq!(run_json(&world, &["apply", "other.toml"]).0, 0);
    assert_eq!(run_json(&world, &["apply", "other.toml", "--strict"]).0, 3);
    let target = "torch/distributed/distributed_c10d.py";
    let line = "        prefix_store = PrefixStore(f\"{group_name}/\", store)\n";
    let by_hand = world
        .read(target)
        .replace(line, &format!("{line}        backend = Backend.GLOO\n"));
    world.write(target, &by_hand);
    let (_, json) = run_json(&world, &["apply", "gloo-windows", "--adopt"]);
    assert_eq!(json["results"][0]["outcome"], "adopted");
    assert_eq!(run(&world, &["status", "--exit-code"]).code, 0);
}
