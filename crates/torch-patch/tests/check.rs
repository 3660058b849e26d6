//! Patches against releases in a folder of wheels: which fit, since when not, and what is known otherwise.

use std::path::PathBuf;

use fs_err as fs;
use torch_patch::{
    Cache, Catalogue, CellReport, CellState, CheckRequest, Error, IndexSettings, Material, Origin,
    Patch, Platform, Report, Silent, Upstream, VersionRange, check,
};
use torch_patch_testing::Package;

use crate::releases::{INSERT, LINUX, MACOS, Releases, WINDOWS, served, states, upstream};
use crate::setting::{Setting, TARGET};

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
fn a_miss_after_another_one_has_its_own_date() {
    let lines = ["x = 1", "x = 1 + a", "x = 1", "x = 1 + a", "x = 1 + a"];
    let versions = ["1.0", "1.1", "1.2", "1.3", "1.4"];
    let all: Vec<(&str, &str, &str)> = versions
        .into_iter()
        .zip(lines)
        .map(|(version, lines)| (version, LINUX, lines))
        .collect();
    let report = Releases::new(&all)
        .patch("p", "", &[(">=1.0,<2", INSERT)])
        .check(&CheckRequest::new(["p"]));
    let some = |one: &str, other: &str| (Some(one.to_owned()), Some(other.to_owned()));
    assert_eq!(changed_in(&report, "1.1", "linux"), some("1.1", "1.0"));
    assert_eq!(changed_in(&report, "1.4", "linux"), some("1.3", "1.2"));
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
        ("1.3", "cp313-cp313t-manylinux_2_28_x86_64", "x = 0"),
        ("1.3", "cp312-cp312-manylinux_2_28_aarch64", "x = 1"),
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
            "1.1 macos ok",
            "1.3 linux ok",
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
