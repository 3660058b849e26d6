//! What a crash between the two files of a change leaves is settled before anything is judged by it.

use fs_err as fs;
use torch_patch::{Outcome, Progress, RevertRequest, Selection, Step, revert};
use torch_patch_store::Digest;

use crate::setting::{BARRIER, Setting};

const TWO_FILES: &str = "after = \"return (\\\"gloo\\\", prefix_store)\"\nwithin = \"def _new_process_group_helper\"\ninsert = \"# two\"\n\
    [[variant.edit]]\nfile = \"torch/version.py\"\nappend = \"two = 2\\n\"";
const SECOND: &str = "torch/version.py";

/// Applies `two` and takes its end back: the intent is there again, and the second file is not replaced yet.
fn interrupt(setting: &Setting) {
    let store = setting.world.site_packages().join(".torch-patch");
    let (ledger, intent) = (store.join("ledger.json"), store.join("intent.json"));
    let before = (fs::read(&ledger).ok(), setting.world.read(SECOND));
    let target = setting.read();
    setting.apply(&["two"]);
    fs::rename(&ledger, &intent).unwrap();
    if let Some(bytes) = before.0 {
        fs::write(&ledger, bytes).unwrap();
    }
    setting.world.write(SECOND, &before.1);
    // What the first file was is kept until the change has ended.
    let backup = Digest::of(target.as_bytes()).hex();
    fs::write(store.join("backups").join(backup), target).unwrap();
}

/// Takes `two` out and that back by half: the first file is as it was before `two`, and the second one still has it.
fn interrupt_revert(setting: &Setting) {
    let store = setting.world.site_packages().join(".torch-patch");
    let (ledger, intent) = (store.join("ledger.json"), store.join("intent.json"));
    let before = (fs::read(&ledger).unwrap(), setting.world.read(SECOND));
    setting.revert(&["two"]);
    fs::rename(&ledger, &intent).unwrap();
    fs::write(&ledger, before.0).unwrap();
    setting.world.write(SECOND, &before.1);
}

fn states(setting: &Setting, patch: &str) -> (Outcome, Vec<Outcome>) {
    let report = setting.status(patch);
    let files = report.files.iter().map(|file| file.state.unwrap());
    (report.outcome, files.collect())
}

#[test]
fn status_says_which_files_a_change_has_reached() {
    use Outcome::{Applied, NotApplied, Partial};

    let setting = Setting::new()
        .patch("two", TWO_FILES)
        .patch("other", BARRIER);
    setting.apply(&["other"]);
    interrupt(&setting);
    assert_eq!(
        states(&setting, "two"),
        (Partial, vec![Applied, NotApplied])
    );
    setting.apply(&["two"]);
    interrupt_revert(&setting);
    assert_eq!(
        states(&setting, "two"),
        (Partial, vec![NotApplied, Applied])
    );
    assert_eq!(states(&setting, "other"), (Applied, vec![Applied]));
}

#[test]
fn apply_begins_anew() {
    let whole = Setting::new().patch("two", TWO_FILES);
    whole.apply(&["two"]);
    let setting = Setting::new().patch("two", TWO_FILES);
    interrupt(&setting);
    assert_eq!(setting.apply(&["two"])[0].outcome, Outcome::Applied);
    assert_eq!(setting.picture(), whole.picture());
}

#[test]
fn another_patch_applies() {
    let alone = Setting::new().patch("other", BARRIER);
    alone.apply(&["other"]);
    let setting = Setting::new()
        .patch("two", TWO_FILES)
        .patch("other", BARRIER);
    interrupt(&setting);
    assert_eq!(setting.apply(&["other"])[0].outcome, Outcome::Applied);
    assert_eq!(setting.picture(), alone.picture());
}

#[test]
fn a_patch_of_before_reverts() {
    let setting = Setting::new()
        .patch("two", TWO_FILES)
        .patch("other", BARRIER);
    let before = setting.picture();
    setting.apply(&["other"]);
    interrupt(&setting);
    assert_eq!(setting.revert(&["other"])[0].outcome, Outcome::Reverted);
    assert_eq!(setting.picture(), before);
}

/// Puts the second file back, as somebody may do between the look without the lock and the one with it.
struct PutsBack<'s>(&'s Setting, String);

impl Progress for PutsBack<'_> {
    fn step(&mut self, step: &Step) {
        if matches!(step, Step::Lock { .. }) {
            self.0.world.write(SECOND, &self.1);
        }
    }
}

/// What had begun to take out a user's patch turns out to be complete only under the lock, and then nobody knows it.
#[test]
fn all_is_reverted_where_the_end_of_one_was_interrupted() {
    let setting = Setting::new()
        .patch("two", TWO_FILES)
        .patch("other", BARRIER);
    let (before, second) = (setting.picture(), setting.world.read(SECOND));
    setting.apply(&["other"]);
    setting.apply(&["two"]);
    interrupt_revert(&setting);
    let setting = setting.without_patches();
    let request = RevertRequest {
        patches: Selection::All,
        ..RevertRequest::default()
    };
    let mut progress = PutsBack(&setting, second);
    let report = revert(&setting.context(), &request, &mut progress).unwrap();
    let told = report.results.iter().map(|result| {
        let is_explained = result.reason.is_some();
        (result.patch.as_str(), result.outcome, is_explained)
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("other", Outcome::Reverted, false),
            ("two", Outcome::NotApplied, true)
        ]
    );
    assert_eq!(setting.picture(), before);
}
