//! pip's [configuration files](https://pip.pypa.io/en/stable/topics/configuration/): where they are, and which of them
//! wins.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use configparser::ini::Ini;

use super::system::System;
use super::values::Value;

/// What pip's configuration files say.
#[derive(Default)]
pub(crate) struct PipConfig {
    values: BTreeMap<(String, String), Value>,
}

impl PipConfig {
    /// Reads the files there are.
    ///
    /// # Errors
    ///
    /// If one of them is no such file.
    pub(crate) fn read(
        system: System,
        variable: &dyn Fn(&str) -> Option<OsString>,
    ) -> anyhow::Result<Self> {
        let mut config = Self::default();
        for path in files(system, variable, Path::is_dir, Path::exists) {
            let text = match fs_err::read_to_string(&path) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    return Err(error.into());
                }
                // pip passes over what it may not read, too.
                Err(_) => continue,
            };
            let added = config.add(&path, &text);
            added
                .with_context(|| format!("`{}` is no configuration file of pip", path.display()))?;
        }
        Ok(config)
    }

    /// Returns the value of `key` in the section of `pip install`, else in the global one. A later file wins.
    pub(crate) fn value(&self, key: &str) -> Option<Value> {
        let value = |section: &str| self.values.get(&(section.to_owned(), key.to_owned()));
        value("install").or_else(|| value("global")).cloned()
    }

    fn add(&mut self, path: &Path, text: &str) -> anyhow::Result<()> {
        // As Python's `RawConfigParser`: sections as they are, no comments after values, indented lines go on.
        let mut ini = Ini::new_cs();
        let mut defaults = ini.defaults();
        defaults.multiline = true;
        defaults.enable_inline_comments = false;
        "DEFAULT".clone_into(&mut defaults.default_section);
        ini.load_defaults(defaults);
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let sections = ini.read(text.to_owned()).map_err(anyhow::Error::msg)?;
        for (section, keys) in sections {
            for (key, text) in keys {
                let key = key.to_lowercase().replace('_', "-");
                let text = text.unwrap_or_default();
                if !text.trim().is_empty() {
                    let source = format!("`{key}` in `{}`", path.display());
                    self.values
                        .insert((section.clone(), key), Value { text, source });
                }
            }
        }
        Ok(())
    }
}

/// Lists where the files are, in the order in which pip reads them: global, user, the environment's, `PIP_CONFIG_FILE`.
fn files(
    system: System,
    variable: &dyn Fn(&str) -> Option<OsString>,
    is_dir: impl Fn(&Path) -> bool,
    exists: impl Fn(&Path) -> bool,
) -> Vec<PathBuf> {
    let path = |name: &str| {
        let value = variable(name).filter(|value| !value.is_empty());
        value.map(PathBuf::from)
    };
    let given = path("PIP_CONFIG_FILE");
    let nothing = if system == System::Windows {
        "nul"
    } else {
        "/dev/null"
    };
    if given.as_deref() == Some(Path::new(nothing)) {
        return Vec::new();
    }
    let mut files = global(system, &path);
    // A file that is named and exists takes the place of the user's.
    if !given.as_deref().is_some_and(&exists) {
        files.extend(user(system, &path, is_dir));
    }
    files.extend(path("VIRTUAL_ENV").or_else(|| path("CONDA_PREFIX")));
    let name = if system == System::Windows {
        "pip.ini"
    } else {
        "pip.conf"
    };
    let files = files.into_iter().map(|directory| directory.join(name));
    files.chain(given).collect()
}

fn global(system: System, path: &impl Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    match system {
        System::Unix => {
            let directories = path("XDG_CONFIG_DIRS").unwrap_or_else(|| "/etc/xdg".into());
            let directories = directories.to_string_lossy().into_owned();
            let directories = directories.split(':').filter(|word| !word.is_empty());
            let pip = directories.map(|directory| PathBuf::from(directory).join("pip"));
            pip.chain([PathBuf::from("/etc")]).collect()
        }
        System::Macos => vec!["/Library/Application Support/pip".into()],
        System::Windows => path("PROGRAMDATA")
            .map(|path| path.join("pip"))
            .into_iter()
            .collect(),
    }
}

/// The older place of the user's file first: the newer one wins.
fn user(
    system: System,
    path: &impl Fn(&str) -> Option<PathBuf>,
    is_dir: impl Fn(&Path) -> bool,
) -> Vec<PathBuf> {
    let home = path(system.home());
    let below = |name: &str| home.as_ref().map(|home| home.join(name));
    let places = match system {
        System::Unix => {
            let config = path("XDG_CONFIG_HOME").or_else(|| below(".config"));
            [below(".pip"), config.map(|config| config.join("pip"))]
        }
        System::Macos => {
            let support = below("Library/Application Support/pip").filter(|path| is_dir(path));
            [below(".pip"), support.or_else(|| below(".config/pip"))]
        }
        System::Windows => [below("pip"), path("APPDATA").map(|path| path.join("pip"))],
    };
    places.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Variables<'a> = &'a [(&'a str, &'a str)];

    /// The paths, with blanks between them and `_` where they have blanks.
    fn found(system: System, variables: Variables<'_>, existing: &str) -> String {
        let variable = |name: &str| {
            let found = variables.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| OsString::from(value))
        };
        let shown = |path: &Path| {
            let path = path.display().to_string();
            path.replace('\\', "/")
                .replace("Application Support", "Application_Support")
        };
        let is_there = |path: &Path| shown(path) == existing;
        let files = files(system, &variable, is_there, is_there);
        let shown: Vec<String> = files.iter().map(PathBuf::as_path).map(shown).collect();
        shown.join(" ")
    }

    /// The lists for Linux are what `pip config debug` of pip 23.2 shows with these variables; those for the other
    /// systems follow pip's documentation.
    #[test]
    fn files_are_where_pip_looks_for_them() {
        use System::{Macos, Unix, Windows};
        let home = ("HOME", "/h");
        let named = ("PIP_CONFIG_FILE", "/f");
        let xdg = [
            home,
            ("XDG_CONFIG_HOME", "/c"),
            ("XDG_CONFIG_DIRS", "/x:/y"),
            ("VIRTUAL_ENV", "/v"),
        ];
        let windows = [
            ("PROGRAMDATA", "P:/"),
            ("APPDATA", "A:/"),
            ("USERPROFILE", "U:/"),
        ];
        let linux = "/etc/xdg/pip/pip.conf /etc/pip.conf";
        let macos = "/Library/Application_Support/pip/pip.conf /h/.pip/pip.conf";
        let support = "/h/Library/Application_Support/pip";
        let cases: &[(System, Variables, &str, String)] = &[
            (Unix, &[home], "", format!("{linux} /h/.pip/pip.conf /h/.config/pip/pip.conf")),
            (Unix, &xdg, "", "/x/pip/pip.conf /y/pip/pip.conf /etc/pip.conf /h/.pip/pip.conf /c/pip/pip.conf /v/pip.conf".to_owned()),
            (Unix, &[named, home, ("CONDA_PREFIX", "/v")], "/f", format!("{linux} /v/pip.conf /f")),
            (Unix, &[named, home], "", format!("{linux} /h/.pip/pip.conf /h/.config/pip/pip.conf /f")),
            (Unix, &[("PIP_CONFIG_FILE", "/dev/null"), home], "/dev/null", String::new()),
            (Unix, &[], "", linux.to_owned()),
            (Macos, &[home], "", format!("{macos} /h/.config/pip/pip.conf")),
            (Macos, &[home], support, format!("{macos} {support}/pip.conf")),
            (Windows, &windows, "", "P:/pip/pip.ini U:/pip/pip.ini A:/pip/pip.ini".to_owned()),
            (Windows, &[("PIP_CONFIG_FILE", "nul")], "", String::new()),
        ];
        for (system, variables, existing, expected) in cases {
            assert_eq!(
                found(*system, variables, existing),
                *expected,
                "{variables:?}"
            );
        }
    }

    #[test]
    fn values_are_those_that_pip_takes() {
        let cases: &[(&[&str], &str, Option<&str>)] = &[
            (&["[global]\nindex-url = a"], "index-url", Some("a")),
            (&["[global]\nIndex_URL: a"], "index-url", Some("a")),
            (
                &["[global]\nindex-url = a\n[install]\nindex-url = b"],
                "index-url",
                Some("b"),
            ),
            (
                &["[install]\nindex-url = b", "[global]\nindex-url = a"],
                "index-url",
                Some("b"),
            ),
            (
                &["[global]\nindex-url = a", "[global]\nindex-url = b"],
                "index-url",
                Some("b"),
            ),
            (&["[Global]\nindex-url = a"], "index-url", None),
            (&["[list]\nindex-url = a"], "index-url", None),
            (&["[global]\nindex-url =\n"], "index-url", None),
            (
                &["[global]\n# index-url = a\n; index-url = b\nindex-url = c # d;e"],
                "index-url",
                Some("c # d;e"),
            ),
            (
                &["[global]\nfind-links =\n    a b\n    # no\n    c\ncert = d"],
                "find-links",
                Some("\na b\nc"),
            ),
            (
                &["\u{feff}[global]\r\nindex-url = a%20b\r\n"],
                "index-url",
                Some("a%20b"),
            ),
        ];
        for (texts, key, expected) in cases {
            let mut config = PipConfig::default();
            for text in *texts {
                config.add(Path::new("pip.conf"), text).unwrap();
            }
            let value = config
                .value(key)
                .map(|value| value.text.replace("\r\n", "\n"));
            assert_eq!(value.as_deref(), *expected, "{texts:?}");
        }
    }
}
