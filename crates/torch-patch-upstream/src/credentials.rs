//! Credentials by server: from the addresses of indexes, and by host from a netrc file. Never shown and never stored.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::client::{Address, Origin};

/// A user and a password. `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Login {
    user: String,
    password: String,
}

impl Login {
    /// Makes a login; none if both parts are empty.
    pub(crate) fn new(user: String, password: String) -> Option<Self> {
        (!user.is_empty() || !password.is_empty()).then_some(Self { user, password })
    }

    /// Returns the value of an `Authorization` header (RFC 7617).
    pub(crate) fn basic(&self) -> String {
        let pair = format!("{}:{}", self.user, self.password);
        format!("Basic {}", STANDARD.encode(pair))
    }

    #[cfg(test)]
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    #[cfg(test)]
    pub(crate) fn password(&self) -> &str {
        &self.password
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(…)")
    }
}

/// What is known by now of who may log in where.
#[derive(Debug, Default)]
pub(crate) struct Logins {
    indexes: Vec<(Address, Login)>,
    links: BTreeMap<Origin, Login>,
    netrc: Netrc,
}

impl Logins {
    /// Begins with the entries of a netrc file.
    pub(crate) fn new(netrc: Netrc) -> Self {
        Self {
            netrc,
            ..Self::default()
        }
    }

    /// Remembers the credentials in the address of an index: they hold for all of its server, as pip has it.
    pub(crate) fn remember_index(&mut self, address: &Address, login: Login) {
        if !self.indexes.iter().any(|(known, _)| known == address) {
            self.indexes.push((address.clone(), login));
        }
    }

    /// Remembers the credentials in a link of a page, unless its server has some.
    pub(crate) fn remember_link(&mut self, origin: &Origin, login: Login) {
        self.links.entry(origin.clone()).or_insert(login);
    }

    /// Finds the credentials for `address`: those of the index on that server which has most of the path in common, else
    /// those of a link, else netrc's.
    pub(crate) fn of(&self, address: &Address) -> Option<&Login> {
        let origin = address.origin();
        let index = self
            .indexes
            .iter()
            .rev()
            .filter(|(index, _)| index.origin() == origin)
            .max_by_key(|(index, _)| common(index.path(), address.path()));
        index
            .map(|(_, login)| login)
            .or_else(|| self.links.get(origin))
            .or_else(|| self.netrc.of(&origin.host))
    }
}

/// The number of leading segments that two paths share.
fn common(one: &str, other: &str) -> usize {
    let pairs = one.split('/').zip(other.split('/'));
    pairs.take_while(|(one, other)| one == other).count()
}

/// The entries of a netrc file
/// ([`inetutils`](https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html)).
#[derive(Clone, Default)]
pub struct Netrc {
    hosts: BTreeMap<String, Login>,
    default: Option<Login>,
}

impl Netrc {
    /// Reads the text of a netrc file. What is no entry is skipped; the first entry of a host counts.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut netrc = Self::default();
        let mut words = Words { rest: text };
        let mut entry: Option<Entry> = None;
        while let Some(word) = words.next_key() {
            match (word.as_str(), &mut entry) {
                ("machine", _) => netrc.add(entry.replace(Entry::of(words.value()))),
                ("default", _) => netrc.add(entry.replace(Entry::of(None))),
                ("macdef", _) => words.skip_macro(),
                ("login" | "user", Some(entry)) => entry.user = words.value().unwrap_or_default(),
                ("password", Some(entry)) => entry.password = words.value().unwrap_or_default(),
                ("account", _) => drop(words.value()),
                _ => {}
            }
        }
        netrc.add(entry);
        netrc
    }

    fn add(&mut self, entry: Option<Entry>) {
        let Some(entry) = entry else { return };
        let Some(login) = Login::new(entry.user, entry.password) else {
            return;
        };
        match entry.host {
            Some(host) => drop(self.hosts.entry(host.to_ascii_lowercase()).or_insert(login)),
            None => drop(self.default.get_or_insert(login)),
        }
    }

    fn of(&self, host: &str) -> Option<&Login> {
        self.hosts.get(host).or(self.default.as_ref())
    }
}

impl fmt::Debug for Netrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Netrc(…)")
    }
}

/// An entry of a netrc file; without a host it is the one for all others.
struct Entry {
    host: Option<String>,
    user: String,
    password: String,
}

impl Entry {
    fn of(host: Option<String>) -> Self {
        Self {
            host,
            user: String::new(),
            password: String::new(),
        }
    }
}

/// The words of a netrc file that were not read yet.
struct Words<'a> {
    rest: &'a str,
}

impl Words<'_> {
    /// Reads a word that is no value. Here, and only here, `#` begins a comment: passwords may begin with one.
    fn next_key(&mut self) -> Option<String> {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('#') {
                return self.value();
            }
            self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
        }
    }

    /// Reads the next word, which may be quoted.
    fn value(&mut self) -> Option<String> {
        self.rest = self.rest.trim_start();
        let quoted = self.rest.starts_with('"');
        let mut chars = self.rest.char_indices().skip(usize::from(quoted));
        let mut word = String::new();
        let mut end = self.rest.len();
        while let Some((at, char)) = chars.next() {
            match char {
                '\\' => word.extend(chars.next().map(|(_, char)| char)),
                '"' if quoted => {
                    end = at + 1;
                    break;
                }
                char if !quoted && char.is_whitespace() => {
                    end = at;
                    break;
                }
                char => word.push(char),
            }
        }
        let found = !self.rest.is_empty();
        self.rest = &self.rest[end..];
        found.then_some(word)
    }

    /// Skips a macro, which ends at an empty line.
    fn skip_macro(&mut self) {
        let end = self.rest.find("\n\n").map(|at| at + 2);
        let windows = self.rest.find("\n\r\n").map(|at| at + 3);
        let end = end.into_iter().chain(windows).min();
        self.rest = &self.rest[end.unwrap_or(self.rest.len())..];
    }
}

#[cfg(test)]
mod tests {
    use super::{Login, Logins, Netrc};
    use crate::client::Address;

    fn netrc(text: &str, host: &str) -> Option<(String, String)> {
        let netrc = Netrc::parse(text);
        netrc
            .of(host)
            .map(|login| (login.user.clone(), login.password.clone()))
    }

    #[test]
    fn a_netrc_file_is_read() {
        let cases = [
            ("machine h login u password p", Some(("u", "p"))),
            (
                "machine h\n\tlogin u\n\taccount a\n\tpassword p\n",
                Some(("u", "p")),
            ),
            (
                "# machine h login x password y\nmachine H login u password #p",
                Some(("u", "#p")),
            ),
            (
                "machine h login \"u v\" password \"p\\\"q\"",
                Some(("u v", "p\"q")),
            ),
            ("machine h login u password p\\ q", Some(("u", "p q"))),
            (
                "macdef init\nmachine h login x password y\n\nmachine h login u password p",
                Some(("u", "p")),
            ),
            (
                "macdef init\r\nmachine h login x\r\n\r\nmachine h login u password p",
                Some(("u", "p")),
            ),
            ("machine other login x password y", None),
            (
                "machine other login x password y default login u password p",
                Some(("u", "p")),
            ),
            (
                "machine h login u password p machine h login x password y",
                Some(("u", "p")),
            ),
            ("machine h password p", Some(("", "p"))),
            ("login x password y machine h", None),
            ("machine h", None),
            ("machine", None),
            ("\"", None),
        ];
        for (text, wanted) in cases {
            let wanted = wanted.map(|(user, password)| (user.to_owned(), password.to_owned()));
            assert_eq!(netrc(text, "h"), wanted, "{text}");
        }
    }

    #[test]
    fn the_nearest_index_of_a_server_has_the_credentials() {
        let address = |text: &str| Address::parse(text).unwrap().0;
        let login = |user: &str| Login::new(user.to_owned(), String::new()).unwrap();
        let mut logins = Logins::new(Netrc::parse("machine h login netrc machine n login netrc"));
        logins.remember_index(&address("https://h/a/simple"), login("a"));
        logins.remember_index(&address("https://h/b/simple"), login("b"));
        logins.remember_link(address("https://h/").origin(), login("link"));
        logins.remember_link(address("https://l/").origin(), login("link"));
        let cases = [
            ("https://h/a/simple/torch/", Some("a")),
            ("https://h/b/files/x.whl", Some("b")),
            ("https://h/files/x.whl", Some("a")),
            ("https://l/x.whl", Some("link")),
            ("https://n:8443/x.whl", Some("netrc")),
            ("http://h/a/simple", Some("netrc")),
            ("https://h:444/a/simple", Some("netrc")),
            ("https://other/", None),
        ];
        for (text, user) in cases {
            assert_eq!(logins.of(&address(text)).map(Login::user), user, "{text}");
        }
    }
}
