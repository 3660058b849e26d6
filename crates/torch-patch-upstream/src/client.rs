//! HTTP with bounded answers, retries and a count of what was moved.

use std::time::Duration;

use crate::credentials::Netrc;
use crate::error::UpstreamError;

/// How servers are talked to. All values come from the caller; nothing is read from the process.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// Certificates in PEM that take the place of the platform's, if any.
    pub certificates: Option<Vec<u8>>,
    /// The proxy for `http://` addresses.
    pub http_proxy: Option<String>,
    /// The proxy for `https://` addresses.
    pub https_proxy: Option<String>,
    /// Hosts that no proxy is used for, as in `NO_PROXY`.
    pub no_proxy: Option<String>,
    /// Credentials by host.
    pub netrc: Netrc,
    /// How long to wait for a connection, and for each part of an answer.
    pub timeout: Duration,
    /// How often a request is repeated after 429, 5xx or a broken connection.
    pub retries: u32,
}

/// What was moved so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// The requests made, repetitions and redirections included.
    pub requests: u64,
    /// The bytes of answers' bodies that were received.
    pub bytes: u64,
}

/// A pool of connections to servers; shared by threads.
#[derive(Debug)]
pub struct Client {}

impl Client {
    /// Makes a client.
    ///
    /// # Errors
    ///
    /// If the certificates or a proxy's address make no sense.
    pub fn new(_settings: ClientSettings) -> Result<Self, UpstreamError> {
        Ok(Self {})
    }

    /// What was moved so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}
