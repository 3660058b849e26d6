//! From the raw tables of a whole file to a patch: what is there, what is allowed, what fits together.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::error_kind::FormatErrorKind;
use crate::limits;
use crate::occurs::Occurs;
use crate::origin::Origin;
use crate::patch::Patch;
use crate::platform::Platform;
use crate::raw::{At, RawAnchor, RawPatch, RawVariant, TextOr};
use crate::repair::{self, Purpose};
use crate::risk::Risk;
use crate::source::{Fault, Source};
use crate::text::{check_text, quoted};
use crate::toml_text::first_line;
use crate::variant::{self, Variant, check_address};
use crate::version_range::VersionRange;

/// What a patch file says, without the file.
pub(crate) struct Content {
    id: String,
    title: String,
    distribution: String,
    description: String,
    symptoms: Vec<String>,
    links: Vec<String>,
    risk: Risk,
    occurs: Occurs,
    repairs: bool,
    platforms: Vec<Platform>,
    requires: Vec<String>,
    conflicts: Vec<String>,
    when: BTreeMap<String, VersionRange>,
    variants: Vec<Variant>,
}

impl Content {
    pub(crate) fn into_patch(self, source: String, origin: Origin) -> Patch {
        Patch {
            id: self.id,
            title: self.title,
            distribution: self.distribution,
            description: self.description,
            symptoms: self.symptoms,
            links: self.links,
            risk: self.risk,
            occurs: self.occurs,
            repairs: self.repairs,
            platforms: self.platforms,
            requires: self.requires,
            conflicts: self.conflicts,
            when: self.when,
            variants: self.variants,
            source,
            origin,
        }
    }
}

/// Checks a whole file.
pub(crate) fn validate(raw: &RawPatch, source: &Source) -> Result<Content, Fault> {
    checked(raw).map_err(|fault| pointed(fault, source))
}

fn checked(raw: &RawPatch) -> Result<Content, Fault> {
    let id = required(raw.id.as_ref(), "id")?;
    check_id(id).map_err(|fault| fault.at("", "id"))?;
    let requires = ids(raw.requires.as_ref(), id, "requires")?;
    let conflicts = ids(raw.conflicts.as_ref(), id, "conflicts")?;
    check_apart(raw, &requires)?;
    check_amount(raw)?;
    repair::check(raw)?;
    Ok(Content {
        id: id.to_string(),
        title: line(required(raw.title.as_ref(), "title")?, "title")?,
        distribution: distribution(required(raw.distribution.as_ref(), "distribution")?)?,
        description: description(raw.description.as_ref())?,
        symptoms: symptoms(raw)?,
        links: links(raw)?,
        risk: raw.risk.as_ref().map_or(Ok(Risk::None), risk)?,
        occurs: raw.occurs.as_ref().map_or(Ok(Occurs::Always), occurs)?,
        repairs: repair::is_meant(raw),
        platforms: platforms(raw)?,
        requires,
        conflicts,
        when: when(raw)?,
        variants: variants(raw)?,
    })
}

/// Points at the key where it is the key that is wrong, and at the first line of a table.
fn pointed(fault: Fault, source: &Source) -> Fault {
    let span = if fault.is_key {
        source.key_of(&fault.span)
    } else {
        first_line(source.text(), &fault.span)
    };
    Fault { span, ..fault }
}

fn required<'r>(value: Option<&'r At<String>>, key: &'static str) -> Result<&'r At<String>, Fault> {
    let Some(value) = value else {
        let kind = FormatErrorKind::MissingKey {
            key,
            table: "the file",
        };
        return Err(Fault::new(kind, &(0..0)).at("", key));
    };
    if value.trim().is_empty() {
        return Err(Fault::new(FormatErrorKind::Empty, &value.span).at("", key));
    }
    Ok(value)
}

pub(crate) fn line(text: &At<String>, key: &str) -> Result<String, Fault> {
    let fault = |kind| Fault::new(kind, &text.span).at("", key);
    check_text(text).map_err(fault)?;
    if text.contains('\n') {
        let (expected, found) = ("one line".to_owned(), "several".to_owned());
        return Err(fault(FormatErrorKind::Value { expected, found }));
    }
    Ok(text.trim().to_owned())
}

fn description(text: Option<&At<String>>) -> Result<String, Fault> {
    let Some(text) = text else {
        return Ok(String::new());
    };
    check_text(text).map_err(|kind| Fault::new(kind, &text.span).at("", "description"))?;
    Ok(text.trim().to_owned())
}

/// Texts of one line with enough of their own that they tell one error from others.
fn symptoms(raw: &RawPatch) -> Result<Vec<String>, Fault> {
    let texts = entries(raw.symptoms.as_ref(), "symptoms")?;
    texts.iter().map(symptom).collect()
}

fn symptom(text: &At<String>) -> Result<String, Fault> {
    let fault = |kind| Fault::new(kind, &text.span).at("", "symptoms");
    let line = line(text, "symptoms")?;
    let (length, limit) = (line.chars().count(), limits::SYMPTOM);
    if length > limit {
        let found = length;
        return Err(fault(FormatErrorKind::TooLong { found, limit }));
    }
    let own = line.replace("...", "");
    if own
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .count()
        < limits::SYMPTOM_LETTERS
    {
        let expected = format!(
            "the text of an error with at least {} letters besides `...`",
            limits::SYMPTOM_LETTERS
        );
        let found = quoted(text);
        return Err(fault(FormatErrorKind::Value { expected, found }));
    }
    Ok(line)
}

/// Lower-case words of letters and digits, joined by `-`.
fn check_id(id: &At<String>) -> Result<(), Fault> {
    let expected = "words of `a` to `z` and `0` to `9` joined by `-`, such as `gloo-windows`";
    check_name(id, has_form_of_id(id), expected)
}

fn has_form_of_id(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    text.split('-').all(is_word)
}

/// Tells whether a text can be the id of a patch: lower-case words of letters and digits, joined by `-`.
#[must_use]
pub fn is_patch_id(text: &str) -> bool {
    has_form_of_id(text) && text.len() <= limits::NAME
}

/// A name as [PyPA](https://packaging.python.org/en/latest/specifications/name-normalization/) allows it.
fn check_distribution(name: &At<String>) -> Result<(), Fault> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric();
    let is_name = name.starts_with(is_plain)
        && name.ends_with(is_plain)
        && name
            .chars()
            .all(|letter| is_plain(letter) || matches!(letter, '-' | '_' | '.'));
    check_name(
        name,
        is_name,
        "the name of a Python distribution, such as `torch`",
    )
}

fn check_name(name: &At<String>, is_good: bool, expected: &str) -> Result<(), Fault> {
    let length = name.chars().count();
    if length > limits::NAME {
        let kind = FormatErrorKind::TooLong {
            found: length,
            limit: limits::NAME,
        };
        return Err(Fault::new(kind, &name.span));
    }
    if is_good {
        return Ok(());
    }
    let found = quoted(name);
    Err(Fault::new(
        FormatErrorKind::Value {
            expected: expected.to_owned(),
            found,
        },
        &name.span,
    ))
}

fn distribution(name: &At<String>) -> Result<String, Fault> {
    check_distribution(name).map_err(|fault| fault.at("", "distribution"))?;
    Ok(name.to_string())
}

fn links(raw: &RawPatch) -> Result<Vec<String>, Fault> {
    let links = entries(raw.links.as_ref(), "links")?;
    links
        .iter()
        .try_for_each(check_address)
        .map_err(|fault| fault.at("", "links"))?;
    Ok(links.iter().map(|link| link.to_string()).collect())
}

fn risk(word: &At<String>) -> Result<Risk, Fault> {
    let known = Risk::ALL.map(Risk::as_str);
    let found = Risk::ALL
        .into_iter()
        .find(|risk| risk.as_str() == word.as_str());
    found.ok_or_else(|| unknown_word(word, &known).at("", "risk"))
}

fn occurs(word: &At<String>) -> Result<Occurs, Fault> {
    let known = Occurs::ALL.map(Occurs::as_str);
    let found = Occurs::ALL
        .into_iter()
        .find(|occurs| occurs.as_str() == word.as_str());
    found.ok_or_else(|| unknown_word(word, &known).at("", "occurs"))
}

fn platforms(raw: &RawPatch) -> Result<Vec<Platform>, Fault> {
    let words = entries(raw.platforms.as_ref(), "platforms")?;
    let known = Platform::ALL.map(Platform::as_str);
    let platform = |word: &At<String>| {
        let found = Platform::ALL
            .into_iter()
            .find(|platform| platform.as_str() == word.as_str());
        found.ok_or_else(|| unknown_word(word, &known).at("", "platforms"))
    };
    words.iter().map(platform).collect()
}

fn unknown_word(word: &At<String>, known: &[&str]) -> Fault {
    let expected = known.iter().map(|&word| word.to_owned()).collect();
    Fault::new(
        FormatErrorKind::Word {
            expected,
            found: word.to_string(),
        },
        &word.span,
    )
}

fn ids(list: Option<&At<Vec<At<String>>>>, own: &str, key: &str) -> Result<Vec<String>, Fault> {
    let list = entries(list, key)?;
    for id in list {
        check_id(id).map_err(|fault| fault.at("", key))?;
        if id.as_str() == own {
            return Err(Fault::new(FormatErrorKind::Itself, &id.span).at("", key));
        }
    }
    Ok(list.iter().map(|id| id.to_string()).collect())
}

fn check_apart(raw: &RawPatch, requires: &[String]) -> Result<(), Fault> {
    let conflicts = raw.conflicts.iter().flat_map(|list| list.iter());
    match conflicts.into_iter().find(|id| requires.contains(id)) {
        Some(id) => {
            let kind = FormatErrorKind::RequiredAndExcluded { id: id.to_string() };
            Err(Fault::new(kind, &id.span).at("", "conflicts"))
        }
        None => Ok(()),
    }
}

/// A list without an entry that is there twice; one that is missing is empty.
fn entries<'r>(
    list: Option<&'r At<Vec<At<String>>>>,
    key: &str,
) -> Result<&'r [At<String>], Fault> {
    let Some(list) = list else { return Ok(&[]) };
    if list.len() > limits::ENTRIES {
        return Err(too_many("entries", list.len(), limits::ENTRIES, &list.span).at("", key));
    }
    let repeated = list
        .iter()
        .enumerate()
        .find(|(at, entry)| list[..*at].iter().any(|other| ***other == ***entry));
    match repeated {
        Some((_, entry)) => {
            let kind = FormatErrorKind::Repeated {
                found: entry.to_string(),
            };
            Err(Fault::new(kind, &entry.span).at("", key))
        }
        None => Ok(list),
    }
}

fn when(raw: &RawPatch) -> Result<BTreeMap<String, VersionRange>, Fault> {
    let Some(when) = &raw.when else {
        return Ok(BTreeMap::new());
    };
    if when.len() > limits::ENTRIES {
        return Err(too_many("entries", when.len(), limits::ENTRIES, &when.span).at("", "when"));
    }
    let mut ranges = BTreeMap::new();
    for (name, text) in when.iter() {
        let key = format!("when.{name}");
        let named = At::new(name.clone(), text.span.clone());
        check_distribution(&named).map_err(|fault| fault.of_key().at("", "when"))?;
        let range = variant::range(text).map_err(|fault| fault.at("", &key))?;
        ranges.insert(name.clone(), range);
    }
    Ok(ranges)
}

fn variants(raw: &RawPatch) -> Result<Vec<Variant>, Fault> {
    let list = raw.variant.as_ref().filter(|list| !list.is_empty());
    let Some(list) = list else {
        return Err(Fault::new(FormatErrorKind::NoVariant, &(0..0)).at("", "variant"));
    };
    let purpose = Purpose::of(raw);
    let variants: Vec<Variant> = list
        .iter()
        .enumerate()
        .map(|(index, raw)| variant::read(raw, index, purpose))
        .collect::<Result<_, _>>()?;
    for (index, later) in variants.iter().enumerate() {
        for earlier in &variants[..index] {
            if let Some(version) = later.versions.common(&earlier.versions) {
                return Err(overlap(
                    &list[index],
                    index,
                    later,
                    earlier,
                    &version.to_string(),
                ));
            }
        }
    }
    Ok(variants)
}

fn overlap(
    raw: &At<RawVariant>,
    index: usize,
    later: &Variant,
    earlier: &Variant,
    version: &str,
) -> Fault {
    let span = raw
        .versions
        .as_ref()
        .map_or(&raw.span, |versions| &versions.span);
    let kind = FormatErrorKind::Overlap {
        found: later.versions.to_string(),
        other: earlier.versions.to_string(),
        version: version.to_owned(),
    };
    Fault::new(kind, span).at(&format!("variant[{}]", index + 1), "versions")
}

/// Refuses a patch with more parts than are worth looking at, before anything is done with them.
fn check_amount(raw: &RawPatch) -> Result<(), Fault> {
    let Some(variants) = &raw.variant else {
        return Ok(());
    };
    if variants.len() > limits::VARIANTS {
        return Err(
            too_many("variants", variants.len(), limits::VARIANTS, &variants.span)
                .at("", "variant"),
        );
    }
    let edits = || {
        variants
            .iter()
            .flat_map(|variant| [&variant.edit, &variant.by_hand])
            .flatten()
            .flat_map(|edits| edits.iter())
    };
    let count = edits().count();
    if count > limits::EDITS {
        let beyond = edits()
            .nth(limits::EDITS)
            .map_or(0..0, |edit| edit.span.clone());
        return Err(too_many("edits", count, limits::EDITS, &beyond));
    }
    let regexes: Vec<&Range<usize>> = edits()
        .flat_map(|edit| edit.anchors())
        .filter_map(regex)
        .collect();
    match regexes.get(limits::REGEXES) {
        Some(beyond) => Err(too_many(
            "regular expressions",
            regexes.len(),
            limits::REGEXES,
            beyond,
        )),
        None => Ok(()),
    }
}

fn regex(anchor: &At<RawAnchor>) -> Option<&Range<usize>> {
    match &**anchor {
        TextOr::Table(table) => table.regex.as_ref().map(|regex| &regex.span),
        TextOr::Text(_) => None,
    }
}

fn too_many(what: &'static str, found: usize, limit: usize, span: &Range<usize>) -> Fault {
    Fault::new(FormatErrorKind::TooMany { what, found, limit }, span)
}
