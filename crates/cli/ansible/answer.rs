//! The one JSON object that Ansible reads.

use serde_json::{Map, Value, json};
use torch_patch::{Error, MemberReport, Report};

use super::OWN;

/// How many failures a message names.
const NAMED: usize = 3;

/// What came of a task.
#[derive(Default)]
pub(super) struct Answer {
    is_changed: bool,
    message: Option<String>,
    /// A word for what went wrong.
    code: Option<String>,
    environments: Vec<MemberReport>,
    diffs: Vec<Diff>,
    warnings: Vec<String>,
}

/// How a file changes.
#[derive(PartialEq, Eq)]
pub(super) struct Diff {
    pub(super) path: String,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn of(
        report: Report,
        is_changed: bool,
        diffs: Vec<Diff>,
        warnings: Vec<String>,
    ) -> Self {
        let reasons = reasons(&report.environments);
        let error = report.error;
        let message = error.as_ref().map(|error| {
            if reasons.is_empty() {
                error.message.clone()
            } else {
                reasons
            }
        });
        Self {
            is_changed,
            message,
            code: error.map(|error| error.code),
            environments: report.environments,
            diffs,
            warnings,
        }
    }

    /// What could not even be begun.
    pub(super) fn failed(error: &anyhow::Error) -> Self {
        let known = error.downcast_ref::<Error>().map(Error::report);
        let message = known.as_ref().map_or_else(
            || error.to_string(),
            |known| with_hints(&known.message, &known.hints),
        );
        Self {
            message: Some(message),
            code: Some(known.map_or_else(|| "usage".to_owned(), |known| known.code)),
            ..Self::default()
        }
    }

    pub(super) fn is_failed(&self) -> bool {
        self.message.is_some()
    }

    pub(super) fn json(&self, arguments: &Map<String, Value>) -> Value {
        let own = arguments.iter().filter(|(name, _)| !name.starts_with(OWN));
        let own: Map<String, Value> = own
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let mut answer = json!({
            "changed": self.is_changed,
            "failed": self.is_failed(),
            "environments": self.environments.iter().map(without_diffs).collect::<Vec<_>>(),
            "invocation": { "module_args": own },
        });
        if let Some(message) = &self.message {
            answer["msg"] = message.as_str().into();
        }
        if let Some(code) = &self.code {
            answer["code"] = code.as_str().into();
        }
        if !self.diffs.is_empty() {
            let shown = self
                .diffs
                .iter()
                .map(|diff| json!({ "prepared": diff.prepared() }));
            answer["diff"] = shown.collect();
        }
        if !self.warnings.is_empty() {
            answer["warnings"] = self.warnings.clone().into();
        }
        answer
    }
}

impl Diff {
    /// The diff with the whole path of the file, since that in its own head is the same in every environment.
    fn prepared(&self) -> String {
        format!("{}\n{}", self.path, self.text)
    }
}

/// The first failures, each with its environment and what to do.
fn reasons(environments: &[MemberReport]) -> String {
    let failed: Vec<String> = environments
        .iter()
        .filter_map(|member| {
            let error = member.error.as_ref()?;
            let said = with_hints(&error.message, &error.hints);
            // The hints have the options of the command line.
            let in_a_task = match error.code.as_str() {
                "drifted" | "merge-conflict" => {
                    " (in a task with `state: absent`: `drifted: merge` or `drifted: force`)"
                }
                _ => "",
            };
            Some(format!("{}: {said}{in_a_task}", member.path))
        })
        .collect();
    let more = failed.len().saturating_sub(NAMED);
    let mut shown: Vec<String> = failed.into_iter().take(NAMED).collect();
    shown.extend((more > 0).then(|| format!("and {more} more, see `environments`")));
    shown.join("; ")
}

fn with_hints(message: &str, hints: &[String]) -> String {
    let hints = hints.iter().map(|hint| format!(" ({hint})"));
    message.to_owned() + &hints.collect::<Vec<_>>().concat()
}

/// An environment as the report of the command line has it; diffs have a place of their own.
fn without_diffs(member: &MemberReport) -> MemberReport {
    let mut member = member.clone();
    for result in &mut member.results {
        for file in &mut result.files {
            file.diff = None;
        }
    }
    member
}
