//! What is told of an environment, with nothing written.

use torch_patch::{Catalogue, Outcome, Selection, StatusRequest, list, show, status};
use torch_patch_testing::Package;

use crate::setting::{BARRIER, Setting};

fn all() -> StatusRequest {
    StatusRequest {
        patches: Selection::All,
        ..StatusRequest::default()
    }
}

#[test]
fn tells_of_every_patch_whose_distribution_is_installed() {
    let setting = Setting::new();
    let report = status(&setting.context(), &all()).unwrap();
    let ids: Vec<&str> = report
        .results
        .iter()
        .map(|result| result.patch.as_str())
        .collect();
    let catalogue = Catalogue::built_in();
    let patches = catalogue.patches().unwrap();
    let of_torch = patches.iter().filter(|patch| patch.distribution == "torch");
    assert!(ids.contains(&"gloo-windows"), "{ids:?}");
    assert!(
        ids.iter()
            .copied()
            .eq(of_torch.map(|patch| patch.id.as_str())),
        "{ids:?}"
    );
    let none = Setting::with(&Package::new("numpy", "2.0"));
    assert!(status(&none.context(), &all()).unwrap().results.is_empty());
}

#[test]
fn the_wanted_state_is_about_what_is_recorded_or_named() {
    let setting = Setting::new().patch("other", BARRIER);
    let holds = |request: &StatusRequest| {
        let report = status(&setting.context(), request).unwrap();
        report.holds(request)
    };
    assert!(holds(&all()), "nothing recorded, nothing wanted");
    assert!(!holds(&StatusRequest::new(["gloo-windows"])));
    setting.apply(&["gloo-windows"]);
    assert!(holds(&all()));
    assert!(holds(&StatusRequest::new(["gloo-windows"])));
    assert!(!holds(&StatusRequest::new(["gloo-windows", "other"])));
    setting.edit("MPI = \"mpi\"", "MPI = 'mpi'");
    assert!(!holds(&all()));
}

#[test]
fn half_of_an_edit_is_partial() {
    let setting = Setting::new().patch(
        "twice",
        "replace = 'UNDEFINED = \"undefined\"'\nwith = \"UNDEFINED = None\"\n\
         [[variant.edit]]\nfile = \"torch/distributed/distributed_c10d.py\"\nafter = 'GLOO = \"gloo\"'\ninsert = \"OTHER = 1\"",
    );
    setting.edit("    UNDEFINED = \"undefined\"", "    UNDEFINED = None");
    assert_eq!(setting.state("twice"), Outcome::Partial);
}

#[test]
fn the_list_has_every_patch_with_and_without_an_environment() {
    let setting = Setting::with(&Package::new("numpy", "2.0"));
    let context = setting.context();
    let report = list(context.catalogue(), Some(&context)).unwrap();
    assert_eq!(report.patches.len(), report.results.len());
    let reason = report.results[0].reason.as_deref().unwrap();
    assert_eq!(reason, "torch is not installed here");
    let report = list(context.catalogue(), None).unwrap();
    assert!(report.results.is_empty() && report.environment.is_none());
    assert!(
        report
            .patches
            .iter()
            .any(|patch| patch.id == "gloo-windows")
    );
}

#[test]
fn show_has_the_file_itself() {
    let setting = Setting::new();
    let context = setting.context();
    let report = show(context.catalogue(), Some(&context), "gloo-windows").unwrap();
    let source = report.patches[0].source.as_deref().unwrap();
    assert!(
        source.starts_with("format = 1\nid = \"gloo-windows\"\n"),
        "{source}"
    );
    assert_eq!(report.results[0].outcome, Outcome::NotApplied);
}

/// On Unix only, as it makes a link.
#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_looked_at_does_not_hide_the_rest() {
    let setting = Setting::new().patch_file(
        "format = 1\nid = \"other\"\ntitle = \"A test\"\ndistribution = \"torch\"\n\
         description = \"For tests.\"\n[[variant]]\nversions = \"<3\"\n[[variant.edit]]\n\
         file = \"torch/version.py\"\nappend = \"x = 1\\n\"\n",
    );
    let outside = setting.world.write_outside("outside.py", "");
    fs_err::remove_file(setting.world.target()).unwrap();
    std::os::unix::fs::symlink(outside, setting.world.target()).unwrap();
    let report = status(&setting.context(), &all()).unwrap();
    let has_reason = |id: &str| {
        let found = report.results.iter().find(|result| result.patch == id);
        found.unwrap().reason.is_some()
    };
    assert_eq!(
        ["gloo-always", "gloo-windows", "other"].map(has_reason),
        [true, true, false]
    );
    let mut versions = report
        .results
        .iter()
        .map(|result| result.version.as_deref());
    assert!(
        versions.all(|version| version == Some("2.5.1")),
        "{:?}",
        report.results
    );
    let named = status(&setting.context(), &StatusRequest::new(["gloo-windows"]));
    assert_eq!(named.unwrap_err().exit_code(), 6);
}
