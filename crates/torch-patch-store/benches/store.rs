//! What the store costs: reading a ledger, a durable first commit, a commit of ten files, and undoing it.

use divan::Bencher;
use tempfile::TempDir;
use torch_patch_store::{
    Change, Digest, FileChange, FileEntry, FileMetadata, LockOptions, RelativePath, Store, Wanted,
};

/// About the size of torch's largest patched file.
const SIZE: usize = 250_000;

fn main() {
    divan::main();
}

/// The read of every `status` and of an `apply` that has nothing to do.
#[divan::bench(args = [0, 1, 10, 100])]
fn read(bencher: Bencher<'_, '_>, files: usize) {
    let (root, store) = root_with(files);
    commit(&store, files);
    bencher.bench(|| store.read().expect("a ledger"));
    drop(root);
}

/// The bytes and the digest of one target.
#[divan::bench]
fn target(bencher: Bencher<'_, '_>) {
    let (root, store) = root_with(1);
    bencher.bench(|| store.target(&path(0)).expect("a file"));
    drop(root);
}

/// Lock, backups, intent, replacement, ledger, all durable.
#[divan::bench(args = [1, 10], sample_count = 30)]
fn first_commit(bencher: Bencher<'_, '_>, files: usize) {
    bencher
        .with_inputs(|| root_with(files))
        .bench_refs(|(_, store)| commit(store, files));
}

fn root_with(files: usize) -> (TempDir, Store) {
    let root = tempfile::tempdir().expect("a directory");
    for index in 0..files {
        fs_err::write(path(index).join_to(root.path()), before()).expect("a file");
    }
    let store = Store::new(root.path());
    (root, store)
}

fn commit(store: &Store, files: usize) {
    let files = (0..files).map(|index| change(path(index))).collect();
    let mut locked = store.lock(&LockOptions::new("bench")).expect("the lock");
    locked
        .commit(Change {
            files,
            blobs: Vec::new(),
        })
        .expect("a commit");
}

fn change(path: RelativePath) -> FileChange {
    let (before, after) = (before(), [before(), b"after\n".to_vec()].concat());
    let entry = FileEntry {
        distribution: "torch".to_owned(),
        version: "2.5.1".to_owned(),
        pristine: Some(Digest::of(&before)),
        expected: Some(Digest::of(&after)),
        metadata: FileMetadata::default(),
        patches: Vec::new(),
    };
    let mut file = FileChange::new(path, Some(Digest::of(&before)), Wanted::Write(after));
    file.entry = Some(entry);
    file
}

fn before() -> Vec<u8> {
    b"0123456789abcde\n".repeat(SIZE / 16)
}

fn path(index: usize) -> RelativePath {
    RelativePath::new(&format!("file_{index}.py")).expect("a path")
}
