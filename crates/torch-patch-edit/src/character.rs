//! Which characters the text of an edit may have.

/// Whether a terminal or an editor shows the character instead of obeying it: no control characters
/// but tab and newline, and none that changes the direction of writing (see
/// [UTS 55](https://www.unicode.org/reports/tr55/), "source code spoofing").
#[must_use]
pub fn is_plain(character: char) -> bool {
    let is_control = character.is_control() && !matches!(character, '\t' | '\n');
    !is_control && !is_bidi(character)
}

/// Whether the character changes the direction of writing without being seen.
#[must_use]
pub fn is_bidi(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_not_plain() {
        for plain in ['a', ' ', '\t', '\n', '"', 'é', '字', '\u{feff}'] {
            assert!(is_plain(plain), "{plain:?}");
        }
        for odd in [
            '\0', '\r', '\u{c}', '\u{1b}', '\u{7f}', '\u{85}', '\u{202e}',
        ] {
            assert!(!is_plain(odd), "{odd:?}");
        }
        assert!(is_bidi('\u{202e}') && !is_bidi('\0'));
    }
}
