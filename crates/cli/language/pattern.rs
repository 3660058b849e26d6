//! A sentence with placeholders, and what stands at them in a text.

/// Marks a placeholder that stands for one word.
pub(super) const ONE_WORD: &str = ":word";

/// Text with placeholders between: `texts` has one more than `names`.
pub(super) struct Pattern {
    pub(super) texts: Vec<String>,
    pub(super) names: Vec<String>,
}

impl Pattern {
    /// A placeholder is a name in braces, perhaps with what is to be done with it: `{reason:say}`.
    pub(super) fn parse(text: &str) -> Self {
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
    pub(super) fn weight(&self) -> usize {
        self.texts.iter().map(String::len).sum()
    }

    /// What stands in a text at the placeholders, if it is such a text.
    pub(super) fn values<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let text = text.strip_prefix(self.texts.first()?.as_str())?;
        if !self.is_likely(text) {
            return None;
        }
        let mut values = Vec::with_capacity(self.names.len());
        self.fits(text, &mut values).then_some(values)
    }

    /// Whether a text that begins as the pattern does ends as it does, and has the rest between in this order.
    fn is_likely(&self, text: &str) -> bool {
        let rest = self.texts.get(1..).unwrap_or_default();
        let Some((last, between)) = rest.split_last() else {
            return text.is_empty();
        };
        let start = between.iter().try_fold(text, |text, part| {
            let at = text.find(part.as_str())?;
            text.get(at + part.len()..)
        });
        start.is_some_and(|text| text.ends_with(last.as_str()))
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
