"""A small installed package, and patch files for it, in which each test of faults makes its own kind of trouble.

The patches touch different lines, so that any set of them composes to bytes which a test can write down itself:
nothing here asks the product what is right.
"""

import base64
import dataclasses
import hashlib
import pathlib

NAME = "demo"
LINES = "pkg/lines.py"
OTHER = "pkg/sub/other.py"
MADE = "pkg/made/new.py"
TARGETS = (LINES, OTHER, MADE)
CACHE = "pkg/__pycache__/lines.cpython-311.pyc"
ORIGINALS = {
    "pkg/__init__.py": b"",
    LINES: b"# one line for each patch\r\na = 1\r\nb = 2\r\nc = 3\r\nd = 4\r\n",
    "pkg/sub/__init__.py": b"",
    OTHER: b"x = 1\ny = 2\nz = 3\n",
}
UPGRADED = {**ORIGINALS, LINES: ORIGINALS[LINES] + b"# a later release\r\n"}


@dataclasses.dataclass(frozen=True)
class Patch:
    """A patch as the bytes that it replaces, by file; a file that it creates has no bytes before."""

    id: str
    edits: tuple

    @property
    def text(self):
        """The patch file."""
        head = f'format = 1\nid = "{self.id}"\ntitle = "{self.id}"\ndistribution = "{NAME}"\nrisk = "none"\n'
        return f'{head}\n[[variant]]\nversions = ">=1"\n' + "".join(map(edit_text, self.edits))

    @property
    def files(self):
        """The files that it changes."""
        return [path for path, _, _ in self.edits]


def edit_text(edit):
    """One edit as a patch file spells it."""
    path, before, after = edit
    head = f'\n[[variant.edit]]\nfile = "{path}"\n'
    if before is None:
        return f'{head}create = "{after}\\n"\n'
    return f'{head}replace = "{before}"\nwith = "{after}"\n'


PATCHES = {
    patch.id: patch
    for patch in (
        Patch("one", ((LINES, "a = 1", "a = 100"),)),
        Patch("two", ((LINES, "c = 3", "c = 300"),)),
        Patch("three", ((LINES, "d = 4", "d = 400"),)),
        Patch("pair", ((LINES, "b = 2", "b = 200"), (OTHER, "x = 1", "x = 100"))),
        Patch("other", ((OTHER, "z = 3", "z = 300"),)),
        Patch("maker", ((MADE, None, "made = 1"), (OTHER, "y = 2", "y = 200"))),
    )
}


def composed(patches, originals=None):
    """What each target holds with a set of patches: path → bytes, `None` where there is no file."""
    contents = {path: (originals or ORIGINALS).get(path) for path in TARGETS}
    for patch in patches:
        for path, before, after in PATCHES[patch].edits:
            if before is None:
                contents[path] = f"{after}\n".encode()
            else:
                contents[path] = contents[path].replace(before.encode(), after.encode())
    return contents


def install(site, version="1.0", originals=None):
    """Puts the package into a site-packages directory as pip would: new files, then a new `RECORD`."""
    originals = originals or ORIGINALS
    site = pathlib.Path(site)
    for old in site.glob(f"{NAME}-*.dist-info/*"):
        old.unlink()
    for old in site.glob(f"{NAME}-*.dist-info"):
        old.rmdir()
    info = f"{NAME}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version}\n".encode()
    files = {**originals, f"{info}/METADATA": metadata, f"{info}/INSTALLER": b"pip\n"}
    record = "".join(f"{path},sha256={record_digest(data)},{len(data)}\n" for path, data in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    for path, data in files.items():
        place = site / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.write_bytes(data)


def record_digest(data):
    """A digest as RECORD spells it (PEP 376)."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def write_patches(folder):
    """Writes all patch files into a folder, for `--patches`."""
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    for patch in PATCHES.values():
        (folder / f"{patch.id}.toml").write_text(patch.text)
    return folder


def read(site, path):
    """The bytes of a file, `None` if there is none."""
    try:
        return (pathlib.Path(site) / path).read_bytes()
    except FileNotFoundError:
        return None
