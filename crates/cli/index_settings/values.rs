//! Values of options, variables and configuration files, each with where it came from.

use std::ffi::OsString;
use std::path::PathBuf;

use super::pip_config::PipConfig;
use super::system::System;

/// A value, and where it came from.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) text: String,
    /// Such as `--proxy` or `proxy` in `/etc/pip.conf`, with the backticks.
    pub(crate) source: String,
}

impl Value {
    /// The value of an option.
    pub(crate) fn option(name: &str, text: Option<&String>) -> Option<Self> {
        Some(Self {
            text: text?.clone(),
            source: format!("`{name}`"),
        })
    }

    /// Splits a list.
    pub(crate) fn split(self, is_separator: fn(char) -> bool) -> Vec<Self> {
        let words = self.text.split(is_separator).map(str::trim);
        let words = words.filter(|word| !word.is_empty());
        let value = |word: &str| Self {
            text: word.to_owned(),
            source: self.source.clone(),
        };
        words.map(value).collect()
    }

    /// Takes the name off an index that uv's way `name=url` gives one.
    pub(crate) fn without_name(mut self) -> Self {
        let is_name = |char: char| char.is_ascii_alphanumeric() || "-_.".contains(char);
        if self.source.starts_with("`UV_")
            && let Some((name, url)) = self.text.split_once('=')
            && name.chars().all(is_name)
        {
            self.text = url.to_owned();
        }
        self
    }

    /// Says that it is not what it should be.
    pub(crate) fn is_no(&self, wanted: &str) -> String {
        format!("{} is no {wanted}: `{}`", self.source, self.text)
    }
}

/// Where values are looked up, once the options are known.
pub(crate) struct Values<'a> {
    system: System,
    variable: &'a dyn Fn(&str) -> Option<OsString>,
    config: PipConfig,
}

impl<'a> Values<'a> {
    /// Reads pip's configuration files.
    pub(crate) fn read(
        system: System,
        variable: &'a dyn Fn(&str) -> Option<OsString>,
    ) -> anyhow::Result<Self> {
        let config = PipConfig::read(system, variable)?;
        Ok(Self {
            system,
            variable,
            config,
        })
    }

    /// Returns the value of the first of `variables` that is set and not empty, else that of the first of `keys` that a
    /// configuration file has.
    pub(crate) fn first(&self, variables: &[&str], keys: &[&str]) -> Option<Value> {
        let variable = variables.iter().find_map(|name| {
            let text = self.variable(name)?.to_str()?.to_owned();
            Some(Value {
                text,
                source: format!("`{name}`"),
            })
        });
        variable.or_else(|| keys.iter().find_map(|key| self.config.value(key)))
    }

    /// Returns the value of a variable that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<OsString> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    /// Where a netrc file may be, as `requests` looks for it: `NETRC`, else two names in the user's directory.
    pub(crate) fn netrc_files(&self) -> Vec<PathBuf> {
        if let Some(path) = self.variable("NETRC") {
            return vec![path.into()];
        }
        let Some(home) = self.variable(self.system.home()) else {
            return Vec::new();
        };
        [".netrc", "_netrc"]
            .map(|name| PathBuf::from(&home).join(name))
            .into()
    }
}
