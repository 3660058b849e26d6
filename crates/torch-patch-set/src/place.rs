//! A place in a patch file, and how a message shows it.

use torch_patch_edit::is_bidi;

use crate::limits::EXCERPT;

/// A place in a patch file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters from 1.
    pub column: usize,
    /// The whole line, without its ending.
    pub text: String,
    /// How many characters of the line are meant, at least 1.
    pub width: usize,
}

impl Place {
    /// The line under its number, cut to what fits, with carets.
    pub(crate) fn excerpt(&self) -> String {
        let (shown, before) = self.shown();
        let width = self
            .width
            .min(shown.chars().count().saturating_sub(before))
            .max(1);
        let is_tab = |letter: char| if letter == '\t' { '\t' } else { ' ' };
        let blanks: String = shown.chars().take(before).map(is_tab).collect();
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let line = format!("{number} | {shown}");
        format!(
            "{margin} |\n{}\n{margin} | {blanks}{}",
            line.trim_end(),
            "^".repeat(width)
        )
    }

    /// The part of the line that a message has room for, and how much of it stands before what is meant.
    pub(crate) fn shown(&self) -> (String, usize) {
        let start = if self.column > EXCERPT / 2 {
            self.column - EXCERPT / 4
        } else {
            0
        };
        let letters: Vec<char> = self.text.chars().skip(start).collect();
        let mut shown: String = letters.iter().take(EXCERPT).copied().map(visible).collect();
        if letters.len() > EXCERPT {
            shown.push('…');
        }
        match start {
            0 => (shown, self.column - 1),
            _ => (format!("…{shown}"), self.column - start),
        }
    }
}

/// A character as it may be shown: one that a terminal obeys or that hides others gives way to a replacement.
fn visible(character: char) -> char {
    let is_hidden = character.is_control() && character != '\t' || is_bidi(character);
    if is_hidden { '\u{fffd}' } else { character }
}
