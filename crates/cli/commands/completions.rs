//! `torch-patch completions`.

use clap::CommandFactory;

use crate::args::{Arguments, Completions};
use crate::ui::Ui;

pub(super) fn run(completions: &Completions, ui: &mut Ui) -> u8 {
    let mut script = Vec::new();
    // In English, whatever the language: not every shell reads a script as UTF-8.
    let mut command = Arguments::command();
    clap_complete::generate(completions.shell, &mut command, "torch-patch", &mut script);
    ui.data(&String::from_utf8_lossy(&script));
    0
}
