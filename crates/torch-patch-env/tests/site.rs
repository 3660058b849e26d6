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

    /// The environment that is this directory alone.
    pub(crate) fn environment(&self) -> Environment {
        let request = Request {
            site_packages: Some(self.path().into()),
            ..Request::default()
        };
        discover(&request, &Surroundings::new(self.path())).unwrap()
    }
}
