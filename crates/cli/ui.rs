//! What the user sees: data on stdout, everything else on stderr.

use std::io::{self, Write};

use anstream::AutoStream;
use anstyle::Style;
use clap::ColorChoice;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use torch_patch::{Amount, EnvironmentReport, Progress, Report, Step};

use crate::args::Options;
use crate::language::{labelled, say};
use crate::text::{BOLD, DIM, ERROR};

/// The two streams, and how much is said on them.
pub(crate) struct Ui {
    stdout: AutoStream<io::Stdout>,
    stderr: AutoStream<io::Stderr>,
    pub(crate) format: Format,
    pub(crate) verbosity: Verbosity,
    /// Where a command works, once it is known.
    pub(crate) environment: Option<EnvironmentReport>,
    /// The first error on stdout.
    broken: Option<io::Error>,
    /// Shown while releases are looked at.
    bar: Option<ProgressBar>,
    /// Of several environments, the one that is heard of.
    subject: Option<String>,
}

/// The form of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
}

/// How much is said besides the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    Quiet,
    Normal,
    Verbose,
}

impl Ui {
    pub(crate) fn new(options: &Options) -> Self {
        let format = if options.json {
            Format::Json
        } else {
            Format::Text
        };
        let verbosity = match (options.quiet, options.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        };
        Self::with(format, verbosity, options.color)
    }

    pub(crate) fn with(format: Format, verbosity: Verbosity, color: ColorChoice) -> Self {
        let choice = match color {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        };
        Self {
            stdout: AutoStream::new(io::stdout(), choice),
            stderr: AutoStream::new(io::stderr(), choice),
            format,
            verbosity,
            environment: None,
            broken: None,
            bar: None,
            subject: None,
        }
    }

    /// For an answer that a program reads.
    pub(crate) fn for_json() -> Self {
        Self::with(Format::Json, Verbosity::Normal, ColorChoice::Never)
    }

    /// Writes data.
    pub(crate) fn data(&mut self, text: &str) {
        if self.broken.is_none() {
            self.broken = self.stdout.write_all(text.as_bytes()).err();
        }
    }

    /// Writes a line of data that `--quiet` leaves out.
    pub(crate) fn result(&mut self, line: &str) {
        if self.verbosity > Verbosity::Quiet {
            self.data(&say(line));
            self.data("\n");
        }
    }

    /// Writes a report as JSON.
    pub(crate) fn json(&mut self, report: &Report) -> anyhow::Result<()> {
        let mut text = serde_json::to_string_pretty(report)?;
        text.push('\n');
        self.data(&text);
        Ok(())
    }

    /// Says which environment a command works in.
    pub(crate) fn environment(&mut self, report: Option<&EnvironmentReport>) {
        let Some(report) = report else { return };
        let python = report.python.as_ref();
        let python = python.map(|version| format!(", Python {version}"));
        let line = format!(
            "in {} (from {}{})",
            report.site_packages,
            report.source,
            python.unwrap_or_default()
        );
        self.note(&paint(DIM, &line));
    }

    /// Says something that is neither data nor an error.
    pub(crate) fn note(&mut self, line: &str) {
        if self.verbosity > Verbosity::Quiet && self.format == Format::Text {
            self.complain(line);
        }
    }

    /// The same of the one of several environments that is heard of.
    fn note_of_subject(&mut self, line: &str) {
        match self.subject.clone() {
            Some(path) => self.note(&format!("`{path}`: {}", say(line))),
            None => self.note(line),
        }
    }

    /// Says what to do next.
    pub(crate) fn hint(&mut self, hint: &str) {
        if self.verbosity > Verbosity::Quiet && self.format == Format::Text {
            self.advice(hint);
        }
    }

    /// Says what is wrong, whatever the verbosity.
    pub(crate) fn error(&mut self, message: &str) {
        self.evidence(&labelled(&paint(ERROR, &say("error")), message));
    }

    /// Says what led to an error.
    pub(crate) fn cause(&mut self, cause: &str) {
        self.evidence(&format!("  {}", labelled(&say("caused by"), cause)));
    }

    /// Says what to do about an error, whatever the verbosity.
    pub(crate) fn advice(&mut self, hint: &str) {
        self.evidence(&labelled(&paint(BOLD, &say("hint")), hint));
    }

    /// Says something that only `--verbose` asks for.
    pub(crate) fn detail(&mut self, line: &str) {
        if self.verbosity == Verbosity::Verbose {
            self.complain(&paint(DIM, line));
        }
    }

    /// Says a line on stderr, whatever the verbosity.
    pub(crate) fn complain(&mut self, line: &str) {
        self.evidence(&say(line));
    }

    /// Writes lines on stderr that are the same in every language, such as a diff.
    pub(crate) fn evidence(&mut self, line: &str) {
        let mut write = || {
            // There is nobody left to tell if stderr is closed.
            let _ = writeln!(self.stderr, "{line}");
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Removes the bar of a progress that has come to its end, or that failed.
    pub(crate) fn finish_progress(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// A bar on a terminal; nothing where stderr is none.
    fn bar(&self, total: usize) -> ProgressBar {
        if self.verbosity == Verbosity::Quiet || self.format == Format::Json {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(total as u64).with_message(HumanBytes(0).to_string());
        let style =
            ProgressStyle::with_template(&say("{bar:30} {pos}/{len} releases, {msg} received"));
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar
    }

    /// Says whether all data was written; the exit code then.
    ///
    /// A reader that has gone away, as `head` does, has seen what it wanted.
    pub(crate) fn finish(mut self, code: u8) -> u8 {
        let flushed = self.stdout.flush().err();
        match self.broken.take().or(flushed) {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.error(&format!("failed to write to stdout: {error}"));
                code.max(1)
            }
            _ => code,
        }
    }
}

impl Progress for Ui {
    fn step(&mut self, step: &Step) {
        let line = match step {
            Step::Recovered { files } => {
                let line = format!(
                    "an operation that was interrupted has been settled: {}",
                    files.join(", ")
                );
                return self.note_of_subject(&line);
            }
            Step::Environment { path } => {
                self.subject = Some(path.clone());
                format!("in `{path}`")
            }
            Step::Healed { patches } => {
                let line = format!(
                    "what a `torch-patch run` had left that was killed has been taken out: {}",
                    patches.join(", ")
                );
                return self.note(&line);
            }
            Step::Examine { patch } => format!("looking for `{patch}`"),
            Step::Lock { site_packages } => format!("locking `{site_packages}`"),
            Step::Write { path } => format!("writing `{path}`"),
            Step::List { distribution } => format!("looking up the releases of {distribution}"),
            Step::Note { text } => return self.note_of_subject(text),
            _ => return,
        };
        self.detail(&line);
    }

    fn amount(&mut self, amount: &Amount) {
        let bar = match self.bar.take() {
            Some(bar) => bar,
            None => self.bar(amount.total),
        };
        bar.set_message(HumanBytes(amount.bytes).to_string());
        bar.set_length(amount.total as u64);
        bar.set_position(amount.done as u64);
        self.bar = Some(bar);
    }
}

/// A text in a style; the streams leave the style out where no colours are wanted.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
