//! Every file in `tests/format/invalid` is refused, with the message that its snapshot shows.

use torch_patch_set::{Origin, Patch};

use crate::files::{assert_snapshot, cases};

#[test]
fn invalid_files_are_refused_with_place_and_reason() {
    let cases = cases("invalid");
    assert!(cases.len() >= 100, "only {} cases", cases.len());
    for (name, bytes) in cases {
        assert_snapshot(&name, &message(&name, &bytes));
    }
}

/// The whole message, as the command line shows it.
fn message(name: &str, bytes: &[u8]) -> String {
    let error = match Patch::parse(bytes, Origin::File(format!("{name}.toml").into())) {
        Ok(patch) => panic!("`{name}.toml` is taken as patch `{}`", patch.id),
        Err(error) => error,
    };
    let place = error
        .place()
        .unwrap_or_else(|| panic!("`{name}.toml`: no place"));
    let lines: Vec<String> = String::from_utf8_lossy(bytes)
        .trim_start_matches('\u{feff}')
        .split('\n')
        .map(str::to_owned)
        .collect();
    let line = lines[place.line - 1].trim_end_matches('\r');
    assert_eq!(
        place.text, line,
        "`{name}.toml`: the line that is shown is not the line that is named"
    );
    assert!(
        place.column <= line.chars().count() + 1,
        "`{name}.toml`: column {} of {line:?}",
        place.column
    );
    let causes = error
        .causes()
        .into_iter()
        .map(|cause| format!("  caused by: {cause}\n"));
    let hints = error
        .hints()
        .into_iter()
        .map(|hint| format!("hint: {hint}\n"));
    let (causes, hints): (String, String) = (causes.collect(), hints.collect());
    format!("error: {error}\n{causes}{}\n{hints}", error.excerpt())
}

#[test]
fn details_carry_the_evidence() {
    let text = "format = 1\nid = \"x\"\ntitel = \"X\"\n";
    let error = Patch::parse(text.as_bytes(), Origin::File("x.toml".into())).unwrap_err();
    let details = error.details();
    assert_eq!(details["file"], "x.toml");
    assert_eq!(
        (&details["line"], &details["column"]),
        (&3.into(), &1.into())
    );
    assert_eq!(details["found"], "titel");
    assert!(
        details["expected"]
            .as_array()
            .unwrap()
            .contains(&"title".into())
    );
    assert_eq!(details["excerpt"], "titel = \"X\"");
}

#[test]
fn the_file_is_named_by_its_origin() {
    let named = |origin| {
        Patch::parse(b"format = 1\nid = \"x\"\n", origin)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        named(Origin::BuiltIn),
        "`patches/x/patch.toml` (built in) is not a valid patch file"
    );
    assert_eq!(
        named(Origin::Recorded("y".to_owned())),
        "the recorded patch `y` is not a valid patch file"
    );
    assert_eq!(
        named(Origin::File("a/b.toml".into())),
        "`a/b.toml` is not a valid patch file"
    );
}
