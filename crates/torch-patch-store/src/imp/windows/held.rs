//! Directories held open while something in them is done, so that nobody puts a junction into the place of one in between.
//!
//! A path is looked up anew for each operation here, and there is no way to open a file below an open directory. But a
//! directory that is open without sharing its deletion can be neither renamed nor removed, and one that is not empty
//! cannot become a junction. So each directory on the way is opened, seen to be no link, and held until the operation is
//! done.

use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::path::Path;

use fs_err as fs;

use super::patience::{named, patiently};

/// `FILE_LIST_DIRECTORY` (`winnt.h`): a handle without a right to the data would be shared whatever it says.
const LIST: u32 = 0x1;
/// `FILE_SHARE_READ` and `FILE_SHARE_WRITE`, without `FILE_SHARE_DELETE`.
const SHARED: u32 = 0x1 | 0x2;
/// `FILE_FLAG_BACKUP_SEMANTICS`, without which no directory is opened, and `FILE_FLAG_OPEN_REPARSE_POINT`, with which a
/// link is opened itself.
const FLAGS: u32 = 0x0200_0000 | 0x0020_0000;

/// Opens every directory between `root` and the last name of `path`. The way to the root is the user's.
pub(super) fn held(root: &Path, path: &Path) -> io::Result<Vec<fs::File>> {
    let above = path.ancestors().skip(1);
    let between = above.take_while(|directory| *directory != root && directory.starts_with(root));
    let mut between: Vec<&Path> = between.collect();
    between.reverse();
    between.into_iter().map(hold).collect()
}

fn hold(directory: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options
        .options_mut()
        .access_mode(LIST)
        .share_mode(SHARED)
        .custom_flags(FLAGS);
    let open = || options.options().open(directory);
    let file = patiently(directory, open).map_err(|error| named("open", directory, error))?;
    if file.metadata()?.file_type().is_dir() {
        return Ok(fs::File::from_parts(file, directory));
    }
    let found = io::Error::new(
        io::ErrorKind::NotADirectory,
        "expected a directory, found a link",
    );
    Err(named("open", directory, found))
}
