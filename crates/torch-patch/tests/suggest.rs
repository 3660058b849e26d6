//! What `check` proposes where a patch does not fit.

use torch_patch::{Catalogue, CellState, CheckRequest, Material, Origin, Patch, Silent, check};
use torch_patch_testing::Package;

use crate::releases::{INSERT, LINUX, Releases};

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
