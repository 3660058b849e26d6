//! A Python lexer that only tells where tokens are.
//!
//! It keeps nothing but its position, so that a file of any size is read in one pass and constant
//! memory, and it never fails: what is no token is [`TokenKind::Unknown`], and the next line starts
//! afresh. After the *lexical analysis* chapter of the Python reference, with the f-strings of
//! PEP 701; the crate's tests hold it against `ruff_python_parser` (whose own lexer does not give
//! away where its tokens are).

use memchr::{memchr2, memchr3};

/// What a token is, as far as anchors need to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Name,
    Number,
    String,
    FStringStart,
    FStringMiddle,
    FStringEnd,
    Def,
    Class,
    Async,
    Import,
    From,
    As,
    /// Any other keyword.
    Keyword,
    Lpar,
    Rpar,
    Lsqb,
    Rsqb,
    Lbrace,
    Rbrace,
    Comma,
    Dot,
    Star,
    Equal,
    At,
    Ellipsis,
    /// Any other operator or delimiter.
    Operator,
    Comment,
    /// The end of a logical line.
    Newline,
    /// A line ending that ends no logical line.
    NonLogicalNewline,
    Indent,
    Dedent,
    Unknown,
    EndOfFile,
}

/// Reads the tokens of a source text one after another.
pub(crate) struct Lexer<'s> {
    source: &'s [u8],
    at: usize,
    start: usize,
    /// Open brackets, also those of replacement fields.
    nesting: usize,
    indents: Vec<usize>,
    dedents: usize,
    at_line_start: bool,
    /// Whether the logical line has a token.
    has_token: bool,
    strings: Vec<FString>,
}

/// An f-string or t-string that is open.
struct FString {
    quote: u8,
    is_triple: bool,
    /// The nesting outside its replacement fields.
    nesting: usize,
    /// For each open replacement field: whether its format specification is being read.
    fields: Vec<bool>,
}

impl FString {
    fn is_in_text(&self) -> bool {
        self.fields.last().copied().unwrap_or(true)
    }
}

/// Starts reading `source`.
pub(crate) fn lex(source: &str) -> Lexer<'_> {
    let source = source.as_bytes();
    let at = if source.starts_with(b"\xEF\xBB\xBF") {
        3
    } else {
        0
    };
    Lexer {
        source,
        at,
        start: at,
        nesting: 0,
        indents: Vec::new(),
        dedents: 0,
        at_line_start: true,
        has_token: false,
        strings: Vec::new(),
    }
}

impl Lexer<'_> {
    /// Where the token that was read last starts and ends.
    pub(crate) fn range(&self) -> std::ops::Range<usize> {
        self.start..self.at
    }

    /// Reads a token; at the end of the source always [`TokenKind::EndOfFile`].
    pub(crate) fn next_token(&mut self) -> TokenKind {
        if self.dedents > 0 {
            self.dedents -= 1;
            self.start = self.at;
            return TokenKind::Dedent;
        }
        if self.strings.last().is_some_and(FString::is_in_text) {
            return self.string_text();
        }
        if self.at_line_start {
            self.at_line_start = false;
            if let Some(kind) = self.indentation() {
                return kind;
            }
        }
        self.skip_blanks();
        self.start = self.at;
        let Some(&byte) = self.source.get(self.at) else {
            return self.end_of_file();
        };
        let kind = match byte {
            b'\n' | b'\r' => return self.line_ending(),
            b'#' => {
                self.at = self.line_end();
                return TokenKind::Comment;
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => self.word(),
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_some_and(|next| next.is_ascii_digit()) => self.number(),
            b'"' | b'\'' => self.string(),
            _ => self.operator(byte),
        };
        self.has_token = true;
        kind
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.source.get(self.at + ahead).copied()
    }

    fn line_end(&self) -> usize {
        memchr2(b'\n', b'\r', &self.source[self.at..])
            .map_or(self.source.len(), |end| self.at + end)
    }

    /// Skips white space and joined lines.
    fn skip_blanks(&mut self) {
        loop {
            match self.peek(0) {
                Some(b' ' | b'\t' | b'\x0C') => self.at += 1,
                Some(b'\\') => match (self.peek(1), self.peek(2)) {
                    (Some(b'\r'), Some(b'\n')) => self.at += 3,
                    (Some(b'\n' | b'\r'), _) => self.at += 2,
                    _ => return,
                },
                _ => return,
            }
        }
    }

    /// Compares the indentation of a line that has a token with those that are open.
    fn indentation(&mut self) -> Option<TokenKind> {
        self.start = self.at;
        let mut column = 0;
        loop {
            match self.peek(0) {
                Some(b' ') => column += 1,
                Some(b'\t') => column = (column / 8 + 1) * 8,
                Some(b'\x0C') => column = 0,
                Some(b'\n' | b'\r' | b'#') | None => return None,
                _ => break,
            }
            self.at += 1;
        }
        if column > self.indents.last().copied().unwrap_or(0) {
            self.indents.push(column);
            return Some(TokenKind::Indent);
        }
        let open = self.indents.len();
        while self.indents.last().is_some_and(|&indent| indent > column) {
            self.indents.pop();
        }
        self.dedents = open - self.indents.len();
        if self.dedents == 0 {
            return None;
        }
        self.dedents -= 1;
        self.start = self.at;
        Some(TokenKind::Dedent)
    }

    fn line_ending(&mut self) -> TokenKind {
        self.at += if self.source[self.at..].starts_with(b"\r\n") {
            2
        } else {
            1
        };
        if self.nesting > 0 {
            return TokenKind::NonLogicalNewline;
        }
        self.at_line_start = true;
        if std::mem::take(&mut self.has_token) {
            TokenKind::Newline
        } else {
            TokenKind::NonLogicalNewline
        }
    }

    fn end_of_file(&mut self) -> TokenKind {
        if std::mem::take(&mut self.has_token) {
            return TokenKind::Newline;
        }
        if self.indents.pop().is_some() {
            TokenKind::Dedent
        } else {
            TokenKind::EndOfFile
        }
    }

    /// A name, a keyword, or the prefix of a string.
    fn word(&mut self) -> TokenKind {
        let rest = &self.source[self.at..];
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
        let length = rest
            .iter()
            .position(|byte| !is_part(byte))
            .unwrap_or(rest.len());
        let word = &rest[..length];
        let is_quoted = matches!(rest.get(length), Some(b'"' | b'\''));
        self.at += length;
        if is_quoted && length <= 2 {
            match word.to_ascii_lowercase().as_slice() {
                b"f" | b"t" | b"fr" | b"rf" | b"tr" | b"rt" => return self.open_string(),
                b"r" | b"u" | b"b" | b"br" | b"rb" => return self.string(),
                _ => {}
            }
        }
        keyword(word)
    }

    fn number(&mut self) -> TokenKind {
        let is_radix = self.peek(0) == Some(b'0')
            && matches!(self.peek(1), Some(b'x' | b'X' | b'o' | b'O' | b'b' | b'B'));
        if is_radix {
            self.at += 2;
            self.skip_while(|byte| byte.is_ascii_hexdigit() || byte == b'_');
            return TokenKind::Number;
        }
        let is_digit = |byte: u8| byte.is_ascii_digit() || byte == b'_';
        self.skip_while(is_digit);
        if self.peek(0) == Some(b'.') {
            self.at += 1;
            self.skip_while(is_digit);
        }
        if matches!(self.peek(0), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.peek(1), Some(b'+' | b'-')));
            if self
                .peek(1 + sign)
                .is_some_and(|next| next.is_ascii_digit())
            {
                self.at += 1 + sign;
                self.skip_while(is_digit);
            }
        }
        if matches!(self.peek(0), Some(b'j' | b'J')) {
            self.at += 1;
        }
        TokenKind::Number
    }

    fn skip_while(&mut self, is_part: impl Fn(u8) -> bool) {
        while self.peek(0).is_some_and(&is_part) {
            self.at += 1;
        }
    }

    /// A string without replacement fields, from its quote on.
    fn string(&mut self) -> TokenKind {
        let quote = self.source[self.at];
        let is_triple = self.source[self.at..].starts_with(&[quote; 3]);
        self.at += if is_triple { 3 } else { 1 };
        loop {
            let rest = &self.source[self.at..];
            let stop = if is_triple {
                memchr2(quote, b'\\', rest)
            } else {
                // Of the four bytes that end the search, a line ending is the rarest.
                let line_end = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                memchr2(quote, b'\\', &rest[..line_end])
                    .or(Some(line_end).filter(|&end| end < rest.len()))
            };
            let Some(stop) = stop else {
                self.at = self.source.len();
                return TokenKind::Unknown;
            };
            self.at += stop;
            match rest[stop] {
                b'\\' => self.skip_escape(),
                b'\n' | b'\r' => return TokenKind::Unknown,
                _ if !is_triple => {
                    self.at += 1;
                    return TokenKind::String;
                }
                _ if rest[stop..].starts_with(&[quote; 3]) => {
                    self.at += 3;
                    return TokenKind::String;
                }
                _ => self.at += 1,
            }
        }
    }

    /// Skips a backslash and what it escapes; an escaped line ending is one thing.
    fn skip_escape(&mut self) {
        let is_pair = self.source[self.at + 1..].starts_with(b"\r\n");
        self.at = (self.at + if is_pair { 3 } else { 2 }).min(self.source.len());
    }

    /// The prefix and quote of an f-string.
    fn open_string(&mut self) -> TokenKind {
        let quote = self.source[self.at];
        let is_triple = self.source[self.at..].starts_with(&[quote; 3]);
        self.at += if is_triple { 3 } else { 1 };
        self.strings.push(FString {
            quote,
            is_triple,
            nesting: self.nesting,
            fields: Vec::new(),
        });
        self.nesting += 1;
        TokenKind::FStringStart
    }

    /// The text of an f-string or of a format specification, or what ends it.
    fn string_text(&mut self) -> TokenKind {
        self.start = self.at;
        let Some(string) = self.strings.last() else {
            return TokenKind::Unknown;
        };
        let (quote, is_triple, in_field) =
            (string.quote, string.is_triple, !string.fields.is_empty());
        loop {
            let Some(&byte) = self.source.get(self.at) else {
                break;
            };
            let is_doubled = !in_field && self.peek(1) == Some(byte);
            match byte {
                b'{' | b'}' if is_doubled => self.at += 2,
                b'{' | b'}' => break,
                b'\\' if self.peek(1).is_some_and(|next| matches!(next, b'{' | b'}')) => {
                    self.at += 1
                }
                b'\\' => self.skip_escape(),
                b'\n' | b'\r' if !is_triple => break,
                _ if byte == quote && self.closes_string(quote, is_triple) => break,
                _ => {
                    self.at += 1;
                    let rest = &self.source[self.at..];
                    let stop = memchr3(quote, b'{', b'}', rest).unwrap_or(rest.len());
                    self.at += memchr3(b'\\', b'\n', b'\r', &rest[..stop]).unwrap_or(stop);
                }
            }
        }
        if self.at > self.start {
            return TokenKind::FStringMiddle;
        }
        self.after_string_text(quote, is_triple, in_field)
    }

    fn closes_string(&self, quote: u8, is_triple: bool) -> bool {
        !is_triple || self.source[self.at..].starts_with(&[quote; 3])
    }

    fn after_string_text(&mut self, quote: u8, is_triple: bool, in_field: bool) -> TokenKind {
        match self.peek(0) {
            Some(b'{') => {
                self.at += 1;
                self.nesting += 1;
                if let Some(string) = self.strings.last_mut() {
                    string.fields.push(false);
                }
                TokenKind::Lbrace
            }
            Some(b'}') if in_field => self.close_field(),
            Some(b'}') => {
                self.at += 1;
                TokenKind::Unknown
            }
            Some(byte) if byte == quote && !in_field => {
                self.at += if is_triple { 3 } else { 1 };
                self.close_string();
                TokenKind::FStringEnd
            }
            // A line or file that ends inside the string.
            _ => {
                self.close_string();
                TokenKind::Unknown
            }
        }
    }

    fn close_string(&mut self) {
        if let Some(string) = self.strings.pop() {
            self.nesting = string.nesting;
        }
    }

    fn close_field(&mut self) -> TokenKind {
        self.at += 1;
        self.nesting = self.nesting.saturating_sub(1);
        if let Some(string) = self.strings.last_mut() {
            string.fields.pop();
        }
        TokenKind::Rbrace
    }

    /// Whether the innermost open bracket is that of a replacement field.
    fn is_in_field(&self) -> bool {
        self.strings.last().is_some_and(|string| {
            !string.fields.is_empty() && self.nesting == string.nesting + 1 + string.fields.len()
        })
    }

    fn operator(&mut self, byte: u8) -> TokenKind {
        if self.is_in_field() {
            match byte {
                b'}' => return self.close_field(),
                b':' => {
                    self.at += 1;
                    if let Some(field) = self
                        .strings
                        .last_mut()
                        .and_then(|string| string.fields.last_mut())
                    {
                        *field = true;
                    }
                    return TokenKind::Operator;
                }
                b'!' if self.peek(1) != Some(b'=') => {
                    self.at += 1;
                    return TokenKind::Operator;
                }
                _ => {}
            }
        }
        self.at += operator_length(&self.source[self.at..]);
        let length = self.at - self.start;
        match byte {
            b'(' | b'[' | b'{' => {
                self.nesting += 1;
                match byte {
                    b'(' => TokenKind::Lpar,
                    b'[' => TokenKind::Lsqb,
                    _ => TokenKind::Lbrace,
                }
            }
            b')' | b']' | b'}' => {
                self.close_bracket();
                match byte {
                    b')' => TokenKind::Rpar,
                    b']' => TokenKind::Rsqb,
                    _ => TokenKind::Rbrace,
                }
            }
            b',' => TokenKind::Comma,
            b'.' if length == 3 => TokenKind::Ellipsis,
            b'.' => TokenKind::Dot,
            b'*' if length == 1 => TokenKind::Star,
            b'=' if length == 1 => TokenKind::Equal,
            b'@' if length == 1 => TokenKind::At,
            b'!' if length == 1 => TokenKind::Unknown,
            b'+' | b'-' | b'*' | b'/' | b'%' | b'@' | b'&' | b'|' | b'^' | b'~' | b'<' | b'>'
            | b'=' | b'!' | b':' | b';' => TokenKind::Operator,
            _ => TokenKind::Unknown,
        }
    }

    /// Closes a bracket, but never one that an f-string around it has opened.
    fn close_bracket(&mut self) {
        let floor = self
            .strings
            .last()
            .map_or(0, |string| string.nesting + 1 + string.fields.len());
        if self.nesting > floor {
            self.nesting -= 1;
        }
    }
}

/// The length of the longest operator that `rest` starts with.
fn operator_length(rest: &[u8]) -> usize {
    const THREE: [&[u8]; 5] = [b"**=", b"//=", b">>=", b"<<=", b"..."];
    const TWO: [&[u8]; 19] = [
        b"**", b"//", b">>", b"<<", b"<=", b">=", b"==", b"!=", b"->", b"+=", b"-=", b"*=", b"/=",
        b"%=", b"@=", b"&=", b"|=", b"^=", b":=",
    ];
    if THREE.iter().any(|operator| rest.starts_with(operator)) {
        3
    } else if matches!(rest.get(1), Some(b'=' | b'*' | b'/' | b'>' | b'<'))
        && TWO.iter().any(|operator| rest.starts_with(operator))
    {
        2
    } else {
        1
    }
}

fn keyword(word: &[u8]) -> TokenKind {
    match word {
        b"def" => TokenKind::Def,
        b"class" => TokenKind::Class,
        b"async" => TokenKind::Async,
        b"import" => TokenKind::Import,
        b"from" => TokenKind::From,
        b"as" => TokenKind::As,
        b"False" | b"None" | b"True" | b"and" | b"assert" | b"await" | b"break" | b"continue"
        | b"del" | b"elif" | b"else" | b"except" | b"finally" | b"for" | b"global" | b"if"
        | b"in" | b"is" | b"lambda" | b"nonlocal" | b"not" | b"or" | b"pass" | b"raise"
        | b"return" | b"try" | b"while" | b"with" | b"yield" => TokenKind::Keyword,
        _ => TokenKind::Name,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ruff_python_ast::token::TokenKind as RuffKind;
    use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

    use super::*;

    /// The tokens that mean something, by their text, with line ends, indents and dedents marked.
    fn own(source: &str) -> Vec<String> {
        let mut lexer = lex(source);
        let mut tokens = Vec::new();
        loop {
            match lexer.next_token() {
                TokenKind::EndOfFile => return tokens,
                TokenKind::Comment | TokenKind::NonLogicalNewline => {}
                TokenKind::Newline => tokens.push("NEWLINE".to_owned()),
                TokenKind::Indent => tokens.push("INDENT".to_owned()),
                TokenKind::Dedent => tokens.push("DEDENT".to_owned()),
                _ => tokens.push(format!("{:?} {}", lexer.range(), &source[lexer.range()])),
            }
        }
    }

    /// The same by `ruff_python_parser`, if it finds no error.
    fn ruffs(source: &str) -> Option<Vec<String>> {
        let parsed = parse_unchecked(source, ParseOptions::from(Mode::Module));
        if !parsed.errors().is_empty() {
            return None;
        }
        let tokens = parsed.tokens().iter().filter_map(|token| {
            let range = token.range().start().to_usize()..token.range().end().to_usize();
            match token.kind() {
                RuffKind::Comment | RuffKind::NonLogicalNewline | RuffKind::EndOfFile => None,
                RuffKind::Newline => Some("NEWLINE".to_owned()),
                RuffKind::Indent => Some("INDENT".to_owned()),
                RuffKind::Dedent => Some("DEDENT".to_owned()),
                _ => Some(format!("{range:?} {}", &source[range.clone()])),
            }
        });
        Some(tokens.collect())
    }

    use ruff_text_size::Ranged;

    #[test]
    fn tokens_are_where_ruff_finds_them() {
        for source in [
            "x = 1\n",
            "if a:\n  b\n\n# c\n  if d:\n\te\nf",
            "x = f(\n 1, # 2\n\n 3)\ny \\\n = 2\r\nz\r",
            "'a\\'b' + \"\"\"c\n\"d\\\"\"\"\" + rb'\\\\' + '''\n'''\n",
            "f'a{b!r:>{c}}{{d}}' + f\"{x['y']}\" + f'{f'{1}'}' + rf'\\{a}'\n",
            "f'''{\na\n  :b\n}c''' f'{a = }' f'{a:{b}:{c}}' f'{(lambda x: 1)}' f'{a!=b}' f'{a:%H:%M}'\n",
            "f'{x:{{}}}' f'\\N{DASH}{y}' f'{ {1: 2}[1] }' f'{d[\"a:b\"]:c}'\n",
            "1_000 .5 1. 1e-5 0xFF 1j 1if a else 2\nx.y...z\n",
            "a **= b // c >> d != e -> f\n@g\nlambda: (yield)\nx: int := 3\n",
            "\u{fc}ber = '\u{4f60}'\n\u{feff}",
            "def f():\n    pass\n    # x\n  # y\nclass C: pass\n",
            "\x0Cx\n \x0Cy = 1\n",
            "\u{feff}x = 1\n",
            "",
            "t'{a}' tr'b'\n",
        ] {
            let Some(expected) = ruffs(source) else {
                continue;
            };
            assert_eq!(own(source), expected, "{source:?}");
        }
    }

    proptest! {
        /// Random sequences of pieces, most of them no valid program: where ruff finds no error, the
        /// tokens are the same; elsewhere the lexer ends and covers no byte twice.
        #[test]
        fn random_pieces(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24)) {
            let source = pieces.concat();
            let tokens = own(&source);
            if let Some(expected) = ruffs(&source) {
                prop_assert_eq!(tokens, expected, "{:?}", source);
            }
        }

        #[test]
        fn any_text_ends(source in "\\PC*") {
            let mut lexer = lex(&source);
            let mut end = 0;
            loop {
                let kind = lexer.next_token();
                let range = lexer.range();
                prop_assert!(range.start >= end && range.end <= source.len());
                prop_assert!(source.get(range.clone()).is_some());
                end = range.end;
                if kind == TokenKind::EndOfFile {
                    break;
                }
            }
        }
    }

    const PIECES: &[&str] = &[
        "a", "f'", "'", "\"", "\"\"\"", "f\"\"\"", "{", "}", "{{", "}}", ":", "!r", "=", " ", "\n",
        "\r\n", "\n    ", "\n  ", "#c", "(", ")", "[", "]", ",", "1", ".5", "...", "\\\n", "\\",
        "if x:", "else:", "def f():", "rb'", "pass", ">{w}", "\t", "lambda", "*", "**=", "b'x'",
        "f'{a}'", "x = ", "\u{fc}", "rf'",
    ];
}
