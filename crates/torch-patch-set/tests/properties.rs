//! Whatever the bytes are, reading them ends with a patch or with an error that can be shown.

use proptest::prelude::*;
use torch_patch_set::{Origin, Patch};

use crate::files::cases;

/// Valid files with a piece cut out, doubled, or replaced by another.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let files: Vec<Vec<u8>> = cases("valid").into_iter().map(|(_, bytes)| bytes).collect();
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..8),
        "[\\[\\]{}=\"'.,\\n 0-9a-z-]{0,12}".prop_map(String::into_bytes),
        Just(b"\"\"\"".to_vec()),
        Just("\u{feff}\u{202e}é\r\n".as_bytes().to_vec()),
    ];
    let cut = (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        piece,
    );
    (
        prop::sample::select(files),
        prop::collection::vec(cut, 1..4),
    )
        .prop_map(|(mut bytes, cuts)| {
            for (at, length, piece) in cuts {
                let start = at.index(bytes.len() + 1);
                let end = start + length.index((bytes.len() - start).min(40) + 1);
                bytes.splice(start..end, piece);
            }
            bytes
        })
}

fn reads(bytes: &[u8]) -> Result<(), TestCaseError> {
    match Patch::parse(bytes, Origin::BuiltIn) {
        Ok(patch) => prop_assert_eq!(patch.source().as_bytes(), bytes),
        Err(error) => {
            prop_assert!(!error.causes().is_empty() && error.details().is_object());
            if let Some(place) = error.place() {
                let lines = bytes.split(|&byte| byte == b'\n').count();
                prop_assert!(
                    (1..=lines).contains(&place.line) && place.column > 0 && place.width > 0
                );
                prop_assert!(error.excerpt().lines().count() == 3, "{}", error.excerpt());
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        reads(&bytes)?;
    }

    #[test]
    fn any_text_is_read_without_panic(text in "(format = 1\n)?[a-z\\[\\]{}=\"'\\n .é\u{202e}0-9-]{0,120}") {
        reads(text.as_bytes())?;
    }

    #[test]
    fn mutated_files_are_read_without_panic(bytes in mutated()) {
        reads(&bytes)?;
    }
}
