//! How a caller hears what is going on.

/// Is told of each step as it begins. All methods do nothing unless a caller overrides them.
pub trait Progress {
    /// Something begins.
    fn step(&mut self, step: &Step) {
        let _ = step;
    }
}

/// A step of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// A patch is looked for in the environment.
    Examine {
        /// The id of the patch.
        patch: String,
    },
    /// The environment is being locked.
    Lock {
        /// The site-packages directory.
        site_packages: String,
    },
    /// An operation that was interrupted has been finished or undone.
    Recovered {
        /// The files it was about.
        files: Vec<String>,
    },
    /// A file is about to be replaced.
    Write {
        /// Relative to the site-packages directory.
        path: String,
    },
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}
