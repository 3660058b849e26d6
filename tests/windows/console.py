#!/usr/bin/env python3
"""`torch-patch.exe` in a console: letters of any language, colours, a double-click, and Ctrl+C in `run`.

The console is a pseudoterminal, for which Wine does what Windows does for a terminal. Explorer is the Windows Python of
python.py by the name `explorer.exe`: what counts is the name of the program that starts this one.

    tests/windows/run.sh python3 tests/windows/console.py
"""

import contextlib
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import sys
import termios
import time

import wine
from guide import CHINESE, CONDA, PATCH, conda
from harness import Checks, equal, holds, section  # isort: skip
from torch_wheel import TARGET  # isort: skip
from python import HOME, install_python, windows_path

CLICKS = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"
INTERRUPTIBLE = """
import sys, time
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("stopped", flush=True)
    sys.exit(7)
"""
PROMPT = "press Enter to close this window"
BOLD = "\x1b[1m"
# How long a program is given to end, or to show that it waits.
PATIENCE = 30


class Console:
    """A Windows program in a console of its own."""

    def __init__(self, *command, **given):
        self.shown = ""
        self.bytes = b""
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.execvpe("wine", ["wine", *command], wine.variables(**given))
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))

    def read(self, seconds):
        """Reads what comes in that time; returns whether there may be more."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self.terminal], [], [], left)[0]:
                try:
                    part = os.read(self.terminal, 1 << 16)
                except OSError:  # the other end is closed
                    part = b""
                if not part:
                    return False
                self.bytes += part
                self.shown = re.sub(r"\r+\n", "\n", self.bytes.decode(errors="replace"))
        return True

    def text(self):
        """What is shown, without the sequences that move and colour."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.shown)

    def until(self, words):
        """Reads until these words are shown."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.text() and self.read(0.2) and time.monotonic() < deadline:
            pass
        holds(words in self.text(), f"expected `{words}` in:\n{self.text()}")

    def waits(self):
        """Raises unless the program asks for Enter and does not end without it."""
        self.until(PROMPT)
        holds(self.read(2), "the window has closed without waiting")
        os.write(self.terminal, b"\r")

    def end(self):
        """Waits for the program to end; returns its exit code."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            is_open = self.read(0.2)
            process, status = os.waitpid(self.process, os.WNOHANG)
            if process:
                self.process = None
                return os.waitstatus_to_exitcode(status)
            if not is_open:
                time.sleep(0.1)
        raise AssertionError(f"the program has not ended; it shows\n{self.text()}")

    def close(self):
        """Ends what is left."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        os.close(self.terminal)


@contextlib.contextmanager
def console(*command, **given):
    """A console for the length of the block."""
    opened = Console(*command, **given)
    try:
        yield opened
    finally:
        opened.close()


def program(*arguments, by=None, **given):
    """`torch-patch.exe` in a console, started by a program of that name if one is given."""
    command = [windows_path(wine.binary()), *arguments]
    starter = [f"{HOME}\\{by}", "-c", CLICKS] if by else []
    return console(*starter, *command, **given)


def letters_and_colours(checks):
    """What a person sees in a terminal."""
    section("a console")
    conda(CHINESE)
    with checks.check("letters of any language are shown"):
        with program("env", "--env", CHINESE) as shown:
            equal(shown.end(), 0, "exit code")
            holds(f"{CHINESE}\\Lib\\site-packages" in shown.text(), shown.text())
    with checks.check("and come through a pipe as UTF-8"):
        holds(f"{CHINESE}\\Lib\\site-packages" in wine.TorchPatch("--env", CHINESE).said("env"), "another path")
    for title, given, is_coloured in (
        ("colours are shown", {}, True),
        ("none if NO_COLOR is set", {"NO_COLOR": "1"}, False),
    ):
        with checks.check(title):
            with program("list", "--env", CHINESE, **given) as shown:
                equal(shown.end(), 0, "exit code")
                equal(BOLD in shown.shown, is_coloured, f"whether `{shown.shown!r}` has colours")
    with checks.check("none in a pipe"):
        holds("\x1b" not in wine.TorchPatch("--env", CHINESE).said("list"), "an escape sequence in a pipe")
    wine.fresh(CHINESE).rmdir()


def double_click(checks):
    """Somebody in Explorer."""
    section("started from Explorer")
    shutil.copy(wine.here(HOME) / "python.exe", wine.here(HOME) / "explorer.exe")
    packages = conda(CONDA)
    with checks.check("a double-click: says how it is used, and waits for Enter"):
        with program(by="explorer.exe") as shown:
            shown.waits()
            equal(shown.end(), 0, "exit code")
            for part in (f"apply {PATCH}", f'cd /d "{windows_path(wine.binary().parent)}"', "torch-patch.exe env"):
                holds(part in shown.text(), f"expected `{part}` in:\n{shown.text()}")
    with checks.check("a shortcut with a command: does it, and waits"):
        with program("apply", PATCH, "--env", CONDA, by="explorer.exe") as shown:
            shown.waits()
            equal(shown.end(), 0, "exit code")
            holds(f"{PATCH}: applied" in shown.text(), shown.text())
        torch_patch = wine.TorchPatch("--env", CONDA)
        equal(torch_patch("revert", PATCH).expect(0).outcome(PATCH), "reverted", "outcome")
    with checks.check("a shortcut whose command fails: says why, waits, and keeps the exit code"):
        with program("apply", PATCH, "--env", f"{CONDA}\\nowhere", by="explorer.exe") as shown:
            shown.waits()
            equal(shown.end(), 5, "exit code")
            holds("expected a directory, found nothing" in shown.text(), shown.text())
    section("started from anything else")
    with checks.check("a terminal is not made to wait, and a command is missed"):
        with program(by="python.exe") as shown:
            equal(shown.end(), 2, "exit code")
            holds(PROMPT not in shown.text(), shown.text())
    with checks.check("nor is a pipe, even from Explorer"):
        done = wine.windows_program(f"{HOME}\\explorer.exe", "-c", CLICKS, windows_path(wine.binary()))
        equal(done.returncode, 2, "exit code")
        holds(PROMPT.encode() not in done.stdout, f"{done.stdout}")
    wine.remove_tree(packages.parents[1])


def interrupted(checks):
    """Ctrl+C while `run` waits for its command."""
    section("Ctrl+C")
    packages = conda(CONDA)
    target = packages / TARGET
    original = target.read_bytes()
    run = ["run", "--with", PATCH, "--env", CONDA, "--", f"{HOME}\\python.exe", "-c"]
    with checks.check("it reaches the command, whose exit code counts, and the patch is taken out"):
        with program(*run, INTERRUPTIBLE) as shown:
            shown.until("ready")
            holds(target.read_bytes() != original, "the patch is in place while the command runs")
            os.write(shown.terminal, b"\x03")
            equal(shown.end(), 7, "exit code")
            holds("stopped" in shown.text(), shown.text())
        equal(target.read_bytes(), original, "the file afterwards")
        holds(not (packages / ".torch-patch").exists(), "a store is left")
    with checks.check("an exit code of Windows is passed on whole"):
        with program(*run, "import os; os._exit(0x1234)") as shown:
            # Of what a Windows program ends with, Wine's own exit code has the lowest byte.
            equal(shown.end(), 0x34, "exit code")
        equal(target.read_bytes(), original, "the file afterwards")
    wine.remove_tree(packages.parents[1])


def main():
    """Runs all parts."""
    checks = Checks()
    install_python()
    for part in (letters_and_colours, double_click, interrupted):
        part(checks)
    print()
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main())
