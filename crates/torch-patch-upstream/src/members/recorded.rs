//! What the `RECORD` of a wheel says of its files. Only what is before their rows is read.

use std::io::{self, Read};
use std::path::Path;

use torch_patch_env::{Recorded, recorded_in};

use crate::archive::{Inflating, Pieces, ReadError, WheelFault};

/// The row of `path` in `record`, which is called `name`.
pub(super) fn row(
    record: &mut Inflating,
    pieces: &mut Pieces<'_>,
    name: &str,
    path: &str,
) -> Result<Recorded, ReadError> {
    let mut failure = None;
    let text = Text {
        record,
        pieces,
        at: 0,
        failure: &mut failure,
    };
    let row = recorded_in(Path::new(name), text, path);
    if let Some(failure) = failure {
        return Err(failure);
    }
    row.map_err(|error| {
        let reason = error.to_string();
        WheelFault::Record { reason }.into()
    })
}

/// The text of a `RECORD` from its start.
struct Text<'r, 'p> {
    record: &'r mut Inflating,
    pieces: &'r mut Pieces<'p>,
    at: usize,
    /// Why it ended early.
    failure: &'r mut Option<ReadError>,
}

impl Read for Text<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.record.text().len() {
            match self.record.more(self.pieces) {
                Ok(true) => {}
                Ok(false) => return Ok(0),
                Err(error) => {
                    *self.failure = Some(error);
                    return Err(io::Error::other("the wheel cannot be read"));
                }
            }
        }
        let text = &self.record.text()[self.at..];
        let length = text.len().min(buffer.len());
        buffer[..length].copy_from_slice(&text[..length]);
        self.at += length;
        Ok(length)
    }
}
