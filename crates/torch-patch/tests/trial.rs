//! A patch tried on a release that is not installed.

use std::path::{Path, PathBuf};

use fs_err as fs;
use torch_patch::{
    Catalogue, CellState, Error, IndexSettings, Platform, Progress, Report, Silent, Step,
    TryRequest, try_release,
};
use torch_patch_testing::Package;

use crate::releases::{WINDOWS, served, upstream};

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

/// Leaves a file in the environment while the patch is in it.
struct Meddler(PathBuf);

impl Progress for Meddler {
    fn step(&mut self, step: &Step) {
        if matches!(step, Step::Lock { .. }) {
            fs::write(&self.0, "").unwrap();
        }
    }
}

#[test]
fn an_environment_that_is_not_as_before_is_no_success() {
    let (_server, indexes) = served(&["2.5.1"]);
    let folder = tempfile::tempdir().unwrap();
    let keep = folder.path().join("scratch");
    let stray = keep.join("stray");
    let request = trial("2.5.1", Some(&keep));
    let mut meddler = Meddler(stray.clone());
    let tried = try_release(
        Catalogue::built_in(),
        &upstream(indexes),
        &request,
        &mut meddler,
    );
    let error = tried.unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("round-trip-failed", 1));
    // On Windows without the `\\?\` that it begins with then.
    let stray = fs::canonicalize(stray).unwrap().display().to_string();
    let stray = stray.trim_start_matches(r"\\?\");
    assert_eq!(error.causes(), [format!("`{stray}` is not as it was")]);
}

#[test]
fn each_part_of_a_wheel_is_fetched_once() {
    let (server, indexes) = served(&["2.5.1"]);
    let report = try_on(indexes, &trial("2.5.1", None)).unwrap();
    assert_eq!(
        report.traffic.unwrap().requests,
        2,
        "{:?}",
        server.requests()
    );
}
