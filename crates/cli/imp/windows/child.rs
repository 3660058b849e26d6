//! A program that is run in the place of this one: its streams are those of this process, and it hears of Ctrl+C and
//! Ctrl+Break by itself, as every program of the console does.

use std::ffi::OsString;
use std::io;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a program that Ctrl+C has ended (`STATUS_CONTROL_C_EXIT`, `ntstatus.h`).
const INTERRUPTED: u32 = 0xC000_013A;

/// A program to be run. From here on Ctrl+C does not end this process.
pub(crate) struct Child {
    is_interrupted: Arc<AtomicBool>,
}

impl Child {
    /// Begins to listen for the console's events.
    pub(crate) fn prepare() -> io::Result<Self> {
        let is_interrupted = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&is_interrupted);
        ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
            .map_err(io::Error::other)?;
        Ok(Self { is_interrupted })
    }

    /// Runs the program to its end; its exit code. One that Ctrl+C has come for meanwhile is not begun.
    pub(crate) fn run(self, words: &[OsString]) -> io::Result<u32> {
        if self.is_interrupted.load(Ordering::Relaxed) {
            return Ok(INTERRUPTED);
        }
        let status = Command::new(&words[0]).args(&words[1..]).status()?;
        Ok(status.code().map_or(1, i32::cast_unsigned))
    }
}
