//! An environment is brought to what a project file says.

use fs_err as fs;
use serde_json::Value;
use torch_patch_testing::{Package, World};

use super::{patch_file, run, run_json, torch_world};

fn project(world: &World, patches: &str) {
    let text = format!("patches = {patches}\n");
    let _ = world.write_outside("torch-patch.toml", &text);
}

fn sync(world: &World, words: &[&str]) -> Value {
    let (code, json) = run_json(world, &[&["sync"], words].concat());
    assert_eq!(code, 0, "{json}");
    json
}

fn outcomes(json: &Value) -> Vec<(String, String)> {
    let results = json["results"].as_array().unwrap().iter();
    let word = |result: &Value, key: &str| result[key].as_str().unwrap().to_owned();
    results
        .map(|result| (word(result, "patch"), word(result, "outcome")))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let expected = expected.iter();
    expected
        .map(|(patch, outcome)| ((*patch).to_owned(), (*outcome).to_owned()))
        .collect()
}

fn lock(world: &World) -> String {
    fs::read_to_string(world.folder().join("torch-patch.lock")).unwrap()
}

#[test]
fn a_second_sync_changes_nothing() {
    let world = torch_world();
    project(&world, "['gloo-windows']");
    let json = sync(&world, &[]);
    assert_eq!(outcomes(&json), pairs(&[("gloo-windows", "applied")]));
    assert_eq!(json["project"]["lock"]["state"], "written");
    let (text, modified) = (lock(&world), fs::metadata(world.target()).unwrap());
    let json = sync(&world, &[]);
    assert_eq!(
        outcomes(&json),
        pairs(&[("gloo-windows", "already-applied")])
    );
    assert_eq!(json["project"]["lock"]["state"], "current");
    assert_eq!(lock(&world), text);
    let after = fs::metadata(world.target()).unwrap();
    assert_eq!(after.modified().unwrap(), modified.modified().unwrap());
    assert!(
        text.contains("id = \"gloo-windows\"\ndigest = \"sha256:"),
        "{text}"
    );
    assert!(text.contains("version = \"2.5.1\""), "{text}");
    assert_eq!(run_json(&world, &["sync", "--check"]).0, 0);
}

#[test]
fn what_was_dropped_goes_if_this_project_has_put_it_there() {
    let world = torch_world();
    let original = world.read("torch/version.py");
    for (id, text) in [
        ("one", "one = 1"),
        ("two", "two = 2"),
        ("three", "three = 3"),
    ] {
        let file = patch_file(id, "", &format!("append = \"{text}\\n\""));
        let _ = world.write_outside(&format!("p/{id}.toml"), &file);
    }
    let words = ["apply", "p/two.toml", "p/three.toml", "--owner", "other"];
    assert_eq!(run_json(&world, &words).0, 0);
    project(&world, "['./p/one.toml', './p/two.toml']");
    sync(&world, &[]);
    assert_eq!(
        world.read("torch/version.py"),
        format!("{original}two = 2\nthree = 3\none = 1\n")
    );
    project(&world, "[]");
    let dry = sync(&world, &["--dry-run"]);
    assert_eq!(dry["ok"], true);
    assert_eq!(
        outcomes(&dry),
        pairs(&[("one", "would-revert"), ("two", "would-release")])
    );
    assert_eq!(run_json(&world, &["sync", "--check"]).0, 10);
    // The file of a patch that is dropped need not be there any more.
    fs::remove_file(world.folder().join("p/one.toml")).unwrap();
    let json = sync(&world, &[]);
    assert_eq!(
        outcomes(&json),
        pairs(&[("one", "reverted"), ("two", "released")])
    );
    assert_eq!(
        world.read("torch/version.py"),
        format!("{original}two = 2\nthree = 3\n")
    );
    assert_eq!(outcomes(&sync(&world, &[])), []);
    assert_eq!(run_json(&world, &["revert", "--owner", "other"]).0, 0);
    assert_eq!(world.read("torch/version.py"), original);
    assert!(!world.has_store());
}

#[test]
fn one_patch_takes_the_place_of_another_that_it_excludes() {
    let world = torch_world();
    project(&world, "['gloo-windows']");
    sync(&world, &[]);
    project(&world, "['gloo-always']");
    let json = sync(&world, &[]);
    let expected = pairs(&[("gloo-always", "applied"), ("gloo-windows", "reverted")]);
    assert_eq!(outcomes(&json), expected);
    // But not if somebody else wants that one.
    assert_eq!(
        run_json(&world, &["apply", "gloo-always", "--owner", "other"]).0,
        0
    );
    project(&world, "['gloo-windows']");
    let (code, json) = run_json(&world, &["sync"]);
    assert_eq!((code, &json["error"]["code"]), (3, &"excluded".into()));
}

#[test]
fn an_upgrade_gets_its_patches_again() {
    let world = torch_world();
    project(&world, "['gloo-windows']");
    sync(&world, &[]);
    world.install(&Package::torch("2.6.0"));
    fs::remove_dir_all(world.at("torch-2.5.1.dist-info")).unwrap();
    assert_eq!(run_json(&world, &["sync", "--check"]).0, 10);
    assert_eq!(
        outcomes(&sync(&world, &[])),
        pairs(&[("gloo-windows", "applied")])
    );
    assert!(lock(&world).contains("version = \"2.6.0\""));
    assert!(!lock(&world).contains("2.5.1"));
}

#[test]
fn nothing_happens_if_one_of_the_patches_does_not_fit() {
    let world = torch_world();
    let original = fs::read(world.target()).unwrap();
    let bad = patch_file("bad", "", "delete = \"not there\"");
    let _ = world.write_outside("bad.toml", &bad);
    project(&world, "['gloo-windows', './bad.toml']");
    let (code, json) = run_json(&world, &["sync"]);
    assert_eq!(
        (code, &json["error"]["code"]),
        (3, &"anchor-not-found".into())
    );
    assert_eq!(fs::read(world.target()).unwrap(), original);
    assert!(!world.has_store());
    assert!(!world.folder().join("torch-patch.lock").exists());
}

#[test]
fn a_file_that_somebody_has_changed_is_left_alone() {
    let world = torch_world();
    project(&world, "['gloo-windows']");
    sync(&world, &[]);
    project(&world, "[]");
    fs::write(world.target(), "mine\n").unwrap();
    assert_eq!(run_json(&world, &["sync"]).0, 4);
    assert_eq!(fs::read_to_string(world.target()).unwrap(), "mine\n");
}

#[test]
fn locked_takes_only_the_patch_files_that_were_reviewed() {
    let world = torch_world();
    let mine = |text: &str| {
        let file = patch_file("mine", "", &format!("append = \"{text}\\n\""));
        let _ = world.write_outside("mine.toml", &file);
    };
    mine("a = 1");
    project(&world, "['./mine.toml']");
    let (code, json) = run_json(&world, &["sync", "--locked"]);
    assert_eq!(
        (code, &json["error"]["code"]),
        (10, &"lock-outdated".into())
    );
    assert!(!world.has_store());
    sync(&world, &[]);
    let text = lock(&world);
    assert!(text.contains("file = \"mine.toml\""), "{text}");
    mine("a = 2");
    let called = run(&world, &["sync", "--locked"]);
    assert_eq!(called.code, 10);
    let cause = "the patch file of `mine` is another one than was locked";
    assert!(called.stderr.contains(cause), "{called:?}");
    assert!(world.read("torch/version.py").ends_with("a = 1\n"));
    let called = run(&world, &["sync", "--check"]);
    assert_eq!(called.code, 10);
    assert!(called.stderr.contains(cause), "{called:?}");
    sync(&world, &[]);
    assert!(world.read("torch/version.py").ends_with("a = 2\n"));
    assert_ne!(lock(&world), text);
    // The lock is left as it is, also by what does not change the patches.
    let words = ["sync", "--locked"];
    assert_eq!(run_json(&world, &words).0, 0);
    // git may check it out with other line endings.
    let crlf = lock(&world).replace('\n', "\r\n");
    let _ = world.write_outside("torch-patch.lock", &crlf);
    let json = sync(&world, &[]);
    assert_eq!(json["project"]["lock"]["state"], "current");
    assert_eq!(lock(&world), crlf);
}

#[test]
fn a_lock_keeps_what_other_platforms_have() {
    let world = torch_world();
    project(&world, "['gloo-windows']");
    sync(&world, &[]);
    let own = lock(&world);
    let name = if cfg!(windows) { "win" } else { "linux" };
    let other = own.replace(&format!("platform = \"{name}\""), "platform = \"macos\"");
    let _ = world.write_outside("torch-patch.lock", &other);
    // What it does not say of this platform is nothing wrong.
    assert_eq!(run_json(&world, &["sync", "--check"]).0, 0);
    sync(&world, &[]);
    let both = lock(&world);
    assert!(both.contains("platform = \"macos\""), "{both}");
    assert!(both.contains(&format!("platform = \"{name}\"")), "{both}");
    let _ = world.write_outside("torch-patch.lock", "format = 9\n");
    let called = run(&world, &["sync"]);
    assert_eq!(called.code, 6);
    assert!(
        called.stderr.contains("expected `format = 1`, found 9"),
        "{called:?}"
    );
}

#[test]
fn unsafe_patches_are_accepted_by_name() {
    let world = torch_world();
    let daring = patch_file("daring", "risk = \"unsafe\"", "append = \"d = 1\\n\"");
    let _ = world.write_outside("daring.toml", &daring);
    project(&world, "['./daring.toml']");
    let called = run(&world, &["sync"]);
    assert_eq!(called.code, 2);
    assert!(
        called.stderr.contains("write `accept-risk = [\"daring\"]`"),
        "{called:?}"
    );
    assert!(!world.has_store());
    project(&world, "['./daring.toml']\naccept-risk = ['daring']");
    assert_eq!(
        outcomes(&sync(&world, &[])),
        pairs(&[("daring", "applied")])
    );
}

#[test]
fn edits_by_hand_hold_and_can_be_taken_over() {
    let world = torch_world();
    let original = fs::read_to_string(world.target()).unwrap();
    project(&world, "['gloo-windows']");
    sync(&world, &[]);
    let patched = fs::read_to_string(world.target()).unwrap();
    project(&world, "[]");
    sync(&world, &[]);
    fs::write(world.target(), &patched).unwrap();
    project(&world, "['gloo-windows']");
    let json = sync(&world, &[]);
    assert_eq!(
        outcomes(&json),
        pairs(&[("gloo-windows", "applied-by-hand")])
    );
    let json = sync(&world, &["--adopt"]);
    assert_eq!(outcomes(&json), pairs(&[("gloo-windows", "adopted")]));
    project(&world, "[]");
    sync(&world, &[]);
    assert_eq!(fs::read_to_string(world.target()).unwrap(), original);
}
