//! A part of a file: what is asked for, and whether the answer is that and no more.

use std::io::Read as _;

use super::Client;
use super::address::Address;
use super::exchange::{Answer, Failure, refusal};
use crate::error::{UpstreamError, UpstreamErrorKind};

/// The part of a file that a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteRange {
    /// The last so many bytes; a shorter file is wanted in full.
    Last(u64),
    /// So many bytes from an offset on.
    From {
        /// The offset of the first byte.
        start: u64,
        /// The number of bytes; at least 1.
        length: u64,
    },
}

/// A part of a file, as a server has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The offset of the first byte in the file.
    pub(crate) start: u64,
    /// The size of the whole file.
    pub(crate) total: u64,
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
    /// What changes when the file does: a strong `ETag`, else `Last-Modified`.
    pub(crate) validator: Option<String>,
}

impl ByteRange {
    /// Returns the value of a `Range` header (RFC 9110, section 14.2).
    fn header(self) -> String {
        match self {
            Self::Last(length) => format!("bytes=-{length}"),
            Self::From { start, length } => {
                let last = start.saturating_add(length.saturating_sub(1));
                format!("bytes={start}-{last}")
            }
        }
    }

    /// Returns the offset and the length that this is in a file of `total` bytes, if it is in there.
    fn within(self, total: u64) -> Option<(u64, u64)> {
        match self {
            Self::Last(length) => {
                let length = length.min(total);
                (length > 0).then_some((total - length, length))
            }
            Self::From { start, length } => {
                let end = start.checked_add(length)?;
                (length > 0 && end <= total).then_some((start, length))
            }
        }
    }
}

impl Client {
    /// Reads a part of the file at `url`; never more than was asked for.
    ///
    /// # Errors
    ///
    /// The server cannot be reached, does not know ranges, or answers anything else than the range.
    pub(crate) fn range(&self, url: &str, wanted: ByteRange) -> Result<Part, UpstreamError> {
        let address = super::parsed(url)?;
        let range = wanted.header();
        let headers = [("range", range.as_str()), ("accept-encoding", "identity")];
        self.repeated(|| {
            let answer = self.exchange(&address, &headers)?;
            let (start, length, total) = match answer.status.as_u16() {
                206 => partial(&address, &answer, wanted)?,
                200 => whole(&address, &answer, wanted)?,
                416 => {
                    return Err(UpstreamErrorKind::OutOfRange {
                        url: address.to_string(),
                        range: range.clone(),
                        total: content_range(&answer).and_then(|said| said.total),
                    }
                    .into());
                }
                _ => return Err(refusal(&address, &answer)),
            };
            let validator = validator(&answer);
            let bytes = self.exactly(&address, answer, length)?;
            Ok(Part {
                start,
                total,
                bytes,
                validator,
            })
        })
    }

    /// Reads a body that has to have `length` bytes.
    fn exactly(&self, address: &Address, answer: Answer, length: u64) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let mut body = self.counted(answer.body).take(length.saturating_add(1));
        let read = body.read_to_end(&mut bytes);
        let found = bytes.len() as u64;
        let cut = UpstreamErrorKind::Truncated {
            url: address.to_string(),
            expected: length,
            found,
        };
        match read {
            Ok(_) if found == length => Ok(bytes),
            Ok(_) if found > length => Err(unexpected(address, format!("{length} bytes"), "more")),
            Ok(_) => Err(Failure::passing(cut)),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(Failure::passing(cut))
            }
            Err(error) => Err(self.read_failure(address, error)),
        }
    }
}

/// What a `Content-Range` says: first and last offset, and the size of the file.
struct ContentRange {
    span: Option<(u64, u64)>,
    total: Option<u64>,
}

fn content_range(answer: &Answer) -> Option<ContentRange> {
    let text = answer.header("content-range")?;
    let (unit, rest) = text.split_once(' ')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (span, total) = rest.split_once('/')?;
    let span = span
        .split_once('-')
        .and_then(|(first, last)| Some((number(first)?, number(last)?)));
    Some(ContentRange {
        span,
        total: number(total),
    })
}

fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// Checks an answer with a part of a file; returns offset, length and the size of the file.
fn partial(
    address: &Address,
    answer: &Answer,
    wanted: ByteRange,
) -> Result<(u64, u64, u64), Failure> {
    if let Some(encoding) = answer
        .header("content-encoding")
        .filter(|encoding| !encoding.eq_ignore_ascii_case("identity"))
    {
        return Err(unexpected(
            address,
            "a part as it is".to_owned(),
            &format!("`Content-Encoding: {encoding}`"),
        ));
    }
    let said = answer
        .header("content-range")
        .unwrap_or("no `Content-Range`");
    let asked = format!("`{}`", wanted.header());
    let range = content_range(answer).and_then(|range| Some((range.span?, range.total?)));
    let Some(((first, last), total)) = range else {
        return Err(unexpected(address, asked, &format!("`{said}`")));
    };
    match wanted.within(total) {
        Some((start, length)) if start == first && last.checked_sub(first) == Some(length - 1) => {
            match answer.length() {
                Some(found) if found != length => Err(unexpected(
                    address,
                    format!("{length} bytes"),
                    &format!("`Content-Length: {found}`"),
                )),
                _ => Ok((start, length, total)),
            }
        }
        _ => Err(unexpected(address, asked, &format!("`{said}`"))),
    }
}

/// Checks an answer with the whole file: fine if that is what was asked for. Else nothing of the body is read.
fn whole(
    address: &Address,
    answer: &Answer,
    wanted: ByteRange,
) -> Result<(u64, u64, u64), Failure> {
    let encoded = answer.header("content-encoding").is_some();
    match (wanted, answer.length()) {
        (ByteRange::Last(length), Some(total)) if total <= length && total > 0 && !encoded => {
            Ok((0, total, total))
        }
        (_, size) => Err(UpstreamErrorKind::RangeIgnored {
            url: address.to_string(),
            size,
        }
        .into()),
    }
}

fn unexpected(address: &Address, expected: String, found: &str) -> Failure {
    UpstreamErrorKind::UnexpectedAnswer {
        url: address.to_string(),
        expected,
        found: found.to_owned(),
    }
    .into()
}

fn validator(answer: &Answer) -> Option<String> {
    let strong = answer
        .header("etag")
        .filter(|tag| !tag.starts_with("W/") && !tag.is_empty());
    strong
        .or_else(|| answer.header("last-modified"))
        .map(str::to_owned)
}
