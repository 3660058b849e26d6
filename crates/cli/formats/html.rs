//! One HTML page: a grid of patches and releases, and what each cell holds.
//!
//! The page fetches nothing, which its Content Security Policy enforces, and runs no script but its
//! own. Without JavaScript the grid is a plain table.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use torch_patch::{CellReport, CellState, Description, Digest};

use super::grid::{
    Group, counted, groups, meaning, one_line, platforms, put, releases, summary, totals,
};
use super::page_data;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The cells as a page. `made` says by what and when it was made, such as
/// `torch-patch 0.1.0, 2026-11-25`; there is no clock here.
pub(crate) fn render(cells: &[CellReport], patches: &[Description], made: &str) -> String {
    let groups = groups(cells, patches);
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    let mut out = String::new();
    // Each mark is replaced once and what replaces it is not looked at, whatever it says.
    for piece in PAGE.split("{{") {
        let Some((mark, rest)) = piece.split_once("}}") else {
            out.push_str(piece);
            continue;
        };
        match mark {
            "policy" => out.push_str(&policy),
            "style" => out.push_str(STYLE),
            "script" => out.push_str(SCRIPT),
            "made" => out.push_str(&escape(made)),
            "totals" => out.push_str(&escape(&sentence(cells, groups.len()))),
            "platforms" => platform_choices(cells, &mut out),
            "states" => state_choices(cells, &mut out),
            "grids" => grids(&groups, cells, &mut out),
            "data" => out.push_str(&page_data::json(cells)),
            _ => {}
        }
        out.push_str(rest);
    }
    out
}

/// What a policy calls a script or a style that stands in the page (CSP 3, section 2.3.1).
fn hash(text: &str) -> String {
    format!(
        "sha256-{}",
        STANDARD.encode(Digest::of(text.as_bytes()).as_bytes())
    )
}

fn sentence(cells: &[CellReport], patches: usize) -> String {
    if cells.is_empty() {
        return "No release was looked at.".to_owned();
    }
    let (cells_in_words, patches) = (counted(cells.len(), "cell"), counted(patches, "patch"));
    format!("{cells_in_words} of {patches}: {}.", summary(cells))
}

fn platform_choices(cells: &[CellReport], out: &mut String) {
    for platform in platforms(cells) {
        let name = escape(platform);
        put(
            out,
            format_args!(
                "<label><input type=\"checkbox\" name=\"platform\" value=\"{name}\" checked> {name}</label>\n"
            ),
        );
    }
}

/// The states that there are, which is the legend too.
fn state_choices(cells: &[CellReport], out: &mut String) {
    for (state, count) in totals(cells) {
        put(
            out,
            format_args!(
                "<label title=\"{}\"><input type=\"checkbox\" name=\"state\" value=\"{state}\" checked> \
             <span class=\"mark {state}\" aria-hidden=\"true\"></span> {state} <span class=\"count\">{count}</span></label>\n",
                escape(meaning(state))
            ),
        );
    }
}

/// A table for each distribution.
fn grids(groups: &[Group<'_>], cells: &[CellReport], out: &mut String) {
    let places: std::collections::HashMap<*const CellReport, usize> = cells
        .iter()
        .enumerate()
        .map(|(place, cell)| (std::ptr::from_ref(cell), place))
        .collect();
    let mut distributions: Vec<&str> = Vec::new();
    for group in groups {
        if !distributions.contains(&group.distribution) {
            distributions.push(group.distribution);
        }
    }
    for (number, distribution) in distributions.into_iter().enumerate() {
        let groups: Vec<&Group<'_>> = groups
            .iter()
            .filter(|group| group.distribution == distribution)
            .collect();
        let cells = || groups.iter().flat_map(|group| group.cells.iter().copied());
        let releases = releases(cells());
        put(
            out,
            format_args!(
                "<section class=\"grid\" aria-labelledby=\"grid-{number}\">\n<h2 id=\"grid-{number}\">{} \
             <span class=\"count\">{}</span></h2>\n<div class=\"scroll\">\n<table aria-labelledby=\"grid-{number}\">\n",
                escape(distribution),
                counted(releases.len(), "release")
            ),
        );
        head(&releases, out);
        let place = |cell: &CellReport| places.get(&std::ptr::from_ref(cell)).copied();
        for group in &groups {
            body(group, &releases, &place, out);
        }
        out.push_str("</table>\n</div>\n</section>\n");
    }
}

fn head(releases: &[&str], out: &mut String) {
    out.push_str("<thead><tr><th scope=\"col\"><i>platform</i></th>");
    for release in releases {
        put(
            out,
            format_args!("<th scope=\"col\"><span>{}</span></th>", escape(release)),
        );
    }
    out.push_str("</tr></thead>\n");
}

/// The rows of a patch, one for each platform, below its name.
fn body(
    group: &Group<'_>,
    releases: &[&str],
    place: &dyn Fn(&CellReport) -> Option<usize>,
    out: &mut String,
) {
    let (patch, title) = (escape(group.patch), escape(group.title));
    let columns = releases.len() + 1;
    let sums = escape(&summary(group.cells.iter().copied()));
    put(
        out,
        format_args!(
            "<tbody data-patch=\"{patch}\">\n<tr class=\"patch\"><th scope=\"rowgroup\" colspan=\"{columns}\">\
         <span><b>{patch}</b> {title} <small>{sums}</small></span></th></tr>\n"
        ),
    );
    for platform in platforms(group.cells.iter().copied()) {
        let name = escape(platform);
        put(
            out,
            format_args!("<tr data-platform=\"{name}\"><th scope=\"row\">{name}</th>"),
        );
        let in_row: Vec<&CellReport> = group
            .cells
            .iter()
            .copied()
            .filter(|cell| cell.platform == platform)
            .collect();
        let mut rest = in_row.as_slice();
        for release in releases {
            let here = rest
                .iter()
                .take_while(|cell| cell.release == *release)
                .count();
            let (cells, later) = rest.split_at(here);
            rest = later;
            slot(cells, place, out);
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n");
}

/// The cells of a release for a platform: one, none, or several that were looked at by file.
fn slot(cells: &[&CellReport], place: &dyn Fn(&CellReport) -> Option<usize>, out: &mut String) {
    let Some(state) = cells
        .iter()
        .map(|cell| cell.state)
        .max_by_key(|state| gravity(*state))
    else {
        out.push_str("<td></td>");
        return;
    };
    let places: Vec<String> = cells
        .iter()
        .filter_map(|cell| place(cell))
        .map(|place| place.to_string())
        .collect();
    let places = places.join(" ");
    put(
        out,
        format_args!("<td class=\"{state}\" data-cells=\"{places}\"><i>{state}</i></td>"),
    );
}

/// Which of several states is shown.
fn gravity(state: CellState) -> u8 {
    match state {
        CellState::Ok => 0,
        CellState::Already => 1,
        CellState::NotNeeded => 2,
        CellState::NotCovered => 3,
        CellState::AnchorMissing | CellState::Ambiguous | CellState::Syntax => 4,
    }
}

/// Text for between tags or for an attribute in double quotes, on one line.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in one_line(text).chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::sample::{atlas, cells, patches};

    fn page() -> String {
        render(&cells(), &patches(), "torch-patch 0.0.0, 2026-01-01")
    }

    /// What stands between two texts of a page, each of which is there once.
    fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
        assert_eq!(page.matches(start).count(), 1, "{start}");
        page.split(start).nth(1).unwrap().split(end).next().unwrap()
    }

    #[test]
    fn every_state_is_told() {
        let page = page()
            .replace(STYLE, "")
            .replace(SCRIPT, "")
            .replace(&hash(STYLE), "")
            .replace(&hash(SCRIPT), "");
        insta::with_settings!({snapshot_path => "../../../snapshots/formats", prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!("html", page);
        });
    }

    #[test]
    fn the_policy_allows_what_is_in_the_page_and_nothing_else() {
        let page = page();
        let policy = between(&page, "Policy\" content=\"", "\"");
        let style = hash(between(&page, "<style>", "</style>"));
        let script = hash(between(&page, "<script>", "</script>"));
        let rest = "base-uri 'none'; form-action 'none'";
        assert_eq!(
            policy,
            format!("default-src 'none'; style-src '{style}'; script-src '{script}'; {rest}")
        );
        // The digest is that of RFC 6234's empty text, in base64.
        assert_eq!(
            hash(""),
            "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        );
    }

    #[test]
    fn data_makes_no_element() {
        let page = page();
        for (element, count) in [
            ("<img", 0),
            ("<script", 2),
            ("</script>", 2),
            ("<style", 1),
            ("onerror=\"", 0),
        ] {
            assert_eq!(page.matches(element).count(), count, "{element}");
        }
        assert_eq!(
            page.matches("id=\"data\"").count(),
            1,
            "a mark in the data is no mark"
        );
        assert!(page.contains("&lt;/script&gt;&lt;img src=x onerror=&quot;"));
    }

    #[test]
    fn nothing_is_fetched() {
        for text in [STYLE, SCRIPT, PAGE] {
            for word in [
                "http:",
                "https:",
                "url(",
                "@import",
                "fetch(",
                "innerHTML",
                "src=",
            ] {
                assert!(!text.contains(word), "{word}");
            }
        }
    }

    #[test]
    fn cells_of_two_files_share_a_slot_that_shows_the_worse() {
        let mut two = cells();
        two.retain(|cell| cell.patch == "gloo" && cell.release == "2.5.1");
        two[1].platform = "win".to_owned();
        assert_eq!(
            (two[0].state, two[1].state),
            (CellState::AnchorMissing, CellState::Ok)
        );
        two.reverse();
        let page = render(&two, &[], "");
        assert!(
            page.contains("<td class=\"anchor-missing\" data-cells=\"0 1\">"),
            "{page}"
        );
    }

    #[test]
    fn what_is_broken_is_never_hidden_by_what_is_not() {
        let (broken, others): (Vec<_>, Vec<_>) = CellState::ALL
            .into_iter()
            .partition(|state| state.is_broken());
        let worst = others.iter().map(|state| gravity(*state)).max();
        assert!(broken.iter().all(|state| Some(gravity(*state)) > worst));
        assert!(
            others
                .iter()
                .all(|state| gravity(*state) >= gravity(CellState::Ok))
        );
    }

    #[test]
    fn an_atlas_is_no_larger_than_a_picture() {
        let small = render(&atlas(2), &[], "").len();
        assert!(small < 300_000, "{small} bytes");
        let large = render(&atlas(30), &[], "").len();
        assert!(large < 2_000_000, "{large} bytes");
    }

    /// What `tests/e2e/atlas.py` looks at in a browser.
    #[test]
    #[ignore = "needs the directory `TORCH_PATCH_PAGES`; .ci/run runs it"]
    #[expect(
        clippy::disallowed_methods,
        reason = "the variable is the test's, not the command's"
    )]
    fn pages_for_a_browser() {
        let Some(folder) = std::env::var_os("TORCH_PATCH_PAGES").map(std::path::PathBuf::from)
        else {
            return;
        };
        let (few, many) = (cells(), atlas(2));
        for (name, text) in [
            ("few.html", page()),
            (
                "many.html",
                render(&many, &patches(), "torch-patch 0.0.0, 2026-01-01"),
            ),
            (
                "huge.html",
                render(&atlas(30), &[], "torch-patch 0.0.0, 2026-01-01"),
            ),
            ("few.xml", crate::formats::junit::render(&few, &patches())),
        ] {
            fs_err::write(folder.join(name), text).unwrap();
        }
    }
}
