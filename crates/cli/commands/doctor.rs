//! `torch-patch doctor`.

use std::path::PathBuf;
use std::time::Duration;

use anstyle::Style;
use clap::Args;
use torch_patch::{DoctorFinding, DoctorRequest, Level, Report, Tools, shell_word};

use crate::args::Options;
use crate::language::{padded, say};
use crate::session::{catalogue, context};
use crate::text::{BAD, BOLD, DIM, GOOD, ODD};
use crate::ui::{Format, Ui, Verbosity, paint};
use crate::{process, uv_caches};

const NOT_WANTED: u8 = 10;
/// How many columns the longest topic takes.
const TOPIC_WIDTH: usize = 10;

/// Walk through what training needs: Python, torch, CUDA, NCCL, patches
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch doctor
  torch-patch doctor --run             also try it, in the environment's Python
  torch-patch doctor --json

It tells from files, and imports nothing; what it runs is `nvcc -V`. With
--run it starts the environment's own Python: a request for NCCL in one process
and in two on loopback, torchrun, and ColossalAI's own command if that is here.

Exits with 0 if nothing needs attention, with 10 otherwise.")]
pub(crate) struct Doctor {
    /// Try it too: processes in the environment's own Python
    #[arg(long)]
    run: bool,
    /// How long each of these may take
    #[arg(long, value_name = "SECONDS", requires = "run", default_value_t = DoctorRequest::PROBE_TIMEOUT.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

impl Doctor {
    pub(super) fn run(&self, options: &Options, ui: &mut Ui) -> anyhow::Result<u8> {
        let context = context(options, catalogue(options)?, ui)?;
        let request = DoctorRequest {
            tools: tools(),
            driver_files: driver_files(),
            uv_caches: uv_caches::find(),
            probe_timeout: self.run.then(|| Duration::from_secs(self.timeout)),
            ..DoctorRequest::default()
        };
        let mut report = torch_patch::doctor(&context, &request)?;
        complete(&mut report, options);
        match ui.format {
            Format::Json => ui.json(&report)?,
            Format::Text => show(&report, ui),
        }
        Ok(if report.ok { 0 } else { NOT_WANTED })
    }
}

/// Makes the commands say which environment and which patches are meant, where that was said here.
fn complete(report: &mut Report, options: &Options) {
    let place = &options.place;
    let environment = [
        ("--site-packages", place.site_packages.as_ref()),
        ("--env", place.env.first()),
        ("--python", place.python.as_ref()),
    ];
    let patches = options.patch_files.iter();
    let patches = patches.map(|path| ("--patches", Some(path)));
    let given = environment.into_iter().chain(patches);
    let given = given.filter_map(|(option, value)| {
        Some(format!(
            " {option} {}",
            shell_word(&value?.display().to_string())
        ))
    });
    let given: String = given.collect();
    let findings = report.diagnosis.iter_mut();
    let commands = findings
        .flat_map(|diagnosis| &mut diagnosis.findings)
        .filter_map(|finding| finding.command.as_mut());
    for command in commands {
        if command.starts_with("torch-patch ") && !command.contains("--python") {
            command.push_str(&given);
        }
    }
}

/// What the process knows of CUDA toolkits.
fn tools() -> Tools {
    let path = process::variable("PATH").unwrap_or_default();
    Tools {
        cuda_home: process::variable("CUDA_HOME"),
        cuda_path: process::variable("CUDA_PATH"),
        // A relative directory means another one wherever it is asked for.
        path: std::env::split_paths(&path)
            .filter(|directory| directory.is_absolute())
            .collect(),
        defaults: defaults(),
    }
}

/// Where toolkits are installed by default, in torch's order.
fn defaults() -> Vec<PathBuf> {
    if !cfg!(windows) {
        return vec![PathBuf::from("/usr/local/cuda")];
    }
    let all = PathBuf::from(r"C:\Program Files\NVIDIA GPU Computing Toolkit\CUDA");
    let entries = fs_err::read_dir(all).into_iter().flatten().flatten();
    let is_release = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with('v') && name.contains('.')
    };
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(is_release)
        .collect();
    found.sort();
    found
}

/// Files of which one is there if an NVIDIA driver is installed.
fn driver_files() -> Vec<PathBuf> {
    if cfg!(windows) {
        let root = process::variable("SystemRoot").map(PathBuf::from);
        let root = root.unwrap_or_else(|| PathBuf::from("C:/Windows"));
        vec![root.join("System32/nvcuda.dll")]
    } else {
        vec![PathBuf::from("/proc/driver/nvidia/version")]
    }
}

fn show(report: &Report, ui: &mut Ui) {
    ui.environment(report.environment.as_ref());
    let Some(diagnosis) = &report.diagnosis else {
        return;
    };
    for line in diagnosis.findings.iter().flat_map(told) {
        ui.result(&line);
    }
    if ui.verbosity == Verbosity::Verbose {
        for probe in &diagnosis.probes {
            ui.detail(&format!("{}: {}", probe.name, probe.command.join(" ")));
        }
    }
    let wanting = diagnosis.findings.iter();
    let wanting = wanting.filter(|own| own.level == Level::Attention).count();
    ui.result(&match wanting {
        0 => paint(GOOD, &say("nothing needs attention")),
        1 => paint(BAD, &say("1 finding needs attention")),
        _ => paint(BAD, &say(&format!("{wanting} findings need attention"))),
    });
}

/// One finding, with what it means and what helps below it.
fn told(finding: &DoctorFinding) -> Vec<String> {
    let levels = [Level::Ok, Level::Note, Level::Attention].map(word);
    let width = levels
        .iter()
        .map(|level| crate::language::columns(level))
        .max();
    let width = width.unwrap_or_default();
    let level = padded(&word(finding.level), width);
    let topic = format!("{:TOPIC_WIDTH$}", finding.topic.as_str());
    let message = say(&finding.message);
    let mut lines = vec![format!(
        "{}  {}  {message}",
        paint(style(finding.level), &level),
        paint(BOLD, &topic)
    )];
    let indent = " ".repeat(width + TOPIC_WIDTH + 4);
    let meaning = finding.meaning.iter();
    lines.extend(meaning.map(|text| format!("{indent}{}", say(text))));
    let command = finding.command.iter();
    lines.extend(command.map(|command| {
        let run = say(&format!("run `{command}`")).into_owned();
        let style = if finding.level == Level::Attention {
            BOLD
        } else {
            DIM
        };
        format!("{indent}{}", paint(style, &run))
    }));
    lines
}

fn word(level: Level) -> String {
    say(level.as_str()).into_owned()
}

fn style(level: Level) -> Style {
    match level {
        Level::Ok => GOOD,
        Level::Note => ODD,
        Level::Attention => BAD,
    }
}
