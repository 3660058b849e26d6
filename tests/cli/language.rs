//! What is said in Chinese, and what is the same in every language: exit codes, JSON, data.

use super::{Call, bare_command, call, command, patch_file, run, torch_world};
use torch_patch_testing::World;

/// Runs a command line in a locale.
fn in_locale(world: &World, locale: &[(&str, &str)], words: &[&str]) -> Call {
    let start = command(world).args(words);
    call(
        locale
            .iter()
            .fold(start, |command, (name, value)| command.env(*name, *value)),
    )
}

fn in_chinese(world: &World, words: &[&str]) -> Call {
    in_locale(world, &[("LANG", "zh_CN.UTF-8")], words)
}

/// Two English words in a row, outside of quotations, paths and commands.
pub(crate) fn english(text: &str) -> Option<&str> {
    let is_word =
        |word: &&str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    text.lines().find(|line| {
        let outside: Vec<&str> = line.split('`').step_by(2).collect();
        let outside = outside.join(" ` ");
        let words: Vec<&str> = outside.split_whitespace().collect();
        words.windows(2).any(|pair| pair.iter().all(is_word))
    })
}

#[test]
fn the_locale_and_the_option_choose_the_language() {
    let world = torch_world();
    let says_chinese = |locale: &[(&str, &str)], words: &[&str]| {
        let words = [&["show", "glo"], words].concat();
        let called = in_locale(&world, locale, &words);
        assert_eq!(called.code, 2, "{called:?}");
        let is_chinese = called.stderr.contains("没有补丁 `glo`");
        assert!(
            is_chinese || called.stderr.contains("there is no patch `glo`"),
            "{called:?}"
        );
        is_chinese
    };
    assert!(!says_chinese(&[], &[]));
    assert!(says_chinese(&[("LANG", "zh_CN.UTF-8")], &[]));
    assert!(says_chinese(
        &[("LC_ALL", "zh_CN.UTF-8"), ("LANG", "en_US.UTF-8")],
        &[]
    ));
    assert!(!says_chinese(
        &[("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")],
        &[]
    ));
    assert!(!says_chinese(&[("LANG", "zh_TW.UTF-8")], &[]));
    assert!(says_chinese(&[], &["--lang", "zh-CN"]));
    assert!(says_chinese(&[("LC_ALL", "C")], &["--lang=zh-CN"]));
    assert!(!says_chinese(&[("LANG", "zh_CN.UTF-8")], &["--lang", "en"]));
}

#[test]
fn an_unknown_language_is_a_mistake_in_the_words() {
    let world = torch_world();
    let called = run(&world, &["list", "--lang", "klingon"]);
    assert_eq!(called.code, 2);
    assert!(
        called.stderr.contains("[possible values: en, zh-CN]"),
        "{}",
        called.stderr
    );
}

/// One session from top to bottom, once in each language, in worlds of their own.
const SESSION: &[&[&str]] = &[
    &["env"],
    &["list"],
    &["status"],
    &["diff", "gloo-windows"],
    &["apply", "gloo-windows", "--dry-run"],
    &["apply", "gloo-windows", "--verbose"],
    &["apply", "gloo-windows"],
    &["status", "gloo-windows", "--exit-code"],
    &["apply", "gloo-always"],
    &["apply", "broken.toml"],
    &["apply", "missing.toml"],
    &["apply", "uncovered.toml"],
    &["apply", "several.toml"],
    &["apply", "absent.toml"],
    &["show", "gloo-window"],
    &["status", "--env", "nowhere"],
    &["revert", "--all", "--dry-run"],
    &["revert"],
    &["revert"],
    &["cache", "size"],
    &["check", "gloo-windows", "--env", "venv"],
    &["check", "missing.toml", "--env", "venv"],
    &["nonsense"],
    &["apply"],
    &["apply", "gloo-windows", "--bad"],
    &["apply", "gloo-windows", "--color", "pink"],
    &["revert", "a", "--all"],
    &["status", "--env"],
    &["list", "--env", "a", "--python", "b"],
];

fn world() -> World {
    let world = torch_world();
    let files = [
        (
            "missing.toml",
            patch_file(
                "missing",
                "",
                "after = \"no_such_call()\"\ninsert = \"pass\"",
            ),
        ),
        (
            "several.toml",
            patch_file(
                "several",
                "",
                "after = { regex = \"e\" }\ninsert = \"pass\"",
            ),
        ),
        (
            "broken.toml",
            "format = 1\nid = \"broken\"\ntitel = \"x\"\n".to_owned(),
        ),
    ];
    for (name, text) in files {
        let _ = world.write_outside(name, &text);
    }
    let plain = patch_file("uncovered", "", "append = \"x = 1\"").replace(">=2\"", "<2\"");
    let _ = world.write_outside("uncovered.toml", &plain);
    let other =
        patch_file("absent", "", "append = \"x = 1\"").replace("\"torch\"", "\"torchvision\"");
    let _ = world.write_outside("absent.toml", &other);
    world
}

#[test]
fn a_session_is_said_in_chinese_and_exits_alike() {
    let (english_world, chinese_world) = (world(), world());
    for words in SESSION {
        let code = run(&english_world, words).code;
        let called = in_chinese(&chinese_world, words);
        assert_eq!(called.code, code, "{words:?}: {called:?}");
        let said = match words[0] {
            "diff" => called.stderr.clone(),
            _ => called.stdout.clone() + &called.stderr,
        };
        assert_eq!(english(&said), None, "{words:?} says\n{said}");
        let is_said = said
            .chars()
            .any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
        assert!(is_said, "{words:?} says nothing in Chinese\n{said}");
    }
}

#[test]
fn json_is_the_same_in_every_language() {
    let (english_world, chinese_world) = (world(), world());
    let hidden = |text: String, world: &World| text.replace(&json_path(world), "");
    for words in SESSION.iter().filter(|words| words[0] != "cache") {
        let words = [*words, &["--json"]].concat();
        let english = run(&english_world, &words);
        let chinese = in_chinese(&chinese_world, &words);
        assert_eq!(
            hidden(chinese.stdout, &chinese_world),
            hidden(english.stdout, &english_world),
            "{words:?}"
        );
        assert_eq!(chinese.code, english.code, "{words:?}");
    }
}

/// The folder of a world as JSON has it.
fn json_path(world: &World) -> String {
    world.folder().display().to_string().replace('\\', "\\\\")
}

#[test]
fn data_is_the_same_in_every_language() {
    let world = torch_world();
    for words in [
        &["diff", "gloo-windows"][..],
        &["show", "gloo-windows"],
        &[
            "check",
            "gloo-windows",
            "--env",
            "venv",
            "--format",
            "markdown",
        ],
        &[
            "check",
            "gloo-windows",
            "--env",
            "venv",
            "--format",
            "junit",
        ],
        &["check", "gloo-windows", "--env", "venv", "--format", "html"],
        &["completions", "bash"],
        &["completions", "powershell"],
    ] {
        assert_eq!(
            in_chinese(&world, words).stdout,
            run(&world, words).stdout,
            "{words:?}"
        );
    }
}

#[test]
fn every_command_explains_itself_in_chinese() {
    let world = torch_world();
    let page = in_chinese(&world, &["--help"]).stdout;
    let commands = page
        .split_once("命令：\n")
        .unwrap()
        .1
        .split_once("\n\n")
        .unwrap()
        .0;
    let names: Vec<&str> = commands
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names.iter().filter(|name| **name != "help") {
        let page = in_chinese(&world, &[name, "--help"]);
        assert_eq!(page.code, 0, "{name}");
        assert!(
            page.stdout.contains("用法：torch-patch"),
            "{name}: {}",
            page.stdout
        );
        for english in [
            "Usage:",
            "Options:",
            "Arguments:",
            "[possible",
            "[default",
            "Print help",
            "Examples:",
        ] {
            assert!(
                !page.stdout.contains(english),
                "{name} has {english}\n{}",
                page.stdout
            );
        }
    }
}

#[test]
fn without_an_environment_it_is_said_in_chinese() {
    let world = World::new();
    let command = bare_command(&world)
        .env("LANG", "zh_CN.UTF-8")
        .env("PATH", world.folder());
    let called = call(command.arg("status"));
    assert_eq!(called.code, 5);
    assert!(
        called.stderr.contains("没有 Python 环境"),
        "{}",
        called.stderr
    );
    assert_eq!(english(&called.stderr), None, "{}", called.stderr);
}
