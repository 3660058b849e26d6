//! A diff put on the file that it was made from.

use super::{DiffError, DiffErrorKind, Direction, FileDiff, Hunk, Line, Mismatch, Side};

impl FileDiff {
    /// Makes the one side of the file from the other.
    ///
    /// Each hunk has to fit exactly where it says. A diff with `\n` fits a file with `\r\n`; the lines
    /// that it adds then end as those beside them.
    ///
    /// # Errors
    ///
    /// The first hunk that does not fit, with the line of the file at which it does not.
    pub fn put_on(&self, file: &[u8], direction: Direction) -> Result<Vec<u8>, DiffError> {
        let lines: Vec<&[u8]> = file.split_inclusive(|&byte| byte == b'\n').collect();
        let mut made = Vec::with_capacity(file.len());
        let mut at = 0;
        for (number, hunk) in self.hunks.iter().enumerate() {
            let from = hunk.from(direction);
            let first = hunk.first(direction);
            let wrong = |mismatch: Mismatch| DiffError {
                line: hunk.line,
                kind: DiffErrorKind::Mismatch(Box::new(mismatch)),
            };
            if first < at {
                let (line, kind) = (hunk.line, DiffErrorKind::Order);
                return Err(DiffError { line, kind });
            }
            if let Some(mismatch) = mismatch(&lines, first, &from) {
                let elsewhere = elsewhere(&lines, &from, first);
                return Err(wrong(Mismatch {
                    hunk: number + 1,
                    elsewhere,
                    ..mismatch
                }));
            }
            lines[at..first]
                .iter()
                .for_each(|line| made.extend_from_slice(line));
            put(&mut made, hunk, &lines, first, direction);
            at = first + from.len();
        }
        lines[at..]
            .iter()
            .for_each(|line| made.extend_from_slice(line));
        Ok(made)
    }
}

impl Hunk {
    /// The lines that have to be there.
    fn from(&self, direction: Direction) -> Vec<&Line> {
        let other = match direction {
            Direction::Forward => Side::New,
            Direction::Backward => Side::Old,
        };
        self.lines
            .iter()
            .filter(|line| line.side != other)
            .collect()
    }

    /// Where they have to be, from 0.
    fn first(&self, direction: Direction) -> usize {
        let number = match direction {
            Direction::Forward => self.old,
            Direction::Backward => self.new,
        };
        // Of a side without lines the header has the line before.
        if self.from(direction).is_empty() {
            number
        } else {
            number.saturating_sub(1)
        }
    }
}

/// Whether a line of a file is that of a diff.
fn fits(line: &[u8], own: &Line) -> bool {
    let (text, is_ended) = match line.strip_suffix(b"\n") {
        Some(text) => (text, true),
        None => (line, false),
    };
    let is_text = text == own.text || text.strip_suffix(b"\r") == Some(own.text.as_slice());
    is_text && is_ended != own.is_open
}

/// What does not fit if the lines of a hunk are held against the file from `first` on.
fn mismatch(lines: &[&[u8]], first: usize, from: &[&Line]) -> Option<Mismatch> {
    let told = |text: &[u8]| String::from_utf8_lossy(text.trim_ascii_end()).into_owned();
    let at = |index: usize, expected: Option<String>, found: Option<String>| {
        Some(Mismatch {
            hunk: 0,
            line: index + 1,
            expected,
            found,
            elsewhere: None,
        })
    };
    if first > lines.len() {
        let expected = from.first().map(|line| told(&line.text));
        return at(first, expected, None);
    }
    for (offset, own) in from.iter().enumerate() {
        let index = first + offset;
        match lines.get(index) {
            Some(line) if fits(line, own) => {}
            Some(line) if told(line) == told(&own.text) => {
                // Only the line ending at the end of the file differs.
                let ended = |is_ended: bool| told(&own.text) + if is_ended { "\\n" } else { "" };
                return at(index, Some(ended(!own.is_open)), Some(ended(own.is_open)));
            }
            found => return at(index, Some(told(&own.text)), found.map(|line| told(line))),
        }
    }
    None
}

/// The only other place at which all lines of a hunk are, from 1.
fn elsewhere(lines: &[&[u8]], from: &[&Line], first: usize) -> Option<usize> {
    if from.is_empty() {
        return None;
    }
    let last = lines.len().checked_sub(from.len())?;
    let mut places = (0..=last).filter(|&at| {
        let own = &lines[at..at + from.len()];
        at != first && own.iter().zip(from).all(|(line, own)| fits(line, own))
    });
    let place = places.next()?;
    places.next().is_none().then_some(place + 1)
}

/// Writes what a hunk makes of its lines, which are those from `first` on.
fn put(made: &mut Vec<u8>, hunk: &Hunk, lines: &[&[u8]], first: usize, direction: Direction) {
    let (gone, come) = match direction {
        Direction::Forward => (Side::Old, Side::New),
        Direction::Backward => (Side::New, Side::Old),
    };
    let is_loose = is_loose(hunk, lines, first, direction);
    let mut at = first;
    for line in &hunk.lines {
        if line.side == Side::Both {
            made.extend_from_slice(lines[at]);
            at += 1;
        } else if line.side == gone {
            at += 1;
        } else if line.side == come {
            made.extend_from_slice(&line.text);
            if !line.is_open {
                let ending: &[u8] = if is_loose { b"\r\n" } else { b"\n" };
                made.extend_from_slice(ending);
            }
        }
    }
}

/// Whether the file has `\r\n` here where the diff has `\n`.
fn is_loose(hunk: &Hunk, lines: &[&[u8]], first: usize, direction: Direction) -> bool {
    let from = hunk.from(direction);
    if hunk.lines.iter().any(|line| line.text.ends_with(b"\r")) {
        return false;
    }
    let own = first..first + from.len().max(1);
    let beside = first.saturating_sub(1)..first;
    let mut ended = own
        .chain(beside)
        .filter_map(|index| lines.get(index))
        .filter(|line| line.ends_with(b"\n"));
    ended.next().is_some_and(|line| line.ends_with(b"\r\n"))
}
