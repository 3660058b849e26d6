//! `torch-patch record`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use torch_patch::{DiffInput, RecordRequest, RecordedFileReport, RecordingReport, Sources};

use crate::args::Options;
use crate::failure::Usage;
use crate::index_settings::IndexOptions;
use crate::output_file::{write, write_new};
use crate::session::{cache_problem, catalogue, context, upstream};
use crate::text::BOLD;
use crate::ui::{Format, Ui, paint};
use crate::{process, uv_caches};

/// What stands for stdin and stdout in the place of a file.
const STREAM: &str = "-";

/// Make a patch of what was edited by hand, or of a diff
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch record my-fix                        what was edited in torch, into ./my-fix.toml
  torch-patch record my-fix --distribution torchvision --title \"Read short files\"
  torch-patch record my-fix --file torch/version.py --file torch/added.py
  torch-patch record my-fix --from-diff fix.diff   what the diff changes; nothing has to be edited
  torch-patch record my-fix --from-diff - --output - < fix.diff

Edited files are found by the sha256 in the package's RECORD. The original of
each comes from the backup, a cache, a wheel or a package index, and is proven by
the same sha256. The patch finds its places by the lines around them; it is
checked to make exactly what was edited. Nothing in the environment is changed:
`torch-patch apply ./my-fix.toml --adopt` takes the edit over, so that it can be
reverted, and `torch-patch check ./my-fix.toml --infer` tells which other releases
it fits.")]
pub(crate) struct Record {
    /// The id of the patch: words of a-z and 0-9 joined by `-`
    #[arg(value_name = "ID", value_parser = id)]
    pub(crate) patch: String,
    /// The package whose files were edited
    #[arg(long, short, value_name = "NAME", default_value = "torch")]
    pub(crate) distribution: String,
    /// Only this file, by its path here or in site-packages; also one that was added
    #[arg(long = "file", value_name = "FILE", conflicts_with = "from_diff")]
    pub(crate) files: Vec<PathBuf>,
    /// A unified diff in the place of what was edited; `-` is stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) from_diff: Option<PathBuf>,
    /// What the patch does, on one line
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// What breaks without it, what it does and what it does not do
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// Where the patch file is written, in the place of `ID.toml`; `-` is stdout
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long, help_heading = "Output")]
    pub(crate) force: bool,
    /// A wheel in the file system that may have the originals; no index is asked then
    #[arg(long = "wheel", value_name = "FILE")]
    pub(crate) wheels: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) index: IndexOptions,
}

pub(super) fn run(words: &Record, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
    let output = output(words);
    if let Some(path) = output.as_deref().filter(|_| !words.force)
        && path.exists()
    {
        return Err(is_there(path));
    }
    let context = context(options, catalogue(options)?, ui)?;
    let request = RecordRequest {
        title: words.title.clone(),
        description: words.description.clone(),
        files: words.files.clone(),
        cwd: process::directory()?,
        diff: words.from_diff.as_deref().map(diff).transpose()?,
        ..RecordRequest::new(&words.patch, &words.distribution)
    };
    let upstream = upstream(&words.index, ui)?;
    let caches = uv_caches::find();
    let sources = Sources::none()
        .with_uv_caches(&caches)
        .with_upstream(&upstream, &words.wheels);
    let recorded = torch_patch::record(&context, &request, &sources, ui);
    cache_problem(&upstream, ui);
    let mut report = recorded?;
    report.traffic = Some(torch_patch::traffic(&upstream)).filter(|moved| moved.requests > 0);
    if let (Some(recording), Some(path)) = (&mut report.recording, &output) {
        save(words, path, &recording.toml)?;
        recording.written = Some(path.display().to_string());
    }
    match (ui.format, &report.recording) {
        (Format::Text, Some(recording)) => {
            ui.environment(report.environment.as_ref());
            show(recording, ui);
        }
        _ => ui.json(&report)?,
    }
    Ok(0)
}

/// Where the patch file is written; `None`: on stdout.
fn output(words: &Record) -> Option<PathBuf> {
    let given = words.output.clone();
    let path = given.unwrap_or_else(|| PathBuf::from(format!("{}.toml", words.patch)));
    Some(path).filter(|path| path.as_os_str() != STREAM)
}

fn save(words: &Record, path: &Path, toml: &str) -> anyhow::Result<()> {
    if words.force {
        return write(path, toml);
    }
    // Somebody may have made it in the meantime.
    if write_new(path, toml)? {
        return Ok(());
    }
    Err(is_there(path))
}

fn is_there(path: &Path) -> anyhow::Error {
    let path = path.display();
    let message = anyhow!(
        "`{path}` is there already; `--force` replaces it, `--output FILE` writes another one"
    );
    Usage(message).into()
}

fn diff(path: &Path) -> anyhow::Result<DiffInput> {
    let is_stdin = path.as_os_str() == STREAM;
    let text = if is_stdin {
        let mut text = Vec::new();
        std::io::stdin()
            .read_to_end(&mut text)
            .context("failed to read the diff from stdin")?;
        text
    } else {
        let read = fs_err::read(path);
        read.map_err(|error| Usage(anyhow!(error)))?
    };
    let name = if is_stdin {
        "stdin".to_owned()
    } else {
        path.display().to_string()
    };
    Ok(DiffInput { name, text })
}

/// Reads the id of a patch.
fn id(text: &str) -> Result<String, String> {
    if torch_patch::is_patch_id(text) {
        return Ok(text.to_owned());
    }
    Err("expected words of a-z and 0-9 joined by `-`, such as `my-fix`".to_owned())
}

fn show(recording: &RecordingReport, ui: &mut Ui) {
    for file in &recording.files {
        for line in lines(file) {
            ui.note(&line);
        }
    }
    for note in &recording.notes {
        ui.note(&format!("note: {note}"));
    }
    let Some(path) = &recording.written else {
        return ui.data(&recording.toml);
    };
    ui.result(&format!("wrote {}", paint(BOLD, path)));
    let word = word(path);
    let next = if recording.in_place {
        format!(
            "`torch-patch apply {word} --adopt` takes the edit over, so that it can be reverted"
        )
    } else {
        format!("`torch-patch apply {word}` makes the edit")
    };
    ui.hint(&next);
    ui.hint(&format!(
        "it is for {} {} so far; `torch-patch check {word} --infer` tells which other releases it fits",
        recording.distribution,
        recording.versions.trim_start_matches('='),
    ));
}

/// How a patch file is named on the command line: a word without separator or dot would be an id.
fn word(path: &str) -> String {
    let is_plain = !path.contains(['/', '\\']);
    let path = if is_plain {
        format!("./{path}")
    } else {
        path.to_owned()
    };
    if path.contains(' ') {
        format!("\"{path}\"")
    } else {
        path
    }
}

fn lines(file: &RecordedFileReport) -> Vec<String> {
    let numbers: Vec<String> = file.lines.iter().map(ToString::to_string).collect();
    let place = match numbers.as_slice() {
        [only] => format!("line {only}"),
        numbers => format!("lines {}", numbers.join(", ")),
    };
    let path = paint(BOLD, &file.path);
    let edits = match file.edits {
        1 => format!("{path}: one edit ({place})"),
        several => format!("{path}: {several} edits ({place})"),
    };
    let original = match &file.original {
        Some(original) => format!("the original is from {original}"),
        None => "a new file".to_owned(),
    };
    let mut lines = vec![edits, format!("  {original}")];
    if !file.beside.is_empty() {
        let beside = format!("without what {} changes there", file.beside.join(", "));
        lines.push(format!("  {beside}"));
    }
    lines
}
