//! stdout is data, stderr the rest.

use torch_patch_testing::{Package, World};

use super::{call, command, run, torch_world};

#[test]
fn the_diff_alone_is_on_stdout() {
    let world = torch_world();
    let called = run(&world, &["diff", "gloo-windows"]);
    assert!(
        called.stdout.starts_with("--- a/torch/"),
        "{}",
        called.stdout
    );
    assert!(called.stderr.starts_with("in "), "{}", called.stderr);
}

#[test]
fn a_new_owner_makes_no_diff() {
    let world = torch_world();
    run(&world, &["apply", "gloo-windows", "--owner", "webui"]);
    let called = run(&world, &["diff", "gloo-windows"]);
    assert_eq!(called.stdout, "");
    assert!(
        called.stderr.contains("already-applied"),
        "{}",
        called.stderr
    );
}

#[test]
fn show_prints_the_file_itself() {
    let world = torch_world();
    let source = include_str!("../../patches/gloo-windows/patch.toml");
    assert_eq!(run(&world, &["show", "gloo-windows"]).stdout, source);
}

#[test]
fn quiet_says_nothing_and_fails_aloud() {
    let world = torch_world();
    for words in [
        &["apply", "gloo-windows", "--quiet"][..],
        &["status", "-q"],
        &["revert", "--quiet"],
    ] {
        let called = run(&world, words);
        assert_eq!(
            (called.code, called.stdout, called.stderr),
            (0, String::new(), String::new())
        );
    }
    let called = run(&world, &["apply", "nothing", "--quiet"]);
    assert!(
        called
            .stderr
            .starts_with("error: there is no patch `nothing`\n"),
        "{}",
        called.stderr
    );
}

#[test]
fn verbose_tells_each_step() {
    let world = torch_world();
    let called = run(&world, &["apply", "gloo-windows", "--verbose"]);
    let steps = [
        "looking for `gloo-windows`",
        "locking `",
        "writing `torch/distributed/",
    ];
    for step in steps {
        assert!(called.stderr.contains(step), "{}", called.stderr);
    }
}

#[test]
fn colours_are_for_those_who_want_them() {
    let world = torch_world();
    let is_coloured = |variables: &[(&str, &str)], words: &[&str]| {
        let mut command = command(&world).arg("status").args(words);
        for (name, value) in variables {
            command = command.env(name, value);
        }
        call(command).stdout.contains('\x1b')
    };
    assert!(!is_coloured(&[], &[]), "no terminal");
    assert!(is_coloured(&[], &["--color", "always"]));
    assert!(is_coloured(&[("CLICOLOR_FORCE", "1")], &[]));
    assert!(!is_coloured(
        &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")],
        &[]
    ));
    assert!(!is_coloured(
        &[("CLICOLOR_FORCE", "1")],
        &["--color", "never"]
    ));
}

#[test]
fn env_tells_what_is_installed() {
    let world = torch_world();
    let called = run(&world, &["env"]);
    let site = world.site_packages().display().to_string();
    for text in [
        site.as_str(),
        "VIRTUAL_ENV",
        "3.11",
        "torch 2.5.1",
        "gloo-windows",
    ] {
        assert!(called.stdout.contains(text), "{text}: {}", called.stdout);
    }
}

#[test]
fn env_tells_which_of_several_python_imports() {
    let world = torch_world();
    let other = World::new();
    other.install(&Package::torch("2.4.0"));
    let site = world.site_packages().display().to_string();
    let extra = other.site_packages().display().to_string();
    let command = || super::command(&world).env("PYTHONPATH", &extra);
    let called = call(command().arg("env"));
    let rows: Vec<&str> = called.stdout.lines().collect();
    assert_eq!(rows[0], format!("site-packages  {extra} (PYTHONPATH)"));
    let imported = format!("torch 2.4.0 in {extra} (PYTHONPATH), patches: ");
    let line = rows.iter().find(|row| row.contains(&imported));
    assert!(
        line.is_some_and(|line| line.contains("gloo-windows")),
        "{}",
        called.stdout
    );
    let shadowed = format!("  shadowed, not imported: torch 2.5.1 in {site}\n");
    assert!(called.stdout.contains(&shadowed), "{}", called.stdout);
    let json = call(command().args(["env", "--json"])).json();
    let torch = &json["distributions"][0];
    assert_eq!(torch["directory"]["kind"], "python-path");
    assert_eq!(torch["shadowed"][0]["directory"]["path"], site);
    assert_eq!(
        json["environment"]["site_packages"], site,
        "the environment's own"
    );
}

#[test]
fn the_list_does_not_need_an_environment() {
    let world = torch_world();
    let called = call(super::bare_command(&world).arg("list"));
    assert_eq!(called.code, 0, "{called:?}");
    assert!(called.stdout.contains("gloo-windows"), "{called:?}");
    let called = call(super::bare_command(&world).args(["show", "gloo-windows"]));
    assert_eq!(called.code, 0, "{called:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_torch-patch"));
    command.args(["completions", "bash"]).stdout(writer);
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}
