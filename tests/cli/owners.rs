//! Who has asked for a patch, and how long it stays.

use torch_patch_testing::World;

use super::{patch_file, run, run_json, torch_world};

/// A world with a patch that two have asked for.
fn shared() -> World {
    let world = torch_world();
    let file = patch_file("mine", "", "append = \"mine = 1\\n\"");
    let _ = world.write_outside("mine.toml", &file);
    for owner in ["webui", "trainer"] {
        let words = ["apply", "mine.toml", "--owner", owner];
        assert_eq!(run_json(&world, &words).0, 0);
    }
    world
}

#[test]
fn a_patch_stays_until_the_last_owner_takes_it_back() {
    let world = shared();
    let revert = |owner| {
        let (code, json) = run_json(&world, &["revert", "mine", "--owner", owner]);
        assert_eq!(code, 0);
        let result = &json["results"][0];
        (result["outcome"].clone(), result["reason"].clone())
    };
    let (outcome, reason) = revert("webui");
    assert_eq!(outcome, "released");
    assert_eq!(reason, "it stays, since `trainer` has asked for it");
    assert!(world.read("torch/version.py").ends_with("mine = 1\n"));
    // Again, and by one who never has: nothing changes.
    assert_eq!(revert("webui").0, "released");
    assert_eq!(revert("nobody").0, "released");
    let (_, json) = run_json(&world, &["status", "mine"]);
    assert_eq!(json["results"][0]["owners"][0], "trainer");
    assert_eq!(revert("trainer").0, "reverted");
    assert!(!world.has_store());
    let (_, json) = run_json(&world, &["revert", "mine.toml", "--owner", "trainer"]);
    assert_eq!(json["results"][0]["outcome"], "not-applied");
}

#[test]
fn without_a_name_an_owner_takes_back_all_it_has_asked_for() {
    let world = shared();
    assert_eq!(run_json(&world, &["apply", "gloo-windows"]).0, 0);
    let (_, json) = run_json(&world, &["revert", "--owner", "webui", "--dry-run"]);
    assert_eq!(json["results"].as_array().unwrap().len(), 1);
    assert_eq!(json["results"][0]["outcome"], "would-release");
    assert_eq!(run_json(&world, &["revert", "--owner", "webui"]).0, 0);
    let (_, json) = run_json(&world, &["revert", "--owner", "trainer"]);
    assert_eq!(json["results"][0]["outcome"], "reverted");
    let (_, json) = run_json(&world, &["status", "gloo-windows"]);
    assert_eq!(json["results"][0]["owners"][0], "user");
}

#[test]
fn without_an_owner_a_patch_goes_whoever_has_asked_for_it() {
    let world = shared();
    let called = run(&world, &["revert", "mine"]);
    assert_eq!(called.code, 0);
    let note = "`webui`, `trainer` has asked for it too, and may apply it again";
    assert!(called.stderr.contains(note), "{}", called.stderr);
    assert!(!world.has_store());
}

#[test]
fn one_who_wants_it_no_more_need_not_care_that_somebody_has_changed_the_file() {
    let world = shared();
    world.write("torch/version.py", "mine\n");
    assert_eq!(run_json(&world, &["revert", "--owner", "webui"]).0, 0);
    assert_eq!(world.read("torch/version.py"), "mine\n");
    assert_eq!(run_json(&world, &["revert", "--owner", "trainer"]).0, 4);
    assert_eq!(world.read("torch/version.py"), "mine\n");
}

#[test]
fn names_of_runs_are_taken() {
    let world = torch_world();
    for owner in ["run:1", " "] {
        let words = ["apply", "gloo-windows", "--owner", owner];
        assert_eq!(run(&world, &words).code, 2);
        assert!(!world.has_store());
    }
}
