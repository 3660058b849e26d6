//! The sentences of a language, found by what the English sentence looks like.
//!
//! An entry has placeholders where the command puts names, paths and other sentences, so a rendered sentence is held
//! against all entries; of those that fit, the one with the most words of its own is meant.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Read as _;

use flate2::read::DeflateDecoder;

use super::pattern::{ONE_WORD, Pattern};

/// So many sentences and parts of them are looked for in one text, which has some ten at most.
const SENTENCES: usize = 200;
/// A line of more bytes is no sentence.
const LONGEST: usize = 4096;

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
        if let Some(found) = self.translate(text, &Cell::new(SENTENCES)) {
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

    fn translate(&self, text: &str, left: &Cell<usize>) -> Option<Found> {
        if text.len() > LONGEST {
            return None;
        }
        left.set(left.get().checked_sub(1)?);
        let (lead, core, tail) = bare(text);
        let whole = self
            .sentences
            .iter()
            .filter_map(|entry| self.whole(entry, core, left));
        let ended = self
            .endings
            .iter()
            .filter_map(|entry| self.ended(entry, core, left));
        // The first of equals, as the file has them.
        let found = whole.chain(ended).reduce(|best, other| {
            if other.weight > best.weight {
                other
            } else {
                best
            }
        });
        let found = found.or_else(|| self.joined(core, left))?;
        Some(Found {
            text: format!("{lead}{}{tail}", found.text),
            ..found
        })
    }

    /// The translation of a text that is one sentence.
    fn whole(&self, entry: &Entry, text: &str, left: &Cell<usize>) -> Option<Found> {
        let values = entry.english.values(text)?;
        Some(Found {
            text: self.filled(entry, &values, left),
            weight: entry.english.weight(),
        })
    }

    /// The translation of a text that is a sentence and an ending.
    fn ended(&self, ending: &Entry, text: &str, left: &Cell<usize>) -> Option<Found> {
        let first = ending.english.texts.first()?;
        text.match_indices(first.as_str())
            .filter(|(at, _)| *at > 0)
            .find_map(|(at, _)| {
                let values = ending.english.values(&text[at..])?;
                let before = self.translate(&text[..at], left)?;
                let after = self.filled(ending, &values, left);
                let weight = before.weight + ending.english.weight();
                Some(Found {
                    text: before.text + &after,
                    weight,
                })
            })
    }

    /// The translation of a text that is several sentences in a row. What has no words, such as a path, is none.
    fn joined(&self, text: &str, left: &Cell<usize>) -> Option<Found> {
        let part = |text: &str| match self.translate(text, left) {
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
    fn filled(&self, entry: &Entry, values: &[&str], left: &Cell<usize>) -> String {
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
                "say" => filled.push_str(&self.inner(value, left)),
                "list" => filled.push_str(&self.list(value, left)),
                _ => filled.push_str(value),
            }
            filled.push_str(text);
        }
        filled
    }

    /// A sentence in a sentence.
    fn inner<'t>(&self, text: &'t str, left: &Cell<usize>) -> Cow<'t, str> {
        self.translate(text, left)
            .map_or(Cow::Borrowed(text), |found| Cow::Owned(found.text))
    }

    /// A list such as `a`, `b` and `c`, or one whose items are all joined by the same word.
    fn list(&self, text: &str, left: &Cell<usize>) -> String {
        let joints = [(" and ", "和"), (" or ", "或")];
        let joint = joints.into_iter().find(|(joint, _)| text.contains(joint));
        let (joint, own) = joint.unwrap_or((", ", ""));
        let items = text.split(", ").flat_map(|items| items.split(joint));
        let items: Vec<_> = items.map(|item| self.inner(item, left)).collect();
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
