//! From the raw tables of a variant's edits to the engine's edits, grouped by file.

use std::collections::BTreeMap;
use std::ops::Range;

use regex::bytes::RegexBuilder;
use torch_patch_edit::{
    Anchor, AnchorRange, CompileError, Edit, Expect, Field, FilePatch, Near, Scope, Verb,
};

use crate::error_kind::FormatErrorKind;
use crate::file_path::{broken_rule, folded};
use crate::keys::{VERBS, VerbKeys};
use crate::limits;
use crate::raw::{
    AnchorTable, At, RawAnchor, RawEdit, RawExpect, RawNear, RawScope, ScopeTable, TextOr,
};
use crate::repair::{self, Purpose};
use crate::source::Fault;
use crate::text::check_text;
use crate::variant::FileEdits;

/// Checks the edits of a variant and groups them by file, in order of first mention, with those that people make `by_hand`
/// instead. `table` names the variant.
pub(crate) fn read(
    edits: &[At<RawEdit>],
    by_hand: &[At<RawEdit>],
    table: &str,
    purpose: Purpose,
) -> Result<Vec<FileEdits>, Fault> {
    let mut files: Vec<Group<'_>> = Vec::new();
    let mut by_name: BTreeMap<String, usize> = BTreeMap::new();
    for (index, raw) in edits.iter().enumerate() {
        let reader = Reader {
            raw,
            table: format!("{table}.edit[{}]", index + 1),
        };
        let file = reader.file()?;
        let mut edit = reader.edit()?;
        if purpose == Purpose::Repair {
            repair::take_any_spelling(&mut edit);
        }
        let at = *by_name.entry(folded(file)).or_insert(files.len());
        if at == files.len() {
            files.push(Group {
                file,
                edits: Vec::new(),
                readers: Vec::new(),
                by_hand: Vec::new(),
                hand_readers: Vec::new(),
                purpose,
            });
        }
        let group = &mut files[at];
        if group.file != file {
            return Err(reader.same_file(file, group.file));
        }
        group.edits.push(edit);
        group.readers.push(reader);
    }
    for (index, raw) in by_hand.iter().enumerate() {
        let reader = Reader {
            raw,
            table: format!("{table}.by-hand[{}]", index + 1),
        };
        let file = reader.file()?;
        let mut edit = reader.edit()?;
        repair::take_any_spelling(&mut edit);
        let Some(group) = files.iter_mut().find(|group| group.file == file) else {
            return Err(reader.other_file(file, files.iter().map(|group| group.file)));
        };
        group.by_hand.push(edit);
        group.hand_readers.push(reader);
    }
    files.into_iter().map(Group::compile).collect()
}

/// The edits of one file.
struct Group<'r> {
    file: &'r str,
    edits: Vec<Edit>,
    readers: Vec<Reader<'r>>,
    /// What people do in it instead.
    by_hand: Vec<Edit>,
    hand_readers: Vec<Reader<'r>>,
    purpose: Purpose,
}

impl Group<'_> {
    fn compile(self) -> Result<FileEdits, Fault> {
        let compiled = FilePatch::compile(self.file, &self.edits)
            .map_err(|error| self.readers[error.edit].compile_fault(error))?;
        let compiled = compiled
            .or_by_hand(&self.by_hand)
            .map_err(|error| self.hand_readers[error.edit].compile_fault(error))?;
        Ok(FileEdits {
            file: self.file.to_owned(),
            edits: self.edits,
            by_hand: self.by_hand,
            compiled,
            repairs: self.purpose == Purpose::Repair,
        })
    }
}

/// One edit and the name of its table.
struct Reader<'r> {
    raw: &'r At<RawEdit>,
    table: String,
}

impl<'r> Reader<'r> {
    fn file(&self) -> Result<&'r str, Fault> {
        let Some(file) = &self.raw.file else {
            let kind = FormatErrorKind::MissingKey {
                key: "file",
                table: "the edit",
            };
            return Err(self.fault(kind, &self.raw.span, "file"));
        };
        match broken_rule(file) {
            None => Ok(file),
            Some(rule) => {
                let kind = FormatErrorKind::File {
                    found: file.to_string(),
                    rule,
                };
                Err(self.fault(kind, &file.span, "file"))
            }
        }
    }

    fn same_file(&self, found: &str, other: &str) -> Fault {
        let span = self
            .raw
            .file
            .as_ref()
            .map_or(&self.raw.span, |file| &file.span);
        let kind = FormatErrorKind::SameFile {
            found: found.to_owned(),
            other: other.to_owned(),
        };
        self.fault(kind, span, "file")
    }

    fn other_file<'f>(&self, found: &str, files: impl Iterator<Item = &'f str>) -> Fault {
        let span = self
            .raw
            .file
            .as_ref()
            .map_or(&self.raw.span, |file| &file.span);
        let files: Vec<String> = files.map(|file| format!("`{file}`")).collect();
        let kind = FormatErrorKind::Value {
            expected: format!("a file that the variant edits: {}", files.join(", ")),
            found: format!("`{found}`"),
        };
        self.fault(kind, span, "file")
    }

    fn edit(&self) -> Result<Edit, Fault> {
        let keys = self.verb()?;
        self.check_keys(keys)?;
        Ok(Edit {
            verb: self.read_verb(keys)?,
            within: self
                .raw
                .within
                .as_ref()
                .map(|scope| self.scope(scope))
                .transpose()?,
            near: self
                .raw
                .near
                .as_ref()
                .map_or(Ok(Near::default()), |near| self.near(near))?,
            expect: self.expect()?,
            by_hand: self.list(self.raw.by_hand.as_ref(), "by-hand")?,
        })
    }

    /// The one verb of the edit.
    fn verb(&self) -> Result<&'static VerbKeys, Fault> {
        let there = self.raw.keys();
        let verbs: Vec<(&VerbKeys, &Range<usize>)> = VERBS
            .iter()
            .filter_map(|keys| {
                there
                    .iter()
                    .find(|(key, _)| *key == keys.verb)
                    .map(|(_, span)| (keys, *span))
            })
            .collect();
        match verbs.as_slice() {
            [] => {
                let expected = VERBS.iter().map(|keys| keys.verb.to_owned()).collect();
                Err(Fault {
                    key: Some(self.table.clone()),
                    ..Fault::new(FormatErrorKind::NoVerb { expected }, &self.raw.span)
                })
            }
            [(only, _)] => Ok(only),
            several => {
                let found = several.iter().map(|(keys, _)| keys.verb).collect();
                let last = several
                    .iter()
                    .map(|(_, span)| *span)
                    .max_by_key(|span| span.start);
                let span = last.unwrap_or(&self.raw.span);
                let kind = FormatErrorKind::SeveralVerbs { found };
                Err(Fault {
                    key: Some(self.table.clone()),
                    ..Fault::new(kind, span).of_key()
                })
            }
        }
    }

    /// Refuses keys that do not go with the verb, and asks for those that it needs.
    fn check_keys(&self, verb: &VerbKeys) -> Result<(), Fault> {
        let there = self.raw.keys();
        let beside: Vec<&'static str> = verb.beside().collect();
        let stray = there
            .iter()
            .find(|(key, _)| *key != verb.verb && !beside.contains(key));
        if let Some((key, span)) = stray {
            let mut expected = beside;
            expected.insert(0, "file");
            return Err(self
                .fault(
                    FormatErrorKind::KeyBesideVerb {
                        verb: verb.verb,
                        expected,
                    },
                    span,
                    key,
                )
                .of_key());
        }
        let missing = verb
            .required
            .iter()
            .find(|key| !there.iter().any(|(there, _)| there == *key));
        match missing {
            Some(key) => {
                let span = there
                    .iter()
                    .find(|(key, _)| *key == verb.verb)
                    .map_or(&self.raw.span, |(_, span)| span);
                Err(self
                    .fault(
                        FormatErrorKind::MissingBesideVerb {
                            verb: verb.verb,
                            key,
                        },
                        span,
                        key,
                    )
                    .of_key())
            }
            None => Ok(()),
        }
    }

    fn read_verb(&self, keys: &VerbKeys) -> Result<Verb, Fault> {
        let raw = self.raw;
        let verb = keys.verb;
        Ok(match verb {
            "after" => Verb::InsertAfter {
                anchor: self.anchor(raw.after.as_ref(), verb)?,
                text: self.text(raw.insert.as_ref(), "insert")?,
            },
            "before" => Verb::InsertBefore {
                anchor: self.anchor(raw.before.as_ref(), verb)?,
                text: self.text(raw.insert.as_ref(), "insert")?,
            },
            "replace" => Verb::Replace {
                range: self.range(raw.replace.as_ref(), verb)?,
                with: self.text(raw.with.as_ref(), "with")?,
            },
            "delete" => Verb::Delete {
                range: self.range(raw.delete.as_ref(), verb)?,
            },
            "comment-out" => Verb::CommentOut {
                range: self.range(raw.comment_out.as_ref(), verb)?,
            },
            "wrap" => Verb::Wrap {
                range: self.range(raw.wrap.as_ref(), verb)?,
                header: self.text(raw.header.as_ref(), "header")?,
                footer: self.text(raw.footer.as_ref(), "footer")?,
            },
            "argument" => Verb::Argument {
                argument: self.text(raw.argument.as_ref(), verb)?,
                call: self.anchor(raw.in_line.as_ref(), "in")?,
            },
            "import" => Verb::Import {
                statement: self.text(raw.import.as_ref(), verb)?,
            },
            "append" => Verb::Append {
                text: self.text(raw.append.as_ref(), verb)?,
            },
            _ => Verb::Create {
                text: self.text(raw.create.as_ref(), verb)?,
            },
        })
    }

    fn range(&self, anchor: Option<&At<RawAnchor>>, key: &str) -> Result<AnchorRange, Fault> {
        let until = self.raw.until.as_ref();
        Ok(AnchorRange {
            anchor: self.anchor(anchor, key)?,
            until: until
                .map(|until| self.anchor(Some(until), "until"))
                .transpose()?,
        })
    }

    fn anchor(&self, anchor: Option<&At<RawAnchor>>, key: &str) -> Result<Anchor, Fault> {
        let Some(anchor) = anchor else {
            return Ok(Anchor::Lines(String::new()));
        };
        match &**anchor {
            TextOr::Text(text) => self.checked(text, &anchor.span, key).map(Anchor::Lines),
            TextOr::Table(AnchorTable {
                regex: Some(regex),
                any_of: None,
            }) => self.regex(regex, key).map(Anchor::Regex),
            TextOr::Table(AnchorTable {
                regex: None,
                any_of: Some(any_of),
            }) if !any_of.is_empty() => self
                .list(Some(any_of), &format!("{key}.any-of"))
                .map(Anchor::AnyOf),
            TextOr::Table(AnchorTable {
                regex: None,
                any_of: Some(any_of),
            }) => Err(self.fault(
                FormatErrorKind::Empty,
                &any_of.span,
                &format!("{key}.any-of"),
            )),
            TextOr::Table(table) => {
                let found = if table.regex.is_some() {
                    "both keys"
                } else {
                    "an empty table"
                };
                let expected = "`{ regex = \"…\" }` or `{ any-of = [\"…\"] }`".to_owned();
                let kind = FormatErrorKind::Value {
                    expected,
                    found: found.to_owned(),
                };
                Err(self.fault(kind, &anchor.span, key))
            }
        }
    }

    fn regex(&self, regex: &At<String>, key: &str) -> Result<String, Fault> {
        let key = format!("{key}.regex");
        let length = regex.chars().count();
        if length > limits::REGEX {
            let kind = FormatErrorKind::TooLong {
                found: length,
                limit: limits::REGEX,
            };
            return Err(self.fault(kind, &regex.span, &key));
        }
        let built = RegexBuilder::new(regex)
            .size_limit(limits::REGEX_SIZE)
            .build();
        if let Err(regex::Error::CompiledTooBig(_)) = built {
            let expected = format!(
                "a regular expression that compiles to at most {} bytes",
                limits::REGEX_SIZE
            );
            let kind = FormatErrorKind::Value {
                expected,
                found: "a larger one".to_owned(),
            };
            return Err(self.fault(kind, &regex.span, &key));
        }
        self.checked(regex, &regex.span, &key)
    }

    fn scope(&self, scope: &At<RawScope>) -> Result<Scope, Fault> {
        match &**scope {
            TextOr::Text(text) => self.checked(text, &scope.span, "within").map(Scope::Python),
            TextOr::Table(ScopeTable {
                from: Some(from),
                to: Some(to),
            }) => Ok(Scope::Between {
                from: self.checked(from, &from.span, "within.from")?,
                to: self.checked(to, &to.span, "within.to")?,
            }),
            TextOr::Table(table) => {
                let key = if table.from.is_none() { "from" } else { "to" };
                let kind = FormatErrorKind::MissingKey {
                    key,
                    table: "`within`",
                };
                Err(self.fault(kind, &scope.span, "within"))
            }
        }
    }

    fn near(&self, near: &At<RawNear>) -> Result<Near, Fault> {
        if near.after.is_none() && near.before.is_none() {
            let expected = "`{ after = \"…\" }`, `{ before = \"…\" }` or both".to_owned();
            let kind = FormatErrorKind::Value {
                expected,
                found: "an empty table".to_owned(),
            };
            return Err(self.fault(kind, &near.span, "near"));
        }
        let line = |line: &Option<At<String>>, key: &str| {
            line.as_ref()
                .map(|line| self.checked(line, &line.span, key))
                .transpose()
        };
        Ok(Near {
            after: line(&near.after, "near.after")?,
            before: line(&near.before, "near.before")?,
        })
    }

    fn expect(&self) -> Result<Expect, Fault> {
        let expect = self
            .raw
            .expect
            .as_ref()
            .map(|expect| self.matches(expect))
            .transpose()?;
        let Some(occurrence) = &self.raw.occurrence else {
            return Ok(expect.unwrap_or_default());
        };
        let wrong = |expected: String, found: String| {
            let kind = FormatErrorKind::Value { expected, found };
            self.fault(kind, &occurrence.span, "occurrence")
        };
        let Some(Expect::Exactly(of)) = expect else {
            let found = if expect.is_none() {
                "no `expect`"
            } else {
                "`expect = \"all\"`"
            };
            return Err(wrong(
                "`expect` beside it, with the number of matches".to_owned(),
                found.to_owned(),
            ));
        };
        match usize::try_from(**occurrence) {
            Ok(index) if (1..=of).contains(&index) => Ok(Expect::Occurrence { index, of }),
            _ => Err(wrong(
                format!("a number from 1 to {of}, which is `expect`"),
                occurrence.to_string(),
            )),
        }
    }

    fn matches(&self, expect: &At<RawExpect>) -> Result<Expect, Fault> {
        let found = match &**expect {
            RawExpect::Word(word) if word == "all" => return Ok(Expect::All),
            RawExpect::Word(word) => format!("`{word}`"),
            RawExpect::Number(number) => match usize::try_from(*number) {
                Ok(number) if number > 0 => return Ok(Expect::Exactly(number)),
                _ => number.to_string(),
            },
        };
        let kind = FormatErrorKind::Value {
            expected: "a number from 1 or `\"all\"`".to_owned(),
            found,
        };
        Err(self.fault(kind, &expect.span, "expect"))
    }

    /// A text; one that is not there is empty.
    fn text(&self, text: Option<&At<String>>, key: &str) -> Result<String, Fault> {
        text.map_or(Ok(String::new()), |text| {
            self.checked(text, &text.span, key)
        })
    }

    fn list(&self, list: Option<&At<Vec<At<String>>>>, key: &str) -> Result<Vec<String>, Fault> {
        let Some(list) = list else {
            return Ok(Vec::new());
        };
        if list.len() > limits::ENTRIES {
            let kind = FormatErrorKind::TooMany {
                what: "entries",
                found: list.len(),
                limit: limits::ENTRIES,
            };
            return Err(self.fault(kind, &list.span, key));
        }
        let entry = |text: &At<String>| match text.trim() {
            "" => Err(self.fault(FormatErrorKind::Empty, &text.span, key)),
            _ => self.checked(text, &text.span, key),
        };
        list.iter().map(entry).collect()
    }

    fn checked(&self, text: &str, span: &Range<usize>, key: &str) -> Result<String, Fault> {
        check_text(text).map_err(|kind| self.fault(kind, span, key))?;
        Ok(text.to_owned())
    }

    fn fault(&self, kind: FormatErrorKind, span: &Range<usize>, key: &str) -> Fault {
        Fault::new(kind, span).at(&self.table, key)
    }

    /// Points at the value that the engine refuses.
    fn compile_fault(&self, error: CompileError) -> Fault {
        let key = error.field.to_string();
        let top = key.split('.').next().unwrap_or(&key);
        let there = self.raw.keys();
        let value = there
            .iter()
            .find(|(there, _)| *there == top)
            .map(|(_, span)| *span);
        let span = self.part(error.field).or(value).unwrap_or(&self.raw.span);
        self.fault(FormatErrorKind::Edit(error.kind), span, &key)
    }

    /// The part of a value that a field of the engine stands for.
    fn part(&self, field: Field) -> Option<&Range<usize>> {
        let near = self.raw.near.as_deref();
        match field {
            Field::ByHand(index) => self.raw.by_hand.as_ref()?.get(index).map(|form| &form.span),
            Field::NearAfter => near?.after.as_ref().map(|line| &line.span),
            Field::NearBefore => near?.before.as_ref().map(|line| &line.span),
            Field::Expect => self.raw.occurrence.as_ref().map(|number| &number.span),
            _ => None,
        }
    }
}
