//! What is written reads back as the same edits.

use torch_patch_edit::{Anchor, Edit, Verb};
use torch_patch_set::{Action, Catalogue, Head, Origin, Patch, Variant, patch_toml, variant_toml};

use crate::files::cases;

fn edits(variant: &Variant) -> Vec<(&str, &Edit)> {
    let Action::Edits(files) = &variant.action else {
        return Vec::new();
    };
    let edits = files.iter();
    edits
        .flat_map(|file| file.edits.iter().map(|edit| (file.file.as_str(), edit)))
        .collect()
}

fn read_back(variant: &str) -> Patch {
    let head = "format = 1\nid = \"written\"\ntitle = \"t\"\ndistribution = \"torch\"\n\n";
    let text = format!("{head}{variant}");
    Patch::parse(text.as_bytes(), Origin::File("written.toml".into())).unwrap_or_else(|error| {
        panic!("{:?}\n{}\n{text}", error.causes(), error.excerpt());
    })
}

fn check(variant: &Variant) {
    let written = variant_toml(&variant.versions.to_string(), edits(variant));
    let patch = read_back(&written);
    assert_eq!(patch.variants[0].versions, variant.versions);
    assert_eq!(edits(&patch.variants[0]), edits(variant), "{written}");
}

#[test]
fn every_variant_reads_back_as_the_same_edits() {
    let valid = cases("valid").into_iter().map(|(name, bytes)| {
        Patch::parse(&bytes, Origin::File(format!("{name}.toml").into())).unwrap()
    });
    let catalogue = Catalogue::built_in();
    let mut checked = 0;
    for patch in valid
        .collect::<Vec<_>>()
        .iter()
        .chain(catalogue.patches().unwrap())
    {
        for variant in &patch.variants {
            if matches!(variant.action, Action::Edits(_)) {
                check(variant);
                checked += 1;
            }
        }
    }
    assert!(checked > 15, "{checked}");
}

#[test]
fn awkward_texts_read_back() {
    let texts = [
        "\"\"\"\nquoted\n\"\"\"",
        "a\n\"\"\"\"\"\"\"",
        "back\\slash\n\\",
        "tab\there\n",
        "'single' and \"double\"",
        "\n\nblank lines first",
        "trailing spaces  \n  \n",
        "é ∞\nx",
        "a\n'''\\",
        "a\\\n'",
        "\n\n\\d+",
    ];
    for text in texts {
        let edit = Edit::new(Verb::InsertAfter {
            anchor: Anchor::Lines("x = 1".to_owned()),
            text: text.to_owned(),
        });
        let written = variant_toml(">=1", [("a.txt", &edit)]);
        let patch = read_back(&written);
        assert_eq!(edits(&patch.variants[0]), [("a.txt", &edit)], "{written}");
    }
}

#[test]
fn a_patch_reads_as_a_person_would_write_it() {
    let edit = Edit::new(Verb::InsertAfter {
        anchor: Anchor::Lines("store = PrefixStore(...)".to_owned()),
        text: "if a:\n    b = re.compile(r\"\\d\")\n".to_owned(),
    });
    let head = Head {
        id: "my-fix",
        title: "Say \"no\"",
        distribution: "torch",
        description: "One line.\nAnother.",
    };
    let written = patch_toml(&head, "==2.5.1", [("torch/a.py", &edit)]);
    let expected = r#"format = 1
id = "my-fix"
title = 'Say "no"'
distribution = "torch"
description = """
One line.
Another.
"""

[[variant]]
versions = "==2.5.1"

[[variant.edit]]
file = "torch/a.py"
after = "store = PrefixStore(...)"
insert = '''
if a:
    b = re.compile(r"\d")
'''
"#;
    assert_eq!(written, expected);
    let patch = Patch::parse(written.as_bytes(), Origin::File("a.toml".into())).unwrap();
    assert_eq!(
        (patch.title.as_str(), patch.description.as_str()),
        (head.title, "One line.\nAnother.")
    );
    assert_eq!(edits(&patch.variants[0]), [("torch/a.py", &edit)]);
}
