//! A Python lexer that only tells where tokens are.
//!
//! It keeps nothing but its position, so that a file of any size is read in one pass and constant
//! memory, and it never fails: what is no token is [`TokenKind::Unknown`], and the next line starts
//! afresh. After the *lexical analysis* chapter of the Python reference, with the f-strings of
//! PEP 701; the crate's tests hold it against `ruff_python_parser` (whose own lexer does not give
//! away where its tokens are).

mod string;

use memchr::memchr2;

use string::FString;

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
                Some(b'\\') if self.joined_line() > 0 => self.at += self.joined_line(),
                _ => return,
            }
        }
    }

    /// The length of a backslash with the line ending after it, which joins two lines.
    fn joined_line(&self) -> usize {
        match (self.peek(0), self.peek(1), self.peek(2)) {
            (Some(b'\\'), Some(b'\r'), Some(b'\n')) => 3,
            (Some(b'\\'), Some(b'\n' | b'\r'), _) => 2,
            _ => 0,
        }
    }

    /// Compares the indentation of a line that has a token with those that are open.
    fn indentation(&mut self) -> Option<TokenKind> {
        self.start = self.at;
        let mut column = 0;
        loop {
            let joined = self.joined_line();
            match self.peek(0) {
                Some(b' ') => column += 1,
                Some(b'\t') => column = (column / 8 + 1) * 8,
                Some(b'\x0C') => column = 0,
                Some(b'\\') if joined > 0 => column = 0,
                Some(b'\n' | b'\r' | b'#') | None => return None,
                _ => break,
            }
            self.at += joined.max(1);
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
                b"f" | b"t" => return self.open_string(false),
                b"fr" | b"rf" | b"tr" | b"rt" => return self.open_string(true),
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
mod tests;
