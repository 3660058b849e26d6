//! Members by their digest, and what is known of wheels, below one directory.
//!
//! `members/` has contents by their sha256, `wheels/` what is known of each wheel, `tmp/` what is being written. A file
//! gets its place by rename and is never changed, so that any number of processes may read and write at once, and an
//! interruption leaves at most something in `tmp/`. What is read is verified by its digest; what is damaged counts as
//! absent. Only what was verified is ever put in. That it cannot be written is no failure: it is told by
//! [`Cache::problem`].

mod facts;
mod own;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use torch_patch_store::Digest;

use crate::archive::MEMBER_LIMIT;
use crate::cache::facts::Fact;
pub(crate) use crate::cache::facts::Known;
use crate::cache::own::{TAG, TEMPORARY, Tag};
use crate::error::{UpstreamError, UpstreamErrorKind};
use crate::members::Members;

/// How old a file in `tmp/` is that nobody writes any more.
const ABANDONED: Duration = Duration::from_hours(24);

/// A cache directory. Any number of processes may use it at once.
#[derive(Debug, Clone)]
pub struct Cache {
    directory: PathBuf,
    /// What the clones have in common.
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    is_swept: OnceLock<()>,
    problem: OnceLock<String>,
}

/// What a cache holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheUsage {
    /// The number of files.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

impl Cache {
    /// Names a cache; the directory is made when something is put into it.
    #[must_use]
    pub fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            shared: Arc::default(),
        }
    }

    /// Returns its directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns why something could not be put into it, if that happened since this value or its origin was made.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.shared.problem.get().map(String::as_str)
    }

    /// Counts what is in it; one that does not exist is empty.
    ///
    /// # Errors
    ///
    /// If the directory cannot be read, or is not a cache of torch-patch.
    pub fn usage(&self) -> Result<CacheUsage, UpstreamError> {
        let files = self.own_files()?;
        Ok(sum(&files))
    }

    /// Removes what is in it, and tells how much that was. Other files in the directory are left.
    ///
    /// # Errors
    ///
    /// If something cannot be removed, or the directory is not a cache of torch-patch.
    pub fn clean(&self) -> Result<CacheUsage, UpstreamError> {
        let files = self.own_files()?;
        for (path, _) in &files {
            let removed = own::unless_absent(fs_err::remove_file(path));
            removed.map_err(|source| failed("clean the cache", source))?;
        }
        own::remove_directories(&self.directory);
        Ok(sum(&files))
    }

    /// Returns the content with this digest, if it was ever put in, of whatever wheel.
    #[must_use]
    pub fn content_of(&self, digest: Digest) -> Option<Vec<u8>> {
        let path = own::member(&self.directory, digest);
        let is_right = |bytes: &Vec<u8>| Digest::of(bytes) == digest;
        let found = fs_err::metadata(&path).ok()?;
        (found.is_file() && found.len() <= MEMBER_LIMIT)
            .then(|| fs_err::read(path).ok().filter(is_right))?
    }

    /// What is known of the wheel under `key`, if it has this file name.
    pub(crate) fn known(&self, key: &str, file_name: &str) -> Known {
        let text = fs_err::read(own::wheel(&self.directory, key));
        text.ok()
            .and_then(|text| facts::parse(&text, file_name))
            .unwrap_or_default()
    }

    /// The content that `fact` names. One that is damaged is removed.
    pub(crate) fn content(&self, fact: &Fact) -> Option<Vec<u8>> {
        let path = own::member(&self.directory, fact.digest);
        let is_right = |bytes: &Vec<u8>| Digest::of(bytes) == fact.digest;
        let size = fs_err::metadata(&path).ok()?.len();
        let content = (size == fact.size)
            .then(|| fs_err::read(&path).ok().filter(is_right))
            .flatten();
        if content.is_none() {
            self.told(
                "remove a damaged entry",
                own::unless_absent(fs_err::remove_file(path)),
            );
        }
        content
    }

    /// Puts in what was read of the wheel under `key`: first the contents, then that they are its members.
    pub(crate) fn learn(
        &self,
        key: &str,
        file_name: &str,
        dist_info: Option<&str>,
        read: &Members,
    ) {
        let learnt = self.prepare().and_then(|()| {
            for member in read.values().flatten() {
                let path = own::member(&self.directory, member.digest);
                let is_there = fs_err::metadata(&path)
                    .is_ok_and(|metadata| metadata.len() == member.bytes.len() as u64);
                if !is_there {
                    self.write(&path, &member.bytes)?;
                }
            }
            let mut known = self.known(key, file_name);
            known.add(dist_info, read);
            let text = facts::to_text(known, file_name);
            self.write(&own::wheel(&self.directory, key), &text)
        });
        self.told("write", learnt);
    }

    /// Makes the directory with its tag, and removes what was abandoned in it.
    fn prepare(&self) -> io::Result<()> {
        match own::tag(&self.directory)? {
            Tag::Own => {}
            Tag::Absent => {
                fs_err::create_dir_all(&self.directory)?;
                fs_err::write(self.directory.join(TAG.0), TAG.1)?;
            }
            Tag::Foreign => {
                let directory = self.directory.display();
                let problem =
                    format!("`{directory}` holds other files and is no cache of torch-patch");
                return Err(io::Error::other(problem));
            }
        }
        let temporary = self.directory.join(TEMPORARY);
        fs_err::create_dir_all(&temporary)?;
        self.shared.is_swept.get_or_init(|| sweep(&temporary));
        Ok(())
    }

    /// Writes a file so that it is there in full or not at all.
    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        if let Some(parent) = path.parent() {
            fs_err::create_dir_all(parent)?;
        }
        let temporary = self.directory.join(TEMPORARY);
        let mut file = tempfile::NamedTempFile::new_in(temporary)?;
        file.write_all(content)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// Keeps the first failure for [`Cache::problem`].
    fn told(&self, purpose: &str, result: io::Result<()>) {
        if let Err(error) = result {
            let problem = || format!("failed to {purpose} in the cache: {error}");
            self.shared.problem.get_or_init(problem);
        }
    }

    /// The files of the cache with their sizes.
    fn own_files(&self) -> Result<Vec<(PathBuf, u64)>, UpstreamError> {
        let reading = |source| failed("read the cache", source);
        if own::tag(&self.directory).map_err(reading)? == Tag::Foreign {
            return Err(UpstreamErrorKind::NoCache {
                directory: self.directory.clone(),
            }
            .into());
        }
        own::files(&self.directory).map_err(reading)
    }
}

fn sum(files: &[(PathBuf, u64)]) -> CacheUsage {
    CacheUsage {
        files: files.len() as u64,
        bytes: files.iter().map(|(_, size)| size).sum(),
    }
}

/// Removes temporary files that are older than a day.
fn sweep(temporary: &Path) {
    let is_abandoned = |path: &Path| {
        let modified = fs_err::metadata(path).and_then(|metadata| metadata.modified());
        modified.is_ok_and(|modified| {
            SystemTime::now()
                .duration_since(modified)
                .is_ok_and(|age| age > ABANDONED)
        })
    };
    let files = fs_err::read_dir(temporary).into_iter().flatten().flatten();
    for path in files
        .map(|file| file.path())
        .filter(|path| is_abandoned(path))
    {
        // Another process may have removed it, and one that stays does no harm.
        let _ = fs_err::remove_file(path);
    }
}

fn failed(purpose: &'static str, source: io::Error) -> UpstreamError {
    UpstreamErrorKind::FileSystem { purpose, source }.into()
}
