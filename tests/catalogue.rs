//! The built-in patches on every release of their distributions for every platform, and the page about them.
//!
//! `torch-patch check --all` proves each cell; here is only compared what came of it. `snapshots/catalogue` has a table
//! for each patch, one diff for each distinct result, and the list of the wheels that stand for a release. A release
//! that upstream adds is a difference in them, to be read and accepted with `cargo insta review`.
//!
//! `UPDATE_CATALOGUE=1 cargo test --test main the_page` writes `docs/catalogue.md` anew.
//!
//! Needs the network: ignored by `cargo test`, run by `.ci/run`. What is fetched is kept in
//! `~/.cache/torch-patch-tests`, so the second run moves the index page only. With `TORCH_PATCH_OFFLINE=1` the stored
//! list of wheels takes the place of the index, and a release that is newer goes unnoticed; the test says so.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use insta::assert_snapshot;
use serde_json::Value;
use snapbox::cmd::Command;
use torch_patch::{Catalogue, Client, ClientSettings, Digest, IndexSettings, Patch};

const WHEELS: &str = "snapshots/catalogue/wheels.snap";

#[test]
#[ignore = "needs the network; .ci/run runs it"]
fn every_release() {
    let folder = tempfile::tempdir().unwrap();
    let offline = is_offline();
    let mut words = vec!["check", "--all", "--infer", "--json", "--verbose"];
    let index = offline.then(|| stored_index(folder.path()));
    if let Some(index) = &index {
        words.extend(["--index-url", index]);
    }
    let output = command().args(&words).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    let cells = report["cells"]
        .as_array()
        .unwrap_or_else(|| panic!("{report:#}"));
    let mut patches: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for cell in cells {
        patches.entry(text(&cell["patch"])).or_default().push(cell);
    }
    assert!(patches.len() >= 2, "{:?}", patches.keys());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots/catalogue");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        if !offline {
            assert_snapshot!("wheels", wheels(cells));
        }
        for (patch, cells) in patches {
            one_patch(patch, &cells);
        }
    });
    // Each `ok` is proven by the command itself; and it fails where declared ranges are not those that hold.
    assert_eq!(report["error"], Value::Null, "{:#}", report["error"]);
    for range in report["ranges"].as_array().unwrap() {
        assert_eq!(
            (&range["wider"], &range["narrower"]),
            (&Value::Array(Vec::new()), &Value::Array(Vec::new()))
        );
    }
}

/// The table of a patch, and each distinct diff under the name of the first release that has it.
fn one_patch(patch: &str, cells: &[&Value]) {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut table = String::new();
    for cell in cells {
        let diffs: String = files(cell)
            .map(|file| shown(file["diff"].as_str().unwrap_or("")))
            .collect();
        let name = if diffs.is_empty() {
            "-".to_owned()
        } else {
            let own = format!("{patch}@{}", text(&cell["release"]));
            let name = names.entry(diffs.clone()).or_insert(own);
            name.clone()
        };
        for file in files(cell) {
            let lines: Vec<String> = file["lines"]
                .as_array()
                .unwrap()
                .iter()
                .map(Value::to_string)
                .collect();
            let row = format!(
                "{:8} {:6} {:12} {} {} {:10} {name}",
                text(&cell["release"]),
                text(&cell["platform"]),
                text(&cell["state"]),
                digest(&file["before"]),
                digest(&file["after"]),
                lines.join(","),
            );
            let _ = writeln!(table, "{}", row.trim_end());
        }
    }
    let head =
        "release, platform, state, sha256 of the pristine file, of the patched one, lines, diff\n";
    assert_snapshot!(patch, format!("{head}{table}"));
    for (diff, name) in names {
        assert_snapshot!(name, diff);
    }
}

fn files(cell: &Value) -> impl Iterator<Item = &Value> {
    cell["files"].as_array().unwrap().iter()
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
}

fn digest(value: &Value) -> &str {
    value
        .as_str()
        .map_or("-", |digest| digest.trim_start_matches("sha256:"))
}

/// A diff without line numbers and line endings, with one line of context.
fn shown(diff: &str) -> String {
    let lines: Vec<&str> = diff
        .lines()
        .map(|line| line.trim_end_matches('\r'))
        .collect();
    let is_change = |line: &&&str| line.starts_with(['+', '-']);
    let mut shown = String::new();
    for (index, line) in lines.iter().enumerate() {
        let around = &lines[index.saturating_sub(1)..(index + 2).min(lines.len())];
        if line.starts_with("@@") {
            shown.push_str("@@\n");
        } else if around.iter().any(|near| is_change(&near)) {
            let _ = writeln!(shown, "{line}");
        }
    }
    shown
}

/// The wheel of each release and platform with its sha256, by the index.
fn wheels(cells: &[Value]) -> String {
    let client = Client::new(ClientSettings::default()).unwrap();
    let mut list = String::new();
    let mut listed: BTreeSet<&str> = BTreeSet::new();
    for cell in cells {
        let (patch, distribution) = (text(&cell["patch"]), text(&cell["distribution"]));
        if !listed.insert(distribution) {
            continue;
        }
        let settings = IndexSettings::default();
        let listing = torch_patch_upstream::wheels(&client, &settings, distribution).unwrap();
        let digests: BTreeMap<&str, Option<Digest>> = listing
            .wheels
            .iter()
            .map(|wheel| (wheel.name.file_name.as_str(), wheel.digest))
            .collect();
        let own = cells.iter().filter(|cell| text(&cell["patch"]) == patch);
        let names: Vec<&str> = own.map(|cell| text(&cell["from"])).collect();
        for (at, name) in names.iter().enumerate() {
            // A wheel for every platform stands for its release on each.
            if !names[..at].contains(name) {
                let digest = digests[name].map(|digest| digest.hex()).unwrap_or_default();
                let _ = writeln!(list, "{digest} {distribution} {name}");
            }
        }
    }
    list
}

fn is_offline() -> bool {
    // Which list is used is part of what the test says.
    #[expect(clippy::disallowed_methods, reason = "a test reads how it is run")]
    let offline = std::env::var_os("TORCH_PATCH_OFFLINE").is_some_and(|value| value == "1");
    if offline {
        // Past the capture of the test harness: nobody should take this run for one that asked the index.
        let notice =
            "TORCH_PATCH_OFFLINE=1: the stored list of wheels is used; new releases go unnoticed";
        std::io::stderr()
            .write_all(format!("{notice}\n").as_bytes())
            .unwrap();
    }
    offline
}

/// An index with the wheels of the stored list. Nothing is at their addresses: all comes from the cache.
fn stored_index(folder: &std::path::Path) -> String {
    let stored = fs_err::read_to_string(root().join(WHEELS)).unwrap();
    let (_, list) = stored.rsplit_once("---\n").unwrap();
    let mut pages: BTreeMap<&str, String> = BTreeMap::new();
    for line in list.lines() {
        let mut words = line.split(' ');
        let mut word = || words.next().unwrap();
        let (digest, distribution, name) = (word(), word(), word());
        let address = format!("https://offline.invalid/{}", name.replace('+', "%2B"));
        let page = pages.entry(distribution).or_default();
        let _ = writeln!(page, "<a href=\"{address}#sha256={digest}\">{name}</a>");
    }
    for (distribution, page) in pages {
        let name = distribution.to_lowercase().replace(['_', '.'], "-");
        let project = folder.join(name);
        fs_err::create_dir_all(&project).unwrap();
        fs_err::write(project.join("index.html"), page).unwrap();
    }
    format!("file://{}", folder.display())
}

/// The command with the network settings of this machine, and the cache of the tests.
fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_torch-patch"))
        .env("TORCH_PATCH_CACHE", cache().join("upstream"))
}

#[expect(clippy::disallowed_methods, reason = "a test reads where its cache is")]
fn cache() -> PathBuf {
    let given = std::env::var_os("TORCH_PATCH_TEST_CACHE").map(PathBuf::from);
    given.unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/torch-patch-tests")
    })
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_diff_is_shown_with_one_line_of_context() {
    let diff = "--- a/f\n+++ b/f\n@@ -1,5 +1,6 @@\n a\r\n b\r\n c\r\n+x\r\n d\r\n e\r\n f\r\n";
    assert_eq!(shown(diff), "--- a/f\n+++ b/f\n@@\n c\n+x\n d\n");
}

const PAGE: &str = "docs/catalogue.md";
const PAGE_HEAD: &str = "\
# The patches

What `torch-patch` has built in, each with the error by which it is found. `torch-patch show ID` prints one in full, with
what it does, what it does not do and what helps without an edit; `torch-patch list` tells which of them apply where you
are. The releases are those that a patch changes: outside of them it is not needed, or was not tried.

| patch | the error | package | releases | platforms | risk |
|---|---|---|---|---|---|
";

/// What the page says of the patches that take bad edits out.
const PAGE_REPAIRS: &str = "
## Bad edits that are taken out

Some edits that are passed on by word of mouth make things worse: they hide the error, or move it elsewhere. The patches
below know them. `torch-patch status` names such an edit wherever it is found (`damaged`), `torch-patch apply ID` takes it
out and keeps a copy of the file, and `torch-patch show ID` says what helps instead. They put nothing in, so there is
nothing to revert ([repairs.md](repairs.md)). The error is what leads people to the edit, or what comes of it.

| patch | the error | package | releases | platforms | risk |
|---|---|---|---|---|---|
";

/// The page as the patches say it.
fn catalogue_page() -> String {
    let catalogue = Catalogue::built_in();
    let patches = catalogue.patches().unwrap().into_iter();
    let (repairs, others): (Vec<_>, Vec<_>) = patches.partition(|patch| patch.repairs);
    format!(
        "{PAGE_HEAD}{}{PAGE_REPAIRS}{}",
        rows(&others),
        rows(&repairs)
    )
}

fn rows(patches: &[&Patch]) -> String {
    let mut page = String::new();
    for patch in patches {
        let ranges = patch.variants.iter();
        let changed = ranges.filter(|variant| variant.no_need().is_none());
        let ranges = joined(changed.map(|variant| variant.versions.to_string()));
        let when = patch.when.iter();
        let when: Vec<String> = when
            .map(|(name, range)| format!(", with {name} `{range}`"))
            .collect();
        let when = when.concat();
        let platforms: Vec<&str> = patch
            .platforms
            .iter()
            .map(|platform| platform.as_str())
            .collect();
        let platforms = match platforms.as_slice() {
            [] => "all".to_owned(),
            named => named.join(", "),
        };
        let _ = writeln!(
            page,
            "| `{id}`: {} | `{}` | {} | {}{when} | {platforms} | {} |",
            patch.title,
            patch.symptoms[0],
            patch.distribution,
            ranges,
            patch.risk,
            id = patch.id,
        );
    }
    page
}

/// Ranges as few as possible: one that begins where another ends continues it.
fn joined(ranges: impl Iterator<Item = String>) -> String {
    let mut joined: Vec<String> = Vec::new();
    for range in ranges {
        let continued = joined.last().and_then(|last| {
            let (start, end) = last.split_once(",<")?;
            let (next, rest) = range.strip_prefix(">=")?.split_once(',')?;
            (next == end).then(|| format!("{start},{rest}"))
        });
        if continued.is_some() {
            joined.pop();
        }
        joined.push(continued.unwrap_or(range));
    }
    let quoted: Vec<String> = joined.iter().map(|range| format!("`{range}`")).collect();
    quoted.join(", ")
}

#[test]
fn ranges_that_continue_each_other_are_joined() {
    let ranges = [">=1.1,<1.8", ">=1.8,<2.0", ">=2.1,<3"].map(str::to_owned);
    assert_eq!(joined(ranges.into_iter()), "`>=1.1,<2.0`, `>=2.1,<3`");
}

#[test]
fn the_page_has_every_patch() {
    let path = root().join(PAGE);
    if option_env!("UPDATE_CATALOGUE").is_some() {
        fs_err::write(path, catalogue_page()).unwrap();
    } else {
        let found = fs_err::read_to_string(path).unwrap();
        assert!(
            found.replace("\r\n", "\n") == catalogue_page(),
            "`{PAGE}` is stale: `UPDATE_CATALOGUE=1 cargo test --test main the_page` writes it"
        );
    }
}
