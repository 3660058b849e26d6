//! What happens to an environment between the look without the lock and the lock.

use torch_patch::{
    ApplyRequest, Error, Outcome, Progress, Report, RevertRequest, Silent, Step, apply, revert,
};

use crate::setting::{BARRIER, Setting};

/// Does something at the moment before the lock is taken.
struct AtLock<F>(F);

impl<F: FnMut()> Progress for AtLock<F> {
    fn step(&mut self, step: &Step) {
        if matches!(step, Step::Lock { .. }) {
            (self.0)();
        }
    }
}

fn apply_while(setting: &Setting, at_lock: impl FnMut()) -> Result<Report, Error> {
    let request = ApplyRequest::new(["gloo-windows"]);
    apply(&setting.context(), &request, &mut AtLock(at_lock))
}

#[test]
fn a_patch_that_came_first_stays() {
    let setting = Setting::new().patch("other", BARRIER);
    let before = setting.picture();
    let report = apply_while(&setting, || drop(setting.apply(&["other"]))).unwrap();
    assert_eq!(report.results[0].outcome, Outcome::Applied);
    assert_eq!(setting.state("other"), Outcome::Applied);
    let both = Setting::new().patch("other", BARRIER);
    both.apply(&["gloo-windows", "other"]);
    assert_eq!(setting.read(), both.read());
    setting.revert(&["gloo-windows", "other"]);
    assert_eq!(setting.picture(), before);
}

#[test]
fn the_same_patch_that_came_first_is_already_applied() {
    let setting = Setting::new();
    let report = apply_while(&setting, || drop(setting.apply(&["gloo-windows"]))).unwrap();
    assert_eq!(report.results[0].outcome, Outcome::AlreadyApplied);
}

#[test]
fn an_edit_that_came_first_is_drift() {
    let setting = Setting::new();
    let mut mine = String::new();
    let error = apply_while(&setting, || {
        mine = setting.edit("MPI = \"mpi\"", "MPI = 'mpi'");
    });
    assert_eq!(error.unwrap_err().code(), "drifted");
    assert_eq!(setting.read(), mine);
    assert!(!setting.world.has_store());
}

#[test]
fn a_revert_that_came_first_leaves_nothing_to_revert() {
    let setting = Setting::new();
    setting.apply(&["gloo-windows"]);
    let request = RevertRequest::new(["gloo-windows"]);
    let mut at_lock = AtLock(|| {
        revert(&setting.context(), &request, &mut Silent).unwrap();
    });
    let report = revert(&setting.context(), &request, &mut at_lock).unwrap();
    assert_eq!(report.results[0].outcome, Outcome::NotApplied);
    assert!(!setting.world.has_store());
}
