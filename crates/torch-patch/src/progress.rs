//! How a caller hears what is going on.

/// Is told of each step as it begins. All methods do nothing unless a caller overrides them.
pub trait Progress {
    /// Something begins.
    fn step(&mut self, step: &Step) {
        let _ = step;
    }

    /// So much is done; told about ten times a second while releases are looked at.
    fn amount(&mut self, amount: &Amount) {
        let _ = amount;
    }
}

/// How much of the releases has been looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// The releases, each for a platform, that are done.
    pub done: usize,
    /// All of them.
    pub total: usize,
    /// The bytes that were received so far.
    pub bytes: u64,
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
    /// What a `run` had asked for whose process has gone has been taken back.
    Healed {
        /// The patches.
        patches: Vec<String>,
    },
    /// The releases of a distribution are looked up.
    List {
        /// The distribution.
        distribution: String,
    },
    /// What follows took place in one of several environments.
    Environment {
        /// Its path.
        path: String,
    },
    /// Something that a user may want to know.
    Note {
        /// In words.
        text: String,
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
