//! What `sync` has applied, written down beside the project file, so that a review shows what changes.
//!
//! There is one *target* for each platform, since the files of a release differ between them, and nobody has all of them
//! at hand. A version stands without its local part (`+cu124`): builds of one release have the same source text.

use std::fmt::{self, Write};
use std::path::Path;

use serde::Deserialize;
use torch_patch_set::{Origin, Patch, Place};

use crate::context::{Context, digest};
use crate::error::Error;
use crate::load::read;
use crate::project::{Project, ProjectError, write};
use crate::report::{FileReport, PatchReport};

const HEADER: &str = "\
# What `torch-patch sync` has applied. The command writes this file; commit it, so that a review shows what changes.
format = 1
";

/// What was applied for a project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The version of the form.
    #[serde(default)]
    format: u32,
    #[serde(default, rename = "patch")]
    patches: Vec<LockedPatch>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockedPatch {
    id: String,
    /// The path of the patch file, from the project file, if it is none of the catalogue.
    file: Option<String>,
    /// Of the patch file.
    digest: String,
    #[serde(default, rename = "target")]
    targets: Vec<Target>,
}

/// What a patch is on one platform.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    platform: String,
    distribution: String,
    version: String,
    variant: Option<String>,
    state: String,
    #[serde(default)]
    files: Vec<LockedFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockedFile {
    path: String,
    /// The digest of the original; absent if there was no file.
    before: Option<String>,
    /// The digest with all patches; absent if there is no file.
    after: Option<String>,
}

/// In what a lock differs from what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LockDifference {
    /// There is no lock.
    NoLock,
    /// A patch is not in the lock.
    Added {
        /// Its id.
        patch: String,
    },
    /// A patch is in the lock only.
    Removed {
        /// Its id.
        patch: String,
    },
    /// The patch file is another one than was locked.
    PatchFile {
        /// The id of the patch.
        patch: String,
    },
    /// What is installed, or what it becomes, is something else than was locked.
    Target {
        /// The id of the patch.
        patch: String,
        /// What was locked, in words.
        locked: String,
        /// What is there, in words.
        found: String,
    },
}

impl fmt::Display for LockDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLock => f.write_str("there is no lock yet"),
            Self::Added { patch } => write!(f, "`{patch}` is not in the lock"),
            Self::Removed { patch } => {
                write!(f, "`{patch}` is in the lock and not in the project file")
            }
            Self::PatchFile { patch } => {
                write!(
                    f,
                    "the patch file of `{patch}` is another one than was locked"
                )
            }
            Self::Target {
                patch,
                locked,
                found,
            } => write!(f, "`{patch}`: locked is {locked}, found {found}"),
        }
    }
}

impl Lock {
    /// Reads the lock of a project; `None` if it has none.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is none.
    pub fn read(project: &Project) -> Result<Option<Self>, Error> {
        let path = project.lock_path();
        let bytes = match read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|source| ProjectError::Unreadable {
                path: path.clone(),
                source,
            })?,
        };
        let text = String::from_utf8_lossy(&bytes);
        let lock: Self = toml::from_str(&text).map_err(|error| {
            let place = error.span().map(|span| Place::of(&text, &span));
            bad(&path, place, error.message().to_owned())
        })?;
        if lock.format != 1 {
            let message = format!("expected `format = 1`, found {}", lock.format);
            return Err(bad(&path, None, message));
        }
        Ok(Some(lock))
    }

    /// What is in place of the patches `results`, as `status` tells it.
    pub(crate) fn of(
        context: &Context,
        project: &Project,
        results: &[PatchReport],
    ) -> Result<Self, Error> {
        let mut locked = Vec::with_capacity(results.len());
        for result in results {
            let Some(patch) = context.catalogue().find(&result.patch) else {
                continue;
            };
            let patch = patch?;
            locked.push(LockedPatch {
                id: result.patch.clone(),
                file: file(patch, project.directory()),
                digest: digest(patch).to_string(),
                targets: Target::of(context, result).into_iter().collect(),
            });
        }
        Ok(Self {
            format: 1,
            patches: locked,
        })
    }

    /// This lock with what `old` says of other platforms.
    pub(crate) fn with_other_platforms(mut self, old: Option<&Self>) -> Self {
        let old = old.map(|old| old.patches.as_slice()).unwrap_or_default();
        for patch in &mut self.patches {
            let before = old.iter().find(|other| other.id == patch.id);
            // Of another patch file it says nothing.
            let before = before.filter(|other| other.digest == patch.digest);
            let others = before.into_iter().flat_map(|other| &other.targets);
            let own: Vec<String> = platforms(&patch.targets);
            patch.targets.extend(
                others
                    .filter(|target| !own.contains(&target.platform))
                    .cloned(),
            );
            patch
                .targets
                .sort_by(|one, other| one.platform.cmp(&other.platform));
        }
        self
    }

    /// In what `locked` differs from this; what it does not say of this platform is no difference.
    pub(crate) fn differences(&self, locked: Option<&Self>) -> Vec<LockDifference> {
        let Some(locked) = locked else {
            return vec![LockDifference::NoLock];
        };
        let mut differences = Vec::new();
        for patch in &self.patches {
            match locked.patches.iter().find(|other| other.id == patch.id) {
                Some(other) => differences.extend(patch.difference(other)),
                None => differences.push(LockDifference::Added {
                    patch: patch.id.clone(),
                }),
            }
        }
        let is_gone = |other: &&LockedPatch| self.patches.iter().all(|patch| patch.id != other.id);
        let gone = locked.patches.iter().filter(is_gone);
        differences.extend(gone.map(|other| LockDifference::Removed {
            patch: other.id.clone(),
        }));
        differences
    }

    /// Writes the lock, if it says something else than the file.
    pub(crate) fn write(&self, project: &Project) -> Result<bool, Error> {
        let (path, text) = (project.lock_path(), self.text());
        // A file with other line endings, as git may check it out, says the same.
        let is_current = read(&path)
            .is_ok_and(|bytes| String::from_utf8_lossy(&bytes).replace("\r\n", "\n") == text);
        if !is_current {
            write(&path, text.as_bytes())?;
        }
        Ok(!is_current)
    }

    fn text(&self) -> String {
        let mut text = HEADER.to_owned();
        for patch in &self.patches {
            text.push_str("\n[[patch]]\n");
            pair(&mut text, "id", &patch.id);
            if let Some(file) = &patch.file {
                pair(&mut text, "file", file);
            }
            pair(&mut text, "digest", &patch.digest);
            for target in &patch.targets {
                target.render(&mut text);
            }
        }
        text
    }
}

impl LockedPatch {
    fn difference(&self, locked: &Self) -> Option<LockDifference> {
        let patch = self.id.clone();
        if self.digest != locked.digest || self.file != locked.file {
            return Some(LockDifference::PatchFile { patch });
        }
        let own = self.targets.first()?;
        let mut others = locked.targets.iter();
        let other = others.find(|other| other.platform == own.platform)?;
        (own != other).then(|| LockDifference::Target {
            patch,
            locked: other.words(own),
            found: own.words(other),
        })
    }
}

impl Target {
    fn of(context: &Context, result: &PatchReport) -> Option<Self> {
        let version = result.version.as_ref()?;
        Some(Self {
            platform: context.platform().to_string(),
            distribution: result.distribution.clone(),
            version: version.split('+').next().unwrap_or_default().to_owned(),
            variant: result.variant.clone(),
            state: result.outcome.to_string(),
            files: result.files.iter().map(LockedFile::of).collect(),
        })
    }

    /// As much as tells it from another one.
    fn words(&self, other: &Self) -> String {
        let mut words = format!("{} {}", self.distribution, self.version);
        if self.version == other.version {
            let _ = write!(words, ", {}", self.state);
            let own = self.files.iter();
            let mut own = own.filter(|file| !other.files.contains(file));
            if let Some(file) = own.next() {
                let after = file.after.as_deref().unwrap_or("absent");
                let _ = write!(words, ", `{}` {after}", file.path);
            }
        }
        words
    }

    fn render(&self, text: &mut String) {
        text.push_str("\n[[patch.target]]\n");
        pair(text, "platform", &self.platform);
        pair(text, "distribution", &self.distribution);
        pair(text, "version", &self.version);
        if let Some(variant) = &self.variant {
            pair(text, "variant", variant);
        }
        pair(text, "state", &self.state);
        if self.files.is_empty() {
            return;
        }
        text.push_str("files = [\n");
        for file in &self.files {
            let digests = [("before", &file.before), ("after", &file.after)];
            let _ = write!(text, "    {{ path = {}", quoted(&file.path));
            for (key, digest) in digests {
                if let Some(digest) = digest {
                    let _ = write!(text, ", {key} = {}", quoted(digest));
                }
            }
            text.push_str(" },\n");
        }
        text.push_str("]\n");
    }
}

impl LockedFile {
    fn of(file: &FileReport) -> Self {
        Self {
            path: file.path.clone(),
            before: file.before.map(|digest| digest.to_string()),
            after: file.after.map(|digest| digest.to_string()),
        }
    }
}

fn platforms(targets: &[Target]) -> Vec<String> {
    let targets = targets.iter();
    targets.map(|target| target.platform.clone()).collect()
}

/// The path of a patch file as every machine has it.
fn file(patch: &Patch, directory: &Path) -> Option<String> {
    let Origin::File(file) = patch.origin() else {
        return None;
    };
    let relative = file.strip_prefix(directory).unwrap_or(file);
    Some(relative.to_string_lossy().replace('\\', "/"))
}

fn pair(text: &mut String, key: &str, value: &str) {
    let _ = writeln!(text, "{key} = {}", quoted(value));
}

fn quoted(value: &str) -> String {
    toml::Value::from(value).to_string()
}

fn bad(path: &Path, place: Option<Place>, message: String) -> Error {
    ProjectError::Bad {
        path: path.to_path_buf(),
        place,
        message,
    }
    .into()
}
