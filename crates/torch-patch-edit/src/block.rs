//! Text that is put into a file: lines whose indentation is relative to where they go.

use crate::lexer::{TokenKind, lex};

/// How many spaces make a level in the text of an edit.
pub(crate) const LEVEL: usize = 4;

/// One level of indentation in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Tab,
    Spaces(usize),
    /// In text that is not Python: the indentation that the edit has.
    AsWritten,
}

impl Default for Unit {
    fn default() -> Self {
        Self::Spaces(LEVEL)
    }
}

impl Unit {
    /// The unit that an indented line shows, from the white space before it.
    pub(crate) fn of_indent(indent: &str) -> Option<Self> {
        let width = indent.chars().filter(|&character| character == ' ').count();
        if indent.contains('\t') {
            Some(Self::Tab)
        } else if (1..=8).contains(&width) {
            Some(Self::Spaces(width))
        } else {
            None
        }
    }

    /// The white space of `levels` levels.
    pub(crate) fn indent(self, levels: usize) -> Vec<u8> {
        match self {
            Self::Tab => vec![b'\t'; levels],
            Self::Spaces(width) => vec![b' '; width * levels],
            Self::AsWritten => vec![b' '; LEVEL * levels],
        }
    }
}

/// Lines of text to be put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    lines: Vec<BlockLine>,
    is_ascii: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct BlockLine {
    /// Own indentation, as written, and as levels and the spaces beyond them.
    indent: String,
    levels: usize,
    spaces: usize,
    text: String,
    /// Whether the line starts inside a string, whose bytes must not change.
    in_string: bool,
}

impl Block {
    /// Reads the text of an edit: one leading line ending is dropped, one at the end is not a line.
    pub(crate) fn new(text: &str, is_python: bool) -> Self {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.strip_prefix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\n').unwrap_or(text);
        let in_string = if is_python {
            lines_in_strings(text)
        } else {
            Vec::new()
        };
        let lines = if text.is_empty() {
            Vec::new()
        } else {
            text.split('\n').collect()
        };
        Self {
            lines: lines
                .iter()
                .enumerate()
                .map(|(index, line)| BlockLine::new(line, in_string.contains(&index)))
                .collect(),
            is_ascii: text.is_ascii(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.text.is_empty())
    }

    pub(crate) fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The lines as they stand below `base`, without endings.
    pub(crate) fn render(&self, base: &[u8], unit: Unit) -> Vec<Vec<u8>> {
        self.lines(base, unit).collect()
    }

    /// The same one after another.
    pub(crate) fn lines<'b>(
        &'b self,
        base: &'b [u8],
        unit: Unit,
    ) -> impl Iterator<Item = Vec<u8>> + 'b {
        self.lines.iter().map(move |line| line.render(base, unit))
    }

    /// The line that says most about where the block is, and its index. One that starts inside a
    /// string does not say how the block is indented.
    pub(crate) fn telling_line(&self) -> Option<(usize, &str)> {
        let lines = self.lines.iter().enumerate();
        let lines = lines
            .filter(|(_, line)| !line.in_string)
            .map(|(index, line)| (index, line.text.trim_end()));
        lines
            .filter(|(_, text)| !text.is_empty())
            .max_by_key(|(_, text)| text.len())
    }

    /// What stands before the block's own indentation when the line `index` is indented by
    /// `indent`; `None` if it is indented less than the block says.
    pub(crate) fn base_of<'a>(
        &self,
        index: usize,
        indent: &'a [u8],
        unit: Unit,
    ) -> Option<&'a [u8]> {
        let line = self.lines.get(index)?;
        if line.in_string {
            return None;
        }
        indent.strip_suffix(line.indent(unit).as_slice())
    }
}

impl BlockLine {
    fn new(line: &str, in_string: bool) -> Self {
        if in_string {
            return Self {
                indent: String::new(),
                levels: 0,
                spaces: 0,
                text: line.to_owned(),
                in_string,
            };
        }
        let text = line.trim_start_matches([' ', '\t']);
        let indent = &line[..line.len() - text.len()];
        let tabs = indent.matches('\t').count();
        let spaces = indent.len() - tabs;
        let text = text.trim_end_matches([' ', '\t']);
        Self {
            indent: indent.to_owned(),
            levels: tabs + spaces / LEVEL,
            spaces: spaces % LEVEL,
            text: text.to_owned(),
            in_string,
        }
    }

    fn indent(&self, unit: Unit) -> Vec<u8> {
        if unit == Unit::AsWritten {
            return self.indent.clone().into_bytes();
        }
        let mut indent = unit.indent(self.levels);
        indent.extend(std::iter::repeat_n(b' ', self.spaces));
        indent
    }

    fn render(&self, base: &[u8], unit: Unit) -> Vec<u8> {
        if self.in_string || self.text.is_empty() {
            return self.text.as_bytes().to_vec();
        }
        [base, &self.indent(unit), self.text.as_bytes()].concat()
    }
}

/// The lines of Python text that start inside a string, from 0.
pub(crate) fn lines_in_strings(text: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    if !text.contains(['\n', '\r']) {
        return lines;
    }
    let mut lexer = lex(text);
    let (mut line, mut counted) = (0, 0);
    loop {
        let kind = lexer.next_token();
        if kind == TokenKind::EndOfFile {
            return lines;
        }
        let is_string = matches!(kind, TokenKind::String | TokenKind::FStringMiddle);
        let (start, end) = (lexer.range().start, lexer.range().end);
        if start < counted {
            continue;
        }
        line += line_endings(&text[counted..start]);
        let inside = line_endings(&text[start..end]);
        if is_string {
            lines.extend(line + 1..=line + inside);
        }
        line += inside;
        counted = end;
    }
}

fn line_endings(text: &str) -> usize {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'\n', b'\r', bytes)
        .filter(|&at| !(bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n')))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str, base: &str, unit: Unit) -> Vec<String> {
        let lines = Block::new(text, true).render(base.as_bytes(), unit);
        lines
            .into_iter()
            .map(|line| String::from_utf8(line).unwrap())
            .collect()
    }

    #[test]
    fn lines_are_indented_below_their_anchor() {
        let text = "\nif a:  \n    b\n\n      c\n";
        assert_eq!(
            rendered(text, "  ", Unit::Spaces(4)),
            ["  if a:", "      b", "", "        c"]
        );
        assert_eq!(
            rendered(text, "\t", Unit::Tab),
            ["\tif a:", "\t\tb", "", "\t\t  c"]
        );
        assert_eq!(
            rendered(text, "", Unit::Spaces(2)),
            ["if a:", "  b", "", "    c"]
        );
    }

    #[test]
    fn strings_are_not_indented() {
        let text = "x = '''\n  a\n\n'''\ny\n";
        assert_eq!(
            rendered(text, "    ", Unit::Spaces(4)),
            ["    x = '''", "  a", "", "'''", "    y"]
        );
        assert_eq!(lines_in_strings("f'''{a}\n{\nb}\n'''\n"), [1, 3]);
    }
}
