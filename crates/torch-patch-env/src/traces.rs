//! What the names in a site-packages directory say about one distribution. Nothing is opened but the directory itself.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::EnvError;
use crate::name::normalize;

/// What a name in site-packages stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trace {
    /// `NAME-VERSION.dist-info` (PEP 376).
    DistInfo,
    /// `NAME-VERSION.egg-info`, a directory or a file (setuptools, distutils, Debian).
    EggInfo,
    /// `EGG-INFO`: the directory is an unpacked egg.
    EggRoot,
    /// `NAME-VERSION.egg`.
    Egg,
    /// `NAME.egg-link`: `setup.py develop`.
    EggLink,
    /// `__editable__.NAME-VERSION.pth`: setuptools' and uv's editable installs (PEP 660).
    Editable,
    /// `NAME/`, the import package.
    Package,
}

/// What was found of one distribution in a directory.
#[derive(Debug, Default)]
pub(crate) struct Traces(Vec<(Trace, PathBuf)>);

impl Traces {
    /// Reads the names in `site`; a directory that does not exist has none. `wanted` is normalised.
    pub(crate) fn read(site: &Path, wanted: &str) -> Result<Self, EnvError> {
        let unreadable = |error| EnvError::unreadable(site, "list the installed packages", &error);
        let entries = match fs_err::read_dir(site) {
            Err(error) if is_absent(&error) => return Ok(Self::default()),
            entries => entries.map_err(unreadable)?,
        };
        let mut traces = Vec::new();
        for entry in entries {
            let name = entry.map_err(unreadable)?.file_name();
            if let Some(trace) = name.to_str().and_then(|name| trace(name, wanted)) {
                traces.push((trace, site.join(&name)));
            }
        }
        traces.sort_by(|left, right| left.1.cmp(&right.1));
        Ok(Self(traces))
    }

    pub(crate) fn first(&self, wanted: Trace) -> Option<&Path> {
        self.all(wanted).next()
    }

    pub(crate) fn all(&self, wanted: Trace) -> impl Iterator<Item = &Path> {
        self.0
            .iter()
            .filter(move |(trace, _)| *trace == wanted)
            .map(|(_, path)| path.as_path())
    }
}

/// Returns the normalised names of the distributions that `site` has metadata of; none if it cannot be read.
pub(crate) fn installed(site: &Path) -> Vec<String> {
    let entries = fs_err::read_dir(site).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str().and_then(distribution_name))
        .collect()
}

/// Returns what `import` takes for the distribution `wanted` in `directory`, whether it is installed or not: a package
/// with an `__init__.py`, else a module. A directory without one is none while another one is on `sys.path`.
pub(crate) fn module_in(directory: &Path, wanted: &str) -> Option<PathBuf> {
    let name = normalize(wanted).replace('-', "_");
    let package = directory.join(&name);
    if package.join("__init__.py").is_file() {
        return Some(package);
    }
    Some(directory.join(format!("{name}.py"))).filter(|module| module.is_file())
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn distribution_name(file_name: &str) -> Option<String> {
    let stem = stem_of(file_name, ".dist-info").or_else(|| stem_of(file_name, ".egg-info"))?;
    Some(normalize(stem.split('-').next().unwrap_or(stem)))
}

fn trace(file_name: &str, wanted: &str) -> Option<Trace> {
    const SUFFIXES: [(&str, Trace); 4] = [
        (".dist-info", Trace::DistInfo),
        (".egg-info", Trace::EggInfo),
        (".egg-link", Trace::EggLink),
        (".egg", Trace::Egg),
    ];
    if file_name == "EGG-INFO" {
        return Some(Trace::EggRoot);
    }
    if let Some(rest) = file_name.strip_prefix("__editable__.") {
        return stem_of(rest, ".pth")
            .filter(|stem| is_stem_of(stem, wanted))
            .map(|_| Trace::Editable);
    }
    let starts_alike = file_name
        .bytes()
        .next()
        .map(|byte| byte.to_ascii_lowercase())
        == wanted.bytes().next();
    if !starts_alike {
        return None;
    }
    for (suffix, trace) in SUFFIXES {
        if let Some(stem) = stem_of(file_name, suffix) {
            return is_stem_of(stem, wanted).then_some(trace);
        }
    }
    (normalize(file_name) == wanted).then_some(Trace::Package)
}

/// Strips `suffix`, in any case, as Windows tools have written both.
fn stem_of<'n>(file_name: &'n str, suffix: &str) -> Option<&'n str> {
    let (stem, end) = file_name.split_at_checked(file_name.len().checked_sub(suffix.len())?)?;
    end.eq_ignore_ascii_case(suffix).then_some(stem)
}

/// Tells whether `stem` is `NAME`, `NAME-VERSION` or `NAME-VERSION-py3.X` for the normalised name `wanted`. The name
/// itself may hold a `-`, as old tools did not replace it.
pub(crate) fn is_stem_of(stem: &str, wanted: &str) -> bool {
    let dashes = stem.match_indices('-').map(|(at, _)| at);
    normalize(stem) == wanted
        || dashes
            .into_iter()
            .any(|at| normalize(&stem[..at]) == wanted && starts_with_version(&stem[at + 1..]))
}

fn starts_with_version(text: &str) -> bool {
    let version = text.split_once("-py").map_or(text, |(version, _)| version);
    // A local part that holds what a file name cannot is written with `_` or `-`.
    pep440_rs::Version::from_str(version).is_ok()
        || text.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_they_are_of() {
        for (file_name, wanted, expected) in [
            ("torch-1.13.1.dist-info", "torch", Some(Trace::DistInfo)),
            (
                "torch-2.5.1+cu124.dist-info",
                "torch",
                Some(Trace::DistInfo),
            ),
            ("Torch-1.0.DIST-INFO", "torch", Some(Trace::DistInfo)),
            (
                "torch_geometric-2.5.dist-info",
                "torch-geometric",
                Some(Trace::DistInfo),
            ),
            (
                "torch-model-archiver-0.1.dist-info",
                "torch-model-archiver",
                Some(Trace::DistInfo),
            ),
            (
                "torch-1.13.0a0+gitunknown.egg-info",
                "torch",
                Some(Trace::EggInfo),
            ),
            (
                "torch-1.0-py3.8-linux-x86_64.egg",
                "torch",
                Some(Trace::Egg),
            ),
            ("torch.egg-info", "torch", Some(Trace::EggInfo)),
            ("torch.egg-link", "torch", Some(Trace::EggLink)),
            (
                "__editable__.torch-2.0.0.pth",
                "torch",
                Some(Trace::Editable),
            ),
            ("EGG-INFO", "torch", Some(Trace::EggRoot)),
            ("torch", "torch", Some(Trace::Package)),
            ("torch-model-archiver-0.1.dist-info", "torch", None),
            ("torchvision-0.14.dist-info", "torch", None),
            ("torch_geometric-2.5.dist-info", "torch", None),
            ("torch-1.7.0.dist.info", "torch", None),
            ("__editable__.torchvision-1.0.pth", "torch", None),
            ("~orch-1.13.1.dist-info", "torch", None),
            ("~orch", "torch", None),
            ("torch.libs", "torch", None),
            ("functorch", "torch", None),
            ("é.dist-info", "torch", None),
            ("", "torch", None),
        ] {
            assert_eq!(
                trace(file_name, wanted),
                expected,
                "{file_name} for {wanted}"
            );
        }
    }
}
