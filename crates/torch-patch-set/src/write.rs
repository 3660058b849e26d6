//! Patches and variants in the form of a patch file, for whoever proposes or records one.

use std::fmt::Write as _;

use torch_patch_edit::{Anchor, AnchorRange, Edit, Expect, Near, Scope, Verb};

/// What a patch file says before its variants, as far as it is written by a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head<'h> {
    /// The name: lower-case words joined by `-`.
    pub id: &'h str,
    /// What it does, on one line.
    pub title: &'h str,
    /// The name of the installed package.
    pub distribution: &'h str,
    /// What breaks, what the edits do and what they do not do.
    pub description: &'h str,
}

/// Writes a patch file with one variant, for those `versions` of the distribution.
///
/// `edits` are pairs of a file, as `RECORD` names it, and what is done to it. Whether the file is a
/// valid one, [`Patch::parse`](crate::Patch::parse) has to tell.
#[must_use]
pub fn patch_toml<'e>(
    head: &Head<'_>,
    versions: &str,
    edits: impl IntoIterator<Item = (&'e str, &'e Edit)>,
) -> String {
    let mut text = "format = 1\n".to_owned();
    pair(&mut text, "id", &string(head.id));
    pair(&mut text, "title", &string(head.title));
    pair(&mut text, "distribution", &string(head.distribution));
    let description = head.description.trim_end();
    if !description.is_empty() {
        pair(
            &mut text,
            "description",
            &string(&format!("{description}\n")),
        );
    }
    text + "\n" + &variant_toml(versions, edits)
}

/// Writes a variant as a patch file has it: a `[[variant]]` table that reads back as the same edits.
///
/// `edits` are pairs of a file, as `RECORD` names it, and what is done to it.
#[must_use]
pub fn variant_toml<'e>(
    versions: &str,
    edits: impl IntoIterator<Item = (&'e str, &'e Edit)>,
) -> String {
    let mut text = format!("[[variant]]\nversions = {}\n", string(versions));
    for (file, edit) in edits {
        text.push_str("\n[[variant.edit]]\n");
        pair(&mut text, "file", &string(file));
        place(&mut text, edit);
        verb(&mut text, &edit.verb);
        if !edit.by_hand.is_empty() {
            pair(&mut text, "by-hand", &list(&edit.by_hand));
        }
    }
    text
}

fn pair(text: &mut String, key: &str, value: &str) {
    // Writing into a string does not fail.
    let _ = writeln!(text, "{key} = {value}");
}

/// Where the anchor is looked for, and how often it has to match.
fn place(text: &mut String, edit: &Edit) {
    match &edit.within {
        None => {}
        Some(Scope::Python(path)) => pair(text, "within", &string(path)),
        Some(Scope::Between { from, to }) => {
            let table = table(&[("from", Some(from)), ("to", Some(to))]);
            pair(text, "within", &table);
        }
    }
    if !edit.near.is_empty() {
        let Near { after, before } = &edit.near;
        let table = table(&[("after", after.as_ref()), ("before", before.as_ref())]);
        pair(text, "near", &table);
    }
    match edit.expect {
        Expect::Exactly(1) => {}
        Expect::Exactly(count) => pair(text, "expect", &count.to_string()),
        Expect::All => pair(text, "expect", "\"all\""),
        Expect::Occurrence { index, of } => {
            pair(text, "expect", &of.to_string());
            pair(text, "occurrence", &index.to_string());
        }
    }
}

fn verb(text: &mut String, verb: &Verb) {
    let key = verb.key();
    match verb {
        Verb::InsertAfter { anchor, text: put } | Verb::InsertBefore { anchor, text: put } => {
            pair(text, key, &self::anchor(anchor));
            pair(text, "insert", &string(put));
        }
        Verb::Replace { range, with } => {
            self::range(text, key, range);
            pair(text, "with", &string(with));
        }
        Verb::Delete { range } | Verb::CommentOut { range } => self::range(text, key, range),
        Verb::Wrap {
            range,
            header,
            footer,
        } => {
            self::range(text, key, range);
            pair(text, "header", &string(header));
            pair(text, "footer", &string(footer));
        }
        Verb::Argument { argument, call } => {
            pair(text, key, &string(argument));
            pair(text, "in", &anchor(call));
        }
        Verb::Import { statement: value }
        | Verb::Append { text: value }
        | Verb::Create { text: value } => pair(text, key, &string(value)),
    }
}

fn range(text: &mut String, key: &str, range: &AnchorRange) {
    pair(text, key, &anchor(&range.anchor));
    if let Some(until) = &range.until {
        pair(text, "until", &anchor(until));
    }
}

fn anchor(anchor: &Anchor) -> String {
    match anchor {
        Anchor::Lines(lines) => string(lines),
        Anchor::Regex(regex) => table(&[("regex", Some(regex))]),
        Anchor::AnyOf(spellings) => format!("{{ any-of = {} }}", list(spellings)),
    }
}

fn table(pairs: &[(&str, Option<&String>)]) -> String {
    let pairs = pairs.iter();
    let pairs: Vec<String> = pairs
        .filter_map(|(key, value)| Some(format!("{key} = {}", string((*value)?))))
        .collect();
    format!("{{ {} }}", pairs.join(", "))
}

fn list(values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| string(value)).collect();
    format!("[{}]", values.join(", "))
}

/// A string: of several lines with each on its own, else as short as TOML allows.
fn string(value: &str) -> String {
    if !value.contains('\n') {
        return toml::Value::String(value.to_owned()).to_string();
    }
    if is_better_literal(value) {
        return format!("'''\n{value}'''");
    }
    let mut text = "\"\"\"\n".to_owned();
    let mut quotes = 0;
    let mut rest = value.chars().peekable();
    while let Some(character) = rest.next() {
        quotes = if character == '"' { quotes + 1 } else { 0 };
        match character {
            '\\' => text.push_str("\\\\"),
            // Three in a row would end the string, and so would one before the end.
            '"' if quotes % 3 == 0 || rest.peek().is_none() => text.push_str("\\\""),
            '\n' | '\t' => text.push(character),
            control if control.is_control() => {
                let _ = write!(text, "\\u{:04X}", u32::from(control));
            }
            other => text.push(other),
        }
    }
    text + "\"\"\""
}

/// Whether a text of several lines needs no escapes in single quotes, and some in double ones.
fn is_better_literal(value: &str) -> bool {
    let is_written = |character: char| matches!(character, '\n' | '\t') || !character.is_control();
    (value.contains('\\') || value.contains("\"\"\""))
        && !value.contains("'''")
        && !value.ends_with('\'')
        && value.chars().all(is_written)
}
