//! The two headers of `METADATA` and `PKG-INFO` that matter here.
//!
//! The format is that of e-mail headers (core metadata specification, PEP 566): it ends at the first empty line, a line
//! that starts with white space continues the one before.

/// What the headers say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Headers {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
}

/// Reads the headers; text that is not UTF-8 is taken as Latin-1.
pub(crate) fn headers(bytes: &[u8]) -> Headers {
    let text = decode(bytes);
    let text = text.trim_start_matches('\u{feff}');
    Headers {
        name: header(text, "name"),
        version: header(text, "version"),
    }
}

fn decode(bytes: &[u8]) -> String {
    let latin = || bytes.iter().copied().map(char::from).collect();
    std::str::from_utf8(bytes).map_or_else(|_| latin(), str::to_owned)
}

fn header(text: &str, wanted: &str) -> Option<String> {
    let mut lines = text.lines().take_while(|line| !line.is_empty()).peekable();
    while let Some(line) = lines.next() {
        let Some((_, value)) = line
            .split_once(':')
            .filter(|(name, _)| name.trim_end().eq_ignore_ascii_case(wanted))
        else {
            continue;
        };
        let mut value = value.trim().to_owned();
        while let Some(more) = lines.next_if(|line| line.starts_with([' ', '\t'])) {
            value.push(' ');
            value.push_str(more.trim());
        }
        return Some(value.trim().to_owned()).filter(|value| !value.is_empty());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_e_mail_headers() {
        let some = |name: &str, version: &str| (Some(name.to_owned()), Some(version.to_owned()));
        let none = (None, None);
        for (bytes, expected) in [
            (
                &b"Metadata-Version: 2.1\nName: torch\nVersion: 2.5.1+cu124\n\nVersion: 9\n"[..],
                some("torch", "2.5.1+cu124"),
            ),
            (
                b"Name: torch\r\nVersion: 1.13.1\r\n\r\ntext\r\n",
                some("torch", "1.13.1"),
            ),
            (b"name:torch\nVERSION :  1.0 \n", some("torch", "1.0")),
            (
                b"Name:\n torch\nVersion:\n\t1.0\nSummary: x\n",
                some("torch", "1.0"),
            ),
            (
                b"Summary: a\n  Version: 9\nName: torch\nVersion: 1.0\n",
                some("torch", "1.0"),
            ),
            (
                b"Author: Jos\xe9\nName: torch\nVersion: 1.0\n",
                some("torch", "1.0"),
            ),
            (
                b"\xef\xbb\xbfName: torch\nVersion: 1.0\n",
                some("torch", "1.0"),
            ),
            (
                b"Requires-Dist: Name: x\nName: torch\nVersion: 1.0\n",
                some("torch", "1.0"),
            ),
            (b"\nName: torch\nVersion: 1.0\n", none.clone()),
            (b"Name: \nVersion:\n\n", none.clone()),
            (b"", none),
        ] {
            let Headers { name, version } = headers(bytes);
            assert_eq!(
                (name, version),
                expected,
                "{}",
                String::from_utf8_lossy(bytes)
            );
        }
    }
}
