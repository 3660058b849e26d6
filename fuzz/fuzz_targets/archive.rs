//! Any bytes as a wheel: nothing panics, reads beyond its limits or takes long, and what is said to be
//! verified by a digest has that digest.

#![no_main]

use std::fs;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use torch_patch_store::Digest;
use torch_patch_upstream::{Client, ClientSettings, Location, Wheel, WheelName, members};

const PATHS: [&str; 4] = [
    "torch/version.py",
    "*.dist-info/METADATA",
    "a",
    "torch-1.0.dist-info/RECORD",
];

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
static CLIENT: LazyLock<Client> =
    LazyLock::new(|| Client::new(ClientSettings::default()).expect("the defaults make sense"));

fuzz_target!(|data: &[u8]| {
    let path = FOLDER.path().join("torch-1.0-py3-none-any.whl");
    fs::write(&path, data).expect("a file");
    let wheel = Wheel {
        name: WheelName::parse("torch-1.0-py3-none-any.whl").expect("the name of a wheel"),
        location: Location::File(path),
        size: None,
        digest: None,
        metadata_digest: None,
        yanked: None,
    };
    // Each alone too: what is read for one must not decide whether another can be.
    let together = members(&CLIENT, None, &wheel, &PATHS);
    for path in PATHS {
        match members(&CLIENT, None, &wheel, &[path]) {
            Ok(found) => {
                let member = found[path].as_ref();
                if let Some(member) = member {
                    assert_eq!(member.digest, Digest::of(&member.bytes), "{path}");
                }
                if let Ok(together) = &together {
                    assert_eq!(together[path].as_ref(), member, "{path}");
                }
            }
            Err(error) => drop(error.to_string()),
        }
    }
});
