//! What a probe printed: the answers of its ranks, or why it failed.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use torch_patch_env::BoundedRun;

/// What all processes of a probe have printed, and how they ended.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) answers: Vec<Answer>,
    pub(super) text: String,
    /// Of the last one that failed; `None`: it was killed or not started.
    pub(super) code: Option<i32>,
    /// What went wrong outside of it.
    problem: Option<String>,
}

impl Gathered {
    pub(super) fn of(runs: Vec<std::io::Result<BoundedRun>>, timeout: Duration) -> Self {
        let mut gathered = Self {
            code: Some(0),
            ..Self::default()
        };
        for run in runs {
            match run {
                Ok(run) => gathered.add(&run, timeout),
                Err(error) => {
                    gathered.code = None;
                    gathered.problem = Some(format!("it cannot be started ({error})"));
                }
            }
        }
        gathered
    }

    fn add(&mut self, run: &BoundedRun, timeout: Duration) {
        let stdout = String::from_utf8_lossy(&run.stdout);
        self.answers.extend(answers(&stdout));
        self.text.push_str(&stdout);
        self.text.push_str(&String::from_utf8_lossy(&run.stderr));
        let code = run.status.and_then(|status| status.code());
        if code != Some(0) {
            self.code = code;
        }
        if run.status.is_none() {
            let limit = timeout.as_secs_f32();
            self.problem = Some(format!("it was killed after {limit} s"));
        }
    }

    /// Why it failed, if it did.
    pub(super) fn failure(&self) -> Option<String> {
        let failed = self.code != Some(0);
        let reason = || failed.then(|| reason(&self.text).unwrap_or_else(nothing));
        self.problem.clone().or_else(reason)
    }

    /// What is said of a run that went well.
    pub(super) fn told(&self) -> String {
        match self.answers.first() {
            Some(answer) => format!("answered by {}, the sum is right", answer.backend),
            None => last_line(&self.text).unwrap_or_else(nothing),
        }
    }
}

fn nothing() -> String {
    "it printed nothing".to_owned()
}

/// What one rank says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Answer {
    pub(super) backend: String,
    pub(super) expected: f64,
    pub(super) sum: f64,
    /// The directory of the torch that was imported.
    pub(super) torch: PathBuf,
}

impl Answer {
    pub(super) fn is_right(&self) -> bool {
        (self.sum - self.expected).abs() < f64::EPSILON
    }
}

/// The answers among the lines; `torchrun` puts the rank before each line.
fn answers(text: &str) -> Vec<Answer> {
    const MARK: &str = "torch-patch-probe ";
    let lines = text.lines();
    let marked = lines.filter_map(|line| line.split_once(MARK));
    marked
        .filter_map(|(_, json)| serde_json::from_str(json.trim()).ok())
        .collect()
}

/// The line that says why a run failed: the last one of the first exception that is not about another process, else the
/// last line.
fn reason(text: &str) -> Option<String> {
    let exceptions: Vec<&str> = text.lines().filter(|line| is_exception(line)).collect();
    let is_consequence = |line: &&&str| {
        [
            "ChildFailedError",
            "ProcessRaisedException",
            "ProcessExitedException",
        ]
        .iter()
        .any(|name| line.contains(name))
    };
    let own = exceptions.iter().find(|line| !is_consequence(line));
    let line = own.or(exceptions.last());
    let line = line.map(|line| (*line).to_owned());
    line.map(|line| shortened(&line))
        .or_else(|| last_line(text))
}

/// The last line that is not empty.
fn last_line(text: &str) -> Option<String> {
    let mut lines = text.lines().rev();
    lines.find(|line| !line.trim().is_empty()).map(shortened)
}

/// Whether a line is the end of a traceback: a dotted name that ends in `Error` or `Exception`, and a colon.
fn is_exception(line: &str) -> bool {
    let line = without_rank(line);
    let Some((name, _)) = line.split_once(':') else {
        return false;
    };
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.');
    name.chars().all(is_name) && ["Error", "Exception"].iter().any(|end| name.ends_with(end))
}

/// A line without `[rank0]: `, which torch puts before those of a traceback since 2.2, or torchrun's `[default0]:`.
fn without_rank(line: &str) -> &str {
    let rest = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("]:"));
    rest.map_or(line, |(_, rest)| rest).trim_start()
}

fn shortened(line: &str) -> String {
    const LONGEST: usize = 300;
    without_rank(line.trim()).chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_each_rank_is_found() {
        let json =
            r#"{"backend": "gloo", "expected": 3.0, "sum": 3.0, "torch": "/t", "version": "2"}"#;
        let text = format!(
            "warning\n[default0]:torch-patch-probe {json}\ntorch-patch-probe {json}\ntorch-patch-probe {{"
        );
        let found = answers(&text);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(Answer::is_right));
        let wrong = Answer {
            sum: 1.0,
            ..found[0].clone()
        };
        assert!(!wrong.is_right());
    }

    #[test]
    fn the_reason_is_the_first_exception_of_its_own() {
        let nccl = "RuntimeError: Distributed package doesn't have NCCL built in";
        for (text, expected) in [
            (
                format!("Traceback (most recent call last):\n  File \"x\"\n{nccl}\n"),
                Some(nccl),
            ),
            (format!("[rank0]: {nccl}\nmore\n"), Some(nccl)),
            (
                format!("torch.multiprocessing.spawn.ProcessRaisedException:\n{nccl}\n"),
                Some(nccl),
            ),
            (
                format!(
                    "{nccl}\ntorch.distributed.elastic.multiprocessing.errors.ChildFailedError: \n====\n"
                ),
                Some(nccl),
            ),
            ("Killed\n\n".to_owned(), Some("Killed")),
            ("note: a: Error\nlast".to_owned(), Some("last")),
            (String::new(), None),
        ] {
            assert_eq!(reason(&text).as_deref(), expected, "{text}");
        }
    }
}
