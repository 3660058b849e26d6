//! A member that is unpacked as far as it is needed, from the parts of it that are known.

use flate2::{Decompress, FlushDecompress, Status};

use crate::archive::content::{check_content, local};
use crate::archive::entry::Entry;
use crate::archive::fault::{ReadError, WheelFault};
use crate::archive::pieces::Pieces;

/// How many bytes are unpacked at a time.
const STEP: usize = 1 << 14;

/// A member of which the front is unpacked.
#[derive(Debug)]
pub(crate) struct Inflating {
    entry: Entry,
    start: u64,
    consumed: u64,
    state: Decompress,
    text: Vec<u8>,
    is_finished: bool,
}

impl Inflating {
    /// Starts with nothing unpacked.
    pub(crate) fn new(
        pieces: &mut Pieces<'_>,
        entry: &Entry,
        limit: u64,
    ) -> Result<Self, ReadError> {
        entry.check(limit)?;
        let start = entry.offset + local(pieces, entry)?.length;
        Ok(Self {
            entry: entry.clone(),
            start,
            consumed: 0,
            state: Decompress::new(false),
            text: Vec::new(),
            is_finished: false,
        })
    }

    /// What is unpacked so far.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Unpacks a bit more, and fetches the rest of the packed bytes where that needs it. `false`: that is all.
    ///
    /// Once it was unpacked in full, its size and its CRC-32 are right.
    pub(crate) fn more(&mut self, pieces: &mut Pieces<'_>) -> Result<bool, ReadError> {
        if self.is_finished {
            return Ok(false);
        }
        let at = self.start + self.consumed;
        let rest = self.entry.packed - self.consumed;
        if rest > 0 && pieces.known(at).is_empty() {
            pieces.read(at, rest)?;
        }
        let known = pieces.known(at);
        let packed = &known[..known.len().min(usize::try_from(rest).unwrap_or(usize::MAX))];
        let before = self.text.len();
        let is_end = self.step(packed)?;
        if self.text.len() as u64 > self.entry.size {
            self.check()?;
        }
        if is_end {
            self.is_finished = true;
            self.check()?;
        } else if rest == 0 && self.text.len() == before {
            return Err(self.damaged());
        }
        Ok(self.text.len() > before || !self.is_finished)
    }

    /// Unpacks from `packed`, and tells whether that was the end.
    fn step(&mut self, packed: &[u8]) -> Result<bool, ReadError> {
        if self.entry.method == 0 {
            let length = packed.len().min(STEP);
            self.text.extend_from_slice(&packed[..length]);
            self.consumed += length as u64;
            return Ok(self.consumed == self.entry.packed);
        }
        self.text.reserve(STEP);
        let (before, flush) = (self.state.total_in(), FlushDecompress::None);
        let result = self.state.decompress_vec(packed, &mut self.text, flush);
        self.consumed += self.state.total_in() - before;
        match result.map_err(|_| self.damaged())? {
            Status::StreamEnd if self.consumed != self.entry.packed => Err(self.damaged()),
            Status::StreamEnd => Ok(true),
            Status::Ok | Status::BufError => Ok(false),
        }
    }

    fn check(&self) -> Result<(), ReadError> {
        Ok(check_content(&self.entry, &self.text)?)
    }

    fn damaged(&self) -> ReadError {
        let path = self.entry.path();
        WheelFault::Packed { path }.into()
    }
}
