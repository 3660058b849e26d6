//! Where what was fetched is kept.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::index_settings::System;
use crate::process;

/// The directory: `TORCH_PATCH_CACHE`, else `torch-patch` where the system has its caches.
pub(crate) fn find() -> anyhow::Result<PathBuf> {
    let found = named(System::HOST, process::variable);
    found.context("there is no place for the cache: set `TORCH_PATCH_CACHE` to a directory")
}

/// Where a system has its caches. On Unix that is for [the XDG base
/// directories](https://specifications.freedesktop.org/basedir-spec/latest/) to say.
fn named(system: System, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let path = |name: &str| {
        let value = variable(name).filter(|value| !value.is_empty());
        value.map(PathBuf::from)
    };
    if let Some(given) = path("TORCH_PATCH_CACHE") {
        return Some(given);
    }
    Some(match system {
        // A relative path in it is to be ignored, says the specification.
        System::Unix => path("XDG_CACHE_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| Some(path("HOME")?.join(".cache")))?
            .join("torch-patch"),
        System::Macos => path("HOME")?.join("Library/Caches/torch-patch"),
        System::Windows => path("LOCALAPPDATA")?.join("torch-patch").join("cache"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(system: System, variables: &[(&str, &str)]) -> Option<String> {
        let find = |name: &str| {
            let found = variables.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| OsString::from(value))
        };
        named(system, find).map(|path| path.display().to_string().replace('\\', "/"))
    }

    #[test]
    fn each_system_has_its_place() {
        use System::{Macos, Unix, Windows};
        const HOME: (&str, &str) = ("HOME", "/home/ann");
        // Whether a path is absolute is for the system to say on which the test runs.
        const XDG: &str = if cfg!(windows) { "C:/c" } else { "/c" };
        type Case = (
            System,
            &'static [(&'static str, &'static str)],
            Option<&'static str>,
        );
        let cases: &[Case] = &[
            (Unix, &[HOME], Some("/home/ann/.cache/torch-patch")),
            (
                Unix,
                &[HOME, ("XDG_CACHE_HOME", XDG)],
                Some(if cfg!(windows) {
                    "C:/c/torch-patch"
                } else {
                    "/c/torch-patch"
                }),
            ),
            (
                Unix,
                &[HOME, ("XDG_CACHE_HOME", "c")],
                Some("/home/ann/.cache/torch-patch"),
            ),
            (
                Unix,
                &[HOME, ("XDG_CACHE_HOME", "")],
                Some("/home/ann/.cache/torch-patch"),
            ),
            (Unix, &[HOME, ("TORCH_PATCH_CACHE", "/t")], Some("/t")),
            (Unix, &[], None),
            (Macos, &[HOME], Some("/home/ann/Library/Caches/torch-patch")),
            (
                Windows,
                &[("LOCALAPPDATA", "C:/L")],
                Some("C:/L/torch-patch/cache"),
            ),
            (Windows, &[HOME], None),
        ];
        for (system, variables, expected) in cases {
            assert_eq!(
                find(*system, variables).as_deref(),
                *expected,
                "{variables:?}"
            );
        }
    }
}
