//! The content of a member, held against all that the archive says of it.

use std::io::Read as _;
use std::ops::Range;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use crate::archive::directory::Directory;
use crate::archive::entry::{Entry, LOCAL, Local, Parsed, local_header};
use crate::archive::fault::{ReadError, WheelFault};
use crate::archive::pieces::Pieces;

/// What a local header has at most in builders' wheels besides its name.
const EXTRA: u64 = 64;

/// Where in the file a member most likely is, with its local header. Its own end is known only from that header.
pub(crate) fn span(directory: &Directory, entry: &Entry) -> Range<u64> {
    let length = (LOCAL + entry.name.len()) as u64 + EXTRA + entry.packed;
    let end = entry.offset.saturating_add(length).min(directory.start());
    entry.offset.min(end)..end
}

/// Reads the content of `entry`.
pub(crate) fn content(
    pieces: &mut Pieces<'_>,
    directory: &Directory,
    entry: &Entry,
    limit: u64,
) -> Result<Vec<u8>, ReadError> {
    entry.check(limit)?;
    let least = entry.offset.saturating_add(LOCAL as u64 + entry.packed);
    check_place(directory, entry, least)?;
    let span = span(directory, entry);
    pieces.read(span.start, span.end - span.start)?;
    let local = local(pieces, entry)?;
    let start = entry.offset + local.length;
    check_place(directory, entry, start + entry.packed)?;
    let content = unpack(entry, pieces.read(start, entry.packed)?)?;
    check_content(entry, &content)?;
    Ok(content)
}

/// Reads the local header of `entry`.
pub(crate) fn local(pieces: &mut Pieces<'_>, entry: &Entry) -> Result<Local, ReadError> {
    let malformed = || WheelFault::LocalHeader {
        path: entry.path(),
        field: "signature",
    };
    for length in [LOCAL, LOCAL + 2 * usize::from(u16::MAX)] {
        let room = pieces.total().saturating_sub(entry.offset);
        pieces.read(entry.offset, room.min(length as u64))?;
        match local_header(pieces.known(entry.offset), entry.offset) {
            Parsed::Is(local, _) => {
                local.check(entry)?;
                return Ok(local);
            }
            Parsed::Unfinished => {}
            Parsed::Not => break,
        }
    }
    Err(malformed().into())
}

/// Checks that nothing else is between the start of `entry` and `end`.
fn check_place(directory: &Directory, entry: &Entry, end: u64) -> Result<(), WheelFault> {
    let overlap = |other: String| WheelFault::Overlap {
        path: entry.path(),
        other,
    };
    if end > directory.start() {
        return Err(overlap("the central directory".to_owned()));
    }
    let others = directory
        .entries()
        .map(|(_, other)| other)
        .filter(|other| *other != entry);
    for other in others {
        let least = (LOCAL + other.name.len()) as u64;
        let other_end = other
            .offset
            .saturating_add(least)
            .saturating_add(other.packed);
        if other.offset < end && other_end > entry.offset {
            return Err(overlap(format!("`{}`", other.path())));
        }
    }
    Ok(())
}

fn unpack(entry: &Entry, packed: &[u8]) -> Result<Vec<u8>, WheelFault> {
    if entry.method == 0 {
        return Ok(packed.to_vec());
    }
    let damaged = || WheelFault::Packed { path: entry.path() };
    let mut decoder = DeflateDecoder::new(packed);
    let mut content = Vec::new();
    let read = decoder
        .by_ref()
        .take(entry.size + 1)
        .read_to_end(&mut content);
    read.map_err(|_| damaged())?;
    if content.len() as u64 == entry.size && decoder.total_in() != entry.packed {
        return Err(damaged());
    }
    Ok(content)
}

/// Checks size and CRC-32.
pub(crate) fn check_content(entry: &Entry, content: &[u8]) -> Result<(), WheelFault> {
    let path = || entry.path();
    if content.len() as u64 != entry.size {
        return Err(WheelFault::Size {
            path: path(),
            expected: entry.size,
            found: content.len() as u64,
        });
    }
    let mut crc = Crc::new();
    crc.update(content);
    if crc.sum() != entry.crc32 {
        return Err(WheelFault::Crc32 {
            path: path(),
            expected: entry.crc32,
            found: crc.sum(),
        });
    }
    Ok(())
}
