//! Any bytes as the metadata of an installed package: nothing panics, and what `RECORD` is said to list
//! is the same whether the file is read in one piece or byte by byte.
//!
//! The input is `METADATA`, a NUL, and `RECORD`.

#![no_main]

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use torch_patch_env::{Request, Surroundings, discover, recorded_in};

const PATHS: [&str; 4] = ["torch/a.py", "a", "torch/\"x\", y.py", "é/a.py"];

static SITE: LazyLock<TempDir> = LazyLock::new(|| {
    let site = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir_all(site.path().join("torch-1.0.dist-info")).expect("a folder");
    fs::create_dir_all(site.path().join("torch")).expect("a folder");
    site
});

/// Hands out one byte at a time, as a slow pipe would.
struct Slowly<'a>(&'a [u8]);

impl Read for Slowly<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(1);
        (&mut self.0).read(&mut buffer[..length])
    }
}

fuzz_target!(|data: &[u8]| {
    let at = data.iter().position(|&byte| byte == 0);
    let (metadata, record) = match at {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (&b"Name: torch\nVersion: 1.0\n"[..], data),
    };
    for path in PATHS {
        let at_once = recorded_in(Path::new("RECORD"), record, path);
        let slowly = recorded_in(Path::new("RECORD"), Slowly(record), path);
        match (at_once, slowly) {
            (Ok(at_once), Ok(slowly)) => assert_eq!(at_once, slowly, "{path}"),
            (Err(at_once), Err(slowly)) => assert_eq!(at_once.to_string(), slowly.to_string()),
            (at_once, slowly) => panic!("{path}: {at_once:?}, {slowly:?}"),
        }
    }
    installed(metadata, record);
});

/// Finds the package as the command line does.
fn installed(metadata: &[u8], record: &[u8]) {
    let folder = SITE.path().join("torch-1.0.dist-info");
    fs::write(folder.join("METADATA"), metadata).expect("a file");
    fs::write(folder.join("RECORD"), record).expect("a file");
    let request = Request {
        site_packages: Some(SITE.path().into()),
        ..Request::default()
    };
    let environment =
        discover(&request, &Surroundings::new(SITE.path())).expect("it is a folder with packages");
    match environment.distribution("torch") {
        Ok(distribution) => {
            let _ = distribution
                .recorded("torch/a.py")
                .map_err(|error| error.to_string());
        }
        Err(error) => drop(error.to_string()),
    }
}
