//! The file that an answer is written to in the place of stdout: whole, or not at all.

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use tempfile::NamedTempFile;

/// Writes the whole file or leaves the old one. What is no file, such as `/dev/stdout`, is written to.
pub(crate) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let is_other = fs_err::metadata(path).is_ok_and(|metadata| !metadata.is_file());
    let written = if is_other {
        fs_err::write(path, text)
    } else {
        filled(path, text).and_then(|file| Ok(file.persist(path).map(drop)?))
    };
    written.with_context(|| failed(path))
}

/// Writes a file that is not there yet; says whether there was none.
pub(crate) fn write_new(path: &Path, text: &str) -> anyhow::Result<bool> {
    let written = filled(path, text).and_then(|file| match file.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.into()),
    });
    written.with_context(|| failed(path))
}

fn failed(path: &Path) -> String {
    format!("failed to write `{}`", path.display())
}

/// A file beside `path` with the whole text.
fn filled(path: &Path, text: &str) -> io::Result<NamedTempFile> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    #[cfg_attr(not(unix), allow(unused_mut, reason = "changed on Unix only"))]
    let mut builder = tempfile::Builder::new();
    // As any other new file: what others may do with it is for the umask to say.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(directory.unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}
