//! The catalogue of messages: nothing in it is missing, nothing is left over, and every sentence is found.

use std::collections::BTreeSet;

use clap::{Command, CommandFactory as _};
use serde::Deserialize;
use torch_patch::Catalogue as Patches;

use super::pages::{cells, in_chinese};
use super::pattern::placeholder;
use super::sources::{Literal, literals};
use super::{CHINESE, Language, asked_for};
use crate::args::Arguments;

/// Texts that look like sentences and are none: what is compared or sent, and nobody reads.
const NOT_SAID: &[&str] = &[
    // Commands, errors of others, and names that are the same in every language.
    r"C:\Program Files\NVIDIA GPU Computing Toolkit\CUDA",
    "dist_attr: Optional[_DistSpec] = _DistSpec(",
    "colossalai check -i",
    "uv venv --python 3.10",
    "dpkg --verify python3-{package}",
    "{python} -m pip install {what}",
    "uv pip install --python {python} {what}",
    "--force-reinstall --no-deps torch=={metadata}",
    "uv cache clean {}",
    "Distributed package doesn't have NCCL built in",
    "torch-patch-probe ",
    "its thread ended",
    "from colossalai.cli import cli; cli(prog_name='colossalai')",
    "{python} -m venv .venv",
    "{python} -m ensurepip",
    "{python} -m ensurepip --upgrade",
    "release ",
    "setx {name} \"{value}\"",
    "export {name}={value}",
    "setx {name} \"\"",
    "unset {name}",
    "cd ..",
    "Python {version}",
    "pip {}",
    // Who works, as the lock and the ledger have it.
    "torch-patch apply",
    "torch-patch revert",
    // What joins the items of a list.
    "` or `",
    " or ",
    " and ",
    "{} and {}",
    // What pip, serde and versions say, which is read and said anew.
    "/Library/Application Support/pip",
    "Library/Application Support/pip",
    "Library/Application Support/pypoetry",
    "unknown field `",
    "invalid type: ",
    "invalid value: ",
    ", expected ",
    "struct ",
    "point ",
    "Failed to parse version: ",
    "import ",
    "from ",
    // What git says in a diff, which is read.
    "deleted file mode ",
    "rename from ",
    "copy from ",
    "old mode ",
    "GIT binary patch",
    "Binary files ",
    "error: ",
    // Files and headers that others read.
    "torch-patch run",
    "torch-patch sync",
    "torch-patch restore",
    "--python {prefix} ",
    "patches = [{value}]{eol}",
    "# What `torch-patch sync` has applied. The command writes this file; commit it, so that a review shows what changes.",
    "files = [\n",
    "    {{ path = {}",
    "torch-patch patch file",
    "[[variant]]\nversions = {}",
    "format = 1\n",
    // What a recorded patch file says of itself.
    "an edit of {only}",
    "edits of {first} and {} more",
    "a diff for ",
    "Recorded from {from}{name} {version}: {what}",
    "Recorded from {from}{name} {version}; says only what was changed, not why. Files:\n\n    {}\n",
    "{ any-of = {} }",
    "Basic {}",
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01",
    "Signature: 8a477f597d28d172789f06886806bc55\n# This is a cache of torch-patch. It may be removed at any time.",
    "Metadata-Version: 2.1\nName: {}\nVersion: {}",
    "include-system-site-packages = false",
    "complete -c torch-patch -n \"__fish_torch_patch_using_subcommand {}\" -f -a \"{}\"",
    // The question to an interpreter.
    "import os, sys, sysconfig",
    // Faults that tests of the store ask for.
    "the process is dead",
    "the process dies",
    // Units.
    "64 MiB",
    // Names of the forms of `check` that are English.
    "fits: applied, applied again without a change, and undone",
    "not for this platform, or fixed upstream",
    "no variant is for this release",
    "an anchor, its scope or its file is not there",
    "an anchor is there more often than expected",
    "upstream has the text that the patch would make",
    "the patched file would not parse",
];

/// The file, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    sentences: toml::Table,
    endings: toml::Table,
    assembled: Vec<Assembled>,
    words: toml::Table,
    foreign: toml::Table,
    titles: toml::Table,
    help: toml::Table,
}

/// A sentence that the sources put together from several pieces.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Assembled {
    en: String,
    zh: String,
    /// The pieces, as they stand in the sources.
    #[serde(default)]
    parts: Vec<String>,
}

fn written() -> Written {
    toml::from_str(include_str!("../../../messages/zh-CN.toml")).unwrap()
}

fn keys(table: &toml::Table) -> impl Iterator<Item = &str> {
    table.keys().map(String::as_str)
}

fn pairs(written: &Written) -> Vec<(&str, &str)> {
    let tables = [
        &written.sentences,
        &written.endings,
        &written.words,
        &written.foreign,
        &written.titles,
        &written.help,
    ];
    let plain = tables.into_iter().flatten();
    let plain = plain.map(|(english, chinese)| (english.as_str(), chinese.as_str().unwrap()));
    let assembled = written
        .assembled
        .iter()
        .map(|entry| (entry.en.as_str(), entry.zh.as_str()));
    plain.chain(assembled).collect()
}

/// A sentence without the names of its placeholders, and without what stands around it.
fn normal(text: &str) -> String {
    let text = text.trim_end_matches('\n');
    let text = if text.starts_with("  ") || text.starts_with('\n') {
        text.trim_start()
    } else {
        text
    };
    let mut rest = text.strip_prefix("# ").unwrap_or(text);
    let mut normal = String::new();
    while let Some(letter) = rest.chars().next() {
        // A width or a precision belongs to the placeholder, too: `{text:width$}`, `{:.1}`.
        let inside = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let is_spec = |inside: &str| !inside.contains([' ', '{', '"', '`', '\n']);
        if let Some(after) = rest.strip_prefix("{{") {
            normal.push('{');
            rest = after;
        } else if let Some(after) = rest.strip_prefix("}}") {
            normal.push('}');
            rest = after;
        } else if let Some((_, after)) = inside.filter(|(inside, _)| is_spec(inside)) {
            normal.push_str("{}");
            rest = after;
        } else {
            normal.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    normal
}

/// Whether a literal has two words outside of backticks, or a word beside a placeholder.
fn is_sentence(literal: &Literal) -> bool {
    let normal = normal(&literal.text);
    let outside: String = normal.split('`').step_by(2).collect();
    let is_word = |word: &str| word.bytes().filter(u8::is_ascii_alphabetic).count() > 1;
    normal.contains(' ') && outside.split([' ', '\n', '{', '}']).any(is_word)
}

#[test]
fn every_sentence_is_translated() {
    let written = written();
    let parts = written.assembled.iter().flat_map(|entry| &entry.parts);
    let whole = written.assembled.iter().map(|entry| &entry.en);
    let tables = [&written.sentences, &written.endings, &written.words];
    let known = tables
        .into_iter()
        .flat_map(keys)
        .chain(parts.chain(whole).map(String::as_str));
    let known: BTreeSet<String> = known.map(normal).collect();
    let not_said: BTreeSet<String> = NOT_SAID.iter().map(|text| normal(text)).collect();
    let help = help_texts(&Arguments::command());
    let is_known = |literal: &Literal| {
        let text = normal(&literal.text);
        let first = text.lines().next().unwrap_or_default();
        known.contains(&text)
            || not_said.contains(&text)
            || not_said.contains(first)
            || pieces(&literal.text)
                .iter()
                .all(|piece| help.contains(piece))
    };
    let literals = literals();
    let missing = literals
        .iter()
        .filter(|literal| is_sentence(literal) && !is_known(literal));
    let missing: Vec<String> = missing
        .map(|literal| format!("{}: {:?}", literal.place, literal.text))
        .collect();
    assert!(
        missing.is_empty(),
        "messages/zh-CN.toml lacks {} sentences (add them to [sentences]; the head of the file says how, and `NOT_SAID` \
         in crates/cli/language/tests.rs has what nobody reads):\n{}",
        missing.len(),
        missing.join("\n")
    );
}

#[test]
fn every_entry_is_in_the_sources() {
    let written = written();
    let sources: BTreeSet<String> = literals()
        .iter()
        .map(|literal| normal(&literal.text))
        .collect();
    let parts = written
        .assembled
        .iter()
        .flat_map(|entry| &entry.parts)
        .map(String::as_str);
    let tables = [&written.sentences, &written.endings, &written.words];
    let entries = tables
        .into_iter()
        .flat_map(keys)
        .chain(parts)
        .chain(NOT_SAID.iter().copied());
    let stale: Vec<&str> = entries
        .filter(|entry| {
            let entry = normal(entry);
            !sources.contains(&entry)
                && !sources
                    .iter()
                    .any(|own| own.lines().next() == Some(entry.as_str()))
        })
        .collect();
    assert_eq!(stale, [""; 0], "no source says this any more");
}

#[test]
fn every_word_and_title_is_translated() {
    let written = written();
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../schema/report.schema.json")).unwrap();
    let states = ["Outcome", "CellState"].map(|name| &schema["$defs"][name]["oneOf"]);
    let states = states
        .into_iter()
        .flat_map(|words| words.as_array().unwrap());
    let words = states.map(|state| state["const"].as_str().unwrap());
    let missing: Vec<&str> = words
        .filter(|word| !written.words.contains_key(*word))
        .collect();
    assert_eq!(missing, [""; 0], "[words] lacks these");
    let patches = Patches::built_in();
    let titles: BTreeSet<String> = patches
        .ids()
        .map(|id| patches.find(id).unwrap().unwrap().title.clone())
        .collect();
    let translated: BTreeSet<String> = written.titles.keys().cloned().collect();
    assert_eq!(
        titles, translated,
        "[titles] has one entry for each patch of the catalogue"
    );
}

/// Everything that a help page says, in the pieces in which it is translated.
fn help_texts(command: &Command) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    let mut add = |text: Option<String>| texts.extend(text.iter().flat_map(|text| pieces(text)));
    for text in [
        command.get_about(),
        command.get_long_about(),
        command.get_after_help(),
    ] {
        add(text.map(ToString::to_string));
    }
    let unexpected = [command.get_before_help(), command.get_after_long_help()];
    assert_eq!(
        unexpected,
        [None, None],
        "`in_chinese` knows only about, arguments and `after_help`"
    );
    for argument in command.get_arguments() {
        add(argument.get_help().map(ToString::to_string));
        add(argument.get_long_help().map(ToString::to_string));
        add(argument.get_help_heading().map(str::to_owned));
        for value in argument.get_possible_values() {
            assert_eq!(
                value.get_help(),
                None,
                "explain the values of `{}` in its own help",
                argument.get_id()
            );
        }
    }
    for command in command.get_subcommands() {
        texts.extend(help_texts(command));
    }
    texts
}

/// The pieces of a block of help: paragraphs, and the columns of indented lines. Commands are the same in each language.
fn pieces(block: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for line in block.lines() {
        if line.is_empty() || line.starts_with(' ') {
            pieces.extend(cells(line).into_iter().map(|(_, cell)| cell.to_owned()));
            pieces.push(String::new());
        } else {
            let prose = pieces.last_mut().unwrap();
            *prose = format!("{prose} {line}").trim_start().to_owned();
            if line.ends_with(':') {
                pieces.push(String::new());
            }
        }
    }
    let is_text = |piece: &String| {
        let is_command =
            piece.starts_with("torch-patch ") || !piece.contains(' ') && !piece.ends_with(':');
        !is_command && piece.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    pieces.retain(is_text);
    pieces
}

#[test]
fn every_help_page_is_translated() {
    let known: BTreeSet<String> = written().help.keys().cloned().collect();
    let mut said = help_texts(&Arguments::command());
    let words = BTreeSet::from(["usage", "busy"].map(str::to_owned));
    said.extend(words);
    let missing: Vec<&String> = said.difference(&known).collect();
    assert!(
        missing.is_empty(),
        "[help] in messages/zh-CN.toml lacks\n{missing:#?}"
    );
    let lone = |text: &&String| !text.contains(' ');
    let stale: Vec<&String> = known.difference(&said).filter(|text| !lone(text)).collect();
    assert!(
        stale.is_empty(),
        "no help page says this any more\n{stale:#?}"
    );
}

#[test]
fn a_help_page_has_no_english_left() {
    let mut command = in_chinese(Arguments::command());
    let page = command.render_long_help().to_string();
    for english in [
        "unexpected failure",
        "More patch files",
        "Environment:",
        "what `apply` would change",
    ] {
        assert!(!page.contains(english), "{english}: {page}");
    }
    for line in page
        .lines()
        .filter(|line| line.starts_with("  torch-patch "))
    {
        assert!(line.contains("torch-patch "), "commands stay as they are");
    }
    assert!(
        page.contains("意外失败") && page.contains("退出码"),
        "{page}"
    );
}

#[test]
fn a_translation_has_the_placeholders_of_its_sentence() {
    for (english, chinese) in pairs(&written()) {
        let names = |text: &str| {
            let starts = text
                .match_indices('{')
                .filter_map(|(at, _)| placeholder(&text[at..]));
            starts.map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
        };
        let own = names(english);
        let own: Vec<&str> = own
            .iter()
            .map(|name| name.trim_end_matches(":word"))
            .collect();
        for name in names(chinese) {
            let (name, treatment) = name.split_once(':').unwrap_or((&name, ""));
            assert!(
                own.contains(&name),
                "`{chinese}` has {{{name}}}, `{english}` has {own:?}"
            );
            assert!(
                matches!(treatment, "" | "say" | "list"),
                "`{chinese}`: {treatment}"
            );
        }
        // Only a noun that follows a number may go: Chinese has no plural.
        for name in &own {
            let is_kept = names(chinese)
                .iter()
                .any(|other| other.split(':').next() == Some(*name));
            assert!(
                is_kept || ["files", "noun"].contains(name),
                "`{chinese}` drops {{{name}}}"
            );
        }
    }
}

#[test]
fn a_translation_is_chinese_and_well_punctuated() {
    let is_han = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
    for (english, chinese) in pairs(&written()) {
        assert!(
            chinese.chars().any(is_han),
            "`{english}` is not translated: `{chinese}`"
        );
        let letters: Vec<char> = chinese.chars().collect();
        for pair in letters.windows(2) {
            let is_half_width = is_han(pair[0]) && ",;:?!".contains(pair[1]);
            assert!(
                !is_half_width,
                "`{chinese}` has `{}` after a Chinese character",
                pair[1]
            );
        }
    }
}

/// No entry takes the sentences of another.
#[test]
fn every_sentence_finds_its_own_translation() {
    let written = written();
    let plain = [
        &written.sentences,
        &written.words,
        &written.foreign,
        &written.titles,
    ]
    .into_iter()
    .flatten();
    let plain = plain.map(|(english, chinese)| (english.as_str(), chinese.as_str().unwrap()));
    let assembled = written
        .assembled
        .iter()
        .map(|entry| (entry.en.as_str(), entry.zh.as_str()));
    for (english, chinese) in plain.chain(assembled) {
        // Values that are no sentences, each another one.
        let (mut said, mut expected) = (english.to_owned(), chinese.to_owned());
        let mut count = 0;
        while let Some((name, _)) = said
            .match_indices('{')
            .find_map(|(at, _)| placeholder(&said[at..]))
        {
            count += 1;
            let value = format!("{count}{count}");
            let name = name.to_owned();
            said = said.replace(&format!("{{{name}}}"), &value);
            let name = name.split(':').next().unwrap();
            for form in ["", ":say", ":list"] {
                expected = expected.replace(&format!("{{{name}{form}}}"), &value);
            }
        }
        let found = CHINESE.say(&said);
        assert_eq!(found, expected.as_str(), "`{english}`, as `{said}`");
    }
}

#[test]
fn sentences_in_sentences_are_said_too() {
    for (english, chinese) in [
        ("there is no patch `gloo`", "没有补丁 `gloo`"),
        ("  there is no patch `gloo`", "  没有补丁 `gloo`"),
        (
            "\u{1b}[2mthere is no patch `gloo`\u{1b}[0m",
            "\u{1b}[2m没有补丁 `gloo`\u{1b}[0m",
        ),
        (
            "anchor `a = 1` not found within `def f`",
            "找不到锚点 `a = 1`（在 `def f` 内）",
        ),
        (
            "it would not apply: `torch/version.py`: anchor `x` matched 2 times within `def f`, expected 1 (lines 3 and 8)",
            "无法应用：`torch/version.py`：锚点 `x` 匹配了 2 次（在 `def f` 内），应为 1（第 3 和 8 行）",
        ),
        (
            "known patches are `a`, `b` and `c`; `torch-patch list` tells about them",
            "已知的补丁有 `a`、`b` 和 `c`；`torch-patch list` 有它们的说明",
        ),
        (
            "failed to list the installed packages: Permission denied (os error 13)",
            "无法列出已安装的软件包：权限不够 (os error 13)",
        ),
        (
            "fits, but is not covered: 1.13.1, 2.4.1",
            "适用但没有声明：1.13.1, 2.4.1",
        ),
        (
            "patch `a` covers none of the releases; patch `b` covers none of the releases",
            "补丁 `a` 不涵盖任何一个版本；补丁 `b` 不涵盖任何一个版本",
        ),
        (
            "no Python environment: `VIRTUAL_ENV` and `CONDA_PREFIX` are not set, no `.venv` in `C:\\x` or above, no \
             `python3` or `python` on `PATH` or by the launcher `py` or in the registry",
            "没有 Python 环境：`VIRTUAL_ENV` 和 `CONDA_PREFIX` 没有设置，`C:\\x` 及其上级目录中没有 `.venv`，\
             在 `PATH` 中、通过启动器 `py` 或在注册表中也没有 `python3` 或 `python`",
        ),
        // What is quoted is never translated, and what is not known stays English.
        ("there is no patch `drifted`", "没有补丁 `drifted`"),
        (
            "something that nobody has foreseen",
            "something that nobody has foreseen",
        ),
    ] {
        assert_eq!(CHINESE.say(english), chinese);
    }
}

/// The messages and hints of the documented JSON, which are those of the command in text.
#[test]
fn the_documented_messages_are_translated() {
    let page = include_str!("../../../docs/json.md");
    let mut count = 0;
    for block in page.split("```json\n").skip(1) {
        let Ok(json) =
            serde_json::from_str::<serde_json::Value>(block.split("```").next().unwrap())
        else {
            continue;
        };
        let error = &json["error"];
        let texts = [&error["message"]]
            .into_iter()
            .chain(error["hints"].as_array().into_iter().flatten());
        for text in texts.filter_map(|text| text.as_str()) {
            let said = CHINESE.say(text);
            assert_ne!(said, text, "is not found in messages/zh-CN.toml");
            count += 1;
        }
    }
    assert!(count > 10, "{count}");
}

#[test]
fn an_option_chooses_the_language() {
    let of = |words: &[&str]| {
        let words: Vec<std::ffi::OsString> = ["torch-patch"]
            .iter()
            .chain(words)
            .map(Into::into)
            .collect();
        asked_for(&words)
    };
    assert_eq!(of(&["status", "--lang", "zh-CN"]), Some(Language::Chinese));
    assert_eq!(of(&["--lang=en", "status"]), Some(Language::English));
    assert_eq!(of(&["--lang=en", "--lang=zh_CN"]), Some(Language::Chinese));
    assert_eq!(of(&["--lang", "klingon"]), None);
    assert_eq!(of(&["--language", "zh-CN"]), None);
    // What belongs to another program is not read.
    assert_eq!(of(&["run", "--", "x", "--lang", "zh-CN"]), None);
}

/// Lists of anything, as the messages of other programs may be.
#[test]
fn a_long_text_takes_no_time() {
    let words: Vec<String> = (0..300)
        .map(|number| format!("some word{number}"))
        .collect();
    let start = std::time::Instant::now();
    for joint in [
        ", ",
        "; ",
        ": ",
        " and ",
        " for ",
        " ",
        "` ",
        " (line 1), ",
        ": line 1: ",
    ] {
        for count in [10, 100, 300] {
            assert!(!CHINESE.say(&words[..count].join(joint)).is_empty());
        }
    }
    let text = "x".repeat(1_000_000);
    assert_eq!(CHINESE.say(&text), text);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
