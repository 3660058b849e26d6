//! Where uv has its cache.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::index_settings::System;
use crate::process;

/// The directories that uv may have its cache in: what `UV_CACHE_DIR` names, else where uv puts it on this system
/// ([uv's caching](https://docs.astral.sh/uv/concepts/cache/#cache-directory)). They need not exist.
pub(crate) fn find() -> Vec<PathBuf> {
    named(System::HOST, process::variable)
}

fn named(system: System, variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let path = |name: &str| {
        let value = variable(name).filter(|value| !value.is_empty());
        value.map(PathBuf::from)
    };
    if let Some(given) = path("UV_CACHE_DIR") {
        return vec![given];
    }
    let found = match system {
        System::Windows => path("LOCALAPPDATA").map(|data| data.join("uv").join("cache")),
        System::Unix | System::Macos => path("XDG_CACHE_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| Some(path("HOME")?.join(".cache")))
            .map(|caches| caches.join("uv")),
    };
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(system: System, variables: &[(&str, &str)]) -> Vec<String> {
        let find = |name: &str| {
            let found = variables.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| OsString::from(value))
        };
        let found = named(system, find).into_iter();
        found
            .map(|path| path.display().to_string().replace('\\', "/"))
            .collect()
    }

    #[test]
    fn each_system_has_its_place() {
        use System::{Macos, Unix, Windows};
        const HOME: (&str, &str) = ("HOME", "/home/ann");
        // Whether a path is absolute is for the system to say on which the test runs.
        const XDG: &str = if cfg!(windows) { "C:/c" } else { "/c" };
        const XDG_UV: &str = if cfg!(windows) { "C:/c/uv" } else { "/c/uv" };
        assert_eq!(find(Unix, &[HOME]), ["/home/ann/.cache/uv"]);
        assert_eq!(find(Macos, &[HOME]), ["/home/ann/.cache/uv"]);
        assert_eq!(find(Unix, &[HOME, ("XDG_CACHE_HOME", XDG)]), [XDG_UV]);
        assert_eq!(
            find(Unix, &[HOME, ("XDG_CACHE_HOME", "c")]),
            ["/home/ann/.cache/uv"]
        );
        assert_eq!(find(Unix, &[HOME, ("UV_CACHE_DIR", "/u")]), ["/u"]);
        assert_eq!(
            find(Windows, &[("LOCALAPPDATA", "C:/L")]),
            ["C:/L/uv/cache"]
        );
        assert!(find(Windows, &[HOME]).is_empty());
    }
}
