"""A release of torch in a fresh virtual environment, runnable on a machine without a GPU and without CUDA.

The environment is as pip makes it: what is missing of CUDA and what is hidden of NCCL lies beside it and reaches only
the processes that `Installed.run` starts, by `LD_LIBRARY_PATH` and `PYTHONPATH`.
"""

import os
import pathlib
import shutil
import subprocess

import stubs
from releases import RELEASES, interpreter, run, wheel

HERE = pathlib.Path(__file__).resolve().parent


class Installed:
    """An environment with a release of torch."""

    def __init__(self, version, folder):
        self.version, self.release = version, RELEASES[version]
        self.prefix, self.libraries, self.hooks = folder / "venv", folder / "stubs", folder / "hooks"
        run(interpreter(self.release.python), "-m", "venv", self.prefix)
        self.python = self.prefix / "bin/python"
        self.pip("--no-deps", wheel(version))
        self.pip(*self.release.needed)
        (self.site,) = self.prefix.glob("lib/python3*/site-packages")
        self.stubs = stubs.make(self.site / "torch", self.libraries)
        for hook in HERE.glob("*/sitecustomize.py"):  # elsewhere, since Python compiles them where they lie
            shutil.copytree(hook.parent, self.hooks / hook.parent.name, ignore=shutil.ignore_patterns("__pycache__"))

    def pip(self, *words):
        """`pip install`, quietly, since it warns that CUDA's packages are not there; most files are never compiled."""
        run(self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", *words)

    def run(self, *command, hook="without_nccl", timeout=300):
        """Runs a command of the environment with a hook of this folder; returns its exit code and all that it said."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "LD_"))
        }
        environment["PATH"] = f"{self.prefix / 'bin'}:{environment['PATH']}"
        environment["LD_LIBRARY_PATH"] = str(self.libraries)
        if hook:
            environment["PYTHONPATH"] = str(self.hooks / hook)
        done = subprocess.run(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=timeout, stdin=subprocess.DEVNULL, env=environment, cwd=self.hooks, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

    def ask(self, code, **options):
        """What a line of Python prints."""
        code, said = self.run(self.python, "-c", code, **options)
        if code:
            raise AssertionError(f"exit {code}:\n{said}")
        return said.strip()
