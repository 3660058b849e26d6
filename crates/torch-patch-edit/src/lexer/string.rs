//! The strings of the lexer: plain ones, and f-strings with what stands between their braces.

use memchr::{memchr2, memchr3};

use super::{Lexer, TokenKind};

/// An f-string or t-string that is open.
pub(super) struct FString {
    quote: u8,
    is_triple: bool,
    is_raw: bool,
    /// The nesting outside its replacement fields.
    pub(super) nesting: usize,
    /// For each open replacement field: whether its format specification is being read.
    pub(super) fields: Vec<bool>,
}

impl FString {
    pub(super) fn is_in_text(&self) -> bool {
        self.fields.last().copied().unwrap_or(true)
    }
}

impl Lexer<'_> {
    /// A string without replacement fields, from its quote on.
    pub(super) fn string(&mut self) -> TokenKind {
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
    pub(super) fn open_string(&mut self, is_raw: bool) -> TokenKind {
        let quote = self.source[self.at];
        let is_triple = self.source[self.at..].starts_with(&[quote; 3]);
        self.at += if is_triple { 3 } else { 1 };
        self.strings.push(FString {
            quote,
            is_triple,
            is_raw,
            nesting: self.nesting,
            fields: Vec::new(),
        });
        self.nesting += 1;
        TokenKind::FStringStart
    }

    /// The text of an f-string or of a format specification, or what ends it.
    pub(super) fn string_text(&mut self) -> TokenKind {
        self.start = self.at;
        let Some(string) = self.strings.last() else {
            return TokenKind::Unknown;
        };
        let (quote, is_triple, in_field) =
            (string.quote, string.is_triple, !string.fields.is_empty());
        let has_names = !string.is_raw && !in_field;
        while let Some(&byte) = self.source.get(self.at) {
            let is_doubled = !in_field && self.peek(1) == Some(byte);
            match byte {
                b'{' | b'}' if is_doubled => self.at += 2,
                b'{' | b'}' => break,
                b'\\' if has_names && self.named_character() > 0 => {
                    self.at += self.named_character();
                }
                b'\\' if self.peek(1).is_some_and(|next| matches!(next, b'{' | b'}')) => {
                    self.at += 1;
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

    /// The length of an escape such as `\N{DASH}`, whose braces hold no replacement field.
    fn named_character(&self) -> usize {
        let rest = &self.source[self.at..];
        if !rest.starts_with(b"\\N{") {
            return 0;
        }
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-');
        let name = rest[3..].iter().take_while(|byte| is_name(byte)).count();
        if rest.get(3 + name) == Some(&b'}') {
            name + 4
        } else {
            0
        }
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

    pub(super) fn close_field(&mut self) -> TokenKind {
        self.at += 1;
        self.nesting = self.nesting.saturating_sub(1);
        if let Some(string) = self.strings.last_mut() {
            string.fields.pop();
        }
        TokenKind::Rbrace
    }

    /// Whether the innermost open bracket is that of a replacement field.
    pub(super) fn is_in_field(&self) -> bool {
        self.strings.last().is_some_and(|string| {
            !string.fields.is_empty() && self.nesting == string.nesting + 1 + string.fields.len()
        })
    }
}
