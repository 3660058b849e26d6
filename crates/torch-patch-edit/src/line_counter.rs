//! Numbers of physical lines, counted once however many are asked for.

use std::cell::Cell;

use memchr::memchr2_iter;

/// Tells the number of the line that holds an offset.
///
/// It goes on from the offset it was asked for last, so that offsets in order cost one pass.
pub(crate) struct LineCounter<'b> {
    bytes: &'b [u8],
    /// An offset, and the number of line endings before it.
    last: Cell<(usize, usize)>,
}

impl<'b> LineCounter<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self {
            bytes,
            last: Cell::new((0, 0)),
        }
    }

    /// The number of the physical line that holds `offset`, from 1.
    pub(crate) fn number(&self, offset: usize) -> usize {
        let (last, endings) = self.last.get();
        let endings = if offset >= last {
            endings + self.endings(last, offset)
        } else if offset >= last / 2 {
            endings - self.endings(offset, last)
        } else {
            self.endings(0, offset)
        };
        self.last.set((offset, endings));
        endings + 1
    }

    /// The line endings whose last byte is in a part.
    fn endings(&self, start: usize, end: usize) -> usize {
        let is_first_of_two =
            |at: usize| self.bytes[at] == b'\r' && self.bytes.get(at + 1) == Some(&b'\n');
        memchr2_iter(b'\n', b'\r', &self.bytes[start..end])
            .filter(|at| !is_first_of_two(start + at))
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_questions_does_not_matter() {
        let bytes = b"a\nb\r\nc\rd\n\r\n\re";
        let fresh = |offset| LineCounter::new(bytes).number(offset);
        let expected = [1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7];
        assert_eq!((0..bytes.len()).map(fresh).collect::<Vec<_>>(), expected);
        for first in 0..bytes.len() {
            for (second, expected) in expected.iter().enumerate() {
                let counter = LineCounter::new(bytes);
                counter.number(first);
                assert_eq!(counter.number(second), *expected, "{first} {second}");
            }
        }
    }
}
