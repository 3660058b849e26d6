//! What torch's compiled library was built with, without loading it.
//!
//! The library that Python loads has the names of the classes that it binds as C strings. `ProcessGroupNCCL` is one of
//! them exactly in builds with NCCL: so found in the wheels of 1.4 to 2.15 for Linux with CUDA, and absent from those for
//! Windows, macOS and aarch64 and from Debian's package, which have it as a part of longer texts only.

use std::io::Read;
use std::path::Path;

use fs_err as fs;
use memchr::memmem::Finder;

/// Where the library is, for Linux, Windows and macOS.
const LIBRARIES: [&str; 3] = [
    "torch/lib/libtorch_python.so",
    "torch/lib/torch_python.dll",
    "torch/lib/libtorch_python.dylib",
];
/// A library is read in pieces of so many bytes.
const PIECE: usize = 1 << 20;

/// Which back ends a library binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Bound {
    pub(super) nccl: bool,
    pub(super) gloo: bool,
}

/// Reads the library of the torch in a site-packages directory; `None`: there is none that can be read.
pub(super) fn bound(site_packages: &Path) -> Option<Bound> {
    let libraries = LIBRARIES.iter().map(|path| site_packages.join(path));
    let mut read = libraries.filter_map(|path| {
        let is_file = fs::metadata(&path).is_ok_and(|found| found.is_file());
        is_file.then(|| fs::File::open(&path).and_then(search).ok())?
    });
    read.next()
}

fn search(mut library: impl Read) -> std::io::Result<Bound> {
    const NCCL: &[u8] = b"\0ProcessGroupNCCL\0";
    const GLOO: &[u8] = b"\0ProcessGroupGloo\0";
    let overlap = NCCL.len().max(GLOO.len()) - 1;
    let (nccl, gloo) = (Finder::new(NCCL), Finder::new(GLOO));
    let mut found = Bound::default();
    let mut piece = vec![0; overlap + PIECE];
    let mut kept = 0;
    while !(found.nccl && found.gloo) {
        let read = library.read(&mut piece[kept..])?;
        if read == 0 {
            break;
        }
        let held = kept + read;
        found.nccl |= nccl.find(&piece[..held]).is_some();
        found.gloo |= gloo.find(&piece[..held]).is_some();
        kept = held.min(overlap);
        piece.copy_within(held - kept..held, 0);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_as_a_whole_string_wherever_it_is() {
        let both = Bound {
            nccl: true,
            gloo: true,
        };
        let gloo = Bound {
            nccl: false,
            gloo: true,
        };
        for before in [0, 1, PIECE - 20, PIECE - 10, PIECE, PIECE + 30, 3 * PIECE] {
            let mut library = vec![b'x'; before];
            library.extend(b"\0ProcessGroupGloo\0 is not ProcessGroupNCCL\0");
            assert_eq!(search(library.as_slice()).unwrap(), gloo, "{before}");
            library.extend(b"ProcessGroupNCCL\0");
            assert_eq!(search(library.as_slice()).unwrap(), both, "{before}");
        }
        assert_eq!(search(&b""[..]).unwrap(), Bound::default());
    }

    /// A reader that gives a few bytes at a time.
    struct Slow<'b>(&'b [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let some = into.len().min(3);
            self.0.read(&mut into[..some])
        }
    }

    #[test]
    fn short_reads_lose_nothing() {
        let library = b"abc\0ProcessGroupNCCL\0def\0ProcessGroupGloo\0";
        let found = search(Slow(library)).unwrap();
        assert!(found.nccl && found.gloo);
    }

    #[test]
    fn without_a_library_nothing_is_known() {
        let site = tempfile::tempdir().unwrap();
        assert_eq!(bound(site.path()), None);
        fs::create_dir_all(site.path().join(LIBRARIES[0])).unwrap();
        assert_eq!(bound(site.path()), None, "a directory is no library");
    }
}
