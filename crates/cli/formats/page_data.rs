//! What a page tells of its cells when one is opened: JSON in which every text stands once.

use std::collections::HashMap;

use serde::Serialize;
use torch_patch::{CellReport, CellState, FileReport, NearReport};

use super::grid::meaning;

/// The JSON of a page. It has no `<`, `>` and `&`, so no text in it ends the element around it.
///
/// `cells` has for each cell the patch, the distribution, the release, the platform, the state, the
/// variant, the files, the near miss, the reason, where it was looked and the notes: texts as
/// indices of `texts`, files and near misses as indices of `files` and `nears`.
pub(super) fn json(cells: &[CellReport]) -> String {
    let mut pools = Pools::default();
    let cells: Vec<_> = cells.iter().map(|cell| pools.cell(cell)).collect();
    let page = Page {
        states: CellState::ALL.map(|state| (state.as_str(), meaning(state), state.is_broken())),
        texts: &pools.texts.items,
        files: &pools.files.items,
        nears: &pools.nears.items,
        cells: &cells,
    };
    // Strings and numbers can always be written.
    let json = serde_json::to_string(&page).unwrap_or_default();
    inert(&json)
}

#[derive(Serialize)]
struct Page<'a> {
    states: [(&'a str, &'a str, bool); 7],
    texts: &'a [String],
    files: &'a [File],
    nears: &'a [Near],
    cells: &'a [Cell],
}

/// Patch, distribution, release, platform, state, variant, files, near miss, reason, from, notes.
#[derive(Serialize)]
struct Cell(
    usize,
    usize,
    usize,
    usize,
    usize,
    Option<usize>,
    Vec<usize>,
    Option<usize>,
    Option<usize>,
    usize,
    Vec<usize>,
);

/// Path, digest before, digest after, lines, and the diff in pieces.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
struct File(
    usize,
    Option<usize>,
    Option<usize>,
    Vec<usize>,
    Option<Vec<usize>>,
);

/// Path, anchor, within, message, lines, changed in, last fits.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
struct Near(
    usize,
    usize,
    Option<usize>,
    usize,
    Vec<Line>,
    Option<usize>,
    Option<usize>,
);

/// Number, text, what differs, percent in common, whether it is in the scope.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
struct Line(usize, usize, usize, u8, bool);

#[derive(Default)]
struct Pools {
    texts: Pool<String>,
    files: Pool<File>,
    nears: Pool<Near>,
}

impl Pools {
    fn cell(&mut self, cell: &CellReport) -> Cell {
        let files = cell.files.iter().map(|file| self.file(file)).collect();
        let near = cell.near.as_ref().map(|near| self.near(near));
        Cell(
            self.text(&cell.patch),
            self.text(&cell.distribution),
            self.text(&cell.release),
            self.text(&cell.platform),
            self.text(cell.state.as_str()),
            self.option(cell.variant.as_deref()),
            files,
            near,
            self.option(cell.reason.as_deref()),
            self.text(&cell.from),
            cell.notes.iter().map(|note| self.text(note)).collect(),
        )
    }

    fn file(&mut self, file: &FileReport) -> usize {
        let digest = |digest: Option<torch_patch::Digest>| digest.map(|digest| digest.to_string());
        let (before, after) = (digest(file.before), digest(file.after));
        let diff = file.diff.as_deref().map(pieces);
        let entry = File(
            self.text(&file.path),
            self.option(before.as_deref()),
            self.option(after.as_deref()),
            file.lines.clone(),
            diff.map(|pieces| pieces.iter().map(|piece| self.text(piece)).collect()),
        );
        self.files.add(entry)
    }

    fn near(&mut self, near: &NearReport) -> usize {
        let lines = near.lines.iter().map(|line| {
            let (text, differs) = (self.text(&line.text), self.text(&line.differs));
            Line(line.line, text, differs, percent(line.ratio), line.in_scope)
        });
        let lines = lines.collect();
        let entry = Near(
            self.text(&near.path),
            self.text(&near.anchor),
            self.option(near.within.as_deref()),
            self.text(&near.message),
            lines,
            self.option(near.changed_in.as_deref()),
            self.option(near.last_ok.as_deref()),
        );
        self.nears.add(entry)
    }

    fn text(&mut self, text: &str) -> usize {
        self.texts.add(text.to_owned())
    }

    fn option(&mut self, text: Option<&str>) -> Option<usize> {
        text.map(|text| self.text(text))
    }
}

/// Things that are told apart by their places; none is there twice.
struct Pool<T> {
    items: Vec<T>,
    places: HashMap<T, usize>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            places: HashMap::new(),
        }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Pool<T> {
    fn add(&mut self, item: T) -> usize {
        *self.places.entry(item).or_insert_with_key(|item| {
            self.items.push(item.clone());
            self.items.len() - 1
        })
    }
}

/// A diff cut around the lines that number a hunk: the hunks of many releases are the same but for
/// these.
fn pieces(diff: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in diff.split_inclusive('\n') {
        if line.starts_with("@@ ") {
            pieces.extend((start < at).then(|| &diff[start..at]));
            pieces.push(line);
            start = at + line.len();
        }
        at += line.len();
    }
    pieces.extend((start < at).then(|| &diff[start..at]));
    pieces
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is between 0 and 100"
)]
fn percent(ratio: f32) -> u8 {
    (ratio.clamp(0.0, 1.0) * 100.0).round() as u8
}

/// JSON with nothing in it that HTML or an older JavaScript would read: outside of strings JSON has
/// none of these letters.
fn inert(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::formats::sample::{HOSTILE, atlas, cells, fitting};

    #[test]
    fn nothing_ends_the_element_around_it_and_nothing_is_lost() {
        let json = json(&cells());
        for letter in ['<', '>', '&', '\u{2028}', '\u{2029}'] {
            assert!(!json.contains(letter), "{letter:?}");
        }
        let read: Value = serde_json::from_str(&json).unwrap();
        assert!(
            read["texts"]
                .as_array()
                .unwrap()
                .contains(&Value::from(HOSTILE))
        );
        assert_eq!(read["cells"].as_array().unwrap().len(), cells().len());
    }

    #[test]
    fn a_diff_is_its_pieces_in_a_row_and_equal_hunks_stand_once() {
        let cells =
            [("1.1", 10), ("1.2", 20)].map(|(release, line)| fitting("gloo", release, "win", line));
        let read: Value = serde_json::from_str(&json(&cells)).unwrap();
        for (number, cell) in cells.iter().enumerate() {
            let pieces = read["files"][number][4].as_array().unwrap();
            let text = |piece: &Value| {
                let place = usize::try_from(piece.as_u64().unwrap()).unwrap();
                read["texts"][place].as_str().unwrap().to_owned()
            };
            let diff: String = pieces.iter().map(text).collect();
            assert_eq!(Some(&diff), cell.files[0].diff.as_ref());
        }
        let count = |needle: &str| read["texts"].to_string().matches(needle).count();
        assert_eq!((count("Backend.GLOO"), count("@@ -")), (1, 2));
    }

    #[test]
    fn equal_files_of_two_platforms_stand_once() {
        let cells = ["win", "linux"].map(|platform| fitting("gloo", "1.1", platform, 10));
        let read: Value = serde_json::from_str(&json(&cells)).unwrap();
        assert_eq!(read["files"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn percents_are_rounded_and_in_bounds() {
        assert_eq!([0.876, 1.5, -1.0, f32::NAN].map(percent), [88, 100, 0, 0]);
    }

    #[test]
    fn a_large_atlas_stays_small() {
        let json = json(&atlas(30));
        assert!(json.len() < 1_000_000, "{} bytes", json.len());
    }
}
