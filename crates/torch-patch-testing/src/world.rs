//! A temporary folder with one virtual environment.

use std::path::{Path, PathBuf};

use fs_err as fs;
use tempfile::TempDir;

use crate::package::{DISTRIBUTED, Package};

/// A temporary folder with a virtual environment of Python 3.11, in the layout of this platform.
#[derive(Debug)]
pub struct World {
    folder: TempDir,
    site_packages: PathBuf,
}

impl World {
    /// An empty environment.
    ///
    /// # Panics
    ///
    /// The folder cannot be made.
    #[must_use]
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap_or_else(|error| panic!("{error}"));
        let venv = folder.path().join("venv");
        let (site_packages, scripts, python) = if cfg!(windows) {
            (
                venv.join("Lib").join("site-packages"),
                "Scripts",
                "python.exe",
            )
        } else {
            (venv.join("lib/python3.11/site-packages"), "bin", "python")
        };
        let world = Self {
            folder,
            site_packages,
        };
        let configuration =
            "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n";
        put(&world.site_packages.join("README"), b"for tests\n");
        put(&venv.join("pyvenv.cfg"), configuration.as_bytes());
        let interpreter = venv.join(scripts).join(python);
        put(&interpreter, b"");
        make_executable(&interpreter);
        world
    }

    /// The folder that everything is in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The prefix of the environment.
    #[must_use]
    pub fn venv(&self) -> PathBuf {
        self.folder.path().join("venv")
    }

    /// The environment's site-packages directory.
    #[must_use]
    pub fn site_packages(&self) -> &Path {
        &self.site_packages
    }

    /// A path in site-packages.
    #[must_use]
    pub fn at(&self, path: &str) -> PathBuf {
        self.site_packages.join(path)
    }

    /// The file that most tests patch.
    #[must_use]
    pub fn target(&self) -> PathBuf {
        self.at(DISTRIBUTED)
    }

    /// Installs a package over what is there, as pip does after it has removed the old files.
    ///
    /// # Panics
    ///
    /// A file cannot be written.
    pub fn install(&self, package: &Package) {
        for (path, content) in &package.files {
            put(&self.at(path), content);
        }
        let info = self.at(&package.dist_info());
        put(&info.join("METADATA"), package.metadata().as_bytes());
        put(&info.join("RECORD"), package.record().as_bytes());
        put(&info.join("INSTALLER"), b"pip\n");
    }

    /// Removes a package, as pip does: the files it brought, whatever they hold now.
    ///
    /// # Panics
    ///
    /// A file cannot be removed.
    pub fn uninstall(&self, package: &Package) {
        for (path, _) in &package.files {
            fs::remove_file(self.at(path)).unwrap_or_else(|error| panic!("{error}"));
        }
        let info = self.at(&package.dist_info());
        fs::remove_dir_all(info).unwrap_or_else(|error| panic!("{error}"));
    }

    /// Reads a file of site-packages as text.
    ///
    /// # Panics
    ///
    /// It cannot be read.
    #[must_use]
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Writes a file of site-packages, in a new file as editors do.
    ///
    /// # Panics
    ///
    /// It cannot be written.
    pub fn write(&self, path: &str, content: &str) {
        put(&self.at(path), content.as_bytes());
    }

    /// Writes a file beside the environment, such as a patch file, and returns its path.
    ///
    /// # Panics
    ///
    /// It cannot be written.
    #[must_use]
    pub fn write_outside(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        put(&path, content.as_bytes());
        path
    }

    /// Whether the environment has a store.
    #[must_use]
    pub fn has_store(&self) -> bool {
        self.at(".torch-patch").exists()
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

fn put(path: &Path, content: &[u8]) {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).unwrap_or_else(|error| panic!("{error}"));
    }
    fs::write(path, content).unwrap_or_else(|error| panic!("{error}"));
}

#[cfg(unix)]
fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::Permissions::from_mode(0o755);
    fs::set_permissions(path, mode).unwrap_or_else(|error| panic!("{error}"));
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) {}
