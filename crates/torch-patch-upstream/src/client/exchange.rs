//! One request: redirections, credentials, and which failures are worth another try.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ureq::http::StatusCode;
use ureq::http::header::HeaderMap;
use ureq::{Body, Timeout};

use super::Client;
use super::address::{Address, resolve};
use crate::error::UpstreamErrorKind;

/// How often a server may send us elsewhere.
const REDIRECTIONS: usize = 5;

/// The body of a redirection is read up to here, so that the connection can be used again.
const IDLE_BODY: u64 = 16 * 1024;

/// The longest wait that a server can ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Why a try failed.
pub(super) struct Failure {
    /// What is wrong.
    pub(super) kind: UpstreamErrorKind,
    /// Whether another try makes sense, and how long the server asks to wait before.
    pub(super) again: Option<Duration>,
}

impl Failure {
    /// A failure that may pass.
    pub(super) fn passing(kind: UpstreamErrorKind) -> Self {
        let again = Some(Duration::ZERO);
        Self { kind, again }
    }
}

impl From<UpstreamErrorKind> for Failure {
    fn from(kind: UpstreamErrorKind) -> Self {
        Self { kind, again: None }
    }
}

/// What a server answered; the body was not read yet.
pub(super) struct Answer {
    pub(super) address: Address,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
}

impl Answer {
    /// Returns the value of a header, if it is there and text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }

    /// Returns the length that the server says the body has.
    pub(super) fn length(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }
}

impl Client {
    /// Asks for `address` and follows redirections. The answer has any status.
    pub(super) fn exchange(
        &self,
        address: &Address,
        headers: &[(&str, &str)],
    ) -> Result<Answer, Failure> {
        let mut at = address.clone();
        for _ in 0..=REDIRECTIONS {
            let answer = self.once(&at, headers)?;
            if !matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            let next = target(&answer)?;
            self.drain(answer.body);
            at = next;
        }
        let problem = format!("more than {REDIRECTIONS} redirections");
        Err(redirect(address, problem).into())
    }

    fn once(&self, address: &Address, headers: &[(&str, &str)]) -> Result<Answer, Failure> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut request = self.agents.of(address).get(address.as_str());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(login) = self.authorization(address) {
            request = request.header("authorization", login);
        }
        let response = request
            .call()
            .map_err(|error| self.failure(address, error))?;
        let (parts, body) = response.into_parts();
        Ok(Answer {
            address: address.clone(),
            status: parts.status,
            headers: parts.headers,
            body,
        })
    }

    /// Reads the rest of a short body for nothing.
    fn drain(&self, body: Body) {
        let mut body = self.counted(body).take(IDLE_BODY);
        // What is wrong with this body does not matter: the connection is given up then.
        let _ = io::copy(&mut body, &mut io::sink());
    }

    /// Counts what is read from `body`.
    pub(super) fn counted(&self, body: Body) -> impl Read {
        Counted {
            body: body.into_with_config().limit(u64::MAX).reader(),
            bytes: &self.bytes,
        }
    }

    /// Says what an error of the transport means. None of the texts can hold credentials: the address has none, and a
    /// proxy is not named.
    pub(super) fn failure(&self, address: &Address, error: ureq::Error) -> Failure {
        let url = address.to_string();
        let unreachable = |problem: String| UpstreamErrorKind::Unreachable {
            url: url.clone(),
            problem,
        };
        match error {
            ureq::Error::Io(error) => match tls_problem(&error) {
                Some(problem) => UpstreamErrorKind::Insecure { url, problem }.into(),
                None => Failure::passing(unreachable(error.to_string())),
            },
            ureq::Error::Timeout(timeout) => Failure::passing(unreachable(self.waited(timeout))),
            ureq::Error::HostNotFound => Failure::passing(unreachable(format!(
                "no address is known for host `{}`",
                address.origin().host
            ))),
            ureq::Error::ConnectionFailed => {
                Failure::passing(unreachable("the connection failed".to_owned()))
            }
            ureq::Error::ConnectProxyFailed(problem) => {
                unreachable(format!("the proxy refused: {problem}")).into()
            }
            ureq::Error::Tls(problem) => UpstreamErrorKind::Insecure {
                url,
                problem: problem.to_owned(),
            }
            .into(),
            ureq::Error::Rustls(error) => UpstreamErrorKind::Insecure {
                url,
                problem: error.to_string(),
            }
            .into(),
            error @ ureq::Error::Protocol(_) => Failure::passing(unreachable(error.to_string())),
            error => unreachable(error.to_string()).into(),
        }
    }

    /// Says what an error while reading a body means.
    pub(super) fn read_failure(&self, address: &Address, error: io::Error) -> Failure {
        self.failure(address, ureq::Error::from(error))
    }

    fn waited(&self, timeout: Timeout) -> String {
        let seconds = self.timeout.as_secs_f64();
        match timeout {
            Timeout::Resolve => format!("the host's address was not found within {seconds} s"),
            Timeout::Connect => format!("no connection within {seconds} s"),
            Timeout::Global | Timeout::PerCall => "it took more than 10 minutes".to_owned(),
            _ => format!("nothing came for {seconds} s"),
        }
    }
}

/// Says what an answer means that is not what was asked for, by its status.
pub(super) fn refusal(asked: &Address, answer: &Answer) -> Failure {
    let (url, status) = (asked.to_string(), answer.status.as_u16());
    let host = answer.address.origin().host.clone();
    match status {
        401 | 403 => UpstreamErrorKind::Unauthorized { url, host, status }.into(),
        404 | 410 => UpstreamErrorKind::NotFound { url, status }.into(),
        429 | 500 | 502 | 503 | 504 => Failure {
            kind: UpstreamErrorKind::Status { url, status },
            again: Some(wanted_wait(answer)),
        },
        _ => UpstreamErrorKind::Status { url, status }.into(),
    }
}

fn wanted_wait(answer: &Answer) -> Duration {
    let seconds = answer
        .header("retry-after")
        .and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(0)).min(LONGEST_WAIT)
}

/// The address that a redirection leads to. Credentials in it are dropped.
fn target(answer: &Answer) -> Result<Address, UpstreamErrorKind> {
    let from = &answer.address;
    let location = answer
        .header("location")
        .ok_or_else(|| redirect(from, "it does not say where to".to_owned()))?;
    let next = resolve(from.as_str(), location)
        .and_then(|text| Address::parse(&text).ok())
        .ok_or_else(|| redirect(from, "where it leads is no web address".to_owned()))?
        .0;
    if from.origin().secure && !next.origin().secure {
        let problem = format!(
            "it leads from https to http, to host `{}`",
            next.origin().host
        );
        return Err(redirect(from, problem));
    }
    Ok(next)
}

fn redirect(from: &Address, problem: String) -> UpstreamErrorKind {
    UpstreamErrorKind::Redirect {
        url: from.to_string(),
        problem,
    }
}

/// Says what a failed handshake was about, if `error` is one.
fn tls_problem(error: &io::Error) -> Option<String> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(error.to_string())
}

struct Counted<'a, R> {
    body: R,
    bytes: &'a AtomicU64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.body.read(buffer)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use ureq::Body;
    use ureq::http::{HeaderMap, HeaderValue, StatusCode};

    use super::{Answer, target};
    use crate::client::Address;

    #[test]
    fn redirections_lead_to_the_web_and_never_away_from_https() {
        let cases = [
            ("https://a/x/", "y", Some("https://a/x/y")),
            ("https://a/x/", "https://b/y", Some("https://b/y")),
            ("https://a/x/", "//u:p@b/y", Some("https://b/y")),
            ("http://a/x/", "https://a/x/", Some("https://a/x/")),
            ("http://a/x/", "http://b/", Some("http://b/")),
            ("https://a/x/", "http://a/x/", None),
            ("https://a/x/", "ftp://a/x/", None),
        ];
        for (from, to, wanted) in cases {
            let mut headers = HeaderMap::new();
            headers.insert("location", HeaderValue::from_static(to));
            let answer = Answer {
                address: Address::parse(from).unwrap().0,
                status: StatusCode::FOUND,
                headers,
                body: Body::builder().data(""),
            };
            let found = target(&answer).ok();
            assert_eq!(found.as_ref().map(Address::as_str), wanted, "{to}");
        }
    }
}
