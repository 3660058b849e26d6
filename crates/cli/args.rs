//! The words of the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{
    Args, ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
};
use clap_complete::Shell;
use torch_patch::{Platform, VersionRange};

use crate::commands::{Add, Doctor, Explain, Record, Remove, Restore, Run, Sync, Verify};
use crate::index_settings::IndexOptions;
use crate::language::{self, Language};

const AFTER_HELP: &str = "\
Examples:
  torch-patch try gloo-windows --torch 2.5.1
                                       how a patch changes a release; needs no torch
  torch-patch list                     the patches there are, and their state here
  torch-patch diff gloo-windows        what `apply` would change
  torch-patch apply gloo-windows       change it
  torch-patch status                   what is in place
  torch-patch revert gloo-windows      the original bytes
  torch-patch record my-fix            a patch of what was edited by hand
  torch-patch sync                     what the project file says

Exit codes:
   0  the wanted state holds        5  environment or distribution not found
   1  unexpected failure            6  bad patch file
   2  usage                         7  busy
   3  does not apply                8  permission denied or read-only
   4  someone else changed a file  10  `status --exit-code`: not as wanted";

/// Names, tests, applies and undoes small source edits in an installed Python package
#[derive(Debug, Parser)]
#[command(name = "torch-patch", bin_name = "torch-patch", version, max_term_width = 100, after_help = AFTER_HELP)]
#[command(
    propagate_version = false,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) place: Place,
    /// More patch files: a directory of `*.toml` and `*/patch.toml`, or one file
    #[arg(long = "patches", value_name = "DIR", global = true)]
    pub(crate) patch_files: Vec<PathBuf>,
    /// Print one JSON object on stdout, also on failure
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,
    /// Print errors only
    #[arg(
        long,
        short,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Output"
    )]
    pub(crate) quiet: bool,
    /// Say more: each step, and where it takes place
    #[arg(long, short, global = true, help_heading = "Output")]
    pub(crate) verbose: bool,
    /// When to use colours; `auto` respects `NO_COLOR` and `CLICOLOR_FORCE`
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Output"
    )]
    pub(crate) color: ColorChoice,
    /// The language of messages; without it, that of the locale; JSON is the same in each
    #[arg(long, global = true, value_name = "LANGUAGE", help_heading = "Output")]
    pub(crate) lang: Option<Language>,
}

/// Where the environment is. Without any of these: `VIRTUAL_ENV`, `CONDA_PREFIX`, the project's own here or above (`.venv`,
/// uv's, pixi's, poetry's), `python3` or `python` on `PATH`.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The site-packages directory itself
    #[arg(long, value_name = "DIR", global = true, help_heading = "Environment")]
    pub(crate) site_packages: Option<PathBuf>,
    /// The prefix of an environment: a venv, a conda environment, an installed Python; several times
    /// for several environments
    #[arg(long, value_name = "DIR", global = true, help_heading = "Environment")]
    pub(crate) env: Vec<PathBuf>,
    /// Every environment below a directory; links are not followed
    #[arg(long, value_name = "DIR", global = true, help_heading = "Environment")]
    pub(crate) envs_under: Vec<PathBuf>,
    /// An interpreter, by path or by name
    #[arg(long, value_name = "EXE", global = true, help_heading = "Environment")]
    pub(crate) python: Option<PathBuf>,
}

impl Arguments {
    /// Reads the words, and refuses two environments, which `clap` does not do for global options.
    pub(crate) fn read(words: &[OsString]) -> Result<Self, clap::Error> {
        let mut command = language::translated(Self::command());
        let mut matches = command.try_get_matches_from_mut(words)?;
        let arguments =
            Self::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))?;
        let place = &arguments.options.place;
        let given = [
            place.site_packages.is_some(),
            !place.env.is_empty() || !place.envs_under.is_empty(),
            place.python.is_some(),
        ];
        if given.into_iter().filter(|is_given| *is_given).count() > 1 {
            let message = "`--site-packages`, `--env` and `--python` exclude each other";
            return Err(Self::command().error(ErrorKind::ArgumentConflict, message));
        }
        if place.env.len() != times_given(words, "--env")
            || place.envs_under.len() != times_given(words, "--envs-under")
        {
            let message = "`--env` and `--envs-under` stand on one side of the command, all before or all behind it";
            return Err(Self::command().error(ErrorKind::ArgumentConflict, message));
        }
        let command = &arguments.command;
        if place.is_several() && !command.takes_several_environments() {
            let name = command.name();
            let message = format!("`{name}` is about one environment: name it with `--env`, once");
            return Err(Self::command().error(ErrorKind::ArgumentConflict, message));
        }
        Ok(arguments)
    }
}

/// How often an option stands in the words. Of a global one `clap` drops what stands on the other side of the command.
fn times_given(words: &[OsString], option: &str) -> usize {
    let own = words.iter().map(|word| word.to_string_lossy());
    own.take_while(|word| word != "--")
        .filter(|word| word.split('=').next() == Some(option))
        .count()
}

impl Place {
    /// Whether an environment was named.
    pub(crate) fn is_given(&self) -> bool {
        self.site_packages.is_some() || !self.env.is_empty() || self.python.is_some()
    }

    /// Whether there is one report about several environments, however many there are.
    pub(crate) fn is_several(&self) -> bool {
        self.env.len() > 1 || !self.envs_under.is_empty()
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(List),
    Show(Show),
    Diff(Diff),
    Apply(Apply),
    Status(Status),
    Revert(Revert),
    Sync(Sync),
    Add(Add),
    Remove(Remove),
    Run(Run),
    Explain(Explain),
    Env(Env),
    Doctor(Doctor),
    Check(Box<Check>),
    Try(Box<Try>),
    Verify(Verify),
    Restore(Box<Restore>),
    Record(Box<Record>),
    Cache(CacheWords),
    Completions(Completions),
    Man(Man),
}

impl Command {
    /// Whether it works in several environments as in one.
    fn takes_several_environments(&self) -> bool {
        matches!(
            self,
            Self::Apply(_) | Self::Diff(_) | Self::Status(_) | Self::Revert(_) | Self::Env(_)
        )
    }

    /// The word of the command line.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::List(_) => "list",
            Self::Show(_) => "show",
            Self::Diff(_) => "diff",
            Self::Apply(_) => "apply",
            Self::Status(_) => "status",
            Self::Revert(_) => "revert",
            Self::Sync(_) => "sync",
            Self::Add(_) => "add",
            Self::Remove(_) => "remove",
            Self::Run(_) => "run",
            Self::Explain(_) => "explain",
            Self::Env(_) => "env",
            Self::Doctor(_) => "doctor",
            Self::Check(_) => "check",
            Self::Try(_) => "try",
            Self::Verify(_) => "verify",
            Self::Restore(_) => "restore",
            Self::Record(_) => "record",
            Self::Cache(_) => "cache",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }
}

/// Tell which patches there are, each with its state here
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch list
  torch-patch list --env /opt/webui/venv
  torch-patch list --patches ./patches --json")]
pub(crate) struct List {}

/// Print one patch in full: its file, on stdout
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch show gloo-windows
  torch-patch show gloo-windows > my-gloo.toml     the start of a patch of your own")]
pub(crate) struct Show {
    /// The patch
    #[arg(value_name = "ID|FILE.toml")]
    pub(crate) patch: String,
}

/// Print what `apply` would change, as a unified diff
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch diff gloo-windows
  torch-patch diff ./my-fix.toml --env /opt/webui/venv")]
pub(crate) struct Diff {
    /// The patches
    #[arg(value_name = "ID|FILE.toml", required = true)]
    pub(crate) patches: Vec<String>,
}

/// Bring patches in, all or none
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch apply gloo-windows
  torch-patch apply gloo-windows ./my-fix.toml --dry-run
  torch-patch apply gloo-windows --adopt           take over an edit that was made by hand
  torch-patch apply gloo-windows --python python3.11
  torch-patch apply gloo-windows --envs-under /srv     in every environment below a directory

Every changed file is backed up first, and `torch-patch revert` restores it
byte for byte. Applying again changes nothing.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Apply {
    /// The patches
    #[arg(value_name = "ID|FILE.toml", required = true)]
    pub(crate) patches: Vec<String>,
    /// Tell what would be done, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Take over an edit that was made by hand; the original is proven by the package's RECORD
    #[arg(long)]
    pub(crate) adopt: bool,
    /// Apply patches whose risk is `unsafe` too
    #[arg(long)]
    pub(crate) accept_risk: bool,
    /// Fail with exit code 3 if a patch is not needed here
    #[arg(long)]
    pub(crate) strict: bool,
    /// Who asks, as it is recorded; the patch stays until all who have asked for it have taken that back
    #[arg(long, value_name = "NAME", value_parser = crate::commands::owner)]
    pub(crate) owner: Option<String>,
}

/// Tell what is in place, from the bytes on disk; writes nothing
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch status
  torch-patch status gloo-windows --exit-code      exit code 10 unless it is in place, for scripts

States:
  applied          in place, and recorded
  not-applied      not in place
  applied-by-hand  someone made the edit with an editor
  not-needed       nothing is to be done here
  outdated         in place as an older patch file says
  drifted          someone else changed a file
  superseded       the package was installed anew since
  partial          in place in some of its files only")]
pub(crate) struct Status {
    /// The patches; without any, all
    #[arg(value_name = "ID|FILE.toml")]
    pub(crate) patches: Vec<String>,
    /// Exit with 10 unless every patch that is named (or, without names, recorded) is in the wanted state
    #[arg(long)]
    pub(crate) exit_code: bool,
}

/// Take patches out: the original bytes, mode and owner
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch revert gloo-windows
  torch-patch revert --all
  torch-patch revert --owner webui                 what `apply --owner webui` has asked for
  torch-patch revert gloo-windows --merge          keep what somebody else changed in the same file
  torch-patch revert gloo-windows --force          restore the original, keep a copy of the changed file")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Revert {
    /// The patches; without any, the one that is applied
    #[arg(value_name = "ID|FILE.toml", conflicts_with = "all")]
    pub(crate) patches: Vec<String>,
    /// Everything that is recorded
    #[arg(long)]
    pub(crate) all: bool,
    /// Take back what NAME has asked for; a patch that others have asked for too stays
    #[arg(long, value_name = "NAME", value_parser = crate::commands::owner)]
    pub(crate) owner: Option<String>,
    /// Tell what would be done, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Restore a file although someone else changed it, and keep a copy of the changed version
    #[arg(long, conflicts_with = "merge")]
    pub(crate) force: bool,
    /// Take only the patch out of a file that someone else changed
    #[arg(long)]
    pub(crate) merge: bool,
}

/// Tell which environment is meant, from where, and what is in it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch env
  torch-patch env --python /usr/bin/python3 --json
  torch-patch env --envs-under ~                   every environment below a directory")]
pub(crate) struct Env {}

/// Tell which releases a patch fits, out of their wheels; nothing is installed
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch check gloo-windows
  torch-patch check gloo-windows --versions \">=2.5\" --platform win
  torch-patch check ./my-fix.toml --suggest        what would fit where it does not
  torch-patch check ./my-fix.toml --infer          the ranges that its edits really fit
  torch-patch check my-fix.toml --wheel torch-2.5.1-cp312-cp312-win_amd64.whl
  torch-patch check gloo-windows --env .venv       what is installed there
  torch-patch check --all --format html --output atlas.html

States:
  ok              it fits: it was applied, applied again without a change, and undone
  not-needed      it is not for the platform, or the release has the fix
  not-covered     no range of the patch has the release
  anchor-missing  the lines at which it takes place are not there
  ambiguous       they are there more often than expected
  already         the release has the text already
  syntax          the patched file would not parse

Only the parts of a wheel that are needed are fetched, and kept in a cache.
Exits with 3 if a patch does not fit a release that it covers, or covers none.")]
pub(crate) struct Check {
    /// The patches
    #[arg(
        value_name = "ID|FILE.toml",
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    pub(crate) patches: Vec<String>,
    /// Every patch that is known
    #[arg(long)]
    pub(crate) all: bool,
    /// The releases, as PEP 440 writes ranges; without it, all
    #[arg(long, value_name = "SPEC", value_parser = crate::commands::version_range, conflicts_with_all = ["wheels", "sources"])]
    pub(crate) versions: Option<VersionRange>,
    /// The platforms whose wheels are looked at
    #[arg(
        long = "platform",
        value_name = "PLATFORM",
        value_delimiter = ',',
        default_value = "all"
    )]
    pub(crate) platforms: Vec<PlatformWord>,
    /// A wheel in the file system, in the place of those of an index
    #[arg(long = "wheel", value_name = "FILE", conflicts_with = "sources")]
    pub(crate) wheels: Vec<PathBuf>,
    /// A directory of unpacked sources: the one that the packages are in
    #[arg(long = "sources", value_name = "DIR")]
    pub(crate) sources: Vec<PathBuf>,
    /// Propose a variant where none fits, proven on that release
    #[arg(long)]
    pub(crate) suggest: bool,
    /// Work out the ranges of versions that the edits fit, and compare them with the patch file's
    #[arg(long)]
    pub(crate) infer: bool,
    /// The form of the answer
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Output"
    )]
    pub(crate) format: CheckFormat,
    /// Where the answer is written, in the place of stdout
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) index: IndexOptions,
}

/// The forms of `check`'s answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    Text,
    Json,
    Html,
    Junit,
    Markdown,
}

/// A platform, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlatformWord {
    Win,
    Linux,
    Macos,
    All,
}

impl PlatformWord {
    /// The platforms that are meant, each once.
    pub(crate) fn platforms(words: &[Self]) -> Vec<Platform> {
        let is_meant = |platform: &Platform| {
            words
                .iter()
                .any(|word| word.platform().is_none_or(|own| own == *platform))
        };
        Platform::ALL.into_iter().filter(is_meant).collect()
    }

    /// Takes the name of a platform, and not `all`.
    pub(crate) fn parser() -> impl TypedValueParser<Value = Self> {
        PossibleValuesParser::new(["win", "linux", "macos"]).map(|word| match word.as_str() {
            "win" => Self::Win,
            "macos" => Self::Macos,
            _ => Self::Linux,
        })
    }

    /// The platform that is meant; without a word, this one.
    pub(crate) fn one(word: Option<Self>) -> Platform {
        word.and_then(Self::platform).unwrap_or(Platform::HOST)
    }

    fn platform(self) -> Option<Platform> {
        match self {
            Self::Win => Some(Platform::Windows),
            Self::Linux => Some(Platform::Linux),
            Self::Macos => Some(Platform::Macos),
            Self::All => None,
        }
    }
}

/// Try a patch on a release that is not installed: apply it, show the diff, revert it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch try gloo-windows --torch 2.5.1
  torch-patch try gloo-windows --torch 1.13.1 --platform win
  torch-patch try ./my-fix.toml --torch 2.15.0 --keep ./scratch

Just the files that the patch changes are fetched, into an environment of their
own. The diff is on stdout.")]
pub(crate) struct Try {
    /// The patch
    #[arg(value_name = "ID|FILE.toml")]
    pub(crate) patch: String,
    /// The release: a version of torch, or of the distribution that the patch is for
    #[arg(long = "torch", visible_alias = "release", value_name = "VERSION")]
    pub(crate) version: String,
    /// The platform whose wheel is taken; without it, this one
    #[arg(long, value_name = "PLATFORM", value_parser = PlatformWord::parser())]
    pub(crate) platform: Option<PlatformWord>,
    /// Leave the environment here; the directory has to be empty or absent
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) index: IndexOptions,
}

/// Tell where what was fetched is kept, or remove it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch cache dir
  torch-patch cache clean

`TORCH_PATCH_CACHE` names another directory.")]
pub(crate) struct CacheWords {
    #[command(subcommand)]
    pub(crate) command: CacheCommand,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum CacheCommand {
    /// Print the directory
    Dir,
    /// Remove everything that was fetched
    Clean,
    /// Tell how much there is
    Size,
}

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch completions bash > ~/.local/share/bash-completion/completions/torch-patch
  torch-patch completions powershell >> $PROFILE")]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: Shell,
}

/// Print a manual page in roff, or write those of all commands
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  torch-patch man > torch-patch.1
  torch-patch man apply | man -l -
  torch-patch man --output ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// Write the pages of the program and of every command into this directory
    #[arg(long, short, value_name = "DIR", conflicts_with = "command")]
    pub(crate) output: Option<PathBuf>,
    /// The command it is about; without one, the whole program
    pub(crate) command: Option<String>,
}
