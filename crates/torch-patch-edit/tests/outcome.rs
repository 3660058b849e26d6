//! What has to hold of every application, checked in every layout of the same text.

use torch_patch_edit::{Application, Edit, FilePatch, FileState, Verb, undo};

/// One edit, a file without it and with it, both with `\n` endings.
pub(crate) struct Case {
    pub(crate) edit: Edit,
    pub(crate) before: &'static str,
    pub(crate) after: &'static str,
}

/// Applies an edit to `before` in every layout (LF, CRLF and CR; with and without byte order mark
/// and final line ending), expects `after` in the same layout, and checks [`holds`].
pub(crate) fn check_all(name: &str, cases: &[Case]) {
    for (index, case) in cases.iter().enumerate() {
        let patch = FilePatch::compile(name, std::slice::from_ref(&case.edit))
            .unwrap_or_else(|error| panic!("case {index}: {error}"));
        for layout in layouts().filter(|layout| layout.shows_ending(case.before)) {
            let (before, after) = (layout.of(case.before), layout.of(case.after));
            let state = patch.classify(Some(&before)).state;
            assert_eq!(state, FileState::Pristine, "case {index} {layout:?}");
            let application = patch
                .apply(Some(&before))
                .unwrap_or_else(|error| panic!("case {index} {layout:?}: {error}"));
            let (found, wanted) = (text(&application.bytes), text(&after));
            assert_eq!(found, wanted, "case {index} {layout:?}");
            holds(&patch, &before, &application, leaves_a_trace(&case.edit));
        }
    }
}

/// Whether an edit can be found in place: a deletion only between its neighbours.
pub(crate) fn leaves_a_trace(edit: &Edit) -> bool {
    let is_deletion = match &edit.verb {
        Verb::Delete { .. } => true,
        Verb::Replace { with, .. } => with.trim().is_empty(),
        _ => false,
    };
    !is_deletion || (edit.near.after.is_some() && edit.near.before.is_some())
}

/// Undo gives the bytes back; the result is classified as applied, and applying again changes
/// nothing.
pub(crate) fn holds(patch: &FilePatch, before: &[u8], applied: &Application, has_trace: bool) {
    assert_eq!(
        text_of(undo(&applied.bytes, &applied.changes)),
        Some(text(before))
    );
    let state = patch.classify(Some(&applied.bytes)).state;
    if has_trace {
        assert_eq!(state, FileState::Applied, "{:?}", text(&applied.bytes));
        let again = patch.apply(Some(&applied.bytes)).expect("nothing to do");
        assert!(again.changes.is_empty() && again.bytes == applied.bytes);
    } else {
        assert!(matches!(state, FileState::Applied | FileState::Conflict(_)));
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string().replace("\\n", "\\n\n")
}

fn text_of(bytes: Option<Vec<u8>>) -> Option<String> {
    bytes.map(|bytes| text(&bytes))
}

#[derive(Debug, Clone, Copy)]
struct Layout {
    ending: &'static str,
    has_mark: bool,
    ends_with_ending: bool,
}

fn layouts() -> impl Iterator<Item = Layout> {
    ["\n", "\r\n", "\r"].into_iter().flat_map(|ending| {
        [(false, true), (true, true), (false, false), (true, false)].map(
            |(has_mark, ends_with_ending)| Layout {
                ending,
                has_mark,
                ends_with_ending,
            },
        )
    })
}

impl Layout {
    /// Whether a file in this layout has a line that shows its endings.
    fn shows_ending(self, text: &str) -> bool {
        self.ending == "\n" || self.ends_with_ending || text.lines().count() > 1
    }

    fn of(self, text: &str) -> Vec<u8> {
        let mark = if self.has_mark { "\u{feff}" } else { "" };
        let text = if self.ends_with_ending {
            text
        } else {
            text.strip_suffix('\n').unwrap_or(text)
        };
        [mark, &text.replace('\n', self.ending)]
            .concat()
            .into_bytes()
    }
}
