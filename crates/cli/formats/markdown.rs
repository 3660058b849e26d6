//! Markdown for an issue or a summary of a workflow (GitHub Flavored Markdown 0.29).

use torch_patch::{CellReport, Description, NearReport};

use super::grid::{Group, counted, groups, one_line, platforms, printable, put, releases, summary};
use super::run::{Run, lines, runs};
use super::table::change;

/// The cells as a table of releases and platforms for each patch, and a section for each run of
/// cells in which the patch does not fit.
pub(crate) fn render(cells: &[CellReport], patches: &[Description]) -> String {
    let mut out = String::new();
    for group in groups(cells, patches) {
        section(&group, &mut out);
    }
    if cells.is_empty() {
        out.push_str("No release was looked at.\n");
    } else {
        let cells_in_words = counted(cells.len(), "cell");
        paragraph(
            &mut out,
            &format!("In all {cells_in_words}: {}.", summary(cells)),
        );
    }
    format!("{}\n", out.trim_end())
}

fn section(group: &Group<'_>, out: &mut String) {
    let title = if group.title.is_empty() {
        String::new()
    } else {
        format!(": {}", prose(group.title))
    };
    paragraph(out, &format!("## {}{title}", code(group.patch)));
    let releases = counted(releases(group.cells.iter().copied()).len(), "release");
    let sums = summary(group.cells.iter().copied());
    paragraph(
        out,
        &format!("{releases} of {}: {sums}.", prose(group.distribution)),
    );
    table(group, out);
    for run in runs(group) {
        if run.first().state.is_broken() {
            broken(&run, out);
        } else {
            remarks(&run, out);
        }
    }
}

fn table(group: &Group<'_>, out: &mut String) {
    let platforms = platforms(group.cells.iter().copied());
    let names: Vec<String> = platforms.iter().map(|name| prose(name)).collect();
    put(out, format_args!("| release | {} |\n", names.join(" | ")));
    put(
        out,
        format_args!("| --- |{}\n", " --- |".repeat(platforms.len())),
    );
    for release in releases(group.cells.iter().copied()) {
        let of = |platform: &&str| {
            let is_here =
                |cell: &&&CellReport| cell.release == release && cell.platform == *platform;
            let words: Vec<String> = group
                .cells
                .iter()
                .filter(is_here)
                .map(|cell| words(cell))
                .collect();
            if words.is_empty() {
                "none".to_owned()
            } else {
                words.join("; ")
            }
        };
        let row: Vec<String> = platforms.iter().map(of).collect();
        put(
            out,
            format_args!("| {} | {} |\n", prose(release), row.join(" | ")),
        );
    }
    out.push('\n');
}

/// A cell in words, such as `ok (line 422)`.
fn words(cell: &CellReport) -> String {
    let numbers: Vec<String> = lines(cell).iter().map(ToString::to_string).collect();
    let state = cell.state;
    match numbers.len() {
        0 => state.to_string(),
        1 => format!("{state} (line {})", numbers[0]),
        _ => format!("{state} (lines {})", numbers.join(", ")),
    }
}

/// Why cells are as they are, where the state does not say it.
fn remarks(run: &Run<'_>, out: &mut String) {
    let cell = run.first();
    let remarks: Vec<&str> = cell
        .reason
        .as_deref()
        .into_iter()
        .chain(run.notes())
        .collect();
    for remark in remarks {
        let (state, releases) = (cell.state, prose(&run.releases()));
        let platforms = prose(&run.platforms());
        put(
            out,
            format_args!("- {state}, {releases} ({platforms}): {}\n", prose(remark)),
        );
        out.push('\n');
    }
}

fn broken(run: &Run<'_>, out: &mut String) {
    let cell = run.first();
    let (releases, platforms) = (prose(&run.releases()), prose(&run.platforms()));
    paragraph(
        out,
        &format!("### {}: {releases} ({platforms})", cell.state),
    );
    let message = cell.near.as_ref().map(|near| near.message.as_str());
    let reason = cell
        .reason
        .as_deref()
        .filter(|reason| Some(*reason) != message);
    for text in reason.into_iter().chain(message).chain(run.notes()) {
        paragraph(out, &prose(text));
    }
    if let Some(near) = &cell.near {
        near_miss(cell, near, out);
    }
}

fn near_miss(cell: &CellReport, near: &NearReport, out: &mut String) {
    if let Some(change) = change(near) {
        paragraph(out, &format!("**{}**", prose(&change)));
    }
    let within = near.within.as_ref();
    let within = within.map(|scope| format!(" within {}", code(scope)));
    let path = code(&near.path);
    if !near.anchor.is_empty() {
        paragraph(
            out,
            &format!("The anchor, in {path}{}:", within.unwrap_or_default()),
        );
        fenced(&near.anchor, out);
    }
    if near.lines.is_empty() {
        return;
    }
    let release = prose(&format!("{} {}", cell.release, cell.platform));
    paragraph(out, &format!("What comes nearest in {release}:"));
    let found = |line: &torch_patch::NearLine| {
        let differs = format!("\n        {}", one_line(&line.differs));
        let differs = if line.differs.is_empty() {
            ""
        } else {
            &differs
        };
        format!("{:>6}  {}{differs}", line.line, line.text.trim_end())
    };
    let lines: Vec<String> = near.lines.iter().map(found).collect();
    fenced(&lines.join("\n"), out);
}

fn paragraph(out: &mut String, text: &str) {
    out.push_str(text);
    out.push_str("\n\n");
}

/// Text in a fence that is longer than any in the text.
fn fenced(text: &str, out: &mut String) {
    let text = printable(text);
    let fence = "`".repeat(longest_ticks(&text).max(2) + 1);
    paragraph(
        out,
        &format!("{fence}text\n{}\n{fence}", text.trim_end_matches('\n')),
    );
}

/// Text in a code span, also in a table or a headline.
fn code(text: &str) -> String {
    let text = one_line(text).replace('|', "\\|");
    let ticks = "`".repeat(longest_ticks(&text) + 1);
    // A space inside is left out again where both ends have one.
    let room = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{ticks}{room}{text}{room}{ticks}")
}

fn longest_ticks(text: &str) -> usize {
    let runs = text.split(|letter| letter != '`');
    runs.map(str::len).max().unwrap_or_default()
}

/// Text that is shown as it is: no markup, no HTML, no end of a table's cell.
fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in one_line(text).chars() {
        if matches!(
            letter,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '#' | '$' | '!'
        ) {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::sample::{atlas, cells, patches};

    #[test]
    fn every_state_is_told() {
        insta::with_settings!({snapshot_path => "../../../snapshots/formats", prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!("markdown", render(&cells(), &patches()));
        });
    }

    #[test]
    fn a_reason_that_is_the_message_is_told_once() {
        let mut cells = cells();
        cells.retain(|cell| cell.near.is_some() && cell.patch == "gloo");
        for cell in &mut cells {
            cell.reason = cell.near.as_ref().map(|near| near.message.clone());
        }
        assert_eq!(
            render(&cells, &[])
                .matches("anchor matched 0 times")
                .count(),
            1
        );
    }

    #[test]
    fn a_table_has_as_many_columns_in_every_row() {
        let markdown = render(&cells(), &patches());
        let mut columns = 0;
        for line in markdown.lines().filter(|line| line.starts_with('|')) {
            let bars = line.replace("\\|", "").matches('|').count();
            if line.starts_with("| release") {
                columns = bars;
            }
            assert_eq!(bars, columns, "{line}");
        }
        assert!(columns > 0);
    }

    #[test]
    fn no_letter_of_data_is_markup() {
        assert_eq!(
            prose("a|b <i> `c` *d* [e](f)\n# g"),
            "a\\|b \\<i\\> \\`c\\` \\*d\\* \\[e\\](f) \\# g"
        );
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`a"), "`` `a ``");
        let mut out = String::new();
        fenced("x\n````\ny\n", &mut out);
        assert_eq!(out, "`````text\nx\n````\ny\n`````\n\n");
    }

    /// GitHub takes no more than 65,536 letters in an issue.
    #[test]
    fn an_atlas_of_two_patches_fits_in_an_issue() {
        assert!(render(&atlas(2), &[]).len() < 30_000);
    }
}
