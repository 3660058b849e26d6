//! The logical lines and scopes of a Python file, in one pass over its tokens.
//!
//! Only the lexer runs, no tree is built: a definition is its header line and the deeper lines that
//! follow. A file with syntax errors has an outline too.

use std::ops::Range;

use crate::block::Unit;
use crate::lexer::{TokenKind, lex};

/// What [`Outline::of_python`] finds.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// First and last token of each logical line, as offsets.
    pub(crate) lines: Vec<(u32, u32)>,
    /// The level of indentation of each.
    pub(crate) depths: Vec<u16>,
    /// Definitions, in the order of their headers.
    pub(crate) scopes: Vec<PythonScope>,
    /// The first indentation of the file.
    pub(crate) unit: Option<Unit>,
}

/// A definition with its decorators, header and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PythonScope {
    pub(crate) kind: ScopeKind,
    /// Where its name stands.
    pub(crate) name: (u32, u32),
    /// The enclosing definition, as an index.
    pub(crate) parent: Option<u32>,
    /// Its first logical line: the first decorator, or the header.
    pub(crate) first: u32,
    /// The first logical line that is no longer in it.
    pub(crate) end: u32,
    depth: u16,
}

/// The keyword of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Def,
    AsyncDef,
    Class,
}

impl Outline {
    pub(crate) fn of_python(source: &str) -> Self {
        let capacity = memchr::memchr2_iter(b'\n', b'\r', source.as_bytes()).count() + 1;
        let mut reader = Reader {
            outline: Self {
                lines: Vec::with_capacity(capacity),
                depths: Vec::with_capacity(capacity),
                ..Self::default()
            },
            ..Reader::default()
        };
        let mut lexer = lex(source);
        loop {
            let kind = lexer.next_token();
            if kind == TokenKind::EndOfFile {
                break;
            }
            reader.token(kind, lexer.range(), source);
        }
        reader.finish()
    }
}

#[derive(Default)]
struct Reader {
    outline: Outline,
    depth: u16,
    /// The first and last token of the line that is being read.
    current: Option<(u32, u32)>,
    /// Its first tokens, as far as a definition's header is told by them.
    header: Header,
    /// The first of the decorators just read.
    decorated: Option<u32>,
    /// The definitions that are open, as indices.
    open: Vec<u32>,
}

#[derive(Default, Clone, Copy)]
enum Header {
    #[default]
    Other,
    Decorator,
    Async,
    Keyword(ScopeKind),
    Named(ScopeKind, (u32, u32)),
}

impl Reader {
    fn token(&mut self, kind: TokenKind, range: Range<usize>, source: &str) {
        match kind {
            TokenKind::Comment | TokenKind::NonLogicalNewline => {}
            TokenKind::Indent => {
                self.depth = self.depth.saturating_add(1);
                if self.outline.unit.is_none() {
                    self.outline.unit = Unit::of_indent(&source[range]);
                }
            }
            TokenKind::Dedent => self.depth = self.depth.saturating_sub(1),
            TokenKind::Newline => self.end_line(),
            _ => self.extend_line(kind, range),
        }
    }

    fn extend_line(&mut self, kind: TokenKind, range: Range<usize>) {
        if let Some((_, end)) = &mut self.current {
            *end = index(range.end);
            self.header = match (self.header, kind) {
                (Header::Async, TokenKind::Def) => Header::Keyword(ScopeKind::AsyncDef),
                (Header::Keyword(keyword), _) => {
                    Header::Named(keyword, (index(range.start), index(range.end)))
                }
                (header @ (Header::Named(..) | Header::Decorator), _) => header,
                _ => Header::Other,
            };
        } else {
            self.current = Some((index(range.start), index(range.end)));
            self.header = match kind {
                TokenKind::At => Header::Decorator,
                TokenKind::Async => Header::Async,
                TokenKind::Def => Header::Keyword(ScopeKind::Def),
                TokenKind::Class => Header::Keyword(ScopeKind::Class),
                _ => Header::Other,
            };
        }
    }

    fn end_line(&mut self) {
        let Some(line) = self.current.take() else {
            return;
        };
        let index = self.next_index();
        self.close_scopes(index);
        match self.header {
            Header::Decorator => {
                self.decorated.get_or_insert(index);
            }
            Header::Named(kind, name) => {
                let first = self.decorated.take().unwrap_or(index);
                self.open_scope(kind, name, first);
            }
            _ => self.decorated = None,
        }
        self.outline.lines.push(line);
        self.outline.depths.push(self.depth);
    }

    fn open_scope(&mut self, kind: ScopeKind, name: (u32, u32), first: u32) {
        let scope = PythonScope {
            kind,
            name,
            parent: self.open.last().copied(),
            first,
            end: u32::MAX,
            depth: self.depth,
        };
        self.open.push(index(self.outline.scopes.len()));
        self.outline.scopes.push(scope);
    }

    /// Ends the definitions that a line of the current depth does not belong to.
    fn close_scopes(&mut self, end: u32) {
        let end = self.decorated.unwrap_or(end);
        while let Some(&last) = self.open.last() {
            let scope = &mut self.outline.scopes[last as usize];
            if scope.depth < self.depth {
                break;
            }
            scope.end = end;
            self.open.pop();
        }
    }

    fn next_index(&self) -> u32 {
        index(self.outline.lines.len())
    }

    fn finish(mut self) -> Outline {
        self.end_line();
        let end = self.next_index();
        for scope in &mut self.outline.scopes {
            scope.end = scope.end.min(end);
        }
        self.outline
    }
}

/// A count of lines or scopes as it is kept: there are no more of them than bytes, of which there
/// are less than 4 GiB.
#[expect(clippy::cast_possible_truncation, reason = "see above")]
fn index(count: usize) -> u32 {
    count as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(source: &str) -> Vec<(&str, u32, u32)> {
        let outline = Outline::of_python(source);
        let name = |scope: &PythonScope| &source[scope.name.0 as usize..scope.name.1 as usize];
        outline
            .scopes
            .iter()
            .map(|scope| (name(scope), scope.first, scope.end))
            .collect()
    }

    #[test]
    fn comments_and_wrapping_make_no_logical_lines() {
        let source = "# a\nx = f(\n    1,  # one\n\n    2)  # two\n\n\ny = 1 + \\\n  2\n";
        let outline = Outline::of_python(source);
        let lines: Vec<_> = outline
            .lines
            .iter()
            .map(|&(start, end)| &source[start as usize..end as usize])
            .collect();
        assert_eq!(
            lines,
            ["x = f(\n    1,  # one\n\n    2)", "y = 1 + \\\n  2"]
        );
    }

    #[test]
    fn a_scope_has_its_decorators_header_and_body() {
        let source = "\
@one
@two(
    2)
def f(
    a,
):
    '''def g(): pass'''
    x

    # a comment at the end
@three
async def g(): return 1
y
class C:
    z = 1
    def m(self):
        return 2
";
        assert_eq!(
            scopes(source),
            [("f", 0, 5), ("g", 5, 7), ("C", 8, 12), ("m", 10, 12)]
        );
    }

    #[test]
    fn a_broken_file_has_an_outline() {
        assert_eq!(scopes("def f(:\n  x = '\n  y\n"), [("f", 0, 1)]);
        assert_eq!(scopes("def"), []);
        assert_eq!(scopes("class C"), [("C", 0, 1)]);
    }
}
