//! What to say when an anchor is not found: the lines that come nearest, and what differs.

use std::fmt;
use std::ops::Range;

use similar::{DiffOp, diff_ratio};

use crate::document::Document;
use crate::operations::{Algorithm, operations};
use crate::pattern::{Pattern, PatternToken};
use crate::token::tokens;

/// How many near misses are reported.
const REPORTED: usize = 3;
/// How many pairs of words are compared at most.
const COMPARED: usize = 2_000_000;
/// Longer lines are not compared.
const LONGEST: usize = 2_000;
/// Lines that have less than this in common with the anchor are not near.
const LEAST_RATIO: f32 = 0.5;
/// The same for lines that are compared letter by letter.
const LEAST_LETTERS: f32 = 0.7;

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
    nearest(document, &wanted, scope, |text| words(document, text))
}

/// The lines of `document` that have most names in common with a regular expression, best first.
pub(crate) fn near_regex(
    document: &Document<'_>,
    regex: &str,
    scope: &[Range<usize>],
) -> Vec<NearMiss> {
    let literal = literal_text(regex);
    let mut misses = nearest(document, &names(&literal), scope, names);
    for miss in &mut misses {
        miss.differs.clear();
    }
    misses
}

/// The definitions whose names have most letters in common with `wanted`, best first; parameters
/// come and go, so they do not count. `named` are the lines and names of all of them.
pub(crate) fn near_names<'t>(
    keyword: &str,
    wanted: &str,
    named: impl Iterator<Item = (usize, &'t str)>,
) -> Vec<NearMiss> {
    let letters = Letters::of(wanted.as_bytes());
    let alike = named.filter(|(_, name)| letters.most_in_common(name.as_bytes()) >= LEAST_LETTERS);
    let mut misses: Vec<NearMiss> = alike
        .map(|(line, name)| {
            let changes = operations(Algorithm::Myers, wanted.as_bytes(), name.as_bytes());
            NearMiss {
                line,
                text: format!("{keyword} {name}"),
                ratio: diff_ratio(&changes, wanted.len(), name.len()),
                differs: differs(&[wanted], &[name]),
                in_scope: false,
            }
        })
        .filter(|miss| miss.ratio >= LEAST_LETTERS)
        .collect();
    misses.sort_by(|one, other| other.ratio.total_cmp(&one.ratio));
    misses.truncate(REPORTED);
    misses
}

fn nearest<'t>(
    document: &'t Document<'_>,
    wanted: &[&'t str],
    scope: &[Range<usize>],
    words: impl Fn(&'t str) -> Vec<&'t str>,
) -> Vec<NearMiss> {
    let mut misses = by_words(document, wanted, scope, &words);
    if misses.is_empty() {
        misses = by_letters(document, wanted, scope, &words);
    }
    let misses = misses.into_iter().map(|(index, ratio, in_scope)| {
        let text = document.line_text(index);
        NearMiss {
            line: document.line_number(document.line(index).start),
            text: joined(text),
            ratio,
            differs: differs(wanted, &words(text)),
            in_scope,
        }
    });
    misses.collect()
}

/// A logical line, what it has in common with the anchor, and whether it is in the scope.
type Ranked = (usize, f32, bool);

/// The lines that have most words in common with an anchor.
fn by_words<'t>(
    document: &'t Document<'_>,
    wanted: &[&'t str],
    scope: &[Range<usize>],
    words: &impl Fn(&'t str) -> Vec<&'t str>,
) -> Vec<Ranked> {
    let key = longest_word(wanted);
    let mut budget = COMPARED;
    let mut misses = Vec::new();
    for index in 0..document.line_count() {
        let text = document.line_text(index);
        if text.len() > LONGEST || !shares_a_word(text, key) {
            continue;
        }
        let found = words(text);
        if most_in_common(wanted.len(), found.len()) < LEAST_RATIO {
            continue;
        }
        let Some(rest) = budget.checked_sub(wanted.len() * found.len()) else {
            break;
        };
        budget = rest;
        let changes = operations(Algorithm::Myers, wanted, &found);
        let ratio = diff_ratio(&changes, wanted.len(), found.len());
        if ratio >= LEAST_RATIO {
            rank(&mut misses, (index, ratio, is_in(scope, index)));
        }
    }
    misses
}

/// The lines that have most letters in common with an anchor, white space left out: a short line
/// with a mistyped or renamed word has few words to go by.
fn by_letters<'t>(
    document: &'t Document<'_>,
    wanted: &[&'t str],
    scope: &[Range<usize>],
    words: &impl Fn(&'t str) -> Vec<&'t str>,
) -> Vec<Ranked> {
    let wanted = wanted.concat().into_bytes();
    let letters = Letters::of(&wanted);
    let mut budget = COMPARED;
    let mut misses = Vec::new();
    for index in 0..document.line_count() {
        let text = document.line_text(index);
        let is_alike = most_in_common(wanted.len(), text.trim().len()) >= LEAST_LETTERS / 2.0;
        if text.len() > LONGEST || !is_alike {
            continue;
        }
        let found = words(text).concat().into_bytes();
        if letters.most_in_common(&found) < LEAST_LETTERS {
            continue;
        }
        let Some(rest) = budget.checked_sub(wanted.len() * found.len()) else {
            break;
        };
        budget = rest;
        let changes = operations(Algorithm::Myers, &wanted, &found);
        let ratio = diff_ratio(&changes, wanted.len(), found.len());
        if ratio >= LEAST_LETTERS {
            rank(&mut misses, (index, ratio, is_in(scope, index)));
        }
    }
    misses
}

/// Keeps the best, those in the scope first.
fn rank(misses: &mut Vec<Ranked>, miss: Ranked) {
    misses.push(miss);
    misses.sort_by(|one, other| {
        let order = (other.2, other.1).partial_cmp(&(one.2, one.1));
        order.unwrap_or(std::cmp::Ordering::Equal)
    });
    misses.truncate(REPORTED);
}

fn is_in(scope: &[Range<usize>], index: usize) -> bool {
    scope.iter().any(|range| range.contains(&index))
}

/// How often each byte occurs in a text, for a bound of what another one has in common with it.
struct Letters {
    counts: [usize; 256],
    length: usize,
}

impl Letters {
    fn of(text: &[u8]) -> Self {
        let mut counts = [0; 256];
        for &byte in text {
            counts[usize::from(byte)] += 1;
        }
        let length = text.len();
        Self { counts, length }
    }

    /// The greatest ratio that `text` can have, whatever the order of its bytes.
    #[expect(clippy::cast_precision_loss, reason = "a bound of a ratio")]
    fn most_in_common(&self, text: &[u8]) -> f32 {
        let other = Self::of(text);
        let pairs = self.counts.iter().zip(&other.counts);
        let common: usize = pairs.map(|(one, other)| one.min(other)).sum();
        2.0 * common as f32 / (self.length + other.length).max(1) as f32
    }
}

/// The greatest ratio that word lists of these lengths can have.
#[expect(clippy::cast_precision_loss, reason = "a bound of a ratio")]
fn most_in_common(one: usize, other: usize) -> f32 {
    2.0 * one.min(other) as f32 / (one + other).max(1) as f32
}

/// A regular expression without what is no text: group names, classes and escapes.
fn literal_text(regex: &str) -> String {
    let mut text = String::with_capacity(regex.len());
    let mut rest = regex.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '\\' => {
                let escaped = rest.next().filter(|escaped| !escaped.is_alphanumeric());
                text.push(escaped.unwrap_or(' '));
            }
            '(' if rest.peek() == Some(&'?') => {
                let ends_flags = |character: char| matches!(character, '>' | ':' | ')');
                rest.by_ref().find(|&character| ends_flags(character));
                text.push(' ');
            }
            '[' => {
                rest.by_ref().find(|&character| character == ']');
                text.push(' ');
            }
            _ => text.push(next),
        }
    }
    text
}

/// The names and numbers of a text.
fn names(text: &str) -> Vec<&str> {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    let names = text.split(|character| !is_part(character));
    names.filter(|name| !name.is_empty()).collect()
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
    let changes = operations(Algorithm::Myers, wanted, found);
    let is_changed = |change: &&DiffOp| !matches!(change, DiffOp::Equal { .. });
    let side = |words: &[&str], range: fn(&DiffOp) -> Range<usize>| {
        let ranges = changes.iter().filter(is_changed).map(range);
        let words = ranges.flat_map(|range| words[range].iter().copied());
        let words = words.filter(|word| *word != PatternToken::WILDCARD);
        words.collect::<Vec<_>>().join(" ")
    };
    let expected = side(wanted, DiffOp::old_range);
    let found = side(found, DiffOp::new_range);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    const SOURCE: &str = "\
import os
def f(a):
    # store = PrefixStore(a, b)
    store = PrefixStore(
        name,
        rank,
    )
    timeout = compute(30)
    return stored
";

    fn document() -> Document<'static> {
        Document::new(SOURCE.as_bytes(), Language::Python).unwrap()
    }

    fn lines(misses: &[NearMiss]) -> Vec<(usize, &str, &str)> {
        let miss = |miss: &'_ NearMiss| miss.line;
        misses
            .iter()
            .map(|one| (miss(one), one.text.as_str(), one.differs.as_str()))
            .collect()
    }

    #[test]
    fn a_mistyped_name_in_a_short_line_is_near() {
        let document = document();
        let whole = 0..document.line_count();
        for (anchor, line) in [
            ("timeouts = computed(30)", 8),
            ("import so", 1),
            ("return storde", 9),
        ] {
            let pattern = Pattern::new(anchor, Language::Python).unwrap();
            let misses = near_misses(&document, &pattern, std::slice::from_ref(&whole));
            let found: Vec<usize> = misses.iter().map(|miss| miss.line).collect();
            assert_eq!(found.first(), Some(&line), "{anchor}: {misses:?}");
        }
        let pattern = Pattern::new("nothing_like(it)", Language::Python).unwrap();
        assert!(near_misses(&document, &pattern, std::slice::from_ref(&whole)).is_empty());
    }

    #[test]
    fn a_near_miss_says_what_differs() {
        let document = document();
        let pattern = Pattern::new("store = PrefixStore(name, world)", Language::Python).unwrap();
        let misses = near_misses(&document, &pattern, std::slice::from_ref(&(0..2)));
        assert_eq!(
            lines(&misses),
            [(
                4,
                "store = PrefixStore( name, rank, )",
                "expected `world`, found `rank`"
            )]
        );
        assert!(!misses[0].in_scope);
    }

    #[test]
    fn the_nearest_line_in_the_scope_comes_first() {
        let source = "f(a, b, x, y)\nf(a, b, c, y)\nf(a, x, y, z)\nf(a, b, c, d, e)\n";
        let document = Document::new(source.as_bytes(), Language::Python).unwrap();
        let pattern = Pattern::new("f(a, b, c, d)", Language::Python).unwrap();
        let scope = [0..2, 2..3];
        let misses = near_misses(&document, &pattern, &scope);
        let lines: Vec<usize> = misses.iter().map(|miss| miss.line).collect();
        assert_eq!(lines, [2, 1, 3]);
        let misses = near_misses(&document, &pattern, &[]);
        let lines: Vec<usize> = misses.iter().map(|miss| miss.line).collect();
        assert_eq!(lines, [4, 2, 1]);
    }

    #[test]
    fn an_expression_has_near_misses_too() {
        let document = document();
        let misses = near_regex(
            &document,
            r"^\s*timeout = compute\((?P<n>\d+), unit\)$",
            &[],
        );
        assert_eq!(lines(&misses), [(8, "timeout = compute(30)", "")]);
    }

    /// The number, text and difference of the lines near an anchor, in a file of one language.
    fn near(anchor: &str, source: &str, language: Language) -> Vec<(usize, String)> {
        let document = Document::new(source.as_bytes(), language).unwrap();
        let pattern = Pattern::new(anchor, language).unwrap();
        let misses = near_misses(&document, &pattern, &[]);
        misses
            .into_iter()
            .map(|miss| (miss.line, miss.differs))
            .collect()
    }

    #[test]
    fn half_of_the_words_or_most_of_the_letters_are_near() {
        let python = |anchor, source| near(anchor, source, Language::Python);
        let lines = |anchor, source| -> Vec<usize> {
            let found = python(anchor, source);
            found.into_iter().map(|(line, _)| line).collect()
        };
        for (anchor, source, expected) in [
            // Just half of the words, and less.
            ("import os", "import os, sys, re\n", &[1][..]),
            ("import os", "import os, sys, re, io\n", &[]),
            ("f(a, b, c)", "f(x, y, z)\n", &[1]),
            // Without a part of its longest name it is another line, unless it has most of the letters.
            ("storeroom = f(a, b)", "q = f(a, b)\n", &[]),
            (
                "store = f(a, b)",
                "storage = f(a, b)\nrestore = f(a, b)\n",
                &[1, 2],
            ),
            ("_longest = f(a)", "a = f(a)\n_long = f(a)\n", &[2]),
            // Seven of ten letters, and six; white space is none.
            ("abcdefghij", "abcdefgxyz\nabcdefwxyz\n", &[1]),
            ("abcdefghij", "abcdefghijklmnopqrs\n", &[]),
            ("retrun storde", "return                    stored\n", &[1]),
            // The lines that have most in common, the first of those that have the same.
            (
                "f(a, b, c)",
                "f(x, y, z)\nf(a, y, z)\nf(a, b, z)\nf(a, b)\nf(x, y, z)\n",
                &[3, 4, 2],
            ),
            ("f(a)", "f(w)\nf(x)\nf(y)\nf(z)\n", &[1, 2, 3]),
        ] {
            assert_eq!(lines(anchor, source), expected, "{anchor}");
        }
        let text = Language::Text { comment: None };
        assert_eq!(
            near("key = 1", "[a]\nkey = 2\nother = 1\n", text),
            [(2, "expected `1`, found `2`".to_owned())]
        );
    }

    #[test]
    fn a_line_that_is_too_long_is_not_near() {
        let long = "x".repeat(LONGEST);
        for (anchor, line) in [
            (
                "store = f(a, b)".to_owned(),
                format!("store = f(a, '{long}')\n"),
            ),
            (format!("{long}y"), format!("{long}z\n")),
        ] {
            assert_eq!(near(&anchor, &line, Language::Python), []);
            let short = |text: &str| text.replace(&long, "long");
            let found = near(&short(&anchor), &short(&line), Language::Python);
            assert_eq!(found.len(), 1, "{found:?}");
        }
        // Nor does it keep those after it from being looked at.
        let [anchor, too_long, shorter] =
            [1_500, LONGEST + 1, 1_300].map(|count| "x".repeat(count));
        let source = format!("{too_long}\n{shorter}z\n");
        let found = near(&format!("{anchor}y"), &source, Language::Python);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, 2);
    }

    #[test]
    fn what_differs_is_said_from_the_anchor_s_side() {
        for (anchor, line, expected) in [
            ("f(a, b)", "f(a, c)", "expected `b`, found `c`"),
            ("f(a, b)", "f(a)", "expected `, b` as well"),
            ("f(a)", "f(a, b)", "found `, b` besides"),
            ("f(a, ...)", "f(b, c)", "expected `a`, found `b c`"),
            ("f(a)", "f(a)", ""),
        ] {
            let source = format!("{line}\n");
            let found = near(anchor, &source, Language::Python);
            assert_eq!(found, [(1, expected.to_owned())], "{anchor}");
        }
    }

    #[test]
    fn an_expression_is_near_by_its_own_text() {
        for (regex, text) in [
            (r"a\.b\(", "a.b("),
            (r"^\s+a\d$", "^ +a $"),
            ("(?P<n>a)(?:b)(?i)c(d)", " a) b) c(d)"),
            ("a[^])x]b", "a )x]b"),
            ("a[bc]d", "a d"),
            ("a\\", "a "),
        ] {
            assert_eq!(literal_text(regex), text, "{regex}");
        }
        assert_eq!(names("f(_a1, 2) + \u{fc}"), ["f", "_a1", "2", "\u{fc}"]);
    }

    #[test]
    fn a_bound_is_never_less_than_what_two_texts_have_in_common() {
        let texts = ["", "a", "ab", "ba", "abc", "bbb", "abcabcabc"];
        let ratio = |one: &[u8], other: &[u8]| {
            let changes = operations(Algorithm::Myers, one, other);
            diff_ratio(&changes, one.len(), other.len())
        };
        for (one, other) in texts
            .iter()
            .flat_map(|one| texts.map(|other| (*one, other)))
        {
            let [one, other] = [one, other].map(str::as_bytes);
            let bound = Letters::of(one).most_in_common(other);
            let by_length = most_in_common(one.len(), other.len());
            let ratio = ratio(one, other);
            assert!(ratio <= bound || one.is_empty() && other.is_empty());
            assert!(bound <= by_length && by_length <= 1.0);
            // It is what they have in common where one is the beginning of the other.
            if other.starts_with(one) && !other.is_empty() {
                assert_eq!(
                    (bound.to_bits(), by_length.to_bits()),
                    (ratio.to_bits(), ratio.to_bits())
                );
            }
        }
    }

    #[test]
    fn many_similar_lines_take_no_long_time() {
        let line = format!("x = f({})\n", "a, b, ".repeat(200));
        let source = line.repeat(5_000);
        let document = Document::new(source.as_bytes(), Language::Python).unwrap();
        let anchor = format!("x = f({}c)", "b, a, ".repeat(200));
        let pattern = Pattern::new(&anchor, Language::Python).unwrap();
        assert!(near_misses(&document, &pattern, &[]).len() <= REPORTED);
    }
}
