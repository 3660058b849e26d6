//! Stands in for the crate [`unicode_names2`](https://docs.rs/unicode_names2), whose tables would be half a megabyte of the
//! program.
//!
//! The parser of Python asks it which character `"\N{LATIN SMALL LETTER A}"` is. Here only whether a file parses is asked
//! for, and never what a string in it holds, so every name counts as that of some character. A name that no character has
//! is a mistake that a patch could bring in without its being noticed; the names and aliases that Python knows and those
//! tables do not are no mistake any more.

/// Returns a character for a name: always the same one, and none for an empty name.
#[must_use]
pub fn character(name: &str) -> Option<char> {
    (!name.trim().is_empty()).then_some(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::character;

    #[test]
    fn any_name_is_one_and_none_is_none() {
        assert!(character("LATIN SMALL LETTER A").is_some());
        assert!(character("line feed").is_some());
        assert!(character("").is_none() && character(" ").is_none());
    }
}
