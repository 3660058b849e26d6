//! `check`, `try` and `cache`: that their words are hooked up, and what is printed. What they find is tested in the
//! library, on folders of wheels too.

use fs_err as fs;
use snapbox::assert_data_eq;
use snapbox::cmd::Command;
use snapbox::str;
use torch_patch_testing::{Package, Server, World};

use super::{Call, bare_command, call};

const WINDOWS: &str = "cp312-cp312-win_amd64";
const LINUX: &str = "cp312-cp312-manylinux_2_28_x86_64";

/// A world without any environment, with a folder of wheels of torch.
fn wheels() -> World {
    let world = World::new();
    let folder = world.folder().join("wheels");
    for version in ["1.13.1", "2.4.1", "2.5.1"] {
        Package::torch(version).write_wheel(&folder, LINUX);
        Package::torch(version)
            .with_crlf()
            .write_wheel(&folder, WINDOWS);
    }
    world
}

const NOTHING: &str = if cfg!(windows) { "nul" } else { "/dev/null" };

fn isolated(world: &World) -> Command {
    bare_command(world)
        .env("PIP_CONFIG_FILE", NOTHING)
        .env("TORCH_PATCH_CACHE", world.folder().join("cache"))
}

fn run(world: &World, words: &[&str]) -> Call {
    let index = ["--no-index", "--find-links", "wheels"];
    call(isolated(world).args(words).args(index))
}

/// An index with one wheel of torch.
fn served() -> Server {
    let server = Server::start();
    let (name, bytes) = Package::torch("2.5.1").wheel(WINDOWS);
    let digest = torch_patch::Digest::of(&bytes).hex();
    server.put(&format!("/{name}"), bytes);
    let page = format!("<a href=\"/{name}#sha256={digest}\">{name}</a>");
    server.put_as("/simple/torch/", "text/html", page);
    server
}

#[test]
fn the_table_says_which_releases_fit() {
    let world = wheels();
    let called = run(&world, &["check", "gloo-always", "--platform", "win"]);
    assert_eq!((called.code, called.stderr.as_str()), (0, ""));
    assert_data_eq!(
        called.stdout,
        str![[r"
gloo-always: Run every process group on gloo, whatever was asked for
3 releases of torch: 3 ok
  1.13.1          win 1  ok  >=1.1,<2.0  line 28
  2.4.1 to 2.5.1  win 2  ok  >=2.0,<3    line 28

3 cells of 1 patch: 3 ok

"]]
    );
}

#[test]
fn versions_and_platforms_narrow_it() {
    let world = wheels();
    let cells = |words: &[&str]| {
        let called = run(
            &world,
            &[&["check", "gloo-always", "--json"], words].concat(),
        );
        let json = called.json();
        let cells = json["cells"].as_array().unwrap().iter();
        cells
            .map(|cell| format!("{} {}", cell["release"], cell["platform"]).replace('"', ""))
            .collect::<Vec<_>>()
    };
    assert_eq!(cells(&[]).len(), 6);
    assert_eq!(
        cells(&["--versions", ">=2,<2.5"]),
        ["2.4.1 win", "2.4.1 linux"]
    );
    assert_eq!(
        cells(&["--platform", "linux", "--versions", "==2.*"]),
        ["2.4.1 linux", "2.5.1 linux"]
    );
    assert_eq!(cells(&["--platform", "linux,win"]).len(), 6);
    assert_eq!(cells(&["--platform", "all"]).len(), 6);
}

/// A patch of which the anchor is not in any release.
fn misfit(world: &World) -> &'static str {
    let text = "format = 1\nid = \"misfit\"\ntitle = \"t\"\ndistribution = \"torch\"\n\n[[variant]]\nversions = \">=2.0,<3\"\n\
                [[variant.edit]]\nfile = \"torch/distributed/distributed_c10d.py\"\nwithin = \"def barrier\"\n\
                replace = 'if get_backend(group) != Backend.MPI:'\nwith = \"if True:\"\n";
    fs::write(world.folder().join("misfit.toml"), text).unwrap();
    "./misfit.toml"
}

#[test]
fn a_patch_that_does_not_fit_exits_with_3_and_says_what_would() {
    let world = wheels();
    let patch = misfit(&world);
    let called = run(&world, &["check", patch, "--platform", "win", "--suggest"]);
    assert_eq!(called.code, 3);
    assert!(
        called.stdout.contains("anchor-missing"),
        "{}",
        called.stdout
    );
    assert!(
        called
            .stdout
            .contains("[[variant]]\nversions = \">=1.13.1,<3\"\n"),
        "{}",
        called.stdout
    );
    assert!(
        called
            .stdout
            .contains("replace = \"if get_backend(group) != Backend.NCCL:\""),
        "{}",
        called.stdout
    );
    assert!(
        called
            .stderr
            .starts_with("error: patch `misfit` does not fit 2 of the 2"),
        "{}",
        called.stderr
    );
    let markdown = run(
        &world,
        &["check", patch, "--suggest", "--format", "markdown"],
    );
    assert!(
        markdown
            .stdout
            .contains("```toml\n# misfit: from the variant"),
        "{}",
        markdown.stdout
    );
    let json = run(&world, &["check", patch, "--json"]);
    let object = json.json();
    assert_eq!(
        (json.code, &object["ok"], &object["error"]["exit"]),
        (3, &false.into(), &3.into())
    );
    assert_eq!(object["error"]["code"], "does-not-fit");
    let near = &object["cells"][2]["near"];
    assert_eq!(
        near["lines"][0]["text"],
        "if get_backend(group) != Backend.NCCL:"
    );
    let hint = &object["error"]["hints"][0];
    assert!(
        hint.as_str()
            .unwrap()
            .contains("torch-patch check ./misfit.toml --versions"),
        "{hint}"
    );
}

#[test]
fn ranges_that_do_not_hold_exit_with_3() {
    let world = wheels();
    let patch = misfit(&world);
    let called = run(&world, &["check", "gloo-always", "--infer"]);
    assert_eq!(called.code, 0, "{}", called.stderr);
    assert!(
        called
            .stdout
            .contains("declared >=1.1,<2.0  fits >=1.13.1,<2.4.1"),
        "{}",
        called.stdout
    );
    let text = fs::read_to_string(world.folder().join(patch)).unwrap();
    let narrow = text
        .replace("Backend.MPI", "Backend.NCCL")
        .replace(">=2.0,<3", ">=2.5,<3");
    fs::write(world.folder().join(patch), narrow).unwrap();
    let called = run(&world, &["check", patch, "--infer"]);
    assert_eq!(called.code, 3);
    assert!(
        called
            .stdout
            .contains("fits, but is not covered: 1.13.1, 2.4.1"),
        "{}",
        called.stdout
    );
}

#[test]
fn every_format_is_written_to_a_file_or_to_stdout() {
    let world = wheels();
    for (format, part) in [
        ("html", "<!DOCTYPE html>"),
        ("junit", "<testsuites"),
        ("markdown", "| release |"),
        ("json", "\"schema\": \"torch-patch/1\""),
        ("text", "3 releases of torch"),
    ] {
        let words = [
            "check",
            "gloo-windows",
            "--platform",
            "win",
            "--format",
            format,
        ];
        let called = run(&world, &words);
        assert_eq!(called.code, 0, "{format}: {}", called.stderr);
        assert!(
            called.stdout.to_lowercase().contains(&part.to_lowercase()),
            "{format}: {}",
            called.stdout
        );
        let written = run(&world, &[&words[..], &["--output", "answer"]].concat());
        assert_eq!((written.code, written.stdout.as_str()), (0, ""), "{format}");
        let file = fs::read_to_string(world.folder().join("answer")).unwrap();
        assert_eq!(file, called.stdout, "{format}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;

        let mode = |name: &str| {
            fs::metadata(world.folder().join(name))
                .unwrap()
                .permissions()
                .mode()
        };
        fs::write(world.folder().join("ordinary"), "").unwrap();
        assert_eq!(mode("answer"), mode("ordinary"));
        let device = run(&world, &["check", "gloo-always", "--output", "/dev/stderr"]);
        assert!(
            device.stderr.starts_with("gloo-always: "),
            "{}",
            device.stderr
        );
    }
    let nowhere = run(
        &world,
        &["check", "gloo-windows", "--output", "no/such/folder/answer"],
    );
    assert_eq!(nowhere.code, 1);
    assert!(
        nowhere
            .stderr
            .contains("failed to write `no/such/folder/answer`"),
        "{}",
        nowhere.stderr
    );
}

#[test]
fn all_is_the_whole_catalogue() {
    let world = wheels();
    let catalogue = torch_patch::Catalogue::built_in();
    let known = catalogue.patches().unwrap();
    for patch in known.iter().filter(|patch| patch.distribution != "torch") {
        // As the file name of a wheel spells it.
        let package = Package::new(&patch.distribution.replace('-', "_"), "0.0.1");
        package.write_wheel(&world.folder().join("wheels"), LINUX);
    }
    let json = run(&world, &["check", "--all", "--json", "--platform", "linux"]).json();
    assert!(json["cells"].is_array(), "{json:#}");
    let mut patches: Vec<&str> = json["cells"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| cell["patch"].as_str().unwrap())
        .collect();
    patches.dedup();
    patches.sort_unstable();
    assert!(patches.iter().copied().eq(catalogue.ids()), "{patches:?}");
    for words in [&["check"][..], &["check", "--all", "gloo-always"]] {
        assert_eq!(run(&world, words).code, 2, "{words:?}");
    }
}

#[test]
fn wheels_sources_and_environments_need_no_index() {
    let world = wheels();
    world.install(&Package::torch("2.5.1"));
    let wheel = format!("wheels/torch-2.5.1-{WINDOWS}.whl");
    let venv = world.venv();
    let site = world.site_packages().to_owned();
    for words in [
        vec!["--wheel", &wheel],
        vec!["--sources", site.to_str().unwrap()],
        vec![
            "--sources",
            site.strip_prefix(world.folder()).unwrap().to_str().unwrap(),
        ],
        vec!["--env", venv.to_str().unwrap()],
        vec!["--site-packages", site.to_str().unwrap()],
    ] {
        let command = isolated(&world)
            .args(["check", "gloo-windows", "--json"])
            .args(&words);
        let called = call(command.env("PIP_NO_INDEX", "1"));
        let json = called.json();
        assert_eq!(called.code, 0, "{words:?}: {json}");
        assert_eq!(json["cells"][0]["state"], "ok", "{words:?}");
        assert_eq!(json["cells"][0]["release"], "2.5.1");
    }
}

#[test]
fn a_patch_is_tried_without_any_torch() {
    let world = wheels();
    let words = [
        "try",
        "gloo-always",
        "--torch",
        "2.5.1",
        "--platform",
        "win",
    ];
    let called = run(&world, &words);
    assert_eq!(called.code, 0, "{}", called.stderr);
    assert!(
        called
            .stdout
            .starts_with("--- a/torch/distributed/distributed_c10d.py\n"),
        "{}",
        called.stdout
    );
    assert!(
        called
            .stdout
            .contains("+        backend = Backend.GLOO\r\n"),
        "{}",
        called.stdout
    );
    assert_data_eq!(
        called.stderr,
        str![[r"
torch 2.5.1 for win, out of torch-2.5.1-cp312-cp312-win_amd64.whl
gloo-always: applied (torch 2.5.1)
  torch/distributed/distributed_c10d.py: line 28
gloo-always: reverted, and every byte is as before

"]]
    );
    let json = run(&world, &[&words[..], &["--json"]].concat()).json();
    assert_eq!(
        (&json["command"], &json["results"][0]["outcome"]),
        (&"try".into(), &"applied".into())
    );
    let kept = run(&world, &[&words[..], &["--keep", "scratch"]].concat());
    assert!(
        kept.stderr
            .contains("hint: the environment is left in `scratch`"),
        "{}",
        kept.stderr
    );
    let status = call(isolated(&world).args(["status", "--env", "scratch", "--json"])).json();
    let results = status["results"].as_array().unwrap();
    let outcome = |id| results.iter().find(|own| own["patch"] == id).unwrap()["outcome"].clone();
    assert_eq!(outcome("gloo-windows"), "not-applied", "{status}");
    let again = run(&world, &[&words[..], &["--keep", "scratch"]].concat());
    assert_eq!(
        (again.code, again.stderr.lines().next()),
        (2, Some("error: `scratch` is not empty"))
    );
}

#[test]
fn what_is_fetched_is_kept_and_removed() {
    let world = World::new();
    let server = served();
    let index = server.url("/simple/");
    let check = || {
        server.forget();
        let command = isolated(&world).args(["check", "gloo-windows", "--index-url", &index]);
        let called = call(command);
        assert_eq!(called.code, 0, "{}", called.stderr);
        server.requests().len()
    };
    let cache = |word: &str| call(isolated(&world).args(["cache", word]));
    let directory = world.folder().join("cache");
    assert_eq!(cache("dir").stdout.trim_end(), directory.to_str().unwrap());
    assert_eq!(cache("size").stdout, "0 files, 0 bytes\n");
    let first = check();
    assert!((2..=4).contains(&first), "{first}");
    assert_eq!(check(), 1, "only the page of the index is asked for again");
    assert_ne!(cache("size").stdout, "0 files, 0 bytes\n");
    let json = call(isolated(&world).args(["cache", "size", "--json"])).json();
    assert_eq!(json["cache"]["directory"], directory.to_str().unwrap());
    assert!(
        cache("clean").stdout.starts_with("removed "),
        "{:?}",
        cache("clean")
    );
    assert_eq!(cache("size").stdout, "0 files, 0 bytes\n");
    assert_eq!(check(), first);
}

#[test]
fn a_version_that_is_no_range_is_a_usage_error() {
    let called = run(
        &wheels(),
        &["check", "gloo-windows", "--versions", "newest"],
    );
    assert_eq!(called.code, 2);
    assert!(called.stderr.contains("--versions"), "{}", called.stderr);
}

/// Killed at any moment, `check` leaves nothing in the cache that is not what its name says.
#[test]
fn what_was_broken_off_leaves_no_bad_entry() {
    use std::fmt::Write as _;
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    use torch_patch_testing::Fault;

    let world = World::new();
    let server = Server::start();
    let mut page = String::new();
    let mut names = Vec::new();
    for minor in 0..12 {
        let package =
            Package::torch(&format!("2.{minor}.0")).file("torch/large.bin", &"x".repeat(400_000));
        let (name, bytes) = package.wheel(WINDOWS);
        let digest = torch_patch::Digest::of(&bytes).hex();
        let _ = writeln!(page, "<a href=\"/{name}#sha256={digest}\">{name}</a>");
        server.put(&format!("/{name}"), bytes);
        if minor % 2 == 1 {
            server.fault(&format!("/{name}"), Fault::Hang);
        }
        names.push(format!("/{name}"));
    }
    server.put_as("/simple/torch/", "text/html", page);
    let cache = world.folder().join("cache");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_torch-patch"))
        .env_clear()
        .env("SystemRoot", "C:\\Windows") // Windows programs do not start without it
        .env("PIP_CONFIG_FILE", NOTHING)
        .env("TORCH_PATCH_CACHE", &cache)
        .args([
            "check",
            "gloo-windows",
            "--index-url",
            &server.url("/simple/"),
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while members(&cache).is_empty() {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "nothing was fetched"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for path in members(&cache) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(
            torch_patch::Digest::of(&fs::read(&path).unwrap()).hex(),
            name
        );
    }
    for name in names {
        server.heal(&name);
    }
    let called = call(isolated(&world).args([
        "check",
        "gloo-windows",
        "--index-url",
        &server.url("/simple/"),
    ]));
    assert_eq!(called.code, 0, "{}", called.stderr);
    assert!(
        called.stdout.contains("12 cells of 1 patch: 12 ok"),
        "{}",
        called.stdout
    );
}

/// What a cache holds, by the names that say the content.
fn members(cache: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let Ok(folders) = fs::read_dir(cache.join("members")) else {
        return found;
    };
    for folder in folders {
        let files = fs::read_dir(folder.unwrap().path()).unwrap();
        found.extend(files.map(|file| file.unwrap().path()));
    }
    found
}

#[test]
fn a_file_of_certificates_that_is_none_is_a_usage_error() {
    let world = wheels();
    let called = run(
        &world,
        &["check", "gloo-windows", "--cert", "no-such.pem", "--json"],
    );
    let json = called.json();
    assert_eq!(
        (called.code, &json["error"]["code"]),
        (2, &"usage".into()),
        "{json}"
    );
    assert!(
        json["error"]["message"]
            .as_str()
            .unwrap()
            .contains("no-such.pem"),
        "{json}"
    );
}

#[test]
fn a_cache_that_cannot_be_used_is_told_and_no_failure() {
    let world = World::new();
    let server = served();
    fs::create_dir(world.folder().join("cache")).unwrap();
    fs::write(world.folder().join("cache/letter.txt"), "dear").unwrap();
    let words = [
        "check",
        "gloo-windows",
        "--index-url",
        &server.url("/simple/"),
    ];
    let called = call(isolated(&world).args(words));
    assert_eq!(called.code, 0, "{}", called.stderr);
    assert!(
        called
            .stderr
            .contains("nothing is kept for the next time: "),
        "{}",
        called.stderr
    );
    assert_eq!(call(isolated(&world).args(["cache", "clean"])).code, 2);
    assert_eq!(
        fs::read_to_string(world.folder().join("cache/letter.txt")).unwrap(),
        "dear"
    );
}
