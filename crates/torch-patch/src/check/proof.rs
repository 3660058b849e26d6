//! The proof that a patch fits: it is applied, applied again, and undone.

use torch_patch_edit::{Application, FilePatch, FileState, undo};
use torch_patch_set::FileEdits;

/// Checks what an application promises: that it is found in place, that applying again changes
/// nothing, that undoing it gives the original, and that no other kind of line ending came in. The
/// engine has parsed the result.
///
/// The error says in words what does not hold.
pub(crate) fn prove(
    patch: &FilePatch,
    original: Option<&[u8]>,
    application: &Application,
) -> Result<(), String> {
    let patched = application.bytes.as_slice();
    if application.changes.is_empty() && original.is_some() {
        return Err("the patch changes nothing".to_owned());
    }
    if patch.classify(Some(patched)).state != FileState::Applied {
        return Err("the edits are not found in the patched file".to_owned());
    }
    match patch.apply(Some(patched)) {
        Ok(again) if again.changes.is_empty() && again.bytes == patched => {}
        Ok(_) => return Err("applying again changes the patched file".to_owned()),
        Err(error) => return Err(format!("applying again fails: {error}")),
    }
    let undone = undo(patched, &application.changes);
    if undone.as_deref() != Some(original.unwrap_or_default()) {
        return Err("undoing it does not give the original bytes".to_owned());
    }
    let (old, new) = (endings(original.unwrap_or_default()), endings(patched));
    if !old.is_empty() && new.iter().any(|ending| !old.contains(ending)) {
        return Err("the patched file has line endings that the original does not have".to_owned());
    }
    Ok(())
}

/// Checks of bad edits that taking them out gives the original bytes, with the line endings of either system.
pub(crate) fn prove_repair(
    edits: &FileEdits,
    original: Option<&[u8]>,
    application: &Application,
) -> Result<(), String> {
    if !edits.repairs {
        return Ok(());
    }
    let original = original.unwrap_or_default();
    if edits.compiled.without(&application.bytes).as_deref() != Some(original) {
        return Err("taking the edit out does not give the original bytes".to_owned());
    }
    let other = with_other_endings(original);
    let made = edits.compiled.apply(Some(&other));
    let back = made
        .ok()
        .and_then(|made| edits.compiled.without(&made.bytes));
    if back.as_deref() == Some(&other) {
        Ok(())
    } else {
        Err(
            "with other line endings, taking the edit out does not give the original bytes"
                .to_owned(),
        )
    }
}

/// The same text as the other kind of system has it.
fn with_other_endings(text: &[u8]) -> Vec<u8> {
    let is_crlf = text.windows(2).any(|pair| pair == b"\r\n");
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let lines = lines.flat_map(|line| match line {
        [rest @ .., b'\r', b'\n'] if is_crlf => [rest, b"\n".as_slice()].concat(),
        [rest @ .., b'\n'] if !is_crlf => [rest, b"\r\n".as_slice()].concat(),
        line => line.to_vec(),
    });
    lines.collect()
}

/// The kinds of line endings that a file has.
fn endings(bytes: &[u8]) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        let ending = match byte {
            b'\r' if rest.next_if_eq(&b'\n').is_some() => "\r\n",
            b'\r' => "\r",
            b'\n' => "\n",
            _ => continue,
        };
        if !found.contains(&ending) {
            found.push(ending);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use torch_patch_edit::{Anchor, Change, Edit, Verb};

    use super::*;

    const ORIGINAL: &[u8] = b"x = 1\r\ny = 2\r\n";

    fn patch() -> FilePatch {
        let edit = Edit::new(Verb::InsertAfter {
            anchor: Anchor::Lines("x = 1".to_owned()),
            text: "z = 3".to_owned(),
        });
        FilePatch::compile("a.py", &[edit]).unwrap()
    }

    fn proven(application: &Application) -> Result<(), String> {
        prove(&patch(), Some(ORIGINAL), application)
    }

    #[test]
    fn what_the_engine_does_is_proven() {
        let application = patch().apply(Some(ORIGINAL)).unwrap();
        assert_eq!(proven(&application), Ok(()));
    }

    #[test]
    fn each_promise_is_checked() {
        let good = patch().apply(Some(ORIGINAL)).unwrap();
        let nothing = Application {
            bytes: ORIGINAL.to_vec(),
            changes: Vec::new(),
        };
        assert_eq!(proven(&nothing).unwrap_err(), "the patch changes nothing");
        let elsewhere = Application {
            bytes: b"x = 1\r\ny = 2\r\nz = 3\r\n".to_vec(),
            ..good.clone()
        };
        assert!(proven(&elsewhere).unwrap_err().contains("are not found"));
        let lossy = Application {
            changes: vec![Change {
                removed: b"lost".to_vec(),
                ..good.changes[0].clone()
            }],
            ..good.clone()
        };
        assert!(proven(&lossy).unwrap_err().contains("undoing"));
        let unix = Application {
            bytes: b"x = 1\r\nz = 3\ny = 2\r\n".to_vec(),
            changes: vec![Change {
                inserted: b"z = 3\n".to_vec(),
                ..good.changes[0].clone()
            }],
        };
        assert!(proven(&unix).unwrap_err().contains("line endings"));
    }
}
