//! Reading files that somebody else wrote: never a pipe, which may have no other end, and never more than such a file can
//! have to say.

use std::io::{self, Read};
use std::path::Path;

use fs_err as fs;

/// The most bytes that are read of metadata and of modules that name a version. What matters comes first in these.
const START: u64 = 1 << 20;

/// Opens a regular file, or one that a link leads to.
pub(crate) fn open(path: &Path) -> io::Result<fs::File> {
    if !fs::metadata(path)?.is_file() {
        let message = format!(
            "`{}`: expected a regular file, found something else",
            path.display()
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    fs::File::open(path)
}

/// Reads the start of a regular file: all of it, unless it is far too large.
pub(crate) fn read_start(path: &Path) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    // One more than there is, so that the end is found without growing.
    let size = file.metadata()?.len().min(START) + 1;
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    file.take(START).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_far_too_large_is_read_from_its_start() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("METADATA");
        fs::write(&path, "Name: torch\n").unwrap();
        assert_eq!(read_start(&path).unwrap(), b"Name: torch\n");
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(1 << 40).unwrap();
        let bytes = read_start(&path).unwrap();
        assert_eq!(bytes.len() as u64, START);
        assert!(bytes.starts_with(b"Name: torch\n\0"));
    }

    #[test]
    fn a_directory_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let error = read_start(directory.path()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }

    /// A test that hangs has failed, too.
    #[cfg(unix)]
    #[test]
    fn a_pipe_is_refused_without_waiting_for_its_other_end() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("RECORD");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        let error = read_start(&path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}
