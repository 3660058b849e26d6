//! Where a path may lead.

use torch_patch_store::StoreErrorKind;

use crate::world::{World, options, path};

#[test]
fn the_stores_own_directory_is_out_of_bounds() {
    let world = World::new(&[(".torch-patch/ledger.json", b"{}")]);
    for own in [".torch-patch/ledger.json", ".Torch-Patch/ledger.json"] {
        let error = world.store().target(&path(own)).unwrap_err();
        assert!(
            matches!(error.kind(), StoreErrorKind::LeavesRoot { .. }),
            "{error}"
        );
    }
}

#[test]
fn a_missing_file_is_none_and_a_directory_is_refused() {
    let world = World::new(&[("d/a", b"a")]);
    assert_eq!(world.store().target(&path("d/b")).unwrap(), None);
    assert_eq!(world.store().target(&path("x/y/z")).unwrap(), None);
    for (wrong, what) in [
        ("d", "a directory"),
        ("d/a/b", "a file where a directory was expected"),
    ] {
        let error = world.store().target(&path(wrong)).unwrap_err();
        assert!(
            matches!(error.kind(), StoreErrorKind::NotRegular { found, .. } if *found == what),
            "{error}"
        );
    }
}

/// A name that no file system has room for. On Unix only: Wine takes such a file for one that is not there.
#[cfg(unix)]
#[test]
fn a_path_that_cannot_be_looked_at_is_not_taken_for_absent() {
    let world = World::new(&[("a", b"a")]);
    let error = world.store().target(&path(&"n".repeat(300))).unwrap_err();
    assert!(
        matches!(error.kind(), StoreErrorKind::Io { .. }),
        "{error:?}"
    );
}

/// 64 MiB, which take no place on the disk.
#[test]
fn the_largest_file_is_read_to_its_end() {
    let world = World::new(&[("large", b"")]);
    let file = fs_err::OpenOptions::new()
        .write(true)
        .open(world.at("large"));
    file.unwrap().set_len(64 << 20).unwrap();
    let target = world.store().target(&path("large")).unwrap().unwrap();
    assert_eq!(target.bytes.len(), 64 << 20);
}

/// One byte more.
#[test]
fn a_file_that_is_no_source_text_by_its_size_is_refused() {
    let world = World::new(&[("large", b""), (".torch-patch/ledger.json", b"")]);
    for name in ["large", ".torch-patch/ledger.json"] {
        let file = fs_err::OpenOptions::new().write(true).open(world.at(name));
        file.unwrap().set_len((64 << 20) + 1).unwrap();
    }
    let errors = [
        world.store().target(&path("large")).unwrap_err(),
        world.store().read().unwrap_err(),
    ];
    for error in errors {
        let kind = error.kind();
        assert!(matches!(kind, StoreErrorKind::TooLarge { .. }), "{error}");
    }
}

#[test]
fn a_file_in_place_of_the_stores_directory_is_refused_and_stays() {
    let world = World::new(&[(".torch-patch", b"mine")]);
    let error = world.store().lock(&options()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`.torch-patch`: expected a regular file, found a file where a directory was expected"
    );
    assert_eq!(world.read(".torch-patch").unwrap(), b"mine");
}

/// On Unix only: a link needs a privilege on Windows, and Wine makes none.
#[cfg(unix)]
mod links {
    use std::path::PathBuf;
    use std::sync::Arc;

    use fs_err as fs;
    use fs_err::os::unix::fs::symlink;
    use torch_patch_store::{Digest, Observer, Step, Store, StoreErrorKind, Verdict};

    use crate::world::{World, apply, change, options, path};

    #[test]
    fn a_link_out_of_the_root_is_refused_wherever_it_is() {
        let outside = World::new(&[("a", b"secret")]);
        let world = World::new(&[("d/a", b"a")]);
        symlink(outside.at("a"), world.at("file")).unwrap();
        symlink(outside.root(), world.at("directory")).unwrap();
        symlink("../../etc/passwd", world.at("relative")).unwrap();
        for way_out in ["file", "directory/a", "directory/new", "relative"] {
            let error = world.store().target(&path(way_out)).unwrap_err();
            let is_refused = matches!(
                error.kind(),
                StoreErrorKind::LeavesRoot { .. } | StoreErrorKind::NotRegular { .. }
            );
            assert!(is_refused, "{way_out}: {error}");
        }
        let error = world.store().target(&path("file")).unwrap_err();
        let secret = fs::canonicalize(outside.at("a")).unwrap();
        assert!(
            matches!(error.kind(), StoreErrorKind::LeavesRoot { resolved, .. } if *resolved == secret),
            "{error}"
        );
    }

    #[test]
    fn a_link_into_the_stores_own_directory_is_refused() {
        let world = World::new(&[(".torch-patch/ledger.json", b"{}")]);
        symlink(".torch-patch/ledger.json", world.at("a")).unwrap();
        let error = world.store().target(&path("a")).unwrap_err();
        assert!(
            matches!(error.kind(), StoreErrorKind::LeavesRoot { .. }),
            "{error}"
        );
    }

    #[test]
    fn a_link_inside_the_root_is_followed_and_stays_a_link() {
        let world = World::new(&[("real/a.py", b"old")]);
        symlink("real", world.at("linked")).unwrap();
        symlink("real/a.py", world.at("a.py")).unwrap();
        assert_eq!(
            world
                .store()
                .target(&path("linked/a.py"))
                .unwrap()
                .unwrap()
                .digest,
            Digest::of(b"old")
        );
        world.commit(vec![apply("a.py", Some(b"old"), Some(b"new"))]);
        assert!(fs::symlink_metadata(world.at("a.py")).unwrap().is_symlink());
        assert_eq!(world.read("real/a.py").unwrap(), b"new");
    }

    #[test]
    fn a_pipe_is_refused_without_waiting_for_its_other_end() {
        let world = World::new(&[]);
        let made = std::process::Command::new("mkfifo")
            .arg(world.at("pipe"))
            .status()
            .unwrap();
        assert!(made.success());
        symlink("loop", world.at("loop")).unwrap();
        symlink("nowhere", world.at("dangling")).unwrap();
        for wrong in ["pipe", "loop", "dangling"] {
            let error = world.store().target(&path(wrong)).unwrap_err();
            assert!(
                matches!(error.kind(), StoreErrorKind::NotRegular { .. }),
                "{error}"
            );
        }
    }

    #[test]
    fn a_link_in_place_of_a_part_of_the_store_is_refused() {
        for part in [
            "",
            "/lock",
            "/ledger.json",
            "/intent.json",
            "/backups",
            "/patches",
        ] {
            let outside = World::new(&[("a", b"{}")]);
            let world = World::new(&[("a", b"old")]);
            let is_file = part.contains('.') || part == "/lock";
            let target = if is_file {
                outside.at("a")
            } else {
                outside.root().to_path_buf()
            };
            fs::create_dir_all(world.at(".torch-patch").parent().unwrap()).unwrap();
            if !part.is_empty() {
                fs::create_dir(world.at(".torch-patch")).unwrap();
            }
            symlink(target, world.at(&format!(".torch-patch{part}"))).unwrap();
            let store = world.store();
            let result = store.lock(&options()).and_then(|mut locked| {
                locked.commit(change(vec![apply("a", Some(b"old"), Some(b"new"))]))
            });
            let error = result.unwrap_err();
            let kind = error.kind();
            assert!(
                matches!(kind, StoreErrorKind::NotRegular { .. }),
                "{part}: {error}"
            );
            if part != "/lock" {
                let error = store.read().unwrap_err();
                let kind = error.kind();
                assert!(
                    matches!(kind, StoreErrorKind::NotRegular { .. }),
                    "{part}: {error}"
                );
            }
            assert_eq!(world.read("a").unwrap(), b"old", "{part}");
            assert_eq!(outside.read("a").unwrap(), b"{}", "{part}");
            assert_eq!(fs::read_dir(outside.root()).unwrap().count(), 1, "{part}");
        }
    }

    #[test]
    fn a_pipe_in_place_of_a_part_of_the_store_is_refused() {
        for part in ["lock", "ledger.json", "intent.json"] {
            let world = World::new(&[("a", b"old")]);
            fs::create_dir(world.at(".torch-patch")).unwrap();
            let pipe = world.at(&format!(".torch-patch/{part}"));
            let made = std::process::Command::new("mkfifo").arg(pipe).status();
            assert!(made.unwrap().success());
            let store = world.store();
            let error = store.lock(&options()).unwrap_err();
            let kind = error.kind();
            assert!(
                matches!(kind, StoreErrorKind::NotRegular { .. }),
                "{part}: {error}"
            );
        }
    }

    /// As in a copy of an environment that was made of links.
    #[test]
    fn a_lock_file_with_another_name_is_not_written_to() {
        let world = World::new(&[("a", b"old"), ("other", b"text")]);
        fs::create_dir(world.at(".torch-patch")).unwrap();
        fs::hard_link(world.at("other"), world.at(".torch-patch/lock")).unwrap();
        world.commit(vec![apply("a", Some(b"old"), Some(b"new"))]);
        assert_eq!(world.read("a").unwrap(), b"new");
        assert_eq!(world.read("other").unwrap(), b"text");
    }

    /// Swaps a directory for a link when the first step in it is about to be done: it was checked by then.
    #[derive(Debug)]
    struct SwapBefore {
        directory: PathBuf,
        link: PathBuf,
    }

    impl Observer for SwapBefore {
        fn before(&self, step: &Step) -> Verdict {
            let path = match step {
                Step::Write(path)
                | Step::CreateDirectory(path)
                | Step::Remove(path)
                | Step::SyncDirectory(path)
                | Step::Rename(path, _)
                | Step::Link(_, path) => path,
                Step::Sync(_) | Step::RemoveDirectory(_) => return Verdict::Proceed,
            };
            let is_due = path.starts_with(&self.directory) && *path != self.directory;
            if is_due && !self.directory.is_symlink() {
                let away = self.directory.with_extension("away");
                fs::rename(&self.directory, away).unwrap();
                symlink(&self.link, &self.directory).unwrap();
            }
            Verdict::Proceed
        }

        fn after(&self, _step: &Step) {}
    }

    #[test]
    fn a_directory_that_becomes_a_link_after_the_check_leads_nowhere() {
        for directory in ["d", "d/e", ".torch-patch", ".torch-patch/backups"] {
            let outside = World::new(&[("a.py", b"old"), ("e/a.py", b"old"), ("lock", b"l")]);
            let world = World::new(&[("d/e/a.py", b"old")]);
            let before = outside.snapshot();
            let observer = SwapBefore {
                directory: world.at(directory),
                link: outside.root().to_path_buf(),
            };
            let store = Store::observed(world.root(), Arc::new(observer));
            let result = store.lock(&options()).and_then(|mut locked| {
                locked.commit(change(vec![apply("d/e/a.py", Some(b"old"), Some(b"new"))]))
            });
            assert!(result.is_err(), "{directory}");
            assert!(world.at(directory).is_symlink(), "{directory} was swapped");
            assert_eq!(outside.snapshot(), before, "{directory}");
        }
    }

    #[test]
    fn a_link_in_place_of_the_stores_directory_is_refused() {
        let outside = World::new(&[]);
        let world = World::new(&[("a", b"old")]);
        symlink(outside.root(), world.at(".torch-patch")).unwrap();
        world.store().lock(&crate::world::options()).unwrap_err();
        assert_eq!(fs::read_dir(outside.root()).unwrap().count(), 0);
    }
}
