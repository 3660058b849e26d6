#!/usr/bin/env python3
"""Races: many processes at once on one environment, and what is left when they are done.

    tests/faults/races.py [--quick] [RACE]…

- `mixed`: 64 processes apply, revert, sync and look for 60 s, under two owners, for three projects whose files change,
  and by `run`, while a watcher reads the targets: every content is one that some set of patches makes, every exit code is
  explained, and `revert --all` gives the tree of before.
- `reinstall`: `pip install --force-reinstall` in a loop beside `apply` and `status`.
- `imports`: Python imports the target, fresh and by `reload`, with and without byte code, through 1,000 cycles of
  apply and revert: it always sees one of the two sources, and after a cycle the present one.
- `locks`: a killed holder does not block; a living one is named, exit 7, within the 10 s of the timeout.

`--quick` is 16 processes for 15 s, and 150 cycles. Needs Linux, strace
and pip. `TORCH_PATCH` names the binary (default: the release build).
"""

import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import (  # noqa: E402
    Checks, binary_under_test, brief, equal, holds, picture, run, same_picture, section, stop_by_exception,
)  # fmt: skip
from package import (  # noqa: E402
    LINES, NAME, ORIGINALS, OTHER, composed, install, read, record_digest, write_patches,
)  # fmt: skip

ON_LINES = ("one", "two", "three")
ON_OTHER = ("pair", "other")  # `pair` is in both files
MIXED = (*ON_LINES, *ON_OTHER)
TIMEOUT = 10  # what docs and `--help` say of the lock


class Site:
    """A site-packages directory with the package, and the binary aimed at it."""

    def __init__(self, folder, binary, site=None):
        self.folder = pathlib.Path(folder)
        self.binary = str(binary)
        self.site = pathlib.Path(site or self.folder / "site")
        self.patches = write_patches(self.folder / "patches")
        if site is None:
            install(self.site)

    def words(self, *arguments):
        """The words of a call."""
        return [self.binary, "--site-packages", str(self.site), "--patches", str(self.patches), "--json", *arguments]

    def call(self, *arguments):
        """Calls the binary; returns exit code and JSON."""
        done = subprocess.run(
            self.words(*arguments), capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
        )
        if arguments[0] == "run" and done.returncode == 0:
            return 0, {}
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError:
            return done.returncode, {"error": {"message": f"no JSON: {done.stdout!r} {done.stderr!r}"}}

    def must(self, *arguments):
        """Calls the binary, which must succeed."""
        code, answer = self.call(*arguments)
        equal(code, 0, f"exit code of {arguments}: {answer.get('error')}")
        return answer


class Watcher(threading.Thread):
    """Reads targets in a loop and keeps what it sees that is not legal."""

    def __init__(self, site, legal):
        super().__init__(daemon=True)
        self.site, self.legal = site, legal
        self.seen, self.illegal = collections.Counter(), []
        self.is_over = threading.Event()

    def run(self):
        while not self.is_over.is_set():
            for path, contents in self.legal.items():
                data = read(self.site, path)
                self.seen[path, data] += 1
                if data not in contents and len(self.illegal) < 5:
                    self.illegal.append((path, data))
            time.sleep(0.0005)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.join()


def sets(patches):
    """Every set of patches."""
    return [[patch for bit, patch in enumerate(patches) if mask >> bit & 1] for mask in range(1 << len(patches))]


def legal(path, patches):
    """Every content that a file may have with some of the patches."""
    return {composed(chosen)[path] for chosen in sets(patches)}


def explained(code, answer, command):
    """Says whether an exit code may come of a race."""
    if code == 0:
        return True
    if code == 7:  # it waited in vain, and says so
        return "busy" in json.dumps(answer) or "lock" in json.dumps(answer)
    if code == 10:
        return "--exit-code" in command or "--check" in command
    return False


def project(site, writer, number, some):
    """The directory of one of three projects, after `writer` has put a whole new file there."""
    folder = site.folder / f"project-{number % 3}"
    folder.mkdir(exist_ok=True)
    fresh = folder / f"{writer}.new"
    fresh.write_text(f"patches = {json.dumps(some)}\n")
    fresh.replace(folder / "torch-patch.toml")
    return str(folder)


def several(site, number, end, tally):
    """One of many: random commands until the end, under one of two owners."""
    chance = random.Random(number)
    while time.monotonic() < end:
        some = chance.sample(MIXED, chance.randint(1, 3))
        some_project = project(site, number, chance.randrange(3), some[: chance.randint(0, 3)])
        command = chance.choice(
            [
                ["apply", *some, "--owner", f"installer-{number % 2}"],
                ["apply", *some, "--owner", f"installer-{number % 2}"],
                ["revert", *some],
                ["revert", "--all"],
                ["revert", "--owner", f"installer-{number % 2}"],
                ["sync", "--project", some_project],
                ["sync", "--project", some_project],
                ["sync", "--check", "--project", some_project],
                ["run", *(word for own in some for word in ("--with", own)), "--", "/bin/true"],
                ["status"],
                ["status", *some, "--exit-code"],
            ]
        )
        code, answer = site.call(*command)
        error = answer.get("error") or {}
        tally[command[0], code, error.get("code")] += 1
        if not explained(code, answer, command):
            tally.setdefault("unexplained", []).append((command, code, error.get("message")))


def mixed(checks, folder, binary, is_quick):
    """Many processes apply, revert and look at one environment."""
    processes, seconds = (16, 15) if is_quick else (64, 60)
    site = Site(folder, binary)
    before = picture(site.site)
    tally, end = {}, time.monotonic() + seconds
    counters = [collections.defaultdict(int) for _ in range(processes)]
    threads = [
        threading.Thread(target=several, args=(site, number, end, counters[number])) for number in range(processes)
    ]
    with Watcher(site.site, {LINES: legal(LINES, MIXED), OTHER: legal(OTHER, MIXED)}) as watcher:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    unexplained = [found for counter in counters for found in counter.pop("unexplained", [])]
    for counter in counters:
        for what, count in counter.items():
            tally[what] = tally.get(what, 0) + count
    print(f"  {processes} processes, {seconds} s, {sum(tally.values())} commands, {sum(watcher.seen.values())} looks, "
          f"{len(watcher.seen)} different contents")  # fmt: skip
    for (command, code, error), count in sorted(tally.items(), key=str):
        print(f"    {command:7} exit {code:2} {error or '':20} {count:6}")
    with checks.check("no target ever held anything but what some patches make"):
        holds(watcher.seen, "premise: the watcher saw nothing")
        holds(not watcher.illegal, f"{[(path, brief(data)) for path, data in watcher.illegal]}")
    with checks.check("premise: the targets were seen to change"):
        holds(len(watcher.seen) > 6, f"only {len(watcher.seen)} different contents were seen")
    with checks.check("every exit code is explained"):
        holds(not unexplained, f"{len(unexplained)}, the first: {unexplained[:5]}")
    with checks.check("what `status` says at the end is what the files hold"):
        answer = site.must("status")
        states = {result["patch"]: result["state"] for result in answer["results"]}
        there = [patch for patch in MIXED if states.get(patch) == "applied"]
        contents = composed(there)
        equal({path: read(site.site, path) for path in contents}, contents, f"the files, with {there} applied")
        holds(set(states[patch] for patch in MIXED) <= {"applied", "not-applied"}, f"states: {states}")
    with checks.check("`revert --all` gives the tree of before"):
        site.must("revert", "--all")
        same_picture(picture(site.site), before, "site-packages")


def wheel(folder):
    """A wheel of the package, made here."""
    info = f"{NAME}-1.0.dist-info"
    files = {
        **ORIGINALS,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: faults\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={record_digest(data)},{len(data)}\n" for path, data in files.items())
    path = folder / f"{NAME}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n".encode()}.items():
            archive.writestr(name, data)
    return path


PIP_WAS_QUICKER = ("No such file or directory", "does not read back as written")


def reinstall(checks, folder, binary, is_quick):
    """pip installs the package anew, over and over, beside apply and status."""
    rounds = 6 if is_quick else 30
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    (place,) = (folder / "venv").glob("lib/python3*/site-packages")
    site = Site(folder, binary, place)
    package = wheel(folder)
    pip = [
        sys.executable, "-m", "pip", "--python", folder / "venv/bin/python", "install", "--force-reinstall",
        "--no-index", "--no-deps", "--quiet", package,
    ]  # fmt: skip
    settings = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    run(*pip, env=settings)
    before = picture(place, caches=False)
    tally, unexplained = collections.Counter(), []
    is_over = threading.Event()

    def applying():
        chance = random.Random(1)
        while not is_over.is_set():
            command = chance.choice([["apply", "one"], ["apply", "pair"], ["status"], ["revert", "--all"]])
            code, answer = site.call(*command)
            error = answer.get("error") or {}
            tally[command[0], code, error.get("code")] += 1
            # While pip has taken the package away or put half of it there: not found, not covered or not pristine;
            # or it took a folder away between the check and the rename, or put a file there between the rename and
            # the look at what was written, which is told as what it is.
            is_told = any(told in str(error.get("message")) for told in PIP_WAS_QUICKER)
            if code not in (0, 3, 4, 5) and not (code == 1 and is_told):
                unexplained.append((command, code, error.get("message")))

    threads = [threading.Thread(target=applying) for _ in range(2)]
    for thread in threads:
        thread.start()
    failed = []
    for _ in range(rounds):
        done = subprocess.run([*map(str, pip)], capture_output=True, text=True, env=settings)
        if done.returncode:
            failed.append(done.stderr)
    is_over.set()
    for thread in threads:
        thread.join()
    print(f"  {rounds} reinstallations, {sum(tally.values())} commands")
    for (command, code, error), count in sorted(tally.items(), key=str):
        print(f"    {command:7} exit {code:2} {error or '':28} {count:6}")
    with checks.check("pip never failed"):
        holds(not failed, f"{len(failed)}: {failed[:1]}")
    with checks.check("premise: patches were applied meanwhile"):
        holds(tally["apply", 0, None] > 0, f"{tally}")
    with checks.check("every exit code is explained"):
        holds(not unexplained, f"{len(unexplained)}, the first: {unexplained[:3]}")
    with checks.check("afterwards the package is installed anew, patched, and reverted to the very files of the wheel"):
        run(*pip, env=settings)
        site.must("apply", "one", "pair")
        equal(read(place, LINES), composed(["one", "pair"])[LINES], "the patched file")
        site.must("revert", "--all")
        same_picture(picture(place, caches=False), before, "site-packages")


# Imports the target over and over, as a fresh interpreter would and by reload; prints what it must not see.
IMPORTER = """
import importlib, importlib.util, pathlib, sys, time
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = sys.argv[2] == "without"
seen, stop = set(), pathlib.Path(sys.argv[3])
import pkg
count = 0
while not stop.exists():
    for name in [name for name in sys.modules if name.startswith("pkg.")]:
        del sys.modules[name]
    importlib.invalidate_caches()
    import pkg.lines as module
    if count % 2:
        module = importlib.reload(module)
    value = (module.a, module.b, module.c, module.d)
    if value not in ((1, 2, 3, 4), (100, 2, 3, 4)):
        print("illegal", value)
    seen.add(value)
    count += 1
print("seen", len(seen), count)
"""
ASK = "import sys; sys.path.insert(0, sys.argv[1]); import pkg.lines as m; print(m.a)"


def imports(checks, folder, binary, is_quick):
    """Python imports the target while it is patched and reverted."""
    cycles = 150 if is_quick else 1000
    site = Site(folder, binary)
    stop = folder / "stop"
    command = [sys.executable, "-I", "-c", IMPORTER, str(site.site)]
    importers = {
        kind: subprocess.Popen([*command, kind, str(stop)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for kind in ("with", "without")
    }
    stale, asked = [], 0
    try:
        for cycle in range(cycles):
            for command, wanted in (("apply", "100"), ("revert", "1")):
                site.must(command, "one")
                if cycle % 10 == 0:  # a fresh interpreter, with the byte code that the importers have left
                    asked += 1
                    found = run(sys.executable, "-I", "-c", ASK, site.site).strip()
                    if found != wanted:
                        stale.append((cycle, command, found))
    finally:
        stop.touch()
    answers = {kind: (*importer.communicate(timeout=60), importer.returncode) for kind, importer in importers.items()}
    print(f"  {cycles} cycles, {asked} fresh interpreters, importers: "
          + ", ".join(f"{kind} byte code {out.split()[-1:]}" for kind, (out, _, _) in answers.items()))  # fmt: skip
    for kind, (out, errors, code) in answers.items():
        with checks.check(f"an importer {kind} byte code sees one of the two sources, always"):
            equal((code, errors), (0, ""), "exit code and stderr")
            holds("illegal" not in out, out[-500:])
            equal(out.split()[:2], ["seen", "2"], "premise: it saw both sources")
    with checks.check("a fresh interpreter sees what the last command has made, never code of before"):
        holds(not stale, f"{len(stale)} of {asked}: {stale[:5]}")


def stopped_inside(site, log, *arguments):
    """A process that stands still while it has the lock: SIGSTOP comes with its first rename."""
    strace = ["strace", "-f", "-qq", "-o", str(log), "-e", "trace=rename,renameat,renameat2,fsync",
              "-e", "inject=fsync:signal=SIGSTOP:when=1"]  # fmt: skip
    holder = subprocess.Popen(
        [*strace, *site.words(*arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        children = pathlib.Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()
        for child in children:
            state = pathlib.Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
            if state in ("T", "t") and log.exists() and "SIGSTOP" in log.read_text():
                return holder, int(child)
        time.sleep(0.02)
    holder.kill()
    raise AssertionError("premise: the holder of the lock did not stop")


def locks(checks, folder, binary, is_quick):
    """A holder of the lock that is alive, and one that was killed."""
    del is_quick
    site = Site(folder, binary)
    before = picture(site.site)
    holder, child = stopped_inside(site, folder / "strace.log", "apply", "one")
    try:
        with checks.check("a living holder is named, exit 7, within the timeout"):
            started = time.monotonic()
            code, answer = site.call("apply", "two")
            took = time.monotonic() - started
            equal(code, 7, f"exit code: {answer}")
            message = json.dumps(answer["error"])
            holds(str(child) in message and "torch-patch apply" in message, f"does not name process {child}: {message}")
            holds(TIMEOUT - 0.5 <= took <= TIMEOUT + 3, f"took {took:.1f} s")
        with checks.check("`status` and `--dry-run` do not wait for it"):
            started = time.monotonic()
            site.must("status")
            site.must("apply", "two", "--dry-run")
            holds(time.monotonic() - started < 3, "they waited")
        with checks.check("a killed holder does not block the next, and nothing of it is left"):
            os.kill(child, signal.SIGKILL)
            holder.wait(timeout=20)
            started = time.monotonic()
            site.must("apply", "two")
            holds(time.monotonic() - started < 3, "it waited")
            equal(read(site.site, LINES), composed(["two"])[LINES], "the file")
            site.must("revert", "--all")
            same_picture(picture(site.site), before, "site-packages")
    finally:
        if holder.poll() is None:
            os.kill(child, signal.SIGKILL)
            holder.wait(timeout=20)
    with checks.check("of two who wait for a stopped holder both come in once it goes on"):
        holder, child = stopped_inside(site, folder / "strace.log", "apply", "one")
        waiting = [
            subprocess.Popen(site.words("apply", patch), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            for patch in ("two", "three")
        ]
        time.sleep(1)
        equal([found.poll() for found in waiting], [None, None], "premise: they wait")
        os.kill(child, signal.SIGCONT)
        equal([found.wait(timeout=20) for found in (holder, *waiting)], [0, 0, 0], "exit codes")
        equal(read(site.site, LINES), composed(ON_LINES)[LINES], "the file")
        site.must("revert", "--all")
        same_picture(picture(site.site), before, "site-packages")


RACES = {race.__name__: race for race in (mixed, reinstall, imports, locks)}


def main():
    """Runs the named races, all by default."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("races", nargs="*", metavar="RACE", help=", ".join(RACES))
    parser.add_argument("--quick", action="store_true", help="16 processes for 15 s, 150 cycles")
    words = parser.parse_args()
    unknown = [name for name in words.races if name not in RACES]
    if unknown:
        parser.error(f"unknown race {unknown}, expected some of {sorted(RACES)}")
    binary = binary_under_test()
    stop_by_exception()
    checks = Checks()
    for name in words.races or RACES:
        section(f"{name}: {RACES[name].__doc__}")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="torch-patch-races-"))
        started = time.monotonic()
        try:
            with checks.check("the race ran to its end"):
                RACES[name](checks, folder, binary, words.quick)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        print(f"  {time.monotonic() - started:.0f} s")
    print()
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main())
