//! A site-packages directory that a test fills.

use std::path::Path;

use tempfile::TempDir;
use torch_patch_env::{Environment, Request, Surroundings, discover};

pub(crate) struct Site(TempDir);

impl Site {
    /// Makes a directory with `files`: each a path and its text; a path that ends with `/` is a directory.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        site.add(files);
        site
    }

    pub(crate) fn add(&self, files: &[(&str, &str)]) {
        for (name, text) in files {
            let path = self.path().join(name);
            if name.ends_with('/') {
                fs_err::create_dir_all(path).unwrap();
                continue;
            }
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Makes the executable file `name`. `cp` writes it: a file that this process has written can be busy for a moment, as a
    /// child that another test has just started holds it open too.
    #[cfg(unix)]
    pub(crate) fn script(&self, name: &str, text: &str) -> std::path::PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let (draft, path) = (self.path().join("draft"), self.path().join(name));
        fs_err::write(&draft, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs_err::set_permissions(&draft, PermissionsExt::from_mode(0o755)).unwrap();
        assert!(
            std::process::Command::new("cp")
                .args([&draft, &path])
                .status()
                .unwrap()
                .success()
        );
        path
    }

    /// The environment that is this directory alone.
    pub(crate) fn environment(&self) -> Environment {
        let request = Request {
            site_packages: Some(self.path().into()),
            ..Request::default()
        };
        discover(&request, &Surroundings::new(self.path())).unwrap()
    }
}
