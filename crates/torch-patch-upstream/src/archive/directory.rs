//! The central directory of an archive, as far as it is known.
//!
//! Its entries are chained: the length of each says where the next one starts. What is known of the end is entered at
//! the first place from which a chain leads exactly to the end, what is known of the front is read from the start. An
//! entry of the end is thereby believed before all of the chain was seen; who needs certainty reads all of it, which
//! then takes the place of what was believed.

use std::collections::BTreeMap;

use crate::archive::end::End;
use crate::archive::entry::{Entry, Parsed};
use crate::archive::fault::{ReadError, WheelFault};
use crate::archive::pieces::Pieces;

/// What is known of a central directory.
#[derive(Debug)]
pub(crate) struct Directory {
    end: End,
    /// By the offset of the entry in the file.
    entries: BTreeMap<u64, Entry>,
    /// Where the next entry of the front is.
    front: u64,
    is_complete: bool,
}

impl Directory {
    /// Reads what `pieces` have of it.
    pub(crate) fn new(pieces: &mut Pieces<'_>) -> Result<Self, ReadError> {
        let end = End::find(pieces)?;
        let mut directory = Self {
            end,
            entries: BTreeMap::new(),
            front: end.start,
            is_complete: false,
        };
        if pieces.tail() > end.start {
            let known = (end.start + end.size).saturating_sub(pieces.tail());
            let known = usize::try_from(known).unwrap_or(0);
            let bytes = pieces.known(pieces.tail()).get(..known);
            directory.enter(pieces.tail(), bytes.unwrap_or_default());
        }
        directory.learn(pieces)?;
        Ok(directory)
    }

    /// The offset of its first byte, which is the end of the members.
    pub(crate) fn start(&self) -> u64 {
        self.end.start
    }

    /// Its size in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.end.size
    }

    /// Whether all of it is known.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Where the part is that is not known: from the next entry of the front to the tail of the file.
    pub(crate) fn gap(&self, pieces: &Pieces<'_>) -> std::ops::Range<u64> {
        self.front..pieces.tail().max(self.front)
    }

    /// All known entries, and where in the directory they are.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (u64, &Entry)> {
        self.entries.iter().map(|(at, entry)| (*at, entry))
    }

    /// Finds the entry of `path`, and where in the directory it is.
    pub(crate) fn find(&self, path: &str) -> Result<Option<(u64, &Entry)>, WheelFault> {
        let mut found = self
            .entries()
            .filter(|(_, entry)| entry.name == path.as_bytes());
        let first = found.next();
        if found.next().is_some() {
            return Err(WheelFault::Duplicate {
                path: path.to_owned(),
            });
        }
        Ok(first)
    }

    /// Reads all of it.
    pub(crate) fn complete(&mut self, pieces: &mut Pieces<'_>) -> Result<(), ReadError> {
        pieces.read(self.end.start, self.end.size)?;
        self.learn(pieces)
    }

    /// Reads what `pieces` have of it by now, from its start on.
    pub(crate) fn learn(&mut self, pieces: &Pieces<'_>) -> Result<(), ReadError> {
        if self.is_complete {
            return Ok(());
        }
        let end = self.end.start + self.end.size;
        let mut at = self.end.start;
        let mut entries = BTreeMap::new();
        let known = pieces.known(at);
        let mut bytes = &known[..known
            .len()
            .min(usize::try_from(self.end.size).unwrap_or(usize::MAX))];
        let has_all = bytes.len() as u64 == self.end.size;
        while !bytes.is_empty() {
            let (entry, length) = match Entry::parse(bytes) {
                Parsed::Is(entry, length) => (entry, length),
                Parsed::Unfinished if !has_all => break,
                Parsed::Unfinished | Parsed::Not => return Err(WheelFault::Directory { at }.into()),
            };
            entries.insert(at, entry);
            at += length as u64;
            bytes = &bytes[length..];
        }
        self.front = at;
        self.is_complete = at == end;
        if self.is_complete {
            self.entries = entries;
        } else {
            self.entries.extend(entries);
        }
        let found = self.entries.len() as u64;
        if found > self.end.count || self.is_complete && found != self.end.count {
            return Err(WheelFault::Count {
                expected: self.end.count,
                found,
            }
            .into());
        }
        Ok(())
    }

    /// Enters the end of the directory, whose bytes are those from `at` on.
    fn enter(&mut self, at: u64, bytes: &[u8]) {
        let starts = (0..bytes.len()).filter(|start| bytes[*start..].starts_with(b"PK\x01\x02"));
        let chains = starts.map(|start| chain(at + start as u64, &bytes[start..]));
        if let Some(entries) = chains.flatten().next() {
            self.entries = entries;
        }
    }
}

/// Follows the entries from the start of `bytes` exactly to their end.
fn chain(mut at: u64, mut bytes: &[u8]) -> Option<BTreeMap<u64, Entry>> {
    let mut entries = BTreeMap::new();
    while !bytes.is_empty() {
        let Parsed::Is(entry, length) = Entry::parse(bytes) else {
            return None;
        };
        entries.insert(at, entry);
        at += length as u64;
        bytes = &bytes[length..];
    }
    Some(entries)
}
