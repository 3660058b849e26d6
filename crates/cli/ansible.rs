//! The command as a module of Ansible: one JSON file of arguments in, one JSON object on stdout out.
//!
//! Ansible starts a binary module with the path of a file that has its arguments, among them some of its own that begin
//! with `_ansible_` (<https://docs.ansible.com/ansible/latest/dev_guide/developing_program_flow_modules.html>). This is
//! how the command knows. `collections/torch_patch.patch` documents the arguments and the answer for users.

mod answer;
mod task;
mod work;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Map, Value};

use crate::process;
use crate::ui::Ui;
use answer::Answer;
use task::Task;

/// What Ansible's own arguments begin with.
const OWN: &str = "_ansible_";

/// The most bytes of a file of arguments.
const MOST: u64 = 16 << 20;

/// The arguments, if Ansible has started the program.
pub(crate) fn arguments(words: &[OsString]) -> Option<Map<String, Value>> {
    let [_, file] = words else { return None };
    let file = Path::new(file);
    if !fs_err::metadata(file).is_ok_and(|found| found.is_file() && found.len() <= MOST) {
        return None;
    }
    let text = fs_err::read(file).ok()?;
    let arguments: Map<String, Value> = serde_json::from_slice(&text).ok()?;
    arguments
        .keys()
        .any(|key| key.starts_with(OWN))
        .then_some(arguments)
}

/// Does what a task asks for, and tells Ansible.
pub(crate) fn run(arguments: &Map<String, Value>) -> ExitCode {
    let home = process::home();
    let outcome = Task::of(arguments, home.as_deref()).and_then(|task| work::carry_out(&task));
    let answer = outcome.unwrap_or_else(|error| Answer::failed(&error));
    let mut ui = Ui::for_json();
    let text = answer.json(arguments).to_string();
    ui.data(&format!("{text}\n"));
    ExitCode::from(ui.finish(u8::from(answer.is_failed())))
}
