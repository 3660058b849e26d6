//! Cells in order: by patch, by release, by platform; what they add up to.

use std::fmt::Write as _;
use std::str::FromStr as _;

use pep440_rs::Version;
use torch_patch::{CellReport, CellState, Description};

/// The platforms in the order in which they are shown; others come after them.
const PLATFORMS: [&str; 3] = ["win", "linux", "macos"];

/// The cells of one patch, by release and then by platform.
pub(super) struct Group<'a> {
    /// The id of the patch.
    pub(super) patch: &'a str,
    /// The distribution it belongs to.
    pub(super) distribution: &'a str,
    /// What it does, in one line; empty if that is not known.
    pub(super) title: &'a str,
    /// At least one.
    pub(super) cells: Vec<&'a CellReport>,
}

/// Cells by patch, in the order in which the patches first occur.
pub(super) fn groups<'a>(cells: &'a [CellReport], patches: &'a [Description]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for cell in cells {
        let (patch, distribution) = (&*cell.patch, &*cell.distribution);
        let is_of =
            |group: &&mut Group<'_>| (group.patch, group.distribution) == (patch, distribution);
        if let Some(group) = groups.iter_mut().find(is_of) {
            group.cells.push(cell);
            continue;
        }
        let described = patches.iter().find(|description| description.id == patch);
        groups.push(Group {
            patch,
            distribution,
            title: described.map_or("", |description| description.title.as_str()),
            cells: vec![cell],
        });
    }
    for group in &mut groups {
        group
            .cells
            .sort_by_cached_key(|cell| (version(&cell.release), rank(&cell.platform)));
    }
    groups
}

/// The releases of some cells, each once, oldest first.
pub(super) fn releases<'a>(cells: impl IntoIterator<Item = &'a CellReport>) -> Vec<&'a str> {
    let mut releases: Vec<&str> = cells
        .into_iter()
        .map(|cell| cell.release.as_str())
        .collect();
    releases.sort_by_cached_key(|release| version(release));
    releases.dedup();
    releases
}

/// The platforms of some cells, each once.
pub(super) fn platforms<'a>(cells: impl IntoIterator<Item = &'a CellReport>) -> Vec<&'a str> {
    let mut platforms: Vec<&str> = cells
        .into_iter()
        .map(|cell| cell.platform.as_str())
        .collect();
    platforms.sort_by_key(|platform| rank(platform));
    platforms.dedup();
    platforms
}

/// How many cells are in each state, without the states that none is in.
pub(super) fn totals<'a>(
    cells: impl IntoIterator<Item = &'a CellReport>,
) -> Vec<(CellState, usize)> {
    let mut counts = CellState::ALL.map(|state| (state, 0));
    for cell in cells {
        for (state, count) in &mut counts {
            *count += usize::from(*state == cell.state);
        }
    }
    counts.into_iter().filter(|(_, count)| *count > 0).collect()
}

/// The totals in words, such as `143 ok, 3 not-covered`.
pub(super) fn summary<'a>(cells: impl IntoIterator<Item = &'a CellReport>) -> String {
    let totals = totals(cells);
    let words: Vec<String> = totals
        .iter()
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    words.join(", ")
}

/// A number with its noun, such as `1 cell` or `2 cells`; for nouns that end in a plain `s`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if noun.ends_with("ch") { "es" } else { "s" };
    format!("{count} {noun}{}", if count == 1 { "" } else { plural })
}

/// What a state says of a cell.
pub(super) fn meaning(state: CellState) -> &'static str {
    match state {
        CellState::Ok => "fits: applied, applied again without a change, and undone",
        CellState::NotNeeded => "not for this platform, or fixed upstream",
        CellState::NotCovered => "no variant is for this release",
        CellState::AnchorMissing => "an anchor, its scope or its file is not there",
        CellState::Ambiguous => "an anchor is there more often than expected",
        CellState::Already => "upstream has the text that the patch would make",
        CellState::Syntax => "the patched file would not parse",
    }
}

/// A text without anything that acts on a terminal or hides: control characters, and those that
/// change the direction of writing or take no room (Unicode Technical Report 36, section 2). Line
/// ends and tabs stay.
pub(super) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        let is_hidden = matches!(letter, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' |
            '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if is_hidden || (letter.is_control() && letter != '\n' && letter != '\t') {
            out.extend(letter.escape_unicode());
        } else {
            out.push(letter);
        }
    }
    out
}

/// A text on one line.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    printable(&words.join(" "))
}

/// Adds a text that is made of others.
pub(super) fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = out.write_fmt(text);
}

/// The order of releases: that of PEP 440; what is no version comes first.
fn version(release: &str) -> (Option<Version>, &str) {
    (Version::from_str(release).ok(), release)
}

fn rank(platform: &str) -> (usize, &str) {
    let known = PLATFORMS.iter().position(|known| *known == platform);
    (known.unwrap_or(PLATFORMS.len()), platform)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::sample::{HOSTILE, cell, cells};

    #[test]
    fn releases_are_in_the_order_of_their_versions() {
        let mixed = [
            "2.10.0",
            "2.9.1",
            "nightly",
            "2.9.1rc1",
            "2.9.1+cu118",
            "2.9.1.post1",
            "2.9.1",
        ];
        let cells = mixed.map(|release| cell("gloo", release, "win", CellState::Ok));
        let expected = [
            "nightly",
            "2.9.1rc1",
            "2.9.1",
            "2.9.1+cu118",
            "2.9.1.post1",
            "2.10.0",
        ];
        assert_eq!(releases(&cells), expected);
    }

    #[test]
    fn platforms_are_in_the_order_of_the_patch_file() {
        let mixed = ["macos", "aix", "linux", "win", "macos"];
        let cells = mixed.map(|platform| cell("gloo", "2.0", platform, CellState::Ok));
        assert_eq!(platforms(&cells), ["win", "linux", "macos", "aix"]);
    }

    #[test]
    fn one_patch_of_two_distributions_is_two_groups() {
        let mut cells = ["torch", "torchvision"].map(|_| cell("gloo", "2.0", "win", CellState::Ok));
        cells[1].distribution = "torchvision".to_owned();
        let groups = groups(&cells, &[]);
        let found: Vec<_> = groups
            .iter()
            .map(|group| (group.patch, group.distribution))
            .collect();
        assert_eq!(found, [("gloo", "torch"), ("gloo", "torchvision")]);
    }

    #[test]
    fn every_cell_counts_once() {
        let cells = cells();
        let counted: usize = totals(&cells).iter().map(|(_, count)| count).sum();
        assert_eq!(counted, cells.len());
        assert_eq!(
            totals(&cells).len(),
            CellState::ALL.len(),
            "the sample has every state"
        );
    }

    #[test]
    fn nothing_printable_acts_on_a_terminal() {
        let shown = printable(HOSTILE);
        assert!(shown.contains("\\u{1b}[31m\\u{202e}\\u{2028}"), "{shown}");
        assert_eq!(printable("a\tb\nc\u{e9}"), "a\tb\nc\u{e9}");
        assert_eq!(one_line(" a\n\tb\u{7} "), "a b\\u{7}");
    }
}
