#!/usr/bin/env python3
"""The few members of a real torch wheel that tests and benchmarks need, fetched once with pip into a cache.

The cache is `TORCH_PATCH_TEST_CACHE` or `~/.cache/torch-patch-tests`, never the repository. Each use checks the target
file and the wheel's RECORD by their digests; the wheel itself is not kept. macOS wheels are taken: they are the
smallest, and their Python files are those of the Linux wheels.

    tests/e2e/torch_wheel.py VERSION    prints the folder with the members of that release
"""

import os
import pathlib
import sys
import tempfile
import zipfile

from harness import equal, run, sha256

TARGET = "torch/distributed/distributed_c10d.py"
# Per release: the wheel's Python and platform, and the digests of the target file and of RECORD.
RELEASES = {
    "1.13.1": (
        "3.10",
        "macosx_11_0_arm64",
        "5c7f225704f199b27c6ef46e9b2f7eb7053b46107e309c62a604adac7c57fc54",
        "d313dd31442185949575eaf8045d030e2d24a28ba650a001c4db0ad3ef839acd",
    ),
    "2.15.0": (
        "3.12",
        "macosx_14_0_arm64",
        "6d0bbb7be66d992e04be2bcf73f4fa199e553ce26d280e3d574871881353393a",
        "05568af6b13b68b2d443da61cb67526f3617de79dbfa69393a6c93a0aba5ca50",
    ),
}


def members(version):
    """The folder with a release's target file, `version.py`, METADATA, WHEEL and RECORD, laid out as in the wheel."""
    cache = pathlib.Path(os.environ.get("TORCH_PATCH_TEST_CACHE") or pathlib.Path.home() / ".cache/torch-patch-tests")
    folder = cache / f"torch-{version}"
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as fresh:
            unpack(version, download(version, fresh), pathlib.Path(fresh, "members"))
            pathlib.Path(fresh, "members").rename(folder)
    _, _, target, record = RELEASES[version]
    equal(sha256((folder / TARGET).read_bytes()), target, f"digest of `{folder / TARGET}`")
    equal(sha256((folder / dist_info(version) / "RECORD").read_bytes()), record, f"digest of RECORD in `{folder}`")
    return folder


def dist_info(version):
    """The name of a release's metadata folder."""
    return f"torch-{version}.dist-info"


def download(version, folder):
    """Downloads the wheel of a release with pip and returns its path."""
    python, platform, _, _ = RELEASES[version]
    run(
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
        "--python-version", python, "--platform", platform, "--dest", folder, f"torch=={version}",
    )  # fmt: skip
    (wheel,) = pathlib.Path(folder).glob("*.whl")
    return wheel


def unpack(version, wheel, folder):
    """Takes the members out of a wheel."""
    info = dist_info(version)
    with zipfile.ZipFile(wheel) as archive:
        for name in [TARGET, "torch/version.py", *(f"{info}/{part}" for part in ("METADATA", "WHEEL", "RECORD"))]:
            archive.extract(name, folder)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in RELEASES:
        sys.exit(f"usage: torch_wheel.py VERSION, one of {', '.join(RELEASES)}")
    print(members(sys.argv[1]))
