//! A sha256 digest, the name under which the store knows every content.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

const PREFIX: &str = "sha256:";

/// How much of an input is read at once.
const PART: usize = 1 << 17;

/// Names a content by its sha256.
///
/// Displays, parses and serialises as `sha256:` and 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// Computes the digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Computes the digest of all that `input` has, of which no more than a part is held at once.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn of_all(mut input: impl Read) -> io::Result<Self> {
        let mut hasher = Sha256::new();
        let mut part = vec![0; PART];
        loop {
            match input.read(&mut part) {
                Ok(0) => return Ok(Self(hasher.finalize().into())),
                Ok(read) => hasher.update(&part[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns the 32 bytes of the digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns the 64 hexadecimal digits without the prefix, as used in file names.
    #[must_use]
    pub fn hex(&self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.0
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(|nibble| char::from(DIGITS[usize::from(nibble)]))
            .collect()
    }

    /// Parses the 64 hexadecimal digits of [`Digest::hex`].
    pub(crate) fn from_hex(hex: &str) -> Option<Self> {
        let digits = hex.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Some(Self(bytes))
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{PREFIX}{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        text.strip_prefix(PREFIX)
            .and_then(Self::from_hex)
            .ok_or_else(|| DigestError {
                text: text.to_owned(),
            })
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

/// Says that a text is not a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestError {
    text: String,
}

impl fmt::Display for DigestError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "expected `{PREFIX}` and 64 lower-case hexadecimal digits, found `{}`",
            self.text
        )
    }
}

impl std::error::Error for DigestError {}

/// Upper case is refused, so that one content has one name on case-sensitive file systems too.
fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn names_the_empty_content() {
        assert_eq!(Digest::of(b"").to_string(), EMPTY);
    }

    #[test]
    fn an_input_in_parts_is_one_content() {
        let bytes = vec![7; PART + 3];
        let found = Digest::of_all(bytes.as_slice());
        assert_eq!(found.ok(), Some(Digest::of(&bytes)));
        assert_eq!(Digest::of_all(io::empty()).ok(), EMPTY.parse().ok());
    }

    #[test]
    fn parses_what_it_displays() {
        assert_eq!(EMPTY.parse(), Ok(Digest::of(b"")));
        assert_eq!(Digest::from_hex(&EMPTY[7..]), Some(Digest::of(b"")));
    }

    #[test]
    fn is_its_bytes() {
        let bytes: [u8; 32] = std::array::from_fn(|place| u8::try_from(place).unwrap_or(0));
        assert_eq!(Digest::from(bytes).as_bytes(), &bytes);
    }

    #[test]
    fn messages_have_the_digest_and_what_is_none() {
        assert_eq!(format!("{:?}", Digest::of(b"")), EMPTY);
        let error = "md5:00"
            .parse::<Digest>()
            .map_err(|error| error.to_string());
        assert_eq!(
            error,
            Err(
                "expected `sha256:` and 64 lower-case hexadecimal digits, found `md5:00`"
                    .to_owned()
            )
        );
    }

    #[test]
    fn refuses_other_texts() {
        for text in [
            "",
            "sha256:",
            &EMPTY[7..],
            &EMPTY[..70],
            &EMPTY.to_uppercase(),
            "md5:00",
        ] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
        let long = format!("{EMPTY}0");
        assert!(long.parse::<Digest>().is_err());
    }

    #[test]
    fn serialises_as_a_string() {
        let json = serde_json::to_string(&Digest::of(b"")).unwrap();
        assert_eq!(json, format!("\"{EMPTY}\""));
        assert_eq!(
            serde_json::from_str::<Digest>(&json).unwrap(),
            Digest::of(b"")
        );
    }
}
