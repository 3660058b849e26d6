//! What can be wrong with a patch file, in words and as evidence.

use std::fmt;

use serde_json::{Value, json};
use torch_patch_edit::CompileErrorKind;

use crate::nearest::nearest;
use crate::origin::Origin;
use crate::text::quoted;
use crate::version_range::RangeError;

/// What is wrong with a patch file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormatErrorKind {
    /// The file has more bytes than a patch file may have.
    TooLarge {
        /// The bytes it has.
        size: usize,
        /// The bytes it may have.
        limit: usize,
    },
    /// The file is not UTF-8.
    NotUtf8,
    /// The file is not TOML; these are the parser's words.
    Syntax(String),
    /// The file says it is written for a later version of the format.
    NewerFormat {
        /// The version it gives.
        found: i64,
    },
    /// There is no such key here.
    UnknownKey {
        /// The key.
        found: String,
        /// The keys there are.
        expected: Vec<String>,
    },
    /// A key that has to be there is not.
    MissingKey {
        /// The key.
        key: &'static str,
        /// The table it belongs to.
        table: &'static str,
    },
    /// A value is of the wrong type, or none of those that are allowed.
    Value {
        /// What is allowed.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A word is none of those that are allowed.
    Word {
        /// What is allowed.
        expected: Vec<String>,
        /// What is there.
        found: String,
    },
    /// A text that must not be empty is.
    Empty,
    /// A text has a character that could hide something.
    Character {
        /// The character.
        found: char,
    },
    /// A text has more characters than it may have.
    TooLong {
        /// The characters it has.
        found: usize,
        /// The characters it may have.
        limit: usize,
    },
    /// There is more of something than a patch may have.
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        found: usize,
        /// How much there may be.
        limit: usize,
    },
    /// A list has the same entry twice.
    Repeated {
        /// The entry.
        found: String,
    },
    /// A patch requires itself or excludes itself.
    Itself,
    /// A patch requires a patch that it excludes.
    RequiredAndExcluded {
        /// The other patch.
        id: String,
    },
    /// An edit does not say what it does.
    NoVerb {
        /// The keys of which one has to be there.
        expected: Vec<String>,
    },
    /// An edit says more than one thing to do.
    SeveralVerbs {
        /// The keys of which only one may be there.
        found: Vec<&'static str>,
    },
    /// A key has no meaning beside the verb of the edit.
    KeyBesideVerb {
        /// The verb.
        verb: &'static str,
        /// The keys that may stand beside it.
        expected: Vec<&'static str>,
    },
    /// A key is missing that the verb of the edit needs.
    MissingBesideVerb {
        /// The verb.
        verb: &'static str,
        /// The key.
        key: &'static str,
    },
    /// A file is not one that a patch may change.
    File {
        /// The path.
        found: String,
        /// The rule that it breaks, as in "has the part `..`".
        rule: String,
    },
    /// Two paths of a variant name the same file on some platforms.
    SameFile {
        /// The path.
        found: String,
        /// The path above it.
        other: String,
    },
    /// A text is not a range of versions.
    Versions {
        /// The text.
        found: String,
        /// Why not.
        reason: RangeError,
    },
    /// Two variants are for the same version.
    Overlap {
        /// The range of the later variant.
        found: String,
        /// The range of the earlier variant.
        other: String,
        /// A version that is in both.
        version: String,
    },
    /// A patch has no variant.
    NoVariant,
    /// A variant has no edits, nor `fixed-upstream` or `unaffected`.
    NoEdits,
    /// A variant has more than one of edits, `fixed-upstream` and `unaffected`.
    SeveralActions,
    /// An edit of a repair does not say exactly what the file was without it.
    Irreversible {
        /// What of it is in the way, in words.
        found: String,
    },
    /// A value of an edit makes no sense, whatever the file.
    Edit(CompileErrorKind),
    /// Another patch has this id.
    SameId {
        /// The id.
        id: String,
        /// Where the other patch came from.
        other: Origin,
    },
}

impl FormatErrorKind {
    pub(crate) fn hint(&self) -> Option<String> {
        let meant = |found: &str, known: &[String]| {
            let nearest = nearest(found, known.iter().map(String::as_str));
            nearest.map(|nearest| format!("did you mean `{nearest}`?"))
        };
        match self {
            Self::UnknownKey { found, expected } | Self::Word { found, expected } => meant(found, expected),
            Self::NewerFormat { .. } => Some("update torch-patch".to_owned()),
            Self::NoEdits => Some(
                "add a `[[variant.edit]]` table, or say where it is fixed with `fixed-upstream`, or why there is no \
                 problem with `unaffected`"
                    .to_owned(),
            ),
            Self::NoVariant => Some("add a `[[variant]]` table with `versions` and its edits".to_owned()),
            Self::SeveralVerbs { .. } => Some("make two `[[variant.edit]]` tables of it".to_owned()),
            Self::File { .. } => Some(
                "a file is named as the distribution's `RECORD` does, such as `torch/distributed/distributed_c10d.py`"
                    .to_owned(),
            ),
            Self::Overlap { .. } => Some("end the one range where the other begins, such as `<2.0` and `>=2.0`".to_owned()),
            Self::Versions { found, reason } => range_hint(found, reason),
            Self::Value { expected, found } if expected == "an array" && found == "a table" => {
                Some("a table in two pairs of brackets, such as `[[variant]]`, is an entry of an array".to_owned())
            }
            Self::Irreversible { .. } => Some(
                "write each bad form out, the commonest as `with` and the others under `by-hand`, and each place as an edit \
                 of its own"
                    .to_owned(),
            ),
            Self::SameId { .. } => Some("leave one of them out, or give it another id".to_owned()),
            Self::Character { .. } => Some("if the target needs it, write it as an escape of the target's own language".to_owned()),
            _ => None,
        }
    }

    /// What is allowed and what is there, where both can be told.
    pub(crate) fn evidence(&self) -> (Value, Value) {
        match self {
            Self::TooLarge { size, limit } => (json!(limit), json!(size)),
            Self::NewerFormat { found } => (json!(1), json!(found)),
            Self::UnknownKey { found, expected } | Self::Word { found, expected } => {
                (json!(expected), json!(found))
            }
            Self::Value { expected, found } => (json!(expected), json!(found)),
            Self::MissingKey { key, .. } | Self::MissingBesideVerb { key, .. } => {
                (json!(key), Value::Null)
            }
            Self::NoVerb { expected } => (json!(expected), Value::Null),
            Self::SeveralVerbs { found } => (Value::Null, json!(found)),
            Self::KeyBesideVerb { expected, .. } => (json!(expected), Value::Null),
            Self::TooLong { found, limit } | Self::TooMany { found, limit, .. } => {
                (json!(limit), json!(found))
            }
            Self::Character { found } => {
                (Value::Null, json!(format!("U+{:04X}", u32::from(*found))))
            }
            Self::Repeated { found }
            | Self::File { found, .. }
            | Self::Irreversible { found }
            | Self::SameFile { found, .. }
            | Self::Versions { found, .. }
            | Self::Overlap { found, .. } => (Value::Null, json!(found)),
            Self::RequiredAndExcluded { id } | Self::SameId { id, .. } => (Value::Null, json!(id)),
            Self::NotUtf8
            | Self::Syntax(_)
            | Self::Empty
            | Self::Itself
            | Self::NoVariant
            | Self::NoEdits
            | Self::SeveralActions
            | Self::Edit(_) => (Value::Null, Value::Null),
        }
    }
}

impl fmt::Display for FormatErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { size, limit } => {
                write!(f, "expected at most {limit} bytes, found {size}")
            }
            Self::NotUtf8 => f.write_str("expected UTF-8, found a byte that is none"),
            Self::Syntax(words) => f.write_str(words),
            Self::NewerFormat { found } => {
                write!(
                    f,
                    "expected format 1, found {found}: the file is for a newer version of torch-patch"
                )
            }
            Self::UnknownKey { found, expected } => {
                write!(
                    f,
                    "unknown key {}, expected {}",
                    quoted(found),
                    one_of(expected)
                )
            }
            Self::MissingKey { key, table } => {
                write!(f, "expected the key `{key}` in {table}, found none")
            }
            Self::Value { expected, found } => write!(f, "expected {expected}, found {found}"),
            Self::Word { expected, found } => {
                write!(f, "expected {}, found {}", one_of(expected), quoted(found))
            }
            Self::Empty => f.write_str("expected some text, found none"),
            Self::Character { found } => {
                write!(
                    f,
                    "expected plain text, found the control character U+{:04X}",
                    u32::from(*found)
                )
            }
            Self::TooLong { found, limit } => {
                write!(f, "expected at most {limit} characters, found {found}")
            }
            Self::TooMany { what, found, limit } => {
                write!(f, "expected at most {limit} {what}, found {found}")
            }
            Self::Repeated { found } => {
                write!(f, "expected each entry once, found {} again", quoted(found))
            }
            Self::Itself => f.write_str("expected the ids of other patches, found the patch's own"),
            Self::RequiredAndExcluded { id } => {
                write!(
                    f,
                    "expected patches that `requires` does not list, found `{id}`"
                )
            }
            Self::NoVerb { expected } => {
                write!(f, "expected {} in the edit, found none", one_of(expected))
            }
            Self::SeveralVerbs { found } => f.write_str(&several_verbs(found)),
            Self::KeyBesideVerb { verb, expected } => f.write_str(&beside_verb(verb, expected)),
            Self::MissingBesideVerb { verb, key } => {
                write!(f, "expected `{key}` beside `{verb}`, found none")
            }
            Self::File { found, rule } => {
                write!(
                    f,
                    "expected a path inside the distribution, found {}, which {rule}",
                    quoted(found)
                )
            }
            Self::SameFile { found, other } => write!(
                f,
                "expected one spelling of each file, found `{found}` beside `{other}`, the same file on some platforms"
            ),
            Self::Versions { found, reason } => {
                write!(
                    f,
                    "expected a range of versions such as `>=1.1,<2`, found {}: {reason}",
                    quoted(found)
                )
            }
            Self::Overlap {
                found,
                other,
                version,
            } => {
                write!(
                    f,
                    "expected ranges without overlap, found {} and {}, which both have {version}",
                    quoted(found),
                    quoted(other)
                )
            }
            Self::NoVariant => f.write_str("expected at least one `[[variant]]`, found none"),
            Self::NoEdits => f.write_str(
                "expected edits, `fixed-upstream` or `unaffected` in the variant, found none of them",
            ),
            Self::SeveralActions => f.write_str(
                "expected one of edits, `fixed-upstream` and `unaffected` in the variant, found more",
            ),
            Self::Irreversible { found } => f.write_str(&irreversible(found)),
            Self::Edit(kind) => kind.fmt(f),
            Self::SameId { id, other } => write!(f, "{other} has the id `{id}` too"),
        }
    }
}

impl std::error::Error for FormatErrorKind {}

fn range_hint(found: &str, reason: &RangeError) -> Option<String> {
    match reason {
        RangeError::Empty => Some("`>=0` takes every version".to_owned()),
        RangeError::Syntax(_) if found.starts_with(|first: char| first.is_ascii_digit()) => {
            let found = quoted(&format!("=={found}"));
            Some(format!("a single version is {found}"))
        }
        _ => None,
    }
}

fn irreversible(found: &str) -> String {
    format!(
        "a repair takes its edits out of a file again: expected `replace` of an exact text, or `after`, `before` or \
         `append`, found {found}"
    )
}

fn several_verbs(found: &[&str]) -> String {
    format!(
        "expected one of {} in the edit, found {}",
        listed(found, "or"),
        listed(found, "and")
    )
}

fn beside_verb(verb: &str, expected: &[&str]) -> String {
    format!(
        "this key has no meaning beside `{verb}`, expected no other than {}",
        listed(expected, "and")
    )
}

fn one_of(words: &[String]) -> String {
    match words {
        [] => "none".to_owned(),
        [only] => format!("`{only}`"),
        several => format!("one of `{}`", several.join("`, `")),
    }
}

fn listed(words: &[&str], conjunction: &str) -> String {
    match words {
        [] => "none".to_owned(),
        [only] => format!("`{only}`"),
        [first @ .., last] => format!("`{}` {conjunction} `{last}`", first.join("`, `")),
    }
}
