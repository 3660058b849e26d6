//! One row of a distribution's `RECORD`: a file and the digest it was installed with.
//!
//! Only the row that is asked for is read, as other rows are sometimes wrong upstream and torch has 12,000 of them. The
//! format is CSV (PEP 376, PEP 427): path, `algorithm=digest` in base64url without padding, size in bytes.

use std::io::{self, Read};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use memchr::memmem::Finder;
use memchr::{memchr, memrchr};
use serde::Serialize;

use crate::error::{EnvError, EnvErrorKind};

/// What `RECORD` says about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recorded {
    /// The file was installed with this content.
    Digest {
        /// The sha256 of its bytes.
        sha256: [u8; 32],
        /// Its size in bytes, where the row has it.
        size: Option<u64>,
    },
    /// The file is listed without a digest, or with one other than sha256.
    NoDigest,
    /// The file is not among the distribution's.
    NotListed,
    /// The distribution has no `RECORD`, as Debian's.
    NoRecord,
}

/// Looks up `path`, `/`-separated and relative to site-packages, in `text`, the content of `record`.
///
/// Reads no further than the row. `record` only names the text in errors; it need not be a file of this machine.
///
/// ```
/// use torch_patch_env::{Recorded, recorded_in};
///
/// # fn main() -> Result<(), torch_patch_env::EnvError> {
/// let text = "torch/_C.so,,\ntorch/version.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n";
/// let row = recorded_in("torch-2.5.1.dist-info/RECORD".as_ref(), text.as_bytes(), "torch/version.py")?;
/// assert!(matches!(row, Recorded::Digest { size: Some(0), .. }));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// If the text cannot be read, or the row is damaged.
pub fn recorded_in(record: &Path, text: impl Read, path: &str) -> Result<Recorded, EnvError> {
    let unreadable = |error: io::Error| EnvError::unreadable(record, "look up a digest", &error);
    let Some(row) = find_row(record, text, path).map_err(unreadable)? else {
        return Ok(Recorded::NotListed);
    };
    recorded(&row).map_err(|reason| {
        let line = row.iter().collect::<Vec<_>>().join(",");
        EnvErrorKind::RecordMalformed {
            path: record.to_owned(),
            line,
            reason,
        }
        .into()
    })
}

/// The longest row that is taken for one.
const LONGEST_ROW: usize = 1 << 20;

/// Finds the row of `path`, written with `/` or with `\`. Stops reading there, and never holds more than a part of the text.
fn find_row(
    record: &Path,
    mut text: impl Read,
    path: &str,
) -> io::Result<Option<csv::StringRecord>> {
    const PART: usize = 1 << 16;
    let paths = [path.to_owned(), path.replace('/', "\\")];
    let spelled = paths.map(|path| (Finder::new(&path.replace('"', "\"\"")).into_owned(), path));
    let mut part = vec![0; PART];
    let mut filled = 0;
    loop {
        if filled == LONGEST_ROW {
            let record = record.display();
            let message = format!("`{record}` has a row of more than {LONGEST_ROW} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        if filled == part.len() {
            part.resize(2 * filled, 0);
        }
        let read = text.read(&mut part[filled..])?;
        filled += read;
        let lines = if read == 0 {
            filled
        } else {
            memrchr(b'\n', &part[..filled]).map_or(0, |newline| newline + 1)
        };
        // The first of them in the text, so that the answer does not depend on how much is read at once.
        let row = spelled
            .iter()
            .filter_map(|(finder, path)| row_in(&part[..lines], finder, path))
            .min_by_key(|(start, _)| *start);
        if row.is_some() || read == 0 {
            return Ok(row.map(|(_, row)| row));
        }
        part.copy_within(lines..filled, 0);
        filled -= lines;
    }
}

/// The first files that `RECORD` lists outside of metadata directories, enough to tell whether any is there.
pub(crate) fn first_files(bytes: &[u8]) -> Vec<String> {
    const ENOUGH: usize = 50;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(without_mark(bytes));
    let rows = reader.records().map_while(Result::ok);
    let files = rows.filter_map(|row| row.get(0).map(|path| path.replace('\\', "/")));
    files
        .filter(|path| !path.contains(".dist-info/"))
        .take(ENOUGH)
        .collect()
}

/// Returns the first row in `lines` whose first field is `path`, and where it starts.
fn row_in(lines: &[u8], finder: &Finder<'_>, path: &str) -> Option<(usize, csv::StringRecord)> {
    finder.find_iter(lines).find_map(|hit| {
        let start = memrchr(b'\n', &lines[..hit]).map_or(0, |newline| newline + 1);
        let is_at_start = matches!(without_mark(&lines[start..hit]), b"" | b"\"");
        let row = is_at_start
            .then(|| parse(line(&lines[start..])))
            .flatten()?;
        (row.get(0) == Some(path)).then_some((start, row))
    })
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

fn line(bytes: &[u8]) -> &[u8] {
    line_of(&bytes[..memchr(b'\n', bytes).unwrap_or(bytes.len())])
}

/// A line without what only the first one of a text may have.
pub(crate) fn line_of(bytes: &[u8]) -> &[u8] {
    without_mark(bytes)
}

/// Reads the fields of a row.
pub(crate) fn parse(line: &[u8]) -> Option<csv::StringRecord> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(line.len().clamp(1, 1 << 13))
        .from_reader(line);
    let mut row = csv::StringRecord::new();
    reader
        .read_record(&mut row)
        .is_ok_and(|is_read| is_read)
        .then_some(row)
}

/// What a row says of its file, or what is wrong with it.
pub(crate) fn recorded(row: &csv::StringRecord) -> Result<Recorded, String> {
    let Some(digest) = row.get(1).and_then(|hash| hash.strip_prefix("sha256=")) else {
        return Ok(Recorded::NoDigest);
    };
    let decoded = URL_SAFE_NO_PAD
        .decode(digest.trim_end_matches('='))
        .unwrap_or_default();
    let found = || format!("expected 43 characters of base64url after `sha256=`, found `{digest}`");
    let sha256 = decoded.try_into().map_err(|_| found())?;
    let size = row.get(2).and_then(|size| size.parse().ok());
    Ok(Recorded::Digest { sha256, size })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

    fn found(record: &str, path: &str) -> Recorded {
        recorded_in(Path::new("RECORD"), record.as_bytes(), path).unwrap()
    }

    fn digest(size: Option<u64>) -> Recorded {
        let sha256 = URL_SAFE_NO_PAD.decode(EMPTY).unwrap().try_into().unwrap();
        Recorded::Digest { sha256, size }
    }

    #[test]
    fn a_row_is_found_however_it_is_written() {
        for (record, path, expected) in [
            (
                format!("a.py,sha256={EMPTY},0\nb.py,,\n"),
                "a.py",
                digest(Some(0)),
            ),
            (
                format!("b.py,,\na.py,sha256={EMPTY},12"),
                "a.py",
                digest(Some(12)),
            ),
            (
                format!("b.py,,\r\na.py,sha256={EMPTY},12\r\nc.py,,\r\n"),
                "a.py",
                digest(Some(12)),
            ),
            (format!("a.py,sha256={EMPTY},\r\n"), "a.py", digest(None)),
            (format!("a.py,sha256={EMPTY}=,1\n"), "a.py", digest(Some(1))),
            (
                format!("\u{feff}a.py,sha256={EMPTY},1\n"),
                "a.py",
                digest(Some(1)),
            ),
            (
                format!("torch\\x\\a.py,sha256={EMPTY},1\n"),
                "torch/x/a.py",
                digest(Some(1)),
            ),
            (
                format!("\"x, y.py\",sha256={EMPTY},1\n"),
                "x, y.py",
                digest(Some(1)),
            ),
            (
                format!("\"x \"\"y\"\".py\",\"sha256={EMPTY}\",\"1\"\n"),
                "x \"y\".py",
                digest(Some(1)),
            ),
            (
                format!("é/a.py,sha256={EMPTY},1\n"),
                "é/a.py",
                digest(Some(1)),
            ),
            ("a.py,,\n".to_owned(), "a.py", Recorded::NoDigest),
            ("a.py\n".to_owned(), "a.py", Recorded::NoDigest),
            ("a.py,md5=abc,4\n".to_owned(), "a.py", Recorded::NoDigest),
        ] {
            assert_eq!(found(&record, path), expected, "{record:?}");
        }
    }

    #[test]
    fn other_rows_that_hold_the_path_are_passed_over() {
        let others =
            format!("x/a.py,,\na.pyc,,\na.py.orig,,\n\"a.py,b\",,\nz,a.py,\n\"{EMPTY}a.py\",,\n");
        assert_eq!(found(&others, "a.py"), Recorded::NotListed);
        assert_eq!(
            found(&format!("{others}a.py,sha256={EMPTY},0\n"), "a.py"),
            digest(Some(0))
        );
        assert_eq!(found("", "a.py"), Recorded::NotListed);
    }

    #[test]
    fn other_rows_need_not_be_right() {
        let record =
            format!("\"unclosed,sha256=!!,x\n,,,,,\na.py,sha256={EMPTY},0\nb.py,sha256=!!,0\n");
        assert_eq!(found(&record, "a.py"), digest(Some(0)));
    }

    #[test]
    fn what_has_no_end_is_no_row() {
        let text = io::repeat(0).take(1 << 40);
        let error = recorded_in(Path::new("RECORD"), text, "a.py").unwrap_err();
        assert!(error.to_string().contains("RECORD"), "{error}");
    }

    #[test]
    fn rows_are_found_across_the_parts_that_are_read() {
        for length in [0, 1, 65_000, 65_534, 65_535, 65_536, 200_000] {
            let record = format!(
                "{},,\nx/a.py,sha256={EMPTY},7\nx/b.py,,",
                "y".repeat(length)
            );
            assert_eq!(found(&record, "x/a.py"), digest(Some(7)), "{length}");
            assert_eq!(found(&record, "x/b.py"), Recorded::NoDigest, "{length}");
            assert_eq!(found(&record, "x/c.py"), Recorded::NotListed, "{length}");
        }
        let rows = format!("x/other.py,sha256={EMPTY},1\n").repeat(5000);
        assert_eq!(
            found(&format!("{rows}x\\a.py,sha256={EMPTY},7\n{rows}"), "x/a.py"),
            digest(Some(7))
        );
    }

    #[test]
    fn of_two_rows_for_a_path_the_first_counts() {
        struct Slowly<'a>(&'a [u8]);
        impl Read for Slowly<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let length = buffer.len().min(1);
                (&mut self.0).read(&mut buffer[..length])
            }
        }
        for (record, expected) in [
            (
                format!("x\\a.py,,\nx/a.py,sha256={EMPTY},0\n"),
                Recorded::NoDigest,
            ),
            (
                format!("x/a.py,sha256={EMPTY},0\nx\\a.py,,\n"),
                digest(Some(0)),
            ),
        ] {
            assert_eq!(found(&record, "x/a.py"), expected, "{record:?}");
            let slowly = recorded_in(Path::new("RECORD"), Slowly(record.as_bytes()), "x/a.py");
            assert_eq!(slowly.unwrap(), expected, "{record:?}");
        }
    }

    #[test]
    fn the_first_files_are_those_of_the_package() {
        let record = "x-1.0.dist-info/METADATA,,\r\nx\\a.py,sha256=x,1\r\n\"b, c.py\",,\r\n";
        assert_eq!(first_files(record.as_bytes()), ["x/a.py", "b, c.py"]);
        assert_eq!(first_files("a.py,,\n".repeat(99).as_bytes()).len(), 50);
        assert!(first_files(b"").is_empty());
    }

    #[test]
    fn a_digest_that_is_none_is_an_error() {
        for broken in [
            "",
            "!!",
            "47DEQpj8",
            "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFUAAA",
        ] {
            let record = format!("a.py,sha256={broken},0\n");
            let error = recorded_in(Path::new("x/RECORD"), record.as_bytes(), "a.py").unwrap_err();
            assert_eq!(error.code(), "record-malformed", "{broken}");
            assert!(error.to_string().contains("43 characters"), "{error}");
        }
    }
}
