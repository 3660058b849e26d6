//! How paths are written on each system, so that the layout of one can be worked out on another.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// The system an environment is laid out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    /// Linux and other Unix systems.
    Linux,
    /// macOS.
    Macos,
    /// Windows.
    Windows,
}

impl System {
    /// The system this program runs on.
    pub(crate) fn host() -> Self {
        if cfg!(windows) {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::Macos
        } else {
            Self::Linux
        }
    }

    /// Appends `parts`, each of which may be a relative path with `/`.
    pub(crate) fn join(self, base: &Path, parts: &[&str]) -> PathBuf {
        self.append(base, parts.iter().flat_map(|part| part.split('/')))
    }

    fn append<'p>(self, base: &Path, parts: impl Iterator<Item = &'p str>) -> PathBuf {
        let mut joined = base.as_os_str().to_owned();
        for part in parts.filter(|part| !part.is_empty() && *part != ".") {
            let last = joined.as_encoded_bytes().last();
            if !last.is_some_and(|last| self.separates(*last)) {
                joined.push(if self == Self::Windows { "\\" } else { "/" });
            }
            joined.push(part);
        }
        joined.into()
    }

    /// The directory that `path` is in.
    pub(crate) fn parent(self, path: &Path) -> Option<PathBuf> {
        match self.split(path) {
            Some((parent, _)) => Some(parent.into()),
            None => path.parent().map(Path::to_owned),
        }
    }

    /// The last component of `path`, if it is Unicode.
    pub(crate) fn name(self, path: &Path) -> Option<String> {
        match self.split(path) {
            Some((_, name)) => Some(name.to_owned()),
            None => path.file_name()?.to_str().map(str::to_owned),
        }
    }

    /// Makes `path` absolute against `cwd`, and drops a trailing separator and `.`; links and `..` stay.
    pub(crate) fn absolute(self, cwd: &Path, path: &Path) -> PathBuf {
        let Some(text) = path.to_str() else {
            return cwd.join(path).components().collect();
        };
        if self == Self::Windows {
            return self.absolute_on_windows(cwd, &as_shown(text));
        }
        match self.root_of(text) {
            Some(root) => self.append(Path::new(root), self.parts(&text[root.len()..])),
            None => self.append(cwd, self.parts(text)),
        }
    }

    /// As Windows completes a path, with `\` between its parts. `C:name` counts from the working directory if that is on
    /// `C:`, else from the root of the drive, and `\name` from the drive of the working directory.
    fn absolute_on_windows(self, cwd: &Path, path: &str) -> PathBuf {
        let here = cwd.to_str().unwrap_or_default();
        let (drive, rest) = split_drive(path);
        let roots = rest.len() - rest.trim_start_matches(self.separators()).len();
        let root = match (drive, roots) {
            (Some(drive), 0) => match split_drive(here).0 {
                Some(own) if own.eq_ignore_ascii_case(drive) => cwd.to_owned(),
                _ => format!(r"{drive}\").into(),
            },
            (Some(drive), _) => format!(r"{drive}\").into(),
            (None, 0) => cwd.to_owned(),
            (None, 1) => self.volume_of(here),
            (None, _) => r"\\".into(),
        };
        self.append(&root, self.parts(rest))
    }

    /// `C:\` or `\\host\share` of an absolute path.
    fn volume_of(self, path: &str) -> PathBuf {
        if let (Some(drive), _) = split_drive(path) {
            return format!(r"{drive}\").into();
        }
        let names = self.parts(path).filter(|part| !part.is_empty()).take(2);
        self.append(Path::new(r"\\"), names)
    }

    /// Tells whether `path` is more than a file name.
    pub(crate) fn has_directory(self, path: &Path) -> bool {
        path.as_os_str()
            .as_encoded_bytes()
            .iter()
            .any(|byte| self.separates(*byte) || self == Self::Windows && *byte == b':')
    }

    /// The components of `path`; empty ones stand for separators in a row.
    pub(crate) fn parts(self, path: &str) -> impl Iterator<Item = &str> + Clone {
        path.split(self.separators())
    }

    /// What an absolute `path` starts with: `/`, `C:\`, `\\`; `None` for a relative one.
    pub(crate) fn root_of(self, path: &str) -> Option<&str> {
        let is_drive = self == Self::Windows && path.as_bytes().get(1) == Some(&b':');
        let before = if is_drive { 2 } else { 0 };
        let separators = path[before..]
            .bytes()
            .take_while(|byte| self.separates(*byte))
            .count();
        (separators > 0).then(|| &path[..before + separators])
    }

    fn separators(self) -> &'static [char] {
        if self == Self::Windows {
            &['\\', '/']
        } else {
            &['/']
        }
    }

    fn separates(self, byte: u8) -> bool {
        byte == b'/' || self == Self::Windows && byte == b'\\'
    }

    /// Splits off the last component, whatever the host; `None` if there is one component only, or for the standard library
    /// if it is not Unicode.
    fn split(self, path: &Path) -> Option<(&str, &str)> {
        let text = path.to_str()?;
        let root = self.root_of(text).map_or(0, str::len);
        let trimmed = text[root..].trim_end_matches(self.separators());
        match trimmed.rfind(self.separators()) {
            Some(at) => Some((&text[..root + at], &trimmed[at + 1..])),
            None if root > 0 && !trimmed.is_empty() => Some((&text[..root], trimmed)),
            None => None,
        }
    }
}

/// Splits `C:` off a path of Windows.
fn split_drive(path: &str) -> (Option<&str>, &str) {
    let is_drive = path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && path.as_bytes().get(1) == Some(&b':');
    if is_drive {
        (Some(&path[..2]), &path[2..])
    } else {
        (None, path)
    }
}

/// A path of Windows as people write it: `C:\x` for `\\?\C:\x` and `\\.\C:\x`, `\\host\share` for `\\?\UNC\host\share`.
/// The standard library adds `\\?\` by itself where a path is too long without it.
fn as_shown(path: &str) -> Cow<'_, str> {
    let rest = [r"\\?\", r"\\.\"]
        .iter()
        .find_map(|prefix| path.strip_prefix(prefix));
    match rest {
        Some(rest) if split_drive(rest).0.is_some() => Cow::Borrowed(rest),
        Some(rest) => match rest.strip_prefix(r"UNC\") {
            Some(share) => Cow::Owned(format!(r"\\{share}")),
            None => Cow::Borrowed(path),
        },
        None => Cow::Borrowed(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> PathBuf {
        PathBuf::from(path)
    }

    #[test]
    fn paths_are_joined_as_the_system_does() {
        for (system, base, parts, expected) in [
            (
                System::Linux,
                "/usr",
                &["lib/python3", "x"][..],
                "/usr/lib/python3/x",
            ),
            (System::Linux, "/", &["lib"], "/lib"),
            (
                System::Windows,
                r"C:\conda",
                &["Lib/site-packages"],
                r"C:\conda\Lib\site-packages",
            ),
            (System::Windows, r"C:\", &["Lib"], r"C:\Lib"),
            (System::Windows, "C:/conda", &["Lib"], r"C:/conda\Lib"),
        ] {
            assert_eq!(system.join(&path(base), parts).to_str(), Some(expected));
        }
    }

    #[test]
    fn paths_are_taken_apart_as_the_system_does() {
        for (system, whole, parent, name) in [
            (System::Linux, "/usr/bin/python3", "/usr/bin", "python3"),
            (System::Linux, r"/usr/a\b", "/usr", r"a\b"),
            (System::Linux, "/usr", "/", "usr"),
            (System::Linux, "/usr/lib/", "/usr", "lib"),
            (System::Windows, r"C:\a\python.exe", r"C:\a", "python.exe"),
            (System::Windows, r"C:\a/python.exe", r"C:\a", "python.exe"),
            (System::Windows, r"C:\python.exe", r"C:\", "python.exe"),
            (System::Windows, r"C:\a\b\", r"C:\a", "b"),
            (System::Windows, r"\\host\share\a", r"\\host\share", "a"),
        ] {
            assert_eq!(system.parent(&path(whole)), Some(path(parent)), "{whole}");
            assert_eq!(system.name(&path(whole)).as_deref(), Some(name), "{whole}");
        }
    }

    #[test]
    fn a_root_has_no_parent() {
        assert_eq!(System::Linux.parent(&path("/")), None);
        assert_eq!(
            System::Windows
                .parent(&path("C:\\"))
                .filter(|parent| parent.as_os_str() != ""),
            None
        );
    }

    #[test]
    fn relative_paths_count_from_the_working_directory() {
        for (system, cwd, relative, expected) in [
            (System::Linux, "/work", "venv/", "/work/venv"),
            (System::Linux, "/work", "./venv", "/work/venv"),
            (System::Linux, "/work", "../venv", "/work/../venv"),
            (System::Linux, "/work", "/venv/", "/venv"),
            (System::Windows, r"C:\work", "venv/", r"C:\work\venv"),
            (System::Windows, r"C:\work", r".\venv", r"C:\work\venv"),
            (System::Windows, r"C:\work", r"D:\venv\", r"D:\venv"),
            (System::Windows, r"C:\work", r"D:\", r"D:\"),
            (System::Windows, r"C:\work", ".", r"C:\work"),
            (
                System::Windows,
                r"C:\work",
                r"\\host\share\v\",
                r"\\host\share\v",
            ),
            (System::Windows, r"C:\work", "é/v", r"C:\work\é\v"),
            (System::Windows, r"C:\work", r"\\?\D:\v", r"D:\v"),
            (
                System::Windows,
                r"C:\work",
                r"\\?\UNC\host\share\v",
                r"\\host\share\v",
            ),
            (System::Linux, "/work", r"\\?\D:", r"/work/\\?\D:"),
            (System::Windows, r"C:\work", r"\\.\D:\v", r"D:\v"),
            (System::Windows, r"C:\work", "C:/a//b/", r"C:\a\b"),
            (
                System::Windows,
                r"C:\work",
                "//host/share/v",
                r"\\host\share\v",
            ),
            (System::Windows, r"C:\work", r"\v", r"C:\v"),
            (System::Windows, r"\\host\share\w", "/v", r"\\host\share\v"),
            (System::Windows, r"C:\work", "c:v", r"C:\work\v"),
            (System::Windows, r"C:\work", "D:v", r"D:\v"),
            (
                System::Windows,
                r"C:\work",
                r"\\?\Volume{1}\v",
                r"\\?\Volume{1}\v",
            ),
            (System::Linux, "/work", ".", "/work"),
            (System::Linux, "/work", "/", "/"),
            (System::Linux, "/work", r"a\b//c", r"/work/a\b/c"),
        ] {
            assert_eq!(
                system.absolute(&path(cwd), &path(relative)).to_str(),
                Some(expected),
                "{relative}"
            );
        }
    }
}
