//! The built-in patches are those of `patches/`, and those that a user adds take their place.

use torch_patch_edit::{FileState, undo};
use torch_patch_set::{Action, Catalogue, FormatErrorKind, Origin, Patch, Platform, Risk};

use crate::files::root;

fn patch(id: &str, file: &str) -> Patch {
    let text = format!(
        "format = 1\nid = \"{id}\"\ntitle = \"X\"\ndistribution = \"torch\"\n\
         [[variant]]\nversions = \">=1\"\n[[variant.edit]]\nfile = \"a.py\"\ndelete = \"x\"\n"
    );
    Patch::parse(text.as_bytes(), Origin::File(file.into())).unwrap()
}

#[test]
fn every_folder_of_patches_is_built_in() {
    let entries = fs_err::read_dir(root().join("patches")).unwrap();
    let mut folders: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    let catalogue = Catalogue::built_in();
    assert_eq!(catalogue.ids().collect::<Vec<_>>(), folders);
    for id in &folders {
        let patch = catalogue
            .find(id)
            .unwrap()
            .unwrap_or_else(|error| panic!("{:?}\n{}", error.causes(), error.excerpt()));
        let file =
            fs_err::read_to_string(root().join("patches").join(id).join("patch.toml")).unwrap();
        assert_eq!(
            (patch.id.as_str(), patch.source(), patch.origin()),
            (id.as_str(), file.as_str(), &Origin::BuiltIn)
        );
        let ids = &catalogue.distributions()[patch.distribution.as_str()];
        assert!(ids.contains(&id.as_str()), "{id}: {ids:?}");
    }
}

#[test]
fn each_patch_is_told_once_with_its_distribution() {
    let mut catalogue = Catalogue::built_in();
    let moved = patch("gloo-always", "mine.toml");
    let text = moved.source().replace("\"torch\"", "\"elsewhere\"");
    let moved = Patch::parse(text.as_bytes(), Origin::File("mine.toml".into()));
    catalogue.add(moved.unwrap()).unwrap();
    let distributions = catalogue.distributions();
    assert_eq!(distributions["elsewhere"], ["gloo-always"]);
    assert!(distributions["torch"].contains(&"gloo-windows"));
    let mut ids: Vec<&str> = distributions.into_values().flatten().collect();
    ids.sort_unstable();
    assert_eq!(ids, catalogue.ids().collect::<Vec<_>>());
}

#[test]
fn ids_that_patches_name_exist() {
    let catalogue = Catalogue::built_in();
    for patch in catalogue.patches().unwrap() {
        for other in patch.requires.iter().chain(&patch.conflicts) {
            let other = catalogue
                .find(other)
                .unwrap_or_else(|| panic!("`{}` names `{other}`", patch.id))
                .unwrap();
            let is_mutual = other.conflicts.contains(&patch.id);
            assert!(
                is_mutual || !patch.conflicts.contains(&other.id),
                "`{}` does not exclude `{}`",
                other.id,
                patch.id
            );
        }
    }
}

#[test]
fn an_added_patch_takes_the_place_of_a_built_in_one_only() {
    let mut catalogue = Catalogue::built_in();
    catalogue.add(patch("gloo-windows", "mine.toml")).unwrap();
    assert_eq!(
        catalogue.find("gloo-windows").unwrap().unwrap().origin(),
        &Origin::File("mine.toml".into())
    );
    let error = catalogue
        .add(patch("gloo-windows", "yours.toml"))
        .unwrap_err();
    assert!(matches!(error.kind(), FormatErrorKind::SameId { .. }));
    assert_eq!(
        error.to_string(),
        "`yours.toml` cannot be taken as patch `gloo-windows`"
    );
    assert_eq!(
        error.causes(),
        ["`mine.toml` has the id `gloo-windows` too"]
    );
    assert_eq!(catalogue.ids().count(), Catalogue::built_in().ids().count());
}

#[test]
fn a_catalogue_knows_what_it_has() {
    let mut catalogue = Catalogue::empty();
    assert!(catalogue.find("gloo-windows").is_none());
    catalogue.add(patch("b", "b.toml")).unwrap();
    catalogue.add(patch("a", "a.toml")).unwrap();
    assert!(catalogue.ids().eq(["a", "b"]));
    assert_eq!(
        Catalogue::built_in().nearest("gloo-window"),
        Some("gloo-windows")
    );
    assert_eq!(Catalogue::built_in().nearest("flash-attention"), None);
}

const GLOO: [&str; 2] = ["gloo-always", "gloo-windows"];

/// The two places of torch's `distributed_c10d.py` that the patches are about, in the spelling of some releases.
const RELEASES: [(&str, &str, &str); 6] = [
    ("1.1.0", "PrefixStore(group_name, store)", "if x:"),
    ("1.7.0", "PrefixStore(group_name, store)", "if x:"),
    (
        "1.13.0a0+gitunknown",
        "PrefixStore(group_name, store)",
        "if get_backend(group) != Backend.NCCL:",
    ),
    (
        "2.0.1+cpu",
        "PrefixStore(f\"{group_name}/\", store)",
        "if get_backend(group) != Backend.NCCL:",
    ),
    ("2.2.2", "PrefixStore(f\"{group_name}/\", store)", "if x:"),
    ("2.15.0", "PrefixStore(f\"{group_name}/\", store)", "if x:"),
];

fn module(store: &str, branch: &str) -> String {
    format!(
        "def _new_process_group_helper(group_name, store, backend):\r\n    prefix_store = {store}\r\n    return prefix_store\r\n\r\n\r\n\
         def barrier(group):\r\n    {branch}\r\n        raise RuntimeError\r\n"
    )
}

#[test]
fn gloo_patches_fit_and_come_off() {
    let catalogue = Catalogue::built_in();
    for (version, store, branch) in RELEASES {
        let original = module(store, branch);
        let by_guide = original.replace("store)\r\n", "store)\r\n    backend = Backend.GLOO\r\n");
        for id in GLOO {
            let patch = catalogue.find(id).unwrap().unwrap();
            let Action::Edits(files) = &patch.variant_for(version).unwrap().action else {
                panic!("{version}")
            };
            let [file] = files.as_slice() else {
                panic!("{version}: {} files", files.len())
            };
            assert_eq!(file.file, "torch/distributed/distributed_c10d.py");
            let applied = file.compiled.apply(Some(original.as_bytes())).unwrap();
            assert_eq!(
                file.compiled.classify(Some(&applied.bytes)).state,
                FileState::Applied,
                "{} {version}",
                patch.id
            );
            assert_eq!(
                undo(&applied.bytes, &applied.changes).as_deref(),
                Some(original.as_bytes())
            );
            let by_hand = file.compiled.classify(Some(by_guide.as_bytes())).state;
            match patch.id.as_str() {
                "gloo-always" => assert_eq!(applied.bytes, by_guide.as_bytes(), "{version}"),
                _ => assert_eq!(by_hand, FileState::AppliedByHand, "{} {version}", patch.id),
            }
            assert_eq!(
                String::from_utf8(applied.bytes)
                    .unwrap()
                    .replace("\r\n", "")
                    .find(['\r', '\n']),
                None
            );
        }
    }
}

/// Every release of torch up to the newest that the patches were tried on, by the variant of `gloo-windows`.
const VARIANTS: [(&str, &str); 5] = [
    (
        ">=1.1,<1.8",
        "1.1.0 1.2.0 1.3.0 1.3.1 1.4.0 1.5.0 1.5.1 1.6.0 1.7.0 1.7.1",
    ),
    (
        ">=1.8,<2.0",
        "1.8.0 1.8.1 1.9.0 1.9.1 1.10.0 1.10.1 1.10.2 1.11.0 1.12.0 1.12.1 1.13.0 1.13.1",
    ),
    (">=2.0,<2.1", "2.0.0 2.0.1"),
    (">=2.1,<2.3", "2.1.0 2.1.1 2.1.2 2.2.0 2.2.1 2.2.2"),
    (
        ">=2.3,<3",
        "2.3.0 2.3.1 2.4.0 2.4.1 2.5.0 2.5.1 2.6.0 2.7.0 2.7.1 2.8.0 2.9.0 2.9.1 2.10.0 2.11.0 2.12.0 2.12.1 2.13.0 \
         2.14.0 2.14.1 2.15.0",
    ),
];

#[test]
fn gloo_patches_cover_every_release_but_the_first() {
    let catalogue = Catalogue::built_in();
    let [always, windows] = GLOO.map(|id| catalogue.find(id).unwrap().unwrap());
    for (range, releases) in VARIANTS {
        for release in releases.split(' ') {
            assert_eq!(
                windows.variant_for(release).unwrap().versions.to_string(),
                range,
                "{release}"
            );
            assert!(always.variant_for(release).is_ok(), "{release}");
        }
    }
    for patch in [always, windows] {
        assert!(patch.variant_for("1.0.1").is_err(), "{}", patch.id);
        assert!(patch.variant_for("3.0.0").is_err(), "{}", patch.id);
        assert!(
            Platform::ALL
                .into_iter()
                .all(|platform| patch.applies_on(platform)),
            "{}",
            patch.id
        );
    }
    assert_eq!((always.risk, windows.risk), (Risk::Medium, Risk::None));
}
