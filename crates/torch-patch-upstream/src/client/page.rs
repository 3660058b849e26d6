//! A page of an index, read in full up to a limit.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::Client;
use super::address::Address;
use super::exchange::{Failure, refusal};
use crate::error::{UpstreamError, UpstreamErrorKind};

/// The size of the largest page that is read, unpacked.
const LARGEST: u64 = 64 * 1024 * 1024;

/// A page.
#[derive(Debug)]
pub(crate) struct Page {
    /// Where it is, after redirections.
    pub(crate) address: Address,
    /// Its media type in lower case, without parameters; empty if the server does not say.
    pub(crate) content_type: String,
    /// Its bytes, unpacked.
    pub(crate) body: Vec<u8>,
}

impl Client {
    /// Reads a page.
    ///
    /// # Errors
    ///
    /// The server cannot be reached or does not have it, or it is larger than 64 MiB.
    pub(crate) fn page(&self, address: &Address, accept: &str) -> Result<Page, UpstreamError> {
        let headers = [("accept", accept), ("accept-encoding", "gzip")];
        self.repeated(|| {
            let answer = self.exchange(address, &headers)?;
            if answer.status.as_u16() != 200 {
                return Err(refusal(address, &answer));
            }
            let content_type = answer.header("content-type").unwrap_or_default();
            let content_type = content_type.split(';').next().unwrap_or_default();
            let content_type = content_type.trim().to_ascii_lowercase();
            let encoding = answer
                .header("content-encoding")
                .unwrap_or("identity")
                .to_ascii_lowercase();
            let (found, raw) = (answer.address, self.counted(answer.body));
            let body = match encoding.as_str() {
                "identity" => self.bounded(address, raw)?,
                "gzip" | "x-gzip" => self.bounded(address, MultiGzDecoder::new(raw))?,
                _ => {
                    return Err(UpstreamErrorKind::UnexpectedAnswer {
                        url: address.to_string(),
                        expected: "`Content-Encoding: gzip` or none".to_owned(),
                        found: format!("`{encoding}`"),
                    }
                    .into());
                }
            };
            Ok(Page {
                address: found,
                content_type,
                body,
            })
        })
    }

    fn bounded(&self, address: &Address, body: impl Read) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let read = body.take(LARGEST + 1).read_to_end(&mut bytes);
        read.map_err(|error| self.read_failure(address, error))?;
        if bytes.len() as u64 > LARGEST {
            let (what, limit) = (format!("`{address}`"), "64 MiB".to_owned());
            return Err(UpstreamErrorKind::TooLarge { what, limit }.into());
        }
        Ok(bytes)
    }
}
