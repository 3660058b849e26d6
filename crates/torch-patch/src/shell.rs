//! Words for the command lines that are proposed to people.

/// Returns a text as one word for a shell: as it is, or in quotation marks, which those of Unix and Windows both take.
#[must_use]
pub fn shell_word(text: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./+:\\~".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("\"{text}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::shell_word;

    #[test]
    fn only_what_a_shell_would_take_apart_is_quoted() {
        for plain in ["/opt/venv", "C:\\Tools\\conda", "~/a-b_c.d+e", "用户"] {
            assert_eq!(shell_word(plain), plain);
        }
        for other in ["", "my venv", "a;b", "torch>=2", "(x)"] {
            assert_eq!(shell_word(other), format!("\"{other}\""));
        }
    }
}
