//! Any bytes as a patch file: nothing panics, neither reading it nor applying what it says to bytes
//! taken from the same input.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use torch_patch_set::{Action, Origin, Patch};

/// Separates the patch file from the bytes that it is applied to.
const SEPARATOR: &[u8] = b"\n# --- file ---\n";

fuzz_target!(|data: &[u8]| -> Corpus {
    let at = data
        .windows(SEPARATOR.len())
        .position(|window| window == SEPARATOR);
    let (source, file) = match at {
        Some(at) => (&data[..at], &data[at + SEPARATOR.len()..]),
        None => (data, data),
    };
    let patch = match Patch::parse(source, Origin::BuiltIn) {
        Ok(patch) => patch,
        Err(error) => {
            let _ = (error.to_string(), error.hints(), error.place());
            return Corpus::Keep;
        }
    };
    assert_eq!(patch.source().as_bytes(), source);
    for variant in &patch.variants {
        let Action::Edits(files) = &variant.action else {
            continue;
        };
        for edits in files {
            let _ = edits.compiled.classify(Some(file));
            if let Ok(applied) = edits.compiled.apply(Some(file)) {
                let undone = torch_patch_edit::undo(&applied.bytes, &applied.changes);
                assert_eq!(undone.as_deref(), Some(file));
            }
        }
    }
    Corpus::Keep
});
