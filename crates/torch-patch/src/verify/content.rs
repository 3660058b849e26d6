//! Which files are text: those that people edit by hand, and that patches change.

use std::path::Path;

/// Which files are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Contents {
    /// Text files. Of the others it is only checked that they are there and have their size.
    #[default]
    Text,
    /// Binary files too.
    All,
}

/// Extensions of files that are never text. What has another one is looked into.
const BINARY: [&str; 34] = [
    "a", "bin", "bz2", "cubin", "dll", "dylib", "egg", "exe", "fatbin", "gif", "gz", "h5", "hsaco",
    "ico", "jpeg", "jpg", "lib", "mo", "npy", "npz", "o", "obj", "onnx", "pdb", "pdf", "pkl",
    "png", "pt", "pyd", "so", "wasm", "whl", "xz", "zip",
];

/// Whether the name of a file says that it is binary, as `libtorch.so` and `libcudart.so.12` do.
pub(super) fn is_binary_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = Path::new(name).extension().and_then(|own| own.to_str());
    let extension = extension.map(str::to_ascii_lowercase).unwrap_or_default();
    BINARY.contains(&extension.as_str()) || name.contains(".so.")
}

/// Whether the start of a file shows that it is binary, as git decides it: there is a NUL in it.
pub(super) fn is_binary_start(start: &[u8]) -> bool {
    start.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_libraries_from_sources() {
        for path in [
            "torch/_C.cpython-311-x86_64-linux-gnu.so",
            "torch/lib/libcudart-9335f6a2.so.12",
            "a/B.DLL",
        ] {
            assert!(is_binary_name(path), "{path}");
        }
        for path in [
            "torch/version.py",
            "torch/lib/x.hpp",
            "bin/torchrun",
            "so",
            "a.so/b.py",
            "py.typed",
        ] {
            assert!(!is_binary_name(path), "{path}");
        }
        assert!(
            is_binary_start(b"\x7fELF\x02\x01\x01\0") && !is_binary_start("héllo\r\n".as_bytes())
        );
    }
}
