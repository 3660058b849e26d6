//! What is wrong with a wheel, with the evidence.

use std::fmt;

use torch_patch_store::Digest;

use crate::error::UpstreamError;

/// What is wrong with a wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WheelFault {
    /// There is no end record of a zip file.
    NoEnd,
    /// The end record contradicts itself or the file.
    End {
        /// What it says of what.
        what: &'static str,
        /// What would make sense, or the limit.
        expected: u64,
        /// What it says.
        found: u64,
    },
    /// The archive is one of several disks.
    Disks,
    /// The central directory has no entry where one has to be.
    Directory {
        /// The offset in the file.
        at: u64,
    },
    /// The central directory has another number of entries than the end record says.
    Count {
        /// The number in the end record.
        expected: u64,
        /// The number of entries.
        found: u64,
    },
    /// Two members have the same name.
    Duplicate {
        /// The name.
        path: String,
    },
    /// Two metadata directories are those of the distribution.
    MetadataDirectories {
        /// Their names.
        names: Vec<String>,
    },
    /// A member lies, or goes on, where something else is.
    Overlap {
        /// The member.
        path: String,
        /// What else is there.
        other: String,
    },
    /// A member is encrypted.
    Encrypted {
        /// The member.
        path: String,
    },
    /// A member is packed in a way other than stored and deflated.
    Method {
        /// The member.
        path: String,
        /// The number of the method in the zip format.
        method: u16,
    },
    /// A member is, or says to be, larger than what is read.
    TooLarge {
        /// The member.
        path: String,
        /// Its size in bytes, packed or unpacked.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// A member says to be larger than its packed bytes can become.
    Ratio {
        /// The member.
        path: String,
        /// Its packed size.
        packed: u64,
        /// Its size.
        size: u64,
    },
    /// The local header of a member is not what the central directory says.
    LocalHeader {
        /// The member.
        path: String,
        /// The field.
        field: &'static str,
    },
    /// The packed bytes of a member are damaged.
    Packed {
        /// The member.
        path: String,
    },
    /// A member has another size than the central directory says.
    Size {
        /// The member.
        path: String,
        /// The size in the directory or in `RECORD`.
        expected: u64,
        /// Its size; one more than expected if it goes on.
        found: u64,
    },
    /// A member has another CRC-32 than the central directory says.
    Crc32 {
        /// The member.
        path: String,
        /// The one in the directory.
        expected: u32,
        /// Its own.
        found: u32,
    },
    /// A content has another digest than it has to have.
    Digest {
        /// The member; the wheel itself if empty.
        path: String,
        /// Where the expected digest is from: `RECORD` or `the index`.
        by: &'static str,
        /// The one that it has to have.
        expected: Digest,
        /// Its own.
        found: Digest,
    },
    /// The row of a file in `RECORD` is damaged.
    Record {
        /// Why.
        reason: String,
    },
    /// The wheel has another size than the index says.
    WheelSize {
        /// The size in the index.
        expected: u64,
        /// Its size.
        found: u64,
    },
    /// The wheel became another file while it was read, or its server handed out something else than was asked for.
    Changed {
        /// What changed.
        what: &'static str,
    },
}

impl WheelFault {
    /// A word for it that does not change.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Encrypted { .. } | Self::Method { .. } | Self::Disks => "wheel-unsupported",
            Self::TooLarge { .. } | Self::Ratio { .. } => "wheel-too-large",
            Self::Crc32 { .. } | Self::Digest { .. } | Self::Size { .. } => "wheel-mismatch",
            Self::WheelSize { .. } | Self::Changed { .. } => "wheel-changed",
            _ => "wheel-malformed",
        }
    }
}

impl WheelFault {
    /// What to do next.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self.code() {
            "wheel-unsupported" => None,
            "wheel-changed" => Some("run the command again; its wheel may just have been replaced"),
            _ => Some("download the wheel once more, or from another index: this one is damaged"),
        }
    }
}

impl fmt::Display for WheelFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEnd => f.write_str("it is no zip file: expected an end record, found none"),
            Self::End {
                what,
                expected,
                found,
            } => write!(
                f,
                "its end record is absurd: {what}: expected {expected}, found {found}"
            ),
            Self::Disks => f.write_str("it is a part of an archive of several disks"),
            Self::Directory { at } => {
                write!(
                    f,
                    "its central directory is damaged: expected an entry at offset {at}"
                )
            }
            Self::Count { expected, found } => write!(
                f,
                "its central directory is damaged: expected {expected} entries, found {found}"
            ),
            Self::Record { reason } => write!(f, "its `RECORD` cannot be used: {reason}"),
            Self::MetadataDirectories { names } => write!(
                f,
                "it has several metadata directories: `{}`",
                names.join("`, `")
            ),
            Self::WheelSize { expected, found } => write!(
                f,
                "it is not the file that the index lists: expected {expected} bytes, found {found}"
            ),
            Self::Changed { what } => write!(f, "it changed while it was read: {what}"),
            _ => self.fmt_of_member(f),
        }
    }
}

impl WheelFault {
    fn fmt_of_member(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { path } => write!(f, "it has two members `{path}`"),
            Self::Overlap { path, other } => write!(f, "its member `{path}` overlaps {other}"),
            Self::Encrypted { path } => write!(f, "its member `{path}` is encrypted"),
            Self::Method { path, method } => write!(
                f,
                "its member `{path}` is packed by method {method}, expected 0 (stored) or 8 (deflated)"
            ),
            Self::TooLarge { path, size, limit } => write!(
                f,
                "its member `{path}` is too large: expected at most {limit} bytes, found {size}"
            ),
            Self::Ratio { path, packed, size } => write!(
                f,
                "its member `{path}` is absurd: {packed} packed bytes cannot become {size}"
            ),
            Self::LocalHeader { path, field } => write!(
                f,
                "the local header of its member `{path}` contradicts the central directory: {field}"
            ),
            Self::Packed { path } => {
                write!(f, "the packed bytes of its member `{path}` are damaged")
            }
            Self::Size {
                path,
                expected,
                found,
            } => write!(
                f,
                "its member `{path}` has another size: expected {expected} bytes, found {found}"
            ),
            Self::Crc32 {
                path,
                expected,
                found,
            } => write!(
                f,
                "its member `{path}` is damaged: expected CRC-32 {expected:08x}, found {found:08x}"
            ),
            Self::Digest {
                path,
                by,
                expected,
                found,
            } if path.is_empty() => write!(
                f,
                "it is not the file of {by}: expected `{expected}`, found `{found}`"
            ),
            Self::Digest {
                path,
                by,
                expected,
                found,
            } => write!(
                f,
                "its member `{path}` is not that of {by}: expected `{expected}`, found `{found}`"
            ),
            _ => Ok(()),
        }
    }
}

/// Why a wheel could not be read: it is at fault, or its source is.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// The wheel.
    Wheel(WheelFault),
    /// The source.
    Source(UpstreamError),
}

impl From<WheelFault> for ReadError {
    fn from(fault: WheelFault) -> Self {
        Self::Wheel(fault)
    }
}

impl From<UpstreamError> for ReadError {
    fn from(error: UpstreamError) -> Self {
        Self::Source(error)
    }
}
