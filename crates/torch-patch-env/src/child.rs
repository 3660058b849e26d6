//! Running another program for at most so long: what it has started is ended with it, and what it prints is collected.

use std::io::{self, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use wait_timeout::ChildExt;

use crate::imp;

/// As much of each stream is kept, in bytes.
const LONGEST_OUTPUT: u64 = 1 << 20;

/// What came of a program that had so long.
#[derive(Debug)]
pub struct BoundedRun {
    /// How it ended; `None`: it took too long and was killed.
    pub status: Option<ExitStatus>,
    /// The start of its standard output, at most 1 MiB.
    pub stdout: Vec<u8>,
    /// The start of its standard error, at most 1 MiB.
    pub stderr: Vec<u8>,
}

/// Runs a program without input. If it takes longer than `timeout` it is killed, together with what it has started.
///
/// # Errors
///
/// It cannot be started.
pub fn run_bounded(mut command: Command, timeout: Duration) -> io::Result<BoundedRun> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    imp::set_apart(&mut command);
    let end = Instant::now() + timeout;
    let mut child = command.spawn()?;
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    let status = child.wait_timeout(timeout)?;
    if status.is_none() {
        imp::end(&mut child);
    }
    // What it has started may hold the pipes open.
    let output = |pipe: &Receiver<Vec<u8>>| {
        let left = end
            .saturating_duration_since(Instant::now())
            .max(Duration::from_millis(100));
        pipe.recv_timeout(left).unwrap_or_default()
    };
    Ok(BoundedRun {
        status,
        stdout: output(&stdout),
        stderr: output(&stderr),
    })
}

/// Reads a pipe to its end beside the caller, so that neither side waits for the other.
fn collect(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            let _ = pipe.take(LONGEST_OUTPUT).read_to_end(&mut bytes);
        }
        let _ = sender.send(bytes);
    });
    receiver
}
