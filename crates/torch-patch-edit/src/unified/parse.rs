//! From the text of a diff to the hunks of each file.

use super::{DiffError, DiffErrorKind, FileDiff, Hunk, Line, Side};

/// Where a file is named that does not exist on one side.
const NOWHERE: &str = "/dev/null";

/// What git says of a file beside its lines, and whether that is no matter.
const REMARKS: &[(&str, &str)] = &[
    ("deleted file mode ", "the file is removed"),
    ("rename from ", "the file is renamed"),
    ("copy from ", "the file is copied"),
    ("old mode ", "the mode of the file changes"),
    ("GIT binary patch", "the file is binary"),
    ("Binary files ", "the file is binary"),
];

/// Reads a unified diff, as `diff -u`, git and other tools write it; what stands around the changes of
/// the files is passed over.
///
/// ```
/// use torch_patch_edit::{Direction, read_diff};
///
/// let files = read_diff(b"--- a/x.py\n+++ b/x.py\n@@ -1 +1,2 @@\n a = 1\n+b = 2\n").unwrap();
/// assert_eq!(files[0].names(), ["b/x.py", "a/x.py"]);
/// let edited = files[0].put_on(b"a = 1\r\n", Direction::Forward).unwrap();
/// assert_eq!(edited, b"a = 1\r\nb = 2\r\n");
/// ```
///
/// # Errors
///
/// There is no diff in it, or the first line that makes no sense or says more than that lines change.
pub fn read_diff(text: &[u8]) -> Result<Vec<FileDiff>, DiffError> {
    let mut reader = Reader {
        lines: text.split_inclusive(|&byte| byte == b'\n').collect(),
        at: 0,
    };
    let mut files = Vec::new();
    while let Some(line) = reader.peek() {
        if let Some((_, what)) = remark(line) {
            return Err(reader.error(DiffErrorKind::Unsupported { what }));
        }
        match reader.header()? {
            Some(file) => files.push(reader.hunks(file)?),
            None => reader.at += 1,
        }
    }
    if files.is_empty() {
        return Err(DiffError {
            line: 1,
            kind: DiffErrorKind::NoDiff,
        });
    }
    Ok(files)
}

fn remark(line: &[u8]) -> Option<&'static (&'static str, &'static str)> {
    REMARKS
        .iter()
        .find(|(start, _)| line.starts_with(start.as_bytes()))
}

struct Reader<'t> {
    lines: Vec<&'t [u8]>,
    at: usize,
}

impl<'t> Reader<'t> {
    /// The next line, without its ending.
    fn peek(&self) -> Option<&'t [u8]> {
        let line = *self.lines.get(self.at)?;
        Some(line.strip_suffix(b"\n").unwrap_or(line))
    }

    fn error(&self, kind: DiffErrorKind) -> DiffError {
        let line = self.at + 1;
        DiffError { line, kind }
    }

    /// Reads the two lines that name a file.
    fn header(&mut self) -> Result<Option<FileDiff>, DiffError> {
        let second = self.lines.get(self.at + 1).copied().unwrap_or_default();
        let (Some(old), Some(new)) = (
            self.peek().and_then(|line| line.strip_prefix(b"--- ")),
            second.strip_prefix(b"+++ "),
        ) else {
            return Ok(None);
        };
        let line = self.at + 1;
        let old = name(old).ok_or_else(|| self.error(DiffErrorKind::BadName))?;
        self.at += 1;
        let new = name(new).ok_or_else(|| self.error(DiffErrorKind::BadName))?;
        if new == NOWHERE {
            let what = "the file is removed";
            return Err(self.error(DiffErrorKind::Unsupported { what }));
        }
        self.at += 1;
        Ok(Some(FileDiff {
            old: Some(old).filter(|name| name != NOWHERE),
            new: Some(new),
            line,
            hunks: Vec::new(),
        }))
    }

    fn hunks(&mut self, mut file: FileDiff) -> Result<FileDiff, DiffError> {
        while let Some(counts) = self.peek().and_then(hunk_header) {
            let hunk = self.hunk(&counts)?;
            file.hunks.push(hunk);
        }
        if file.hunks.is_empty() {
            self.at = file.line - 1;
            return Err(self.error(DiffErrorKind::NoDiff));
        }
        Ok(file)
    }

    /// Reads as many lines as the header of a hunk says.
    fn hunk(&mut self, counts: &Counts) -> Result<Hunk, DiffError> {
        let line = self.at + 1;
        self.at += 1;
        let (mut old, mut new) = (counts.old.1, counts.new.1);
        let mut lines: Vec<Line> = Vec::new();
        while let Some(text) = self.peek() {
            if text.starts_with(b"\\") {
                if let Some(last) = lines.last_mut() {
                    last.is_open = true;
                }
                self.at += 1;
                continue;
            }
            if (old, new) == (0, 0) {
                break;
            }
            let (side, text) = self.side(text)?;
            let (of_old, of_new) = (side != Side::New, side != Side::Old);
            let left = old
                .checked_sub(usize::from(of_old))
                .zip(new.checked_sub(usize::from(of_new)));
            (old, new) = left.ok_or_else(|| self.error(DiffErrorKind::Counts))?;
            lines.push(Line {
                side,
                text: text.to_vec(),
                is_open: false,
            });
            self.at += 1;
        }
        if (old, new) != (0, 0) {
            return Err(self.error(DiffErrorKind::Counts));
        }
        Ok(Hunk {
            old: counts.old.0,
            new: counts.new.0,
            line,
            lines,
        })
    }

    fn side(&self, line: &'t [u8]) -> Result<(Side, &'t [u8]), DiffError> {
        match line.split_first() {
            // Mailers take the blank from an empty line.
            None | Some((b'\r', [])) => Ok((Side::Both, line)),
            Some((b' ', text)) => Ok((Side::Both, text)),
            Some((b'-', text)) => Ok((Side::Old, text)),
            Some((b'+', text)) => Ok((Side::New, text)),
            Some(_) => Err(self.error(DiffErrorKind::BadLine)),
        }
    }
}

/// First lines and numbers of lines of the two sides.
struct Counts {
    old: (usize, usize),
    new: (usize, usize),
}

/// Reads `@@ -1,2 +3,4 @@`.
fn hunk_header(line: &[u8]) -> Option<Counts> {
    let text = std::str::from_utf8(
        line.strip_prefix(b"@@ -")?
            .split(|&byte| byte == b'@')
            .next()?,
    );
    let (old, new) = text.ok()?.trim_end().split_once(" +")?;
    let range = |text: &str| {
        let (start, count) = text.split_once(',').unwrap_or((text, "1"));
        Some((start.parse().ok()?, count.parse().ok()?))
    };
    Some(Counts {
        old: range(old)?,
        new: range(new)?,
    })
}

/// The name of a file, without a time after it; git puts odd ones in quotes.
fn name(text: &[u8]) -> Option<String> {
    let text = text
        .split(|byte| matches!(byte, b'\t' | b'\n' | b'\r'))
        .next()?;
    let text = text.trim_ascii_end();
    let bytes = match text.strip_prefix(b"\"") {
        Some(quoted) => unquoted(quoted.strip_suffix(b"\"")?)?,
        None => text.to_vec(),
    };
    let name = String::from_utf8(bytes).ok()?;
    Some(name.replace('\\', "/")).filter(|name| !name.is_empty())
}

/// Takes the escapes out of a quoted name: octal bytes, and those of C.
fn unquoted(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: u8| {
            (b'0'..=b'7')
                .contains(&byte)
                .then(|| u32::from(byte - b'0'))
        };
        bytes.push(match rest.next()? {
            b'n' => b'\n',
            b't' => b'\t',
            first if digit(first).is_some() => {
                let value = 64 * digit(first)? + 8 * digit(rest.next()?)? + digit(rest.next()?)?;
                u8::try_from(value).ok()?
            }
            other => other,
        });
    }
    Some(bytes)
}
