//! The help pages, the manual pages and the completion scripts.

use insta::assert_snapshot;
use torch_patch_testing::World;

use crate::cli::run;

const COMMANDS: [&str; 12] = [
    "list",
    "show",
    "diff",
    "apply",
    "status",
    "revert",
    "env",
    "check",
    "try",
    "cache",
    "completions",
    "man",
];

/// Help pages live beside the other snapshots, one file each.
fn snapshots() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots/help");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

#[test]
fn every_command_explains_itself() {
    let world = World::new();
    snapshots().bind(|| {
        assert_snapshot!("torch-patch", run(&world, &["--help"]).stdout);
        for command in COMMANDS {
            let page = run(&world, &[command, "--help"]);
            assert_eq!(page.code, 0, "{command}");
            assert_snapshot!(command, page.stdout);
        }
    });
}

#[test]
fn every_command_teaches_by_example() {
    let world = World::new();
    for command in COMMANDS {
        let page = run(&world, &[command, "--help"]).stdout;
        let example = format!("Examples:\n  torch-patch {command}");
        assert!(page.contains(&example), "{command}: {page}");
    }
}

#[test]
fn manual_pages_are_roff_of_the_command() {
    let world = World::new();
    let page = run(&world, &["man"]).stdout;
    assert!(page.contains(".TH torch-patch 1"), "{page}");
    for command in COMMANDS {
        let page = run(&world, &["man", command]).stdout;
        assert!(
            page.contains(&format!(".TH torch-patch-{command} 1")),
            "{page}"
        );
        assert!(
            page.contains("\\-\\-site\\-packages"),
            "{command} lacks the options of all"
        );
    }
    assert_eq!(run(&world, &["man", "nothing"]).code, 2);
}

#[test]
fn completions_know_the_commands() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&world, &["completions", shell]).stdout;
        for command in COMMANDS {
            assert!(script.contains(command), "{shell} lacks {command}");
        }
    }
}
