//! Every session that the documents show, run in one environment from the top of a page to its end.
//!
//! In a block that begins with ```` ```console ````, what follows a line with `$ `, up to the next one or the end of the
//! block, is what the line prints, stdout and stderr as a terminal shows them. On the page the folder is
//! `/home/ada/webui`, with its environment in `venv` and a `pyproject.toml`, and there are more environments below
//! `~/fleet`; torch is one of a few lines, and the package index a folder with wheels of it. `UPDATE_SESSIONS=1 cargo test --test main sessions` writes what is printed into the pages.

use std::collections::BTreeSet;
use std::path::PathBuf;

use fs_err as fs;
use snapbox::assert_data_eq;
use snapbox::cmd::Command;
use tempfile::TempDir;
use torch_patch_testing::{Package, World};

use crate::cli::language::english;
use crate::cli::run;

const FOLDER: &str = "/home/ada/webui";
const HOME: &str = "/home/ada";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The torch that is installed; for the page of `doctor` with what that reads of a build without NCCL, for that about
/// repairs with the module that is damaged.
fn installed(page: &str) -> Package {
    let torch = Package::torch("2.5.1");
    if page.ends_with("repairs.md") {
        return torch.file("torch/utils/cpp_extension.py", CPP_EXTENSION);
    }
    if !page.ends_with("doctor.md") {
        return torch;
    }
    torch
        .file(
            "torch/version.py",
            "__version__ = '2.5.1+cpu'\ncuda: Optional[str] = None\nhip: Optional[str] = None\n",
        )
        .file("torch/lib/libtorch_python.so", "\0ProcessGroupGloo\0")
}

/// What of torch's module people make bad edits in, in words of its own.
const CPP_EXTENSION: &str = "\
def _check_cuda_version(compiler_name, compiler_version):
    if cuda_ver != torch_cuda_version:
        if cuda_ver.major != torch_cuda_version.major:
            raise RuntimeError(CUDA_MISMATCH_MESSAGE.format(cuda_str_version, torch.version.cuda))


def _run_ninja_build(build_directory, verbose, error_prefix):
    command = ['ninja', '-v']
    subprocess.run(command, cwd=build_directory, check=True)
";

/// Where the sessions of a page take place.
struct Stage {
    world: World,
    home: TempDir,
    locale: &'static str,
}

impl Stage {
    fn new(page: &str, locale: &'static str) -> Self {
        let (world, home) = (World::new(), tempfile::tempdir().unwrap());
        world.install(&installed(page));
        for version in ["1.13.1", "2.0.1", "2.5.1"] {
            for tags in ["cp311-cp311-win_amd64", "cp311-cp311-manylinux1_x86_64"] {
                Package::torch(version).write_wheel(&home.path().join("wheels"), tags);
            }
        }
        for name in ["notebook", "trainer", "webui"] {
            let prefix = home.path().join("fleet").join(name).join("venv");
            let other = World::new();
            if name != "notebook" {
                other.install(&Package::torch("2.5.1"));
            }
            fs::create_dir_all(prefix.parent().unwrap()).unwrap();
            fs::rename(other.venv(), prefix).unwrap();
        }
        for file in fs::read_dir(root().join("tests/sessions")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), world.folder().join(file.file_name())).unwrap();
        }
        Self {
            world,
            home,
            locale,
        }
    }

    /// What a line prints.
    fn run(&self, line: &str) -> String {
        let binary = std::path::absolute(env!("CARGO_BIN_EXE_torch-patch")).unwrap();
        let programs = binary.parent().unwrap().display();
        let output = Command::new("/bin/sh")
            .args(["-c", &format!("exec 2>&1\n{line}")])
            .current_dir(self.world.folder())
            .env_clear()
            .env("PATH", format!("{programs}:/usr/bin:/bin"))
            .env("HOME", self.home.path())
            .env("VIRTUAL_ENV", self.world.venv())
            .env("PIP_NO_INDEX", "1")
            .env("PIP_FIND_LINKS", self.home.path().join("wheels"))
            .env("LC_ALL", self.locale)
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let printed = printed.replace(self.world.folder().to_str().unwrap(), FOLDER);
        printed.replace(self.home.path().to_str().unwrap(), HOME)
    }

    /// A page with what its lines print now.
    fn replay(&self, page: &str) -> String {
        let (mut out, mut is_session) = (String::new(), false);
        for line in page.split_inclusive('\n') {
            let is_end = is_session && line.trim_end() == "```";
            if let Some(command) = line.strip_prefix("$ ").filter(|_| is_session) {
                out.push_str(line);
                let printed = self.run(command.trim_end());
                out.push_str(&printed);
                if !printed.is_empty() && !printed.ends_with('\n') {
                    out.push('\n');
                }
            } else if !is_session || is_end {
                out.push_str(line);
            }
            is_session = !is_end && (is_session || line.trim_end() == "```console");
        }
        out
    }
}

/// The pages with sessions, each with its locale.
fn pages() -> Vec<(String, &'static str)> {
    let mut pages = vec![
        ("README.md".to_owned(), "C"),
        ("README.zh-CN.md".to_owned(), "zh_CN.UTF-8"),
    ];
    pages.push(("docs/fleets.md".to_owned(), "C"));
    pages.push(("docs/repairs.md".to_owned(), "C"));
    pages.extend(command_pages().into_iter().map(|name| (name, "C")));
    pages
}

fn command_pages() -> Vec<String> {
    let pages = fs::read_dir(root().join("docs/commands")).unwrap();
    let names = pages.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.map(|name| format!("docs/commands/{name}")).collect()
}

/// The lines of all sessions of a page.
fn commands(page: &str) -> Vec<&str> {
    let blocks = page
        .split("```console\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap());
    blocks
        .flat_map(str::lines)
        .filter_map(|line| line.strip_prefix("$ "))
        .collect()
}

#[test]
fn sessions_print_what_the_pages_say() {
    let is_update = option_env!("UPDATE_SESSIONS").is_some();
    // The pages of commands name the platform, and use GNU's tools.
    let is_replayed = |name: &str| name.starts_with("README") || cfg!(target_os = "linux");
    for (name, locale) in pages().into_iter().filter(|(name, _)| is_replayed(name)) {
        let text = page(&name);
        assert!(!commands(&text).is_empty(), "{name} has no session");
        let replayed = Stage::new(&name, locale).replay(&text);
        if is_update {
            fs::write(root().join(&name), replayed).unwrap();
        } else {
            let lines = text.lines().zip(replayed.lines()).enumerate();
            let differs = lines
                .into_iter()
                .find(|(_, (said, printed))| said != printed);
            assert!(
                text == replayed,
                "{name} is not what is printed, from line {:?} on; if it should be, UPDATE_SESSIONS=1 writes it",
                differs.map(|(at, lines)| (at + 1, lines))
            );
        }
    }
}

/// What a line of a session prints is its data, which is the same in every language.
fn prints_data(line: &str) -> bool {
    let data = [
        "|",
        "--help",
        "--output",
        "--format",
        "--with",
        " diff ",
        " show ",
        " try ",
        " man",
        " completions ",
    ];
    !line.starts_with("torch-patch ") || data.iter().any(|word| line.contains(word))
}

/// The sessions of the pages once more, in Chinese.
#[test]
#[cfg(target_os = "linux")]
fn sessions_are_said_in_chinese() {
    for name in command_pages() {
        let (text, stage) = (page(&name), Stage::new(&name, "zh_CN.UTF-8"));
        for line in commands(&text) {
            let printed = stage.run(line);
            let is_diff =
                |line: &&str| line.starts_with(['+', '-', '@']) || line.starts_with("    ");
            let said = printed
                .lines()
                .filter(|line| !is_diff(line) && !line.starts_with("exit code"));
            // Titles of users are theirs.
            let titles = ["Always run on gloo", "Say which release it is"];
            let said = said.filter(|said| !titles.iter().any(|title| said.contains(title)));
            for said in said.filter(|_| !prints_data(line)) {
                assert_eq!(english(said), None, "{name}: `{line}` says `{said}`");
            }
        }
    }
}

/// The commands of the program, as its help lists them.
fn program_commands() -> Vec<String> {
    let help = run(&World::new(), &["--help"]).stdout;
    let list = help
        .split_once("Commands:\n")
        .unwrap()
        .1
        .split_once("\n\n")
        .unwrap()
        .0;
    let names = list
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_command_has_a_page_with_its_help_and_a_session() {
    let summary = page("docs/SUMMARY.md");
    let names = program_commands();
    assert!(names.len() > 10, "{names:?}");
    for name in &names {
        let path = format!("docs/commands/{name}.md");
        assert!(
            root().join(&path).is_file(),
            "there is no {path}; the others show how one is made"
        );
        let text = page(&path);
        let commands = commands(&text);
        let help = format!("torch-patch {name} --help");
        assert!(
            commands.contains(&help.as_str()),
            "{path} has no `$ {help}`"
        );
        let is_session =
            |line: &&&str| line.contains(&format!("torch-patch {name}")) && ***line != help;
        assert!(
            commands.iter().any(|line| is_session(&line)),
            "{path} shows no session of `{name}`"
        );
        assert!(
            summary.contains(&format!("(commands/{name}.md)")),
            "docs/SUMMARY.md lacks {path}"
        );
    }
    let pages: BTreeSet<String> = pages().into_iter().map(|(name, _)| name).collect();
    let known = names.iter().map(|name| format!("docs/commands/{name}.md"));
    let known: BTreeSet<String> = known
        .chain(
            [
                "README.md",
                "README.zh-CN.md",
                "docs/fleets.md",
                "docs/repairs.md",
            ]
            .map(str::to_owned),
        )
        .collect();
    assert_eq!(pages, known, "a page for each command, and no other");
}

#[test]
fn every_page_is_a_chapter_of_the_book() {
    let summary = page("docs/SUMMARY.md");
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_page = name.contains(".md") && name != "SUMMARY.md";
        if is_page {
            assert!(
                summary.contains(&format!("({name})")),
                "docs/SUMMARY.md lacks docs/{name}"
            );
        }
    }
}

/// The blocks of code of a page, each with its language.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let parts = page.split("\n```").skip(1).step_by(2);
    parts.map(|block| block.split_once('\n').unwrap()).collect()
}

#[test]
fn both_readmes_say_the_same() {
    let (english, chinese) = (page("README.md"), page("README.zh-CN.md"));
    assert_eq!(
        commands(&english),
        commands(&chinese),
        "the commands of the sessions"
    );
    // What a command prints is in the language of the page.
    let code = |page| {
        let blocks = blocks(page).into_iter();
        blocks.map(|(language, text)| match language {
            "console" | "text" => (language, text.lines().count().to_string()),
            _ => (language, text.to_owned()),
        })
    };
    assert_eq!(
        code(&english).collect::<Vec<_>>(),
        code(&chinese).collect::<Vec<_>>()
    );
    let headings = |page: &str| page.lines().filter(|line| line.starts_with('#')).count();
    assert_eq!(
        headings(&english),
        headings(&chinese),
        "the number of headings"
    );
    let points = |page: &str| {
        page.lines()
            .filter(|line| line.starts_with(['-', '|']))
            .count()
    };
    assert_eq!(
        points(&english),
        points(&chinese),
        "the number of points and rows"
    );
    let links = |page: &str| {
        let links = page
            .split("](")
            .skip(1)
            .map(|rest| rest.split(')').next().unwrap().to_owned());
        links
            .filter(|link| !link.starts_with("README"))
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(links(&english), links(&chinese), "the links");
    assert!(english.contains("](README.zh-CN.md)") && chinese.contains("](README.md)"));
}

/// A line end between two Chinese characters would show as a blank.
#[test]
fn each_paragraph_of_the_chinese_readme_is_one_line() {
    let (readme, mut is_code, mut before) = (page("README.zh-CN.md"), false, "");
    for line in readme.lines() {
        is_code ^= line.starts_with("```");
        let is_apart =
            |line: &str| line.is_empty() || line.starts_with(['#', '|']) || line.starts_with("```");
        assert!(
            is_code || is_apart(before) || is_apart(line) || line.starts_with("- "),
            "join these lines of README.zh-CN.md:\n{before}\n{line}"
        );
        before = line;
    }
}

/// The command for a machine without torch, on the real index; `...` in the README stands for lines that are left out.
#[test]
#[ignore = "needs the network; .ci/run runs it"]
fn the_first_command_prints_what_it_says() {
    let cache = tempfile::tempdir().unwrap();
    for (name, locale) in [("README.md", "C"), ("README.zh-CN.md", "zh_CN.UTF-8")] {
        let readme = page(name);
        let (_, rest) = readme.split_once("```sh\ntorch-patch try ").unwrap();
        let (words, rest) = rest.split_once('\n').unwrap();
        let (_, rest) = rest.split_once("```text\n").unwrap();
        let (expected, _) = rest.split_once("```").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_torch-patch"))
            .env("TORCH_PATCH_CACHE", cache.path())
            .env("LC_ALL", locale)
            .env_remove("LANGUAGE")
            .arg("try")
            .args(words.split_whitespace())
            .stderr_to_stdout()
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap().replace('\r', "");
        assert_data_eq!(printed, expected.to_owned());
    }
}
