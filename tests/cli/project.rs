//! Project files: where they are looked for, and how they are changed.

use fs_err as fs;
use torch_patch_testing::World;

use super::{command, patch_file, run, run_json, torch_world};

const TABLE: &str = "[project]\nname = \"webui\" # ours\n\n[tool.torch-patch]\npatches = [\n    \"gloo-windows\", # no NCCL here\n]\n";

fn read(world: &World, name: &str) -> String {
    fs::read_to_string(world.folder().join(name)).unwrap()
}

#[test]
fn a_list_keeps_its_comments_and_its_layout() {
    let world = torch_world();
    let _ = world.write_outside("pyproject.toml", TABLE);
    let file = patch_file("mine", "", "append = \"mine = 1\\n\"");
    let _ = world.write_outside("patches/mine.toml", &file);
    assert_eq!(run(&world, &["add", "patches/mine.toml"]).code, 0);
    let added = TABLE.replace("here\n", "here\n    \"./patches/mine.toml\",\n");
    assert_eq!(read(&world, "pyproject.toml"), added);
    // The same file by another way, and again.
    let again = run_json(&world, &["add", "./patches/../patches/mine.toml"]);
    assert_eq!(again.0, 0);
    let patches = &again.1["project"]["patches"];
    assert_eq!(patches[1], "./patches/mine.toml");
    assert_eq!(read(&world, "pyproject.toml"), added);
    assert_eq!(run(&world, &["remove", "./patches/mine.toml"]).code, 0);
    assert_eq!(read(&world, "pyproject.toml"), TABLE);
    let called = run(&world, &["remove", "gloo-always"]);
    assert_eq!(called.code, 0);
    assert!(
        called.stdout.contains("`gloo-always` is not in"),
        "{called:?}"
    );
    assert_eq!(read(&world, "pyproject.toml"), TABLE);
    assert_eq!(run(&world, &["remove", "gloo-windows"]).code, 0);
    assert!(read(&world, "pyproject.toml").ends_with("patches = [\n]\n"));
}

#[test]
fn a_project_file_is_made_where_there_is_none() {
    let world = torch_world();
    assert_eq!(run(&world, &["add", "gloo-windows"]).code, 0);
    assert_eq!(
        read(&world, "torch-patch.toml"),
        "patches = [\"gloo-windows\"]\n"
    );
    let world = torch_world();
    let _ = world.write_outside("pyproject.toml", "[project]\r\nname = 'x'\r\n");
    assert_eq!(run(&world, &["add", "gloo-windows"]).code, 0);
    assert_eq!(
        read(&world, "pyproject.toml"),
        "[project]\r\nname = 'x'\r\n\r\n[tool.torch-patch]\r\npatches = [\"gloo-windows\"]\r\n"
    );
}

#[test]
fn what_is_no_patch_is_not_put_on_the_list() {
    let world = torch_world();
    let _ = world.write_outside("torch-patch.toml", "patches = []\n");
    let _ = world.write_outside("broken.toml", "id = 1\n");
    for (word, code) in [
        ("gloo-widnows", "unknown-patch"),
        ("nothing.toml", "patch-file-unreadable"),
        ("broken.toml", "bad-patch-file"),
    ] {
        let (_, json) = run_json(&world, &["add", "gloo-windows", word]);
        assert_eq!(json["error"]["code"], code);
        assert_eq!(read(&world, "torch-patch.toml"), "patches = []\n");
    }
    let (_, json) = run_json(&world, &["remove", "gloo-widnows"]);
    assert_eq!(json["error"]["code"], "unknown-patch");
}

#[test]
fn the_nearest_project_file_counts() {
    let world = torch_world();
    let _ = world.write_outside("pyproject.toml", TABLE);
    let _ = world.write_outside("app/pyproject.toml", "[project]\nname = 'app'\n");
    let _ = world.write_outside("app/src/x.py", "");
    let below = world.folder().join("app/src");
    let words = ["sync", "--dry-run", "--json"];
    let called = super::call(command(&world).current_dir(&below).args(words));
    let found = called.json()["project"]["file"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        fs::canonicalize(found).unwrap(),
        fs::canonicalize(world.folder().join("pyproject.toml")).unwrap()
    );
    let words = ["add", "gloo-always", "--project", "app"];
    assert_eq!(run(&world, &words).code, 0);
    assert!(read(&world, "app/pyproject.toml").contains("gloo-always"));
}

#[test]
fn what_is_wrong_with_a_project_file_is_shown() {
    let world = torch_world();
    for (text, message, place) in [
        (
            "patch = []\n",
            "unknown field `patch`, expected `patches` or `accept-risk`",
            "1 | patch = []",
        ),
        (
            "patches = [1]\n",
            "invalid type: integer `1`, expected a string",
            "1 | patches = [1]",
        ),
        (
            "\npatches = ['a', 'a']\n",
            "`a` is named twice",
            "2 | patches = ['a', 'a']",
        ),
        ("patches = ['']\n", "found nothing", "1 | patches = ['']"),
        ("patches = [\n", "", "1 | patches = ["),
    ] {
        let _ = world.write_outside("torch-patch.toml", text);
        let called = run(&world, &["sync"]);
        assert_eq!(called.code, 6, "{called:?}");
        assert!(called.stderr.contains(message), "{called:?}");
        assert!(called.stderr.contains(place), "{called:?}");
        assert!(
            called.stderr.contains("its keys are `patches`"),
            "{called:?}"
        );
    }
    let _ = world.write_outside("torch-patch.toml", "patches = []\n");
    let _ = world.write_outside("pyproject.toml", TABLE);
    let (code, json) = run_json(&world, &["sync"]);
    assert_eq!((code, &json["error"]["code"]), (2, &"two-projects".into()));
    let world = torch_world();
    let (code, json) = run_json(&world, &["sync"]);
    assert_eq!(
        (code, &json["error"]["code"]),
        (2, &"project-not-found".into())
    );
}

/// Where a directory may not be searched, nobody can say that there is no project file in it.
#[cfg(unix)]
#[test]
fn a_project_file_that_cannot_be_looked_at_is_not_absent() {
    let world = torch_world();
    // A link to itself: looking at it fails, for root as well.
    let link = world.folder().join("torch-patch.toml");
    fs_err::os::unix::fs::symlink(&link, &link).unwrap();
    let (code, json) = run_json(&world, &["sync"]);
    let found = (code, json["error"]["code"].as_str().unwrap());
    assert_eq!(found, (6, "project-file-unreadable"));
}
