#!/usr/bin/env python3
"""Packs a release binary: the same binary and commit give the same bytes.

    release/archive.py TARGET BINARY DIRECTORY [PROGRAM]

makes `torch-patch-TARGET.zip` for Windows and `.tar.gz` for the rest in DIRECTORY, with the licences and the README
beside the binary, manual pages in English and Chinese, and completions; and writes `SHA256SUMS` anew for all archives
there. It builds nothing. Where BINARY does not run here, PROGRAM is one of the same version that does, and makes the
pages and the completions.
"""

import gzip
import hashlib
import io
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENTS = ["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "README.zh-CN.md"]
COMPLETIONS = {
    "bash": "torch-patch.bash",
    "elvish": "torch-patch.elv",
    "fish": "torch-patch.fish",
    "powershell": "torch-patch.ps1",
    "zsh": "_torch-patch",
}
# Where man looks for the pages of a language.
PAGES = {"en": "man/man1", "zh-CN": "man/zh_CN/man1"}


def commit_time() -> int:
    return int(subprocess.check_output(["git", "-C", ROOT, "log", "-1", "--format=%ct"], text=True))


def generated(program: pathlib.Path) -> dict[str, bytes]:
    """The manual pages and the completions, as the program prints them."""
    files = {}
    for shell, name in COMPLETIONS.items():
        files[f"completions/{name}"] = subprocess.check_output([program, "completions", shell])
    for language, place in PAGES.items():
        with tempfile.TemporaryDirectory() as pages:
            subprocess.run([program, "man", "--lang", language, "--output", pages, "--quiet"], check=True)
            for page in pathlib.Path(pages).iterdir():
                files[f"{place}/{page.name}"] = page.read_bytes()
    return files


def packed_zip(files: dict[str, bytes], program: str, when: int) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, time.gmtime(when)[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, whatever packs it
            entry.external_attr = (0o755 if name == program else 0o644) << 16
            archive.writestr(entry, files[name])
    return whole.getvalue()


def packed_tar(files: dict[str, bytes], program: str, when: int) -> bytes:
    whole = io.BytesIO()
    with gzip.GzipFile("", "wb", mtime=when, fileobj=whole) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name in sorted(files):
                entry = tarfile.TarInfo(name)
                entry.size = len(files[name])
                entry.mtime = when
                entry.mode = 0o755 if name == program else 0o644
                archive.addfile(entry, io.BytesIO(files[name]))
    return whole.getvalue()


def main() -> None:
    target, binary, directory = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    folder = f"torch-patch-{target}"
    program = f"{folder}/{binary.name}"
    # With `\n` wherever it is packed: a checkout on Windows may have other line ends.
    files = {f"{folder}/{name}": (ROOT / name).read_bytes().replace(b"\r\n", b"\n") for name in DOCUMENTS}
    runs_here = pathlib.Path(sys.argv[4] if len(sys.argv) > 4 else binary).resolve()
    files |= {f"{folder}/{name}": content for name, content in generated(runs_here).items()}
    files[program] = binary.read_bytes()
    if "windows" in target:
        suffix, pack = ".zip", packed_zip
    else:
        suffix, pack = ".tar.gz", packed_tar
    directory.mkdir(parents=True, exist_ok=True)
    (directory / (folder + suffix)).write_bytes(pack(files, program, commit_time()))
    archives = sorted(path for path in directory.iterdir() if path.name.endswith((".zip", ".tar.gz")))
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in archives]
    (directory / "SHA256SUMS").write_bytes("".join(sums).encode())
    print("".join(sums), end="")


if __name__ == "__main__":
    main()
