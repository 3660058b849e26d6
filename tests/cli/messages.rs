//! Whole messages, word for word.

use insta::assert_snapshot;
use torch_patch_testing::{Package, World};

use super::{patch_file, run, torch_world};

/// What a command prints on stderr, with the environment's path as `VENV`.
fn told(world: &World, words: &[&str]) -> String {
    let called = run(world, words);
    let site = world.site_packages().display().to_string();
    let folder = world.folder().display().to_string();
    let text = called
        .stderr
        .replace(&site, "SITE")
        .replace(&folder, "FOLDER");
    let text = text.replace('\\', "/");
    format!("{text}exit {}", called.code)
}

#[test]
fn an_anchor_that_is_nowhere() {
    let world = torch_world();
    let edit = "after = \"__versions__ = '...'\"\ninsert = \"x = 1\"";
    let _ = world.write_outside("wrong.toml", &patch_file("wrong", "", edit));
    assert_snapshot!(told(&world, &["apply", "wrong.toml"]), @"
    in SITE (from VIRTUAL_ENV, Python 3.11)
    error: patch `wrong` does not apply to torch 2.5.1
      caused by: `torch/version.py`: anchor `__versions__ = '...'` not found
    hint: near miss at line 1: `__version__ = '2.5.1'` (expected `__versions__ '...'`, found `__version__ '2.5.1'`)
    exit 3
    ");
}

#[test]
fn a_version_that_is_not_covered() {
    let world = World::new();
    world.install(&Package::torch("3.1"));
    assert_snapshot!(told(&world, &["apply", "gloo-windows"]), @"
    in SITE (from VIRTUAL_ENV, Python 3.11)
    error: patch `gloo-windows` does not apply to torch 3.1
      caused by: the patch covers `>=1.1,<1.8`, `>=1.8,<2.0`, `>=2.0,<2.1`, `>=2.1,<2.3` and `>=2.3,<3`
    hint: the edits for `>=2.0,<2.1`, `>=2.1,<2.3` and `>=2.3,<3` would still fit; copy the patch file that `torch-patch show gloo-windows` prints, widen the range, and apply the copy
    exit 3
    ");
}

#[test]
fn a_patch_nobody_knows() {
    assert_snapshot!(told(&torch_world(), &["apply", "gloo"]), @"
    in SITE (from VIRTUAL_ENV, Python 3.11)
    error: there is no patch `gloo`
    hint: `torch-patch list` tells which there are
    exit 2
    ");
}

#[test]
fn a_distribution_that_is_not_installed() {
    assert_snapshot!(told(&World::new(), &["apply", "gloo-windows"]), @"
    in SITE (from VIRTUAL_ENV, Python 3.11)
    error: `torch` is not installed in the environment from `VIRTUAL_ENV`, looked in `SITE`
    hint: if it is in another environment, name that with `--env` or `--python`
    exit 5
    ");
}

#[test]
fn a_file_that_somebody_changed() {
    let world = torch_world();
    run(&world, &["apply", "gloo-windows"]);
    let target = "torch/distributed/distributed_c10d.py";
    world.write(target, &(world.read(target) + "# mine\n"));
    assert_snapshot!(told(&world, &["revert"]), @r#"
    in SITE (from VIRTUAL_ENV, Python 3.11)
    error: a file of patch `gloo-windows` was changed by someone else and is left as it is
      caused by: `torch/distributed/distributed_c10d.py`: expected sha256:20b60421a924…, found sha256:ef8835c105fd…
    --- a/torch/distributed/distributed_c10d.py
    +++ b/torch/distributed/distributed_c10d.py
    @@ -49,3 +49,4 @@
         if device_ids is not None:
             if get_backend(group) != Backend.NCCL:
                 raise RuntimeError("device_ids are for NCCL")
    +# mine
    hint: reinstall the distribution to get the original files, then apply again
    hint: or `torch-patch revert gloo-windows --merge` takes only the patch out, `--force` restores the original and keeps a copy
    exit 4
    "#);
}

#[test]
fn a_patch_file_with_a_mistake() {
    let world = torch_world();
    let _ = world.write_outside(
        "bad.toml",
        &patch_file("bad", "", "append = \"x\"\nexpected = 2"),
    );
    assert_snapshot!(told(&world, &["apply", "bad.toml"]), @"
    error: `bad.toml` is not a valid patch file
      caused by: line 12, column 1: unknown key `expected`, expected one of `file`, `after`, `before`, `replace`, `delete`, `comment-out`, `wrap`, `argument`, `import`, `append`, `create`, `insert`, `with`, `in`, `header`, `footer`, `until`, `within`, `near`, `expect`, `occurrence`, `by-hand`
       |
    12 | expected = 2
       | ^^^^^^^^
    hint: did you mean `expect`?
    exit 6
    ");
}
