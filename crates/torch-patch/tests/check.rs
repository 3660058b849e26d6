//! Patches against releases in a folder of wheels: which fit, since when not, and what would.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use fs_err as fs;
use torch_patch::{
    Cache, Catalogue, CellReport, CellState, CheckRequest, Client, ClientSettings, Error,
    IndexSettings, Material, Origin, Patch, Platform, Report, Silent, TryRequest, Upstream,
    VersionRange, check, try_release,
};
use torch_patch_testing::{Package, Server};

use crate::setting::{Setting, TARGET};

const WINDOWS: &str = "cp312-cp312-win_amd64";
const LINUX: &str = "cp312-cp312-manylinux_2_28_x86_64";
const MACOS: &str = "cp312-cp312-macosx_14_0_arm64";

/// A module with one function, whose lines are given.
fn package(version: &str, lines: &str) -> Package {
    let body = lines.replace('\n', "\n    ");
    Package::new("torch", version)
        .file("torch/__init__.py", "")
        .file(
            "torch/m.py",
            &format!("def f(a):\n    {body}\n    return a\n"),
        )
}

/// A folder with wheels, and patches for them.
struct Releases {
    folder: tempfile::TempDir,
    catalogue: Catalogue,
}

impl Releases {
    fn new(releases: &[(&str, &str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (version, tags, lines) in releases {
            package(version, lines).write_wheel(folder.path(), tags);
        }
        Self {
            folder,
            catalogue: Catalogue::empty(),
        }
    }

    /// Adds a patch; `rest` is what comes after the head of the file.
    fn patch(mut self, id: &str, head: &str, variants: &[(&str, &str)]) -> Self {
        let variants = variants.iter().map(|(versions, edit)| {
            let edit = match *edit {
                "" => "fixed-upstream = \"https://example.org/fixed\"".to_owned(),
                edit => format!("[[variant.edit]]\nfile = \"torch/m.py\"\n{edit}"),
            };
            format!("[[variant]]\nversions = \"{versions}\"\n{edit}\n")
        });
        let variants: String = variants.collect();
        let text = format!(
            "format = 1\nid = \"{id}\"\ntitle = \"t\"\ndistribution = \"torch\"\n{head}\n{variants}"
        );
        let patch = Patch::parse(text.as_bytes(), Origin::File("p.toml".into()));
        let patch = patch.unwrap_or_else(|error| panic!("{error}: {}", error.excerpt()));
        self.catalogue.add(patch).unwrap();
        self
    }

    fn upstream(&self) -> Upstream {
        upstream(IndexSettings {
            index_urls: Vec::new(),
            find_links: vec![self.folder.path().display().to_string()],
        })
    }

    fn check(&self, request: &CheckRequest) -> Report {
        let upstream = self.upstream();
        let material = Material::Indexes(&upstream);
        check(&self.catalogue, &material, request, &mut Silent).unwrap()
    }

    fn states(&self, id: &str) -> Vec<String> {
        states(&self.check(&CheckRequest::new([id])))
    }
}

fn upstream(indexes: IndexSettings) -> Upstream {
    Upstream {
        client: Client::new(ClientSettings::default()).unwrap(),
        indexes,
        cache: None,
    }
}

fn states(report: &Report) -> Vec<String> {
    let cells = report.cells.iter();
    cells
        .map(|cell| format!("{} {} {}", cell.release, cell.platform, cell.state))
        .collect()
}

const INSERT: &str = "within = \"def f\"\nafter = \"x = 1\"\ninsert = \"y = 2\"";

#[test]
fn every_state_is_told() {
    let releases = Releases::new(&[
        ("1.0", LINUX, "x = 1"),
        ("1.1", LINUX, "x = 1\nx = 1"),
        ("1.2", LINUX, "x = 1\ny = 2"),
        ("1.3", LINUX, "x = 3"),
        ("1.4", LINUX, "x = 1"),
        ("1.5", LINUX, "x = 1"),
        ("2.0", LINUX, "x = 1"),
        ("2.1", WINDOWS, "x = 1"),
    ])
    .patch(
        "p",
        "platforms = [\"linux\", \"macos\"]",
        &[
            (">=1.0,<1.4", INSERT),
            (">=1.4,<1.5", "after = \"x = 1\"\ninsert = \"  )\""),
            (">=1.5,<2", ""),
        ],
    );
    assert_eq!(
        releases.states("p"),
        [
            "1.0 linux ok",
            "1.1 linux ambiguous",
            "1.2 linux already",
            "1.3 linux anchor-missing",
            "1.4 linux syntax",
            "1.5 linux not-needed",
            "2.0 linux not-covered",
            "2.1 win not-needed",
        ]
    );
    let report = releases.check(&CheckRequest::new(["p"]));
    let cell = |index: usize| &report.cells[index];
    assert_eq!(cell(0).files[0].lines, [3]);
    assert_ne!(cell(0).files[0].before, cell(0).files[0].after);
    assert_eq!(cell(0).variant.as_deref(), Some(">=1.0,<1.4"));
    let ambiguous = cell(1).near.as_ref().unwrap();
    let lines: Vec<usize> = ambiguous.lines.iter().map(|line| line.line).collect();
    assert_eq!(
        (lines, ambiguous.lines[0].text.as_str()),
        (vec![2, 3], "x = 1")
    );
    assert_eq!(cell(3).files[0].before, cell(3).files[0].after);
    assert!(
        cell(4).reason.as_ref().unwrap().contains("torch/m.py"),
        "{:?}",
        cell(4)
    );
    assert!(
        cell(5)
            .reason
            .as_ref()
            .unwrap()
            .contains("https://example.org/fixed")
    );
    assert_eq!(
        cell(6).reason.as_deref(),
        Some("no range of the patch has this release; the edits for `>=1.0,<1.4` would fit")
    );
    let error = report.error.unwrap();
    assert_eq!((error.exit, report.ok), (3, false));
    assert!(
        error.message.contains("does not fit 3 of the 7"),
        "{}",
        error.message
    );
}

#[test]
fn what_does_not_cover_everything_may_fit() {
    let releases = Releases::new(&[("1.0", LINUX, "x = 1"), ("2.0", LINUX, "x = 1")])
        .patch("some", "", &[("<2", INSERT)])
        .patch("none", "", &[(">=3", INSERT)]);
    assert!(releases.check(&CheckRequest::new(["some"])).ok);
    let report = releases.check(&CheckRequest::new(["none"]));
    assert_eq!(
        report.error.unwrap().message,
        "patch `none` covers none of the releases"
    );
}

#[test]
fn a_file_that_is_not_there_is_a_missing_anchor() {
    let text = "format = 1\nid = \"q\"\ntitle = \"t\"\ndistribution = \"torch\"\n[[variant]]\nversions = \">=1\"\n\
                [[variant.edit]]\nfile = \"torch/n.py\"\nappend = \"x = 1\"\n";
    let mut releases = Releases::new(&[("1.0", LINUX, "x = 1")]);
    let patch = Patch::parse(text.as_bytes(), Origin::File("q.toml".into())).unwrap();
    releases.catalogue.add(patch).unwrap();
    assert_eq!(releases.states("q"), ["1.0 linux anchor-missing"]);
}

/// Releases of which the anchor changes in 1.4, and only there for Windows in 1.6.
fn changing() -> Releases {
    let mut all = Vec::new();
    for minor in 0..10 {
        let version: &'static str = [
            "1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9",
        ][minor];
        all.push((
            version,
            LINUX,
            if minor < 4 { "x = 1" } else { "x = 1 + a" },
        ));
        all.push((
            version,
            WINDOWS,
            if minor < 6 { "x = 1" } else { "x = 1 + a" },
        ));
    }
    Releases::new(&all).patch("p", "", &[(">=1.0,<2", INSERT)])
}

fn changed_in(report: &Report, release: &str, platform: &str) -> (Option<String>, Option<String>) {
    let mut cells = report.cells.iter();
    let cell = cells.find(|cell| cell.release == release && cell.platform == platform);
    let near = cell.unwrap().near.as_ref().unwrap();
    assert_eq!(near.lines[0].text, "x = 1 + a");
    (near.changed_in.clone(), near.last_ok.clone())
}

#[test]
fn a_miss_says_since_which_release() {
    let releases = changing();
    let report = releases.check(&CheckRequest::new(["p"]));
    let some = |one: &str, other: &str| (Some(one.to_owned()), Some(other.to_owned()));
    assert_eq!(changed_in(&report, "1.4", "linux"), some("1.4", "1.3"));
    assert_eq!(changed_in(&report, "1.9", "linux"), some("1.4", "1.3"));
    assert_eq!(changed_in(&report, "1.9", "win"), some("1.6", "1.5"));
}

#[test]
fn earlier_releases_are_looked_at_for_it() {
    let request = CheckRequest {
        versions: Some(VersionRange::parse(">=1.8").unwrap()),
        platforms: vec![Platform::Linux],
        ..CheckRequest::new(["p"])
    };
    let report = changing().check(&request);
    assert_eq!(
        states(&report),
        ["1.8 linux anchor-missing", "1.9 linux anchor-missing"]
    );
    let expected = (Some("1.4".to_owned()), Some("1.3".to_owned()));
    assert_eq!(changed_in(&report, "1.8", "linux"), expected);
}

#[test]
fn what_never_fitted_has_not_changed() {
    let releases = Releases::new(&[("1.0", LINUX, "x = 9"), ("1.1", LINUX, "x = 9")]);
    let releases = releases.patch("p", "", &[(">=1.0,<2", INSERT)]);
    let report = releases.check(&CheckRequest::new(["p"]));
    let near = report.cells[1].near.as_ref().unwrap();
    assert_eq!((&near.changed_in, &near.last_ok), (&None, &None));
}

#[test]
fn one_wheel_stands_for_a_release_on_a_platform() {
    let releases = Releases::new(&[
        ("1.0", "cp39-cp39-manylinux1_x86_64", "x = 0"),
        ("1.0", "cp313-cp313t-manylinux_2_28_x86_64", "x = 0"),
        ("1.0", "cp313-cp313-manylinux_2_28_aarch64", "x = 0"),
        ("1.0", "cp313-cp313-manylinux_2_28_x86_64", "x = 1"),
        ("1.0", "cp310-cp310-macosx_11_0_arm64", "x = 1"),
        ("1.0", "cp310-cp310-macosx_10_9_x86_64", "x = 0"),
        ("1.1", "py3-none-any", "x = 1"),
        ("1.2rc1", LINUX, "x = 0"),
    ])
    .patch("p", "", &[(">=1.0,<2", INSERT)]);
    assert_eq!(
        releases.states("p"),
        [
            "1.0 linux ok",
            "1.0 macos ok",
            "1.1 win ok",
            "1.1 linux ok",
            "1.1 macos ok"
        ]
    );
    let only =
        Releases::new(&[("1.2.dev1", LINUX, "x = 1")]).patch("p", "", &[(">=1.0,<2", INSERT)]);
    assert_eq!(only.states("p"), ["1.2.dev1 linux ok"]);
}

#[test]
fn ranges_are_inferred() {
    let releases = Releases::new(&[
        ("1.0.0", LINUX, "z = 1"),
        ("1.1.0", LINUX, "x = 1"),
        ("1.2.0", LINUX, "x = 1"),
        ("1.2.0", WINDOWS, "z = 1"),
        ("1.3.0", LINUX, "x = 1"),
        ("2.0.0", LINUX, "x = 1"),
        ("2.0.0", WINDOWS, "x = 1"),
        ("2.1.0", LINUX, "z = 1"),
    ])
    .patch("exact", "", &[("==1.1.0", INSERT), (">=1.3,<2.1", INSERT)])
    .patch("wide", "", &[(">=1.1,<2.1", INSERT)])
    .patch("narrow", "", &[(">=2.0,<2.1", INSERT)]);
    let request = CheckRequest {
        infer: true,
        ..CheckRequest::new(["exact", "wide", "narrow"])
    };
    let report = releases.check(&request);
    let ranges: Vec<_> = report
        .ranges
        .iter()
        .map(|range| (range.patch.as_str(), &range.wider, &range.narrower))
        .collect();
    let none: Vec<String> = Vec::new();
    let versions = |list: &[&str]| {
        list.iter()
            .map(|&version| version.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ranges,
        [
            ("exact", &none, &none),
            ("wide", &versions(&["1.2.0"]), &none),
            ("narrow", &none, &versions(&["1.1.0", "1.3.0"])),
        ]
    );
    assert_eq!(
        report.ranges[0].variants[0].holds,
        [">=1.1,<1.2", ">=1.3,<2.1"]
    );
    let message = report.error.unwrap().message;
    assert!(
        message.contains("`narrow` fits and does not cover `1.1.0` and `1.3.0`"),
        "{message}"
    );
    let newest = Releases::new(&[("1.0", LINUX, "z = 1"), ("1.1", LINUX, "x = 1")]).patch(
        "p",
        "",
        &[(">=1.1,<2", INSERT)],
    );
    let request = CheckRequest {
        infer: true,
        ..CheckRequest::new(["p"])
    };
    let report = newest.check(&request);
    assert!(report.ok, "{:?}", report.error);
    assert_eq!(report.ranges[0].variants[0].holds, [">=1.1"]);
}

/// The suggestions for the releases of one patch, read back and held against the same releases.
fn suggestions(releases: &Releases, expected: &[(&[&str], &str)]) {
    let request = CheckRequest {
        suggest: true,
        ..CheckRequest::new(["p"])
    };
    let report = releases.check(&request);
    let found: Vec<(Vec<&str>, &str)> = report
        .suggestions
        .iter()
        .map(|own| {
            (
                own.proven_on
                    .iter()
                    .map(|name| name.release.as_str())
                    .collect(),
                own.toml.as_str(),
            )
        })
        .collect();
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for ((proven, toml), (releases_of, part)) in found.iter().zip(expected) {
        assert_eq!(proven, releases_of);
        assert!(toml.contains(part), "{toml}");
        let text =
            format!("format = 1\nid = \"again\"\ntitle = \"t\"\ndistribution = \"torch\"\n{toml}");
        let patch = Patch::parse(text.as_bytes(), Origin::File("again.toml".into())).unwrap();
        let mut catalogue = Catalogue::empty();
        catalogue.add(patch).unwrap();
        let upstream = releases.upstream();
        let again = check(
            &catalogue,
            &Material::Indexes(&upstream),
            &CheckRequest::new(["again"]),
            &mut Silent,
        )
        .unwrap();
        let ok = again
            .cells
            .iter()
            .filter(|cell| cell.state == CellState::Ok);
        assert_eq!(
            ok.map(|cell| cell.release.as_str()).collect::<Vec<_>>(),
            *proven,
            "{toml}"
        );
    }
}

#[test]
fn a_release_that_is_not_covered_gets_a_range() {
    let releases = Releases::new(&[
        ("1.0", LINUX, "x = 1"),
        ("1.1", LINUX, "x = 1"),
        ("1.2", LINUX, "x = 1"),
    ]);
    let releases = releases.patch("p", "", &[("<1.1", INSERT)]);
    suggestions(&releases, &[(&["1.1", "1.2"], "versions = \">=1.1\"")]);
}

#[test]
fn an_anchor_is_moved_to_the_nearest_line() {
    let releases = Releases::new(&[
        ("1.0", LINUX, "x = 1"),
        ("1.1", LINUX, "x = 1 + a"),
        ("1.2", LINUX, "x = 1 + a"),
        ("1.3", LINUX, "z = 5"),
    ]);
    let releases = releases.patch("p", "", &[("<2", INSERT)]);
    suggestions(&releases, &[(&["1.1", "1.2"], "after = \"x = 1 + a\"")]);
}

#[test]
fn a_scope_is_moved_too() {
    let folder = tempfile::tempdir().unwrap();
    let renamed = Package::new("torch", "1.1").file(
        "torch/m.py",
        "def helper(a, b):\n    xyzzy = compute(a)\n    return a\n",
    );
    renamed.write_wheel(folder.path(), LINUX);
    let releases = Releases {
        folder,
        catalogue: Catalogue::empty(),
    };
    let edit = "within = \"def _helper\"\nafter = \"xyzzy = compute(b)\"\ninsert = \"y = 2\"";
    suggestions(
        &releases.patch("p", "", &[("<2", edit)]),
        &[(&["1.1"], "within = \"def helper\"")],
    );
}

#[test]
fn nothing_is_suggested_that_was_not_proven() {
    let releases = Releases::new(&[("1.0", LINUX, "x = 1"), ("1.1", LINUX, "q()")]);
    suggestions(&releases.patch("p", "", &[("<2", INSERT)]), &[]);
}

#[test]
fn wheels_directories_and_what_is_installed_are_checked_too() {
    let setting = Setting::new();
    let catalogue = Catalogue::built_in();
    let request = CheckRequest {
        diffs: true,
        ..CheckRequest::new(["gloo-windows"])
    };
    let folder = tempfile::tempdir().unwrap();
    let wheel = Package::torch("2.5.1")
        .with_crlf()
        .write_wheel(folder.path(), WINDOWS);
    let upstream = upstream(IndexSettings {
        index_urls: Vec::new(),
        find_links: Vec::new(),
    });
    let wheels = [wheel];
    let sources = [setting.world.site_packages().to_owned()];
    let applied = Setting::new();
    applied.apply(&["gloo-windows"]);
    let contexts = [setting.context(), applied.context()];
    let materials = [
        Material::Wheels(&upstream, &wheels),
        Material::Sources(&sources, Platform::Windows),
        Material::Installed(&contexts[0], None),
        Material::Installed(&contexts[1], None),
    ];
    let cells: Vec<CellReport> = materials
        .iter()
        .map(|material| {
            check(&catalogue, material, &request, &mut Silent)
                .unwrap()
                .cells
                .remove(0)
        })
        .collect();
    for cell in &cells {
        assert_eq!(
            (cell.state, cell.release.as_str()),
            (CellState::Ok, "2.5.1"),
            "{cell:?}"
        );
        assert_eq!(
            cell.files, cells[0].files,
            "a patch that is applied is taken out first"
        );
        assert!(
            cell.files[0]
                .diff
                .as_ref()
                .unwrap()
                .contains("+        if not is_nccl_available()")
        );
    }
    assert_eq!(
        (cells[0].platform.as_str(), cells[1].platform.as_str()),
        ("win", "win")
    );
}

#[test]
fn sources_without_metadata_say_their_version() {
    let catalogue = Catalogue::built_in();
    let request = CheckRequest::new(["gloo-always"]);
    for (name, text, expected) in [
        (
            "PKG-INFO",
            "Metadata-Version: 2.1\nName: torch\nVersion: 2.1.0\n\nVersion: 9\n",
            Some("2.1.0"),
        ),
        ("version.txt", "2.2.0a0\n", Some("2.2.0a0")),
        ("README", "2.2.0a0\n", None),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("torch/distributed")).unwrap();
        let setting = Setting::with(&Package::torch("2.1.0"));
        fs::copy(setting.world.target(), folder.path().join(TARGET)).unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        let sources = [folder.path().to_owned()];
        let material = Material::Sources(&sources, Platform::Linux);
        let checked = check(&catalogue, &material, &request, &mut Silent);
        match (expected, checked) {
            (Some(version), Ok(report)) => {
                let cell = &report.cells[0];
                assert_eq!(
                    (cell.release.as_str(), cell.state),
                    (version, CellState::Ok)
                );
            }
            (None, Err(error)) => assert_eq!(error.exit_code(), 5),
            (_, checked) => panic!("{name}: {checked:?}"),
        }
    }
}

#[test]
fn a_local_version_is_compared_with_its_release() {
    let folder = tempfile::tempdir().unwrap();
    Package::torch("2.0.1").write_wheel(folder.path(), LINUX);
    Package::torch("2.0.1").write_wheel(folder.path(), WINDOWS);
    Package::torch("2.0.1").write_wheel(folder.path(), MACOS);
    let upstream = upstream(IndexSettings {
        index_urls: Vec::new(),
        find_links: vec![folder.path().display().to_string()],
    });
    let catalogue = Catalogue::built_in();
    let request = CheckRequest::new(["gloo-windows"]);
    let notes = |package: &Package| {
        let setting = Setting::with(package);
        let context = setting.context();
        let material = Material::Installed(&context, Some(&upstream));
        let report = check(&catalogue, &material, &request, &mut Silent).unwrap();
        report.cells[0].notes.join("\n")
    };
    let same = notes(&Package::torch("2.0.1+cu118"));
    assert!(
        same.contains(&format!(
            "`{TARGET}` is the file of torch 2.0.1 in torch-2.0.1-"
        )),
        "{same}"
    );
    let crlf = notes(&Package::torch("2.0.1+cu118").with_crlf());
    assert!(crlf.contains("is not the file of torch 2.0.1"), "{crlf}");
    assert_eq!(notes(&Package::torch("2.0.1")), "");
    let unknown = notes(&Package::torch("2.0.0+cu118"));
    assert!(unknown.contains("no index has torch 2.0.0"), "{unknown}");
}

#[test]
fn what_cannot_be_looked_at_says_so() {
    let releases = changing();
    let upstream = releases.upstream();
    let failure = |request: &CheckRequest, material: &Material<'_>| -> Error {
        check(&releases.catalogue, material, request, &mut Silent).unwrap_err()
    };
    let index = Material::Indexes(&upstream);
    let unknown = failure(&CheckRequest::new(["q"]), &index);
    assert_eq!((unknown.code(), unknown.exit_code()), ("unknown-patch", 2));
    let request = CheckRequest {
        versions: Some(VersionRange::parse("==1.44").unwrap()),
        ..CheckRequest::new(["p"])
    };
    let none = failure(&request, &index);
    assert_eq!((none.code(), none.exit_code()), ("no-release", 5));
    assert_eq!(
        none.to_string(),
        "there is no wheel of torch ==1.44 for win, linux, macos"
    );
    assert_eq!(none.causes(), ["there are 10 releases, 1.0 to 1.9"]);
    let paths = [PathBuf::from("torch.zip")];
    let no_wheel = failure(
        &CheckRequest::new(["p"]),
        &Material::Wheels(&upstream, &paths),
    );
    assert_eq!((no_wheel.code(), no_wheel.exit_code()), ("not-a-wheel", 2));
    let paths = [PathBuf::from("numpy-1.0-py3-none-any.whl")];
    let other = failure(
        &CheckRequest::new(["p"]),
        &Material::Wheels(&upstream, &paths),
    );
    assert_eq!((other.code(), other.exit_code()), ("other-wheels", 5));
}

/// An index with wheels of the built-in patches' torch behind HTTP.
fn served(versions: &[&str]) -> (Server, IndexSettings) {
    let server = Server::start();
    let mut page = String::new();
    for version in versions {
        let (name, bytes) = Package::torch(version).with_crlf().wheel(WINDOWS);
        server.put(&format!("/files/{name}"), bytes);
        let _ = writeln!(page, "<a href=\"../../files/{name}\">{name}</a>");
    }
    server.put_as("/simple/torch/", "text/html", page);
    let indexes = IndexSettings {
        index_urls: vec![server.url("/simple/")],
        find_links: Vec::new(),
    };
    (server, indexes)
}

fn try_on(indexes: IndexSettings, request: &TryRequest) -> Result<Report, Error> {
    try_release(
        Catalogue::built_in(),
        &upstream(indexes),
        request,
        &mut Silent,
    )
}

fn trial(version: &str, keep: Option<&Path>) -> TryRequest {
    TryRequest {
        patch: "gloo-windows".to_owned(),
        version: version.to_owned(),
        platform: Platform::Windows,
        keep: keep.map(Path::to_owned),
    }
}

#[test]
fn a_patch_is_tried_and_taken_out_again() {
    let (_server, indexes) = served(&["1.13.1", "2.5.1"]);
    let folder = tempfile::tempdir().unwrap();
    let keep = folder.path().join("scratch");
    let report = try_on(indexes.clone(), &trial("2.5.1", Some(&keep))).unwrap();
    let result = &report.results[0];
    assert_eq!(
        (result.version.as_deref(), result.outcome.as_str()),
        (Some("2.5.1"), "applied")
    );
    let diff = result.files[0].diff.as_ref().unwrap();
    assert!(
        diff.contains("+        if not is_nccl_available():  # torch-patch: gloo-windows\r\n"),
        "{diff}"
    );
    assert_eq!(
        (report.cells[0].state, report.cells[0].platform.as_str()),
        (CellState::Ok, "win")
    );
    let kept = torch_patch_testing::picture(&keep);
    let left = format!("{kept:?}");
    assert!(
        left.contains("distributed_c10d.py") && !left.contains(".torch-patch"),
        "{left}"
    );
    let again = try_on(indexes, &trial("2.5.1", Some(&keep))).unwrap_err();
    assert_eq!(
        (again.code(), again.exit_code()),
        ("directory-not-empty", 2)
    );
}

#[test]
fn only_the_rows_of_the_changed_files_have_to_be_right() {
    // As in torch 1.8.0, whose `RECORD` has another size for `METADATA`.
    let package =
        Package::torch("2.5.1").file("torch-2.5.1.dist-info/METADATA", "Version: 2.5.1\n");
    let folder = tempfile::tempdir().unwrap();
    let path = package.write_wheel(folder.path(), WINDOWS);
    let bytes = fs::read(&path).unwrap();
    assert!(bytes.windows(8).any(|window| window == b"METADATA"));
    let indexes = IndexSettings {
        index_urls: Vec::new(),
        find_links: vec![folder.path().display().to_string()],
    };
    let report = try_on(indexes, &trial("2.5.1", None)).unwrap();
    assert_eq!(report.results[0].outcome.as_str(), "applied");
}

#[test]
fn a_release_that_is_not_there_cannot_be_tried() {
    let (_server, indexes) = served(&["2.5.0", "2.5.1"]);
    let error = try_on(indexes, &trial("2.5.9", None)).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("no-release", 5));
    assert!(
        error.hints()[0].starts_with("there is `2.5.0` and `2.5.1`"),
        "{:?}",
        error.hints()
    );
}

#[test]
fn a_release_that_is_not_covered_cannot_be_tried() {
    let (_server, indexes) = served(&["0.4.1"]);
    let error = try_on(indexes, &trial("0.4.1", None)).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("not-covered", 3));
}

#[test]
fn the_second_check_moves_the_index_page_only() {
    let (server, indexes) = served(&["1.13.1", "2.5.1"]);
    let cache = tempfile::tempdir().unwrap();
    let catalogue = Catalogue::built_in();
    let moved = || {
        let upstream = Upstream {
            cache: Some(Cache::new(cache.path().to_owned())),
            ..upstream(indexes.clone())
        };
        server.forget();
        let request = CheckRequest::new(["gloo-windows"]);
        let report = check(
            &catalogue,
            &Material::Indexes(&upstream),
            &request,
            &mut Silent,
        )
        .unwrap();
        assert_eq!(states(&report), ["1.13.1 win ok", "2.5.1 win ok"]);
        let asked = server.requests();
        assert_eq!(report.traffic.unwrap().requests, asked.len() as u64);
        asked.len()
    };
    assert_eq!(moved(), 3);
    let again = moved();
    // Without a digest in the index, whether a wheel is still the same has to be asked of it.
    assert!(again <= 3, "{again}");
}
