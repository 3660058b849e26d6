//! What to say when an anchor is not found: the lines that come nearest, and what differs.

use std::fmt;
use std::ops::Range;

use similar::{ChangeTag, TextDiff};

use crate::document::Document;
use crate::pattern::{Pattern, PatternToken};
use crate::token::tokens;

/// How many near misses are reported.
const REPORTED: usize = 3;
/// How many lines are compared at most.
const COMPARED: usize = 20_000;
/// Longer lines are not compared.
const LONGEST: usize = 2_000;
/// Lines that have less than this in common with the anchor are not near.
const LEAST_RATIO: f32 = 0.5;

/// A line that comes near an anchor that was not found.
#[derive(Debug, Clone, PartialEq)]
pub struct NearMiss {
    /// The number of its first physical line, from 1.
    pub line: usize,
    /// Its text, on one line.
    pub text: String,
    /// How much it has in common with the anchor, from 0 to 1.
    pub ratio: f32,
    /// What the anchor has and the line has not, and the other way round.
    pub differs: String,
    /// Whether it lies in the scope in which the anchor was looked for.
    pub in_scope: bool,
}

impl Eq for NearMiss {}

impl fmt::Display for NearMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: `{}`", self.line, self.text)?;
        if !self.in_scope {
            f.write_str(" (outside the scope)")?;
        }
        if !self.differs.is_empty() {
            write!(f, " ({})", self.differs)?;
        }
        Ok(())
    }
}

/// The lines of `document` nearest to the first line of `pattern`, best first.
pub(crate) fn near_misses(
    document: &Document<'_>,
    pattern: &Pattern,
    scope: &[Range<usize>],
) -> Vec<NearMiss> {
    let first_line = pattern.source().lines().next().unwrap_or_default().trim();
    let wanted = words(document, first_line);
    let key = longest_word(&wanted);
    let mut compared = 0;
    let mut misses: Vec<NearMiss> = Vec::new();
    for index in 0..document.line_count() {
        let text = document.line_text(index);
        if text.len() > LONGEST || compared >= COMPARED || !shares_a_word(text, key) {
            continue;
        }
        compared += 1;
        let found = words(document, text);
        let diff = TextDiff::from_slices(&wanted, &found);
        if diff.ratio() >= LEAST_RATIO {
            let in_scope = scope.iter().any(|range| range.contains(&index));
            misses.push(NearMiss {
                line: document.line_number(document.line(index).start),
                text: joined(text),
                ratio: diff.ratio(),
                differs: differs(&wanted, &found),
                in_scope,
            });
            misses.sort_by(|one, other| {
                (other.in_scope, other.ratio)
                    .partial_cmp(&(one.in_scope, one.ratio))
                    .unwrap_or(std::cmp::Ordering::Equal)
            });
            misses.truncate(REPORTED);
        }
    }
    misses
}

/// The tokens of Python, the words of other text.
fn words<'t>(document: &Document<'_>, text: &'t str) -> Vec<&'t str> {
    if document.language.is_python() {
        tokens(text)
            .into_iter()
            .map(|token| &text[token.range()])
            .collect()
    } else {
        text.split_whitespace().collect()
    }
}

fn longest_word<'t>(words: &[&'t str]) -> &'t str {
    let names = words
        .iter()
        .filter(|word| word.starts_with(|first: char| first.is_alphabetic() || first == '_'));
    names
        .max_by_key(|word| word.len())
        .copied()
        .unwrap_or_default()
}

/// Whether a line holds a good part of the anchor's most telling name, which spares most lines the
/// comparison.
fn shares_a_word(text: &str, key: &str) -> bool {
    let half = key
        .char_indices()
        .nth(key.chars().count().div_ceil(2))
        .map_or(key.len(), |(at, _)| at);
    text.contains(&key[..half]) || text.contains(&key[half..])
}

fn differs(wanted: &[&str], found: &[&str]) -> String {
    let diff = TextDiff::from_slices(wanted, found);
    let side = |tag| {
        let changes = diff.iter_all_changes().filter(|change| change.tag() == tag);
        let words: Vec<String> = changes
            .map(|change| change.to_string_lossy().into_owned())
            .collect();
        words
            .into_iter()
            .filter(|word| word != PatternToken::WILDCARD)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let (expected, found) = (side(ChangeTag::Delete), side(ChangeTag::Insert));
    match (expected.is_empty(), found.is_empty()) {
        (true, true) => String::new(),
        (true, false) => format!("found `{}` besides", joined(&found)),
        (false, true) => format!("expected `{}` as well", joined(&expected)),
        (false, false) => format!(
            "expected `{}`, found `{}`",
            joined(&expected),
            joined(&found)
        ),
    }
}

fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
