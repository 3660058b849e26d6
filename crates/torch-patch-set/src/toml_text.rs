//! From the text of a patch file to its raw tables, and from the parser's words to ours.

use std::ops::Range;

use serde::Deserialize;
use toml::de::{DeTable, DeValue, Deserializer};

use crate::error_kind::FormatErrorKind;
use crate::raw::RawPatch;
use crate::source::Fault;
use crate::text::quoted;

/// The one version of the format.
const FORMAT: i64 = 1;

/// A text that is TOML.
pub(crate) struct TomlText<'t> {
    table: toml::Spanned<DeTable<'t>>,
}

impl<'t> TomlText<'t> {
    pub(crate) fn new(text: &'t str) -> Result<Self, Fault> {
        DeTable::parse(text)
            .map(|table| Self { table })
            .map_err(|error| {
                let span = error.span().unwrap_or(text.len()..text.len());
                Fault::new(FormatErrorKind::Syntax(words(error.message())), &span)
            })
    }

    /// The id that the file gives, checked or not: for the names of built-in files.
    pub(crate) fn id(&self) -> Option<String> {
        self.table
            .get_ref()
            .get("id")
            .and_then(|id| id.get_ref().as_str())
            .map(str::to_owned)
    }

    /// Reads the tables. The format comes first: a newer one may have keys that are unknown here.
    pub(crate) fn read(self) -> Result<RawPatch, Fault> {
        self.check_format()?;
        let whole = self.table.span();
        RawPatch::deserialize(Deserializer::from(self.table)).map_err(|error| {
            let span = error.span().unwrap_or(whole);
            Fault::new(kind(error.message()), &span)
        })
    }

    fn check_format(&self) -> Result<(), Fault> {
        let Some(format) = self.table.get_ref().get("format") else {
            let kind = FormatErrorKind::MissingKey {
                key: "format",
                table: "the file, as `format = 1`",
            };
            return Err(Fault::new(kind, &(0..0)));
        };
        match integer(format.get_ref()) {
            Some(FORMAT) | None => Ok(()),
            Some(found) if found > FORMAT => Err(Fault::new(
                FormatErrorKind::NewerFormat { found },
                &format.span(),
            )),
            Some(found) => {
                let kind = FormatErrorKind::Value {
                    expected: "format 1".to_owned(),
                    found: found.to_string(),
                };
                Err(Fault::new(kind, &format.span()))
            }
        }
        .map_err(|fault| fault.at("", "format"))
    }
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let DeValue::Integer(number) = value else {
        return None;
    };
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// Reads what serde says about a key or a type.
fn kind(message: &str) -> FormatErrorKind {
    let line = words(message);
    if let Some((found, rest)) = line
        .strip_prefix("unknown field `")
        .and_then(|rest| rest.split_once('`'))
    {
        let expected = rest
            .split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect();
        return FormatErrorKind::UnknownKey {
            found: found.to_owned(),
            expected,
        };
    }
    let wrong = line
        .strip_prefix("invalid type: ")
        .or_else(|| line.strip_prefix("invalid value: "));
    match wrong.and_then(|wrong| wrong.rsplit_once(", expected ")) {
        Some((found, expected)) => FormatErrorKind::Value {
            expected: in_toml(expected),
            found: in_toml(found),
        },
        None => FormatErrorKind::Syntax(line),
    }
}

/// What serde calls a type, in the words of TOML.
fn in_toml(words: &str) -> String {
    match words {
        "map" => "a table".to_owned(),
        "a map" => "a table of keys and values".to_owned(),
        "a sequence" | "sequence" => "an array".to_owned(),
        "i64" => "a whole number".to_owned(),
        _ if words.starts_with("struct ") => "a table".to_owned(),
        _ => match words.split_once(' ') {
            Some(("string", text)) => format!("the string {}", quoted(text.trim_matches('"'))),
            Some(("integer", number)) => format!("the number {number}"),
            Some(("floating", rest)) => format!("the number {}", rest.trim_start_matches("point ")),
            Some(("boolean", truth)) => truth.to_owned(),
            _ => words.to_owned(),
        },
    }
}

/// A message on one line, in lower case.
fn words(message: &str) -> String {
    let line = message
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(", ");
    let mut letters = line.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

/// The bytes of the first line of a span: enough to point at a table.
pub(crate) fn first_line(text: &str, span: &Range<usize>) -> Range<usize> {
    let covered = text.get(span.clone()).unwrap_or_default();
    span.start..span.start + covered.find('\n').unwrap_or(covered.len())
}
