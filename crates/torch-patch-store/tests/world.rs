//! One root with files, and changes of them in one line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err as fs;
use tempfile::TempDir;
use torch_patch_store::{
    Change, Digest, FileChange, FileEntry, FileMetadata, Layer, LockOptions, RelativePath, Store,
    Wanted,
};

pub(crate) const BLOB: &[u8] = b"id = \"one\"\n";

pub(crate) struct World {
    directory: TempDir,
}

/// Every file below the root but the store's own, with its bytes and permission bits.
pub(crate) type Snapshot = BTreeMap<String, (Vec<u8>, u32)>;

impl World {
    pub(crate) fn new(files: &[(&str, &[u8])]) -> Self {
        let world = Self {
            directory: TempDir::new().unwrap(),
        };
        for (path, bytes) in files {
            world.write(path, bytes);
        }
        world
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn store(&self) -> Store {
        Store::new(self.root())
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), bytes).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> Option<Vec<u8>> {
        fs::read(self.at(path)).ok()
    }

    pub(crate) fn has_records(&self) -> bool {
        self.at(".torch-patch").exists()
    }

    /// Directories are entries too, without bytes.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::new();
        collect(self.root(), self.root(), &mut snapshot);
        snapshot
    }

    pub(crate) fn commit(&self, files: Vec<FileChange>) {
        let store = self.store();
        let mut locked = store.lock(&options()).unwrap();
        locked.commit(change(files)).unwrap();
        locked.release().unwrap();
    }
}

pub(crate) fn options() -> LockOptions {
    LockOptions {
        timeout: Duration::from_secs(5),
        holder: "test".to_owned(),
    }
}

pub(crate) fn path(text: &str) -> RelativePath {
    RelativePath::new(text).unwrap()
}

pub(crate) fn change(files: Vec<FileChange>) -> Change {
    Change {
        files,
        blobs: vec![BLOB.to_vec()],
    }
}

/// `before` becomes `after` (`None`: absent), recorded with `before` as the original.
pub(crate) fn apply(file: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> FileChange {
    let found = before.map(Digest::of);
    FileChange {
        path: path(file),
        found,
        wanted: wanted(after),
        entry: Some(entry(found, after.map(Digest::of))),
        backup: before.map(<[u8]>::to_vec),
        keep_user_copy: false,
        is_merged: false,
        restore_metadata: None,
        derived: Vec::new(),
    }
}

/// `before` becomes `after` (`None`: absent), and the file is forgotten.
pub(crate) fn revert(file: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> FileChange {
    FileChange {
        entry: None,
        backup: None,
        ..apply(file, before, after)
    }
}

pub(crate) fn entry(pristine: Option<Digest>, expected: Option<Digest>) -> FileEntry {
    let layer = Layer {
        id: "one".to_owned(),
        variant: String::new(),
        digest: Digest::of(BLOB),
        owners: vec!["user".to_owned()],
    };
    FileEntry {
        distribution: "torch".to_owned(),
        version: "2.5.1".to_owned(),
        pristine,
        expected,
        metadata: FileMetadata::default(),
        patches: vec![layer],
    }
}

fn wanted(after: Option<&[u8]>) -> Wanted {
    after.map_or(Wanted::Remove, |bytes| Wanted::Write(bytes.to_vec()))
}

fn collect(root: &Path, directory: &Path, snapshot: &mut Snapshot) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path
            .strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        if name == ".torch-patch" {
            continue;
        }
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_dir() {
            snapshot.insert(name, (Vec::new(), 0));
            collect(root, &path, snapshot);
        } else {
            snapshot.insert(name, (fs::read(&path).unwrap(), mode(&metadata)));
        }
    }
}

#[cfg(unix)]
fn mode(metadata: &std::fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode()
}

#[cfg(not(unix))]
fn mode(_metadata: &std::fs::Metadata) -> u32 {
    0
}
