//! Patches recorded from what was edited by hand, and from diffs.
//!
//! The environment has the torch of the test support, as on Windows (CRLF); its wheel lies in a folder, where originals
//! are found. What is recorded is then applied as a user would.

use std::path::PathBuf;

use torch_patch::{
    ApplyRequest, Context, DiffInput, Error, Outcome, RecordRequest, RecordingReport,
    RevertRequest, Silent, Sources, StatusRequest, Upstream, apply_from, record, revert, status,
};
use torch_patch_testing::{Package, Picture};

use crate::releases::{WINDOWS, upstream};
use crate::setting::{BARRIER, Setting, TARGET};

/// An environment, and its wheel in a folder.
struct Recorder {
    setting: Setting,
    wheels: Vec<PathBuf>,
    upstream: Upstream,
}

impl Recorder {
    fn new() -> Self {
        Self::with(Setting::new())
    }

    fn with(setting: Setting) -> Self {
        let folder = setting.world.folder().join("wheels");
        let wheel = Package::torch("2.5.1").with_crlf();
        let wheels = vec![wheel.write_wheel(&folder, WINDOWS)];
        let upstream = upstream(torch_patch::IndexSettings {
            index_urls: Vec::new(),
            find_links: Vec::new(),
        });
        Self {
            setting,
            wheels,
            upstream,
        }
    }

    fn sources(&self) -> Sources<'_> {
        Sources::none().with_upstream(&self.upstream, &self.wheels)
    }

    fn try_record(&self, request: &RecordRequest) -> Result<RecordingReport, Error> {
        let context = self.setting.context();
        let report = record(&context, request, &self.sources(), &mut Silent)?;
        Ok(report.recording.unwrap())
    }

    fn record(&self) -> RecordingReport {
        self.try_record(&request()).unwrap()
    }

    fn record_diff(&self, text: &str) -> Result<RecordingReport, Error> {
        self.try_record(&RecordRequest {
            diff: Some(DiffInput {
                name: "fix.diff".to_owned(),
                text: text.as_bytes().to_vec(),
            }),
            ..request()
        })
    }

    /// The environment with the recorded patch beside those there are.
    fn context(&self, recording: &RecordingReport) -> Context {
        self.setting
            .context_with(std::slice::from_ref(&recording.toml))
    }

    fn apply(&self, recording: &RecordingReport, adopt: bool) -> Result<Outcome, Error> {
        let request = ApplyRequest {
            adopt,
            ..ApplyRequest::new(["my-fix"])
        };
        let context = self.context(recording);
        let report = apply_from(&context, &request, &self.sources(), &mut Silent)?;
        Ok(report.results[0].outcome)
    }

    fn state(&self, recording: &RecordingReport) -> Outcome {
        let request = StatusRequest::new(["my-fix"]);
        let report = status(&self.context(recording), &request).unwrap();
        report.results[0].outcome
    }

    /// Adopts, looks, and takes it out again; every byte has to be as before the edit then.
    fn round_trip(&self, recording: &RecordingReport, pristine: &Picture) {
        let edited = self.setting.read();
        assert_eq!(self.apply(recording, true).unwrap(), Outcome::Adopted);
        assert_eq!(
            self.setting.read(),
            edited,
            "the edit is taken over as it is"
        );
        assert_eq!(self.state(recording), Outcome::Applied);
        let context = self.context(recording);
        revert(&context, &RevertRequest::new(["my-fix"]), &mut Silent).unwrap();
        assert_eq!(self.setting.picture(), *pristine);
        // And the patch makes the same of the original.
        assert_eq!(self.apply(recording, false).unwrap(), Outcome::Applied);
        assert_eq!(self.setting.read(), edited);
    }
}

fn request() -> RecordRequest {
    RecordRequest {
        title: Some("A test".to_owned()),
        description: Some("For tests.".to_owned()),
        ..RecordRequest::new("my-fix", "torch")
    }
}

const ANCHOR: &str = "        prefix_store = PrefixStore(f\"{group_name}/\", store)\r\n";
const GUIDE: &str = "        prefix_store = PrefixStore(f\"{group_name}/\", store)\r\n        backend = Backend.GLOO\r\n";

#[test]
fn the_guides_edit_becomes_a_patch_that_takes_it_over() {
    let recorder = Recorder::new();
    let pristine = recorder.setting.picture();
    recorder.setting.edit(ANCHOR, GUIDE);
    let before = recorder.setting.picture();
    let recording = recorder.record();
    assert_eq!(recorder.setting.picture(), before, "nothing is written");
    assert_eq!(
        (recording.versions.as_str(), recording.in_place),
        ("==2.5.1", true)
    );
    insta::assert_snapshot!(recording.toml, @r#"
    format = 1
    id = "my-fix"
    title = "A test"
    distribution = "torch"
    description = """
    For tests.
    """

    [[variant]]
    versions = "==2.5.1"

    [[variant.edit]]
    file = "torch/distributed/distributed_c10d.py"
    within = "def _new_process_group_helper"
    after = 'prefix_store = PrefixStore(f"{group_name}/", store)'
    insert = "backend = Backend.GLOO"
    "#);
    recorder.round_trip(&recording, &pristine);
}

#[test]
fn edits_of_every_kind_are_taken_over_and_reverted() {
    let recorder = Recorder::new();
    let pristine = recorder.setting.picture();
    let setting = &recorder.setting;
    setting.edit("    MPI = \"mpi\"\r\n", "");
    setting.edit("        # one store for all groups\r\n", "");
    setting.edit(
        "            return (\"gloo\", prefix_store)\r\n",
        "            # return (\"gloo\", prefix_store)\r\n            pass\r\n",
    );
    setting.edit(
        "def is_nccl_available():\r\n",
        "def is_nccl_available():\r\n    \"\"\"Never.\"\"\"\r\n",
    );
    setting.edit(
        "            raise RuntimeError(\"device_ids are for NCCL\")\r\n",
        "            try:\r\n                raise RuntimeError(\"device_ids are for NCCL\")\r\n            except RuntimeError:\r\n                pass\r\n",
    );
    let recording = recorder.record();
    assert!(recording.files[0].edits >= 5, "{}", recording.toml);
    recorder.round_trip(&recording, &pristine);
}

#[test]
fn several_files_and_new_ones_are_one_patch() {
    let recorder = Recorder::new();
    let pristine = recorder.setting.picture();
    recorder.setting.edit(ANCHOR, GUIDE);
    let world = &recorder.setting.world;
    let version = world.read("torch/version.py").replace("2.5.1", "2.5.1.fix");
    world.write("torch/version.py", &version);
    world.write("torch/added.py", "x = 1\n");
    // What was added is only recorded if it is named.
    let recording = recorder.record();
    assert_eq!(recording.files.len(), 2);
    assert_eq!(
        recording.notes,
        ["`torch/added.py` is left out: added; `--file FILE` records it"]
    );
    let files = [TARGET, "torch/version.py", "torch/added.py"];
    let request = RecordRequest {
        files: files.map(PathBuf::from).to_vec(),
        ..request()
    };
    let recording = recorder.try_record(&request).unwrap();
    let paths: Vec<&str> = recording
        .files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(paths, files);
    assert_eq!(recording.files[2].before, None);
    recorder.round_trip(&recording, &pristine);
}

#[test]
fn files_are_named_from_here_from_site_packages_or_in_full() {
    let recorder = Recorder::new();
    recorder.setting.edit(ANCHOR, GUIDE);
    let world = &recorder.setting.world;
    let full = world.target();
    let here = world.at("torch/distributed");
    let elsewhere = world.write_outside("distributed_c10d.py", "x = 1\n");
    let named = |file: &std::path::Path, cwd: &std::path::Path| {
        recorder.try_record(&RecordRequest {
            files: vec![file.to_owned()],
            cwd: cwd.to_owned(),
            ..request()
        })
    };
    for (file, cwd) in [
        (TARGET.as_ref(), world.folder()),
        (full.as_path(), world.folder()),
        ("distributed_c10d.py".as_ref(), here.as_path()),
        (
            "../distributed/./distributed_c10d.py".as_ref(),
            here.as_path(),
        ),
    ] {
        let recording = named(file, cwd).unwrap();
        assert_eq!(recording.files[0].path, TARGET, "{}", file.display());
    }
    // A file that has the same end and is in no package is another one.
    for file in [
        elsewhere.as_path(),
        "distributed_c10d.py".as_ref(),
        "RECORD".as_ref(),
    ] {
        let error = named(file, world.folder()).unwrap_err();
        assert_eq!(error.code(), "no-such-file", "{}", file.display());
    }
}

#[test]
fn what_is_left_out_is_told_in_few_words() {
    let recorder = Recorder::new();
    recorder.setting.edit(ANCHOR, GUIDE);
    for index in 0..8 {
        let path = format!("torch/added{index}.py");
        recorder.setting.world.write(&path, "x = 1\n");
    }
    let notes = recorder.record().notes;
    let added = "`torch/added0.py`, `torch/added1.py`, `torch/added2.py`, `torch/added3.py`, `torch/added4.py`";
    assert_eq!(
        notes,
        [format!(
            "{added} and 3 more are left out: added; `--file FILE` records it"
        )]
    );
}

#[test]
fn what_the_edit_does_not_say_is_not_lost_by_adopting() {
    let recorder = Recorder::new();
    recorder.setting.edit(ANCHOR, GUIDE);
    let recording = recorder.record();
    let mine = recorder.setting.edit("MPI = \"mpi\"", "MPI = 'mpi'");
    let error = recorder.apply(&recording, true).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("not-proven", 4));
    assert_eq!(recorder.setting.read(), mine);
    assert!(!recorder.setting.world.has_store());
}

#[test]
fn an_edit_beside_a_recorded_patch_is_recorded_alone() {
    let recorder = Recorder::with(Setting::new().patch("one", BARRIER));
    recorder.setting.apply(&["one"]);
    let with_one = recorder.setting.read();
    recorder.setting.edit(ANCHOR, GUIDE);
    let edited = recorder.setting.read();
    let recording = recorder.record();
    assert_eq!(recording.files[0].beside, ["one"]);
    assert!(!recording.toml.contains("barrier"), "{}", recording.toml);
    assert_eq!(recorder.apply(&recording, true).unwrap(), Outcome::Adopted);
    assert_eq!(recorder.setting.read(), edited);
    assert_eq!(recorder.setting.state("one"), Outcome::Applied);
    let context = recorder.context(&recording);
    revert(&context, &RevertRequest::new(["my-fix"]), &mut Silent).unwrap();
    assert_eq!(recorder.setting.read(), with_one);
    assert_eq!(recorder.setting.state("one"), Outcome::Applied);
}

#[test]
fn an_edit_of_what_a_patch_has_changed_is_refused() {
    let recorder = Recorder::with(Setting::new().patch("one", BARRIER));
    recorder.setting.apply(&["one"]);
    recorder
        .setting
        .edit("            pass\r\n", "            return\r\n");
    let error = recorder.try_record(&request()).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("touches-a-patch", 3));
    assert!(error.hints()[0].contains("torch-patch revert one --merge"));
}

#[test]
fn what_was_not_edited_is_nothing_to_record() {
    let recorder = Recorder::with(Setting::new().patch("one", BARRIER));
    recorder.setting.apply(&["one"]);
    let error = recorder.try_record(&request()).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("nothing-to-record", 3));
    let named = RecordRequest {
        files: vec![TARGET.into()],
        ..request()
    };
    let error = recorder.try_record(&named).unwrap_err();
    assert_eq!(error.code(), "nothing-to-record");
}

#[test]
fn what_cannot_be_said_names_file_line_and_reason() {
    let recorder = Recorder::new();
    recorder
        .setting
        .edit(ANCHOR, &GUIDE.replace("GLOO\r\n", "GLOO  \r\n"));
    let error = recorder.try_record(&request()).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("not-expressible", 3));
    insta::assert_snapshot!(error.report().message, @"the change of `torch/distributed/distributed_c10d.py` cannot be recorded: line 28: the changed line has white space at its end, which a patch does not write");
    assert_eq!(error.details()["line"], 28);
}

#[test]
fn without_a_record_only_a_diff_can_be_recorded() {
    let recorder = Recorder::new();
    let record = format!("{}/RECORD", Package::torch("2.5.1").dist_info());
    fs_err::remove_file(recorder.setting.world.at(&record)).unwrap();
    let error = recorder.try_record(&request()).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("no-digest", 5));
    let recording = recorder.record_diff(DIFF).unwrap();
    assert_eq!(recorder.apply(&recording, false).unwrap(), Outcome::Applied);
}

#[test]
fn a_file_that_was_removed_cannot_be_recorded() {
    let recorder = Recorder::new();
    fs_err::remove_file(recorder.setting.world.at("torch/version.py")).unwrap();
    recorder.setting.edit(ANCHOR, GUIDE);
    let recording = recorder.record();
    assert_eq!(
        recording.notes,
        ["`torch/version.py` is left out: removed, and a patch removes no files"]
    );
    let named = RecordRequest {
        files: vec!["torch/version.py".into()],
        ..request()
    };
    let error = recorder.try_record(&named).unwrap_err();
    assert_eq!(error.code(), "not-expressible");
}

#[test]
fn without_the_original_nothing_is_recorded() {
    let mut recorder = Recorder::new();
    recorder.wheels = vec![recorder.setting.world.folder().join("none.whl")];
    recorder.setting.edit(ANCHOR, GUIDE);
    let error = recorder.try_record(&request()).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("original-not-found", 5));
}

/// Adds one line in a diff as git makes it in a checkout with `\n`.
const DIFF: &str = "diff --git a/src/torch/distributed/distributed_c10d.py b/src/torch/distributed/distributed_c10d.py
index 1..2 100644
--- a/src/torch/distributed/distributed_c10d.py
+++ b/src/torch/distributed/distributed_c10d.py
@@ -25,5 +25,6 @@ def _new_process_group_helper(
     else:
         # one store for all groups
         prefix_store = PrefixStore(f\"{group_name}/\", store)
+        backend = Backend.GLOO
 
         if backend == Backend.GLOO:
";

#[test]
fn a_diff_is_recorded_without_an_edit() {
    let recorder = Recorder::new();
    let before = recorder.setting.picture();
    let recording = recorder.record_diff(DIFF).unwrap();
    assert!(!recording.in_place);
    assert_eq!(recorder.setting.picture(), before);
    assert_eq!(recorder.apply(&recording, false).unwrap(), Outcome::Applied);
    let patched = recorder.setting.read();
    revert(
        &recorder.context(&recording),
        &RevertRequest::all(),
        &mut Silent,
    )
    .unwrap();
    assert_eq!(recorder.setting.edit(ANCHOR, GUIDE), patched);
    // Now that its edit is there, the diff is recorded from it, and no other place is asked.
    let by_hand = recorder.record_diff(DIFF).unwrap();
    assert_eq!((by_hand.in_place, &by_hand.toml), (true, &recording.toml));
    recorder.round_trip(&by_hand, &before);
}

#[test]
fn a_diff_of_a_file_with_patches_is_recorded_alone() {
    let recorder = Recorder::with(Setting::new().patch("one", BARRIER));
    recorder.setting.apply(&["one"]);
    let recording = recorder.record_diff(DIFF).unwrap();
    assert!(!recording.in_place);
    assert_eq!(recorder.apply(&recording, false).unwrap(), Outcome::Applied);
    assert_eq!(recorder.setting.state("one"), Outcome::Applied);
    // The file is edited as the diff says, with the other patch in it.
    revert(
        &recorder.context(&recording),
        &RevertRequest::new(["my-fix"]),
        &mut Silent,
    )
    .unwrap();
    recorder.setting.edit(ANCHOR, GUIDE);
    let by_hand = recorder.record_diff(DIFF).unwrap();
    assert_eq!((by_hand.in_place, &by_hand.toml), (true, &recording.toml));
}

#[test]
fn a_diff_that_does_not_fit_says_where() {
    let recorder = Recorder::new();
    let moved = DIFF.replace("-25,5 +25,6", "-22,5 +22,6");
    let error = recorder.record_diff(&moved).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("diff-does-not-fit", 3));
    assert_eq!(error.details()["elsewhere"], 25);
    insta::assert_snapshot!(error.report().message, @r#"`fix.diff` does not fit `torch/distributed/distributed_c10d.py`: line 5 of the diff: hunk 1 does not fit line 22 of the file, expected `    else:`, found `    # prefix_store = PrefixStore(f"{group_name}/", store) is only mentioned here`"#);
    insta::assert_snapshot!(error.hints()[0], @"the lines of that hunk are at line 25: the diff was made from another version; a hunk is never moved, so make the edit by hand and record it");
    let other = DIFF.replace("one store", "two stores");
    let error = recorder.record_diff(&other).unwrap_err();
    assert!(error.details()["elsewhere"].is_null());
    let cases = [
        ("hello", "bad-diff", 6),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", "no-such-file", 3),
        (
            "--- /dev/null\n+++ b/elsewhere/x.py\n@@ -0,0 +1 @@\n+b\n",
            "no-such-file",
            3,
        ),
        (
            "--- /dev/null\n+++ b/torch/version.py\n@@ -0,0 +1 @@\n+b\n",
            "diff-does-not-fit",
            3,
        ),
    ];
    for (diff, code, exit) in cases {
        let error = recorder.record_diff(diff).unwrap_err();
        assert_eq!((error.code(), error.exit_code()), (code, exit), "{diff}");
    }
    let twice = format!("{DIFF}{DIFF}");
    assert_eq!(
        recorder.record_diff(&twice).unwrap_err().code(),
        "diff-does-not-fit"
    );
}

#[test]
fn a_diff_may_bring_new_files() {
    let recorder = Recorder::new();
    let before = recorder.setting.picture();
    let new = "diff --git a/torch/added.py b/torch/added.py\nnew file mode 100644\n--- /dev/null\n+++ b/torch/added.py\n@@ -0,0 +1,2 @@\n+x = 1\n+y = 2\n\\ No newline at end of file\n";
    let recording = recorder.record_diff(&format!("{DIFF}{new}")).unwrap();
    assert_eq!(recording.files.len(), 2);
    assert_eq!(recorder.apply(&recording, false).unwrap(), Outcome::Applied);
    assert_eq!(
        recorder.setting.world.read("torch/added.py"),
        "x = 1\ny = 2"
    );
    // As `diff -uN` names it.
    let other = new.replace(
        "/dev/null",
        "a/torch/added.py\t1970-01-01 00:00:00.000000000 +0000",
    );
    let again = recorder.record_diff(&format!("{DIFF}{other}"));
    assert_eq!(again.unwrap().toml, recording.toml);
    revert(
        &recorder.context(&recording),
        &RevertRequest::all(),
        &mut Silent,
    )
    .unwrap();
    assert_eq!(recorder.setting.picture(), before);
}
