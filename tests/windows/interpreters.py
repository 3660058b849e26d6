#!/usr/bin/env python3
"""How `torch-patch.exe` finds a Python that nobody has named or activated: on PATH, by the launcher, in the registry.

The Python is the real one of python.py, with torch in its own site-packages. The launcher is a stand-in for `py.exe`,
and the placeholder of the Store is an empty file, as one of its aliases appears to who opens it.

    tests/windows/run.sh python3 tests/windows/interpreters.py
"""

import pathlib
import subprocess
import sys
import tempfile

import wine
from guide import PATCH
from harness import Checks, equal, holds, section  # isort: skip
from python import HOME, PROGRAMS, install_python
from torch_wheel import members

SITE = f"{HOME}\\Lib\\site-packages"
EMPTY = "C:\\nothing here"
LAUNCHER = "C:\\Launcher"
STORE = "C:\\users\\me\\AppData\\Local\\Microsoft\\WindowsApps"
KEYS = "HKCU\\Software\\Python"


def found(source, **variables):
    """Raises unless the real Python is found there, and the job can be done."""
    torch_patch = wine.TorchPatch(cwd=EMPTY, **variables)
    environment = torch_patch("env").expect(0).json["environment"]
    equal(
        (environment["source"], environment["site_packages"].lower(), environment["python"]),
        (source, SITE.lower(), "3.12"),
        "environment",
    )
    equal(torch_patch("apply", PATCH).expect(0).outcome(PATCH), "applied", "outcome")
    equal(torch_patch("revert", PATCH).expect(0).outcome(PATCH), "reverted", "outcome")


def missed(*parts, **variables):
    """Raises unless no Python is found, with all of these parts in what is said."""
    told = wine.TorchPatch(cwd=EMPTY, **variables).said("status", code=5)
    for part in parts:
        holds(part in told, f"expected `{part}` in:\n{told}")


def registry(*words):
    """Runs `reg.exe`."""
    done = wine.windows_program("reg", *words)
    equal(done.returncode, 0, f"exit code of `reg {' '.join(words)}`, which said {done.stdout + done.stderr}")


def register(company, tag, *values):
    """Registers a Python as PEP 514 has it."""
    for name, value in values:
        named = ["/v", name] if name else ["/ve"]
        registry("add", f"{KEYS}\\{company}\\{tag}\\InstallPath", *named, "/d", value, "/f")


def unregister(company):
    """Forgets all Pythons of a company."""
    registry("delete", f"{KEYS}\\{company}", "/f")


def on_path(checks):
    """Programs called `python` in the directories of PATH."""
    section("PATH")
    with checks.check("no Python anywhere: says where it looked"):
        missed("on `PATH`", "by the launcher `py`", "in the registry", "`--env PREFIX`", "`--python INTERPRETER`")
    with checks.check("python.exe on PATH"):
        found("PATH", WINEPATH=HOME)
    with checks.check("the placeholder of the Store is passed over"):
        found("PATH", WINEPATH=f"{STORE};{HOME}")
    with checks.check("the placeholder of the Store alone: the message names it and the Store"):
        missed(f"{STORE}\\python.exe", "Store", WINEPATH=STORE)
    with checks.check("a batch file of pyenv is passed over"):
        found("PATH", WINEPATH=f"C:\\pyenv\\shims;{HOME}")


def launched(checks):
    """The launcher."""
    section("the launcher, `py -3`")
    with checks.check("it is asked where no Python is on PATH"):
        found("py", WINEPATH=LAUNCHER)
    with checks.check("a Python on PATH comes first"):
        found("PATH", WINEPATH=f"{LAUNCHER};{HOME}")


def registered(checks):
    """PEP 514."""
    section("the registry")
    with checks.check("the directory of PythonCore"):
        register("PythonCore", "3.12", ("", f"{HOME}\\"))
        found("registry")
    with checks.check("the launcher comes first"):
        found("py", WINEPATH=LAUNCHER)
    with checks.check("an older one, one that is no more there, and the launcher's own key stand in nobody's way"):
        register("PythonCore", "3.13", ("", "C:\\Python313"), ("ExecutablePath", "C:\\Python313\\python.exe"))
        register("PythonCore", "3.8", ("", "C:\\Python38"))
        register("PyLauncher", "3.14", ("", "C:\\Windows"))
        found("registry")
    unregister("PythonCore")
    unregister("PyLauncher")
    with checks.check("the program of another company, as conda's"):
        register("ContinuumAnalytics", "Anaconda312-64", ("ExecutablePath", f"{HOME}\\python.exe"))
        found("registry")
    unregister("ContinuumAnalytics")
    with checks.check("nothing is registered any more"):
        missed("no `python3` or `python` on `PATH`")


def prepare():
    """A Python with torch, the launcher, the placeholder of the Store, and a batch file."""
    install_python()
    wine.copy_tree(members("1.13.1-win"), wine.here(SITE))
    wine.fresh(EMPTY)
    (wine.fresh(STORE) / "python.exe").touch()
    shims = wine.fresh("C:\\pyenv\\shims")
    (shims / "python.bat").write_bytes(b"@echo 3.9.9\r\n")
    python = f'L"{HOME}\\python.exe"'.replace("\\", "\\\\")
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder, "py.exe")
        compiler = ["x86_64-w64-mingw32-gcc", f"-DPYTHON={python}", "-o", program, PROGRAMS / "py.c"]
        subprocess.run(compiler, check=True)
        (wine.fresh(LAUNCHER) / "py.exe").write_bytes(program.read_bytes())


def main():
    """Runs all parts."""
    checks = Checks()
    prepare()
    for part in (on_path, launched, registered):
        part(checks)
    print()
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main())
