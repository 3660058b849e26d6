//! Windows: every file can be run, and a console window must not flash up.

use std::os::windows::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};

/// Aliases of the Store are links that only the system can follow: they count as files.
pub(crate) fn is_executable(path: &Path) -> bool {
    fs_err::metadata(path)
        .or_else(|_| fs_err::symlink_metadata(path))
        .is_ok_and(|found| !found.is_dir())
}

pub(crate) fn set_apart(command: &mut Command) {
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(CREATE_NO_WINDOW);
}

/// Kills the child. A failure means that it has ended already.
pub(crate) fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
