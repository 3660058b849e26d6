//! Errors as the user sees them: message, causes, hints, exit code.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::ColorChoice;
use clap::error::{ContextKind, ErrorKind};
use serde_json::json;
use torch_patch::{Error, ErrorReport, SCHEMA};

use crate::language::{error_in_words, page_in_words};
use crate::ui::{Format, Ui, Verbosity};

/// A value of an option, a variable or a configuration file that makes no sense.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) anyhow::Error);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Usage {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

const USAGE: u8 = 2;
const UNEXPECTED: u8 = 1;

/// Tells an error and returns the exit code for it.
pub(crate) fn report(error: &anyhow::Error, command: &str, ui: &mut Ui) -> u8 {
    ui.finish_progress();
    let known = error.downcast_ref::<Error>();
    let mut report = known.map_or_else(|| unexpected(error), Error::report);
    if error.is::<Usage>() {
        "usage".clone_into(&mut report.code);
        report.exit = USAGE;
    }
    let code = report.exit;
    if ui.format == Format::Json {
        json_failure(command, &report, ui);
    } else {
        text_failure(error, known, ui);
    }
    code
}

/// Tells a mistake in the command line, or prints the help that was asked for.
pub(crate) fn usage(error: &clap::Error, words: &[OsString]) -> ExitCode {
    let is_help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    if is_help || !words.iter().any(|word| word == "--json") {
        // Nobody is left to tell if the stream is closed.
        let _ = print(error);
        return ExitCode::from(if is_help { 0 } else { USAGE });
    }
    let mut ui = Ui::with(Format::Json, Verbosity::Normal, ColorChoice::Never);
    let rendered = error.render().to_string();
    let mut lines = rendered
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let message = lines.next().unwrap_or_default();
    let argument = error.get(ContextKind::InvalidArg).map(ToString::to_string);
    let report = ErrorReport {
        code: "usage".to_owned(),
        exit: USAGE,
        message: message.trim_start_matches("error: ").to_owned(),
        hints: vec!["run `torch-patch --help`".to_owned()],
        details: json!({ "argument": argument }),
    };
    let mut names = words.iter().skip(1).filter_map(|word| word.to_str());
    let command = names.find(|word| !word.starts_with('-'));
    json_failure(command.unwrap_or_default(), &report, &mut ui);
    ExitCode::from(ui.finish(USAGE))
}

/// Prints what `clap` says, in the language of this process.
fn print(error: &clap::Error) -> io::Result<()> {
    let rendered = error.render();
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        return write!(
            anstream::stdout(),
            "{}",
            page_in_words(rendered.ansi().to_string())
        );
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return write!(
            anstream::stderr(),
            "{}",
            page_in_words(rendered.ansi().to_string())
        );
    }
    match error_in_words(&rendered.to_string()) {
        Some(words) => write!(anstream::stderr(), "{words}"),
        None => error.print(),
    }
}

fn unexpected(error: &anyhow::Error) -> ErrorReport {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    ErrorReport {
        code: "failed".to_owned(),
        exit: UNEXPECTED,
        message: causes.join(": "),
        hints: Vec::new(),
        details: json!({}),
    }
}

fn json_failure(command: &str, error: &ErrorReport, ui: &mut Ui) {
    let object = json!({
        "schema": SCHEMA,
        "command": command,
        "ok": false,
        "environment": ui.environment,
        "results": [],
        "error": error,
    });
    ui.data(&format!("{object:#}\n"));
}

fn text_failure(error: &anyhow::Error, known: Option<&Error>, ui: &mut Ui) {
    let environment = ui.environment.clone();
    ui.environment(environment.as_ref());
    ui.error(&error.to_string());
    let Some(known) = known else {
        for cause in error.chain().skip(1) {
            ui.cause(&cause.to_string());
        }
        return;
    };
    for cause in known.causes() {
        ui.cause(&cause);
    }
    if let Some(excerpt) = known.excerpt() {
        ui.evidence(excerpt.trim_end());
    }
    for diff in known.diffs() {
        ui.evidence(diff.trim_end());
    }
    for hint in known.hints() {
        ui.advice(&hint);
    }
}
