//! Why an edit neither is in a file nor can be put there.

use std::fmt;

use crate::edit::Expect;
use crate::nearmiss::NearMiss;

/// An edit that a file is in conflict with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Which edit of the file, from 0.
    pub edit: usize,
    /// The anchor as it was written.
    pub anchor: String,
    /// The scope in which it was looked for.
    pub scope: Option<String>,
    /// What is wrong.
    pub kind: ConflictKind,
}

/// What is wrong with a file for an edit. Line numbers are of physical lines, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConflictKind {
    /// The anchor matches nowhere.
    Missing {
        /// The nearest lines, best first.
        near: Vec<NearMiss>,
    },
    /// The anchor matches, but not as often as expected.
    Ambiguous {
        /// Where it matches.
        lines: Vec<usize>,
        /// How often it should.
        expect: Expect,
    },
    /// The anchor matches, but no line after it is the end of its range.
    UntilMissing {
        /// Where the anchor matches first.
        line: usize,
        /// The end of the range as it was written.
        until: Box<str>,
        /// The lines nearest to it, best first.
        near: Vec<NearMiss>,
    },
    /// The anchor matches, but never with the surrounding lines of `near`.
    NotNear {
        /// Where it matches.
        lines: Vec<usize>,
    },
    /// The edit is in some of its places and not in others.
    Partial {
        /// Where it is.
        applied: Vec<usize>,
        /// Where it is not.
        pristine: Vec<usize>,
    },
    /// The scope does not exist.
    ScopeMissing {
        /// The nearest lines, best first.
        near: Vec<NearMiss>,
    },
    /// The first line of the scope matches more than once.
    ScopeAmbiguous {
        /// Where it matches.
        lines: Vec<usize>,
    },
    /// The matched line does not have exactly one call to add an argument to.
    Calls {
        /// The line.
        line: usize,
        /// How many calls it has.
        calls: usize,
    },
    /// The call has the argument with another value.
    ArgumentDiffers {
        /// The line of the call.
        line: usize,
        /// The argument as it is there.
        found: String,
    },
    /// Some edits of the file are in it and others are not.
    PartlyApplied {
        /// The edits that are in it, from 0.
        applied: Vec<usize>,
        /// The edits that are not.
        pristine: Vec<usize>,
    },
    /// Once made, the edit would not be found in place: making it again would change the file again.
    NotProven {
        /// What would be found.
        reason: String,
    },
    /// The edit would leave a lone `\r` right before the `\n` of an empty line, and so make one line
    /// ending of two.
    LineEndings {
        /// The line.
        line: usize,
    },
    /// The text has characters that the file's declared encoding writes differently.
    NotAscii,
    /// The file does not exist.
    NoFile,
    /// The file to be created exists with other content.
    FileExists,
    /// The file cannot be read as text.
    Unreadable(crate::document::UnreadableKind),
}

impl ConflictKind {
    /// Whether the anchor or its scope is not there at all.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(
            self,
            Self::Missing { .. }
                | Self::ScopeMissing { .. }
                | Self::NotNear { .. }
                | Self::UntilMissing { .. }
        )
    }

    /// The nearest lines, if any were looked for.
    #[must_use]
    pub fn near_misses(&self) -> &[NearMiss] {
        match self {
            Self::Missing { near }
            | Self::ScopeMissing { near }
            | Self::UntilMissing { near, .. } => near,
            _ => &[],
        }
    }

    /// The lines that the conflict is about.
    #[must_use]
    pub fn lines(&self) -> Vec<usize> {
        match self {
            Self::Ambiguous { lines, .. }
            | Self::NotNear { lines }
            | Self::ScopeAmbiguous { lines } => lines.clone(),
            Self::Partial { applied, pristine } => {
                let mut lines = [applied.as_slice(), pristine.as_slice()].concat();
                lines.sort_unstable();
                lines
            }
            Self::Calls { line, .. }
            | Self::UntilMissing { line, .. }
            | Self::ArgumentDiffers { line, .. }
            | Self::LineEndings { line } => vec![*line],
            Self::Missing { near } | Self::ScopeMissing { near } => {
                near.iter().map(|miss| miss.line).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let anchor = one_line(&self.anchor);
        let within = |f: &mut fmt::Formatter<'_>| match &self.scope {
            Some(scope) => write!(f, " within `{}`", one_line(scope)),
            None => Ok(()),
        };
        match &self.kind {
            ConflictKind::Missing { .. } => {
                write!(f, "anchor `{anchor}` not found")?;
                within(f)
            }
            ConflictKind::Ambiguous { lines, expect } => {
                write!(f, "anchor `{anchor}` matched {}", times(lines.len()))?;
                within(f)?;
                write!(f, ", expected {expect} ({})", Lines(lines))
            }
            ConflictKind::UntilMissing { line, until, .. } => {
                write!(
                    f,
                    "no line after anchor `{anchor}` (line {line}) is `{}`",
                    one_line(until)
                )?;
                within(f)
            }
            ConflictKind::NotNear { lines } => {
                write!(
                    f,
                    "anchor `{anchor}` matched, but not near the lines it should ({})",
                    Lines(lines)
                )
            }
            ConflictKind::Partial { applied, pristine } => {
                let (applied, pristine) = (Lines(applied), Lines(pristine));
                write!(
                    f,
                    "the edit at `{anchor}` is in place at {applied} and missing at {pristine}"
                )
            }
            ConflictKind::ScopeMissing { .. } => {
                write!(
                    f,
                    "scope `{}` of anchor `{anchor}` not found",
                    one_line(self.scope.as_deref().unwrap_or(""))
                )
            }
            ConflictKind::ScopeAmbiguous { lines } => {
                let scope = one_line(self.scope.as_deref().unwrap_or(""));
                write!(
                    f,
                    "scope `{scope}` of anchor `{anchor}` starts {}, expected 1 ({})",
                    times(lines.len()),
                    Lines(lines)
                )
            }
            ConflictKind::Calls { line, calls } => {
                write!(
                    f,
                    "line {line}, matched by `{anchor}`, has {calls} calls, expected 1 to add the argument to"
                )
            }
            ConflictKind::ArgumentDiffers { line, found } => {
                write!(
                    f,
                    "the call on line {line}, matched by `{anchor}`, has `{found}` already"
                )
            }
            ConflictKind::PartlyApplied { applied, pristine } => {
                write!(f, "{} in place, {} not", Edits(applied), Edits(pristine))
            }
            ConflictKind::NotProven { reason } => {
                write!(
                    f,
                    "the edit at `{anchor}` could not be told from what is there already: {reason}"
                )
            }
            ConflictKind::LineEndings { line } => {
                write!(
                    f,
                    "the edit at `{anchor}` would join a lone `\\r` with the `\\n` on line {line}"
                )
            }
            ConflictKind::NotAscii => f.write_str(
                "the text is not ASCII and the file declares an encoding that is not UTF-8",
            ),
            ConflictKind::NoFile => f.write_str("the file does not exist"),
            ConflictKind::FileExists => {
                f.write_str("the file to be created exists with other content")
            }
            ConflictKind::Unreadable(kind) => kind.fmt(f),
        }
    }
}

impl std::error::Error for Conflict {}

impl fmt::Display for crate::document::UnreadableKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { size } => {
                write!(f, "the file has {size} bytes, expected less than 4 GiB")
            }
            Self::Encoding { name } => write!(
                f,
                "the file declares the encoding `{name}`, which is not a superset of ASCII"
            ),
        }
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(count) | Self::Occurrence { of: count, .. } => write!(f, "{count}"),
            Self::All => f.write_str("at least 1"),
        }
    }
}

struct Edits<'a>(&'a [usize]);

impl fmt::Display for Edits<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.0.iter().map(|edit| (edit + 1).to_string()).collect();
        let (noun, verb) = if numbers.len() == 1 {
            ("edit", "is")
        } else {
            ("edits", "are")
        };
        write!(f, "{noun} {} {verb}", numbers.join(" and "))
    }
}

/// `line 3`, `lines 3 and 8`, `lines 1, 2, 3 and 12 more`.
struct Lines<'a>(&'a [usize]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        let numbers: Vec<String> = self.0.iter().take(SHOWN).map(ToString::to_string).collect();
        match numbers.as_slice() {
            [] => f.write_str("no line"),
            [only] => write!(f, "line {only}"),
            all if self.0.len() > SHOWN => write!(
                f,
                "lines {} and {} more",
                all.join(", "),
                self.0.len() - SHOWN
            ),
            [all @ .., last] => write!(f, "lines {} and {last}", all.join(", ")),
        }
    }
}

fn times(count: usize) -> String {
    if count == 1 {
        "1 time".to_owned()
    } else {
        format!("{count} times")
    }
}

/// The first line of an anchor of several.
fn one_line(anchor: &str) -> String {
    match anchor.split_once('\n') {
        Some((first, _)) => format!("{} …", first.trim_end()),
        None => anchor.to_owned(),
    }
}
