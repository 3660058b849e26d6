//! The text of an edit, from the lines that it has to become.

use crate::block::{Block, LEVEL, Unit, lines_in_strings};
use crate::character::is_plain;
use crate::document::Document;

/// The text that becomes `lines`, which are without endings, below a line that is indented by `base`;
/// `None` if there is none: the lines are indented less, or keep white space that an edit does not
/// write.
pub(super) fn relative(document: &Document<'_>, lines: &[&[u8]], base: &[u8]) -> Option<String> {
    let lines: Vec<&str> = lines
        .iter()
        .map(|line| std::str::from_utf8(line).ok())
        .collect::<Option<_>>()?;
    let is_python = document.language.is_python();
    let unit = document.unit(base);
    let in_string = if is_python {
        lines_in_strings(&lines.join("\n"))
    } else {
        Vec::new()
    };
    let base = std::str::from_utf8(base).ok()?;
    let written: Vec<String> = lines
        .iter()
        .enumerate()
        .map(|(index, line)| {
            if in_string.binary_search(&index).is_ok() {
                Some((*line).to_owned())
            } else {
                without_base(line, base, unit)
            }
        })
        .collect::<Option<_>>()?;
    let text = joined(&written);
    let block = Block::new(&text, is_python);
    let rendered = block.render(base.as_bytes(), unit);
    let is_same = rendered.len() == lines.len()
        && rendered
            .iter()
            .zip(&lines)
            .all(|(one, other)| one == other.as_bytes());
    (is_same && !block.is_empty() && text.chars().all(is_plain)).then_some(text)
}

/// Lines as one text; an edit drops a line ending at each end of it.
fn joined(lines: &[String]) -> String {
    if let [only] = lines {
        return only.clone();
    }
    let lead = match lines.first() {
        Some(first) if first.is_empty() => "\n",
        _ => "",
    };
    format!("{lead}{}\n", lines.join("\n"))
}

/// A line in the indentation of an edit's text: four spaces for a level.
fn without_base(line: &str, base: &str, unit: Unit) -> Option<String> {
    let text = line.trim_start_matches([' ', '\t']);
    if text.is_empty() {
        return line.is_empty().then(String::new);
    }
    let indent = &line[..line.len() - text.len()];
    let own = indent.strip_prefix(base)?;
    let levels = match unit {
        Unit::AsWritten => return Some(format!("{own}{text}")),
        Unit::Tab => own.len() - own.trim_start_matches('\t').len(),
        Unit::Spaces(width) => own.len() / width,
    };
    let rest = own.len() - unit.indent(levels).len();
    Some(format!("{}{text}", " ".repeat(LEVEL * levels + rest)))
}
