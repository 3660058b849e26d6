//! The sentences of a language, found by what the English sentence looks like.
//!
//! An entry has placeholders where the command puts names, paths and other sentences, so a rendered sentence is held
//! against all entries; of those that fit, the one with the most words of its own is meant.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read as _;

use flate2::read::DeflateDecoder;

/// Marks a placeholder that stands for one word.
const ONE_WORD: &str = ":word";

/// As deep may sentences be in one another.
const DEEPEST: usize = 8;

/// What stands between a sentence and its translation, and after an entry, where `build.rs` has packed them.
const UNIT: char = '\u{1f}';
const RECORD: char = '\u{1e}';

/// The sentences of a language.
pub(super) struct Catalogue {
    sentences: Vec<Entry>,
    endings: Vec<Entry>,
    help: BTreeMap<String, String>,
}

/// A sentence and its translation.
struct Entry {
    english: Pattern,
    translation: Pattern,
}

/// Text with placeholders between: `texts` has one more than `names`.
struct Pattern {
    texts: Vec<String>,
    names: Vec<String>,
}

/// A translation, with how much of the English sentence the entries have said themselves.
struct Found {
    text: String,
    weight: usize,
}

impl Catalogue {
    /// Reads what `build.rs` has packed. It is a part of the program, and the tests read it.
    pub(super) fn unpack(packed: &[u8]) -> Self {
        let mut text = String::new();
        // What cannot be read is said in English.
        let _ = DeflateDecoder::new(packed).read_to_string(&mut text);
        let mut catalogue = Self {
            sentences: Vec::new(),
            endings: Vec::new(),
            help: BTreeMap::new(),
        };
        for entry in text.split(RECORD) {
            let mut parts = entry.split(UNIT);
            let (Some(kind), Some(english), Some(translation)) =
                (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            match kind {
                "s" => catalogue.sentences.push(Entry::new(english, translation)),
                "e" => catalogue.endings.push(Entry::new(english, translation)),
                _ => {
                    catalogue
                        .help
                        .insert(english.to_owned(), translation.to_owned());
                }
            }
        }
        catalogue
    }

    /// A text in this language; what is not known stays as it is.
    pub(super) fn say<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if let Some(found) = self.translate(text, 0) {
            return Cow::Owned(found.text);
        }
        if !text.contains('\n') {
            return Cow::Borrowed(text);
        }
        let lines: Vec<_> = text.split('\n').map(|line| self.say(line)).collect();
        Cow::Owned(lines.join("\n"))
    }

    /// A piece of a help page in this language.
    pub(super) fn help(&self, text: &str) -> Option<&str> {
        self.help.get(text).map(String::as_str)
    }

    fn translate(&self, text: &str, depth: usize) -> Option<Found> {
        if depth > DEEPEST {
            return None;
        }
        let (lead, core, tail) = bare(text);
        let whole = self
            .sentences
            .iter()
            .filter_map(|entry| self.whole(entry, core, depth));
        let ended = self
            .endings
            .iter()
            .filter_map(|entry| self.ended(entry, core, depth));
        // The first of equals, as the file has them.
        let found = whole.chain(ended).reduce(|best, other| {
            if other.weight > best.weight {
                other
            } else {
                best
            }
        });
        let found = found.or_else(|| self.joined(core, depth))?;
        Some(Found {
            text: format!("{lead}{}{tail}", found.text),
            ..found
        })
    }

    /// The translation of a text that is one sentence.
    fn whole(&self, entry: &Entry, text: &str, depth: usize) -> Option<Found> {
        let values = entry.english.values(text)?;
        Some(Found {
            text: self.filled(entry, &values, depth),
            weight: entry.english.weight(),
        })
    }

    /// The translation of a text that is a sentence and an ending.
    fn ended(&self, ending: &Entry, text: &str, depth: usize) -> Option<Found> {
        let first = ending.english.texts.first()?;
        text.match_indices(first.as_str())
            .filter(|(at, _)| *at > 0)
            .find_map(|(at, _)| {
                let values = ending.english.values(&text[at..])?;
                let before = self.translate(&text[..at], depth + 1)?;
                let after = self.filled(ending, &values, depth);
                let weight = before.weight + ending.english.weight();
                Some(Found {
                    text: before.text + &after,
                    weight,
                })
            })
    }

    /// The translation of a text that is several sentences in a row. What has no words, such as a path, is none.
    fn joined(&self, text: &str, depth: usize) -> Option<Found> {
        let part = |text: &str| match self.translate(text, depth + 1) {
            None if !has_words(text) => Some(Found {
                text: text.to_owned(),
                weight: 0,
            }),
            found => found,
        };
        [("; ", "；"), (": ", "："), (", ", "，")]
            .into_iter()
            .find_map(|(joint, own)| {
                text.match_indices(joint).find_map(|(at, _)| {
                    let (before, after) = (part(&text[..at])?, part(&text[at + joint.len()..])?);
                    let weight = before.weight + after.weight;
                    let text = before.text + own + &after.text;
                    (weight > 0).then_some(Found { text, weight })
                })
            })
    }

    /// The translation of an entry with the values of its placeholders.
    fn filled(&self, entry: &Entry, values: &[&str], depth: usize) -> String {
        let Pattern { texts, names } = &entry.translation;
        let mut filled = texts[0].clone();
        for (name, text) in names.iter().zip(&texts[1..]) {
            let (name, treatment) = name.split_once(':').unwrap_or((name, ""));
            let at = entry
                .english
                .names
                .iter()
                .position(|own| own.trim_end_matches(ONE_WORD) == name);
            let value = at.map_or("", |at| values[at]);
            match treatment {
                "say" => filled.push_str(&self.inner(value, depth)),
                "list" => filled.push_str(&self.list(value, depth)),
                _ => filled.push_str(value),
            }
            filled.push_str(text);
        }
        filled
    }

    /// A sentence in a sentence.
    fn inner<'t>(&self, text: &'t str, depth: usize) -> Cow<'t, str> {
        self.translate(text, depth + 1)
            .map_or(Cow::Borrowed(text), |found| Cow::Owned(found.text))
    }

    /// A list such as `a`, `b` and `c`, or one whose items are all joined by the same word.
    fn list(&self, text: &str, depth: usize) -> String {
        let joints = [(" and ", "和"), (" or ", "或")];
        let joint = joints.into_iter().find(|(joint, _)| text.contains(joint));
        let (joint, own) = joint.unwrap_or((", ", ""));
        let items = text.split(", ").flat_map(|items| items.split(joint));
        let items: Vec<_> = items.map(|item| self.inner(item, depth)).collect();
        match items.split_last() {
            Some((last, most)) if !own.is_empty() => {
                let most = most.join("、");
                // A blank parts Chinese from other letters only.
                let blank = |letter: Option<char>| {
                    if letter.is_some_and(|letter| letter.is_ascii()) {
                        " "
                    } else {
                        ""
                    }
                };
                let (before, after) = (blank(most.chars().next_back()), blank(last.chars().next()));
                format!("{most}{before}{own}{after}{last}")
            }
            _ => items.join("、"),
        }
    }
}

impl Entry {
    fn new(english: &str, translation: &str) -> Self {
        Self {
            english: Pattern::parse(english),
            translation: Pattern::parse(translation),
        }
    }
}

impl Pattern {
    /// A placeholder is a name in braces, perhaps with what is to be done with it: `{reason:say}`.
    fn parse(text: &str) -> Self {
        let (mut texts, mut names, mut own) = (Vec::new(), Vec::new(), String::new());
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            if let Some((name, after)) = placeholder(rest) {
                names.push(name.to_owned());
                texts.push(std::mem::take(&mut own));
                rest = after;
            } else {
                own.push(letter);
                rest = &rest[letter.len_utf8()..];
            }
        }
        texts.push(own);
        Self { texts, names }
    }

    /// How much text it has of its own.
    fn weight(&self) -> usize {
        self.texts.iter().map(String::len).sum()
    }

    /// What stands in a text at the placeholders, if it is such a text.
    fn values<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let text = text.strip_prefix(self.texts.first()?.as_str())?;
        let mut values = Vec::with_capacity(self.names.len());
        self.fits(text, &mut values).then_some(values)
    }

    /// Whether a text goes on as the pattern does after so many values; collects the others. Each is as short as it can
    /// be.
    fn fits<'t>(&self, text: &'t str, values: &mut Vec<&'t str>) -> bool {
        let at = values.len();
        let Some(next) = self.texts.get(at + 1) else {
            return text.is_empty();
        };
        let is_last = at + 2 == self.texts.len();
        let ends = text.match_indices(next.as_str()).map(|(end, _)| end);
        for end in ends.filter(|end| !is_last || end + next.len() == text.len()) {
            if !self.takes(at, &text[..end]) {
                continue;
            }
            values.push(&text[..end]);
            if self.fits(&text[end + next.len()..], values) {
                return true;
            }
            values.truncate(at);
        }
        false
    }

    /// Whether a value can stand at a placeholder: one line; between backticks, one quotation.
    fn takes(&self, at: usize, value: &str) -> bool {
        let is_quoted = self.texts[at].ends_with('`') && self.texts[at + 1].starts_with('`');
        let is_word = self.names[at].ends_with(ONE_WORD);
        let is_wrong = value.contains('\n')
            || is_quoted && is_several(value)
            || is_word && value.contains(' ');
        !is_wrong
    }
}

/// Whether what stands between two backticks is several quotations, other than alternatives.
fn is_several(value: &str) -> bool {
    let joints = ["` or `", "`, `"];
    joints
        .iter()
        .fold(value.to_owned(), |value, joint| value.replace(joint, ""))
        .contains('`')
}

/// The name in the placeholder that a text begins with, and what follows it.
pub(super) fn placeholder(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix('{')?.split_once('}')?;
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "_:".contains(letter);
    (!name.is_empty() && name.chars().all(is_name)).then_some((name, after))
}

/// Whether a text has words outside of quotations.
fn has_words(text: &str) -> bool {
    let is_word = |word: &str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    text.split('`')
        .step_by(2)
        .flat_map(str::split_whitespace)
        .any(is_word)
}

/// A text without what stands around a sentence: blanks, styles, and the sign of a comment.
fn bare(text: &str) -> (&str, &str, &str) {
    let mut start = 0;
    loop {
        let rest = &text[start..];
        let blank = rest.len() - rest.trim_start().len();
        let length = match (blank, style(rest)) {
            (1.., _) => blank,
            (0, Some(length)) => length,
            (0, None) if rest.starts_with("# ") => 2,
            _ => break,
        };
        start += length;
    }
    let core = text[start..].trim_end();
    let core = core.strip_suffix("\u{1b}[0m").unwrap_or(core);
    (&text[..start], core, &text[start + core.len()..])
}

/// The length of the style, a control sequence that ends with `m`, that a text begins with.
fn style(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("\u{1b}[")?;
    let length = inside.find(|letter: char| !letter.is_ascii_digit() && letter != ';')?;
    inside[length..]
        .starts_with('m')
        .then_some("\u{1b}[".len() + length + 1)
}
