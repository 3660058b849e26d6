//! The CUDA toolkit: whether the variables that name it are right, and whether its `nvcc` fits torch.
//!
//! Looked for as torch does in `torch/utils/cpp_extension.py` (`_find_cuda_home`): `CUDA_HOME`, `CUDA_PATH`, `nvcc` on
//! `PATH`, the default directory. What torch refuses stands there too (`_check_cuda_version`): another major version since
//! 1.10; another minor version is a warning.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use torch_patch_env::run_bounded;
use torch_patch_set::Occurs;

use super::patches::{Standing, needed};
use super::{Seen, Tools};
use crate::diagnosis::{DoctorFinding, Level, Toolkit, Topic};
use crate::error::Error;

const NVCC: &str = if cfg!(windows) { "nvcc.exe" } else { "nvcc" };

/// A toolkit, and what its `nvcc` did in the place of an answer.
pub(super) struct Asked {
    pub(super) toolkit: Toolkit,
    problem: Option<String>,
}

/// Finds the toolkit that torch would take, and asks its `nvcc`.
pub(super) fn find(tools: &Tools, timeout: Duration) -> Option<Asked> {
    let (home, source) = place(tools)?;
    let (nvcc, problem) = match nvcc_release(&home, timeout) {
        Ok(release) => (Some(release), None),
        Err(problem) => (None, Some(problem)),
    };
    let toolkit = Toolkit {
        home: home.display().to_string(),
        source: source.to_owned(),
        nvcc,
    };
    Some(Asked { toolkit, problem })
}

/// The directory that torch would take, and what names it.
fn place(tools: &Tools) -> Option<(PathBuf, &'static str)> {
    let named = [
        (&tools.cuda_home, "CUDA_HOME"),
        (&tools.cuda_path, "CUDA_PATH"),
    ];
    let mut named = named
        .into_iter()
        .filter_map(|(value, name)| Some((given(value.as_deref())?, name)));
    named.next().or_else(|| unnamed(tools))
}

/// The directory that torch would take without the variables.
fn unnamed(tools: &Tools) -> Option<(PathBuf, &'static str)> {
    let mut on_path = tools.path.iter().filter(|own| own.join(NVCC).is_file());
    let on_path = on_path.next().and_then(|own| own.parent());
    let mut defaults = tools.defaults.iter().filter(|own| own.is_dir());
    let on_path = on_path.map(|home| (home.to_owned(), "PATH"));
    on_path.or_else(|| Some((defaults.next()?.clone(), "default")))
}

/// The value of a variable that is set to something.
fn given(value: Option<&OsStr>) -> Option<PathBuf> {
    value.filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Asks the `nvcc` of a toolkit for its release, such as `11.7`; an error is what it did instead.
fn nvcc_release(home: &Path, timeout: Duration) -> Result<String, String> {
    let nvcc = home.join("bin").join(NVCC);
    if !nvcc.is_file() {
        return Err(format!("there is no `{}`", nvcc.display()));
    }
    let mut command = Command::new(&nvcc);
    command.arg("-V");
    let told = |what: String| format!("`{} -V` {what}", nvcc.display());
    let run =
        run_bounded(command, timeout).map_err(|error| told(format!("cannot be run ({error})")))?;
    let text = String::from_utf8_lossy(&run.stdout);
    match (run.status, release(&text)) {
        (None, _) => Err(told(format!(
            "gave no answer within {} s",
            timeout.as_secs_f32()
        ))),
        (Some(status), _) if !status.success() => Err(told(format!("failed ({status})"))),
        (Some(_), Some(release)) => Ok(release),
        (Some(_), None) => {
            let line = text.lines().next().unwrap_or_default();
            let line: String = line.chars().take(60).collect();
            Err(told(format!(
                "says no release: expected `release 11.7`, found `{line}`"
            )))
        }
    }
}

/// The version behind the word `release`, as torch reads it.
fn release(text: &str) -> Option<String> {
    text.split("release ").skip(1).find_map(|rest| {
        let is_part = |letter: char| letter.is_ascii_digit() || letter == '.';
        let version: String = rest.chars().take_while(|letter| is_part(*letter)).collect();
        let version = version.trim_end_matches('.');
        version.contains('.').then(|| version.to_owned())
    })
}

/// What there is to tell of the toolkit, beside torch.
pub(super) fn findings(
    seen: &Seen<'_>,
    asked: Option<&Asked>,
) -> Result<Vec<DoctorFinding>, Error> {
    let tools = &seen.request.tools;
    let Some(torch) = &seen.torch else {
        return Ok(without_torch(tools, asked));
    };
    let Some(cuda) = &torch.cuda else {
        let mut found = vec![finding(
            Level::Ok,
            "this torch has no CUDA, so it needs no CUDA toolkit",
        )];
        // What is wrong here harms nobody before a torch with CUDA is installed.
        let faults = faults(tools).into_iter();
        found.extend(faults.map(|own| DoctorFinding {
            level: Level::Note,
            ..own
        }));
        return Ok(found);
    };
    let Some(asked) = asked else {
        return Ok(vec![
            finding(Level::Note, "there is no CUDA toolkit").means(format!(
                "training runs without one: torch brings the libraries of CUDA {cuda}; what compiles extensions needs \
                 the toolkit, and `CUDA_HOME` pointing at it"
            )),
        ]);
    };
    let mut found = faults(tools);
    if found.iter().all(|own| own.level < Level::Attention) {
        found.push(fit(seen, asked, cuda)?);
    }
    Ok(found)
}

/// What there is to tell before a torch is installed.
fn without_torch(tools: &Tools, asked: Option<&Asked>) -> Vec<DoctorFinding> {
    let mut found = faults(tools);
    let is_faulty = found.iter().any(|own| own.level == Level::Attention);
    if let Some(asked) = asked.filter(|_| !is_faulty) {
        found.push(match &asked.problem {
            Some(problem) => finding(Level::Attention, problem),
            None => finding(Level::Ok, described(&asked.toolkit))
                .means("a torch that is built with the same major version of CUDA fits it"),
        });
    }
    found
}

fn finding(level: Level, message: impl Into<String>) -> DoctorFinding {
    DoctorFinding::new(Topic::Cuda, level, message)
}

/// What is wrong with the variables.
fn faults(tools: &Tools) -> Vec<DoctorFinding> {
    let variables = [
        ("CUDA_HOME", given(tools.cuda_home.as_deref())),
        ("CUDA_PATH", given(tools.cuda_path.as_deref())),
    ];
    let mut found = Vec::new();
    let mut taken: Option<(&str, &PathBuf)> = None;
    for (name, value) in &variables {
        let Some(value) = value else { continue };
        if let Some((first, other)) = taken {
            if other != value {
                let message = format!(
                    "`{first}` is `{}`, and `{name}` is `{}`",
                    other.display(),
                    value.display()
                );
                found.push(finding(Level::Note, message).means(format!("torch takes `{first}`")));
            }
        } else {
            taken = Some((name, value));
            found.extend(fault(name, value, tools));
        }
    }
    found
}

/// What is wrong with the value of the variable that torch takes.
fn fault(name: &str, value: &Path, tools: &Tools) -> Option<DoctorFinding> {
    if has_nvcc(value) {
        return None;
    }
    let shown = value.display();
    let message = if value.is_dir() {
        format!("`{name}` is `{shown}`, and there is no `{NVCC}` in its directory `bin`")
    } else {
        format!("`{name}` is `{shown}`, which is no directory")
    };
    let found = unnamed(tools).map(|(home, _)| home);
    let better = meant(value).or_else(|| found.filter(|home| has_nvcc(home)));
    let found = finding(Level::Attention, message)
        .means("torch takes this directory for the CUDA toolkit and looks no further");
    Some(match better {
        Some(home) => found.helped_by(set(name, &home.display().to_string())),
        None => found.helped_by(unset(name)),
    })
}

fn has_nvcc(home: &Path) -> bool {
    home.join("bin").join(NVCC).is_file()
}

/// The directory that somebody meant who has written quotation marks, a list, or one directory too far.
fn meant(value: &Path) -> Option<PathBuf> {
    let text = value.to_str()?;
    let first = text.split([';', '"', '\'']).map(str::trim);
    let first = first.filter(|part| !part.is_empty()).map(Path::new);
    let mut candidates = first.flat_map(|part| [Some(part), part.parent()]);
    let found = candidates.find_map(|part| part.filter(|own| has_nvcc(own)));
    found.map(Path::to_owned)
}

fn set(name: &str, value: &str) -> String {
    if cfg!(windows) {
        format!("setx {name} \"{value}\"")
    } else {
        format!("export {name}={value}")
    }
}

fn unset(name: &str) -> String {
    if cfg!(windows) {
        format!("setx {name} \"\"")
    } else {
        format!("unset {name}")
    }
}

fn described(toolkit: &Toolkit) -> String {
    let Toolkit { home, source, nvcc } = toolkit;
    let release = nvcc.as_deref().unwrap_or_default();
    match source.as_str() {
        "default" => format!("CUDA toolkit {release} in `{home}`"),
        source => format!("CUDA toolkit {release} in `{home}`, by `{source}`"),
    }
}

/// Whether the toolkit's version fits torch's.
fn fit(seen: &Seen<'_>, asked: &Asked, cuda: &str) -> Result<DoctorFinding, Error> {
    let Some(release) = &asked.toolkit.nvcc else {
        let problem = asked.problem.clone().unwrap_or_default();
        return Ok(finding(Level::Attention, problem).means(format!(
            "what compiles extensions asks it for its version; torch is built with CUDA {cuda}"
        )));
    };
    let place = described(&asked.toolkit);
    if release == cuda {
        return Ok(finding(Level::Ok, place).means(format!("torch is built with CUDA {cuda}, too")));
    }
    let major = |version: &str| version.split('.').next().unwrap_or_default().to_owned();
    if major(release) == major(cuda) {
        return Ok(finding(Level::Ok, place).means(format!(
            "torch is built with CUDA {cuda}: the same major version is good enough, what compiles extensions only warns"
        )));
    }
    let found = |level| {
        finding(
            level,
            format!("{place}, and torch is built with CUDA {cuda}"),
        )
    };
    let error = "what compiles extensions stops with \"The detected CUDA version mismatches the version that was used to compile PyTorch\"";
    Ok(match needed(seen, Occurs::ToolkitMismatch)? {
        Some((id, Standing::InPlace)) => found(Level::Note)
            .means(format!(
                "`{id}` makes a warning of that; a toolkit of CUDA {cuda} would fit"
            ))
            .about(&id),
        Some((id, Standing::Absent)) => found(Level::Attention)
            .means(format!(
                "{error}; a toolkit of CUDA {cuda} is better, `{id}` lets it go on"
            ))
            .helped_by(format!("torch-patch apply {id}"))
            .about(&id),
        Some((id, Standing::InTheWay)) => found(Level::Attention)
            .means(format!("{error}; a toolkit of CUDA {cuda} would fit"))
            .helped_by(format!("torch-patch status {id}"))
            .about(&id),
        None => found(Level::Note).means(format!("a toolkit of CUDA {cuda} would fit")),
    })
}

#[cfg(test)]
mod tests {
    use super::release;

    #[test]
    fn the_release_is_read_as_torch_does() {
        for (text, expected) in [
            (
                "nvcc: NVIDIA (R) Cuda compiler driver\nCuda compilation tools, release 11.7, V11.7.99\n",
                Some("11.7"),
            ),
            (
                "Cuda compilation tools, release 13.0, V13.0.48",
                Some("13.0"),
            ),
            ("this release candidate, release 12.", None),
            ("release", None),
            ("", None),
        ] {
            assert_eq!(release(text).as_deref(), expected, "{text}");
        }
    }
}
