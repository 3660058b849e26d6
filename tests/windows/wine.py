"""Windows programs under Wine, and the paths of files as both sides call them.

`run.sh` makes the prefix and sets the variables. What it cannot do is to say how Windows itself behaves where Wine does
not: docs/windows.md lists that.
"""

import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402

# A path in this form takes nothing for granted, so it is no form for people.
VERBATIM = "\\\\?\\"

# How often a program is started that ends with 1 without a word.
STARTS = 3


def prefix():
    """The Wine prefix that `run.sh` made."""
    found = os.environ.get("WINEPREFIX")
    if not found or not pathlib.Path(found, "dosdevices").is_dir():
        sys.exit("run this by `tests/windows/run.sh`, which makes a Wine prefix")
    return pathlib.Path(found)


def binary():
    """The Windows program under test."""
    path = pathlib.Path(os.environ.get("TORCH_PATCH_EXE", "torch-patch.exe"))
    if not path.is_file():
        sys.exit(f"no binary at `{path}`: run `tests/windows/run.sh cargo build`, or set TORCH_PATCH_EXE")
    return path


def here(path):
    """A path of Windows, with a drive or a server, as Linux calls it."""
    words = path.replace("/", "\\").split("\\")
    first, rest = (words[0].lower(), words[1:]) if words[0] else ("unc", words[2:])
    return pathlib.Path(prefix(), "dosdevices", first, *rest)


def add_drive(letter):
    """Makes a drive, empty."""
    folder = prefix() / f"drive_{letter}"
    if folder.exists():
        harness.remove_tree(folder)
    folder.mkdir()
    link = prefix() / "dosdevices" / f"{letter}:"
    link.unlink(missing_ok=True)
    link.symlink_to(f"../{folder.name}")


def fresh(path):
    """An empty directory at a path of Windows, as Linux calls it."""
    folder = here(path)
    if folder.exists():
        harness.remove_tree(folder)
    folder.mkdir(parents=True)
    return folder


def variables(**given):
    """The variables for a program: those of Wine, with none that says something about Python, and `given`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "CONDA", "VIRTUAL_ENV", "PIP_", "TORCH_PATCH", "RUST", "CARGO"))
    }
    return {**kept, **given}


class TorchPatch(harness.TorchPatch):
    """`torch-patch.exe` with options and variables; whatever it says, no path in it is in the verbatim form."""

    def __init__(self, *options, cwd=None, **given):
        super().__init__(binary(), options, environment=variables(**given), cwd=cwd and here(cwd))

    def run(self, arguments):
        """Runs the binary; returns the finished process, with text."""
        done = windows_program(self.binary, *arguments, env=self.environment, cwd=self.cwd)
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        return done

    def __call__(self, *arguments):
        answer = super().__call__(*arguments)
        for text in [*strings(answer.json), answer.stderr]:
            harness.holds(VERBATIM not in text, f"`{' '.join(arguments)}` shows a verbatim path: {text}")
        return answer

    def said(self, *arguments, code=0):
        """What a person sees: stdout and stderr, as bytes would come through a pipe."""
        words = [*arguments, *self.options]
        done = windows_program(self.binary, *words, env=self.environment, cwd=self.cwd, stderr=subprocess.STDOUT)
        text = done.stdout.decode()
        harness.equal(done.returncode, code, f"exit code of `{' '.join(arguments)}`, which said\n{text}")
        harness.holds(VERBATIM not in text, f"`{' '.join(arguments)}` shows a verbatim path: {text}")
        return text


def strings(value):
    """Every string in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from strings(list(value.values()))
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)


def windows_program(*command, **options):
    """Runs a Windows program; pipes for all streams, since Windows' Python does not take Wine's files for them.

    Under Wine 8 a program now and then does not start if another one ends at that moment: it ends with 1 and has said
    nothing, which neither Python nor `torch-patch` does. It is then started again, and that is said.
    """
    command = ["wine", *map(str, command)]
    pipe = subprocess.PIPE
    options = {"env": variables(), "stdin": subprocess.DEVNULL, "stdout": pipe, "stderr": pipe, **options}
    for _ in range(STARTS):
        done = subprocess.run(command, timeout=120, **options)
        if done.returncode != 1 or done.stdout or done.stderr:
            break
        print(f"    UNDER WINE A PROGRAM HAS NOT STARTED: {' '.join(command)}", flush=True)
    return done


def copy_tree(source, target):
    """Copies a tree into an existing directory."""
    shutil.copytree(source, target, dirs_exist_ok=True)


remove_tree = harness.remove_tree
