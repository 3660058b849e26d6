"""Patch files that nobody means well with: for each a name, its bytes, and what the refusal has to say.

A case is data: `(name, content, reason)`. All of them are to be refused with exit 6 by every command that reads a patch
file, with `reason` in the message. Those of `WELCOME` look odd and are good patch files.
"""

from victim import ANCHOR, HEAD, INSERT, MODULE, patch_text

TOO_LARGE = "1048576 bytes"
GIGABYTE = 1 << 30


def path(text):
    """A patch file for one path, as the inside of TOML's basic string."""
    return patch_text(text).encode()


def edit(text):
    """A patch file with one edit of the module."""
    return patch_text(edit=text + "\n").encode()


def top(old, new):
    """A patch file with something else in the keys at the top."""
    return patch_text(head=HEAD.replace(old, new)).encode()


def many(count):
    """A patch file with many edits."""
    edits = f"[[variant.edit]]\nfile='{MODULE}'\nappend='x'\n" * count
    return (HEAD + '[[variant]]\nversions = ">=1"\n' + edits).encode()


def many_variants():
    """A patch file with many ranges, none of which overlap."""
    one = '[[variant]]\nversions = "=={}"\nfixed-upstream = "https://a.b"\n'
    return (HEAD + "".join(one.format(number) for number in range(5000))).encode()


def many_clauses():
    """A range of versions with a thousand exceptions."""
    clauses = ",".join(f"!=1.{number}" for number in range(1000))
    return path(MODULE).replace(b'">=1"', f'"{clauses}"'.encode())


def regex(text):
    """A patch file with one regular expression."""
    return edit(f"replace = {{regex = '{text}'}}\nwith = 'y'")


def head(text):
    """A patch file with other keys at the top."""
    return patch_text(head=HEAD + text + "\n").encode()


# The inside of a basic string → what is wrong with it. `canary.py` is there, beside site-packages, in `outside/`.
PATHS = {
    "parent": ("../outside/canary.py", "has the part `..`"),
    "parent-of-parent": ("../../../../../../../../etc/passwd", "has the part `..`"),
    "parent-in-the-middle": ("torch/../../outside/canary.py", "has the part `..`"),
    "parent-that-stays-inside": ("torch/../torch/sub/a.py", "has the part `..`"),
    "parent-at-the-end": ("torch/sub/..", "has the part `..`"),
    "parent-escaped": ("\\u002e\\u002e/outside/canary.py", "has the part `..`"),
    "parent-with-backslash": ("..\\\\outside\\\\canary.py", "has a backslash"),
    "parent-mixed": ("torch\\\\..\\\\../outside/canary.py", "has a backslash"),
    "parent-with-space": (".. /outside/canary.py", "with a dot or a space at its end"),
    "parent-with-three-dots": (".../outside/canary.py", "with a dot or a space at its end"),
    "current": ("./torch/sub/a.py", "has the part `.`"),
    "empty": ("", "is empty"),
    "empty-part": ("torch//sub/a.py", "has an empty part"),
    "folder": ("torch/sub/", "has an empty part"),
    "absolute": ("/etc/passwd", "is absolute"),
    "absolute-network": ("//server/share/a.py", "is a network path"),
    "drive": ("C:/Windows/win.ini", "has a colon"),
    "drive-with-backslash": ("C:\\\\Windows\\\\win.ini", "has a colon"),
    "drive-relative": ("C:a.py", "has a colon"),
    "stream": ("torch/sub/a.py::$DATA", "has a colon"),
    "unc": ("\\\\\\\\server\\\\share\\\\a.py", "has a backslash"),
    "verbatim": ("\\\\\\\\?\\\\C:\\\\a.py", "has a backslash"),
    "verbatim-with-slashes": ("//?/C:/a.py", "has the character"),
    "device-namespace": ("\\\\\\\\.\\\\PhysicalDrive0", "has a backslash"),
    "device-namespace-with-slashes": ("//./COM1", "is a network path"),
    "device": ("torch/NUL", "a device on Windows"),
    "device-with-ending": ("torch/con.py", "a device on Windows"),
    "device-with-number": ("torch/COM1.py", "a device on Windows"),
    "device-as-folder": ("aux/a.py", "a device on Windows"),
    "device-superscript": ("torch/LPT\u00b9.py", "a device on Windows"),
    "nul": ("torch/sub/a.py\\u0000.txt", "has a NUL"),
    "newline": ("torch/sub/a.py\\n", "has the character U+000A"),
    "escape-sequence": ("torch/\\u001b[2Ja.py", "has the character U+001B"),
    "direction": ("torch/sub/\\u202eyp.a", "has the character U+202E"),
    "wildcard": ("torch/*/a.py", "has the character U+002A"),
    "too-long": ("d/" * 100 + "a.py", "more than 200"),
    "much-too-long": ("a" * 100_000, "more than 200"),
    "own-records": (".torch-patch/ledger.json", "which is no source file"),
    "own-records-in-capitals": (".TORCH-PATCH/ledger.json", "which is no source file"),
    "own-records-full-width": ("\uff0etorch-patch/ledger.json", "which is no source file"),
    "metadata": ("torch-2.0.0.dist-info/RECORD", "which is no source file"),
    "byte-code": ("torch/sub/__pycache__/a.cpython-311.pyc", "which is no source file"),
}


def many_regexes():
    """Each expression is small, all together are not."""
    one = f"[[variant.edit]]\nfile = '{MODULE}'\nreplace = {{regex = 'x{{900}}'}}\nwith = 'y'\n"
    return (HEAD + '[[variant]]\nversions = ">=1"\n' + one * 900).encode()


TWO = "[[variant.edit]]\nfile = \"{}\"\nappend = 'z'\n"

TEXTS = {
    "empty-file": (b"", "expected the key `format`"),
    "only-nul": (b"\0" * 100, "key with no value"),
    "nul-in-a-comment": (path(MODULE) + b"# \0\n", "invalid comment character"),
    "nul-in-a-text": (edit(f'after = "{ANCHOR}"\ninsert = "y\\u0000"'), "U+0000"),
    "not-utf-8": (path(MODULE) + b"# \xff\xfe\n", "UTF-8"),
    "overlong-utf-8": (patch_text("@").encode().replace(b"@", b"\xc0\xae\xc0\xae/outside/canary.py"), "UTF-8"),
    "surrogate": (patch_text("@").encode().replace(b"@", b"\xed\xa0\x80.py"), "UTF-8"),
    "surrogate-escaped": (path("\\ud800.py"), "expected unicode hexadecimal value"),
    "utf-16": (patch_text().encode("utf-16"), "UTF-8"),
    "lone-carriage-return": (patch_text().replace("\n", "\r").encode(), "carriage return must be followed by newline"),
    "elf": (b"\x7fELF\x02\x01\x01" + bytes(200), "key with no value"),
    "json": (b'{"format": 1}', "expected key"),
    "yaml-object": (b"!!python/object/apply:os.system ['id']\n", "key with no value"),
    "duplicate-key": (head('id = "again"'), "duplicate key"),
    "duplicate-table": (path(MODULE) + b"[when]\n[when]\n", "duplicate key"),
    "unknown-key": (head('post-apply = "rm -rf /"'), "unknown key `post-apply`"),
    "key-of-an-object": (head('__proto__ = "x"'), "unknown key `__proto__`"),
    "format-of-the-future": (path(MODULE).replace(b"format = 1", b"format = 2"), "for a newer version of torch-patch"),
    "format-huge": (path(MODULE).replace(b"format = 1", b"format = 99999999999999999999"), "expected a whole number"),
    "format-not-a-number": (path(MODULE).replace(b"format = 1", b"format = nan"), "expected a whole number"),
    "id-path": (top('"hostile"', '"../../outside"'), "expected words of `a` to `z`"),
    "id-homoglyph": (top('"hostile"', '"gloo-wind\u043ews"'), "expected words of `a` to `z`"),
    "id-direction": (top('"hostile"', '"a\u202eb"'), "expected words of `a` to `z`"),
    "id-option": (top('"hostile"', '"--force"'), "expected words of `a` to `z`"),
    "title-escape-sequence": (top("Hostile", "\\u001b]0;owned\\u0007"), "U+001B"),
    "title-direction": (top("Hostile", "\u2066hidden\u2069"), "U+2066"),
    "distribution-path": (top('"torch"', '"../torch"'), "expected the name of a Python distribution"),
    "link-script": (head('links = ["javascript:alert(1)"]'), "expected an address with `https://`"),
    "link-file": (head('links = ["file:///etc/passwd"]'), "expected an address with `https://`"),
    "insert-direction": (edit(f'after = "{ANCHOR}"\ninsert = "y = 2 # \u202e"'), "U+202E"),
    "twins-by-case": (path(MODULE) + TWO.format("torch/sub/A.py").encode(), "torch/sub/A.py"),
    "twins-by-unicode": (
        (patch_text("torch/\u00e9.py") + TWO.format("torch/e\u0301.py")).encode(),
        "torch/e",
    ),
    "deep-arrays": (head("x = " + "[" * 5000 + "]" * 5000), "recurs"),
    "deep-tables": (head("x = " + "{a=" * 5000 + "1" + "}" * 5000), "recurs"),
    "deep-dotted-key": (head(".".join(["a"] * 20000) + " = 1"), "recursion limit"),
    "many-keys": (head("\n".join(f"k{number} = 1" for number in range(50_000))), "unknown key `k0`"),
    "many-variants": (many_variants(), "at most 100 variants"),
    "many-edits": (many(15_000), "at most 1000 edits"),
    "million-edits": (lambda: many(10**6), TOO_LARGE),
    "gigabyte-of-nothing": (GIGABYTE, TOO_LARGE),
    "regex-nested-repetition": (regex("((x{1,100}){1,100}){1,100}"), "compiles to at most"),
    "regex-huge-count": (regex("x{1000000000}"), "compiles to at most"),
    "regex-unicode-classes": (regex("(\\w{200}\\d{200}){40}"), "compiles to at most"),
    "regex-unicode-property": (regex("\\p{Greek}"), "Unicode property not found"),
    "regex-too-long": (regex("x" * 100_000), "at most 1000 characters"),
    "regex-deep": (regex("(" * 400 + "x" + ")" * 400), "nested parentheses"),
    "regex-look-behind": (regex("(?<=a)(?=b)"), "look-around"),
    "regex-back-reference": (regex("(a+)\\1+$"), "backreferences"),
    "many-regexes": (many_regexes(), "regular expressions"),
    "range-of-a-thousand-clauses": (many_clauses(), "expected a range of versions"),
    "range-with-a-huge-number": (
        path(MODULE).replace(b'">=1"', b'">=' + b"9" * 200 + b'"'),
        "expected a range of versions",
    ),
    "expect-negative": (edit(f'after = "{ANCHOR}"\ninsert = "y"\nexpect = -1'), "expected a number from 1"),
    "expect-huge": (
        edit(f'after = "{ANCHOR}"\ninsert = "y"\nexpect = 99999999999999999999'),
        "expected a number from 1",
    ),
}

REFUSED = [(f"path-{name}", path(text), reason) for name, (text, reason) in PATHS.items()]
REFUSED += [(name, content, reason) for name, (content, reason) in TEXTS.items()]

SLOW = "(x+x+)+y|(a|aa)+$|(.*)*z|x = (?P<n>1)"
WELCOME = {
    "crlf": patch_text().replace("\n", "\r\n").encode(),
    "byte-order-mark": b"\xef\xbb\xbf" + patch_text().encode(),
    "regex-that-explodes-elsewhere": edit(f"after = {{regex = '{SLOW}'}}\ninsert = \"{INSERT}\""),
    "no-newline-at-the-end": patch_text().rstrip("\n").encode(),
}
