//! Bytes that are no text, and text that is no UTF-8.

use torch_patch_edit::FilePatch;

use crate::building::{after, append, line, replace};
use crate::outcome::{holds, text};

#[test]
fn every_byte_outside_an_edit_stays() {
    for (path, edit, before, after) in [
        // Mixed endings: each line has that of its anchor.
        (
            "a.py",
            after(line("b"), "x\ny"),
            &b"a\rb\r\nc\nd\r"[..],
            &b"a\rb\r\nx\r\ny\r\nc\nd\r"[..],
        ),
        (
            "a.py",
            after(line("a"), "x\ny"),
            b"a\rb\r\nc\n",
            b"a\rx\ry\rb\r\nc\n",
        ),
        (
            "a.py",
            after(line("d"), "x"),
            b"a\nb\r\nc\rd",
            b"a\nb\r\nc\rd\rx",
        ),
        // An empty line after a lone `\r` must not make it a `\r\n`.
        (
            "a.py",
            crate::building::before(line("b"), "\n\n\nx"),
            b"a\rb\n",
            b"a\r\r\rx\nb\n",
        ),
        ("a.txt", replace(line("b"), "\n\nx"), b"a\rb\n", b"a\r\rx\n"),
        // Latin-1, said and not said; bytes that are no UTF-8 at all.
        (
            "a.py",
            after(line("x = '...'"), "y"),
            b"# coding: latin-1\n# \xE9\nx = '...'\nz = '\xE9'\n",
            b"# coding: latin-1\n# \xE9\nx = '...'\ny\nz = '\xE9'\n",
        ),
        (
            "a.py",
            after(line("x"), "y"),
            b"# \xFF\xFE\nx  # \xC3\nz = '\xE9'\n",
            b"# \xFF\xFE\nx  # \xC3\ny\nz = '\xE9'\n",
        ),
        (
            "a.txt",
            after(line("x"), "y"),
            b"\x00\xFF\nx\n\x80",
            b"\x00\xFF\nx\ny\n\x80",
        ),
        // The trail byte of a katakana is no backslash.
        (
            "a.py",
            after(line("x = ..."), "y"),
            b"# coding: shift_jis\nx = '\x83\x5C'\nz\n",
            b"# coding: shift_jis\nx = '\x83\x5C'\ny\nz\n",
        ),
        // Tabs, form feeds and white space at the ends of lines.
        (
            "a.py",
            after(line("x"), "y"),
            b"\x0C\nif a: \n\tx  \t \n\tz \n",
            b"\x0C\nif a: \n\tx  \t \n\ty\n\tz \n",
        ),
        // Nothing, and nothing but a byte order mark.
        ("a.py", append("x"), b"", b"x\n"),
        (
            "a.txt",
            append("x\ny"),
            b"\xEF\xBB\xBF",
            b"\xEF\xBB\xBFx\ny\n",
        ),
        ("a.txt", append("x"), b"\r\n", b"\r\nx\r\n"),
    ] {
        let patch = FilePatch::compile(path, &[edit]).unwrap();
        let applied = patch
            .apply(Some(before))
            .unwrap_or_else(|error| panic!("{}: {error}", text(before)));
        assert_eq!(text(&applied.bytes), text(after));
        holds(&patch, before, &applied, true);
    }
}
