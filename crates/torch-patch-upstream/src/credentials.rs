//! Credentials by host, from a netrc file. Never shown and never stored.

/// The entries of a netrc file.
#[derive(Clone, Default)]
pub struct Netrc {}

impl std::fmt::Debug for Netrc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Netrc(…)")
    }
}
