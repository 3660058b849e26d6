//! The files that a unified diff changes, held against what is installed.

use torch_patch_edit::{DiffError, DiffErrorKind, Direction, FileDiff, read_diff};
use torch_patch_store::{Digest, RelativePath};

use super::DiffInput;
use super::edited::{Edited, Finder};
use super::names;
use super::refusal::RecordRefusal;
use crate::error::Error;
use crate::file_view::Upstream;
use crate::progress::Progress;

/// Reads a diff and puts it on the originals of its files.
pub(super) fn from_diff(
    finder: &Finder<'_>,
    diff: &DiffInput,
    progress: &mut dyn Progress,
) -> Result<Vec<Edited>, Error> {
    let files = read_diff(&diff.text).map_err(|error| RecordRefusal::BadDiff {
        diff: diff.name.clone(),
        error,
    })?;
    let mut edited: Vec<Edited> = Vec::new();
    for file in &files {
        let own = Own { finder, diff, file };
        let is_new = file.creates() || file.begins_empty() && own.is_unknown()?;
        let found = if is_new {
            own.created()?
        } else {
            own.changed(progress)?
        };
        if edited.iter().any(|other| other.path == found.path) {
            let error = DiffError {
                line: file.line,
                kind: DiffErrorKind::Repeated,
            };
            return Err(own.misfit(&found.path, error));
        }
        edited.push(found);
    }
    Ok(edited)
}

/// One file of the diff.
struct Own<'o> {
    finder: &'o Finder<'o>,
    diff: &'o DiffInput,
    file: &'o FileDiff,
}

impl Own<'_> {
    /// Whether the distribution has no such file: `diff -N` names a new one on both sides.
    fn is_unknown(&self) -> Result<bool, Error> {
        let Finder {
            records,
            distribution,
            ..
        } = self.finder;
        match names::existing(records, distribution, &self.file.names()) {
            Ok(_) => Ok(false),
            Err(error) if error.code() == "no-such-file" => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn created(&self) -> Result<Edited, Error> {
        let path = names::new(self.finder.distribution, &self.file.names())?;
        let content = self.put(&path, b"", Direction::Forward)?;
        let found = self.finder.records.target(&path)?;
        match found {
            Some(found) if found.bytes != content => Err(RecordRefusal::FileExists {
                diff: self.diff.name.clone(),
                file: path.as_str().to_owned(),
            }
            .into()),
            found => Ok(Edited::created(path, content, found.is_some())),
        }
    }

    fn changed(&self, progress: &mut dyn Progress) -> Result<Edited, Error> {
        let Finder {
            records,
            distribution,
            ..
        } = self.finder;
        let path = names::existing(records, distribution, &self.file.names())?;
        let Some(target) = records.target(&path)? else {
            let names = self.file.names();
            return Err(RecordRefusal::UnknownFile {
                name: names.first().copied().unwrap_or_default().to_owned(),
                distribution: distribution.name.clone(),
            }
            .into());
        };
        let installed = target.bytes;
        let expected = Upstream::of(distribution, &path)?.digest();
        let is_pristine = |bytes: &[u8]| expected.is_none_or(|own| own == Digest::of(bytes));
        // What the diff says may be in the file already.
        let taken_back = self.file.put_on(&installed, Direction::Backward);
        if let Ok(pristine) = taken_back.as_ref()
            && expected.is_some()
            && is_pristine(pristine)
        {
            let words = "the file without the diff";
            return Ok(Edited {
                original: Some(words.to_owned()),
                in_place: true,
                ..Edited::plain(path, pristine.clone(), installed)
            });
        }
        if is_pristine(&installed) {
            let edited = self.put(&path, &installed, Direction::Forward)?;
            let words = "the file itself";
            return Ok(Edited {
                original: Some(words.to_owned()),
                ..Edited::plain(path, installed, edited)
            });
        }
        match (self.finder.entry(&path), taken_back) {
            (Some(entry), Ok(patched)) if entry.expected == Some(Digest::of(&patched)) => {
                let (pristine, original) = self.finder.pristine(&path, progress)?;
                let edited = self.finder.beside_patches(&path, pristine, installed)?;
                let empty = || self.nothing();
                Ok(Edited {
                    original: Some(original),
                    in_place: true,
                    ..edited.ok_or_else(empty)?
                })
            }
            _ => self.on_the_original(path, &installed, progress),
        }
    }

    /// Of a file that is not as it was installed: the diff is one of the original, or of the file with its patches.
    fn on_the_original(
        &self,
        path: RelativePath,
        installed: &[u8],
        progress: &mut dyn Progress,
    ) -> Result<Edited, Error> {
        let (pristine, original) = self.finder.pristine(&path, progress)?;
        let on_original = self.put(&path, &pristine, Direction::Forward);
        let error = match on_original {
            Ok(edited) => {
                let in_place = edited == installed;
                return Ok(Edited {
                    original: Some(original),
                    in_place,
                    ..Edited::plain(path, pristine, edited)
                });
            }
            Err(error) => error,
        };
        if self.finder.entry(&path).is_none() {
            return Err(error);
        }
        let whole = self.put(&path, installed, Direction::Forward)?;
        let edited = self.finder.beside_patches(&path, pristine, whole)?;
        Ok(Edited {
            original: Some(original),
            ..edited.ok_or_else(|| self.nothing())?
        })
    }

    /// The diff leads to what was there.
    fn nothing(&self) -> Error {
        let Self { finder, file, .. } = self;
        RecordRefusal::NothingEdited {
            distribution: finder.distribution.name.clone(),
            version: finder.distribution.version.clone(),
            files: file
                .names()
                .first()
                .map(ToString::to_string)
                .into_iter()
                .collect(),
            notes: Vec::new(),
        }
        .into()
    }

    fn put(
        &self,
        path: &RelativePath,
        file: &[u8],
        direction: Direction,
    ) -> Result<Vec<u8>, Error> {
        let put = self.file.put_on(file, direction);
        put.map_err(|error| self.misfit(path, error))
    }

    fn misfit(&self, path: &RelativePath, error: DiffError) -> Error {
        RecordRefusal::DiffDoesNotFit {
            diff: self.diff.name.clone(),
            file: path.as_str().to_owned(),
            error,
        }
        .into()
    }
}
