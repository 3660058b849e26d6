//! The parts of a file that are known so far.

use std::collections::BTreeMap;

use crate::archive::fault::{ReadError, WheelFault};
use crate::client::Part;
use crate::source::RangeSource;

/// What is known of a file. Grows by one request at a time, and only by bytes of one unchanged file.
pub(crate) struct Pieces<'a> {
    source: &'a dyn RangeSource,
    total: u64,
    validator: Option<String>,
    tail: u64,
    /// By offset; neither overlapping nor adjacent.
    known: BTreeMap<u64, Vec<u8>>,
}

impl<'a> Pieces<'a> {
    /// Reads the last `length` bytes of a file.
    pub(crate) fn open(source: &'a dyn RangeSource, length: u64) -> Result<Self, ReadError> {
        let part = source.last(length)?;
        let read = part.bytes.len() as u64;
        if read != length.min(part.total) || part.start != part.total - read {
            return Err(changed("the length of an answer"));
        }
        Ok(Self {
            source,
            total: part.total,
            validator: part.validator,
            tail: part.start,
            known: BTreeMap::from([(part.start, part.bytes)]),
        })
    }

    /// The size of the file.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// What changes when the file does.
    pub(crate) fn validator(&self) -> Option<&str> {
        self.validator.as_deref()
    }

    /// Whether many small requests cost no more than one large request.
    pub(crate) fn is_local(&self) -> bool {
        self.source.is_local()
    }

    /// Where the part starts that was read first and goes to the end of the file.
    pub(crate) fn tail(&self) -> u64 {
        self.tail
    }

    /// All known bytes from `start` on without a gap.
    pub(crate) fn known(&self, start: u64) -> &[u8] {
        let piece = self.known.range(..=start).next_back();
        piece
            .and_then(|(at, bytes)| bytes.get(usize::try_from(start - at).ok()?..))
            .unwrap_or_default()
    }

    /// Reads `length` bytes from `start` on, in one request for what is not known of them, if anything.
    pub(crate) fn read(&mut self, start: u64, length: u64) -> Result<&[u8], ReadError> {
        let end = start
            .checked_add(length)
            .filter(|end| *end <= self.total)
            .ok_or_else(|| changed("something is said to lie behind its end"))?;
        let from = (start + self.known(start).len() as u64).min(end);
        if from < end {
            let to = self.known_before(end).max(from + 1).min(end);
            self.fetch(from, to)?;
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let known = self.known(start).get(..length);
        known.ok_or_else(|| changed("the length of an answer"))
    }

    /// Where the known bytes start that go to `end` without a gap.
    fn known_before(&self, end: u64) -> u64 {
        let piece = self.known.range(..end).next_back();
        piece
            .filter(|(at, bytes)| *at + bytes.len() as u64 >= end)
            .map_or(end, |(at, _)| *at)
    }

    fn fetch(&mut self, from: u64, to: u64) -> Result<(), ReadError> {
        let part = self.source.read(from, to - from)?;
        if part.total != self.total {
            return Err(changed("its size"));
        }
        let is_other =
            |validator: &String| part.validator.as_ref().is_some_and(|new| new != validator);
        if self.validator.as_ref().is_some_and(is_other) {
            return Err(changed("its validator"));
        }
        if part.start != from || part.bytes.len() as u64 != to - from {
            return Err(changed("the length of an answer"));
        }
        self.insert(part);
        Ok(())
    }

    /// Joins a part with the pieces that it touches.
    fn insert(&mut self, part: Part) {
        let mut start = part.start;
        let mut bytes = part.bytes;
        let end = start + bytes.len() as u64;
        let touching: Vec<u64> = self.known.range(..=end).map(|(at, _)| *at).collect();
        for at in touching.into_iter().rev() {
            let piece_end = at + self.known[&at].len() as u64;
            if piece_end < start {
                break;
            }
            let Some(piece) = self.known.remove(&at) else {
                continue;
            };
            (start, bytes) = join(start, bytes, at, piece);
        }
        self.known.insert(start, bytes);
    }
}

/// Joins two pieces that overlap or touch; where they overlap the first one counts.
fn join(start: u64, bytes: Vec<u8>, at: u64, mut piece: Vec<u8>) -> (u64, Vec<u8>) {
    let distance =
        |from: u64, to: u64| usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
    let covered = distance(at, start + bytes.len() as u64).min(piece.len());
    if at < start {
        let tail = piece.split_off(covered);
        piece.truncate(distance(at, start));
        piece.extend(bytes);
        piece.extend(tail);
        (at, piece)
    } else {
        let mut bytes = bytes;
        bytes.extend(piece.drain(covered..));
        (start, bytes)
    }
}

fn changed(what: &'static str) -> ReadError {
    WheelFault::Changed { what }.into()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::error::UpstreamError;

    type Answer = fn(Part) -> Part;

    /// A file of 100 bytes that counts what is asked of it, and answers as a test wants it.
    struct Counted {
        asked: RefCell<Vec<(u64, u64)>>,
        answer: Answer,
    }

    impl RangeSource for Counted {
        fn last(&self, length: u64) -> Result<Part, UpstreamError> {
            let length = length.min(100);
            self.read(100 - length, length)
        }

        fn read(&self, start: u64, length: u64) -> Result<Part, UpstreamError> {
            self.asked.borrow_mut().push((start, length));
            let bytes = (start..start + length).map(|at| at.to_le_bytes()[0]);
            let part = Part {
                start,
                total: 100,
                bytes: bytes.collect(),
                validator: Some("v".to_owned()),
            };
            Ok(if self.asked.borrow().len() == 1 {
                part
            } else {
                (self.answer)(part)
            })
        }

        fn is_local(&self) -> bool {
            false
        }
    }

    fn source(answer: Answer) -> Counted {
        Counted {
            asked: RefCell::default(),
            answer,
        }
    }

    #[test]
    fn what_is_known_is_not_asked_for_again() {
        let source = source(|part| part);
        let mut pieces = Pieces::open(&source, 10).unwrap();
        for (start, length, expected) in [
            (95, 5, None),
            (90, 10, None),
            (10, 10, Some((10, 10))),
            (30, 10, Some((30, 10))),
            (15, 20, Some((20, 10))),
            (10, 30, None),
            (5, 40, Some((5, 40))),
            (50, 0, None),
            (60, 10, Some((60, 10))),
            (40, 60, Some((45, 45))),
            (0, 100, Some((0, 5))),
        ] {
            let before = source.asked.borrow().len();
            let bytes = pieces.read(start, length).map(<[u8]>::to_vec).unwrap();
            let right: Vec<u8> = (start..start + length)
                .map(|at| at.to_le_bytes()[0])
                .collect();
            assert_eq!(bytes, right, "{start} {length}");
            let asked = source.asked.borrow()[before..].to_vec();
            assert_eq!(
                asked,
                expected.into_iter().collect::<Vec<_>>(),
                "{start} {length}"
            );
        }
        assert_eq!(pieces.known.len(), 1);
    }

    #[test]
    fn an_answer_of_another_file_is_refused() {
        let answers: [(Answer, bool); 7] = [
            (|part| part, true),
            (
                |part| Part {
                    validator: None,
                    ..part
                },
                true,
            ),
            (
                |part| Part {
                    validator: Some("w".to_owned()),
                    ..part
                },
                false,
            ),
            (|part| Part { total: 101, ..part }, false),
            (
                |part| Part {
                    start: part.start + 1,
                    ..part
                },
                false,
            ),
            (
                |mut part| {
                    part.bytes.pop();
                    part
                },
                false,
            ),
            (
                |mut part| {
                    part.bytes.push(0);
                    part
                },
                false,
            ),
        ];
        for (number, (answer, is_right)) in answers.into_iter().enumerate() {
            let source = source(answer);
            let mut pieces = Pieces::open(&source, 10).unwrap();
            assert_eq!(pieces.read(20, 10).is_ok(), is_right, "{number}");
            assert!(pieces.read(90, 10).is_ok());
        }
    }

    #[test]
    fn nothing_lies_behind_the_end() {
        let source = source(|part| part);
        let mut pieces = Pieces::open(&source, 200).unwrap();
        assert_eq!(pieces.tail(), 0);
        for (start, length) in [(0, 101), (100, 1), (101, 0), (u64::MAX, 1), (1, u64::MAX)] {
            assert!(pieces.read(start, length).is_err(), "{start} {length}");
        }
        assert_eq!(pieces.read(100, 0).unwrap(), b"");
        assert_eq!(source.asked.borrow().len(), 1);
    }
}
