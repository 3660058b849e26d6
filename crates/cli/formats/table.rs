//! A table for a terminal: releases that say the same on one line.

use anstyle::{AnsiColor, Style};
use torch_patch::{CellReport, CellState, Description, NearReport};

use super::grid::{Group, counted, groups, one_line, printable, releases, totals};
use super::run::{Run, runs};
use crate::language::{colon, columns as columns_of, padded, say};
use crate::text::{BOLD, DIM};
use crate::ui::paint;

const GOOD: Style = AnsiColor::Green.on_default();
const ODD: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// As many of the nearest lines are shown.
const NEAREST: usize = 3;

/// The cells as lines of text, with a block for each patch and the sums at the end. The styles are
/// for a stream that leaves them out where no colours are wanted.
pub(crate) fn render(cells: &[CellReport], patches: &[Description]) -> String {
    let groups = groups(cells, patches);
    let mut out = String::new();
    for group in &groups {
        block(group, &mut out);
        out.push('\n');
    }
    out.push_str(&paint(BOLD, &total(cells, groups.len())));
    out.push('\n');
    out
}

fn total(cells: &[CellReport], patches: usize) -> String {
    if cells.is_empty() {
        return say("no release was looked at").into_owned();
    }
    let (cells_in_words, patches) = (counted(cells.len(), "cell"), counted(patches, "patch"));
    say(&format!("{cells_in_words} of {patches}: {}", sums(cells))).into_owned()
}

/// How many cells are in each state, such as `143 ok, 3 not-covered`.
fn sums<'a>(cells: impl IntoIterator<Item = &'a CellReport>) -> String {
    let totals = totals(cells).into_iter();
    let words: Vec<String> = totals
        .map(|(state, count)| format!("{count} {}", say(state.as_str())))
        .collect();
    words.join(", ")
}

fn block(group: &Group<'_>, out: &mut String) {
    let title = if group.title.is_empty() {
        String::new()
    } else {
        format!("{}{}", colon(), say(&one_line(group.title)))
    };
    let releases = counted(releases(group.cells.iter().copied()).len(), "release");
    line(
        out,
        0,
        &format!("{}{title}", paint(BOLD, &one_line(group.patch))),
    );
    let sums = sums(group.cells.iter().copied());
    let distribution = one_line(group.distribution);
    line(
        out,
        0,
        &paint(DIM, &say(&format!("{releases} of {distribution}: {sums}"))),
    );
    let runs = runs(group);
    let widths = widths(&runs);
    let mut said = String::new();
    for run in &runs {
        row(run, widths, out);
        details(run, &mut said, out);
    }
}

/// The width of each column but the last, as a terminal shows it.
fn widths(runs: &[Run<'_>]) -> [usize; 4] {
    let mut widths = [0; 4];
    for run in runs {
        for (width, column) in widths.iter_mut().zip(columns(run)) {
            *width = columns_of(&column).max(*width);
        }
    }
    widths
}

fn columns(run: &Run<'_>) -> [String; 4] {
    let cell = run.first();
    [
        say(&one_line(&run.releases())).into_owned(),
        one_line(&run.platforms()),
        say(cell.state.as_str()).into_owned(),
        one_line(cell.variant.as_deref().unwrap_or_default()),
    ]
}

fn row(run: &Run<'_>, widths: [usize; 4], out: &mut String) {
    let [releases, platforms, state, variant] = columns(run);
    let [first, second, third, fourth] = widths;
    let state_style = style(run.first().state);
    let rest = format!("{}  {}", padded(&variant, fourth), say(&run.lines()));
    let state = if rest.trim().is_empty() {
        paint(state_style, &state)
    } else {
        paint(state_style, &padded(&state, third))
    };
    let (releases, platforms) = (padded(&releases, first), padded(&platforms, second));
    let text = format!("{releases}  {platforms}  {state}  {rest}");
    line(out, 2, text.trim_end());
}

/// Why, what comes nearest, and the notes; a reason that was just said is not said again.
fn details(run: &Run<'_>, said: &mut String, out: &mut String) {
    let cell = run.first();
    let reason = one_line(cell.reason.as_deref().unwrap_or_default());
    if !reason.is_empty() && reason != *said {
        line(out, 4, &say(&reason));
    }
    *said = reason;
    if let Some(near) = &cell.near {
        near_miss(cell, near, out);
    }
    for note in run.notes() {
        line(
            out,
            4,
            &paint(DIM, &say(&format!("note: {}", one_line(note)))),
        );
    }
}

fn near_miss(cell: &CellReport, near: &NearReport, out: &mut String) {
    if cell.reason.as_deref() != Some(&near.message) {
        line(out, 4, &say(&one_line(&near.message)));
    }
    if let Some(change) = change(near) {
        line(out, 4, &paint(ODD, &say(&one_line(&change))));
    }
    let release = format!("{} {}", cell.release, cell.platform);
    line(
        out,
        4,
        &say(&format!(
            "`{}`, as in {}:",
            one_line(&near.path),
            one_line(&release)
        )),
    );
    if let Some(scope) = &near.within {
        line(out, 6, &format!("{}  {}", say("within"), one_line(scope)));
    }
    for wanted in near.anchor.lines() {
        line(
            out,
            6,
            &format!(
                "{}  {}",
                padded(&say("anchor"), 6),
                paint(BOLD, &printable(wanted))
            ),
        );
    }
    for found in near.lines.iter().take(NEAREST) {
        line(
            out,
            6,
            &format!("{:>6}  {}", found.line, one_line(&found.text)),
        );
        if !found.differs.is_empty() {
            line(out, 14, &paint(DIM, &say(&one_line(&found.differs))));
        }
    }
}

/// Since when an anchor is not found, such as `changed in 2.5.0 (last fits 2.4.1)`.
pub(super) fn change(near: &NearReport) -> Option<String> {
    let changed_in = near.changed_in.as_ref()?;
    let last_ok = near.last_ok.as_ref();
    let last_ok = last_ok.map(|release| format!(" (last fits {release})"));
    Some(format!(
        "changed in {changed_in}{}",
        last_ok.unwrap_or_default()
    ))
}

fn line(out: &mut String, indent: usize, text: &str) {
    out.extend(std::iter::repeat_n(' ', indent));
    out.push_str(text);
    out.push('\n');
}

fn style(state: CellState) -> Style {
    match state {
        CellState::Ok => GOOD,
        CellState::NotNeeded | CellState::Already => DIM,
        CellState::NotCovered => ODD,
        CellState::AnchorMissing | CellState::Ambiguous | CellState::Syntax => BAD,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::sample::{HOSTILE, atlas, cells, patches};

    fn plain(cells: &[CellReport], patches: &[Description]) -> String {
        anstream::adapter::strip_str(&render(cells, patches)).to_string()
    }

    #[test]
    fn every_state_is_told() {
        insta::with_settings!({snapshot_path => "../../../snapshots/formats", prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!("table", plain(&cells(), &patches()));
        });
    }

    #[test]
    fn nothing_is_told_twice_in_a_row() {
        let mut cells = cells();
        cells.retain(|cell| cell.patch == "gloo");
        for cell in &mut cells {
            let message = cell.near.as_ref().map(|near| near.message.clone());
            cell.reason = message.or_else(|| Some("for a reason".to_owned()));
        }
        let table = plain(&cells, &[]);
        assert_eq!(table.matches("for a reason").count(), 1, "{table}");
        assert_eq!(
            table.matches("anchor matched 0 times").count(),
            1,
            "{table}"
        );
    }

    #[test]
    fn an_atlas_of_two_patches_fits_on_a_screen() {
        let table = plain(&atlas(2), &[]);
        assert!(table.lines().count() < 25, "{table}");
        assert!(table.lines().all(|line| line.len() < 100), "{table}");
    }

    #[test]
    fn only_styles_of_the_program_act_on_a_terminal() {
        let table = plain(&cells(), &patches());
        let acts = |letter: char| letter.is_control() && letter != '\n' || letter == '\u{202e}';
        assert!(!table.contains(acts), "{table}");
        assert!(
            render(&cells(), &patches()).contains("\u{1b}[32m"),
            "a good state is green"
        );
        assert!(HOSTILE.contains(acts), "otherwise the test says nothing");
    }

    #[test]
    fn no_cell_is_no_table() {
        assert_eq!(plain(&[], &patches()), "no release was looked at\n");
    }
}
