//! What can be wrong with an edit itself, and with a file that cannot be read as text.

use std::fmt;

/// An edit whose values make no sense, whatever the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileError {
    /// Which edit of the list, from 0.
    pub edit: usize,
    /// The key of the patch file whose value is wrong.
    pub field: Field,
    /// What is wrong with it.
    pub kind: CompileErrorKind,
}

/// The key of an edit in a patch file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field {
    /// The key of the verb itself: `after`, `replace`, `delete`, …
    Verb(&'static str),
    /// `in`
    In,
    /// `insert`
    Insert,
    /// `with`
    With,
    /// `until`
    Until,
    /// `header`
    Header,
    /// `footer`
    Footer,
    /// `within`
    Within,
    /// `near.after`
    NearAfter,
    /// `near.before`
    NearBefore,
    /// `expect` or `occurrence`
    Expect,
    /// `by-hand`, with the index of its entry
    ByHand(usize),
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Verb(key) => key,
            Self::In => "in",
            Self::Insert => "insert",
            Self::With => "with",
            Self::Until => "until",
            Self::Header => "header",
            Self::Footer => "footer",
            Self::Within => "within",
            Self::NearAfter => "near.after",
            Self::NearBefore => "near.before",
            Self::Expect => "expect",
            Self::ByHand(_) => "by-hand",
        })
    }
}

/// What is wrong with a value of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CompileErrorKind {
    /// The value has no text to look for or to put in.
    Empty,
    /// The anchor holds nothing but `...`, so it would match anywhere.
    OnlyWildcards,
    /// The anchor is not made of Python tokens.
    NotTokens {
        /// The lexer's words.
        reason: String,
    },
    /// The regular expression cannot be compiled.
    Regex {
        /// The compiler's words.
        reason: String,
    },
    /// The regular expression matches the empty string.
    RegexMatchesEmpty,
    /// The replacement names a group that the expression does not have.
    UnknownGroup {
        /// The name.
        name: String,
        /// The groups there are.
        groups: Vec<String>,
    },
    /// A `$` in the replacement that is neither a group nor `$$`.
    StrayDollar,
    /// A scope of Python definitions was asked of a file that is not Python.
    ScopeNeedsPython,
    /// The scope is not a path of `def NAME` and `class NAME`.
    Scope {
        /// What was written.
        found: String,
    },
    /// The verb has no meaning in a file that is not Python.
    VerbNeedsPython,
    /// No comment sign is known for files of this kind.
    NoCommentSign,
    /// The argument is not of the form `name=value`.
    Argument,
    /// The statement is not one import.
    Import,
    /// The verb cannot be combined with this key.
    NotWithVerb {
        /// The key of the verb.
        verb: &'static str,
    },
    /// Nothing in a file tells that this was done by hand.
    NotByHand {
        /// The key of the verb.
        verb: &'static str,
    },
    /// Nothing in a file tells that a line was taken out, unless its neighbours are known.
    DeletionUntold,
    /// The anchor has no call, or several of which none is the one meant.
    NoCall,
    /// The replacement of a regex anchor has several lines.
    SeveralLines,
    /// `create` stands beside other edits of the same file.
    CreateNotAlone,
    /// The number is zero, or the occurrence is greater than what is expected.
    Count,
}

impl fmt::Display for CompileErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the text is empty"),
            Self::OnlyWildcards => f.write_str("the anchor has no token besides `...`, so it would match any line"),
            Self::NotTokens { reason } => write!(f, "expected Python tokens: {reason}"),
            Self::Regex { reason } => write!(f, "expected a regular expression: {reason}"),
            Self::RegexMatchesEmpty => f.write_str("the regular expression matches the empty string"),
            Self::UnknownGroup { name, groups } if groups.is_empty() => {
                write!(f, "unknown group `${name}`: the regular expression has no groups")
            }
            Self::UnknownGroup { name, groups } => {
                write!(f, "unknown group `${name}`, expected one of `${}`", groups.join("`, `$"))
            }
            Self::StrayDollar => f.write_str("a `$` that names no group, expected `$name`, `${name}` or `$$`"),
            Self::ScopeNeedsPython => f.write_str(
                "a scope of Python definitions needs a `.py` or `.pyi` file, expected `{ from = \"…\", to = \"…\" }`",
            ),
            Self::Scope { found } => {
                write!(f, "expected `def NAME`, `class NAME` or a path such as `class C > def m`, found `{found}`")
            }
            Self::VerbNeedsPython => f.write_str("this edit needs a `.py` or `.pyi` file"),
            Self::NoCommentSign => f.write_str("no comment sign is known for files with this ending"),
            Self::Argument => f.write_str("expected `name=value`"),
            Self::Import => f.write_str("expected one statement `import …` or `from … import …`"),
            Self::NotWithVerb { verb } => write!(f, "this key has no meaning beside `{verb}`"),
            Self::NotByHand { verb } => write!(
                f,
                "`{verb}` cannot be told from what a file may have anyway: expected another verb in a `by-hand` table"
            ),
            Self::DeletionUntold => f.write_str(
                "a deletion by hand is told by its neighbours only: expected `near` with the line above as `after` and the \
                 line below as `before`",
            ),
            Self::NoCall => f.write_str("expected an anchor with one call, or with `...` as the arguments of the one that is meant"),
            Self::SeveralLines => f.write_str("the replacement of a regex anchor is one line"),
            Self::CreateNotAlone => f.write_str("`create` must be the only edit of its file"),
            Self::Count => f.write_str("expected a number from 1, and `occurrence` no greater than `expect`"),
        }
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "edit {}: `{}`: {}", self.edit + 1, self.field, self.kind)
    }
}

impl std::error::Error for CompileError {}
