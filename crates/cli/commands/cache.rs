//! `torch-patch cache`.

use torch_patch::{Cache, CacheReport, CacheUsage, Command, Error, Report};

use crate::args::{CacheCommand, CacheWords};
use crate::cache_directory;
use crate::language::say;
use crate::ui::{Format, Ui};

pub(super) fn run(words: &CacheWords, ui: &mut Ui) -> anyhow::Result<u8> {
    let cache = Cache::new(cache_directory::find()?);
    let usage = match words.command {
        CacheCommand::Clean => cache.clean(),
        CacheCommand::Dir | CacheCommand::Size => cache.usage(),
    };
    let usage = usage.map_err(Error::from)?;
    let directory = cache.directory().display().to_string();
    if ui.format == Format::Json {
        let cache = CacheReport {
            directory,
            files: usage.files,
            bytes: usage.bytes,
        };
        ui.json(&Report {
            cache: Some(cache),
            ..Report::bare(Command::Cache)
        })?;
        return Ok(0);
    }
    match words.command {
        CacheCommand::Dir => ui.data(&format!("{directory}\n")),
        CacheCommand::Size => ui.data(&format!("{}\n", say(&amount(usage)))),
        CacheCommand::Clean => ui.result(&format!("removed {} from {directory}", amount(usage))),
    }
    Ok(0)
}

fn amount(usage: CacheUsage) -> String {
    let files = if usage.files == 1 { "file" } else { "files" };
    format!("{} {files}, {} bytes", usage.files, usage.bytes)
}
