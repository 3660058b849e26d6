//! Edits whose values have been checked, in the form in which they are looked for.

use crate::argument::{Argument, target_call};
use crate::block::Block;
use crate::edit::{Anchor, AnchorRange, Edit, Expect, Scope, Verb};
use crate::error::{CompileError, CompileErrorKind, Field};
use crate::import::Import;
use crate::language::Language;
use crate::line_regex::{LineRegex, Template};
use crate::outline::ScopeKind;
use crate::pattern::Pattern;

/// A checked edit.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) action: Action,
    pub(crate) within: Option<Within>,
    pub(crate) near_after: Option<Pattern>,
    pub(crate) near_before: Option<Pattern>,
    pub(crate) expect: Expect,
    pub(crate) by_hand: Vec<Pattern>,
}

#[derive(Debug)]
pub(crate) enum Action {
    Insert {
        side: Side,
        anchor: Finder,
        block: Block,
    },
    Replace {
        range: FinderRange,
        block: Block,
    },
    ReplaceMatch {
        regex: LineRegex,
        template: Template,
    },
    Delete {
        range: FinderRange,
    },
    CommentOut {
        range: FinderRange,
        sign: &'static str,
    },
    Wrap {
        range: FinderRange,
        header: Block,
        footer: Block,
    },
    Argument {
        anchor: CallAnchor,
        argument: Argument,
    },
    Import {
        import: Import,
    },
    Append {
        block: Block,
    },
    Create {
        content: Vec<u8>,
    },
}

/// On which side of its anchor a text is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    After,
    Before,
}

/// An anchor ready to be looked for.
#[derive(Debug)]
pub(crate) enum Finder {
    /// The spellings, of which the first that occurs counts.
    Lines(Vec<Pattern>),
    Regex(LineRegex),
}

#[derive(Debug)]
pub(crate) struct FinderRange {
    pub(crate) anchor: Finder,
    pub(crate) until: Option<Finder>,
}

/// The anchor of an `argument` edit.
#[derive(Debug)]
pub(crate) enum CallAnchor {
    /// The spellings, each with the index of its call's opening bracket.
    Lines(Vec<(Pattern, usize)>),
    Regex(LineRegex),
}

#[derive(Debug)]
pub(crate) enum Within {
    /// Definitions from the outside in.
    Python {
        source: String,
        path: Vec<(ScopeKind, String)>,
    },
    Between {
        from: Pattern,
        to: Pattern,
    },
}

impl Within {
    pub(crate) fn source(&self) -> String {
        match self {
            Self::Python { source, .. } => source.clone(),
            Self::Between { from, to } => format!("{} … {}", from.source(), to.source()),
        }
    }
}

impl Finder {
    pub(crate) fn source(&self) -> String {
        match self {
            Self::Lines(spellings) => {
                let spellings: Vec<&str> = spellings.iter().map(Pattern::source).collect();
                spellings.join("` or `")
            }
            Self::Regex(regex) => regex.source().to_owned(),
        }
    }
}

impl Compiled {
    pub(crate) fn new(edit: &Edit, index: usize, language: Language) -> Result<Self, CompileError> {
        Compiler {
            edit,
            index,
            language,
        }
        .compile()
    }

    /// The anchor as it was written.
    pub(crate) fn anchor(&self) -> String {
        match &self.action {
            Action::Insert { anchor, .. } => anchor.source(),
            Action::Replace { range, .. }
            | Action::Delete { range }
            | Action::CommentOut { range, .. }
            | Action::Wrap { range, .. } => range.anchor.source(),
            Action::ReplaceMatch { regex, .. }
            | Action::Argument {
                anchor: CallAnchor::Regex(regex),
                ..
            } => regex.source().to_owned(),
            Action::Argument {
                anchor: CallAnchor::Lines(spellings),
                ..
            } => {
                let spellings: Vec<&str> = spellings
                    .iter()
                    .map(|(pattern, _)| pattern.source())
                    .collect();
                spellings.join("` or `")
            }
            Action::Import { import } => import.text.clone(),
            Action::Append { .. } => "end of file".to_owned(),
            Action::Create { .. } => "new file".to_owned(),
        }
    }

    /// Whether all the text that the edit writes is ASCII.
    pub(crate) fn is_ascii(&self) -> bool {
        match &self.action {
            Action::Insert { block, .. }
            | Action::Replace { block, .. }
            | Action::Append { block } => block.is_ascii(),
            Action::ReplaceMatch { template, .. } => template.is_ascii(),
            Action::Wrap { header, footer, .. } => header.is_ascii() && footer.is_ascii(),
            Action::Argument { argument, .. } => argument.text.is_ascii(),
            Action::Import { import } => import.text.is_ascii(),
            Action::Delete { .. } | Action::CommentOut { .. } | Action::Create { .. } => true,
        }
    }
}

struct Compiler<'e> {
    edit: &'e Edit,
    index: usize,
    language: Language,
}

impl Compiler<'_> {
    fn compile(&self) -> Result<Compiled, CompileError> {
        self.check_keys()?;
        let near = |text: &Option<String>, field| {
            text.as_ref()
                .map(|text| self.pattern(text, field))
                .transpose()
        };
        Ok(Compiled {
            action: self.action()?,
            within: self
                .edit
                .within
                .as_ref()
                .map(|scope| self.within(scope))
                .transpose()?,
            near_after: near(&self.edit.near.after, Field::NearAfter)?,
            near_before: near(&self.edit.near.before, Field::NearBefore)?,
            expect: self.expect()?,
            by_hand: self.by_hand()?,
        })
    }

    fn action(&self) -> Result<Action, CompileError> {
        let verb = Field::Verb(self.edit.verb.key());
        Ok(match &self.edit.verb {
            Verb::InsertAfter { anchor, text } => Action::Insert {
                side: Side::After,
                anchor: self.finder(anchor, verb)?,
                block: self.block(text, Field::Insert)?,
            },
            Verb::InsertBefore { anchor, text } => Action::Insert {
                side: Side::Before,
                anchor: self.finder(anchor, verb)?,
                block: self.block(text, Field::Insert)?,
            },
            Verb::Replace { range, with } => self.replace(range, with, verb)?,
            Verb::Delete { range } => Action::Delete {
                range: self.range(range, verb)?,
            },
            Verb::CommentOut { range } => Action::CommentOut {
                range: self.range(range, verb)?,
                sign: self.comment_sign(verb)?,
            },
            Verb::Wrap {
                range,
                header,
                footer,
            } => Action::Wrap {
                range: self.range(range, verb)?,
                header: self.block(header, Field::Header)?,
                footer: Block::new(footer, self.language.is_python()),
            },
            Verb::Argument { argument, call } => {
                self.needs_python(verb)?;
                let argument = Argument::new(argument).map_err(|kind| self.error(verb, kind))?;
                Action::Argument {
                    anchor: self.call_anchor(call)?,
                    argument,
                }
            }
            Verb::Import { statement } => {
                self.needs_python(verb)?;
                Action::Import {
                    import: Import::new(statement).map_err(|kind| self.error(verb, kind))?,
                }
            }
            Verb::Append { text } => Action::Append {
                block: self.block(text, verb)?,
            },
            Verb::Create { text } => {
                let text = text.replace("\r\n", "\n");
                let content = text.strip_prefix('\n').unwrap_or(&text).as_bytes().to_vec();
                Action::Create { content }
            }
        })
    }

    fn replace(
        &self,
        range: &AnchorRange,
        with: &str,
        verb: Field,
    ) -> Result<Action, CompileError> {
        if let (Anchor::Regex(source), None) = (&range.anchor, &range.until) {
            let regex = LineRegex::new(source).map_err(|kind| self.error(verb, kind))?;
            let with = with.strip_prefix('\n').unwrap_or(with);
            let with = with.strip_suffix('\n').unwrap_or(with);
            if with.contains(['\n', '\r']) {
                return Err(self.error(Field::With, CompileErrorKind::SeveralLines));
            }
            let template =
                Template::new(with, &regex).map_err(|kind| self.error(Field::With, kind))?;
            return Ok(Action::ReplaceMatch { regex, template });
        }
        let block = Block::new(with, self.language.is_python());
        let range = self.range(range, verb)?;
        Ok(if block.is_empty() {
            Action::Delete { range }
        } else {
            Action::Replace { range, block }
        })
    }

    fn call_anchor(&self, anchor: &Anchor) -> Result<CallAnchor, CompileError> {
        match self.finder(anchor, Field::In)? {
            Finder::Regex(regex) => Ok(CallAnchor::Regex(regex)),
            Finder::Lines(spellings) => {
                let with_call = spellings.into_iter().map(|pattern| {
                    let call = target_call(&pattern)
                        .ok_or_else(|| self.error(Field::In, CompileErrorKind::NoCall))?;
                    Ok((pattern, call))
                });
                Ok(CallAnchor::Lines(with_call.collect::<Result<_, _>>()?))
            }
        }
    }

    fn range(&self, range: &AnchorRange, field: Field) -> Result<FinderRange, CompileError> {
        let until = range
            .until
            .as_ref()
            .map(|until| self.finder(until, Field::Until))
            .transpose()?;
        Ok(FinderRange {
            anchor: self.finder(&range.anchor, field)?,
            until,
        })
    }

    fn finder(&self, anchor: &Anchor, field: Field) -> Result<Finder, CompileError> {
        match anchor {
            Anchor::Lines(text) => Ok(Finder::Lines(vec![self.pattern(text, field)?])),
            Anchor::AnyOf(spellings) if spellings.is_empty() => {
                Err(self.error(field, CompileErrorKind::Empty))
            }
            Anchor::AnyOf(spellings) => {
                let patterns = spellings.iter().map(|text| self.pattern(text, field));
                Ok(Finder::Lines(patterns.collect::<Result<_, _>>()?))
            }
            Anchor::Regex(source) => Ok(Finder::Regex(
                LineRegex::new(source).map_err(|kind| self.error(field, kind))?,
            )),
        }
    }

    fn pattern(&self, text: &str, field: Field) -> Result<Pattern, CompileError> {
        Pattern::new(text, self.language).map_err(|kind| self.error(field, kind))
    }

    fn block(&self, text: &str, field: Field) -> Result<Block, CompileError> {
        let block = Block::new(text, self.language.is_python());
        if block.is_empty() {
            Err(self.error(field, CompileErrorKind::Empty))
        } else {
            Ok(block)
        }
    }

    fn within(&self, scope: &Scope) -> Result<Within, CompileError> {
        match scope {
            Scope::Between { from, to } => Ok(Within::Between {
                from: self.pattern(from, Field::Within)?,
                to: self.pattern(to, Field::Within)?,
            }),
            Scope::Python(_) if !self.language.is_python() => {
                Err(self.error(Field::Within, CompileErrorKind::ScopeNeedsPython))
            }
            Scope::Python(source) => {
                let path = source.split('>').map(|part| definition(part.trim()));
                let path: Option<Vec<_>> = path.collect();
                let path = path.ok_or_else(|| {
                    self.error(
                        Field::Within,
                        CompileErrorKind::Scope {
                            found: source.clone(),
                        },
                    )
                })?;
                Ok(Within::Python {
                    source: source.clone(),
                    path,
                })
            }
        }
    }

    fn expect(&self) -> Result<Expect, CompileError> {
        match self.edit.expect {
            Expect::Exactly(0) | Expect::Occurrence { index: 0, .. } => {
                Err(self.error(Field::Expect, CompileErrorKind::Count))
            }
            Expect::Occurrence { index, of } if index > of => {
                Err(self.error(Field::Expect, CompileErrorKind::Count))
            }
            expect => Ok(expect),
        }
    }

    fn by_hand(&self) -> Result<Vec<Pattern>, CompileError> {
        let forms = self.edit.by_hand.iter().enumerate();
        forms
            .map(|(index, text)| self.pattern(text, Field::ByHand(index)))
            .collect()
    }

    /// Refuses keys that mean nothing beside the verb.
    fn check_keys(&self) -> Result<(), CompileError> {
        let verb = self.edit.verb.key();
        let has_anchor = !matches!(
            self.edit.verb,
            Verb::Import { .. } | Verb::Append { .. } | Verb::Create { .. }
        );
        let near = &self.edit.near;
        let misplaced = [
            (self.edit.within.is_some(), Field::Within),
            (near.after.is_some(), Field::NearAfter),
            (near.before.is_some(), Field::NearBefore),
            (self.edit.expect != Expect::default(), Field::Expect),
            (!self.edit.by_hand.is_empty(), Field::ByHand(0)),
        ];
        match misplaced
            .into_iter()
            .find(|(is_there, _)| *is_there && !has_anchor)
        {
            Some((_, field)) => Err(self.error(field, CompileErrorKind::NotWithVerb { verb })),
            None => Ok(()),
        }
    }

    fn comment_sign(&self, field: Field) -> Result<&'static str, CompileError> {
        match self.language {
            Language::Python => Ok("#"),
            Language::Text { comment } => {
                comment.ok_or_else(|| self.error(field, CompileErrorKind::NoCommentSign))
            }
        }
    }

    fn needs_python(&self, field: Field) -> Result<(), CompileError> {
        if self.language.is_python() {
            Ok(())
        } else {
            Err(self.error(field, CompileErrorKind::VerbNeedsPython))
        }
    }

    fn error(&self, field: Field, kind: CompileErrorKind) -> CompileError {
        CompileError {
            edit: self.index,
            field,
            kind,
        }
    }
}

/// Reads `def NAME`, `async def NAME` or `class NAME`.
fn definition(text: &str) -> Option<(ScopeKind, String)> {
    let words: Vec<&str> = text.trim_end_matches(':').split_whitespace().collect();
    let (kind, name) = match words.as_slice() {
        ["def", name] => (ScopeKind::Def, name),
        ["async", "def", name] => (ScopeKind::AsyncDef, name),
        ["class", name] => (ScopeKind::Class, name),
        _ => return None,
    };
    let starts_well = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
    let is_name = starts_well
        && name
            .chars()
            .all(|character| character.is_alphanumeric() || character == '_');
    is_name.then(|| (kind, (*name).to_owned()))
}
