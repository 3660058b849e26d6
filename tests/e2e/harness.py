"""What the end-to-end scripts share: counted checks, calls of `torch-patch --json`, and pictures of a tree.

It never touches an environment itself: only `torch-patch`, pip, uv and the tests do.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import traceback

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]

# What is compared is English, whatever the machine speaks.
os.environ["LC_ALL"] = "C.UTF-8"
os.environ.pop("LANGUAGE", None)


class Checks:
    """Counts the checks of a script and prints each with its outcome."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    @contextlib.contextmanager
    def check(self, title):
        """Counts the block as one check; an exception in it is a failure, and the script goes on."""
        try:
            yield
        except Exception:  # noqa: BLE001: whatever went wrong, the check did not hold
            self.failed += 1
            print(f"  FAILED  {title}")
            print("    " + traceback.format_exc().rstrip().replace("\n", "\n    "), flush=True)
        else:
            self.passed += 1
            print(f"  ok      {title}", flush=True)

    def summary(self):
        """Prints the last line of a script and returns its exit code; no check at all is a failure too."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 0 if self.passed and not self.failed else 1


def section(title):
    """Prints a headline above a group of checks."""
    print(f"\n{title}", flush=True)


def equal(found, expected, what):
    """Raises unless both are equal, naming what was compared."""
    if found != expected:
        raise AssertionError(f"{what}: expected {brief(expected)}, found {brief(found)}")


def brief(value):
    """A value as a failure shows it: a whole file by its size and digest."""
    if isinstance(value, bytes) and len(value) > 80:
        return f"{len(value)} bytes, sha256 {sha256(value)[:16]}…"
    return repr(value)


def holds(condition, what):
    """Raises unless the condition is true, naming it."""
    if not condition:
        raise AssertionError(what)


@dataclasses.dataclass
class Answer:
    """How one call of `torch-patch --json` ended."""

    arguments: list
    exit: int
    json: dict
    stderr: str

    def expect(self, exit_code):
        """Returns the answer if the exit code is the expected one and the JSON agrees with it."""
        shown = f"`torch-patch {' '.join(self.arguments)}`"
        if self.exit != exit_code:
            raise AssertionError(
                f"{shown}: expected exit {exit_code}, found {self.exit}\n"
                f"stdout: {json.dumps(self.json, indent=1)}\nstderr: {self.stderr}"
            )
        equal(self.json.get("schema"), "torch-patch/1", f"schema of {shown}")
        if exit_code == 0:
            equal((self.json.get("ok"), self.json.get("error")), (True, None), f"`ok` and `error` of {shown}")
        elif exit_code != 10:  # 10 is an answer of `status --exit-code`, not an error
            found = (self.json.get("ok"), self.json["error"]["exit"])
            equal(found, (False, exit_code), f"`ok` and `error.exit` of {shown}")
        return self

    def result(self, patch):
        """The one result of a patch."""
        found = [result for result in self.json["results"] if result["patch"] == patch]
        equal(len(found), 1, f"results for `{patch}`")
        return found[0]

    def outcome(self, patch):
        """What happened to a patch, or its state: `applied`, `already-applied`, `superseded`, …"""
        result = self.result(patch)
        return result["outcome"] if "outcome" in result else result["state"]


class TorchPatch:
    """The binary under test, aimed at one environment, optionally run as another user."""

    def __init__(self, binary, options, prefix=(), environment=None, cwd=None):
        self.binary = str(binary)
        self.options = [str(option) for option in options]
        self.prefix = list(prefix)
        self.environment = environment
        self.cwd = cwd

    def __call__(self, *arguments):
        arguments = [*(str(argument) for argument in arguments), *self.options, "--json"]
        done = self.run(arguments)
        try:
            answer = json.loads(done.stdout)
        except ValueError as error:
            raise AssertionError(
                f"`torch-patch {' '.join(arguments)}` (exit {done.returncode}) printed no JSON object: {error}\n"
                f"stdout: {done.stdout}\nstderr: {done.stderr}"
            ) from error
        return Answer(arguments, done.returncode, answer, done.stderr)

    def run(self, arguments):
        """Runs the binary; returns the finished process, with text."""
        return subprocess.run(
            [*self.prefix, self.binary, *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
            env=self.environment,
            cwd=self.cwd,
        )


def binary_under_test():
    """The path of `torch-patch`: `TORCH_PATCH` or the release build."""
    target = os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")
    path = pathlib.Path(os.environ.get("TORCH_PATCH", pathlib.Path(target) / "release/torch-patch"))
    if not path.is_file():
        sys.exit(f"no binary at `{path}`: run `cargo build --release`, or set TORCH_PATCH")
    return path.resolve()


def run(*command, quiet=False, **options):
    """Runs a command that must succeed and returns its stdout; `quiet` means that anything on stderr is a failure."""
    command = [str(part) for part in command]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    if done.returncode != 0 or (quiet and done.stderr):
        raise AssertionError(
            f"`{' '.join(command)}`: exit {done.returncode}\nstdout: {done.stdout}\nstderr: {done.stderr}"
        )
    return done.stdout


def sha256(data):
    """The digest of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def picture(root, caches=True):
    """What makes up a tree: for each path its kind, mode, owner and content, mtime left out.

    `caches=False` leaves `__pycache__` out, which Python rewrites whenever it runs.
    """
    entries = {}
    root = pathlib.Path(root)
    for folder, names, files in os.walk(root):
        if not caches:
            names[:] = [name for name in names if name != "__pycache__"]
        for name in [*names, *files]:
            path = pathlib.Path(folder, name)
            entries[path.relative_to(root).as_posix()] = entry(path)
    return entries


def entry(path):
    """One path in a picture."""
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        content = os.readlink(path)
    elif stat.S_ISREG(found.st_mode):
        content = sha256(path.read_bytes())
    else:
        content = None
    return (oct(found.st_mode), found.st_uid, found.st_gid, content)


def same_picture(found, expected, what):
    """Raises with the paths in which two pictures differ."""
    paths = sorted(path for path in found.keys() | expected.keys() if found.get(path) != expected.get(path))
    lines = [f"{path}: expected {expected.get(path)}, found {found.get(path)}" for path in paths[:10]]
    holds(not paths, f"{what}: {len(paths)} paths differ\n" + "\n".join(lines))


def stop_by_exception():
    """Turns SIGTERM and SIGHUP into `SystemExit`, so that `finally` blocks run."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: sys.exit(128 + received))


def remove_tree(path):
    """Deletes a tree, also one with read-only directories."""
    for folder, _, _ in os.walk(path):
        os.chmod(folder, 0o700)
    shutil.rmtree(path)
