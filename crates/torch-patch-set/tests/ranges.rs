//! What a range of versions takes in.

use torch_patch_set::{Origin, Patch, VersionRange};

fn range(text: &str) -> VersionRange {
    VersionRange::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn ranges_take_in_what_they_should() {
    for (text, inside, outside) in [
        (
            ">=1.1,<2",
            "1.1 1.1.0 1.13.1 1.13.1+cpu 1.13.0a0+gitunknown 1.1.dev0 1.99.post3",
            "1.0.1 2 2.0.0a0 2.0.dev20230101 nonsense",
        ),
        (
            ">=2.0",
            "2.0 2.0.0+cu118 2.0.0a0 2.0.0.dev20230101+cpu 2.0rc1 3",
            "1.13.1 1.99",
        ),
        (">=2.0a1,<2.0", "", "2.0.dev1 2.0 2.0a0"),
        (
            ">=2.0rc1",
            "2.0rc1 2.0 2.0rc2.dev1",
            "2.0a1 2.0rc1.dev0 2.0.dev3",
        ),
        ("<2.0rc1", "2.0a1 2.0.dev3 1.9", "2.0rc1 2.0"),
        (
            ">1.7",
            "1.7.post1 1.7.1 1.8.dev0",
            "1.7 1.7.0+cpu 1.7a1 1.6",
        ),
        ("<=1.7", "1.7 1.7.0+cpu 1.7a1 1.6", "1.7.post1 1.7.1"),
        (
            "==2.0.1",
            "2.0.1 2.0.1+cu118 2.0.1rc2",
            "2.0.1.post1 2.0.2.dev1 2.0.0",
        ),
        ("==2.0.1+cu118", "2.0.1+cu118", "2.0.1 2.0.1+cu117"),
        ("!=2.0.1", "2.0.0 2.0.2", "2.0.1 2.0.1+cu118 2.0.1rc2"),
        ("!=2.0.1+cu118", "2.0.1 2.0.1+cu117", "2.0.1+cu118"),
        (
            "==2.0.*",
            "2 2.0 2.0.1 2.0.0.dev1 2.0.1.post1",
            "2.1.dev0 1.9 1!2.0",
        ),
        ("!=2.0.*", "2.1.dev0 1.9", "2.0 2.0.1rc1"),
        ("~=2.1.3", "2.1.3 2.1.3a1 2.1.9", "2.1.2 2.2.dev1"),
        ("~=2.1", "2.1 2.9", "2.0 3.0a0"),
        (" >=1 , <2 ", "1.5", "2"),
    ] {
        if inside.is_empty() {
            assert!(VersionRange::parse(text).is_err(), "{text} has a version");
            continue;
        }
        let range = range(text);
        assert_eq!(range.to_string(), text.trim());
        inside
            .split(' ')
            .for_each(|version| assert!(range.contains(version), "{version} is not in {text}"));
        outside
            .split(' ')
            .for_each(|version| assert!(!range.contains(version), "{version} is in {text}"));
    }
}

#[test]
fn a_version_has_the_variant_of_its_release() {
    let edit = "[[variant.edit]]\nfile = \"a.py\"\ndelete = \"x\"\n";
    let ranges = [">=1.1,<1.8", ">=1.8,<2.0", ">=2.0,<2.1", ">=2.1"];
    let variants: Vec<String> = ranges
        .iter()
        .map(|range| format!("[[variant]]\nversions = \"{range}\"\n{edit}"))
        .collect();
    let variants = variants.concat();
    let text =
        format!("format = 1\nid = \"x\"\ntitle = \"X\"\ndistribution = \"torch\"\n{variants}");
    let patch = Patch::parse(text.as_bytes(), Origin::BuiltIn).unwrap();
    for (version, wanted) in [
        ("1.1.0", 0),
        ("1.8.0.dev20210101", 1),
        ("1.13.0a0+gitunknown", 1),
        ("1.13.1+cpu", 1),
        ("2.0.0a0", 2),
        ("2.0.0.dev20230301+cu118", 2),
        ("2.1.0rc1", 3),
    ] {
        assert_eq!(
            patch.variant_for(version).unwrap().versions.to_string(),
            ranges[wanted],
            "{version}"
        );
    }
    for version in ["1.0.1", "", "gitunknown"] {
        let error = patch.variant_for(version).unwrap_err();
        assert_eq!(error.covered, ranges);
        assert_eq!(error.version, version);
    }
}
