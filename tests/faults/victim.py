"""A package that hostile patch files and tampered stores are let loose on, canaries beside it, and bounded runs.

Nothing that a test does here may change a byte of `outside/`, take long, or take much memory: each run of the binary is
measured, and limited by the system too.
"""

import base64
import dataclasses
import hashlib
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import holds, picture, same_picture  # noqa: E402

MODULE = "torch/sub/a.py"
VERSION = "2.0.0"
ANCHOR = "x = 1"
INSERT = "y = 2"
PRISTINE = b'"""A module."""\n\n\ndef f():\n    x = 1\n    return x\n'
PATCHED = PRISTINE.replace(b"    x = 1\n", b"    x = 1\n    y = 2\n")
CANARY = b"def f():\n    x = 1  # outside\n"

# What one run may take of the processor; three times as much on the clock.
SECONDS = 10.0
ADDRESS_SPACE = 4 << 30
RESIDENT = 512 << 20

HEAD = 'format = 1\nid = "hostile"\ntitle = "Hostile"\ndistribution = "torch"\n'


def patch_text(file=MODULE, edit=f'after = "{ANCHOR}"\ninsert = "{INSERT}"\n', head=HEAD):
    """A patch file; `file` is put in as TOML's basic string."""
    return f'{head}[[variant]]\nversions = ">=1"\n[[variant.edit]]\nfile = "{file}"\n{edit}'


@dataclasses.dataclass
class Outcome:
    """How one run ended, and what it took."""

    arguments: list
    exit: int
    stdout: bytes
    stderr: str
    seconds: float
    resident: int

    @property
    def said(self):
        """All that a user sees, and the JSON."""
        return self.stdout.decode(errors="replace") + self.stderr

    def json(self):
        """The one object on stdout."""
        return json.loads(self.stdout)

    def expect(self, *exits, reason=None):
        """Returns the outcome if it ended with one of the codes, in time, without a panic, and says the reason."""
        shown = f"`torch-patch {' '.join(self.arguments)[:300]}`"
        told = f"\nstdout: {self.stdout[:2000]!r}\nstderr: {self.stderr[:3000]}"
        holds("panicked" not in self.stderr and self.exit not in (101, 134), f"{shown} panicked{told}")
        holds(self.exit in exits, f"{shown}: expected exit {exits}, found {self.exit}{told}")
        holds(self.seconds <= SECONDS, f"{shown} took {self.seconds:.1f} s")
        holds(self.resident <= RESIDENT, f"{shown} took {self.resident >> 20} MiB")
        if reason is not None:
            holds(reason in self.said, f"{shown} does not say `{reason}`{told}")
        return self


class Most:
    """The most time and memory that any run took."""

    seconds = (0.0, "")
    resident = (0, "")
    runs = 0

    @classmethod
    def note(cls, outcome):
        """Counts one run."""
        shown = " ".join(pathlib.Path(argument).name for argument in outcome.arguments[:2])
        cls.runs += 1
        cls.seconds = max(cls.seconds, (outcome.seconds, shown))
        cls.resident = max(cls.resident, (outcome.resident, shown))

    @classmethod
    def shown(cls):
        """One line for the summary."""
        return (
            f"{cls.runs} runs; at most {cls.seconds[0]:.2f} s of the processor ({cls.seconds[1]}) and "
            f"{cls.resident[0] / 2**20:.1f} MiB ({cls.resident[1]})"
        )


class Victim:
    """A folder with site-packages, a folder outside of it, and patch files."""

    def __init__(self, folder, binary):
        self.folder = pathlib.Path(folder)
        self.binary = str(binary)
        self.site = self.folder / "site"
        self.outside = self.folder / "outside"
        self.module = self.site / MODULE
        self.store = self.site / ".torch-patch"

    def build(self):
        """Fills the folder."""
        install(self.site)
        (self.outside / "sub").mkdir(parents=True)
        for name in ("canary.py", "a.py", "sub/a.py"):
            (self.outside / name).write_bytes(CANARY)
        self.good = self.write("good.toml", patch_text().encode())
        self.before = self.picture()
        return self

    def picture(self):
        """What is outside and what is in site-packages."""
        return picture(self.outside), picture(self.site)

    def write(self, name, data):
        """Writes a patch file and returns its path."""
        path = self.folder / name
        path.write_bytes(data)
        return path

    def run(self, *arguments, prefix=(), json_output=True, environment=True, **options):
        """Runs the binary, bounded and measured."""
        arguments = [str(argument) for argument in arguments]
        if environment:
            arguments += ["--site-packages", str(self.site)]
        if json_output:
            arguments += ["--json"]
        outcome = measured([*prefix, self.binary, *arguments], len(prefix) + 1, **options)
        Most.note(outcome)
        return outcome

    def untouched_outside(self):
        """Raises unless the folder outside is as it was."""
        same_picture(picture(self.outside), self.before[0], "the folder outside")

    def untouched(self):
        """Raises unless everything is as it was."""
        self.untouched_outside()
        same_picture(picture(self.site), self.before[1], "site-packages")


def measured(command, skipped, cwd="/", preexec=None):
    """Runs a command with limits; tells what it took (of the command itself and those it waited for)."""

    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (3 * int(SECONDS), 3 * int(SECONDS)))
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if preexec:
            preexec()

    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        child = subprocess.Popen(
            command, stdout=stdout, stderr=stderr, stdin=subprocess.DEVNULL, cwd=cwd, preexec_fn=limit
        )
        watchdog = threading.Timer(3 * SECONDS, child.kill)
        watchdog.start()
        _, status, usage = os.wait4(child.pid, 0)
        watchdog.cancel()
        # Of the processor: what else the machine does counts only against the watchdog.
        seconds = usage.ru_utime + usage.ru_stime
        child.returncode = os.waitstatus_to_exitcode(status)
        for stream in (stdout, stderr):
            stream.seek(0)
        return Outcome(
            command[skipped:], child.returncode, stdout.read(), stderr.read().decode(errors="replace"), seconds,
            usage.ru_maxrss << 10,
        )  # fmt: skip


def install(site, module=PRISTINE, version=VERSION):
    """Puts the package into a site-packages directory, as pip would."""
    info = f"torch-{version}.dist-info"
    files = {
        "torch/__init__.py": b"",
        "torch/version.py": f"__version__ = '{version}'\n".encode(),
        "torch/sub/__init__.py": b"",
        MODULE: module,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n".encode(),
    }
    rows = []
    for name, content in files.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        rows.append(f"{name},sha256={record_digest(content)},{len(content)}\n")
    (site / info / "RECORD").write_text("".join(rows) + f"{info}/RECORD,,\n")


def record_digest(content):
    """A digest as RECORD spells it (PEP 376)."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
