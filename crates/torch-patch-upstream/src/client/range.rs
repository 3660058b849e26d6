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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use torch_patch_testing::{Fault, Server};

    use super::{ByteRange, Part};
    use crate::client::{Client, ClientSettings};
    use crate::error::UpstreamError;

    const FILE: &str = "/a.whl";
    const BYTES: &[u8] = b"0123456789abcdef";
    const MIDDLE: ByteRange = ByteRange::From {
        start: 4,
        length: 6,
    };

    fn server() -> Server {
        let server = Server::start();
        server.put(FILE, BYTES);
        server
    }

    fn client() -> Client {
        let settings = ClientSettings {
            backoff: Duration::from_millis(1),
            ..ClientSettings::default()
        };
        Client::new(settings).unwrap()
    }

    fn range(server: &Server, wanted: ByteRange) -> Result<Part, UpstreamError> {
        client().range(&server.url(FILE), wanted)
    }

    #[test]
    fn a_part_is_read() {
        let from = |start, length| ByteRange::From { start, length };
        let cases: &[(ByteRange, &str, u64, &[u8])] = &[
            (MIDDLE, "bytes=4-9", 4, b"456789"),
            (from(0, 16), "bytes=0-15", 0, BYTES),
            (from(15, 1), "bytes=15-15", 15, b"f"),
            (ByteRange::Last(3), "bytes=-3", 13, b"def"),
            (ByteRange::Last(16), "bytes=-16", 0, BYTES),
            (ByteRange::Last(1000), "bytes=-1000", 0, BYTES),
        ];
        for (wanted, header, start, bytes) in cases {
            let server = server();
            let part = range(&server, *wanted).unwrap();
            assert_eq!(
                (part.start, part.total, part.bytes.as_slice()),
                (*start, 16, *bytes)
            );
            let asked = &server.requests()[0];
            assert_eq!(asked.header("range"), Some(*header));
            assert_eq!(asked.header("accept-encoding"), Some("identity"));
        }
    }

    #[test]
    fn a_part_that_is_not_there_is_an_error() {
        for wanted in [
            ByteRange::From {
                start: 16,
                length: 1,
            },
            ByteRange::From {
                start: 10,
                length: 7,
            },
            ByteRange::From {
                start: u64::MAX,
                length: 9,
            },
        ] {
            let error = range(&server(), wanted).unwrap_err();
            assert!(
                ["out-of-range", "unexpected-answer"].contains(&error.code()),
                "{error}"
            );
        }
        let server = server();
        server.put(FILE, "");
        let error = range(&server, ByteRange::Last(9)).unwrap_err();
        assert_eq!(error.code(), "out-of-range");
        assert!(
            error
                .to_string()
                .ends_with("it has no `bytes=-9`, it has 0 bytes"),
            "{error}"
        );
    }

    #[test]
    fn a_server_that_ignores_ranges_is_left_at_once() {
        let server = server();
        server.fault(FILE, Fault::IgnoreRange(900_000_000));
        for wanted in [MIDDLE, ByteRange::Last(1000)] {
            let client = client();
            let error = client.range(&server.url(FILE), wanted).unwrap_err();
            assert_eq!(error.code(), "range-ignored");
            assert!(
                error
                    .to_string()
                    .ends_with("found the whole file of 900000000 bytes"),
                "{error}"
            );
            assert_eq!((client.traffic().requests, client.traffic().bytes), (1, 0));
        }
        assert!(server.sent() < 10_000_000, "{}", server.sent());
    }

    #[test]
    fn the_whole_file_is_fine_where_it_is_what_was_asked_for() {
        let whole = |length: usize| {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
            Fault::Raw([head.as_bytes(), BYTES].concat())
        };
        let server = server();
        server.fault(FILE, whole(16));
        let part = range(&server, ByteRange::Last(16)).unwrap();
        assert_eq!(
            (part.start, part.total, part.bytes.as_slice()),
            (0, 16, BYTES)
        );
        for wanted in [
            ByteRange::Last(15),
            ByteRange::From {
                start: 0,
                length: 16,
            },
        ] {
            assert_eq!(range(&server, wanted).unwrap_err().code(), "range-ignored");
        }
        server.heal(FILE);
        let unknown = [b"HTTP/1.1 200 OK\r\n\r\n", BYTES].concat();
        server.fault(FILE, Fault::Raw(unknown));
        assert_eq!(
            range(&server, ByteRange::Last(99)).unwrap_err().code(),
            "range-ignored"
        );
    }

    #[test]
    fn an_answer_that_is_not_the_part_is_an_error() {
        let raw = |headers: &str| {
            let head = format!("HTTP/1.1 206 Partial Content\r\n{headers}\r\n\r\n");
            Fault::Raw([head.as_bytes(), b"456789abcdef"].concat())
        };
        let chunked = "Transfer-Encoding: chunked\r\nContent-Range: bytes 4-9/16\r\n\r\n";
        let cases = [
            (Fault::WrongRange, "unexpected-answer"),
            (Fault::LiesAboutTotal(8), "unexpected-answer"),
            (Fault::LiesAboutLength(5), "unexpected-answer"),
            (Fault::LiesAboutLength(7), "unexpected-answer"),
            (Fault::Gzip, "unexpected-answer"),
            (raw("Content-Length: 6"), "unexpected-answer"),
            (
                raw("Content-Length: 6\r\nContent-Range: bytes 4-9/*"),
                "unexpected-answer",
            ),
            (
                raw("Content-Length: 6\r\nContent-Range: items 4-9/16"),
                "unexpected-answer",
            ),
            (
                raw("Content-Length: 6\r\nContent-Range: bytes */16"),
                "unexpected-answer",
            ),
            (
                raw("Content-Length: 6\r\nContent-Range: bytes 9-4/16"),
                "unexpected-answer",
            ),
            (
                raw("Content-Length: 6\r\nContent-Range: bytes 4-8/16"),
                "unexpected-answer",
            ),
            (
                raw("Content-Length: 5\r\nContent-Range: bytes 4-8/16"),
                "unexpected-answer",
            ),
            (
                raw("Content-Length: 6\r\nContent-Range: bytes 4-9/99999999999999999999"),
                "unexpected-answer",
            ),
            // Without a length: more than was asked for, and less.
            (raw("Content-Range: bytes 4-9/16"), "unexpected-answer"),
            (
                raw(&format!("{chunked}c\r\n456789abcdef\r\n0")),
                "unexpected-answer",
            ),
            (raw(&format!("{chunked}3\r\n456\r\n0")), "truncated"),
            (Fault::Truncate(3), "truncated"),
            (Fault::Status(404), "not-found-upstream"),
            (Fault::Status(204), "server-error"),
        ];
        for (fault, code) in cases {
            let server = server();
            server.fault(FILE, fault.clone());
            let error = range(&server, MIDDLE).unwrap_err();
            assert_eq!(error.code(), code, "{fault:?}: {error}");
            let tries = if code == "truncated" { 4 } else { 1 };
            assert_eq!(server.requests().len(), tries, "{fault:?}");
        }
    }

    #[test]
    fn what_breaks_off_is_read_again_from_the_start() {
        for fault in [Fault::Truncate(3), Fault::Reset(3), Fault::Status(502)] {
            let server = server();
            server.fault(FILE, fault.clone().times(2));
            assert_eq!(
                range(&server, MIDDLE).unwrap().bytes,
                b"456789",
                "{fault:?}"
            );
            assert_eq!(server.requests().len(), 3);
        }
    }

    #[test]
    fn a_range_is_kept_across_redirections() {
        let server = server();
        server.fault("/moved", Fault::Redirect(FILE.to_owned()));
        let part = client().range(&server.url("/moved"), MIDDLE).unwrap();
        assert_eq!(part.bytes, b"456789");
        assert_eq!(server.requests()[1].header("range"), Some("bytes=4-9"));
    }

    #[test]
    fn what_tells_two_files_apart() {
        type Headers = &'static [(&'static str, &'static str)];
        let cases: &[(Headers, Option<&str>)] = &[
            (&[], None),
            (
                &[("ETag", "\"x\""), ("Last-Modified", "Mon")],
                Some("\"x\""),
            ),
            (
                &[("ETag", "W/\"x\""), ("Last-Modified", "Mon")],
                Some("Mon"),
            ),
            (&[("ETag", "W/\"x\"")], None),
        ];
        for (headers, validator) in cases {
            let server = server();
            for (name, value) in *headers {
                let header = Fault::Header((*name).to_owned(), (*value).to_owned());
                server.fault(FILE, header);
            }
            let part = range(&server, MIDDLE).unwrap();
            assert_eq!(part.validator.as_deref(), *validator, "{headers:?}");
        }
    }
}
