//! The version in a package's own `version.py`, for installations without usable metadata. The file is read, never run.

use std::path::Path;

use crate::bounded::read_start;

/// Returns the version that `version.py` or `_version.py` in `package` assigns to `__version__`.
pub(crate) fn version_of(package: &Path) -> Option<String> {
    let read = |name: &str| read_start(&package.join(name)).ok();
    ["version.py", "_version.py"]
        .into_iter()
        .filter_map(read)
        .find_map(|bytes| assigned(&bytes))
}

fn assigned(bytes: &[u8]) -> Option<String> {
    String::from_utf8_lossy(bytes).lines().find_map(assignment)
}

/// Reads `__version__ = "…"`, with an annotation or in a chain of assignments.
fn assignment(line: &str) -> Option<String> {
    let rest = line
        .trim_start_matches('\u{feff}')
        .strip_prefix("__version__")?;
    let (between, rest) = rest.split_at(rest.find(['\'', '"'])?);
    let quote = rest.chars().next()?;
    let (version, _) = rest[1..].split_once(quote)?;
    let is_plain =
        between.trim_end().ends_with('=') && between.trim_start().starts_with(['=', ':']);
    (is_plain && !version.is_empty()).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_string_is_a_version() {
        for (text, expected) in [
            (
                "__version__ = '1.13.1+cpu'\ndebug = False\n",
                Some("1.13.1+cpu"),
            ),
            (
                "__all__ = ['__version__']\r\n__version__ = \"2.5.1\"\r\n",
                Some("2.5.1"),
            ),
            ("__version__: str = '2.0'\n", Some("2.0")),
            ("__version__ = version = '2.0'\n", Some("2.0")),
            ("__version__='2.0'  # 'x'\n", Some("2.0")),
            ("__version__ = TorchVersion('2.0')\n", None),
            ("__version__ = os.environ['V']\n", None),
            ("__version_tuple__ = ('2', '0')\n", None),
            ("# __version__ = '2.0'\n", None),
            ("__version__ = ''\n", None),
            ("", None),
        ] {
            assert_eq!(assigned(text.as_bytes()).as_deref(), expected, "{text}");
        }
    }
}
