//! Unix: the execute bits, and process groups.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::registry::Registered;

pub(crate) fn is_executable(path: &Path) -> bool {
    fs_err::metadata(path)
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Returns none: there is no registry.
pub(crate) fn registered() -> Vec<Registered> {
    Vec::new()
}

/// Gives the command a process group of its own.
pub(crate) fn set_apart(command: &mut Command) {
    command.process_group(0);
}

/// Kills what [`set_apart`] has set apart. A failure means that it has ended already.
pub(crate) fn end(child: &mut Child) {
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    let _ = child.wait();
}
