//! What a Python file's bytes mean, as far as finding tokens needs it.
//!
//! Anchors are looked for in a *shadow* of the file: a string of the same length in which every byte
//! that is not valid UTF-8 is an ASCII letter. Offsets in the shadow are offsets in the file, so no
//! byte outside an edit is ever decoded and encoded again. Tokens are compared by the file's own bytes.

use std::borrow::Cow;

/// The letter that stands in a shadow for a byte that is not UTF-8.
const STAND_IN: u8 = b'x';

/// How a file encodes its text, after PEP 263.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// The default, or said so.
    Utf8,
    /// One byte a character, ASCII below 128.
    SingleByte,
    /// Lead and trail bytes; a trail byte may look like ASCII punctuation.
    DoubleByte(DoubleByte),
    /// ASCII bytes do not mean ASCII characters.
    Unreadable(String),
}

/// The families of double-byte encodings, by their lead bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DoubleByte {
    /// Lead bytes 0x81–0x9F and 0xE0–0xFC (JIS X 0208, annex 1).
    ShiftJis,
    /// Lead bytes 0x81–0xFE (GBK, Big5, UHC).
    Wide,
}

impl DoubleByte {
    fn is_lead(self, byte: u8) -> bool {
        match self {
            Self::ShiftJis => matches!(byte, 0x81..=0x9F | 0xE0..=0xFC),
            Self::Wide => matches!(byte, 0x81..=0xFE),
        }
    }
}

impl Encoding {
    /// Reads the encoding declaration of a Python file from its first two lines (PEP 263).
    pub(crate) fn declared(bytes: &[u8]) -> Self {
        if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
            return Self::Unreadable("utf-16".to_owned());
        }
        let mut rest = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        for _ in 0..2 {
            let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            let line = rest[..end].trim_ascii();
            let ending = if rest[end..].starts_with(b"\r\n") {
                2
            } else {
                1
            };
            rest = rest.get(end + ending..).unwrap_or_default();
            if let Some(comment) = line.strip_prefix(b"#") {
                if let Some(name) = cookie(comment) {
                    return Self::named(&name);
                }
            } else if !line.is_empty() {
                break;
            }
        }
        Self::Utf8
    }

    fn named(name: &str) -> Self {
        let name = name.to_ascii_lowercase().replace(['_', '.'], "-");
        match name.as_str() {
            "utf-8" | "utf8" | "u8" | "utf-8-sig" | "utf8-sig" | "ascii" | "us-ascii" => Self::Utf8,
            "shift-jis" | "shiftjis" | "sjis" | "s-jis" | "cp932" | "ms932" | "ms-kanji"
            | "mskanji" | "shift-jis-2004" | "shift-jisx0213" => {
                Self::DoubleByte(DoubleByte::ShiftJis)
            }
            "gbk" | "cp936" | "936" | "ms936" | "gb18030" | "big5" | "big5-tw" | "cp950"
            | "950" | "ms950" | "big5hkscs" | "big5-hkscs" | "cp949" | "949" | "ms949" | "uhc"
            | "johab" => Self::DoubleByte(DoubleByte::Wide),
            _ if name.starts_with("utf-16")
                || name.starts_with("utf16")
                || name.starts_with("utf-32")
                || name.starts_with("utf32")
                || name.starts_with("utf-7")
                || name == "utf7"
                || name.starts_with("iso-2022")
                || name.starts_with("iso2022")
                || name == "hz"
                || name.starts_with("cp037")
                || name.starts_with("cp500")
                || name.starts_with("cp1140") =>
            {
                Self::Unreadable(name)
            }
            _ => Self::SingleByte,
        }
    }

    /// Whether text with characters beyond ASCII can be written into the file as UTF-8.
    pub(crate) fn takes_utf8(&self) -> bool {
        *self == Self::Utf8
    }
}

/// The name in `coding: NAME` or `coding=NAME`.
fn cookie(comment: &[u8]) -> Option<String> {
    let comment = String::from_utf8_lossy(comment);
    let mut rest = comment.as_ref();
    while let Some((_, after)) = rest.split_once("coding") {
        if let Some(name) = after.strip_prefix([':', '=']) {
            let name: String = name
                .trim_start_matches([' ', '\t'])
                .chars()
                .take_while(|character| {
                    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
                })
                .collect();
            if !name.is_empty() {
                return Some(name);
            }
        }
        rest = after;
    }
    None
}

/// A string of the same length as `bytes` that has the same ASCII characters at the same offsets.
pub(crate) fn shadow<'a>(bytes: &'a [u8], encoding: &Encoding) -> Cow<'a, str> {
    match encoding {
        Encoding::DoubleByte(family) => Cow::Owned(double_byte_shadow(bytes, *family)),
        _ => utf8_shadow(bytes),
    }
}

fn utf8_shadow(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::from(STAND_IN)));
    }
    Cow::Owned(text)
}

fn double_byte_shadow(bytes: &[u8], family: DoubleByte) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte.is_ascii() {
            text.push(char::from(byte));
            continue;
        }
        text.push(char::from(STAND_IN));
        if family.is_lead(byte) && rest.next_if(|&trail| trail >= 0x40).is_some() {
            text.push(char::from(STAND_IN));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shadow_has_the_length_of_the_file() {
        for (bytes, expected) in [
            (&b"a\xE9b"[..], "axb"),
            ("\u{fc}".as_bytes(), "\u{fc}"),
            (b"\xF0\x9F\x98", "xxx"),
            (b"", ""),
        ] {
            let shadow = utf8_shadow(bytes);
            assert_eq!(shadow, expected);
            assert_eq!(shadow.len(), bytes.len());
        }
    }

    #[test]
    fn a_trail_byte_is_no_backslash() {
        // In Shift JIS, 0x83 0x5C is one katakana whose trail byte is a backslash.
        let encoding = Encoding::declared(b"# -*- coding: shift_jis -*-\nx = '\x83\x5C'\n");
        assert_eq!(encoding, Encoding::DoubleByte(DoubleByte::ShiftJis));
        assert_eq!(shadow(b"'\x83\x5C'", &encoding), "'xx'");
    }

    #[test]
    fn a_trail_byte_belongs_to_its_lead_byte() {
        for (family, bytes, expected) in [
            // A half-width katakana, and what is no byte of Shift JIS, stand alone.
            (DoubleByte::ShiftJis, &b"\xA6@'\xFE[\xE0'"[..], "x@'x[x'"),
            (DoubleByte::ShiftJis, b"\x81@\x9F{\xE0[\xFC}", "xxxxxxxx"),
            (DoubleByte::Wide, b"\x80[\xFF@\x81'", "x[x@x'"),
            (DoubleByte::Wide, b"\x81@\xA6}\xFE\xFE(", "xxxxxx("),
            (DoubleByte::Wide, b"\x81", "x"),
        ] {
            let encoding = Encoding::DoubleByte(family);
            assert_eq!(shadow(bytes, &encoding), expected, "{family:?}");
        }
    }

    #[test]
    fn encodings_have_many_names() {
        let is = |name: &str, expected: Encoding| {
            let source = format!("# coding: {name}\n");
            assert_eq!(Encoding::declared(source.as_bytes()), expected, "{name}");
        };
        for name in [
            "UTF-8",
            "utf_8",
            "utf8",
            "U8",
            "utf-8-sig",
            "ascii",
            "us_ascii",
        ] {
            is(name, Encoding::Utf8);
        }
        for name in ["Shift_JIS", "sjis", "cp932", "ms-kanji", "shift_jis_2004"] {
            is(name, Encoding::DoubleByte(DoubleByte::ShiftJis));
        }
        for name in [
            "GBK",
            "gb18030",
            "cp936",
            "big5",
            "Big5-HKSCS",
            "cp949",
            "johab",
        ] {
            is(name, Encoding::DoubleByte(DoubleByte::Wide));
        }
        for name in [
            "latin-1",
            "koi8_r",
            "iso-8859-15",
            "cp1252",
            "euc_jp",
            "hz-like",
        ] {
            is(name, Encoding::SingleByte);
        }
        for name in [
            "utf-16",
            "utf-16-le",
            "utf16",
            "utf-32-be",
            "utf32",
            "utf-7",
            "utf7",
            "iso-2022-jp",
            "iso2022-kr",
            "hz",
            "cp037",
            "cp500",
            "cp1140",
        ] {
            is(name, Encoding::Unreadable(name.to_owned()));
        }
    }

    #[test]
    fn declarations_after_pep_263() {
        for (source, expected) in [
            (&b"# -*- coding: latin-1 -*-\n"[..], Encoding::SingleByte),
            (
                b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n",
                Encoding::SingleByte,
            ),
            (b"\n# coding: utf-8\n", Encoding::Utf8),
            (b"x = 1\n# coding: latin-1\n", Encoding::Utf8),
            (b"\n\n# coding: latin-1\n", Encoding::Utf8),
            (
                b"# coding: utf-16\n",
                Encoding::Unreadable("utf-16".to_owned()),
            ),
            (b"# encoding is hard\n", Encoding::Utf8),
            (
                b"# encoding is hard, coding=latin-1\n",
                Encoding::SingleByte,
            ),
            (b"# coding:\tlatin-1, or so\n", Encoding::SingleByte),
            (b"# coding: , coding: latin-1\n", Encoding::SingleByte),
            (b"# coding : latin-1\n", Encoding::Utf8),
            (b"# a\r\n# coding: latin-1", Encoding::SingleByte),
            (b"# a\r# coding: latin-1", Encoding::SingleByte),
            (b"# a\rb = 'coding: latin-1'\r", Encoding::Utf8),
            (b"# a\r# b\r# coding: latin-1\r", Encoding::Utf8),
            (b"# coding: \xFClatin-1\n", Encoding::Utf8),
            (b"# a\n# b\n# coding: latin-1\n", Encoding::Utf8),
            (b"\xEF\xBB\xBF  # coding: latin-1\n", Encoding::SingleByte),
            (b"\xFF\xFEx\0", Encoding::Unreadable("utf-16".to_owned())),
            (b"\xFE\xFF\0x", Encoding::Unreadable("utf-16".to_owned())),
            (b"\xFF\xFF", Encoding::Utf8),
            (b"", Encoding::Utf8),
        ] {
            assert_eq!(Encoding::declared(source), expected, "{source:?}");
        }
    }
}
