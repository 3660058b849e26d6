//! The XML that test servers read: a suite for each patch, a case for each cell.
//!
//! The elements are those that Jenkins, GitLab and Azure have in common
//! (<https://github.com/testmoapp/junitxml>); the letters are those of XML 1.0, section 2.2.

use torch_patch::{CellReport, CellState, Description, NearReport};

use super::grid::{Group, groups, meaning, put};
use super::table::change;

/// The cells as a document. A cell in which the patch does not fit is a failure; one in which there
/// is nothing to be done, or that no variant is for, is skipped.
pub(crate) fn render(cells: &[CellReport], patches: &[Description]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts = counts(&cells.iter());
    put(
        &mut out,
        format_args!("<testsuites name=\"torch-patch check\" {counts}>\n"),
    );
    for group in groups(cells, patches) {
        suite(&group, &mut out);
    }
    out.push_str("</testsuites>\n");
    out
}

/// What becomes of a case.
#[derive(PartialEq)]
enum Verdict {
    Passed,
    Skipped,
    Failed,
}

fn verdict(state: CellState) -> Verdict {
    match state {
        CellState::Ok => Verdict::Passed,
        CellState::NotNeeded | CellState::NotCovered | CellState::Already => Verdict::Skipped,
        CellState::AnchorMissing | CellState::Ambiguous | CellState::Syntax => Verdict::Failed,
    }
}

fn counts<'a>(cells: &(impl Iterator<Item = &'a CellReport> + Clone)) -> String {
    let count = |wanted: Verdict| {
        cells
            .clone()
            .filter(|cell| verdict(cell.state) == wanted)
            .count()
    };
    let (failed, skipped) = (count(Verdict::Failed), count(Verdict::Skipped));
    let tests = cells.clone().count();
    format!("tests=\"{tests}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\"")
}

fn suite(group: &Group<'_>, out: &mut String) {
    let (patch, counts) = (escape(group.patch), counts(&group.cells.iter().copied()));
    put(
        out,
        format_args!("  <testsuite name=\"{patch}\" {counts}>\n"),
    );
    for cell in &group.cells {
        case(cell, out);
    }
    out.push_str("  </testsuite>\n");
}

fn case(cell: &CellReport, out: &mut String) {
    let name = escape(&format!("{} {}", cell.release, cell.platform));
    let patch = escape(&cell.patch);
    put(
        out,
        format_args!("    <testcase classname=\"{patch}\" name=\"{name}\""),
    );
    let message = escape(&message(cell));
    let state = cell.state;
    match verdict(state) {
        Verdict::Passed => out.push_str("/>\n"),
        Verdict::Skipped => {
            put(
                out,
                format_args!(">\n      <skipped message=\"{message}\"/>\n    </testcase>\n"),
            );
        }
        Verdict::Failed => {
            let text = escape(&text(cell));
            put(
                out,
                format_args!(
                    ">\n      <failure type=\"{state}\" message=\"{message}\">{text}</failure>\n    </testcase>\n"
                ),
            );
        }
    }
}

fn message(cell: &CellReport) -> String {
    let near = cell.near.as_ref().map(|near| near.message.as_str());
    let why = cell
        .reason
        .as_deref()
        .or(near)
        .unwrap_or(meaning(cell.state));
    format!("{}: {why}", cell.state)
}

/// What a person needs to mend the patch.
fn text(cell: &CellReport) -> String {
    let mut text = format!("{} on {} {}", cell.patch, cell.distribution, cell.release);
    put(
        &mut text,
        format_args!(" for {} ({})\n", cell.platform, cell.from),
    );
    if let Some(near) = &cell.near {
        near_miss(near, &mut text);
    }
    for note in &cell.notes {
        put(&mut text, format_args!("note: {note}\n"));
    }
    text
}

fn near_miss(near: &NearReport, text: &mut String) {
    put(text, format_args!("{}\nin {}", near.message, near.path));
    if let Some(within) = &near.within {
        put(text, format_args!(" within {within}"));
    }
    text.push('\n');
    text.extend(change(near).map(|change| format!("{change}\n")));
    put(text, format_args!("anchor: {}\n", near.anchor));
    for line in &near.lines {
        put(text, format_args!("line {}: {}\n", line.line, line.text));
        if !line.differs.is_empty() {
            put(text, format_args!("  {}\n", line.differs));
        }
    }
}

/// A text that is the same after it was read back, in an attribute or between tags. A letter that
/// XML 1.0 has no form for becomes U+FFFD.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                put(&mut out, format_args!("&#{};", u32::from(letter)));
            }
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::sample::{HOSTILE, cells, patches};

    #[test]
    fn every_state_is_told() {
        insta::with_settings!({snapshot_path => "../../../snapshots/formats", prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!("junit", render(&cells(), &patches()));
        });
    }

    /// An element as a reader of XML sees it.
    #[derive(Debug, Default)]
    struct Element {
        name: String,
        attributes: Vec<(String, String)>,
        children: Vec<Element>,
        text: String,
    }

    impl Element {
        fn attribute(&self, name: &str) -> &str {
            let found = self.attributes.iter().find(|(key, _)| key == name);
            &found.unwrap_or_else(|| panic!("no `{name}` in {self:?}")).1
        }

        fn number(&self, name: &str) -> usize {
            self.attribute(name).parse().unwrap()
        }

        fn with(&self, name: &str) -> usize {
            let cases = self.children.iter();
            cases
                .filter(|case| case.children.iter().any(|child| child.name == name))
                .count()
        }
    }

    /// Reads the subset that is written here, and panics at what is not well-formed.
    fn read(document: &str) -> Element {
        assert!(
            document
                .chars()
                .all(|letter| letter == '\n' || !letter.is_ascii_control())
        );
        let body = document.split_once("?>\n").unwrap().1;
        let mut open = vec![Element::default()];
        for piece in body.split('<').skip(1) {
            let (tag, text) = piece.split_once('>').unwrap();
            assert!(!text.contains('>'), "a bare `>` in {text:?}");
            if let Some(name) = tag.strip_prefix('/') {
                let done = open.pop().unwrap();
                assert_eq!(done.name, name);
                open.last_mut().unwrap().children.push(done);
            } else {
                let (is_closed, tag) = tag
                    .strip_suffix('/')
                    .map_or((false, tag), |tag| (true, tag));
                let element = element(tag);
                if is_closed {
                    open.last_mut().unwrap().children.push(element);
                } else {
                    open.push(element);
                }
            }
            open.last_mut().unwrap().text.push_str(&unescape(text));
        }
        assert_eq!(open.len(), 1);
        open.pop().unwrap().children.pop().unwrap()
    }

    fn element(tag: &str) -> Element {
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut element = Element {
            name: name.to_owned(),
            ..Element::default()
        };
        while let Some((key, after)) = rest.split_once("=\"") {
            let (value, after) = after.split_once('"').unwrap();
            element
                .attributes
                .push((key.trim().to_owned(), unescape(value)));
            rest = after;
        }
        assert_eq!(rest, "", "{tag}");
        element
    }

    fn unescape(text: &str) -> String {
        let mut out = String::new();
        for (number, piece) in text.split('&').enumerate() {
            let Some((name, rest)) = piece.split_once(';').filter(|_| number > 0) else {
                assert_eq!(number, 0, "a bare `&` in {text:?}");
                out.push_str(piece);
                continue;
            };
            out.push(match name {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                _ => char::from(name.strip_prefix('#').unwrap().parse::<u8>().unwrap()),
            });
            out.push_str(rest);
        }
        out
    }

    #[test]
    fn the_counts_are_those_of_the_cases() {
        let root = read(&render(&cells(), &patches()));
        assert_eq!(root.number("tests"), cells().len());
        let mut sums = [0; 3];
        for suite in &root.children {
            assert_eq!(suite.number("tests"), suite.children.len());
            assert_eq!(suite.number("failures"), suite.with("failure"));
            assert_eq!(suite.number("skipped"), suite.with("skipped"));
            for (sum, name) in sums.iter_mut().zip(["tests", "failures", "skipped"]) {
                *sum += suite.number(name);
            }
        }
        assert_eq!(
            sums,
            ["tests", "failures", "skipped"].map(|name| root.number(name))
        );
        assert!(sums.iter().all(|sum| *sum > 0));
    }

    #[test]
    fn broken_is_failed_and_nothing_to_do_is_skipped() {
        let root = read(&render(&cells(), &[]));
        let suite = root
            .children
            .iter()
            .find(|suite| suite.attribute("name") == "other")
            .unwrap();
        let told = |case: &Element| {
            let first = case.children.first();
            (
                case.attribute("name").to_owned(),
                first.map(|child| child.name.clone()),
            )
        };
        let told: Vec<_> = suite.children.iter().map(told).collect();
        let expected = [
            ("2.0.1 win", "failure"),
            ("2.1.0 win", "failure"),
            ("2.2.0 win", "skipped"),
            ("2.2.0 linux", "skipped"),
        ];
        assert_eq!(
            told,
            expected.map(|(name, what)| (name.to_owned(), Some(what.to_owned())))
        );
    }

    #[test]
    fn any_text_can_be_read_back() {
        let root = read(&render(&cells(), &patches()));
        let suite = root
            .children
            .iter()
            .find(|suite| suite.attribute("name") == "<img>")
            .unwrap();
        let failure = &suite.children[0].children[0];
        let expected = HOSTILE.replace('\u{1b}', "\u{fffd}");
        assert_eq!(
            failure.attribute("message"),
            format!("anchor-missing: {expected}")
        );
        assert!(
            failure
                .text
                .contains(&format!("anchor: first\n```\n{expected}\n")),
            "{}",
            failure.text
        );
        assert_eq!(
            escape("a\tb\r\nc\u{0}\u{ffff}'"),
            "a&#9;b&#13;&#10;c\u{fffd}\u{fffd}'"
        );
    }
}
