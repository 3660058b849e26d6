//! The file in which a project says which patches its environment is to have.
//!
//! It is `torch-patch.toml`, or the table `tool.torch-patch` of `pyproject.toml`:
//!
//! ```toml
//! [tool.torch-patch]
//! patches = ["gloo-windows", "./patches/my-fix.toml"]
//! accept-risk = ["weights-only-tts"]
//! ```

mod array;
mod error;
mod lock;
mod table;

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use atomicwrites::{AtomicFile, OverwriteBehavior};
use fs_err as fs;

use crate::error::Error;
use crate::load::read;
use crate::report::ProjectReport;

pub use error::ProjectError;
pub use lock::{Lock, LockDifference};
use table::Table;

/// The file that has nothing else in it.
const OWN_FILE: &str = "torch-patch.toml";
/// The file of [PEP 518](https://peps.python.org/pep-0518/), in which every tool has a table.
const PYPROJECT: &str = "pyproject.toml";
/// What was applied, beside either.
const LOCK_FILE: &str = "torch-patch.lock";

/// A project file as it was read.
#[derive(Debug, Clone)]
pub struct Project {
    path: PathBuf,
    text: String,
    table: Table,
}

impl Project {
    /// Looks for a project file in `start` and the directories above it.
    ///
    /// In one directory there may be one; a `pyproject.toml` without the table is none.
    ///
    /// # Errors
    ///
    /// There is none, there are two in one directory, or the one that is found is no project file.
    pub fn find(start: &Path) -> Result<Self, Error> {
        for directory in start.ancestors() {
            if let Some(project) = Self::in_directory(directory)? {
                return Ok(project);
            }
        }
        Err(ProjectError::NotFound {
            start: start.to_path_buf(),
        }
        .into())
    }

    /// Looks for the project file that patches can be added to: the one that [`Self::find`] finds, else the nearest
    /// `pyproject.toml` without the table, else a `torch-patch.toml` in `start` that is not there yet.
    ///
    /// # Errors
    ///
    /// There are two in one directory, or the one that is found is no project file.
    pub fn find_or_new(start: &Path) -> Result<Self, Error> {
        match Self::find(start) {
            Err(error) if error.is_project_not_found() => {}
            found => return found,
        }
        let mut above = start.ancestors().map(|directory| directory.join(PYPROJECT));
        match above.find(|path| path.is_file()) {
            Some(path) => Self::read_file(&path),
            None => Ok(Self {
                path: resolved(start).join(OWN_FILE),
                text: String::new(),
                table: Table::default(),
            }),
        }
    }

    /// Reads a project file, or the one in a directory.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is no project file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        if !path.is_dir() {
            let project = Self::read_file(path)?;
            return if project.table.is_there {
                Ok(project)
            } else {
                Err(project.without_table())
            };
        }
        Self::in_directory(path)?.ok_or_else(|| {
            ProjectError::NotFound {
                start: path.to_path_buf(),
            }
            .into()
        })
    }

    /// As [`Self::read`], or the place for a project file that is not there yet.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is no project file.
    pub fn named_or_new(path: &Path) -> Result<Self, Error> {
        let (directory, file) = if path.is_dir() {
            if let Some(project) = Self::in_directory(path)? {
                return Ok(project);
            }
            let shared = path.join(PYPROJECT);
            let is_there = shared.is_file();
            (
                path,
                if is_there {
                    shared
                } else {
                    path.join(OWN_FILE)
                },
            )
        } else {
            (path.parent().unwrap_or(path), path.to_path_buf())
        };
        if file.exists() {
            return Self::read_file(&file);
        }
        let name = file.file_name().unwrap_or_default();
        Ok(Self {
            path: resolved(directory).join(name),
            text: String::new(),
            table: Table::default(),
        })
    }

    fn in_directory(directory: &Path) -> Result<Option<Self>, Error> {
        let own = directory.join(OWN_FILE);
        let own = is_there(&own)?.then(|| Self::read_file(&own)).transpose()?;
        let shared = directory.join(PYPROJECT);
        let text = is_there(&shared)?.then(|| read_text(&shared)).transpose()?;
        // What other tools have in it may be of a form that is not known here yet.
        let text = text.filter(|text| text.contains("torch-patch"));
        let shared = text.map(|text| Self::of(&shared, text)).transpose()?;
        match (own, shared.filter(|shared| shared.table.is_there)) {
            (Some(own), Some(shared)) => Err(ProjectError::Two {
                paths: vec![own.path, shared.path],
            }
            .into()),
            (own, shared) => Ok(own.or(shared)),
        }
    }

    fn read_file(path: &Path) -> Result<Self, Error> {
        Self::of(path, read_text(path)?)
    }

    fn of(path: &Path, text: String) -> Result<Self, Error> {
        let path = resolved(path);
        let table = Table::parse(&text, is_pyproject(&path))
            .map_err(|fault| fault.into_error(&path, &text))?;
        Ok(Self { path, text, table })
    }

    /// The file, absolute and without links on the way.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory that it is in, from which the paths of patch files start.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// The name under which the project asks for its patches.
    #[must_use]
    pub fn owner(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// Where what was applied is written down.
    #[must_use]
    pub fn lock_path(&self) -> PathBuf {
        self.directory().join(LOCK_FILE)
    }

    /// The patches: ids, and paths of patch files as they stand in the file.
    #[must_use]
    pub fn patches(&self) -> Vec<&str> {
        self.table.patches.iter().map(String::as_str).collect()
    }

    /// The entry that leads to a patch file, however it is written.
    #[must_use]
    pub fn entry_for(&self, patch_file: &Path) -> Option<&str> {
        let wanted = resolved(patch_file);
        let mut entries = self.table.patches.iter();
        let leads_there = |entry: &&String| resolved(&self.directory().join(entry)) == wanted;
        entries.find(leads_there).map(String::as_str)
    }

    /// A patch file as the project file is to name it: from its own directory, with `/`.
    #[must_use]
    pub fn entry_of(&self, patch_file: &Path) -> String {
        if let Some(entry) = self.entry_for(patch_file) {
            return entry.to_owned();
        }
        let path = resolved(patch_file);
        let slashes = |path: &Path| path.to_string_lossy().replace('\\', "/");
        let above = self.directory().ancestors().enumerate();
        let mut steps = above.filter_map(|(steps, above)| {
            let below = path.strip_prefix(above).ok()?;
            // What has only the root in common is elsewhere.
            above.parent().map(|_| (steps, below))
        });
        match steps.next() {
            Some((0, below)) => format!("./{}", slashes(below)),
            Some((steps, below)) => format!("{}{}", "../".repeat(steps), slashes(below)),
            None => slashes(&path),
        }
    }

    /// The file and its list, as a report has them.
    #[must_use]
    pub fn report(&self) -> ProjectReport {
        ProjectReport {
            file: self.owner(),
            patches: self.table.patches.clone(),
            lock: None,
        }
    }

    /// The unsafe patches that the project accepts, by their ids.
    #[must_use]
    pub fn accepted(&self) -> &[String] {
        &self.table.accept_risk
    }

    /// Adds a patch in the layout of the file; says whether it was not there before.
    ///
    /// # Errors
    ///
    /// The form of the file leaves no place for it, or the file cannot be written.
    pub fn add(&mut self, patch: &str) -> Result<bool, Error> {
        if self.patches().contains(&patch) {
            return Ok(false);
        }
        let mut wanted = self.table.patches.clone();
        wanted.push(patch.to_owned());
        let text = array::with(&self.text, &self.table, is_pyproject(&self.path), patch);
        self.replace(text, &wanted)?;
        Ok(true)
    }

    /// Removes a patch in the layout of the file; says whether it was there before.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn remove(&mut self, patch: &str) -> Result<bool, Error> {
        let Some(at) = self.patches().iter().position(|own| *own == patch) else {
            return Ok(false);
        };
        let mut wanted = self.table.patches.clone();
        wanted.remove(at);
        let text = array::without(&self.text, &self.table, at);
        self.replace(text, &wanted)?;
        Ok(true)
    }

    /// Writes a new text, after a look at whether it says what is wanted.
    fn replace(&mut self, text: String, wanted: &[String]) -> Result<(), Error> {
        let table = Table::parse(&text, is_pyproject(&self.path)).ok();
        let Some(table) = table.filter(|table| table.patches == wanted) else {
            return Err(ProjectError::Layout {
                path: self.path.clone(),
                wanted: wanted.to_vec(),
            }
            .into());
        };
        write(&self.path, text.as_bytes())?;
        self.text = text;
        self.table = table;
        Ok(())
    }

    fn without_table(self) -> Error {
        table::Fault::without_table().into_error(&self.path, &self.text)
    }
}

fn is_pyproject(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == PYPROJECT)
}

/// Whether there is a file; one that cannot be looked at is not taken for absent.
fn is_there(path: &Path) -> Result<bool, Error> {
    match fs::metadata(path) {
        Ok(found) => Ok(found.is_file()),
        Err(error) if is_absent(&error) => Ok(false),
        Err(source) => Err(ProjectError::Unreadable {
            path: path.to_path_buf(),
            source,
        }
        .into()),
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn read_text(path: &Path) -> Result<String, Error> {
    let unreadable = |source| ProjectError::Unreadable {
        path: path.to_path_buf(),
        source,
    };
    let bytes = read(path).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|error| {
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        table::Fault::not_utf8(error.utf8_error().valid_up_to()).into_error(path, &text)
    })
}

/// Replaces a file of the project as a whole, and keeps its permissions.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let permissions = fs::metadata(path).ok().map(|found| found.permissions());
    let attempt = || {
        if permissions.as_ref().is_some_and(Permissions::readonly) {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "the file is read-only",
            ));
        }
        let file = AtomicFile::new(path, OverwriteBehavior::AllowOverwrite);
        file.write(|file| {
            if let Some(permissions) = &permissions {
                file.set_permissions(permissions.clone())?;
            }
            file.write_all(bytes)
        })
        .map_err(io::Error::from)
    };
    attempt().map_err(|source| {
        ProjectError::Unwritable {
            path: path.to_path_buf(),
            source,
        }
        .into()
    })
}

/// The path that every way to a file leads to, as it is shown; a file that is not there keeps its own.
fn resolved(path: &Path) -> PathBuf {
    dunce::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}
