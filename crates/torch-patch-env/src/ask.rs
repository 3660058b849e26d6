//! Asks an interpreter where its packages are, for those that the layout on disk does not resolve (the shims of pyenv, the
//! aliases of the Microsoft Store, launchers).
//!
//! It is run isolated and without `site` (`-I -S`), so that it runs nothing that is installed, and is killed when it takes
//! too long.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Serialize;

use crate::child::{BoundedRun, run_bounded};
use crate::lossy;

/// Prints, NUL after each: a mark, `sys.executable`, `sys.prefix`, `sys.base_prefix`, the version, platlib, purelib,
/// the user site. `PYTHONUSERBASE` counts for the last one in spite of `-I`; the Store's Python sets it itself.
const QUESTION: &str = "\
import os, sys, sysconfig
paths = sysconfig.get_paths()
preferred = getattr(sysconfig, 'get_preferred_scheme', lambda key: os.name + '_user')
answer = ['torch-patch', sys.executable or '', sys.prefix, sys.base_prefix, '%d.%d' % sys.version_info[:2],
          paths['platlib'], paths['purelib'],
          sysconfig.get_path('purelib', preferred('user'))]
sys.stdout.buffer.write(b''.join(os.fsencode(part) + b'\\0' for part in answer))
";

/// What an interpreter says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// `sys.executable`; empty if it does not know.
    pub(crate) executable: PathBuf,
    pub(crate) prefix: PathBuf,
    pub(crate) base_prefix: PathBuf,
    /// Such as `3.11`.
    pub(crate) version: String,
    pub(crate) platlib: PathBuf,
    pub(crate) purelib: PathBuf,
    pub(crate) user_site: PathBuf,
}

/// Says why an interpreter gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InterpreterFailure {
    /// The interpreter.
    #[serde(serialize_with = "lossy::path")]
    pub interpreter: PathBuf,
    /// What it did, such as "gave no answer within 10 s".
    pub reason: String,
    /// The line of its standard error that says why.
    pub stderr: Option<String>,
}

impl fmt::Display for InterpreterFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "interpreter `{}` {}",
            self.interpreter.display(),
            self.reason
        )?;
        self.stderr
            .as_ref()
            .map_or(Ok(()), |stderr| write!(formatter, ": `{stderr}`"))
    }
}

/// Runs `interpreter` with `arguments` before the question.
pub(crate) fn ask(
    interpreter: &Path,
    arguments: &[&str],
    cwd: &Path,
    timeout: Duration,
) -> Result<Answer, InterpreterFailure> {
    let failure = |reason: String, stderr: &[u8]| InterpreterFailure {
        interpreter: interpreter.to_owned(),
        reason,
        stderr: reason_line(stderr),
    };
    let mut command = Command::new(interpreter);
    command
        .args(arguments)
        .args(["-I", "-S", "-c", QUESTION])
        .current_dir(cwd);
    match run_bounded(command, timeout) {
        Err(error) => Err(failure(format!("cannot be run ({error})"), b"")),
        Ok(BoundedRun {
            status: None,
            stderr,
            ..
        }) => Err(failure(
            format!("gave no answer within {} s", timeout.as_secs_f32()),
            &stderr,
        )),
        Ok(BoundedRun {
            status: Some(status),
            stderr,
            ..
        }) if !status.success() => Err(failure(format!("failed ({status})"), &stderr)),
        Ok(BoundedRun { stdout, stderr, .. }) => parse(&stdout).ok_or_else(|| {
            let found = String::from_utf8_lossy(&stdout)
                .chars()
                .take(60)
                .collect::<String>();
            failure(
                format!(
                    "does not answer as Python does: expected its paths, found `{}`",
                    found.trim()
                ),
                &stderr,
            )
        }),
    }
}

/// Takes the answer from what was printed; a start-up message before it is passed over.
fn parse(stdout: &[u8]) -> Option<Answer> {
    const MARK: &[u8] = b"torch-patch\0";
    let start = memchr::memmem::rfind(stdout, MARK)? + MARK.len();
    let parts: Vec<PathBuf> = stdout[start..].split(|byte| *byte == 0).map(path).collect();
    let [
        executable,
        prefix,
        base_prefix,
        version,
        platlib,
        purelib,
        user_site,
        _,
    ] = parts.try_into().ok()?;
    let version = version.into_os_string().into_string().ok()?;
    Some(Answer {
        executable,
        prefix,
        base_prefix,
        version,
        platlib,
        purelib,
        user_site,
    })
}

#[cfg(unix)]
fn path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(bytes).into()
}

#[cfg(not(unix))]
fn path(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// The line of standard error that says why: the last one of a traceback, else the first.
fn reason_line(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next()?;
    let line = if first.starts_with("Traceback") {
        lines.next_back().unwrap_or(first)
    } else {
        first
    };
    Some(line.chars().take(200).collect())
}
