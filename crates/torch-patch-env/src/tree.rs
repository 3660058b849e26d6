//! The few questions that discovery asks a file system, and the real one's answers. Tests describe another.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::ask::{self, Answer, InterpreterFailure};
use crate::bounded::read_start;
use crate::imp;
use crate::registry::Registered;
use crate::system::System;

/// A file system with interpreters on it.
pub(crate) trait Tree {
    /// How its paths are written.
    fn system(&self) -> System;
    fn is_file(&self, path: &Path) -> bool;
    fn is_directory(&self, path: &Path) -> bool;
    /// Tells whether `path` can be run.
    fn is_executable(&self, path: &Path) -> bool;
    /// Tells whether `path` starts with `#!`.
    fn is_script(&self, path: &Path) -> bool;
    /// The `wanted` names in a directory, sorted; none if it cannot be read. Names that are not Unicode are left out.
    fn names(&self, directory: &Path, wanted: &dyn Fn(&str) -> bool) -> Vec<String>;
    /// The content of a file, if it can be read; what is not UTF-8 is replaced.
    fn text(&self, file: &Path) -> Option<String>;
    /// Where a symbolic link leads, as it is written.
    fn link(&self, path: &Path) -> Option<PathBuf>;
    /// One path for everything that is the same directory.
    fn identity(&self, directory: &Path) -> PathBuf;
    /// The Pythons that are registered on Windows, a user's own before those of the machine.
    fn registered(&self) -> Vec<Registered>;
    /// Runs an interpreter and has it say where its packages are.
    fn ask(&self, interpreter: &Path, arguments: &[&str]) -> Result<Answer, InterpreterFailure>;

    /// Follows `path` while it is a link itself, as `CPython` does to find its prefix.
    fn resolved(&self, path: &Path) -> PathBuf {
        const MOST_LINKS: usize = 40;
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            let Some(target) = self.link(&path) else {
                break;
            };
            let directory = self.system().parent(&path).unwrap_or_default();
            path = self.absolute(&directory, &target);
        }
        path
    }

    /// Makes `path` absolute against `base`. `x/..` is dropped where `x` is no link, other links stay.
    fn absolute(&self, base: &Path, path: &Path) -> PathBuf {
        let joined = self.system().absolute(base, path);
        self.without_detours(&joined).unwrap_or(joined)
    }

    /// `None` if there is nothing to drop.
    fn without_detours(&self, path: &Path) -> Option<PathBuf> {
        let system = self.system();
        let text = path.to_str()?;
        if !system.parts(text).any(|part| part == "..") {
            return None;
        }
        let root = system.root_of(text)?;
        let parts = system.parts(&text[root.len()..]);
        let root = PathBuf::from(root);
        let mut done = root.clone();
        for part in parts {
            done = match part {
                ".." if done == root => done,
                ".." if self.link(&done).is_none()
                    && system.name(&done).is_some_and(|name| name != "..") =>
                {
                    system.parent(&done)?
                }
                part => system.join(&done, &[part]),
            };
        }
        Some(done)
    }
}

/// The real file system.
pub(crate) struct Disk<'a> {
    /// Where interpreters are run.
    pub(crate) cwd: &'a Path,
    /// How long an interpreter may take.
    pub(crate) timeout: Duration,
}

impl Tree for Disk<'_> {
    fn system(&self) -> System {
        System::host()
    }

    fn is_file(&self, path: &Path) -> bool {
        path.is_file()
    }

    fn is_directory(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn is_executable(&self, path: &Path) -> bool {
        imp::is_executable(path)
    }

    fn is_script(&self, path: &Path) -> bool {
        let mut start = [0; 2];
        fs_err::File::open(path)
            .is_ok_and(|mut file| std::io::Read::read_exact(&mut file, &mut start).is_ok())
            && &start == b"#!"
    }

    fn names(&self, directory: &Path, wanted: &dyn Fn(&str) -> bool) -> Vec<String> {
        let entries = fs_err::read_dir(directory).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name());
        let mut names: Vec<String> = names
            .filter_map(|name| name.to_str().filter(|name| wanted(name)).map(str::to_owned))
            .collect();
        names.sort_unstable();
        names
    }

    fn text(&self, file: &Path) -> Option<String> {
        read_start(file)
            .ok()
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    fn link(&self, path: &Path) -> Option<PathBuf> {
        fs_err::read_link(path).ok()
    }

    fn identity(&self, directory: &Path) -> PathBuf {
        fs_err::canonicalize(directory).unwrap_or_else(|_| directory.to_owned())
    }

    fn registered(&self) -> Vec<Registered> {
        imp::registered()
    }

    fn ask(&self, interpreter: &Path, arguments: &[&str]) -> Result<Answer, InterpreterFailure> {
        ask::ask(interpreter, arguments, self.cwd, self.timeout)
    }
}
