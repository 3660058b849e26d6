#!/usr/bin/env python3
"""The few members of a real torch wheel that tests and benchmarks need, fetched once with pip into a cache.

The cache is `TORCH_PATCH_TEST_CACHE` or `~/.cache/torch-patch-tests`, never the repository. Each use checks the target
file and the wheel's RECORD by their digests; the wheel itself is not kept. Where the platform does not matter, macOS
wheels are taken: they are the smallest, and their Python files are those of the Linux wheels.

    tests/e2e/torch_wheel.py VERSION-PLATFORM    prints the folder with the members of that wheel
"""

import contextlib
import os
import pathlib
import sys
import tempfile
import zipfile

from harness import equal, run, sha256

TARGET = "torch/distributed/distributed_c10d.py"
# Per wheel: its Python and platform, and the digests of the target file and of RECORD.
WHEELS = {
    "1.13.1-macos": (
        "3.10",
        "macosx_11_0_arm64",
        "5c7f225704f199b27c6ef46e9b2f7eb7053b46107e309c62a604adac7c57fc54",
        "d313dd31442185949575eaf8045d030e2d24a28ba650a001c4db0ad3ef839acd",
    ),
    "2.15.0-macos": (
        "3.12",
        "macosx_14_0_arm64",
        "6d0bbb7be66d992e04be2bcf73f4fa199e553ce26d280e3d574871881353393a",
        "05568af6b13b68b2d443da61cb67526f3617de79dbfa69393a6c93a0aba5ca50",
    ),
    "1.13.1-win": (
        "3.10",
        "win_amd64",
        "35e2b9be9c065c0788612fdbc05d0990ea954482b1681418c5f402c265633feb",
        "f9d8aef2d8fcffc7e784c51371d6e71fc1e5239285bb72ea5965075b0b507f21",
    ),
    "2.0.1-win": (
        "3.10",
        "win_amd64",
        "05f5639fc2792da07211ef8d25a7b47c7e1f5aee36ace10be46372593cb1adff",
        "237a0f6e4ccfaea6251b4fd67dca67094fbf0d9c5a1c6754bea9015bba240775",
    ),
    "2.5.1-win": (
        "3.10",
        "win_amd64",
        "27ae47017d3189d7042a29e4ba50998d2347bf5d25d9377ec618821b6e8f9d1c",
        "32ffb2ab9731748480d8793922faf5cb06191a38f123f41fdd2171613dd36ca6",
    ),
    "2.15.0-win": (
        "3.12",
        "win_amd64",
        "9545905584882adff27bfb6d8ee6ead75f7b2bd4bb5fa1b6dcd6094d668b7afd",
        "fd06aff5af93355c174e4bd7e7c800a5b39b141cbcef674dcf64dd7175716a64",
    ),
}


def members(name):
    """The folder with a wheel's target file, `version.py`, METADATA, WHEEL and RECORD, laid out as in the wheel."""
    cache = pathlib.Path(os.environ.get("TORCH_PATCH_TEST_CACHE") or pathlib.Path.home() / ".cache/torch-patch-tests")
    folder = cache / f"torch-{name}"
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as fresh:
            unpack(name, download(name, fresh), pathlib.Path(fresh, "members"))
            with contextlib.suppress(OSError):  # another process was faster
                pathlib.Path(fresh, "members").rename(folder)
    _, _, target, record = WHEELS[name]
    equal(sha256((folder / TARGET).read_bytes()), target, f"digest of `{folder / TARGET}`")
    equal(sha256((folder / dist_info(name) / "RECORD").read_bytes()), record, f"digest of RECORD in `{folder}`")
    return folder


def dist_info(name):
    """The name of a wheel's metadata folder."""
    return f"torch-{version_of(name)}.dist-info"


def version_of(name):
    """The version of a wheel."""
    return name.partition("-")[0]


def download(name, folder):
    """Downloads a wheel with pip and returns its path."""
    python, platform, _, _ = WHEELS[name]
    run(
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
        "--python-version", python, "--platform", platform, "--dest", folder, f"torch=={version_of(name)}",
    )  # fmt: skip
    (wheel,) = pathlib.Path(folder).glob("*.whl")
    return wheel


def unpack(name, wheel, folder):
    """Takes the members out of a wheel."""
    info = dist_info(name)
    with zipfile.ZipFile(wheel) as archive:
        for member in [TARGET, "torch/version.py", *(f"{info}/{part}" for part in ("METADATA", "WHEEL", "RECORD"))]:
            archive.extract(member, folder)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in WHEELS:
        sys.exit(f"usage: torch_wheel.py VERSION-PLATFORM, one of {', '.join(WHEELS)}")
    print(members(sys.argv[1]))
