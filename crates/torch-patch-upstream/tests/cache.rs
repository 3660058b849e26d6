//! The cache: what is in it is right, whatever happens to it, and a second reading asks for nothing.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use torch_patch_store::Digest;
use torch_patch_testing::{Fault, Server};
use torch_patch_upstream::{
    Cache, CacheUsage, Members, UpstreamErrorKind, Verification, Wheel, members,
};

use crate::making::{Form, INFO, client, make, served, with_record};

const A: &str = "torch/a.py";
const B: &str = "torch/b.py";
const ABSENT: &str = "torch/none.py";
const METADATA: &str = "*.dist-info/METADATA";

/// A wheel on a server, and a cache that is not there yet.
struct Scene {
    server: Server,
    wheel: Wheel,
    directory: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let b = "# no more than a comment\n".repeat(100);
        let files: [(&str, &[u8]); 2] = [(A, b"a = 1\n"), (B, b.as_bytes())];
        let made = make(&with_record(&files), Form::Deflated);
        let (server, mut wheel) = served(&made.bytes);
        wheel.digest = Some(Digest::of(&made.bytes));
        wheel.size = Some(made.bytes.len() as u64);
        Self {
            server,
            wheel,
            directory: tempfile::tempdir().unwrap(),
        }
    }

    fn root(&self) -> PathBuf {
        self.directory.path().join("cache")
    }

    fn cache(&self) -> Cache {
        Cache::new(self.root())
    }

    fn read(&self, paths: &[&str]) -> Members {
        let cache = self.cache();
        let found = members(client(), Some(&cache), &self.wheel, paths).unwrap();
        assert_eq!(cache.problem(), None);
        found
    }

    /// The number of requests since this was asked last.
    fn requests(&self) -> usize {
        let requests = self.server.requests().len();
        self.server.forget();
        requests
    }

    fn files(&self, below: &str) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect(&self.root().join(below), &mut files);
        files
    }
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs_err::read_dir(directory).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => collect(&path, files),
            path => files.push(path),
        }
    }
}

#[test]
fn a_second_reading_asks_for_nothing() {
    let scene = Scene::new();
    let paths = [A, METADATA, ABSENT];
    let first = scene.read(&paths);
    assert!(scene.requests() > 0);
    assert_eq!(scene.read(&paths), first);
    assert_eq!(scene.requests(), 0);
    let exact = format!("{INFO}/METADATA");
    assert_eq!(scene.read(&[&exact])[&exact], first[METADATA]);
    assert_eq!(scene.requests(), 0);
    assert_eq!(first[ABSENT], None);
    assert_eq!(
        first[A].as_ref().unwrap().verification,
        Verification::Digest
    );
    // What is not known yet is learnt, and what is known is kept.
    scene.read(&[A, B]);
    assert_eq!(scene.requests(), 1);
    scene.read(&[A, B, METADATA, ABSENT]);
    assert_eq!(scene.requests(), 0);
    assert_eq!(scene.files("tmp"), Vec::<PathBuf>::new());
}

#[test]
fn a_wheel_without_metadata_directory_is_remembered_as_well() {
    let mut scene = Scene::new();
    let made = make(&[(A.to_owned(), b"a = 1\n".to_vec())], Form::Stored);
    scene.server.put("/torch.whl", made.bytes.clone());
    scene.wheel.digest = Some(Digest::of(&made.bytes));
    scene.wheel.size = None;
    let first = scene.read(&[A, METADATA]);
    assert_eq!(first[METADATA], None);
    assert_eq!(first[A].as_ref().unwrap().verification, Verification::Crc32);
    scene.requests();
    assert_eq!(scene.read(&[A, METADATA]), first);
    assert_eq!(scene.requests(), 0);
}

#[test]
fn a_wheel_without_digest_is_asked_whether_it_changed() {
    let mut scene = Scene::new();
    scene.wheel.digest = None;
    scene.read(&[A]);
    scene.read(&[A]);
    assert_eq!(
        scene.files("wheels"),
        Vec::<PathBuf>::new(),
        "nothing tells whether it changed"
    );
    let tag = |value: &str| Fault::Header("ETag".to_owned(), format!("\"{value}\""));
    scene.server.fault("/torch.whl", tag("a"));
    scene.read(&[A]);
    scene.requests();
    scene.read(&[A]);
    assert_eq!((scene.requests(), scene.files("wheels").len()), (1, 1));
    scene.server.heal("/torch.whl");
    scene.server.fault("/torch.whl", tag("b"));
    scene.read(&[A]);
    assert_eq!(scene.files("wheels").len(), 2);
}

#[test]
fn a_content_is_known_by_its_digest_whatever_wheel_it_was_in() {
    let scene = Scene::new();
    let digest = Digest::of(b"a = 1\n");
    assert_eq!(scene.cache().content_of(digest), None);
    scene.read(&[A]);
    assert_eq!(scene.cache().content_of(digest).unwrap(), b"a = 1\n");
    fs_err::write(&scene.files("members")[0], "a = 2\n").unwrap();
    assert_eq!(scene.cache().content_of(digest), None);
}

#[test]
fn damage_is_noticed_and_repaired() {
    let scene = Scene::new();
    let first = scene.read(&[A, B]);
    let damages: [fn(Vec<u8>) -> Vec<u8>; 4] = [
        |_| Vec::new(),
        |bytes| bytes[1..].to_vec(),
        |mut bytes| {
            bytes[3] ^= 1;
            bytes
        },
        |bytes| [bytes, vec![b' ']].concat(),
    ];
    for kind in ["members", "wheels"] {
        for file in scene.files(kind) {
            for damage in damages {
                let right = fs_err::read(&file).unwrap();
                fs_err::write(&file, damage(right.clone())).unwrap();
                scene.requests();
                assert_eq!(scene.read(&[A, B]), first);
                let is_blank = kind == "wheels" && fs_err::read(&file).unwrap() != right;
                assert!(scene.requests() == 1 || is_blank, "{}", file.display());
                assert!(is_blank || fs_err::read(&file).unwrap() == right);
                fs_err::write(&file, right).unwrap();
            }
        }
    }
}

#[test]
fn no_changed_byte_of_the_facts_gives_wrong_bytes() {
    let scene = Scene::new();
    let first = scene.read(&[A, B]);
    let file = scene.files("wheels").remove(0);
    let right = fs_err::read(&file).unwrap();
    for at in 0..right.len() {
        let mut bytes = right.clone();
        bytes[at] ^= 3;
        fs_err::remove_file(&file).unwrap();
        fs_err::write(&file, bytes).unwrap();
        assert_eq!(scene.read(&[A, B]), first, "{at}");
    }
}

#[test]
fn what_the_index_now_says_otherwise_is_read_again() {
    let mut scene = Scene::new();
    let found = scene.read(&[METADATA]);
    scene.wheel.metadata_digest = Some(found[METADATA].as_ref().unwrap().digest);
    scene.requests();
    assert_eq!(scene.read(&[METADATA]), found);
    assert_eq!(scene.requests(), 0);
    scene.wheel.metadata_digest = Some(Digest::of(b""));
    let cache = scene.cache();
    let error = members(client(), Some(&cache), &scene.wheel, &[METADATA]).unwrap_err();
    assert_eq!(error.code(), "wheel-mismatch");
}

#[test]
fn an_interrupted_download_leaves_nothing() {
    let scene = Scene::new();
    for fault in [Fault::Truncate(100), Fault::Reset(100), Fault::Status(500)] {
        scene.server.fault("/torch.whl", fault);
        let cache = scene.cache();
        assert!(members(client(), Some(&cache), &scene.wheel, &[A]).is_err());
        assert_eq!(cache.usage().unwrap(), CacheUsage::default());
        scene.server.heal("/torch.whl");
    }
    scene.read(&[A]);
}

#[test]
fn what_is_not_right_is_not_put_in() {
    let mut scene = Scene::new();
    let files = [
        (A.to_owned(), b"a = 1\n".to_vec()),
        (
            format!("{INFO}/RECORD"),
            crate::making::row(A, b"a = 2\n").into_bytes(),
        ),
    ];
    let made = make(&files, Form::Stored);
    scene.server.put("/torch.whl", made.bytes.clone());
    scene.wheel.size = None;
    let cache = scene.cache();
    assert!(members(client(), Some(&cache), &scene.wheel, &[A]).is_err());
    assert_eq!(cache.usage().unwrap(), CacheUsage::default());
}

#[test]
fn many_readers_at_once_get_the_same() {
    let scene = Scene::new();
    let expected = Scene::new().read(&[A, B, METADATA, ABSENT]);
    std::thread::scope(|scope| {
        for number in 0..16 {
            let (scene, expected) = (&scene, &expected);
            scope.spawn(move || {
                // Two values are what two processes have.
                let cache = scene.cache();
                let all = [A, B, METADATA, ABSENT];
                for round in 0..10 {
                    let path = all[(number + round) % all.len()];
                    let found = members(client(), Some(&cache), &scene.wheel, &[path]).unwrap();
                    assert_eq!(found[path], expected[path]);
                    if number == 0 && round % 4 == 3 {
                        cache.clean().unwrap();
                    }
                }
            });
        }
    });
    scene.read(&[A, B, METADATA, ABSENT]);
    scene.requests();
    assert_eq!(scene.read(&[A, B, METADATA, ABSENT]), expected);
    assert_eq!(scene.requests(), 0);
    assert_eq!(scene.files("tmp"), Vec::<PathBuf>::new());
}

#[test]
fn cleaning_leaves_what_is_not_the_cache_s() {
    let scene = Scene::new();
    let (cache, root) = (scene.cache(), scene.root());
    assert_eq!(cache.usage().unwrap(), CacheUsage::default());
    assert_eq!(cache.clean().unwrap(), CacheUsage::default());
    scene.read(&[A, B]);
    let usage = cache.usage().unwrap();
    let listed = ["members", "wheels"].map(|kind| scene.files(kind).len() as u64);
    assert_eq!((usage.files, listed), (3, [2, 1]));
    let size = |path: &PathBuf| fs_err::metadata(path).unwrap().len();
    let bytes: u64 = ["members", "wheels"]
        .iter()
        .flat_map(|kind| scene.files(kind))
        .map(|path| size(&path))
        .sum();
    assert_eq!(usage.bytes, bytes);
    let foreign = [
        "note.txt",
        "members/note.txt",
        "members/00/note.txt",
        "wheels/x.json",
        "tmp/note.txt",
    ];
    for name in foreign {
        fs_err::create_dir_all(root.join(name).parent().unwrap()).unwrap();
        fs_err::write(root.join(name), "").unwrap();
    }
    assert_eq!(cache.clean().unwrap(), usage);
    assert_eq!(cache.usage().unwrap(), CacheUsage::default());
    for name in foreign {
        fs_err::remove_file(root.join(name)).unwrap();
    }
    assert_eq!(cache.clean().unwrap(), CacheUsage::default());
    scene.read(&[A]);
    cache.clean().unwrap();
    // Without its tag, what another process writes at this moment would be nobody's.
    let left = fs_err::read_dir(&root).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["CACHEDIR.TAG"]);
}

#[test]
fn a_foreign_directory_is_neither_cleaned_nor_written() {
    for (name, text) in [
        ("members/00/x", ""),
        (
            "CACHEDIR.TAG",
            "Signature: 8a477f597d28d172789f06886806bc55\n# This is a cache of another.\n",
        ),
    ] {
        let scene = Scene::new();
        let (cache, file) = (scene.cache(), scene.root().join(name));
        fs_err::create_dir_all(file.parent().unwrap()).unwrap();
        fs_err::write(&file, text).unwrap();
        for result in [cache.clean(), cache.usage()] {
            let error = result.unwrap_err();
            assert!(
                matches!(error.kind(), UpstreamErrorKind::NoCache { .. }),
                "{error}"
            );
        }
        assert!(members(client(), Some(&cache), &scene.wheel, &[A]).is_ok());
        let problem = cache.clone().problem().unwrap().to_owned();
        assert!(problem.contains("holds other files"), "{problem}");
        assert_eq!(scene.files("."), [scene.root().join(".").join(name)]);
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_no_failure() {
    let scene = Scene::new();
    // A file is where a directory has to be, which stops root as well.
    fs_err::write(scene.root(), "").unwrap();
    let cache = scene.cache();
    let found = members(client(), Some(&cache), &scene.wheel, &[A]).unwrap();
    assert!(found[A].is_some());
    let problem = cache.problem().unwrap();
    assert!(
        problem.contains("failed to write in the cache"),
        "{problem}"
    );
    fs_err::remove_file(scene.root()).unwrap();
    scene.read(&[A]);
    fs_err::remove_dir_all(scene.root().join("tmp")).unwrap();
    fs_err::write(scene.root().join("tmp"), "").unwrap();
    scene.requests();
    assert!(scene.read(&[A])[A].is_some());
    assert_eq!(scene.requests(), 0);
    let cache = scene.cache();
    assert!(members(client(), Some(&cache), &scene.wheel, &[B]).is_ok());
    assert!(cache.problem().is_some());
}

#[test]
fn what_was_abandoned_is_swept() {
    let scene = Scene::new();
    scene.read(&[A]);
    let [old, new] = [".tmpOLD", ".tmpNEW"].map(|name| scene.root().join("tmp").join(name));
    for path in [&old, &new] {
        fs_err::write(path, "").unwrap();
    }
    let long_ago = SystemTime::now() - Duration::from_hours(25);
    fs_err::File::options()
        .write(true)
        .open(&old)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    scene.read(&[B]);
    assert_eq!(scene.files("tmp"), [new]);
    assert_eq!(scene.cache().clean().unwrap().files, 4);
}
