//! Cells that say the same, as one: a run of releases on some platforms.

use torch_patch::{CellReport, CellState};

use super::grid::{Group, platforms};

/// Cells in a row that look the same. No cell of its platforms that lies between its first and its
/// last release looks different.
pub(super) struct Run<'a> {
    /// By release and then by platform; at least one.
    pub(super) cells: Vec<&'a CellReport>,
}

/// What makes two cells look the same; line numbers and digests do not count.
#[derive(PartialEq)]
struct Look<'a> {
    state: CellState,
    variant: Option<&'a str>,
    reason: Option<String>,
    near: Option<(&'a str, &'a str, Option<&'a str>, Option<&'a str>)>,
}

impl<'a> Run<'a> {
    /// The cell that stands for all.
    pub(super) fn first(&self) -> &'a CellReport {
        self.cells[0]
    }

    /// The releases, such as `1.1.0 to 1.7.1`.
    pub(super) fn releases(&self) -> String {
        let (first, last) = (
            &self.first().release,
            &self.cells[self.cells.len() - 1].release,
        );
        if first == last {
            first.clone()
        } else {
            format!("{first} to {last}")
        }
    }

    /// How many cells each platform has, such as `win 8, linux 9`.
    pub(super) fn platforms(&self) -> String {
        let names = platforms(self.cells.iter().copied());
        let of = |name: &str| {
            self.cells
                .iter()
                .filter(|cell| cell.platform == name)
                .count()
        };
        let words: Vec<String> = names
            .iter()
            .map(|name| format!("{name} {}", of(name)))
            .collect();
        words.join(", ")
    }

    /// The lines that are changed, such as `line 422`, or `lines 412 to 858` where releases differ.
    pub(super) fn lines(&self) -> String {
        let first = lines(self.first());
        let all = || self.cells.iter().flat_map(|cell| lines(cell));
        let (Some(low), Some(high)) = (all().min(), all().max()) else {
            return String::new();
        };
        if low == high {
            return format!("line {low}");
        }
        if self.cells.iter().all(|cell| lines(cell) == first) {
            let words: Vec<String> = first.iter().map(ToString::to_string).collect();
            return format!("lines {}", words.join(", "));
        }
        format!("lines {low} to {high}")
    }

    /// What there is to know besides, each once.
    pub(super) fn notes(&self) -> Vec<&'a str> {
        let mut notes: Vec<&str> = Vec::new();
        for note in self.cells.iter().flat_map(|cell| &cell.notes) {
            if !notes.contains(&note.as_str()) {
                notes.push(note);
            }
        }
        notes
    }
}

/// Every line of a cell that is changed, whatever the file.
pub(super) fn lines(cell: &CellReport) -> Vec<usize> {
    cell.files
        .iter()
        .flat_map(|file| file.lines.iter().copied())
        .collect()
}

/// The cells of a patch in as few runs as their order allows, by first release.
pub(super) fn runs<'a>(group: &Group<'a>) -> Vec<Run<'a>> {
    let mut runs: Vec<Vec<usize>> = Vec::new();
    for streak in streaks(&group.cells) {
        match runs
            .iter_mut()
            .find(|run| may_join(&group.cells, run, &streak))
        {
            Some(run) => {
                run.extend(streak);
                run.sort_unstable();
            }
            None => runs.push(streak),
        }
    }
    runs.sort();
    let cells = |run: Vec<usize>| run.into_iter().map(|index| group.cells[index]).collect();
    runs.into_iter()
        .map(|run| Run { cells: cells(run) })
        .collect()
}

/// For each platform its cells, cut where one looks different from the one before.
fn streaks(cells: &[&CellReport]) -> Vec<Vec<usize>> {
    let mut streaks = Vec::new();
    for platform in platforms(cells.iter().copied()) {
        let of_platform = (0..cells.len()).filter(|index| cells[*index].platform == platform);
        let of_platform: Vec<usize> = of_platform.collect();
        let alike = |a: &usize, b: &usize| look(cells[*a]) == look(cells[*b]);
        streaks.extend(of_platform.chunk_by(alike).map(<[usize]>::to_vec));
    }
    streaks
}

fn may_join(cells: &[&CellReport], run: &[usize], streak: &[usize]) -> bool {
    let wanted = look(cells[run[0]]);
    if wanted != look(cells[streak[0]]) {
        return false;
    }
    let both = || run.iter().chain(streak);
    let (Some(first), Some(last)) = (both().min(), both().max()) else {
        return false;
    };
    // The first and the last release have cells before and after these two.
    let is_first = |index: &usize| cells[*index].release == cells[*first].release;
    let is_last = |index: &usize| cells[*index].release == cells[*last].release;
    let start = (0..=*first).rev().take_while(is_first).last();
    let end = (*last..cells.len()).take_while(is_last).last();
    let between = &cells[start.unwrap_or(*first)..=end.unwrap_or(*last)];
    let is_of_both = |platform: &str| both().any(|index| cells[*index].platform == platform);
    !between
        .iter()
        .any(|cell| look(cell) != wanted && is_of_both(&cell.platform))
}

fn look(cell: &CellReport) -> Look<'_> {
    Look {
        state: cell.state,
        variant: cell.variant.as_deref(),
        // A reason may name the release.
        reason: cell
            .reason
            .as_ref()
            .map(|reason| reason.replace(&cell.release, "")),
        near: cell.near.as_ref().map(|near| {
            let changed_in = near.changed_in.as_deref();
            (
                near.path.as_str(),
                near.anchor.as_str(),
                near.within.as_deref(),
                changed_in,
            )
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::grid::groups;
    use crate::formats::sample::{cell, fitting, missing};

    /// The runs of some cells of one patch: releases, platforms, state, lines.
    fn told(cells: &[CellReport]) -> Vec<String> {
        let groups = groups(cells, &[]);
        let runs = runs(&groups[0]);
        let told = |run: &Run<'_>| {
            format!(
                "{} | {} | {} | {}",
                run.releases(),
                run.platforms(),
                run.first().state,
                run.lines()
            )
        };
        runs.iter().map(told).collect()
    }

    fn row(releases: &[&str], platform: &str) -> Vec<CellReport> {
        let line = |release: &&str| fitting("gloo", release, platform, 400 + release.len());
        releases.iter().map(line).collect()
    }

    #[test]
    fn platforms_that_agree_are_one_run_though_one_starts_later() {
        let cells = [
            row(&["1.1", "1.2", "1.3.1"], "linux"),
            row(&["1.2", "1.3.1"], "win"),
        ]
        .concat();
        assert_eq!(
            told(&cells),
            ["1.1 to 1.3.1 | win 2, linux 3 | ok | lines 403 to 405"]
        );
    }

    #[test]
    fn a_platform_with_a_gap_is_told_apart() {
        let mut cells = [
            row(&["1.1", "1.2", "1.3"], "linux"),
            row(&["1.1", "1.3"], "win"),
        ]
        .concat();
        cells.push(missing("gloo", "1.2", "win"));
        assert_eq!(
            told(&cells),
            [
                "1.1 | win 1 | ok | line 403",
                "1.1 to 1.3 | linux 3 | ok | line 403",
                "1.2 | win 1 | anchor-missing | ",
                "1.3 | win 1 | ok | line 403",
            ]
        );
    }

    #[test]
    fn a_gap_in_the_first_release_counts() {
        let mut cells = [row(&["1.1", "1.2"], "linux"), row(&["1.2"], "win")].concat();
        cells.insert(0, missing("gloo", "1.1", "win"));
        assert_eq!(told(&cells).len(), 3, "{:?}", told(&cells));
        let mut cells = [row(&["1.1", "1.2"], "win"), row(&["1.1"], "linux")].concat();
        cells.push(missing("gloo", "1.2", "linux"));
        assert_eq!(told(&cells).len(), 3, "{:?}", told(&cells));
    }

    #[test]
    fn reasons_that_differ_in_the_release_only_are_one_run() {
        let mut cells =
            ["1.0.0", "1.0.1"].map(|release| cell("gloo", release, "win", CellState::NotCovered));
        for cell in &mut cells {
            cell.reason = Some(format!("{} is not covered", cell.release));
        }
        assert_eq!(told(&cells), ["1.0.0 to 1.0.1 | win 2 | not-covered | "]);
        cells[1].reason = Some("another".to_owned());
        assert_eq!(told(&cells).len(), 2);
    }

    #[test]
    fn cells_that_broke_in_different_releases_are_told_apart() {
        let mut cells = ["win", "linux"].map(|platform| missing("gloo", "2.5.1", platform));
        assert_eq!(told(&cells).len(), 1);
        if let Some(near) = &mut cells[1].near {
            near.changed_in = Some("2.5.1".to_owned());
        }
        assert_eq!(told(&cells).len(), 2);
    }
}
