//! Cells for the tests: a few that show every state, and as many as an atlas has.

use torch_patch::{CellReport, CellState, Description, Digest, FileReport, NearLine, NearReport};

/// The releases of torch for which wheels are kept, in a shortened list.
const RELEASES: [&str; 52] = [
    "1.0.0", "1.0.1", "1.1.0", "1.2.0", "1.3.0", "1.3.1", "1.4.0", "1.5.0", "1.5.1", "1.6.0",
    "1.7.0", "1.7.1", "1.8.0", "1.8.1", "1.9.0", "1.9.1", "1.10.0", "1.10.1", "1.10.2", "1.11.0",
    "1.12.0", "1.12.1", "1.13.0", "1.13.1", "2.0.0", "2.0.1", "2.1.0", "2.1.1", "2.1.2", "2.2.0",
    "2.2.1", "2.2.2", "2.3.0", "2.3.1", "2.4.0", "2.4.1", "2.5.0", "2.5.1", "2.6.0", "2.7.0",
    "2.7.1", "2.8.0", "2.9.0", "2.9.1", "2.10.0", "2.11.0", "2.12.0", "2.12.1", "2.13.0", "2.14.0",
    "2.14.1", "2.15.0",
];

const FILE: &str = "torch/distributed/distributed_c10d.py";

/// What hostile data may say wherever a text stands.
pub(super) const HOSTILE: &str =
    "</script><img src=x onerror=\"alert(1)\"> `|` & ]]> \u{1b}[31m\u{202e}\u{2028}{{data}}";

/// A cell without files, reason, near miss and notes.
pub(super) fn cell(patch: &str, release: &str, platform: &str, state: CellState) -> CellReport {
    CellReport {
        patch: patch.to_owned(),
        distribution: "torch".to_owned(),
        release: release.to_owned(),
        platform: platform.to_owned(),
        state,
        variant: None,
        files: Vec::new(),
        near: None,
        reason: None,
        from: format!("torch-{release}-cp310-{platform}.whl"),
        notes: Vec::new(),
    }
}

/// A cell that the patch fits, changed at one line.
pub(super) fn fitting(patch: &str, release: &str, platform: &str, line: usize) -> CellReport {
    let diff = format!(
        "--- a/{FILE}\n+++ b/{FILE}\n@@ -{line},2 +{line},3 @@\n     \
         prefix_store = PrefixStore(group_name, store)\n-    old = '<b>'\n+    backend = Backend.GLOO\n"
    );
    let file = FileReport {
        path: FILE.to_owned(),
        before: Some(Digest::of(release.as_bytes())),
        after: Some(Digest::of(format!("{patch} {release}").as_bytes())),
        lines: vec![line],
        state: None,
        diff: Some(diff),
        kept: None,
        proven: None,
    };
    CellReport {
        variant: Some(">=1.1,<3".to_owned()),
        files: vec![file],
        ..cell(patch, release, platform, CellState::Ok)
    }
}

/// A cell that the patch does not fit, with what comes nearest.
pub(super) fn missing(patch: &str, release: &str, platform: &str) -> CellReport {
    let near = NearReport {
        path: FILE.to_owned(),
        anchor: "prefix_store = PrefixStore(group_name, store)".to_owned(),
        within: Some("def _new_process_group_helper".to_owned()),
        message: "anchor matched 0 times, expected 1".to_owned(),
        lines: vec![
            NearLine {
                line: 1706,
                text: "    prefix_store = PrefixStore(f\"{group_name}/\", store)".to_owned(),
                differs: "`f\"{group_name}/\"` instead of `group_name`".to_owned(),
                ratio: 0.87,
                in_scope: true,
            },
            NearLine {
                line: 88,
                text: "store = None".to_owned(),
                differs: String::new(),
                ratio: 0.2,
                in_scope: false,
            },
        ],
        changed_in: Some("2.5.0".to_owned()),
        last_ok: Some("2.4.1".to_owned()),
    };
    CellReport {
        variant: Some(">=1.1,<3".to_owned()),
        near: Some(near),
        ..cell(patch, release, platform, CellState::AnchorMissing)
    }
}

/// Every state, runs of releases, releases that a platform lacks, notes, and hostile texts.
pub(super) fn cells() -> Vec<CellReport> {
    let uncovered = CellReport {
        reason: Some("1.0.0 is in none of the ranges >=1.1,<3".to_owned()),
        ..cell("gloo", "1.0.0", "linux", CellState::NotCovered)
    };
    let mut cells = vec![uncovered];
    for (release, line) in [
        ("1.1.0", 412),
        ("1.9.0", 430),
        ("1.10.0", 858),
        ("2.4.1", 858),
    ] {
        cells.extend(["linux", "win"].map(|platform| fitting("gloo", release, platform, line)));
    }
    cells.extend(["win", "macos"].map(|platform| fitting("gloo", "2.4.1", platform, 858)));
    cells.extend(["2.5.0", "2.5.1"].map(|release| missing("gloo", release, "win")));
    let mut windows_line_ends = fitting("gloo", "2.5.1", "macos", 900);
    let diff = windows_line_ends.files[0].diff.take();
    windows_line_ends.files[0].diff = diff.map(|diff| diff.replace('\n', "\r\n"));
    cells.push(windows_line_ends);
    cells.extend(others());
    cells
}

fn others() -> Vec<CellReport> {
    let mut ambiguous = missing("other", "2.0.1", "win");
    ambiguous.state = CellState::Ambiguous;
    ambiguous.notes = vec!["the wheel has no RECORD".to_owned()];
    let syntax = CellReport {
        reason: Some("line 12: expected an indented block".to_owned()),
        ..cell("other", "2.1.0", "win", CellState::Syntax)
    };
    let mut hostile = missing("<img>", "2.5.1", HOSTILE);
    hostile.reason = Some(HOSTILE.to_owned());
    hostile.notes = vec![HOSTILE.to_owned()];
    hostile.distribution = "torch & <co>".to_owned();
    if let Some(near) = &mut hostile.near {
        near.anchor = format!("first\n```\n{HOSTILE}");
        near.lines[0].text = HOSTILE.to_owned();
    }
    vec![
        ambiguous,
        syntax,
        cell("other", "2.2.0", "win", CellState::Already),
        cell("other", "2.2.0", "linux", CellState::NotNeeded),
        hostile,
    ]
}

/// What the patch files say of some of the cells.
pub(super) fn patches() -> Vec<Description> {
    vec![
        describe("gloo", "Run NCCL requests on gloo"),
        describe("<img>", HOSTILE),
    ]
}

fn describe(id: &str, title: &str) -> Description {
    Description {
        id: id.to_owned(),
        title: title.to_owned(),
        distribution: "torch".to_owned(),
        description: String::new(),
        symptoms: Vec::new(),
        links: Vec::new(),
        occurs: "always".to_owned(),
        risk: "none".to_owned(),
        repairs: false,
        platforms: Vec::new(),
        requires: Vec::new(),
        conflicts: Vec::new(),
        when: std::collections::BTreeMap::default(),
        variants: Vec::new(),
        origin: "built-in".to_owned(),
        source: None,
    }
}

/// Every release for three platforms, for as many patches.
pub(super) fn atlas(patches: usize) -> Vec<CellReport> {
    let mut cells = Vec::new();
    for patch in 0..patches {
        let id = format!("patch-number-{patch}");
        for (number, release) in RELEASES.iter().enumerate() {
            for platform in ["win", "linux", "macos"] {
                cells.push(match number {
                    0..2 => cell(&id, release, platform, CellState::NotCovered),
                    47.. if patch % 5 == 1 => missing(&id, release, platform),
                    _ => fitting(&id, release, platform, 400 + 7 * number),
                });
            }
        }
    }
    cells
}
