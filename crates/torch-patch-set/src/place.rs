//! A place in a patch file, and how a message shows it.

use std::ops::Range;

use torch_patch_edit::is_bidi;

use crate::limits::EXCERPT;

const BYTE_ORDER_MARK: char = '\u{feff}';

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
    /// Looks up where a span of bytes starts and how much of that line it covers.
    #[must_use]
    pub fn of(text: &str, span: &Range<usize>) -> Self {
        let mut start = span.start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let mut line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        if text[line_start..start].starts_with(BYTE_ORDER_MARK) {
            line_start += BYTE_ORDER_MARK.len_utf8();
        }
        let line_end = text[start..]
            .find('\n')
            .map_or(text.len(), |length| start + length);
        let mut end = span.end.clamp(start, line_end);
        while !text.is_char_boundary(end) {
            end += 1;
        }
        Self {
            line: text[..start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            text: text[line_start..line_end]
                .trim_start_matches(BYTE_ORDER_MARK)
                .trim_end_matches('\r')
                .to_owned(),
            width: text[start..end].chars().count().max(1),
        }
    }

    /// The line under its number, cut to what fits, with carets.
    #[must_use]
    pub fn excerpt(&self) -> String {
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
