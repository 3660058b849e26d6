//! HTTP with bounded answers, retries and a count of what was moved.

mod address;
mod exchange;
mod page;
mod proxy;
mod range;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::thread::sleep;
use std::time::Duration;

pub(crate) use address::{Address, Origin, decoded, decoded_bytes, encoded, redacted, resolve};
pub(crate) use page::Page;
pub(crate) use range::{ByteRange, Part};

use crate::credentials::{Login, Logins, Netrc};
use crate::error::{UpstreamError, UpstreamErrorKind};
use exchange::Failure;
use proxy::Agents;

/// The longest wait between two tries that the number of tries leads to.
const LONGEST_BACKOFF: Duration = Duration::from_secs(8);

/// How servers are talked to. All values come from the caller; nothing is read from the process.
#[derive(Clone)]
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
    /// How long to wait before the first repetition; each further one waits twice as long.
    pub backoff: Duration,
}

impl Default for ClientSettings {
    /// No proxy, no credentials, the platform's certificates, 15 seconds, 3 repetitions.
    fn default() -> Self {
        Self {
            certificates: None,
            http_proxy: None,
            https_proxy: None,
            no_proxy: None,
            netrc: Netrc::default(),
            timeout: Duration::from_secs(15),
            retries: 3,
            backoff: Duration::from_millis(500),
        }
    }
}

impl fmt::Debug for ClientSettings {
    /// Shows no credentials, neither a proxy's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSettings")
            .field("certificates", &self.certificates.as_ref().map(Vec::len))
            .field("http_proxy", &self.http_proxy.as_deref().map(redacted))
            .field("https_proxy", &self.https_proxy.as_deref().map(redacted))
            .field("no_proxy", &self.no_proxy)
            .field("netrc", &self.netrc)
            .field("timeout", &self.timeout)
            .field("retries", &self.retries)
            .field("backoff", &self.backoff)
            .finish()
    }
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
pub struct Client {
    agents: Agents,
    logins: RwLock<Logins>,
    timeout: Duration,
    retries: u32,
    backoff: Duration,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Client {
    /// Makes a client.
    ///
    /// # Errors
    ///
    /// If the certificates or a proxy's address make no sense.
    pub fn new(settings: ClientSettings) -> Result<Self, UpstreamError> {
        Ok(Self {
            agents: Agents::new(&settings)?,
            logins: RwLock::new(Logins::new(settings.netrc)),
            timeout: settings.timeout,
            retries: settings.retries,
            backoff: settings.backoff,
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        })
    }

    /// What was moved so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.requests.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }

    /// Remembers the credentials in the address of an index.
    pub(crate) fn remember_index(&self, address: &Address, login: Login) {
        let mut logins = self.logins.write().unwrap_or_else(PoisonError::into_inner);
        logins.remember_index(address, login);
    }

    /// Remembers the credentials in a link.
    pub(crate) fn remember_link(&self, origin: &Origin, login: Login) {
        let mut logins = self.logins.write().unwrap_or_else(PoisonError::into_inner);
        logins.remember_link(origin, login);
    }

    /// Returns the value of an `Authorization` header for `address`, if there are credentials for its server.
    fn authorization(&self, address: &Address) -> Option<String> {
        let logins = self.logins.read().unwrap_or_else(PoisonError::into_inner);
        logins.of(address).map(Login::basic)
    }

    /// Does `attempt` until it succeeds, fails for good, or was repeated often enough.
    fn repeated<T>(&self, attempt: impl Fn() -> Result<T, Failure>) -> Result<T, UpstreamError> {
        let mut wait = self.backoff;
        for _ in 0..self.retries {
            match attempt() {
                Ok(done) => return Ok(done),
                Err(Failure { kind, again: None }) => return Err(kind.into()),
                Err(Failure {
                    again: Some(wanted),
                    ..
                }) => sleep(wait.max(wanted)),
            }
            wait = wait.saturating_mul(2).min(LONGEST_BACKOFF);
        }
        attempt().map_err(|failure| failure.kind.into())
    }
}

/// Reads an address, or says what is wrong with it.
pub(crate) fn parsed(url: &str) -> Result<Address, UpstreamError> {
    match Address::parse(url) {
        Ok((address, _)) => Ok(address),
        Err(problem) => Err(UpstreamErrorKind::BadAddress {
            address: redacted(url),
            problem,
        }
        .into()),
    }
}
