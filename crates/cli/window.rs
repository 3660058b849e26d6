//! The window that Explorer opens for the program, which would close before anybody has read it.

use std::fmt::Display;
use std::io::{self, BufRead, IsTerminal, Write};

use crate::imp::is_started_by_explorer;
use crate::language::say;
use crate::process;

/// Whether the program has a window that closes when it ends, having been started from Explorer: by a double-click, a
/// shortcut, a file dropped on it, or the address bar.
pub(crate) fn closes_at_the_end() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal() && is_started_by_explorer()
}

/// Says how the program is used, to somebody who has only double-clicked it.
pub(crate) fn explain() -> io::Result<()> {
    let program = process::program()?;
    let folder = program.parent().unwrap_or(&program).display();
    let file = program.file_name().unwrap_or_default().display();
    io::stdout().write_all(say(&how_to(&folder, &file)).as_bytes())
}

/// Waits for Enter.
pub(crate) fn wait() -> io::Result<()> {
    let mut stdout = io::stdout();
    write!(stdout, "\n{} ", say("press Enter to close this window"))?;
    stdout.flush()?;
    io::stdin().lock().read_line(&mut String::new()).map(drop)
}

/// The way from a double-click to the first command.
fn how_to(folder: &dyn Display, file: &dyn Display) -> String {
    format!(
        r#"torch-patch is a command: it is typed into a terminal.

  1. Open a terminal. With conda, that is "Anaconda Prompt" in the Start menu,
     where your environment is active. Without, open the folder
         {folder}
     in Explorer, click into its address bar, type cmd, and press Enter.
  2. Go to the program, unless you came by the address bar:
         cd /d "{folder}"
  3. See which Python environment is found, and which patches there are:
         {file} env
         {file} list
  4. See what a patch would change, apply it, undo it:
         {file} diff gloo-windows
         {file} apply gloo-windows
         {file} revert gloo-windows

Another environment is named by --env, with its directory:
         {file} env --env C:\webui\venv
Everything else: {file} --help
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_the_first_command_names_the_program_and_its_folder() {
        let told = how_to(&"C:\\用户 数据", &"torch-patch.exe");
        for line in [
            "\n         C:\\用户 数据\n",
            "cd /d \"C:\\用户 数据\"",
            "torch-patch.exe apply gloo-windows",
        ] {
            assert!(told.contains(line), "{line} is not in\n{told}");
        }
    }
}
