"""The releases that are run: their wheels, from PyPI by way of a cache, and the Pythons that they are for.

Wheels lie in `wheels` of the cache, `TORCH_PATCH_TEST_CACHE` or `~/.cache/torch-patch-tests`, never in the repository.
A wheel that does not have the digest written here is an error, not a download.
"""

import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import equal, run  # noqa: E402

# What torch imports and pip would bring, less CUDA's own packages and triton: always, and from 2.0 on.
NEEDED = ("numpy==1.26.4", "typing-extensions==4.15.0")
NEEDED_SINCE_2 = ("filelock==3.20.0", "fsspec==2025.9.0", "jinja2==3.1.6", "networkx==3.4.2", "sympy==1.13.3")
UV = "uv==0.13.9"


@dataclasses.dataclass
class Release:
    """A wheel of torch for Linux: the build as `torch.__version__` has it, its Python and platform, its sha256."""

    build: str
    python: str
    platform: str
    digest: str
    needed: tuple = NEEDED + NEEDED_SINCE_2


RELEASES = {
    "1.13.1": Release(
        "1.13.1+cu117", "3.10", "manylinux1_x86_64", "fd12043868a34a8da7d490bf6db66991108b00ffbeecb034228bfcbbd4197143",
        NEEDED,
    ),
    "2.0.1": Release(
        "2.0.1+cu117", "3.11", "manylinux1_x86_64", "e617b1d0abaf6ced02dbb9486803abfef0d581609b09641b34fa315c9c40766d"
    ),
    "2.5.1": Release(
        "2.5.1+cu124", "3.11", "manylinux1_x86_64", "de5b7d6740c4b636ef4db92be922f0edc425b65ed78c5076c43c42d362a45457"
    ),
    "2.15.0": Release(
        "2.15.0+cu132", "3.11", "manylinux_2_28_x86_64",
        "48c2d861134c0b5697c7602cb5ffa68f62a2989fdcd1717e593356f67996ca1e",
    ),
}  # fmt: skip
NEWEST = list(RELEASES)[-1]
# The one that the set-up guides install.
GUIDE = "1.13.1"


def cache():
    """Where downloads go."""
    return pathlib.Path(os.environ.get("TORCH_PATCH_TEST_CACHE") or pathlib.Path.home() / ".cache/torch-patch-tests")


def cached(digest, *wanted):
    """A file that `pip download` fetches with the words `wanted`, checked by its sha256."""
    folder = cache() / "wheels" / digest[:16]
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as fresh:
            part = pathlib.Path(fresh, "part")
            options = ["--quiet", "--no-deps", "--no-cache-dir", "--dest", part]
            run(sys.executable, "-m", "pip", "download", *options, *wanted)
            check_digest(part, digest)
            part.rename(folder)
    return check_digest(folder, digest)


def check_digest(folder, digest):
    """The one file in a folder, which has to have the digest."""
    (path,) = folder.iterdir()
    equal(
        run("sha256sum", path).split()[0].lstrip("\\"),
        digest,
        f"sha256 of `{path}`, which is fetched anew without its folder",
    )
    return path


def wheel(version):
    """The path of a release's wheel."""
    release = RELEASES[version]
    return cached(
        release.digest, "--only-binary=:all:", "--python-version", release.python, "--platform", release.platform,
        f"torch=={version}",
    )  # fmt: skip


def interpreter(version):
    """A CPython of a minor version, such as 3.10: the first that runs of those that may be on this machine, else uv's.

    uv takes it from GitHub, where python-build-standalone has its releases.
    """
    named = os.environ.get(f"PYTHON_{version.replace('.', '_')}")
    if named:
        equal(runs(named), version, f"version of `{named}`, which the environment names")
        return named
    root = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv"))
    own = cache() / "python"
    candidates = [
        f"/usr/bin/python{version}",
        f"python{version}",
        *root.glob(f"versions/{version}.*/bin/python{version}"),
    ]
    for candidate in [*candidates, *own.glob(f"*/bin/python{version}")]:
        if runs(candidate) == version:
            return str(candidate)
    with tempfile.TemporaryDirectory() as folder:
        run(sys.executable, "-m", "venv", folder)
        run(f"{folder}/bin/pip", "install", "--quiet", UV)
        try:
            run(f"{folder}/bin/uv", "python", "install", "--no-bin", "--install-dir", own, version)
        except AssertionError as error:
            raise AssertionError(
                f"no CPython {version} with venv: tried {[str(each) for each in candidates]}, then uv; name one in "
                f"PYTHON_{version.replace('.', '_')}"
            ) from error
    (found, *_) = own.glob(f"*{version}*/bin/python{version}")
    equal(runs(found), version, f"version of `{found}`")
    return str(found)


def runs(python):
    """The minor version of a Python that runs and can make environments, else None."""
    asked = "import ensurepip, venv, sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", asked], capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
