//! How paths are written on each system, so that the layout of one can be worked out on another.

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
        let mut joined = base.as_os_str().to_owned();
        for part in parts
            .iter()
            .flat_map(|part| part.split('/'))
            .filter(|part| !part.is_empty())
        {
            if !joined
                .as_encoded_bytes()
                .last()
                .is_some_and(|last| self.separates(*last))
            {
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
        if self != Self::Windows {
            return cwd.join(path).components().collect();
        }
        let Some(text) = path.to_str() else {
            return cwd.join(path);
        };
        let text = text
            .strip_prefix(".\\")
            .or_else(|| text.strip_prefix("./"))
            .unwrap_or(text);
        let trimmed = text.trim_end_matches(['\\', '/']);
        let is_root = trimmed.is_empty() || trimmed.ends_with(':');
        match (self.is_absolute(text), is_root) {
            (true, true) => text.into(),
            (true, false) => trimmed.into(),
            (false, _) if trimmed.is_empty() || trimmed == "." => cwd.to_owned(),
            (false, _) => self.join(cwd, &[&trimmed.replace('\\', "/")]),
        }
    }

    /// Tells whether `path` is more than a file name.
    pub(crate) fn has_directory(self, path: &Path) -> bool {
        path.as_os_str()
            .as_encoded_bytes()
            .iter()
            .any(|byte| self.separates(*byte) || self == Self::Windows && *byte == b':')
    }

    /// The components of `path`, and what is before the first separator.
    pub(crate) fn parts(self, path: &str) -> impl Iterator<Item = &str> + Clone {
        path.split(move |character: char| {
            u8::try_from(character).is_ok_and(|byte| self.separates(byte))
        })
    }

    /// The root that `first`, what is before the first separator, stands for; `None` if it is none.
    pub(crate) fn root(self, first: &str) -> Option<PathBuf> {
        match (self, first) {
            (Self::Windows, drive) if drive.ends_with(':') => Some(format!("{drive}\\").into()),
            (Self::Linux | Self::Macos, "") => Some("/".into()),
            _ => None,
        }
    }

    fn is_absolute(self, path: &str) -> bool {
        let has_drive = path.as_bytes().get(1) == Some(&b':')
            && path
                .as_bytes()
                .get(2)
                .is_some_and(|byte| self.separates(*byte));
        has_drive || path.starts_with(['\\', '/'])
    }

    fn separates(self, byte: u8) -> bool {
        byte == b'/' || self == Self::Windows && byte == b'\\'
    }

    /// Splits a path of Windows, whatever the host; `None` leaves it to the standard library.
    fn split(self, path: &Path) -> Option<(&str, &str)> {
        let text = path
            .to_str()
            .filter(|_| self == Self::Windows)?
            .trim_end_matches(['\\', '/']);
        let (parent, name) = text.split_at(text.rfind(['\\', '/'])?);
        let is_drive = parent.ends_with(':');
        Some((
            if is_drive {
                &text[..=parent.len()]
            } else {
                parent
            },
            &name[1..],
        ))
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
        ] {
            assert_eq!(
                system.absolute(&path(cwd), &path(relative)).to_str(),
                Some(expected),
                "{relative}"
            );
        }
    }
}
