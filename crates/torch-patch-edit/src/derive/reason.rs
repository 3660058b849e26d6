//! Why no edits lead from one content to another.

use std::fmt;

use similar::DiffTag;

use crate::block::{LEVEL, Unit};
use crate::character::is_plain;
use crate::document::UnreadableKind;
use crate::operations::{Algorithm, operations};
use crate::syntax::SyntaxBroken;

use super::Derivation;
use super::hunk::Hunk;

/// A change that no edit can express.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Underivable {
    /// The physical line of the edited file, from 1.
    pub line: usize,
    /// Why not.
    pub kind: UnderivableKind,
}

/// Why a change cannot be expressed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnderivableKind {
    /// The file was removed.
    Removed,
    /// One of the contents cannot be read as text.
    Unreadable(UnreadableKind),
    /// A byte order mark was put in or taken out.
    ByteOrderMark,
    /// A changed line is not UTF-8.
    NotUtf8,
    /// A changed line has a character that a patch file may not have.
    Character {
        /// The character.
        found: char,
    },
    /// Line endings were changed in lines that are the same otherwise.
    LineEndings {
        /// The ending that the line had.
        expected: &'static str,
        /// The one that it has now.
        found: &'static str,
        /// In how many lines.
        lines: usize,
    },
    /// A line that was put in ends in another way than its neighbours.
    OtherEnding {
        /// The ending of the neighbours.
        expected: &'static str,
        /// The one that it has.
        found: &'static str,
    },
    /// The line ending at the end of the file was put in or taken out.
    FinalEnding,
    /// A changed line has white space at its end.
    TrailingSpace,
    /// A changed line is indented by spaces where the file has tabs.
    Indentation,
    /// Only comments or blank lines changed, and nothing stands on one side of them that could be an
    /// anchor.
    NoStatement,
    /// The edited file does not parse, and the pristine one does.
    Syntax(SyntaxBroken),
    /// No anchor tells the place from others.
    NoAnchor,
}

impl fmt::Display for UnderivableKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Removed => f.write_str("the file was removed, and a patch removes no files"),
            Self::Unreadable(UnreadableKind::TooLarge { size }) => {
                write!(f, "the file has {size} bytes, which is more than 4 GiB")
            }
            Self::Unreadable(UnreadableKind::Encoding { name }) => {
                write!(f, "the file is declared as `{name}`, in which it cannot be searched")
            }
            Self::ByteOrderMark => {
                f.write_str("the byte order mark at the start was put in or taken out, and a patch keeps it as it is")
            }
            Self::NotUtf8 => f.write_str("the changed line is not UTF-8, and a patch file is"),
            Self::Character { found } => write!(
                f,
                "the changed line has the character U+{:04X}, which a patch file may not have",
                u32::from(*found)
            ),
            Self::LineEndings {
                expected,
                found,
                lines: 1,
            } => write!(
                f,
                "the line ending was rewritten, expected {expected}, found {found}; a patch keeps it as it is"
            ),
            Self::LineEndings {
                expected,
                found,
                lines,
            } => write!(
                f,
                "{lines} line endings were rewritten, expected {expected}, found {found}; a patch keeps them as they are"
            ),
            Self::OtherEnding { expected, found } => write!(
                f,
                "the changed line ends with {found}, expected {expected} as the lines beside it; a patch writes no other"
            ),
            Self::FinalEnding => f.write_str(
                "the line ending at the end of the file was put in or taken out, and a patch keeps the end as it is",
            ),
            Self::TrailingSpace => {
                f.write_str("the changed line has white space at its end, which a patch does not write")
            }
            Self::Indentation => f.write_str(
                "the changed line is indented by spaces where the file has tabs, and a patch writes tabs there",
            ),
            Self::NoStatement => f.write_str(
                "only comments or blank lines before the first or after the last statement were changed, and anchors are statements",
            ),
            Self::Syntax(broken) => write!(
                f,
                "the edited file does not parse: {}: `{}`",
                broken.reason,
                broken.text.trim()
            ),
            Self::NoAnchor => f.write_str("no anchor was found that tells this place from others"),
        }
    }
}

impl fmt::Display for Underivable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.kind)
    }
}

impl std::error::Error for Underivable {}

/// The content of a new file as the text of an edit.
pub(super) fn created_text(bytes: &[u8]) -> Result<String, Underivable> {
    for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let text = line.strip_suffix(b"\r");
        let kind = match text {
            Some(_) => Some(UnderivableKind::OtherEnding {
                expected: "LF",
                found: "CRLF",
            }),
            None => unwritable(line),
        };
        if let Some(kind) = kind {
            let line = index + 1;
            return Err(Underivable { line, kind });
        }
    }
    let text = String::from_utf8_lossy(bytes);
    // One line ending at the start of a text is not part of it.
    let lead = if text.starts_with('\n') { "\n" } else { "" };
    Ok(format!("{lead}{text}"))
}

/// What in a line no patch file can say.
fn unwritable(line: &[u8]) -> Option<UnderivableKind> {
    let Ok(text) = std::str::from_utf8(line) else {
        return Some(UnderivableKind::NotUtf8);
    };
    let found = text.chars().find(|&character| !is_plain(character))?;
    Some(UnderivableKind::Character { found })
}

fn named(ending: &[u8]) -> &'static str {
    match ending {
        b"\r\n" => "CRLF",
        b"\n" => "LF",
        b"\r" => "CR",
        _ => "no line ending",
    }
}

impl Derivation<'_> {
    /// Line endings that changed where nothing else did, also at the end of the file.
    pub(super) fn rewritten_endings(&self, hunks: &[Hunk]) -> Option<Underivable> {
        let rewritten = self.with_other_ending(hunks);
        if let Some(&(old, new)) = rewritten.first() {
            let kind = UnderivableKind::LineEndings {
                expected: named(self.old_lines.ending(old)),
                found: named(self.new_lines.ending(new)),
                lines: rewritten.len(),
            };
            return Some(Underivable {
                line: new + 1,
                kind,
            });
        }
        let is_ended = |lines: &super::Lines<'_>| {
            lines.len() == 0 || !lines.ending(lines.len() - 1).is_empty()
        };
        (is_ended(&self.old_lines) != is_ended(&self.new_lines)).then(|| Underivable {
            line: self.new_lines.len().max(1),
            kind: UnderivableKind::FinalEnding,
        })
    }

    /// The lines, old and new, of which only the ending is another one.
    fn with_other_ending(&self, hunks: &[Hunk]) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        for hunk in hunks {
            let (old, new) = (
                self.old_lines.texts(&hunk.old),
                self.new_lines.texts(&hunk.new),
            );
            for op in operations(Algorithm::Patience, &old, &new) {
                if op.tag() == DiffTag::Equal {
                    let old = op.old_range().map(|line| hunk.old.start + line);
                    pairs.extend(old.zip(op.new_range().map(|line| hunk.new.start + line)));
                }
            }
        }
        pairs.retain(|&(old, new)| {
            let (before, after) = (self.old_lines.ending(old), self.new_lines.ending(new));
            before != after && !before.is_empty() && !after.is_empty()
        });
        pairs
    }

    /// What in a hunk no patch file can say, wherever it stands.
    pub(super) fn unwritable(&self, hunk: &Hunk) -> Option<Underivable> {
        hunk.new.clone().find_map(|line| {
            let kind = unwritable(self.new_lines.text(line))?;
            let line = line + 1;
            Some(Underivable { line, kind })
        })
    }

    /// Why no edit was found for a hunk.
    pub(super) fn reason(&self, hunk: &Hunk) -> Underivable {
        let at = |line: usize, kind| Underivable {
            line: line + 1,
            kind,
        };
        let beside = hunk.old.start.min(self.old_lines.len().saturating_sub(1));
        let expected = if self.old_lines.len() == 0 {
            &b"\n"[..]
        } else {
            self.old_lines.ending(beside)
        };
        for line in hunk.new.clone() {
            let found = self.new_lines.ending(line);
            if found != expected && !found.is_empty() && !expected.is_empty() {
                let (expected, found) = (named(expected), named(found));
                return at(line, UnderivableKind::OtherEnding { expected, found });
            }
        }
        for line in hunk.new.clone() {
            let text = self.new_lines.text(line);
            if matches!(text.last(), Some(b' ' | b'\t')) {
                return at(line, UnderivableKind::TrailingSpace);
            }
            if self.is_spaced(text) {
                return at(line, UnderivableKind::Indentation);
            }
        }
        let touched = self.old_lines.touched(&hunk.old);
        let is_outside = touched.is_empty()
            && (touched.start == 0 || touched.start == self.old_lines.logical_count());
        let kind = if self.old.language.is_python() && is_outside {
            UnderivableKind::NoStatement
        } else {
            UnderivableKind::NoAnchor
        };
        at(hunk.new.start, kind)
    }

    /// Whether a line is indented by a level of spaces, where a level is a tab.
    fn is_spaced(&self, line: &[u8]) -> bool {
        let indent = &line[..line.len() - line.trim_ascii_start().len()];
        let tabs = indent.iter().take_while(|&&byte| byte == b'\t').count();
        let spaces = indent.len() - tabs;
        spaces >= LEVEL && self.old.unit(&indent[..tabs]) == Unit::Tab
    }
}
