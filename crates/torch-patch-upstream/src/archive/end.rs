//! The end record of an archive, which says where its central directory is.

use crate::archive::DIRECTORY_LIMIT;
use crate::archive::entry::{Fields, HEADER};
use crate::archive::fault::{ReadError, WheelFault};
use crate::archive::pieces::Pieces;

const END: usize = 22;
const LOCATOR: u64 = 20;
const END_64: u64 = 56;
const LONGEST_COMMENT: usize = 0xffff;

/// Where the central directory is, and how many entries it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    /// The offset of the directory.
    pub(crate) start: u64,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// The number of its entries.
    pub(crate) count: u64,
}

impl End {
    /// Finds the end record (APPNOTE 4.3.16), and that of zip64 (4.3.14, 4.3.15) where there is one.
    ///
    /// The directory has to end where the records start, and the comment where the file ends.
    pub(crate) fn find(pieces: &mut Pieces<'_>) -> Result<Self, ReadError> {
        let tail = pieces.known(pieces.tail());
        let at = position(tail).ok_or(WheelFault::NoEnd)?;
        let record = Fields(&tail[at..]);
        let disks = [record.u16(4), record.u16(6)];
        let counts = [record.u16(8), record.u16(10)];
        let (size, start) = (record.u32(12), record.u32(16));
        let at = pieces.tail() + at as u64;
        let (end, limit) = match Self::find_64(pieces, at)? {
            Some((end, limit)) => {
                expect_32("the size of the directory", end.size, size)?;
                expect_32("the offset of the directory", end.start, start)?;
                expect_16(end.count, counts[1])?;
                (end, limit)
            }
            None if disks != [0, 0] || counts[0] != counts[1] => {
                return Err(WheelFault::Disks.into());
            }
            None => {
                let (start, size) = (u64::from(start), u64::from(size));
                let count = u64::from(counts[1]);
                (Self { start, size, count }, at)
            }
        };
        end.check(limit)?;
        Ok(end)
    }

    /// Finds the record of zip64, which has to lie before its locator, and the locator before `end`.
    fn find_64(pieces: &mut Pieces<'_>, end: u64) -> Result<Option<(Self, u64)>, ReadError> {
        let Some(locator_at) = end.checked_sub(LOCATOR) else {
            return Ok(None);
        };
        let locator = pieces.read(locator_at, LOCATOR)?;
        if !locator.starts_with(b"PK\x06\x07") {
            return Ok(None);
        }
        let record_at = Fields(locator).u64(8);
        let latest = locator_at.saturating_sub(END_64);
        // A directory that ends before the tail would make the reader fetch what is between.
        if record_at < latest.saturating_sub(LONGEST_COMMENT as u64) || record_at > latest {
            return Err(absurd("the offset of the zip64 record", latest, record_at));
        }
        let record = Fields(pieces.read(record_at, END_64)?);
        if !record.0.starts_with(b"PK\x06\x06") {
            return Err(absurd(
                "the signature of the zip64 record",
                0x0606_4b50,
                record.u32(0).into(),
            ));
        }
        let size = locator_at - record_at - 12;
        if record.u64(4) != size {
            return Err(absurd("the size of the zip64 record", size, record.u64(4)));
        }
        if record.u32(16) != 0 || record.u32(20) != 0 || record.u64(24) != record.u64(32) {
            return Err(WheelFault::Disks.into());
        }
        let found = Self {
            start: record.u64(48),
            size: record.u64(40),
            count: record.u64(32),
        };
        Ok(Some((found, record_at)))
    }

    fn check(self, limit: u64) -> Result<(), ReadError> {
        if self.size > DIRECTORY_LIMIT {
            return Err(absurd(
                "the size of the directory",
                DIRECTORY_LIMIT,
                self.size,
            ));
        }
        let expected = limit.saturating_sub(self.size);
        if self.size > limit || self.start != expected {
            return Err(absurd("the offset of the directory", expected, self.start));
        }
        let most = self.size / HEADER as u64;
        if self.count > most {
            return Err(absurd("the number of entries", most, self.count));
        }
        Ok(())
    }
}

/// The position of the last end record whose comment ends where the file does.
fn position(tail: &[u8]) -> Option<usize> {
    let latest = tail.len().checked_sub(END)?;
    let earliest = latest.saturating_sub(LONGEST_COMMENT);
    (earliest..=latest).rev().find(|at| {
        let record = &tail[*at..];
        record.starts_with(b"PK\x05\x06")
            && END + usize::from(Fields(record).u16(20)) == record.len()
    })
}

fn expect_32(what: &'static str, expected: u64, found: u32) -> Result<(), ReadError> {
    let found = u64::from(found);
    if found == u64::from(u32::MAX) || found == expected {
        return Ok(());
    }
    Err(absurd(what, expected, found))
}

fn expect_16(expected: u64, found: u16) -> Result<(), ReadError> {
    let found = u64::from(found);
    if found == u64::from(u16::MAX) || found == expected {
        return Ok(());
    }
    Err(absurd("the number of entries", expected, found))
}

fn absurd(what: &'static str, expected: u64, found: u64) -> ReadError {
    WheelFault::End {
        what,
        expected,
        found,
    }
    .into()
}
