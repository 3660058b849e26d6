//! Which characters the texts of a patch file may have.

use crate::error_kind::FormatErrorKind;
use crate::limits::QUOTED;

/// Refuses characters that a terminal or an editor obeys instead of showing them: control characters except for tab
/// and newline, and those that change the direction of writing (see
/// [UTS 55](https://www.unicode.org/reports/tr55/), "source code spoofing").
pub(crate) fn check_text(text: &str) -> Result<(), FormatErrorKind> {
    let is_bad = |&character: &char| {
        character.is_control() && !matches!(character, '\t' | '\n') || is_bidi(character)
    };
    match text.chars().find(is_bad) {
        Some(found) => Err(FormatErrorKind::Character { found }),
        None => Ok(()),
    }
}

/// The text in backticks, cut to what a message has room for, with escapes for what cannot be seen.
pub(crate) fn quoted(text: &str) -> String {
    if text.is_empty() {
        return "an empty text".to_owned();
    }
    let shown: String = text.chars().take(QUOTED).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    format!("`{}{more}`", shown.escape_debug())
}

/// Whether the character changes the direction of writing without being seen.
pub(crate) fn is_bidi(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
