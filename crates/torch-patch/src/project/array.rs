//! Puts a patch on the list of a project file or takes it off, and leaves every other byte as it is.
//!
//! Architecture invariant: comments, white space, line endings and a byte order mark stay. The caller parses the result
//! and compares, so nothing is written that says something else.

use std::ops::Range;

use super::table::Table;

/// The text with a patch added to the list, which is made if there is none.
pub(super) fn with(text: &str, table: &Table, is_pyproject: bool, entry: &str) -> String {
    let value = toml::Value::from(entry).to_string();
    let eol = line_ending(text);
    match &table.list {
        Some((list, values)) => match values.last() {
            Some(end) => after_last(text, list, end, &value, eol),
            None => spliced(text, list.start + 1..list.start + 1, &value),
        },
        None => new_list(text, table, is_pyproject, &value, eol),
    }
}

/// The text without the value number `at` of the list.
pub(super) fn without(text: &str, table: &Table, at: usize) -> String {
    let Some((list, values)) = &table.list else {
        return text.to_owned();
    };
    let own = &values[at];
    let behind = &text[own.end..list.end];
    let comma = comma(behind).map(|comma| own.end + comma + 1);
    let line_start = text[..own.start].rfind('\n').map_or(0, |start| start + 1);
    let is_first_of_line = line_start > list.start && text[line_start..own.start].trim().is_empty();
    let end = comma.unwrap_or(own.end);
    let line_end = text[end..].find('\n').map(|length| end + length + 1);
    let is_alone = |line_end: &usize| {
        let rest = text[end..*line_end].trim();
        *line_end <= list.end && (rest.is_empty() || rest.starts_with('#'))
    };
    if let Some(line_end) = line_end.filter(is_alone).filter(|_| is_first_of_line) {
        return spliced(text, line_start..line_end, "");
    }
    match (comma, at) {
        (Some(comma), _) => {
            let blanks = text[comma..].len() - text[comma..].trim_start_matches([' ', '\t']).len();
            spliced(text, own.start..comma + blanks, "")
        }
        (None, 0) => spliced(text, own.clone(), ""),
        (None, _) => spliced(text, values[at - 1].end..own.end, ""),
    }
}

/// Adds a value behind the last, on a line of its own if the last has one.
fn after_last(
    text: &str,
    list: &Range<usize>,
    final_one: &Range<usize>,
    value: &str,
    eol: &str,
) -> String {
    let comma = comma(&text[final_one.end..list.end]).map(|comma| final_one.end + comma + 1);
    let line_start = text[..final_one.start]
        .rfind('\n')
        .map_or(0, |start| start + 1);
    let indent = &text[line_start..final_one.start];
    let has_own_line = line_start > list.start && indent.trim().is_empty();
    if !has_own_line {
        return match comma {
            Some(comma) => spliced(text, comma..comma, &format!(" {value},")),
            None => spliced(text, final_one.end..final_one.end, &format!(", {value}")),
        };
    }
    let with_comma = match comma {
        Some(_) => text.to_owned(),
        None => spliced(text, final_one.end..final_one.end, ","),
    };
    let behind = comma.unwrap_or(final_one.end + 1);
    let list_end = list.end + with_comma.len() - text.len();
    let line_end = with_comma[behind..list_end].find('\n');
    let mut at = line_end.map_or(behind, |length| behind + length);
    if with_comma[..at].ends_with('\r') {
        at -= 1;
    }
    let own_comma = if comma.is_some() { "," } else { "" };
    let line = format!("{eol}{indent}{value}{own_comma}");
    spliced(&with_comma, at..at, &line)
}

/// Adds a list, and a table if there is none.
fn new_list(text: &str, table: &Table, is_pyproject: bool, value: &str, eol: &str) -> String {
    let line = format!("patches = [{value}]{eol}");
    if let Some(header) = &table.header {
        let line_end = text[header.end..].find('\n');
        return match line_end {
            Some(length) => {
                let at = header.end + length + 1;
                spliced(text, at..at, &line)
            }
            None => format!("{text}{eol}{line}"),
        };
    }
    let mut result = text.to_owned();
    if !result.is_empty() && !result.ends_with('\n') {
        result.push_str(eol);
    }
    if is_pyproject {
        if !result.trim().is_empty() && !result.ends_with(&format!("{eol}{eol}")) {
            result.push_str(eol);
        }
        result.push_str("[tool.torch-patch]");
        result.push_str(eol);
    }
    result + &line
}

/// Where the comma is that follows a value, if there is one: comments are passed over.
fn comma(behind: &str) -> Option<usize> {
    let mut is_comment = false;
    for (at, letter) in behind.char_indices() {
        match letter {
            '\n' => is_comment = false,
            '#' => is_comment = true,
            ',' if !is_comment => return Some(at),
            ']' if !is_comment => return None,
            _ => {}
        }
    }
    None
}

fn line_ending(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

fn spliced(text: &str, range: Range<usize>, new: &str) -> String {
    [&text[..range.start], new, &text[range.end..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(text: &str, is_pyproject: bool) -> String {
        let table = Table::parse(text, is_pyproject).expect("a project file");
        let mut wanted = table.patches.clone();
        wanted.push("new".to_owned());
        let result = with(text, &table, is_pyproject, "new");
        let again = Table::parse(&result, is_pyproject).expect("a project file");
        assert_eq!(again.patches, wanted, "{result}");
        result
    }

    fn removed(text: &str, at: usize) -> String {
        let table = Table::parse(text, false).expect("a project file");
        let mut wanted = table.patches.clone();
        wanted.remove(at);
        let result = without(text, &table, at);
        let again = Table::parse(&result, false).expect("a project file");
        assert_eq!(again.patches, wanted, "{result}");
        result
    }

    #[test]
    fn a_value_is_added_in_the_layout_of_the_list() {
        for (text, result) in [
            ("", "patches = [\"new\"]\n"),
            ("# mine", "# mine\npatches = [\"new\"]\n"),
            ("patches = []\n", "patches = [\"new\"]\n"),
            ("patches = ['a']\n", "patches = ['a', \"new\"]\n"),
            (
                "patches = ['a' , ] # c\n",
                "patches = ['a' , \"new\", ] # c\n",
            ),
            (
                "patches = [ # all\r\n\t'a', # one, of ]\r\n\t# more\r\n]\r\nx",
                "patches = [ # all\r\n\t'a', # one, of ]\r\n\t\"new\",\r\n\t# more\r\n]\r\nx",
            ),
            (
                "patches = [\n  'a',\n  'b' # last\n]\n",
                "patches = [\n  'a',\n  'b', # last\n  \"new\"\n]\n",
            ),
            (
                "patches = [\n  'a',\n  'b']\n",
                "patches = [\n  'a',\n  'b',\n  \"new\"]\n",
            ),
            (
                "patches = [\n  'a'\n  # a comma, here\n  , 'b'\n]\n",
                "patches = [\n  'a'\n  # a comma, here\n  , 'b', \"new\"\n]\n",
            ),
        ] {
            let text = text.strip_suffix('x').unwrap_or(text);
            let result = result.strip_suffix('x').unwrap_or(result);
            assert_eq!(added(text, false), result);
        }
    }

    #[test]
    fn a_table_is_added_where_there_is_none() {
        for (text, result) in [
            ("", "[tool.torch-patch]\npatches = [\"new\"]\n"),
            (
                "\u{feff}[project]\r\nname = 'x'\r\n",
                "\u{feff}[project]\r\nname = 'x'\r\n\r\n[tool.torch-patch]\r\npatches = [\"new\"]\r\n",
            ),
            (
                "[project]\nname = 'x'",
                "[project]\nname = 'x'\n\n[tool.torch-patch]\npatches = [\"new\"]\n",
            ),
            (
                "[tool.torch-patch] # ours\naccept-risk = []\n[tool.ruff]\n",
                "[tool.torch-patch] # ours\npatches = [\"new\"]\naccept-risk = []\n[tool.ruff]\n",
            ),
            (
                "[tool.torch-patch]",
                "[tool.torch-patch]\npatches = [\"new\"]\n",
            ),
        ] {
            assert_eq!(added(text, true), result);
        }
    }

    #[test]
    fn a_value_goes_with_its_line_and_its_comment() {
        for (text, at, result) in [
            ("patches = ['a']\n", 0, "patches = []\n"),
            ("patches = ['a', 'b']\n", 0, "patches = ['b']\n"),
            ("patches = ['a', 'b']\n", 1, "patches = ['a']\n"),
            ("patches = ['a', 'b', ]\n", 1, "patches = ['a', ]\n"),
            (
                "patches = [\r\n  'a', # of a\r\n  'b', # of b\r\n]\r\n",
                0,
                "patches = [\r\n  'b', # of b\r\n]\r\n",
            ),
            (
                "patches = [\n  'a',\n  'b' # of b\n]\n",
                1,
                "patches = [\n  'a',\n]\n",
            ),
            ("patches = [\n  'a',\n  'b']\n", 1, "patches = [\n  'a']\n"),
            (
                "patches = [\n  'a', 'b',\n  'c',\n]\n",
                0,
                "patches = [\n  'b',\n  'c',\n]\n",
            ),
        ] {
            assert_eq!(removed(text, at), result);
        }
    }
}
