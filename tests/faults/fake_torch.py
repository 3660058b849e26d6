"""A small package named torch, with `RECORD`, on a real disk: what the system-call tests break and look at.

One module has CRLF line ends, a compiled file that Python would run without looking at the source, and a second name in
a cache, as uv and conda make them; one has a mode of its own. Copies keep what is linked linked.
"""

import base64
import hashlib
import json
import os
import pathlib
import shutil

from harness import entry, picture

A, B, C, D = (f"torch/{name}.py" for name in "abcd")
NEW = "torch/new/deep/x.py"
COMPILED = "torch/__pycache__/a.cpython-311.pyc"
RECORDS = ".torch-patch"

OLD = {
    A: b"def f():\r\n    x = 1\r\n    y = 2\r\n    return x + y\r\n",
    B: b"def f():\n    x = 1\n    return x\n",
    C: b"# no line end follows the last line\ndef f():\n\tx = 1\n\treturn x",
    D: b"\xef\xbb\xbfdef f():\n    x = 1  # a byte order mark is before this\n    return x\n",
}
UPGRADED = b"# a later release\r\n" + OLD[A]

PATCHES = {
    "one": [(A, "one", "x = 1")],
    "two": [(A, "two", "y = 2")],
    "four": [(path, "four", "x = 1") for path in (A, B, C, D)],
}
CREATED = b"made = True  # new\n"


def patched(content, *patches):
    """The content with patches in place, by plain replacement: what the engine has to arrive at."""
    for patch in patches:
        (anchor,) = {anchor for _, _, anchor in PATCHES[patch]}
        lines = content.splitlines(keepends=True)
        (place,) = [number for number, line in enumerate(lines) if line.strip().startswith(anchor.encode())]
        indent, end = lines[place].partition(anchor.encode())[0], b"\r\n" if b"\r\n" in content else b"\n"
        lines.insert(place + 1, indent + f"z = 3  # {patch}".encode() + end)
        content = b"".join(lines)
    return content


def by_hand(content):
    """The content with patch `one` made with an editor, in the form that the patch knows."""
    return content.replace(b"    x = 1\r\n", b"    x = 1\r\n    z = 3\r\n")


def damaged(content):
    """The content with the bad edit that patch `mend` takes out."""
    return content.replace(b"y = 2", b"y = 90")


def patch_file(patch):
    """The text of a patch file."""
    head = f'format = 1\nid = "{patch}"\ntitle = "Patch {patch}"\ndistribution = "torch"\n'
    head += '[[variant]]\nversions = ">=2"\n'
    if patch == "mend":
        edit = f'[[variant.edit]]\nfile = "{A}"\nwithin = "def f"\nreplace = "y = 2"\nwith = "y = 90"\n'
        return head.replace("[[variant]]", "repairs = true\n[[variant]]") + edit
    if patch == "new":
        return f'{head}[[variant.edit]]\nfile = "{NEW}"\ncreate = """\n{CREATED.decode()}"""\n'
    edits = (
        f'[[variant.edit]]\nfile = "{path}"\nwithin = "def f"\nafter = "{anchor}"\ninsert = "z = 3  # {patch}"\n'
        'by-hand = ["z = 3"]\n'
        for path, patch, anchor in PATCHES[patch]
    )
    return head + "".join(edits)


class World:
    """One folder with a site-packages directory, patch files, and a cache that shares a file with it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.site = self.folder / "site"
        self.cached = self.folder / "cache/a.py"

    def build(self):
        """Fills the folder."""
        install(self.site, "2.0.0", OLD)
        (self.site / A).chmod(0o640)
        (self.site / B).chmod(0o755)
        self.compile()
        self.cached.parent.mkdir()
        os.link(self.site / A, self.cached)
        (self.folder / "patches").mkdir()
        for patch in (*PATCHES, "new", "mend"):
            (self.folder / f"patches/{patch}.toml").write_text(patch_file(patch))
        return self

    def compile(self):
        """Puts byte code beside the first module whose hash Python never checks (PEP 552)."""
        path = self.site / COMPILED
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"\xa7\r\r\n\x01\0\0\0" + b"12345678" + b"code of " + (self.site / A).read_bytes())

    def upgrade(self):
        """Puts a later release in the place of this one, as pip does: other files, our records stay."""
        for info in self.site.glob("*.dist-info"):
            shutil.rmtree(info)
        for path in (self.site / A, self.cached):
            path.unlink()
        install(self.site, "2.1.0", {**OLD, A: UPGRADED})
        os.link(self.site / A, self.cached)
        self.compile()

    def edit(self, content):
        """Edits the first module in place, as an editor may: the file in the cache has the edit too."""
        (self.site / A).write_bytes(content)
        self.compile()

    def read(self, path):
        """The bytes of a file of the package; `None`: there is none."""
        try:
            return (self.site / path).read_bytes()
        except FileNotFoundError:
            return None

    def copy(self, folder):
        """A copy with the same modes, times and links between files; what was in its place is gone."""
        if os.path.lexists(folder):
            shutil.rmtree(folder)
        copies = {}

        def copy(source, target):
            found = os.stat(source, follow_symlinks=False)
            if (first := copies.setdefault((found.st_dev, found.st_ino), target)) != target:
                os.link(first, target)
            else:
                shutil.copy2(source, target, follow_symlinks=False)

        shutil.copytree(self.folder, folder, symlinks=True, copy_function=copy)
        return World(folder)

    def has_records(self):
        """Says whether `.torch-patch` is there."""
        return os.path.lexists(self.site / RECORDS)

    def is_begun(self):
        """Says whether a change is recorded as begun and not ended."""
        return os.path.lexists(self.site / RECORDS / "intent.json")

    def picture(self):
        """Everything in the folder but byte code, and of the records what they say.

        Who held the lock last, which byte code a change took away, and the mode of a backup (its own, or that of the
        file of which it is a second name) may differ between two ways to one state.
        """
        found = picture(self.folder, caches=False)
        found.pop(f"site/{RECORDS}/lock", None)
        for path, (_, *owner, content) in list(found.items()):
            if path == f"site/{RECORDS}/ledger.json":
                # A project asks in the name of its file, which lies in the folder of its world.
                found[path] = json.dumps(self.records("ledger.json")).replace(f"{self.folder}/", "")
            elif path.startswith(f"site/{RECORDS}/backups/"):
                found[path] = (tuple(owner), content)
        return found

    def records(self, name):
        """What `ledger.json` or `intent.json` has recorded; `None`: there is none."""
        content = self.read(f"{RECORDS}/{name}")
        return content and json.loads(content)["records"]

    def leftovers(self):
        """What lies in the records and nothing refers to: temporary files, contents that the ledger does not name."""
        store = self.site / RECORDS
        ledger = self.records("ledger.json")
        if ledger is None:
            return set()
        files = ledger["files"].values()
        named = {file["pristine"] for file in files} | {layer["digest"] for file in files for layer in file["patches"]}
        found = set(store.glob("*.tmp"))
        for folder in (store / "backups", store / "patches"):
            kept = set(folder.glob("*"))
            unnamed = {path for path in kept if f"sha256:{path.name}" not in named}
            found |= unnamed | ({folder} if kept == unnamed and folder.exists() else set())
        return {path.relative_to(self.folder).as_posix() for path in found}

    def recorded_patches(self):
        """The patches that are recorded once the next lock has settled a change that was begun."""
        begun = self.read(f"{RECORDS}/intent.json")
        is_complete = begun and all(self.is_as_wanted(file) for file in json.loads(begun)["intent"])
        records = self.records("intent.json" if is_complete else "ledger.json") or {"files": {}}
        return {layer["id"] for file in records["files"].values() for layer in file["patches"]}

    def is_as_wanted(self, file):
        """Says whether a file of an intent is as the change wants it."""
        content = self.read(file["path"])
        wanted = file["after"] and file["after"].removeprefix("sha256:")
        return (content if content is None else hashlib.sha256(content).hexdigest()) == wanted

    def every_detail(self):
        """The picture with byte code, inodes and times of change: what tells whether anything was written."""
        paths = [self.folder, *self.folder.rglob("*")]
        return {str(path): (entry(path), path.lstat().st_ino, path.lstat().st_ctime_ns) for path in paths}

    def cached_details(self):
        """The file elsewhere: who made it, its inode and its bytes."""
        found = self.cached.stat()
        return found.st_ino, found.st_mtime_ns, entry(self.cached)


def install(site, version, files):
    """Puts a release into a site-packages directory, with a `RECORD` that proves its files."""
    info = f"torch-{version}.dist-info"
    files = {
        "torch/__init__.py": b"",
        "torch/version.py": f"__version__ = '{version}'\n".encode(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n".encode(),
        **files,
    }
    for name, content in files.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    rows = [f"{name},sha256={record_digest(content)},{len(content)}\n" for name, content in files.items()]
    (site / info / "RECORD").write_text("".join(rows) + f"{info}/RECORD,,\n")


def record_digest(content):
    """A digest as RECORD spells it (PEP 376)."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
