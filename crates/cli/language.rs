//! The language of what is said to a person: English, or Simplified Chinese where the locale or `--lang` asks for it.
//!
//! The libraries and the commands say everything in English. What a person is to read passes [`say`] on its way out,
//! which looks the sentence up in `messages/zh-CN.toml`; what is not in there stays English. JSON, exit codes, patch
//! files, diffs and the other forms of `check` never pass it, so they are the same in every language.

mod catalogue;
mod locale;
mod pages;
mod pattern;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ffi::OsString;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use unicode_width::UnicodeWidthStr as _;

use crate::{imp, process};
use catalogue::Catalogue;
pub(crate) use pages::{error_in_words, manual_in_words, page_in_words, translated};

/// A language that the command speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    #[value(name = "en")]
    English,
    #[value(name = "zh-CN", aliases = ["zh", "zh-cn", "zh_CN", "zh-Hans"])]
    Chinese,
}

static IS_CHINESE: AtomicBool = AtomicBool::new(false);
static CHINESE: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::unpack(include_bytes!(concat!(env!("OUT_DIR"), "/zh-CN"))));

/// Chooses the language of this process: the one that was asked for, else that of the locale.
pub(crate) fn choose(asked: Option<Language>) {
    let chosen =
        asked.unwrap_or_else(|| locale::language(process::variable, imp::interface_language));
    IS_CHINESE.store(chosen == Language::Chinese, Ordering::Relaxed);
}

/// Whether Chinese is spoken.
fn is_chinese() -> bool {
    IS_CHINESE.load(Ordering::Relaxed)
}

/// A sentence, or several lines of them, in the language of this process.
pub(crate) fn say(text: &str) -> Cow<'_, str> {
    if is_chinese() {
        CHINESE.say(text)
    } else {
        Cow::Borrowed(text)
    }
}

/// A sentence behind what it is about, such as the word `error` or the id of a patch.
pub(crate) fn labelled(label: &str, sentence: &str) -> String {
    format!("{label}{}{}", colon(), say(sentence))
}

/// A colon with the blank that follows it, as the language has it.
pub(crate) fn colon() -> &'static str {
    if is_chinese() { "：" } else { ": " }
}

/// A word with an explanation in brackets, as the language has them.
pub(crate) fn explained(word: &str, explanation: &str) -> String {
    if is_chinese() {
        format!("{word}（{explanation}）")
    } else {
        format!("{word} ({explanation})")
    }
}

/// A text that fills at least so many columns of a terminal, where a Chinese character takes two.
pub(crate) fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(columns(text));
    format!("{text}{}", " ".repeat(missing))
}

/// How many columns of a terminal a text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// What `--lang` seems to say, for help and for mistakes in the words: `clap` tells it only after it has read all words.
pub(crate) fn asked_for(words: &[OsString]) -> Option<Language> {
    let mut asked = None;
    let mut words = words
        .iter()
        .skip(1)
        .map(|word| word.to_str().unwrap_or_default());
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--lang") {
            _ if word == "--" => break,
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        asked = value
            .and_then(|value| Language::from_str(value, false).ok())
            .or(asked);
    }
    asked
}
