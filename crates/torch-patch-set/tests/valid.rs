//! Every file in `tests/format/valid` is taken, and means what its snapshot says.

use std::collections::BTreeSet;
use std::fmt::Write;

use torch_patch_set::{Action, Origin, Patch};

use crate::files::{assert_snapshot, cases, root};

fn parse(name: &str, bytes: &[u8]) -> Patch {
    Patch::parse(bytes, Origin::File(format!("{name}.toml").into()))
        .unwrap_or_else(|error| panic!("`{name}.toml`: {:?}\n{}", error.causes(), error.excerpt()))
}

#[test]
fn valid_files_mean_what_they_say() {
    for (name, bytes) in cases("valid") {
        assert_snapshot(&format!("valid-{name}"), &summary(&parse(&name, &bytes)));
    }
}

#[test]
fn every_verb_has_a_case() {
    let patches: Vec<Patch> = cases("valid")
        .iter()
        .map(|(name, bytes)| parse(name, bytes))
        .collect();
    let files =
        patches
            .iter()
            .flat_map(|patch| &patch.variants)
            .filter_map(|variant| match &variant.action {
                Action::Edits(files) => Some(files),
                Action::FixedUpstream(_) | Action::Unaffected(_) => None,
            });
    let verbs: BTreeSet<&str> = files
        .flatten()
        .flat_map(|file| &file.edits)
        .map(|edit| edit.verb.key())
        .collect();
    assert_eq!(verbs.len(), 10, "{verbs:?}");
}

#[test]
fn every_snapshot_has_a_case() {
    let valid = cases("valid")
        .into_iter()
        .map(|(name, _)| format!("valid-{name}.snap"));
    let invalid = cases("invalid")
        .into_iter()
        .map(|(name, _)| format!("{name}.snap"));
    let known: BTreeSet<String> = valid.chain(invalid).collect();
    let folder = fs_err::read_dir(root().join("snapshots/format")).unwrap();
    for snapshot in folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
        assert!(
            known.contains(snapshot.trim_end_matches(".new")),
            "`{snapshot}` has no case"
        );
    }
}

#[test]
fn the_source_is_kept_byte_for_byte() {
    for (name, bytes) in cases("valid") {
        assert_eq!(parse(&name, &bytes).source().as_bytes(), bytes, "{name}");
    }
}

#[test]
fn crlf_and_a_byte_order_mark_change_nothing() {
    for (name, bytes) in cases("valid") {
        let text = String::from_utf8(bytes)
            .unwrap()
            .trim_start_matches('\u{feff}')
            .replace("\r\n", "\n");
        let crlf = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        assert_eq!(
            summary(&parse(&name, text.as_bytes())),
            summary(&parse(&name, crlf.as_bytes())),
            "{name}"
        );
    }
}

fn summary(patch: &Patch) -> String {
    let mut text = String::new();
    let Patch {
        id,
        title,
        distribution,
        description,
        symptoms,
        links,
        risk,
        occurs,
        platforms,
        requires,
        conflicts,
        when,
        ..
    } = patch;
    writeln!(
        text,
        "{id}: {title} ({distribution}), risk {risk}, consent {}, occurs {occurs}",
        risk.needs_consent()
    )
    .unwrap();
    writeln!(text, "description {description:?} links {links:?}").unwrap();
    if !symptoms.is_empty() {
        writeln!(text, "symptoms {symptoms:?}").unwrap();
    }
    let platforms: Vec<String> = platforms.iter().map(ToString::to_string).collect();
    let when: Vec<String> = when
        .iter()
        .map(|(name, range)| format!("{name} {range}"))
        .collect();
    writeln!(
        text,
        "platforms {platforms:?} requires {requires:?} conflicts {conflicts:?} when {when:?}"
    )
    .unwrap();
    for variant in &patch.variants {
        match &variant.action {
            Action::FixedUpstream(address) => {
                writeln!(text, "{}: fixed by {address}", variant.versions).unwrap();
            }
            Action::Unaffected(reason) => {
                writeln!(text, "{}: unaffected: {reason}", variant.versions).unwrap();
            }
            Action::Edits(files) => {
                writeln!(text, "{}:", variant.versions).unwrap();
                for file in files {
                    writeln!(text, "  {}", file.file).unwrap();
                    file.edits
                        .iter()
                        .for_each(|edit| writeln!(text, "    {edit:?}").unwrap());
                    for edit in &file.by_hand {
                        writeln!(text, "    or by hand {edit:?}").unwrap();
                    }
                }
            }
        }
    }
    text
}
