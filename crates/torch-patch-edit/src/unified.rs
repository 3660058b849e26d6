//! Unified diffs read back: which files they change, and what they make of them.
//!
//! A hunk belongs where its header says and nowhere else: it is never moved, and none of its lines is
//! passed over. What does not fit is an error that says where it would.

mod parse;
mod put;

use std::fmt;

pub use parse::read_diff;

/// The changes of one file in a unified diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDiff {
    /// The name on the old side; `None`: the file is new.
    pub old: Option<String>,
    /// The name on the new side; `None`: the file is removed.
    pub new: Option<String>,
    /// The line of the diff that names it, from 1.
    pub line: usize,
    hunks: Vec<Hunk>,
}

/// Lines that take the place of others.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hunk {
    /// The first line of the old side, from 1; the line before it if there is none.
    old: usize,
    /// The first line of the new side.
    new: usize,
    /// Where it stands in the diff, from 1.
    line: usize,
    lines: Vec<Line>,
}

/// A line of a hunk.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    side: Side,
    /// Without the `\n` of the diff itself; a `\r` before it belongs to the file.
    text: Vec<u8>,
    /// Whether the file ends here without a line ending.
    is_open: bool,
}

/// The side that a line is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Both,
    Old,
    New,
}

/// Which way a diff is put on a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the old side to the new one.
    Forward,
    /// From the new side to the old one.
    Backward,
}

/// What is wrong with a diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffError {
    /// The line of the diff, from 1.
    pub line: usize,
    /// What is wrong.
    pub kind: DiffErrorKind,
}

/// What is wrong with a diff.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiffErrorKind {
    /// There is no unified diff in it.
    NoDiff,
    /// The counts of a hunk do not fit its lines.
    Counts,
    /// A line of a hunk begins with none of ` `, `-`, `+` and `\`.
    BadLine,
    /// The name of a file is not UTF-8.
    BadName,
    /// It says of a file what is no change of its lines.
    Unsupported {
        /// What it says, such as `binary files differ`.
        what: &'static str,
    },
    /// The file is in the diff before.
    Repeated,
    /// A hunk begins before the end of the one before it.
    Order,
    /// A hunk does not fit the file where it says.
    Mismatch(Box<Mismatch>),
}

/// A hunk that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Which hunk of the file, from 1.
    pub hunk: usize,
    /// The line of the file, from 1.
    pub line: usize,
    /// What the diff says is there; `None`: nothing, and the line is beyond the end of the file.
    pub expected: Option<String>,
    /// What is there; `None`: the end of the file.
    pub found: Option<String>,
    /// Where all its lines are, if they are in one other place.
    pub elsewhere: Option<usize>,
}

impl fmt::Display for DiffErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDiff => {
                f.write_str("expected a unified diff, with lines `--- FILE` and `+++ FILE`")
            }
            Self::Counts => f.write_str("the hunk has not as many lines as its header says"),
            Self::BadLine => f.write_str(
                "expected a line of a hunk, which begins with a space, `-`, `+` or `\\`",
            ),
            Self::Repeated => f.write_str("the file is in the diff twice"),
            Self::Order => f.write_str("the hunk begins before the end of the one before it"),
            Self::BadName => f.write_str("the name of the file is not UTF-8"),
            Self::Unsupported { what } => write!(f, "{what}, which is no change of lines"),
            Self::Mismatch(mismatch) => mismatch.fmt(f),
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hunk, line, .. } = self;
        match (&self.expected, &self.found) {
            (Some(expected), Some(found)) => write!(
                f,
                "hunk {hunk} does not fit line {line} of the file, expected `{expected}`, found `{found}`"
            ),
            (Some(expected), None) => write!(
                f,
                "hunk {hunk} does not fit line {line} of the file, expected `{expected}`, found the end of the file"
            ),
            (None, _) => write!(
                f,
                "hunk {hunk} begins at line {line} of the file, which is beyond its end"
            ),
        }
    }
}

impl fmt::Display for DiffError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of the diff: {}", self.line, self.kind)
    }
}

impl std::error::Error for DiffError {}

impl FileDiff {
    /// Whether the file is new.
    #[must_use]
    pub fn creates(&self) -> bool {
        self.old.is_none()
    }

    /// Whether the old side has no lines: the file is new, or it was empty.
    #[must_use]
    pub fn begins_empty(&self) -> bool {
        let is_empty =
            |hunk: &Hunk| hunk.old == 0 && hunk.lines.iter().all(|line| line.side == Side::New);
        self.hunks.len() == 1 && self.hunks.iter().all(is_empty)
    }

    /// The names that the file may go by, the likeliest first.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let both = [&self.new, &self.old].into_iter().flatten();
        let mut names: Vec<&str> = both.map(String::as_str).collect();
        names.dedup();
        names
    }
}
