//! The arguments of a task. Values are taken as Ansible's own modules take them: templates make strings of everything.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use serde_json::{Map, Value};
use torch_patch::OnDrift;

use super::OWN;

/// What a task asks for.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Debug, Default)]
pub(super) struct Task {
    pub(super) patches: Vec<String>,
    pub(super) state: State,
    pub(super) env: Vec<PathBuf>,
    pub(super) envs_under: Vec<PathBuf>,
    pub(super) python: Option<PathBuf>,
    pub(super) site_packages: Option<PathBuf>,
    pub(super) adopt: bool,
    pub(super) accept_risk: bool,
    pub(super) strict: bool,
    pub(super) drifted: OnDrift,
    pub(super) owner: Option<String>,
    /// Whether nothing is to be written (`--check`).
    pub(super) is_check: bool,
    /// Whether the lines are to be shown (`--diff`).
    pub(super) wants_diff: bool,
}

/// Whether the patches are to be there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Present,
    Absent,
}

/// The names of the arguments.
const NAMES: [&str; 11] = [
    "accept_risk",
    "adopt",
    "drifted",
    "env",
    "envs_under",
    "owner",
    "patches",
    "python",
    "site_packages",
    "state",
    "strict",
];

impl Task {
    pub(super) fn of(arguments: &Map<String, Value>, home: Option<&Path>) -> anyhow::Result<Self> {
        let unknown = arguments
            .keys()
            .find(|name| !name.starts_with(OWN) && !NAMES.contains(&name.as_str()));
        if let Some(name) = unknown {
            bail!(
                "unknown argument `{name}`, expected some of `{}`",
                NAMES.join("`, `")
            );
        }
        let given = Given { arguments, home };
        let task = Self {
            patches: given
                .list("patches")?
                .into_iter()
                .map(|word| given.expanded(&word))
                .collect(),
            state: match given.text("state")?.as_deref() {
                None | Some("present") => State::Present,
                Some("absent") => State::Absent,
                Some(other) => bail!("`state` is `{other}`, expected `present` or `absent`"),
            },
            env: given.paths("env")?,
            envs_under: given.paths("envs_under")?,
            python: given
                .text("python")?
                .map(|word| given.expanded(&word).into()),
            site_packages: given.paths("site_packages")?.into_iter().next(),
            adopt: given.flag("adopt")?,
            accept_risk: given.flag("accept_risk")?,
            strict: given.flag("strict")?,
            drifted: match given.text("drifted")?.as_deref() {
                None | Some("refuse") => OnDrift::Refuse,
                Some("force") => OnDrift::Force,
                Some("merge") => OnDrift::Merge,
                Some(other) => {
                    bail!("`drifted` is `{other}`, expected `refuse`, `force` or `merge`")
                }
            },
            owner: given.text("owner")?,
            is_check: given.flag("_ansible_check_mode")?,
            wants_diff: given.flag("_ansible_diff")?,
        };
        task.check()?;
        Ok(task)
    }

    fn check(&self) -> anyhow::Result<()> {
        let places = [
            !self.env.is_empty() || !self.envs_under.is_empty(),
            self.python.is_some(),
            self.site_packages.is_some(),
        ];
        match places.into_iter().filter(|is_given| *is_given).count() {
            0 => bail!(
                "no environment is named: expected `env`, `envs_under`, `python` or `site_packages`"
            ),
            1 => {}
            _ => {
                bail!("`env` (with `envs_under`), `python` and `site_packages` exclude each other")
            }
        }
        if self.state == State::Present && self.patches.is_empty() {
            bail!("`patches` is missing: with `state` `present` it names what is to be there");
        }
        Ok(())
    }
}

/// The arguments as they were given.
struct Given<'a> {
    arguments: &'a Map<String, Value>,
    home: Option<&'a Path>,
}

impl Given<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        self.arguments.get(name).filter(|value| !value.is_null())
    }

    /// A text; an empty one counts as none.
    fn text(&self, name: &str) -> anyhow::Result<Option<String>> {
        let text = self
            .value(name)
            .map(|value| scalar(name, value))
            .transpose()?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    /// Several texts, or one with commas between them.
    fn list(&self, name: &str) -> anyhow::Result<Vec<String>> {
        match self.value(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items.iter().map(|item| scalar(name, item)).collect(),
            Some(value) => {
                let text = scalar(name, value)?;
                let parts = text.split(',').map(|part| part.trim().to_owned());
                Ok(parts.filter(|part| !part.is_empty()).collect())
            }
        }
    }

    /// Absolute paths, since the working directory of a module means nothing.
    fn paths(&self, name: &str) -> anyhow::Result<Vec<PathBuf>> {
        let absolute = |word: String| {
            let path = PathBuf::from(self.expanded(&word));
            let refused = || anyhow!("`{name}` has `{word}`, expected an absolute path");
            path.is_absolute().then_some(path).ok_or_else(refused)
        };
        self.list(name)?.into_iter().map(absolute).collect()
    }

    fn flag(&self, name: &str) -> anyhow::Result<bool> {
        let Some(value) = self.value(name) else {
            return Ok(false);
        };
        // The words of `ansible.module_utils.parsing.convert_bool`.
        match scalar(name, value)?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" | "t" | "1" | "1.0" => Ok(true),
            "false" | "no" | "off" | "n" | "f" | "0" | "0.0" => Ok(false),
            other => bail!("`{name}` is `{other}`, expected `true` or `false`"),
        }
    }

    /// `~/` at the start is the home of the user.
    fn expanded(&self, word: &str) -> String {
        match (word.strip_prefix("~/"), self.home) {
            (Some(rest), Some(home)) => home.join(rest).to_string_lossy().into_owned(),
            _ => word.to_owned(),
        }
    }
}

fn scalar(name: &str, value: &Value) -> anyhow::Result<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => bail!("`{name}` is `{value}`, expected text"),
    }
}

// Ansible runs modules like this one on Unix, and the paths are those of Unix.
#[cfg(all(test, unix))]
mod tests {
    use serde_json::json;

    use super::*;

    fn task(arguments: Value) -> Result<Task, String> {
        let Value::Object(arguments) = arguments else {
            unreachable!("a test gives an object")
        };
        let home = Some(Path::new("/home/ada"));
        Task::of(&arguments, home).map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_taken_as_ansible_does() {
        let given = json!({
            "patches": "gloo-windows, ~/fix.toml", "env": ["/srv/a", "~/b"], "adopt": "yes", "strict": 0,
            "owner": 7, "state": null, "_ansible_check_mode": true, "_ansible_diff": "False", "_ansible_version": "2.19",
        });
        let task = task(given).unwrap();
        assert_eq!(task.patches, ["gloo-windows", "/home/ada/fix.toml"]);
        assert_eq!(task.env, [Path::new("/srv/a"), Path::new("/home/ada/b")]);
        assert_eq!(task.owner.as_deref(), Some("7"));
        assert_eq!(task.state, State::Present);
        let flags = [task.adopt, task.strict, task.is_check, task.wants_diff];
        assert_eq!(flags, [true, false, true, false]);
    }

    #[test]
    fn mistakes_say_what_was_expected() {
        for (arguments, expected) in [
            (
                json!({"env": "/a", "patch": "x"}),
                "unknown argument `patch`, expected some of `accept_risk`, ",
            ),
            (
                json!({"env": "/a", "patches": "x", "state": "gone"}),
                "`state` is `gone`, expected `present` or `absent`",
            ),
            (
                json!({"env": "a", "patches": "x"}),
                "`env` has `a`, expected an absolute path",
            ),
            (
                json!({"env": "/a", "patches": "x", "adopt": "perhaps"}),
                "`adopt` is `perhaps`, expected `true` or `false`",
            ),
            (
                json!({"env": "/a", "patches": {"x": 1}}),
                "`patches` is `{\"x\":1}`, expected text",
            ),
            (
                json!({"env": "/a", "state": "absent", "drifted": "keep"}),
                "`drifted` is `keep`, expected `refuse`, `force` or `merge`",
            ),
            (json!({"env": "/a"}), "`patches` is missing"),
            (json!({"patches": "x"}), "no environment is named"),
            (
                json!({"patches": "x", "env": "/a", "python": "python3"}),
                "`env` (with `envs_under`), `python` and `site_packages` exclude each other",
            ),
        ] {
            let error = task(arguments.clone()).unwrap_err();
            assert!(error.starts_with(expected), "{arguments}: {error}");
        }
    }
}
