//! The version in a package's own `version.py`, for installations without usable metadata. The file is read, never run.

use std::path::Path;

use crate::bounded::read_start;

/// What a module of constants assigns to a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assigned {
    /// A plain string.
    Text(String),
    /// `None`.
    None,
}

/// Returns the version that `version.py` or `_version.py` in `package` assigns to `__version__`.
pub(crate) fn version_of(package: &Path) -> Option<String> {
    match assigned_in_version_file(package, "__version__")? {
        Assigned::Text(version) => Some(version),
        Assigned::None => None,
    }
}

/// Returns what `version.py` or `_version.py` in `package` assigns to a name, as torch does to `cuda`. The file is read,
/// never run; what is neither a plain string nor `None` counts as not assigned.
#[must_use]
pub fn assigned_in_version_file(package: &Path, name: &str) -> Option<Assigned> {
    let read = |file: &str| read_start(&package.join(file)).ok();
    ["version.py", "_version.py"]
        .into_iter()
        .filter_map(read)
        .find_map(|bytes| assigned(&bytes, name))
}

fn assigned(bytes: &[u8], name: &str) -> Option<Assigned> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().find_map(|line| assignment(line, name))
}

/// Reads `name = "…"` or `name = None`, with an annotation or in a chain of assignments.
fn assignment(line: &str, name: &str) -> Option<Assigned> {
    let rest = line.trim_start_matches('\u{feff}').strip_prefix(name)?;
    if !rest.trim_start().starts_with(['=', ':']) {
        return None;
    }
    let Some(quoted) = rest.find(['\'', '"']) else {
        let (_, value) = rest.rsplit_once('=')?;
        let value = value.split('#').next()?.trim();
        return (value == "None").then_some(Assigned::None);
    };
    let (between, rest) = rest.split_at(quoted);
    let quote = rest.chars().next()?;
    let (text, _) = rest[1..].split_once(quote)?;
    let is_plain = between.trim_end().ends_with('=');
    (is_plain && !text.is_empty()).then(|| Assigned::Text(text.to_owned()))
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
            let found = assigned(text.as_bytes(), "__version__");
            let expected = expected.map(|text: &str| Assigned::Text(text.to_owned()));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn torch_says_which_cuda_it_was_built_with() {
        let text = |version: &str| Some(Assigned::Text(version.to_owned()));
        for (line, expected) in [
            ("cuda = '11.7'", text("11.7")),
            ("cuda: Optional[str] = '12.4'", text("12.4")),
            ("cuda = None", Some(Assigned::None)),
            ("cuda: Optional[str] = None  # 'x'", None),
            ("cuda: Optional[str] = None  # x", Some(Assigned::None)),
            ("cuda_version = '11.7'", None),
            ("cudas = None", None),
            ("cuda = some.None", None),
            ("cuda = get('11.7')", None),
        ] {
            let file = format!("debug = False\r\n{line}\r\nhip = None\r\n");
            assert_eq!(assigned(file.as_bytes(), "cuda"), expected, "{line}");
        }
    }
}
