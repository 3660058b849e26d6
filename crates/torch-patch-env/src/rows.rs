//! All rows of a `RECORD`: every file that a distribution brought, with the digest it was installed with.
//!
//! Some releases have rows that are wrong. Each line is read for itself, so that one that makes no sense does not hide
//! the others.

use std::collections::HashSet;
use std::io::Read as _;
use std::path::Path;

use crate::bounded;
use crate::distribution::{Distribution, is_absent};
use crate::error::{EnvError, EnvErrorKind};
use crate::record::{Recorded, line_of, parse, recorded};

/// The most bytes of a `RECORD` that are read; that of torch has about two million.
const LIMIT: u64 = 256 << 20;

/// One file of a distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Relative to site-packages and `/`-separated. It may lead out of it, as `../../../bin/torchrun` does.
    pub path: String,
    /// What the file was installed with; an error says what is wrong with the row.
    pub recorded: Result<Recorded, String>,
}

impl Distribution {
    /// Reads all rows of its `RECORD`, each path once; `None` if it has none, as Debian's.
    ///
    /// # Errors
    ///
    /// If the file is there and cannot be read.
    pub fn rows(&self) -> Result<Option<Vec<Row>>, EnvError> {
        match &self.metadata_dir {
            Some(directory) => rows_of(&directory.join("RECORD")),
            None => Ok(None),
        }
    }
}

/// Reads all rows of the `RECORD` at a path, each path once; `None` if there is no such file.
///
/// # Errors
///
/// If the file is there and cannot be read.
pub fn rows_of(record: &Path) -> Result<Option<Vec<Row>>, EnvError> {
    let unreadable = |error| EnvError::unreadable(record, "list the files of a package", &error);
    let file = match bounded::open(record) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let mut text = Vec::new();
    file.take(LIMIT + 1)
        .read_to_end(&mut text)
        .map_err(unreadable)?;
    if text.len() as u64 > LIMIT {
        return Err(EnvErrorKind::RecordMalformed {
            path: record.to_owned(),
            line: String::new(),
            reason: format!("it has more than {LIMIT} bytes"),
        }
        .into());
    }
    Ok(Some(rows_in(&text)))
}

/// The rows of a text; of two for one path the first counts, as for [`Distribution::recorded`].
fn rows_in(text: &[u8]) -> Vec<Row> {
    let mut seen = HashSet::new();
    let lines = text.split(|byte| *byte == b'\n');
    let rows = lines.filter_map(|line| row(line_of(line)));
    rows.filter(|row| seen.insert(row.path.clone())).collect()
}

fn row(line: &[u8]) -> Option<Row> {
    let fields = parse(line)?;
    let path = fields.get(0)?.replace('\\', "/");
    (!path.is_empty()).then(|| Row {
        path,
        recorded: recorded(&fields),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

    #[test]
    fn every_row_is_read_and_wrong_ones_hide_no_other() {
        let text = format!(
            "\u{feff}torch\\a.py,sha256={EMPTY},0\r\n\"unclosed,sha256=x,1\n\n,,\n\
             \"b, c.py\",sha256={EMPTY},\n../../../bin/torchrun,sha256=!!,7\nx.pyc,,\ntorch/a.py,,\n\
             last.py,md5=abc,3"
        );
        let rows = rows_in(text.as_bytes());
        let paths: Vec<&str> = rows.iter().map(|row| row.path.as_str()).collect();
        assert_eq!(
            paths[..1]
                .iter()
                .chain(&paths[paths.len() - 4..])
                .collect::<Vec<_>>(),
            [
                &"torch/a.py",
                &"b, c.py",
                &"../../../bin/torchrun",
                &"x.pyc",
                &"last.py"
            ]
        );
        let of = |path: &str| &rows.iter().find(|row| row.path == path).unwrap().recorded;
        assert!(matches!(
            of("torch/a.py"),
            Ok(Recorded::Digest { size: Some(0), .. })
        ));
        assert!(matches!(
            of("b, c.py"),
            Ok(Recorded::Digest { size: None, .. })
        ));
        assert!(
            of("../../../bin/torchrun")
                .as_ref()
                .unwrap_err()
                .contains("43 characters")
        );
        assert_eq!(of("x.pyc"), &Ok(Recorded::NoDigest));
        assert_eq!(of("last.py"), &Ok(Recorded::NoDigest));
    }

    #[test]
    fn no_record_is_none() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(rows_of(&directory.path().join("RECORD")).unwrap(), None);
        let error = rows_of(directory.path()).unwrap_err();
        assert_eq!(error.code(), "metadata-unreadable");
    }
}
