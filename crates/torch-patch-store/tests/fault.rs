//! An observer that lets the store die or fail at one step, and a model of what a power cut loses.
//!
//! What was written but not synced is lost with the power: bytes of files, and entries of directories. The model
//! knows from the steps what is safe, and takes the rest away.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use fs_err as fs;
use torch_patch_store::{Observer, Step, Verdict};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process is killed: what it did stays.
    Killed,
    /// The power is cut: bytes that were not synced are gone, names are there.
    BytesLost,
    /// The power is cut: neither bytes nor names that were not synced are there.
    AllLost,
    /// The step fails, as on a full disk; the process goes on.
    Failed,
    /// The step and every one after it fails, until [`FaultAt::end`].
    Stuck,
}

#[derive(Debug)]
pub(crate) struct FaultAt {
    fault: Fault,
    step: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    steps: Vec<Step>,
    has_struck: bool,
    has_ended: bool,
    unsafe_bytes: BTreeSet<PathBuf>,
    unsafe_entries: Vec<Entry>,
    old: Option<Vec<u8>>,
}

/// A change of a directory that is not synced yet.
#[derive(Debug)]
struct Entry {
    step: Step,
    old: Option<Vec<u8>>,
}

impl FaultAt {
    pub(crate) fn new(fault: Fault, step: usize) -> Self {
        Self {
            fault,
            step,
            state: Mutex::default(),
        }
    }

    /// Only records.
    pub(crate) fn never() -> Self {
        Self::new(Fault::Failed, usize::MAX)
    }

    pub(crate) fn end(&self) {
        self.state.lock().unwrap().has_ended = true;
    }

    pub(crate) fn has_struck(&self) -> bool {
        self.state.lock().unwrap().has_struck
    }

    pub(crate) fn steps(&self) -> Vec<Step> {
        self.state.lock().unwrap().steps.clone()
    }
}

impl Observer for FaultAt {
    fn before(&self, step: &Step) -> Verdict {
        let mut state = self.state.lock().unwrap();
        let is_again = self.fault == Fault::Stuck && !state.has_ended;
        if state.steps.len() == self.step && (!state.has_struck || is_again) {
            state.has_struck = true;
            return state.strike(self.fault);
        }
        state.old = changed_name(step).and_then(|path| fs::read(path).ok());
        Verdict::Proceed
    }

    fn after(&self, step: &Step) {
        self.state.lock().unwrap().record(step);
    }
}

impl State {
    fn record(&mut self, step: &Step) {
        self.steps.push(step.clone());
        match step {
            Step::Write(path) => {
                self.unsafe_bytes.insert(path.clone());
            }
            Step::Sync(path) | Step::Remove(path) => {
                self.unsafe_bytes.remove(path);
            }
            Step::Rename(from, to) => {
                self.unsafe_bytes.remove(to);
                if self.unsafe_bytes.remove(from) {
                    self.unsafe_bytes.insert(to.clone());
                }
            }
            Step::SyncDirectory(directory) => {
                let is_safe = |entry: &Entry| {
                    changed_name(&entry.step).and_then(Path::parent) == Some(directory)
                };
                self.unsafe_entries.retain(|entry| !is_safe(entry));
            }
            Step::CreateDirectory(_) | Step::RemoveDirectory(_) | Step::Link(..) => {}
        }
        if changed_name(step).is_some() {
            self.unsafe_entries.push(Entry {
                step: step.clone(),
                old: self.old.take(),
            });
        }
    }

    fn strike(&mut self, fault: Fault) -> Verdict {
        if matches!(fault, Fault::Failed | Fault::Stuck) {
            return Verdict::Fail;
        }
        if fault != Fault::Killed {
            for path in &self.unsafe_bytes {
                fs::write(path, b"").unwrap();
            }
        }
        if fault == Fault::AllLost {
            self.unsafe_entries.drain(..).rev().for_each(Entry::lose);
        }
        Verdict::Crash
    }
}

impl Entry {
    fn lose(self) {
        match self.step {
            Step::Write(path) | Step::Link(_, path) => drop(fs::remove_file(path)),
            Step::CreateDirectory(path) => drop(fs::remove_dir_all(path)),
            Step::RemoveDirectory(path) => fs::create_dir(path).unwrap(),
            Step::Remove(path) => fs::write(path, self.old.unwrap()).unwrap(),
            Step::Rename(from, to) => {
                fs::rename(&to, from).unwrap();
                if let Some(old) = self.old {
                    fs::write(to, old).unwrap();
                }
            }
            Step::Sync(_) | Step::SyncDirectory(_) => {}
        }
    }
}

/// Names the entry of a directory that a step makes, replaces or removes.
fn changed_name(step: &Step) -> Option<&Path> {
    match step {
        Step::Write(path)
        | Step::CreateDirectory(path)
        | Step::Remove(path)
        | Step::RemoveDirectory(path)
        | Step::Link(_, path)
        | Step::Rename(_, path) => Some(path),
        Step::Sync(_) | Step::SyncDirectory(_) => None,
    }
}
