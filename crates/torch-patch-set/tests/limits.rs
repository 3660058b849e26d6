//! Files that are too large or have too many parts are refused in little time.

use std::time::Instant;

use torch_patch_set::{FormatError, FormatErrorKind, Origin, Patch};

const HEAD: &str = "format = 1\nid = \"x\"\ntitle = \"X\"\ndistribution = \"torch\"\n";
const VARIANT: &str = "[[variant]]\nversions = \">=1\"\n";

fn refused(text: &str) -> FormatError {
    let start = Instant::now();
    let error = Patch::parse(text.as_bytes(), Origin::File("x.toml".into())).unwrap_err();
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    error
}

#[track_caller]
fn too_many(text: &str, what: &str) {
    match refused(text).kind() {
        FormatErrorKind::TooMany { what: found, .. } => assert_eq!(*found, what),
        other => panic!("{other}"),
    }
}

#[test]
fn a_file_of_more_than_a_mebibyte_is_not_read() {
    let text = format!("{HEAD}{VARIANT}#{}\n", "x".repeat(1 << 20));
    let error = refused(&text);
    assert!(
        matches!(
            error.kind(),
            FormatErrorKind::TooLarge {
                limit: 1_048_576,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!((error.place(), error.excerpt()), (None, String::new()));
    assert!(error.causes()[0].starts_with("expected at most 1048576 bytes, found "));
}

#[test]
fn parts_are_counted_before_they_are_read() {
    let edit = "[[variant.edit]]\nfile = \"a.py\"\ndelete = \"x\"\n";
    too_many(&format!("{HEAD}{VARIANT}{}", edit.repeat(1001)), "edits");
    let regex = "[[variant.edit]]\nfile = \"a.py\"\ndelete = { regex = \"x\" }\n";
    too_many(
        &format!("{HEAD}{VARIANT}{}", regex.repeat(101)),
        "regular expressions",
    );
    too_many(&format!("{HEAD}{}", VARIANT.repeat(101)), "variants");
    let links: Vec<String> = (0..101).map(|at| format!("https://a/{at}")).collect();
    too_many(&format!("{HEAD}links = {links:?}\n{VARIANT}"), "entries");
}

#[test]
fn a_thousand_edits_are_read() {
    let edits: Vec<String> = (0..1000)
        .map(|at| format!("[[variant.edit]]\nfile = \"a.py\"\ndelete = \"x = {at}\"\n"))
        .collect();
    let edits = edits.concat();
    Patch::parse(
        format!("{HEAD}{VARIANT}{edits}").as_bytes(),
        Origin::BuiltIn,
    )
    .unwrap();
}

#[test]
fn a_thousand_files_are_read() {
    let start = Instant::now();
    let edits: Vec<String> = (0..1000)
        .map(|at| {
            format!(
                "[[variant.edit]]\nfile = \"{}{at}.py\"\ndelete = \"x\"\n",
                "Ä/".repeat(60)
            )
        })
        .collect();
    Patch::parse(
        format!("{HEAD}{VARIANT}{}", edits.concat()).as_bytes(),
        Origin::BuiltIn,
    )
    .unwrap();
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    for (open, close) in [("[", "]"), ("{a=", "}")] {
        let deep = format!(
            "{HEAD}links = {}1{}\n{VARIANT}",
            open.repeat(10_000),
            close.repeat(10_000)
        );
        refused(&deep);
    }
    let path = "a.".repeat(100_000);
    for deep in [
        format!("{path}a = 1"),
        format!("[{path}a]"),
        format!("[[{path}a]]"),
        format!("when = {{ {path}a = 1 }}"),
    ] {
        refused(&format!("{HEAD}{deep}\n"));
    }
}
