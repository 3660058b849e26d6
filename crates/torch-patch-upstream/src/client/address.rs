//! An absolute address with `http` or `https`. It carries no credentials: they are parted from it when it is read.

use std::fmt;

use fluent_uri::{Uri, UriRef};

use crate::credentials::Login;

/// Where a server is: what credentials belong to (RFC 6454).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin {
    /// Whether the scheme is `https`.
    pub(crate) secure: bool,
    /// The host in lower case.
    pub(crate) host: String,
    /// The port, also where the address leaves it out.
    pub(crate) port: u16,
}

/// An absolute address with `http` or `https`, without credentials and fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    text: String,
    origin: Origin,
}

impl Address {
    /// Reads an address and the credentials in it; what is wrong with it otherwise.
    pub(crate) fn parse(text: &str) -> Result<(Self, Option<Login>), &'static str> {
        let (text, login) = without_login(text.trim());
        let text = encoded(&text);
        let uri = Uri::parse(text.as_str()).map_err(|_| "it is no absolute address")?;
        let secure = match uri.scheme().as_str().to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err("its scheme is neither `https` nor `http`"),
        };
        let authority = uri.authority().ok_or("it names no host")?;
        let host = authority.host().to_ascii_lowercase();
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_host) {
            return Err("it names no host");
        }
        let port = authority.port_to_u16().map_err(|_| "its port is no port")?;
        let port = port.unwrap_or(if secure { 443 } else { 80 });
        let origin = Origin { secure, host, port };
        let text = text.split('#').next().unwrap_or_default().to_owned();
        Ok((Self { text, origin }, login))
    }

    /// Returns it as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the server.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Returns the path, percent-encoded.
    pub(crate) fn path(&self) -> &str {
        let rest = self.text.split_once("://").map_or("", |(_, rest)| rest);
        let path = rest.find(['/', '?']).map_or("", |at| &rest[at..]);
        path.split('?').next().unwrap_or_default()
    }

    /// Returns it with a path made of its own and `name`, ending in a slash; the query goes away.
    pub(crate) fn below(&self, name: &str) -> Self {
        let stem = self.text.split('?').next().unwrap_or_default();
        Self {
            text: format!("{}/{name}/", stem.trim_end_matches('/')),
            origin: self.origin.clone(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Resolves `reference`, as a page or a server writes it, against the absolute address `base` (RFC 3986, section 5).
pub(crate) fn resolve(base: &str, reference: &str) -> Option<String> {
    let reference: String = reference
        .trim()
        .chars()
        .filter(|char| !matches!(char, '\t' | '\n' | '\r'))
        .collect();
    let reference = encoded(&reference);
    let base = Uri::parse(base.split('#').next()?).ok()?;
    let reference = UriRef::parse(reference.as_str()).ok()?;
    let resolved = reference.resolve_against(&base).ok()?;
    Some(resolved.as_str().to_owned())
}

/// Returns `text` without what may be credentials, for messages. An address that is broken loses more than it has to.
pub(crate) fn redacted(text: &str) -> String {
    if let Ok((address, _)) = Address::parse(text) {
        return address.text;
    }
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let kept = rest.rsplit_once('@').map_or(rest, |(_, kept)| kept);
    let between = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{between}{kept}")
}

/// Decodes percent-encoding; what is no UTF-8 then becomes U+FFFD.
pub(crate) fn decoded(text: &str) -> String {
    String::from_utf8_lossy(&decoded_bytes(text)).into_owned()
}

/// Decodes percent-encoding into bytes.
pub(crate) fn decoded_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if let Some(byte) = escape(rest) {
            bytes.push(byte);
            rest = &rest[3..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    bytes
}

/// Reads the escape that `text` begins with, if it does.
fn escape(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = text else {
        return None;
    };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// Parts an address from the user and password in it: everything between `://` and the last `@` before the path.
fn without_login(text: &str) -> (String, Option<Login>) {
    let Some((scheme, rest)) = text.split_once("://") else {
        return (text.to_owned(), None);
    };
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let Some(at) = rest[..end].rfind('@') else {
        return (text.to_owned(), None);
    };
    let (user, password) = rest[..at].split_once(':').unwrap_or((&rest[..at], ""));
    let login = Login::new(decoded(user), decoded(password));
    (format!("{scheme}://{}", &rest[at + 1..]), login)
}

/// Escapes what people and servers leave unescaped, such as blanks, and leaves the rest as it is.
pub(crate) fn encoded(text: &str) -> String {
    use std::fmt::Write as _;

    let path = path_start(text);
    let mut out = String::with_capacity(text.len());
    for (at, byte) in text.bytes().enumerate() {
        let kept = match byte {
            b'%' => escape(&text.as_bytes()[at..]).is_some(),
            b'[' | b']' => at < path,
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => false,
            _ => byte.is_ascii_graphic(),
        };
        if kept {
            out.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The offset at which the host of `text`, if it names one, has ended.
fn path_start(text: &str) -> usize {
    let Some(at) = text.find("//") else { return 0 };
    if at > 0 && !text[..at].ends_with(':') {
        return 0;
    }
    let from = at + 2;
    text[from..]
        .find(['/', '?', '#'])
        .map_or(text.len(), |end| from + end)
}

#[cfg(test)]
mod tests {
    use super::{Address, decoded, redacted, resolve};

    #[test]
    fn an_address_and_its_credentials_are_parted() {
        let cases = [
            (
                "https://pypi.org/simple",
                "https://pypi.org/simple",
                None,
                443,
            ),
            (
                "HTTP://U:p%40s@Host:81/a?b#c",
                "HTTP://Host:81/a?b",
                Some(("U", "p@s")),
                81,
            ),
            (
                "https://u:p@ss@host/x@y",
                "https://host/x@y",
                Some(("u", "p@ss")),
                443,
            ),
            (
                "https://token@host/",
                "https://host/",
                Some(("token", "")),
                443,
            ),
            ("https://@host/", "https://host/", None, 443),
            (
                "https://u:p@[::1]:8/a [b]",
                "https://[::1]:8/a%20%5Bb%5D",
                Some(("u", "p")),
                8,
            ),
        ];
        for (text, address, login, port) in cases {
            let (found, found_login) = Address::parse(text).unwrap();
            assert_eq!(found.as_str(), address);
            assert_eq!(found.origin().port, port, "{text}");
            let found_login = found_login
                .as_ref()
                .map(|login| (login.user(), login.password()));
            assert_eq!(found_login, login, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "pypi.org/simple",
            "ftp://host/",
            "https:///simple",
            "https://host:99999/",
            "https://ho st/",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn no_credentials_are_left_in_what_is_shown() {
        for text in [
            "https://user:s3cret@host/a",
            "https://user:s3cret/x@host/",
            "user:s3cret@host",
            "ftp://user:s3cret@host/",
        ] {
            let shown = redacted(text);
            assert!(
                !shown.contains("s3cret") && !shown.contains("user") && shown.contains("host"),
                "{shown}"
            );
        }
    }

    #[test]
    fn references_are_resolved() {
        let base = "https://host/simple/torch/?x=1";
        let cases = [
            ("torch-1.whl", "https://host/simple/torch/torch-1.whl"),
            (
                "../../files/a b.whl#sha256=0",
                "https://host/files/a%20b.whl#sha256=0",
            ),
            ("//other/a", "https://other/a"),
            (" /a\n/b%2Bc%zz ", "https://host/a/b%2Bc%25zz"),
            ("data:x", "data:x"),
        ];
        for (reference, wanted) in cases {
            assert_eq!(resolve(base, reference).as_deref(), Some(wanted));
        }
    }

    #[test]
    fn percent_encoding_is_decoded_once() {
        assert_eq!(decoded("a%2Bb%252B%zz%"), "a+b%2B%zz%");
    }
}
