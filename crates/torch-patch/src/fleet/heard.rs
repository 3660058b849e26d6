//! What was heard of the work in one environment, kept until all are done, so that the steps of several are not mixed.

use crate::progress::{Progress, Step};

/// Keeps the steps.
#[derive(Default)]
pub(super) struct Heard(Vec<Step>);

impl Heard {
    /// Tells all of it, after the environment that it is about.
    pub(super) fn tell(self, path: &str, progress: &mut dyn Progress) {
        if self.0.is_empty() {
            return;
        }
        let path = path.to_owned();
        progress.step(&Step::Environment { path });
        for step in &self.0 {
            progress.step(step);
        }
    }
}

impl Progress for Heard {
    fn step(&mut self, step: &Step) {
        self.0.push(step.clone());
    }
}
