//! What an edit is: one anchored change in one file, as plain data.
//!
//! Nothing here looks at a file. [`FilePatch::compile`](crate::FilePatch::compile) checks the
//! values and turns them into something that can be searched for.

/// One anchored change in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is done at the anchor.
    pub verb: Verb,
    /// The part of the file in which the anchor is looked for; `None` is the whole file.
    pub within: Option<Scope>,
    /// Surrounding lines that tell equal lines apart.
    pub near: Near,
    /// How often the anchor has to match.
    pub expect: Expect,
    /// Forms in which people make this edit by hand; finding one at the anchor classifies the edit
    /// as applied by hand.
    pub by_hand: Vec<String>,
}

impl Edit {
    /// An edit without scope, neighbours or hand-made forms, whose anchor matches once.
    #[must_use]
    pub fn new(verb: Verb) -> Self {
        Self {
            verb,
            within: None,
            near: Near::default(),
            expect: Expect::default(),
            by_hand: Vec::new(),
        }
    }
}

/// What an edit does at its anchor.
///
/// Every `text` may be several lines; its own indentation is relative to the anchor line, with four
/// spaces or one tab for a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// Puts `text` on the lines after the anchor.
    InsertAfter {
        /// Where.
        anchor: Anchor,
        /// What is put there.
        text: String,
    },
    /// Puts `text` on the lines before the anchor.
    InsertBefore {
        /// Where.
        anchor: Anchor,
        /// What is put there.
        text: String,
    },
    /// Puts `with` in the place of the lines (of a regex anchor: of the matched part of the line).
    Replace {
        /// What goes.
        range: AnchorRange,
        /// What comes; of a regex anchor, `$name` stands for a group and `$$` for a dollar.
        with: String,
    },
    /// Takes the lines out.
    Delete {
        /// What goes.
        range: AnchorRange,
    },
    /// Turns the lines into comments.
    CommentOut {
        /// What becomes a comment.
        range: AnchorRange,
    },
    /// Indents the lines by one level under `header`, followed by `footer`.
    Wrap {
        /// What is wrapped.
        range: AnchorRange,
        /// Lines put before, such as `try:`.
        header: String,
        /// Lines put after, such as `except OSError:` with its body; may be empty.
        footer: String,
    },
    /// Adds a keyword argument to the call in the matched line.
    Argument {
        /// `name=value`.
        argument: String,
        /// The line with the call.
        call: Anchor,
    },
    /// Ensures a module-level import, after the docstring and `__future__` imports.
    Import {
        /// One `import …` or `from … import …` statement.
        statement: String,
    },
    /// Puts `text` at the end of the file.
    Append {
        /// What is put there.
        text: String,
    },
    /// Makes a new file.
    Create {
        /// The whole content, with `\n` line endings.
        text: String,
    },
}

impl Verb {
    /// The key that names this verb in a patch file.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::InsertAfter { .. } => "after",
            Self::InsertBefore { .. } => "before",
            Self::Replace { .. } => "replace",
            Self::Delete { .. } => "delete",
            Self::CommentOut { .. } => "comment-out",
            Self::Wrap { .. } => "wrap",
            Self::Argument { .. } => "argument",
            Self::Import { .. } => "import",
            Self::Append { .. } => "append",
            Self::Create { .. } => "create",
        }
    }
}

/// A run of lines: the anchor alone, or from the anchor up to and including the first line after it
/// that matches `until`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorRange {
    /// The first line or lines.
    pub anchor: Anchor,
    /// The last line or lines, which belong to the range.
    pub until: Option<Anchor>,
}

impl From<Anchor> for AnchorRange {
    fn from(anchor: Anchor) -> Self {
        Self {
            anchor,
            until: None,
        }
    }
}

/// Where an edit takes place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// One or more consecutive lines: logical lines in Python, where `...` stands for any run of
    /// tokens with balanced brackets; whole physical lines in other text, where `...` stands for
    /// any characters.
    Lines(String),
    /// A regular expression searched for in each physical line.
    Regex(String),
    /// Spellings of which the first that occurs counts.
    AnyOf(Vec<String>),
}

/// The part of a file in which an anchor is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// A path of Python definitions, such as `def f`, `class C` or `class C > def m`: decorators,
    /// header and body.
    Python(String),
    /// From a line up to and including the first line after it that matches `to`.
    Between {
        /// The first line.
        from: String,
        /// The last line.
        to: String,
    },
}

/// Lines around an anchor that tell it from equal ones.
///
/// A match counts when the `after` line stands between the previous equal match (or the start of
/// the scope) and it, and the `before` line between it and the next equal match (or the end).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Near {
    /// A line that the anchor comes after.
    pub after: Option<String>,
    /// A line that the anchor comes before.
    pub before: Option<String>,
}

impl Near {
    /// Whether nothing is asked of the surrounding lines.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.after.is_none() && self.before.is_none()
    }
}

/// How often an anchor has to match, and which of the matches are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// This many matches, all changed.
    Exactly(usize),
    /// At least one match, all changed.
    All,
    /// `of` matches, of which only number `index` (from 1) is changed.
    Occurrence {
        /// Which one, from 1.
        index: usize,
        /// How many there have to be.
        of: usize,
    },
}

impl Default for Expect {
    fn default() -> Self {
        Self::Exactly(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_on_either_side_is_asked_for() {
        let line = || Some("a".to_owned());
        for (after, before, asks) in [
            (None, None, false),
            (line(), None, true),
            (None, line(), true),
            (line(), line(), true),
        ] {
            assert_eq!(Near { after, before }.is_empty(), !asks);
        }
    }
}
