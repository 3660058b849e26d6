//! `ColossalAI`, whose benchmark is the last step of the guide.
//!
//! Read off its releases 0.2.0 to 0.5.0: `colossalai benchmark` is in those up to 0.3.2, `colossalai check -i` in all. Up
//! to 0.3.2 `colossalai/tensor/tensor_spec.py`, which is imported at the start, gives a field of a dataclass a default
//! that cannot be hashed; Python refuses that since 3.11 (<https://docs.python.org/3/whatsnew/3.11.html#dataclasses>).

use std::path::Path;

use fs_err as fs;
use torch_patch_env::Distribution;
use torch_patch_set::VersionRange;

use super::requirement::{Requirement, of_metadata, of_requires};
use super::{Seen, python};
use crate::diagnosis::{DoctorFinding, Level, Topic};

/// The line that Python 3.11 does not take.
const UNHASHABLE_DEFAULT: &str = "dist_attr: Optional[_DistSpec] = _DistSpec(";

pub(super) fn findings(seen: &Seen<'_>) -> Vec<DoctorFinding> {
    let environment = seen.context.environment();
    let colossalai = match environment.distribution("colossalai") {
        Ok(colossalai) => colossalai,
        Err(error) if error.is_distribution_not_found() => return Vec::new(),
        Err(error) => return vec![finding(Level::Attention, error.to_string())],
    };
    let mut found = vec![command(&colossalai)];
    found.extend(start(&colossalai, environment.python.as_deref()));
    found.extend(needs(seen, &colossalai));
    found
}

fn finding(level: Level, message: String) -> DoctorFinding {
    DoctorFinding::new(Topic::Colossalai, level, message)
}

/// Whether this release has the guide's command: by its files, or by its version where it has no commands at all.
pub(super) fn has_benchmark(colossalai: &Distribution) -> bool {
    let cli = colossalai.site_packages.join("colossalai/cli");
    if cli.is_dir() {
        cli.join("benchmark/__init__.py").is_file() || cli.join("benchmark.py").is_file()
    } else {
        is_early(colossalai)
    }
}

/// Whether the version is one of those that have the guide's command and do not start on Python 3.11.
fn is_early(colossalai: &Distribution) -> bool {
    let early = VersionRange::parse(">=0.2,<0.3.3");
    early.is_ok_and(|early| early.contains(&colossalai.version))
}

fn command(colossalai: &Distribution) -> DoctorFinding {
    let version = &colossalai.version;
    if has_benchmark(colossalai) {
        finding(
            Level::Ok,
            format!(
                "ColossalAI {version} has the guide's command, `colossalai benchmark --gpus 1`"
            ),
        )
    } else {
        finding(
            Level::Note,
            format!("ColossalAI {version} has no `colossalai benchmark`"),
        )
        .means("only 0.2.0 to 0.3.2 have the guide's command; this shows how it is installed")
        .helped_by("colossalai check -i")
    }
}

/// Says so if it cannot start on this Python.
fn start(colossalai: &Distribution, python: Option<&str>) -> Option<DoctorFinding> {
    let minor = python?.strip_prefix("3.")?.parse::<u32>().ok()?;
    let tensor = colossalai.site_packages.join("colossalai/tensor");
    let has_default = if tensor.is_dir() {
        text(&tensor.join("tensor_spec.py")).contains(UNHASHABLE_DEFAULT)
    } else {
        is_early(colossalai)
    };
    (minor >= 11 && has_default).then(|| {
        let message = format!(
            "ColossalAI {} cannot start on Python 3.{minor}",
            colossalai.version
        );
        finding(Level::Attention, message)
            .means(
                "it dies with \"ValueError: mutable default <class 'colossalai.tensor.distspec._DistSpec'> for field \
                 dist_attr is not allowed: use default_factory\"; Python 3.10 takes it",
            )
            .helped_by("uv venv --python 3.10")
    })
}

/// What it needs and is not here.
fn needs(seen: &Seen<'_>, colossalai: &Distribution) -> Option<DoctorFinding> {
    let environment = seen.context.environment();
    let mut missing = Vec::new();
    let mut wanted = Vec::new();
    for requirement in requirements(colossalai) {
        let Requirement { name, versions } = &requirement;
        match environment.distribution(name) {
            Ok(found) if requirement.allows(&found.version) => continue,
            Ok(found) => missing.push(format!("{name} {versions} (here is {})", found.version)),
            Err(error) if error.is_distribution_not_found() => {
                missing.push(format!("{name} {versions}").trim_end().to_owned());
            }
            // An editable install, say: it is there.
            Err(_) => continue,
        }
        wanted.push(format!("\"{name}{versions}\""));
    }
    if missing.is_empty() {
        return None;
    }
    let message = format!(
        "ColossalAI {} needs what is not here: {}",
        colossalai.version,
        missing.join(", ")
    );
    let command = python::install(environment, &wanted.join(" "));
    Some(finding(Level::Attention, message).helped_by(command))
}

fn requirements(colossalai: &Distribution) -> Vec<Requirement> {
    let Some(metadata) = &colossalai.metadata_dir else {
        return Vec::new();
    };
    let own = of_metadata(&text(&metadata.join("METADATA")));
    if own.is_empty() {
        of_requires(&text(&metadata.join("requires.txt")))
    } else {
        own
    }
}

/// The text of a regular file; of any other, nothing.
fn text(path: &Path) -> String {
    let is_file = fs::metadata(path).is_ok_and(|found| found.is_file());
    let bytes = is_file.then(|| fs::read(path).unwrap_or_default());
    String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
}
