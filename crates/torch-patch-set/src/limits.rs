//! How large a patch file and its parts may be, so that a hostile one costs little time and memory.

/// The most bytes a patch file may have.
pub const FILE: usize = 1 << 20;
/// Variants of a patch.
pub(crate) const VARIANTS: usize = 100;
/// Edits of all variants of a patch.
pub(crate) const EDITS: usize = 1000;
/// Entries of one list.
pub(crate) const ENTRIES: usize = 100;
/// Regular expressions of a patch.
pub(crate) const REGEXES: usize = 100;
/// Characters of a regular expression.
pub(crate) const REGEX: usize = 1000;
/// Bytes that a regular expression may take once it is compiled.
pub(crate) const REGEX_SIZE: usize = 2 << 20;
/// Clauses of a range of versions.
pub(crate) const CLAUSES: usize = 20;
/// Bytes of the path of a file: with a site-packages directory before it, it has to fit into Windows' 260.
pub(crate) const PATH: usize = 200;
/// Characters of an id or a name of a distribution.
pub(crate) const NAME: usize = 100;
/// Characters of the text of an error.
pub(crate) const SYMPTOM: usize = 300;
/// Letters and digits that such a text has at least: fewer stand in any traceback.
pub(crate) const SYMPTOM_LETTERS: usize = 12;
/// Characters of a value that a message quotes.
pub(crate) const QUOTED: usize = 80;
/// Characters of a line that a message shows.
pub(crate) const EXCERPT: usize = 160;
