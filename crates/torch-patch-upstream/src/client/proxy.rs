//! Which proxy a request goes through.

use std::net::IpAddr;
use std::time::Duration;

use ureq::config::Config;
use ureq::tls::{PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};
use ureq::{Agent, Proxy};

use super::ClientSettings;
use super::address::{Address, redacted};
use crate::error::{UpstreamError, UpstreamErrorKind};

/// The longest that one request may take, however steadily bytes come in.
const LONGEST: Duration = Duration::from_mins(10);

/// The largest number of connections that are kept for one server.
const KEPT: usize = 8;

/// Pools of connections: without a proxy, and through each one.
#[derive(Debug)]
pub(super) struct Agents {
    direct: Agent,
    http: Option<Agent>,
    https: Option<Agent>,
    no_proxy: NoProxy,
}

impl Agents {
    pub(super) fn new(settings: &ClientSettings) -> Result<Self, UpstreamError> {
        let tls = tls(settings.certificates.as_deref())?;
        let through = |proxy: Option<&String>| -> Result<Option<Agent>, UpstreamError> {
            let proxy = proxy
                .map(|text| text.trim())
                .filter(|text| !text.is_empty());
            let Some(text) = proxy else { return Ok(None) };
            let proxy = Proxy::new(text).map_err(|_| UpstreamErrorKind::BadProxy {
                proxy: redacted(text),
            })?;
            Ok(Some(agent(settings, &tls, Some(proxy))))
        };
        Ok(Self {
            http: through(settings.http_proxy.as_ref())?,
            https: through(settings.https_proxy.as_ref())?,
            direct: agent(settings, &tls, None),
            no_proxy: NoProxy::parse(settings.no_proxy.as_deref().unwrap_or_default()),
        })
    }

    /// Returns the pool for `address`.
    pub(super) fn of(&self, address: &Address) -> &Agent {
        let origin = address.origin();
        let proxy = if origin.secure {
            &self.https
        } else {
            &self.http
        };
        match proxy {
            Some(agent) if !self.no_proxy.has(&origin.host, origin.port) => agent,
            _ => &self.direct,
        }
    }
}

fn agent(settings: &ClientSettings, tls: &TlsConfig, proxy: Option<Proxy>) -> Agent {
    let timeout = Some(settings.timeout);
    Config::builder()
        .tls_config(tls.clone())
        .proxy(proxy)
        .http_status_as_error(false)
        // Redirections are followed by `exchange`, which knows what may go where.
        .max_redirects(0)
        .user_agent(concat!("torch-patch/", env!("CARGO_PKG_VERSION")))
        .max_idle_connections(2 * KEPT)
        .max_idle_connections_per_host(KEPT)
        .timeout_global(Some(LONGEST))
        .timeout_resolve(timeout)
        .timeout_connect(timeout)
        .timeout_recv_response(timeout)
        .timeout_per_read(timeout)
        .timeout_per_write(timeout)
        .build()
        .new_agent()
}

fn tls(certificates: Option<&[u8]>) -> Result<TlsConfig, UpstreamError> {
    let roots = match certificates {
        None => RootCerts::PlatformVerifier,
        Some(pem) => bundle(pem)?,
    };
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(rustls::crypto::ring::default_provider().into())
        .root_certs(roots)
        .build())
}

fn bundle(pem: &[u8]) -> Result<RootCerts, UpstreamError> {
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {}
            Err(_) => return Err(UpstreamErrorKind::BadCertificates.into()),
        }
    }
    if certificates.is_empty() {
        return Err(UpstreamErrorKind::BadCertificates.into());
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

/// Hosts that no proxy is used for, as [curl](https://curl.se/docs/manpage.html#NOPROXY) and pip read `NO_PROXY`.
#[derive(Debug)]
struct NoProxy {
    entries: Vec<(Pattern, Option<u16>)>,
}

#[derive(Debug)]
enum Pattern {
    All,
    Network(IpAddr, u32),
    Domain(String),
}

impl NoProxy {
    fn parse(text: &str) -> Self {
        let words = text.split(|char: char| char == ',' || char.is_whitespace());
        let words = words.filter(|word| !word.is_empty());
        Self {
            entries: words
                .map(|word| entry(&word.to_ascii_lowercase()))
                .collect(),
        }
    }

    fn has(&self, host: &str, port: u16) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let host_ip = bare.parse::<IpAddr>().ok();
        self.entries.iter().any(|(pattern, wanted)| {
            wanted.is_none_or(|wanted| wanted == port)
                && match pattern {
                    Pattern::All => true,
                    Pattern::Network(network, bits) => {
                        host_ip.is_some_and(|ip| is_in(ip, *network, *bits))
                    }
                    Pattern::Domain(domain) => is_below(bare.trim_end_matches('.'), domain),
                }
        })
    }
}

/// Reads `*`, an address, a network such as `10.0.0.0/8`, or a domain, the last two with an optional port.
fn entry(word: &str) -> (Pattern, Option<u16>) {
    if let Some(network) = network(word) {
        return (network, None);
    }
    let (host, port) = match word.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => (host, port.parse().ok()),
        _ => (word, None),
    };
    if let Some(network) = network(host) {
        return (network, port);
    }
    let domain = host.strip_prefix('*').unwrap_or(host);
    let domain = domain.trim_matches('.');
    if domain.is_empty() {
        return (Pattern::All, port);
    }
    (Pattern::Domain(domain.to_owned()), port)
}

fn network(word: &str) -> Option<Pattern> {
    let (address, bits) = word.split_once('/').unwrap_or((word, "128"));
    let address = address.trim_start_matches('[').trim_end_matches(']');
    Some(Pattern::Network(address.parse().ok()?, bits.parse().ok()?))
}

fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn is_in(ip: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            let shift = 32_u32.saturating_sub(bits);
            let differing = ip.to_bits() ^ network.to_bits();
            differing.checked_shr(shift).unwrap_or(0) == 0
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => {
            let shift = 128_u32.saturating_sub(bits);
            let differing = ip.to_bits() ^ network.to_bits();
            differing.checked_shr(shift).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::NoProxy;

    #[test]
    fn hosts_without_a_proxy() {
        let cases = [
            ("", "pypi.org", false),
            ("*", "pypi.org", true),
            ("pypi.org", "pypi.org", true),
            ("PyPI.org", "files.pypi.org", true),
            (".pypi.org", "pypi.org", true),
            ("*.pypi.org", "files.pypi.org", true),
            ("pypi.org", "notpypi.org", false),
            ("a, pypi.org b", "pypi.org", true),
            ("pypi.org:443", "pypi.org", true),
            ("pypi.org:80", "pypi.org", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.1.2.3", false),
            ("0.0.0.0/0", "11.1.2.3", true),
            ("::1", "[::1]", true),
            ("[::1]:443", "[::1]", true),
            ("[::1]:80", "[::1]", false),
            ("fd00::/8", "[fd12::1]", true),
            ("fd00::/8", "10.0.0.1", false),
        ];
        for (text, host, wanted) in cases {
            assert_eq!(NoProxy::parse(text).has(host, 443), wanted, "{text} {host}");
        }
    }
}
