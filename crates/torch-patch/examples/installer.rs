//! What the installer of an application that needs torch on Windows does after `pip install torch`:
//! finds the environment it has just made, applies a patch in its own name, and tells the user.
//!
//! ```sh
//! cargo run --example installer -- /path/to/venv gloo-windows
//! ```
//!
//! Copy it, and replace `main` by a call of [`ensure`] with the prefix your installer knows.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use torch_patch::{
    ApplyRequest, Catalogue, Context, Error, Outcome, Platform, Progress, Report, Request, Step,
    Surroundings, apply, discover,
};

/// The name under which the patch is recorded, so that others see whose it is.
const OWNER: &str = "example-installer";

/// Brings a built-in patch into the environment at `prefix`. Doing it again changes nothing.
///
/// # Errors
///
/// See [`torch_patch::Error`]: `code()` is a word for a program, `exit_code()` what the command line
/// would exit with, `hints()` what the user can do. Nothing was changed then.
fn ensure(prefix: &Path, patch: &str, progress: &mut dyn Progress) -> Result<Report, Error> {
    let request = Request {
        env: Some(prefix.to_path_buf()),
        ..Request::default()
    };
    // No variables: the installer knows which environment it means.
    let environment = discover(&request, &Surroundings::new(prefix))?;
    let context = Context::new(environment, Catalogue::built_in(), Platform::HOST);
    let request = ApplyRequest {
        owner: Some(OWNER.to_owned()),
        ..ApplyRequest::new([patch])
    };
    apply(&context, &request, progress)
}

/// Writes each step to the installer's log.
struct Log;

impl Progress for Log {
    #[expect(clippy::print_stderr, reason = "an installer has a log of its own")]
    fn step(&mut self, step: &Step) {
        eprintln!("torch-patch: {step:?}");
    }
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to its user"
)]
fn main() -> ExitCode {
    let mut words = arguments().skip(1);
    let (Some(prefix), Some(patch)) = (words.next(), words.next()) else {
        eprintln!("usage: installer PREFIX PATCH");
        return ExitCode::from(2);
    };
    match ensure(&PathBuf::from(prefix), &patch, &mut Log) {
        Ok(report) => {
            for result in &report.results {
                println!("{}: {}", result.patch, words_for(result.outcome));
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            for line in error.causes().iter().chain(&error.hints()) {
                eprintln!("  {line}");
            }
            ExitCode::from(error.exit_code())
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program reads its own arguments"
)]
fn arguments() -> impl Iterator<Item = String> {
    std::env::args()
}

/// What a user wants to know.
fn words_for(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Applied | Outcome::Adopted => "patched; `torch-patch revert` undoes it",
        Outcome::AlreadyApplied => "was patched before",
        Outcome::AppliedByHand => "somebody made this edit by hand; left as it is",
        Outcome::NotNeeded => "this torch does not need it",
        _ => outcome.as_str(),
    }
}
