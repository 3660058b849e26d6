//! Any bytes as ledger and intent of a store: nothing panics, reading writes nothing, and whatever the
//! lock settles, a file holds what it held or the content of a backup, and nothing outside is touched.
//!
//! The input is `ledger.json`, a NUL, and `intent.json`.

#![no_main]

use std::fs;
use std::path::Path;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use torch_patch_store::{Digest, LockOptions, RelativePath, Store};

/// What files and backups hold: `a` is as it was, `b` is patched, `c` is the user's.
const OLD: &[u8] = b"x = 1\n";
const NEW: &[u8] = b"x = 2\n";
const OWN: &[u8] = b"x = 3\n";

fuzz_target!(|data: &[u8]| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("outside"), OWN).expect("a file");
    let root = folder.path().join("root");
    let own = root.join(".torch-patch");
    fs::create_dir_all(own.join("backups")).expect("a folder");
    for (name, bytes) in [("a", OLD), ("b", NEW), ("c", OWN)] {
        fs::write(root.join(name), bytes).expect("a file");
    }
    for bytes in [OLD, NEW] {
        fs::write(own.join("backups").join(Digest::of(bytes).hex()), bytes).expect("a file");
    }
    match data.iter().position(|&byte| byte == 0) {
        Some(at) => {
            fs::write(own.join("ledger.json"), &data[..at]).expect("a file");
            fs::write(own.join("intent.json"), &data[at + 1..]).expect("a file");
        }
        None => fs::write(own.join("ledger.json"), data).expect("a file"),
    }
    let store = Store::new(&root);
    read(&store);
    check(&root, "reading");
    let options = LockOptions {
        timeout: Duration::ZERO,
        holder: "fuzz".to_owned(),
    };
    match store.lock(&options) {
        Ok(locked) => {
            assert!(locked.pending().is_none(), "what was begun is settled");
            let _ = locked.release().map_err(|error| error.to_string());
        }
        Err(error) => drop((error.to_string(), error.hint())),
    }
    check(&root, "the lock");
    read(&store);
    let outside = fs::read(folder.path().join("outside")).expect("it is still there");
    assert_eq!(outside, OWN);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);
});

fn read(store: &Store) {
    match store.read() {
        Ok(view) => {
            let _ = view.settled().map_err(|error| error.to_string());
            for (path, entry) in &view.ledger().files {
                let _ = store.target(path);
                let _ = entry.pristine.map(|digest| view.backup(&digest));
                for layer in &entry.patches {
                    let _ = view.blob(&layer.digest);
                }
            }
        }
        Err(error) => drop((error.to_string(), error.hint())),
    }
}

/// A file of the root holds one of the contents that were there, whoever says what.
fn check(root: &Path, after: &str) {
    for name in ["a", "b", "c"] {
        let path = RelativePath::new(name).expect("a plain name");
        match fs::read(path.join_to(root)) {
            Ok(bytes) => {
                assert!(
                    [OLD, NEW, OWN].contains(&bytes.as_slice()),
                    "{name} after {after}"
                );
                assert!(name != "c" || bytes == OWN, "the user's file after {after}");
            }
            // An intent that creates a file is undone by removing it: only a content it names.
            Err(_) => assert!(name != "c", "the user's file after {after}"),
        }
    }
}
