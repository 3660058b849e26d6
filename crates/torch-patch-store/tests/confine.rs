//! Where a path may lead.

use torch_patch_store::StoreErrorKind;

use crate::world::{World, path};

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
    for wrong in ["d", "d/a/b"] {
        let error = world.store().target(&path(wrong)).unwrap_err();
        assert!(
            matches!(error.kind(), StoreErrorKind::NotRegular { .. }),
            "{error}"
        );
    }
}

#[cfg(unix)]
mod links {
    use fs_err as fs;
    use fs_err::os::unix::fs::symlink;
    use torch_patch_store::{Digest, StoreErrorKind};

    use crate::world::{World, apply, path};

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
        assert!(
            matches!(error.kind(), StoreErrorKind::LeavesRoot { .. }),
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
    fn a_link_in_place_of_the_stores_directory_is_refused() {
        let outside = World::new(&[]);
        let world = World::new(&[("a", b"old")]);
        symlink(outside.root(), world.at(".torch-patch")).unwrap();
        world.store().lock(&crate::world::options()).unwrap_err();
        assert_eq!(fs::read_dir(outside.root()).unwrap().count(), 0);
    }
}
