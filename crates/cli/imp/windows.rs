//! Windows, where a program may be started by a double-click, and the language is no variable.

mod child;

use winsafe::{GetCurrentProcessId, HPROCESSLIST, SysResult, co::TH32CS};

pub(crate) use child::Child;

/// The language of the user's interface, such as `zh-CN`.
pub(crate) fn interface_language() -> Option<String> {
    sys_locale::get_locale()
}

/// Whether Explorer has started the program: its parent process is `explorer.exe`.
///
/// The number of processes in the console would tell it too, but for a console that another program has made for this
/// one alone, such as an installer that shows its work in a window of its own and must not be made to wait.
pub(crate) fn is_started_by_explorer() -> bool {
    parent().is_ok_and(|name| name.is_some_and(|name| name.eq_ignore_ascii_case("explorer.exe")))
}

/// The name of the parent's program, if the parent still runs.
fn parent() -> SysResult<Option<String>> {
    let mut list = HPROCESSLIST::CreateToolhelp32Snapshot(TH32CS::SNAPPROCESS, None)?;
    let mut processes = Vec::new();
    for process in list.iter_processes() {
        let process = process?;
        let (id, parent) = (process.th32ProcessID, process.th32ParentProcessID);
        processes.push((id, parent, process.szExeFile()));
    }
    let own = GetCurrentProcessId();
    let parent = processes
        .iter()
        .find(|(id, ..)| *id == own)
        .map(|process| process.1);
    let name = processes.iter().find(|(id, ..)| Some(*id) == parent);
    Ok(name.map(|(.., name)| name.clone()))
}
