//! The command in a world of its own: no variable of this process reaches it.

mod ansible;
mod check;
mod doctor;
mod exit_codes;
mod fleet;
mod index_settings;
pub(crate) mod language;
mod messages;
mod options;
mod output;
mod owners;
mod project;
mod record;
mod repair;
mod run;
#[cfg(unix)]
mod run_signals;
mod sync;
mod verify;

use serde_json::Value;
use snapbox::cmd::Command;
use torch_patch_testing::{Package, World};

/// What a call of the command did.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Call {
    /// The one JSON object on stdout; nothing else may be there.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The command, with the world's environment as the active one.
pub(crate) fn command(world: &World) -> Command {
    let command = bare_command(world);
    command.env("VIRTUAL_ENV", world.venv())
}

/// The command without any environment in sight.
pub(crate) fn bare_command(world: &World) -> Command {
    // Under Wine the path of the build has no drive, and would be looked for on the one of `current_dir`.
    let binary = std::path::absolute(env!("CARGO_BIN_EXE_torch-patch")).unwrap();
    let command = Command::new(binary).env_clear();
    // Windows programs do not start without it.
    let root = option_env!("SystemRoot").map_or("C:\\Windows", |root| root);
    // In English, whatever the machine speaks.
    let command = command.env("SystemRoot", root).env("LANG", "C");
    command.current_dir(world.folder())
}

pub(crate) fn call(command: Command) -> Call {
    let output = command.output().unwrap_or_else(|error| panic!("{error}"));
    let text = |bytes| String::from_utf8(bytes).unwrap_or_else(|error| panic!("{error}"));
    Call {
        code: output.status.code().unwrap_or(-1),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Runs a command line.
pub(crate) fn run(world: &World, words: &[&str]) -> Call {
    call(command(world).args(words))
}

/// Runs a command line with `--json`, and checks that exit code, `ok` and `error.exit` agree.
pub(crate) fn run_json(world: &World, words: &[&str]) -> (i32, Value) {
    let called = run(world, &[words, &["--json"]].concat());
    let json = called.json();
    assert_eq!(json["schema"], "torch-patch/1");
    assert_eq!(json["ok"], called.code == 0, "{words:?}: {json}");
    if !json["error"].is_null() {
        assert_eq!(json["error"]["exit"], called.code, "{words:?}");
    }
    assert_eq!(called.stderr, "", "{words:?}");
    (called.code, json)
}

/// A world with torch 2.5.1.
pub(crate) fn torch_world() -> World {
    let world = World::new();
    world.install(&Package::torch("2.5.1"));
    world
}

/// A patch file for the world's torch.
pub(crate) fn patch_file(id: &str, head: &str, edit: &str) -> String {
    format!(
        "format = 1\nid = \"{id}\"\ntitle = \"A test\"\ndistribution = \"torch\"\n\
         description = \"For tests.\"\n{head}\n[[variant]]\nversions = \">=2\"\n[[variant.edit]]\n\
         file = \"torch/version.py\"\n{edit}\n"
    )
}
