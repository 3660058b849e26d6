//! The text of a patch file, and the places in it.

use std::ops::Range;

use crate::error::FormatError;
use crate::error_kind::FormatErrorKind;
use crate::limits;
use crate::origin::Origin;
use crate::place::Place;

/// The text of a patch file without byte order mark, and with `\n` line endings.
pub(crate) struct Source {
    text: String,
}

/// What is wrong, and which bytes of the text show it.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) kind: FormatErrorKind,
    pub(crate) span: Range<usize>,
    pub(crate) key: Option<String>,
    /// Whether it is the key before the span that is wrong, not the value.
    pub(crate) is_key: bool,
}

impl Fault {
    pub(crate) fn new(kind: FormatErrorKind, span: &Range<usize>) -> Self {
        Self {
            kind,
            span: span.clone(),
            key: None,
            is_key: false,
        }
    }

    /// Points at the key before the span.
    pub(crate) fn of_key(self) -> Self {
        Self {
            is_key: true,
            ..self
        }
    }

    /// Says which key of `table` (empty for the file itself) is meant.
    pub(crate) fn at(self, table: &str, key: &str) -> Self {
        let key = if table.is_empty() {
            key.to_owned()
        } else {
            format!("{table}.{key}")
        };
        Self {
            key: Some(key),
            ..self
        }
    }
}

impl Source {
    /// Reads the bytes of a file. Returns them as text as well, as they are.
    pub(crate) fn new<'b>(
        bytes: &'b [u8],
        origin: &Origin,
    ) -> Result<(&'b str, Self), FormatError> {
        if bytes.len() > limits::FILE {
            let kind = FormatErrorKind::TooLarge {
                size: bytes.len(),
                limit: limits::FILE,
            };
            return Err(FormatError::new(kind, origin.to_string(), None, None));
        }
        let original = std::str::from_utf8(bytes)
            .map_err(|error| not_utf8(bytes, error.valid_up_to(), origin))?;
        let text = original
            .strip_prefix('\u{feff}')
            .unwrap_or(original)
            .replace("\r\n", "\n");
        Ok((original, Self { text }))
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Makes an error of a fault. `id` helps to name the file.
    pub(crate) fn error(&self, fault: Fault, origin: &Origin, id: Option<&str>) -> FormatError {
        FormatError::new(
            fault.kind,
            origin.name(id),
            Some(Place::of(&self.text, &fault.span)),
            fault.key,
        )
    }

    /// The bytes of the key whose value is at `value`, or else of the value itself.
    pub(crate) fn key_of(&self, value: &Range<usize>) -> Range<usize> {
        let before = self.text.get(..value.start).unwrap_or_default().trim_end();
        let Some(key) = before.strip_suffix('=').map(str::trim_end) else {
            return value.clone();
        };
        let quote = key.chars().last().filter(|last| matches!(last, '"' | '\''));
        let start = match quote {
            Some(quote) => key[..key.len() - 1].rfind(quote),
            None => key
                .rfind(|letter: char| letter.is_whitespace() || "{,".contains(letter))
                .map(|before| before + 1),
        };
        start.unwrap_or(0)..key.len()
    }
}

fn not_utf8(bytes: &[u8], valid: usize, origin: &Origin) -> FormatError {
    let end = bytes[valid..]
        .iter()
        .position(|&byte| byte == b'\n')
        .map_or(bytes.len(), |length| valid + length);
    let text = String::from_utf8_lossy(&bytes[..end]).replace("\r\n", "\n");
    let start = std::str::from_utf8(&bytes[..valid])
        .unwrap_or_default()
        .replace("\r\n", "\n")
        .len();
    let place = Place::of(&text, &(start..start + 1));
    FormatError::new(
        FormatErrorKind::NotUtf8,
        origin.to_string(),
        Some(place),
        None,
    )
}
