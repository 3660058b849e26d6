//! Paths of more than 260 characters, for functions that do not take them as they are; and resolved paths, for people.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io;
use std::os::windows::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf, Prefix};

/// `MAX_PATH` (`minwindef.h`), less a name of 8 and 3 characters, which directories need besides.
const SHORT: usize = 260 - 12;

/// Writes a long path as `\\?\C:\…` or `\\?\UNC\server\share\…`, which has no limit. It is only for the system and never
/// shown.
pub(super) fn without_limit(path: &Path) -> io::Result<Cow<'_, Path>> {
    let is_short = path.is_absolute() && path.as_os_str().encode_wide().count() < SHORT;
    if is_short {
        return Ok(Cow::Borrowed(path));
    }
    // In this form nothing is worked out by the system any more: `.`, `..` and `/` have to be gone.
    let absolute = std::path::absolute(path)?;
    let Some(Component::Prefix(prefix)) = absolute.components().next() else {
        return Ok(Cow::Owned(absolute));
    };
    let (start, skipped) = match prefix.kind() {
        Prefix::Disk(_) => (r"\\?\", 0),
        Prefix::UNC(..) => (r"\\?\UNC\", r"\\".len()),
        _ => return Ok(Cow::Owned(absolute)),
    };
    let rest: Vec<u16> = absolute.as_os_str().encode_wide().skip(skipped).collect();
    let mut whole = OsString::from(start);
    whole.push(OsString::from_wide(&rest));
    Ok(Cow::Owned(PathBuf::from(whole)))
}

/// Writes a path that the system has resolved as people do: `C:\…` for `\\?\C:\…`, `\\server\share` for
/// `\\?\UNC\server\share`.
pub(crate) fn as_shown(resolved: PathBuf) -> PathBuf {
    let Some(rest) = resolved
        .to_str()
        .and_then(|text| text.strip_prefix(r"\\?\"))
    else {
        return resolved;
    };
    match rest.strip_prefix(r"UNC\") {
        Some(share) => format!(r"\\{share}").into(),
        None if rest.as_bytes().get(1) == Some(&b':') => rest.into(),
        None => resolved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_paths_are_written_differently() {
        let long = "d".repeat(300);
        for (path, expected) in [
            (r"C:\a\b.py".to_owned(), r"C:\a\b.py".to_owned()),
            (format!(r"C:\{long}\b.py"), format!(r"\\?\C:\{long}\b.py")),
            (format!(r"C:/{long}/./b.py"), format!(r"\\?\C:\{long}\b.py")),
            (
                format!(r"\\server\share\{long}\b.py"),
                format!(r"\\?\UNC\server\share\{long}\b.py"),
            ),
            (format!(r"\\?\C:\{long}"), format!(r"\\?\C:\{long}")),
        ] {
            let found = without_limit(Path::new(&path)).unwrap();
            assert_eq!(found.to_str(), Some(expected.as_str()));
        }
    }

    #[test]
    fn resolved_paths_are_shown_as_people_write_them() {
        for (resolved, shown) in [
            (r"\\?\C:\a", r"C:\a"),
            (r"\\?\UNC\server\share\a", r"\\server\share\a"),
            (r"\\?\Volume{1}\a", r"\\?\Volume{1}\a"),
            (r"C:\a", r"C:\a"),
        ] {
            assert_eq!(as_shown(resolved.into()), Path::new(shown));
        }
    }
}
