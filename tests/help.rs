//! The help pages, the manual pages and the completion scripts.

use insta::assert_snapshot;
use torch_patch_testing::World;

use crate::cli::run;

/// Every command, out of the help page of the program.
fn commands(world: &World) -> Vec<String> {
    let page = run(world, &["--help"]).stdout;
    let (_, list) = page.split_once("Commands:\n").unwrap();
    let (list, _) = list.split_once("\n\n").unwrap();
    // Descriptions that take several lines go on further to the right.
    let lines = list.lines().filter(|line| !line.starts_with("   "));
    let words = lines.filter_map(|line| line.split_whitespace().next());
    let commands: Vec<String> = words.map(str::to_owned).collect();
    assert!(commands.len() > 10, "{commands:?}");
    commands.into_iter().filter(|word| word != "help").collect()
}

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
        for command in &commands(&world) {
            let page = run(&world, &[command.as_str(), "--help"]);
            assert_eq!(page.code, 0, "{command}");
            assert_snapshot!(command.as_str(), page.stdout);
        }
    });
}

#[test]
fn every_command_teaches_by_example() {
    let world = World::new();
    for command in &commands(&world) {
        let page = run(&world, &[command.as_str(), "--help"]).stdout;
        let example = format!("Examples:\n  torch-patch {command}");
        assert!(page.contains(&example), "{command}: {page}");
    }
}

#[test]
fn manual_pages_are_roff_of_the_command() {
    let world = World::new();
    let page = run(&world, &["man"]).stdout;
    assert!(page.contains(".TH TORCH\\-PATCH 1"), "{page}");
    for command in &commands(&world) {
        let page = run(&world, &["man", command.as_str()]).stdout;
        assert!(
            page.contains(&format!(".TH TORCH\\-PATCH\\-{} 1", command.to_uppercase())),
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
        for command in &commands(&world) {
            assert!(script.contains(command), "{shell} lacks {command}");
        }
    }
}
