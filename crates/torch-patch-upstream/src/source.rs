//! Where the bytes of a wheel come from: a file, or an address by range.
//!
//! A source hands out what it was asked for or fails. Whether the parts belong to one unchanged file is checked by the
//! reader of the archive.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::client::{ByteRange, Client, Part};
use crate::error::{UpstreamError, UpstreamErrorKind};

/// Reads parts of a file.
pub(crate) trait RangeSource {
    /// Reads the last `length` bytes; all of a shorter file.
    fn last(&self, length: u64) -> Result<Part, UpstreamError>;

    /// Reads `length` bytes from `start` on.
    fn read(&self, start: u64, length: u64) -> Result<Part, UpstreamError>;

    /// Whether many small parts cost no more than one large part.
    fn is_local(&self) -> bool;
}

/// A wheel at an address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Remote<'a> {
    /// How it is asked for.
    pub(crate) client: &'a Client,
    /// Its address.
    pub(crate) url: &'a str,
}

impl RangeSource for Remote<'_> {
    fn last(&self, length: u64) -> Result<Part, UpstreamError> {
        self.client.range(self.url, ByteRange::Last(length))
    }

    fn read(&self, start: u64, length: u64) -> Result<Part, UpstreamError> {
        self.client
            .range(self.url, ByteRange::From { start, length })
    }

    fn is_local(&self) -> bool {
        false
    }
}

/// A wheel in the file system.
#[derive(Debug)]
pub(crate) struct LocalFile {
    file: fs_err::File,
    size: u64,
}

impl LocalFile {
    /// Opens the file at `path`.
    pub(crate) fn open(path: &Path) -> Result<Self, UpstreamError> {
        let file = fs_err::File::open(path).map_err(unreadable)?;
        let size = file.metadata().map_err(unreadable)?.len();
        Ok(Self { file, size })
    }

    /// Its file, for those that need all of it.
    pub(crate) fn file(&self) -> &fs_err::File {
        &self.file
    }
}

impl RangeSource for LocalFile {
    fn last(&self, length: u64) -> Result<Part, UpstreamError> {
        let length = length.min(self.size);
        self.read(self.size - length, length)
    }

    fn read(&self, start: u64, length: u64) -> Result<Part, UpstreamError> {
        let mut bytes = Vec::new();
        let mut file = &self.file;
        file.seek(SeekFrom::Start(start))
            .and_then(|_| file.take(length).read_to_end(&mut bytes))
            .map_err(unreadable)?;
        Ok(Part {
            start,
            total: self.size,
            bytes,
            validator: None,
        })
    }

    fn is_local(&self) -> bool {
        true
    }
}

/// Says that a wheel in the file system cannot be read; `source` names it.
pub(crate) fn unreadable(source: std::io::Error) -> UpstreamError {
    UpstreamErrorKind::FileSystem {
        purpose: "read a wheel",
        source,
    }
    .into()
}
