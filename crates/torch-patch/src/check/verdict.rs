//! A variant held against the files of one release: does it fit, and if not, why.

use torch_patch_edit::{ApplyError, Conflict, ConflictKind, FileState, unified_diff};
use torch_patch_set::FileEdits;
use torch_patch_store::Digest;

use crate::cell::{CellState, NearLine, NearReport};
use crate::check::proof::{prove, prove_repair};
use crate::check::specimen::Contents;
use crate::report::FileReport;

/// Lines of context of a diff.
const CONTEXT: usize = 3;

/// What came of holding a variant against the files of a release.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub(crate) state: CellState,
    pub(crate) files: Vec<FileReport>,
    pub(crate) near: Option<NearReport>,
    pub(crate) reason: Option<String>,
}

impl Verdict {
    /// Nothing was looked at.
    pub(crate) fn without_files(state: CellState, reason: String) -> Self {
        Self {
            state,
            files: Vec::new(),
            near: None,
            reason: Some(reason),
        }
    }

    /// How much the nearest line has in common with the anchor that misses; 1 if all fits.
    pub(crate) fn nearness(&self) -> f32 {
        match &self.near {
            None => 1.0,
            Some(near) => near.lines.first().map_or(0.0, |line| line.ratio),
        }
    }
}

/// Holds the edits of a variant against the files of a release.
pub(crate) fn verdict(edits: &[FileEdits], contents: &Contents) -> Verdict {
    let mut states = Vec::new();
    let mut verdict = Verdict {
        state: CellState::Ok,
        files: Vec::new(),
        near: None,
        reason: None,
    };
    for edits in edits {
        let bytes = contents.get(edits.file.as_str()).and_then(Option::as_deref);
        let looked = look(edits, bytes);
        states.push(looked.state);
        verdict.files.push(looked.file);
        verdict.near = verdict.near.or(looked.near);
        verdict.reason = verdict.reason.or(looked.reason);
    }
    verdict.state = overall(&states);
    verdict
}

/// The state of several files together: the worst of them; in place already only if all are.
fn overall(states: &[CellState]) -> CellState {
    let broken = states.iter().find(|state| state.is_broken());
    match broken {
        Some(broken) => *broken,
        None if states.iter().all(|state| *state == CellState::Already) => CellState::Already,
        None => CellState::Ok,
    }
}

/// What one file looks like.
struct Looked {
    state: CellState,
    file: FileReport,
    near: Option<NearReport>,
    reason: Option<String>,
}

fn look(edits: &FileEdits, bytes: Option<&[u8]>) -> Looked {
    let path = &edits.file;
    let before = bytes.map(Digest::of);
    let mut looked = Looked {
        state: CellState::Already,
        file: FileReport {
            path: path.clone(),
            before,
            after: before,
            lines: Vec::new(),
            state: None,
            diff: None,
            kept: None,
            proven: None,
        },
        near: None,
        reason: None,
    };
    let classified = edits.compiled.classify(bytes);
    match classified.state {
        FileState::Pristine => looked.apply(edits, bytes),
        FileState::Applied | FileState::AppliedByHand => {
            let reports = classified.edits.iter();
            looked.file.lines = reports.flat_map(|edit| edit.lines.clone()).collect();
            looked.reason = Some(format!("`{path}` has the text already"));
        }
        FileState::Conflict(conflict) => looked.refuse(&conflict, bytes),
    }
    looked
}

fn diff(path: &str, old: &[u8], new: &[u8]) -> String {
    let labels = (format!("a/{path}"), format!("b/{path}"));
    let diff = unified_diff(old, new, (&labels.0, &labels.1), CONTEXT);
    String::from_utf8_lossy(&diff).into_owned()
}

impl Looked {
    fn apply(&mut self, edits: &FileEdits, bytes: Option<&[u8]>) {
        let application = match edits.compiled.apply(bytes) {
            Ok(application) => application,
            Err(ApplyError::Conflict { conflict, .. }) => return self.refuse(&conflict, bytes),
            Err(ApplyError::Syntax(broken)) => {
                return self.explain(CellState::Syntax, &broken.to_string());
            }
            Err(error) => return self.explain(CellState::Ambiguous, &error.to_string()),
        };
        let proven = prove(&edits.compiled, bytes, &application)
            .and_then(|()| prove_repair(edits, bytes, &application));
        if let Err(broken) = proven {
            return self.explain(CellState::Ambiguous, &broken);
        }
        self.state = CellState::Ok;
        self.file.after = Some(Digest::of(&application.bytes));
        let changes = application.changes.iter();
        self.file.lines = changes.map(|change| change.line).collect();
        let old = bytes.unwrap_or_default();
        self.file.diff = Some(diff(&self.file.path, old, &application.bytes));
    }

    fn explain(&mut self, state: CellState, reason: &str) {
        self.state = state;
        self.reason = Some(format!("`{}`: {reason}", self.file.path));
    }

    fn refuse(&mut self, conflict: &Conflict, bytes: Option<&[u8]>) {
        self.state = state_of(&conflict.kind);
        self.near = Some(NearReport {
            path: self.file.path.clone(),
            anchor: conflict.anchor.clone(),
            within: conflict.scope.clone(),
            message: conflict.to_string(),
            lines: near_lines(&conflict.kind, bytes.unwrap_or_default()),
            changed_in: None,
            last_ok: None,
        });
    }
}

fn state_of(kind: &ConflictKind) -> CellState {
    match kind {
        kind if kind.is_missing() => CellState::AnchorMissing,
        ConflictKind::NoFile | ConflictKind::Unreadable(_) | ConflictKind::NotAscii => {
            CellState::AnchorMissing
        }
        _ => CellState::Ambiguous,
    }
}

/// The lines that come near, or those that match too often.
fn near_lines(kind: &ConflictKind, bytes: &[u8]) -> Vec<NearLine> {
    let misses = kind.near_misses();
    if !misses.is_empty() {
        let lines = misses.iter().map(|miss| NearLine {
            line: miss.line,
            text: miss.text.clone(),
            differs: miss.differs.clone(),
            ratio: miss.ratio,
            in_scope: miss.in_scope,
        });
        return lines.collect();
    }
    let text = String::from_utf8_lossy(bytes);
    let physical: Vec<&str> = text.lines().collect();
    let lines = kind.lines().into_iter().map(|line| NearLine {
        line,
        text: line
            .checked_sub(1)
            .and_then(|index| physical.get(index))
            .map(|text| text.trim().to_owned())
            .unwrap_or_default(),
        differs: String::new(),
        ratio: 1.0,
        in_scope: true,
    });
    lines.collect()
}
