//! A program that is run in the place of this one: its streams, and its signals, are those of this process.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{self, Command, ExitStatus};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::Origin;

const PASSED_ON: [i32; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];
/// What shells add to the number of the signal that has ended a program.
const SIGNALLED: u32 = 128;

/// A program to be run. From here on no signal that can be caught ends this process.
pub(crate) struct Child {
    signals: SignalsInfo<WithOrigin>,
}

impl Child {
    /// Begins to listen for signals. Those that are ignored, as by `nohup`, stay so here and in the program.
    pub(crate) fn prepare() -> io::Result<Self> {
        let ignored = ignored_signals();
        let heard = PASSED_ON.into_iter().filter(|signal| !ignored(*signal));
        let signals = SignalsInfo::new(heard.chain([SIGCHLD]))?;
        Ok(Self { signals })
    }

    /// Runs the program to its end; its exit code. One that a signal has come for meanwhile is not begun.
    pub(crate) fn run(mut self, words: &[OsString]) -> io::Result<u32> {
        let mut early = self.signals.pending();
        if let Some(origin) = early.find(|origin| origin.signal != SIGCHLD) {
            return Ok(SIGNALLED + origin.signal.unsigned_abs());
        }
        let mut child = Command::new(&words[0]).args(&words[1..]).spawn()?;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(exit_code(status));
            }
            // One that came since wakes this at once.
            for origin in self.signals.wait() {
                pass_on(&origin, &child)?;
            }
        }
    }
}

/// Passes a signal on that somebody has sent to this process. The program is in the same group, and hears by itself of
/// those that the terminal sends to all of it.
fn pass_on(origin: &Origin, child: &process::Child) -> io::Result<()> {
    if origin.signal == SIGCHLD || origin.process.is_none() {
        return Ok(());
    }
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let signal = Signal::from_named_raw(origin.signal);
    match (pid, signal) {
        // It has not been waited for, so that the number is still its own.
        (Some(pid), Some(signal)) => Ok(kill_process(pid, signal)?),
        _ => Ok(()),
    }
}

fn exit_code(status: ExitStatus) -> u32 {
    let code = status.code().or(status.signal().map(|signal| signal + 128));
    code.map_or(1, i32::unsigned_abs)
}

/// Which signals this process ignores, where the system tells (Linux: `SigIgn` in `/proc/self/status`, see proc(5)).
fn ignored_signals() -> impl Fn(i32) -> bool {
    let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let mask = mask.unwrap_or_default();
    move |signal| mask >> (signal - 1) & 1 == 1
}
