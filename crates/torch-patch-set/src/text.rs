//! Which characters the texts of a patch file may have.

use torch_patch_edit::is_plain;

use crate::error_kind::FormatErrorKind;
use crate::limits::QUOTED;

/// Refuses characters that a terminal or an editor obeys instead of showing them.
pub(crate) fn check_text(text: &str) -> Result<(), FormatErrorKind> {
    match text.chars().find(|&character| !is_plain(character)) {
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
