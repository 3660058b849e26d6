#!/usr/bin/env python3
"""Power failures: every state that the model in `crash_states.py` allows is made, and has to be recoverable.

Each operation is recorded with strace. At every moment of it, and after each of its commands, the states are enumerated
in which the disk may be found. Each is made in a folder of its own, and there:

- every target holds bytes that it had at some moment, as a whole; once a command has said that it is done, those that
  it promised;
- `status` succeeds, writes nothing and says what the bytes say, with the patch files and without them;
- the operation done again brings the wanted bytes, and `revert --all` after it the originals; `revert --all` at once
  does so too; nothing is left then: no temporary file, backup, ledger or lock, no stale `.pyc`.

    tests/faults/power_loss.py [--quick] [--operation NAME]…         all states, or a tenth of them
    tests/faults/power_loss.py --syncs [--operation NAME]…           takes each fsync out of the recording, one by one
    tests/faults/power_loss.py --without-fsync N --operation NAME    takes out the Nth; fails if that is noticed

`--syncs` fails if an fsync is not needed and not known to be so (`SPARE`). Needs Linux and strace. `TORCH_PATCH` names
the binary (default: the release build). The folders are made on a file system in memory if there is one: no power is
cut, the states are computed.
"""

import argparse
import collections
import dataclasses
import itertools
import json
import multiprocessing
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import typing

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from crash_states import Bounds, History, key, materialise, states, survey  # noqa: E402
from harness import binary_under_test, stop_by_exception  # noqa: E402
from package import (  # noqa: E402
    CACHE, LINES, OTHER, PATCHES, TARGETS, UPGRADED, composed, install, read, write_patches,
)  # fmt: skip
from recording import record  # noqa: E402

USERS = composed(["one"])[LINES] + b"# mine\r\n"
BY_HAND = composed(["one"])[LINES]
# Syncs that no state of an operation needs, by what is synced: how many, and why they are made all the same. Each is
# needed in another operation.
ONE_FILE = "what a file held before is needed to undo a change of several; one that is replaced alone is complete"
END = "needed only if the store's directory stays and the next change comes: see `apply-after-force`"
SPARE = {
    ("apply-second", ".torch-patch/backups"): (1, ONE_FILE),
    ("revert-one-of-two", ".torch-patch/backups"): (1, ONE_FILE),
    ("revert-force", ".torch-patch/backups"): (1, ONE_FILE),
    ("revert-force", ".torch-patch"): (2, f"the folder of copies is new, and its sync makes the intent durable; {END}"),
    ("revert", ".torch-patch"): (1, END),
    ("revert-create", ".torch-patch"): (2, f"without the intent, removing the created file is just done again; {END}"),
    ("revert-create", "pkg/made"): (1, "the directory is removed durably itself"),
    ("apply-after-force", ".torch-patch/backups"): (1, ONE_FILE),
    ("recover-finish", ".torch-patch"): (2, f"without the intent, the ledger is enough to revert once more; {END}"),
    ("recover-undo", ".torch-patch"): (1, "an intent that comes back is undone once more"),
    ("recover-undo-revert", ".torch-patch"): (1, "an intent that comes back is undone once more"),
    ("one-after-the-other", ".torch-patch/backups"): (3, f"each of these changes is of one file; {ONE_FILE}"),
    ("one-after-the-other", ".torch-patch"): (2, END),
    ("apply-after-force", ".torch-patch"): (1, "the folder of copies is new, and its sync makes the intent durable"),
}


class World:
    """A folder with an environment, a hard link to one of its files elsewhere if wanted, and patch files beside it."""

    def __init__(self, folder, binary):
        self.folder = pathlib.Path(folder)
        self.root = self.folder / "root"
        self.site = self.root / "site"
        self.binary = binary
        self.patches = self.folder / "patches"

    def install(self, version="1.0", originals=None):
        """Installs the package, with a mode that is not the default and byte code that must not outlive its source."""
        install(self.site, version, originals)
        (self.site / LINES).chmod(0o640)
        write_patches(self.patches)

    def byte_code(self):
        """Puts compiled code beside the module, as Python does when it imports it."""
        (self.site / CACHE).parent.mkdir(exist_ok=True)
        (self.site / CACHE).write_bytes(b"code of the source as it is now")

    def command(self, arguments, with_patches=True):
        """The words of a call; without patch files only what the store keeps of them is known."""
        known = ["--patches", self.patches] if with_patches else []
        return [self.binary, *arguments, "--site-packages", self.site, *known, "--json"]

    def call(self, *arguments, with_patches=True):
        """Calls the binary; returns exit code, JSON and stderr."""
        command = self.command(arguments, with_patches)
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            answer = {}
        return done.returncode, answer, done.stderr

    def must(self, *arguments):
        """Calls the binary, which must succeed."""
        code, answer, errors = self.call(*arguments)
        if code != 0:
            raise AssertionError(f"{arguments}: exit {code}: {answer.get('error')} {errors}")

    def contents(self):
        """What the targets hold."""
        return {path: read(self.site, path) for path in TARGETS}


@dataclasses.dataclass(frozen=True)
class Operation:
    """One or more commands, recorded one after the other without a crash in between."""

    name: str
    prepare: typing.Callable  # takes the world to the start; returns the targets whose bytes nobody has synced
    commands: tuple
    after: tuple  # the contents after each command
    finish: tuple  # commands that bring `after[-1]` about from any state
    users: bytes = b""  # a version of the user that must never be lost
    originals: tuple = (composed([]),)  # what `revert --all` may end with
    undo: tuple = ("revert", "--all")


def fresh(*patches, **options):
    """Prepares an environment in which patches are applied; without any, the package manager has synced nothing."""

    def prepare(world):
        world.install(**options)
        for patch in patches:
            world.must("apply", patch)
        world.byte_code()
        return tuple(path for path in (LINES, OTHER) if not any(path in PATCHES[patch].files for patch in patches))

    return prepare


def linked(world):
    """The file has a second name, as a package manager gives it that links from its cache."""
    world.install()
    (world.root / "cache").mkdir()
    os.link(world.site / LINES, world.root / "cache/lines.py")
    return (LINES, OTHER)


def upgraded(world):
    """The package was installed anew since."""
    fresh("one")(world)
    world.install("2.0", UPGRADED)
    return (LINES, OTHER)


def by_hand(world):
    """Somebody has made the edit of a patch with an editor."""
    world.install()
    (world.site / LINES).write_bytes(BY_HAND)
    return ()


def users(world):
    """Somebody has changed a patched file."""
    fresh("one")(world)
    (world.site / LINES).write_bytes(USERS)
    return ()


def killed(is_last):
    """An `apply` of two files was killed after the first of them, or before its end was recorded."""

    def prepare(world):
        other = World(world.folder / "killed", world.binary)
        other.root.mkdir(parents=True)
        fresh()(other)
        history = History(survey(other.root))
        _, steps = record(other.command(["apply", "pair"]), other.root)
        history.play(steps)
        renamed = [index for index, step in enumerate(steps) if step.kind == "rename"]
        moment = renamed[-1] if is_last else renamed[-2] - 1
        while not is_last and steps[moment].kind != "sync":
            moment -= 1
        shutil.rmtree(world.root, ignore_errors=True)
        materialise(history.tree(moment), world.root)
        write_patches(world.patches)
        shutil.rmtree(other.folder)
        return ()

    return prepare


def operation(name, prepare, commands, after, finish, **options):
    """An operation whose contents are given as sets of patches."""
    after = tuple(found if isinstance(found, dict) else composed(found) for found in after)
    finish = finish if isinstance(finish[0], tuple) else (finish,)
    return Operation(name, prepare, tuple(commands), after, finish, **options)


UPGRADED_CONTENTS = composed([], UPGRADED)
OPERATIONS = {
    found.name: found
    for found in (
        operation("apply", fresh(), [("apply", "one")], [["one"]], ("apply", "one")),
        operation("apply-linked", linked, [("apply", "one")], [["one"]], ("apply", "one")),
        operation("apply-two-files", fresh(), [("apply", "pair")], [["pair"]], ("apply", "pair")),
        operation("apply-second", fresh("one"), [("apply", "two")], [["one", "two"]], ("apply", "one", "two")),
        operation(
            "apply-after-upgrade", upgraded, [("apply", "one")], [composed(["one"], UPGRADED)], ("apply", "one"),
            originals=(UPGRADED_CONTENTS,),
        ),
        operation(
            "adopt", by_hand, [("apply", "one", "--adopt")], [["one"]], ("apply", "one", "--adopt"),
            originals=(composed([]), {**composed([]), LINES: BY_HAND}),
        ),
        operation(
            "apply-second-two-files", fresh("one"), [("apply", "pair")], [["one", "pair"]], ("apply", "one", "pair")
        ),
        operation("revert", fresh("pair"), [("revert", "pair")], [[]], ("revert", "pair")),
        operation("revert-one-of-two", fresh("one", "two"), [("revert", "one")], [["two"]], ("revert", "one")),
        operation(
            "revert-force", users, [("revert", "one", "--force")], [[]], ("revert", "one", "--force"),
            users=USERS, undo=("revert", "--all", "--force"),
        ),
        operation("create", fresh(), [("apply", "maker")], [["maker"]], ("apply", "maker")),
        operation("revert-create", fresh("maker"), [("revert", "maker")], [[]], ("revert", "maker")),
        operation(
            "one-after-the-other", fresh(),
            [("apply", "one"), ("apply", "two"), ("revert", "one"), ("revert", "two"), ("apply", "pair")],
            [["one"], ["one", "two"], ["two"], [], ["pair"]], ("apply", "pair", "one", "two"),
        ),
        operation(
            "apply-after-force", users, [("revert", "one", "--force"), ("apply", "two")], [[], ["two"]],
            (("revert", "one", "--force"), ("apply", "two")), users=USERS, undo=("revert", "--all", "--force"),
        ),
        operation("recover-undo", killed(False), [("apply", "pair")], [["pair"]], ("apply", "pair")),
        operation("recover-finish", killed(True), [("revert", "pair")], [[]], ("revert", "pair")),
        operation("recover-undo-revert", killed(False), [("revert", "pair")], [[]], ("revert", "pair")),
    )
}  # fmt: skip
# What `finish` ends with, where it is more than the operation itself.
WANTED = {"one-after-the-other": composed(["pair", "one", "two"])}


class Recorded:
    """An operation as it was recorded, ready to be played with or without some of its syncs."""

    def __init__(self, found, binary, folder):
        world = World(folder, binary)
        world.root.mkdir(parents=True)
        self.operation = found
        self.spared = [f"site/{path}" for path in found.prepare(world)]
        self.start = world.contents()
        self.tree = survey(world.root)
        self.paths = package_paths(world)
        self.commands = []
        for arguments, after in zip(found.commands, found.after):
            done, steps = record(world.command(arguments), world.root)
            if done.returncode != 0 or world.contents() != after:
                raise AssertionError(f"premise: {arguments} of `{found.name}`: {done.stdout} {done.stderr}")
            self.commands.append(steps)

    def syncs(self):
        """The recorded syncs: (position in the history, step)."""
        steps = enumerate(itertools.chain(*self.commands), start=1)
        return [(position, step) for position, step in steps if step.kind == "sync"]

    def cases(self, bounds, without=()):
        """Every state once: (key, tree, what the targets must hold or `None`)."""
        history = History(self.tree, self.spared)
        seen = set()
        for steps, after in zip(self.commands, self.operation.after):
            first = history.length
            history.play(steps, without)
            for moment in range(first, history.length + 1):
                promised = after if moment == history.length else None
                for tree in states(history, moment, self.spared, bounds):
                    name = (key(tree), promised is not None and tuple(sorted(promised.items(), key=str)))
                    if name not in seen:
                        seen.add(name)
                        yield name, tree, promised


def package_paths(world):
    """What is in site-packages but for the store, caches and what a patch has made."""
    found = (path.relative_to(world.site).as_posix() for path in world.site.rglob("*"))
    return {path for path in found if not any(part in path for part in ("__pycache__", ".torch-patch", "pkg/made"))}


class Judge:
    """Judges states in a folder of its own; made once in each process of the pool."""

    def __init__(self, binary, folder):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=folder))
        self.world = World(self.folder, binary)
        write_patches(self.world.patches)

    def judge(self, found, start, paths, tree, promised):
        """What is wrong with a state; an empty list if nothing is. Also the states that `status` told."""
        self.found, self.start, self.paths, self.wrong = found, start, paths, []
        self.make(tree)
        self.look(promised)
        told = self.status(promised is not None)
        for arguments in found.finish:
            self.call(*arguments)
        wanted = WANTED.get(found.name, found.after[-1])
        self.holds(self.world.contents() == wanted, f"after {found.finish}: {self.shown()}")
        self.byte_code(f"after {found.finish}")
        self.status()
        self.undo(f"{found.finish} and then {found.undo}")
        self.make(tree)
        self.undo(f"{found.undo}", with_patches=False)
        return self.wrong, told

    def make(self, tree):
        """Makes a state."""
        shutil.rmtree(self.world.root, ignore_errors=True)
        materialise(tree, self.world.root)

    def holds(self, condition, what):
        if not condition:
            self.wrong.append(what)

    def shown(self):
        """The targets, as a failure shows them."""
        return {path: data if data is None else data.decode(errors="replace") for path, data in
                self.world.contents().items()}  # fmt: skip

    def call(self, *arguments, with_patches=True):
        """Calls the binary, which has to succeed."""
        code, answer, errors = self.world.call(*arguments, with_patches=with_patches)
        error = (answer.get("error") or {}).get("message") or errors
        self.holds(code == 0, f"`{' '.join(arguments)}`: exit {code}: {error}")
        return answer

    def look(self, promised):
        """Looks at the state itself."""
        contents = self.world.contents()
        if promised is not None:
            self.holds(contents == promised, f"done, and then: {self.shown()}")
            self.byte_code("done, and then")
        for path, data in contents.items():
            legal = [found[path] for found in (self.start, *self.found.after, *self.found.originals)]
            self.holds(data in legal, f"`{path}` holds what it never held: {data!r}")
        self.users()

    def users(self):
        """The user's version is in its place or among the kept copies."""
        if self.found.users:
            kept = [path.read_bytes() for path in self.world.site.glob(".torch-patch/kept/*")]
            contents = [*kept, *self.world.contents().values()]
            self.holds(self.found.users in contents, "the user's own version is lost")

    def byte_code(self, when):
        """No compiled code of another source than the present one."""
        is_stale = self.world.contents()[LINES] != self.start[LINES]
        self.holds(not (is_stale and (self.world.site / CACHE).exists()), f"{when}: stale byte code")

    def status(self, is_done=False):
        """Asks for the state of every patch and holds it against the bytes; what is done is recorded, too."""
        before = self.picture()
        answer = self.call("status")
        alone = self.call("status", with_patches=False)
        self.holds(self.picture() == before, "`status` has written")
        told = {result["patch"]: result["state"] for result in answer.get("results", [])}
        alone = {result["patch"]: result["state"] for result in alone.get("results", [])}
        for patch in (patch for patch, state in told.items() if state == "applied"):
            state = alone.get(patch)
            self.holds(state == "applied", f"without its patch file `status` says that `{patch}` is {state}")
        contents = self.world.contents()
        for patch in PATCHES.values():
            places = [(contents[path], before, after) for path, before, after in patch.edits]
            is_there = [bool(data) and f"{after}\n" in data.decode(errors="replace").replace("\r", "")
                        for data, _, after in places]  # fmt: skip
            state = told.get(patch.id)
            if all(is_there):
                truth = {"applied"} if is_done or contents[LINES] != BY_HAND else {"applied", "applied-by-hand"}
            elif any(is_there):
                truth = {"partial", "superseded"}
            else:
                truth = {"not-applied", "superseded"}
            if self.is_drifted(contents, told) and not is_done:
                truth |= {"drifted"}
            self.holds(state in truth, f"`status` says that `{patch.id}` is {state}, the bytes say {sorted(truth)}")
        return told

    def is_drifted(self, contents, told):
        """Says whether files are neither original nor what a record could say: in the middle of a change, or edited."""
        is_edited = USERS in contents.values() or told.get("one") == "applied-by-hand"
        settled = [*self.found.after, *self.found.originals]
        if not self.found.name.startswith("recover"):
            settled.append(self.start)
        return is_edited or contents not in settled

    def picture(self):
        """What `status` must not change."""
        found = {}
        for path in sorted(self.world.root.rglob("*")):
            entry = path.lstat()
            found[path] = (entry.st_ino, entry.st_mtime_ns, entry.st_ctime_ns, entry.st_size)
        return found

    def undo(self, when, with_patches=True):
        """Takes everything out; nothing may be left of it."""
        self.call(*self.found.undo, with_patches=with_patches)
        contents = self.world.contents()
        self.holds(contents in self.found.originals, f"after {when}: {self.shown()}")
        self.byte_code(f"after {when}")
        self.users()
        left = {path.relative_to(self.world.site).as_posix() for path in self.world.site.rglob("*")}
        left = {path for path in left if "__pycache__" not in path}
        copies = {path for path in left if path.startswith(".torch-patch/kept/") and not path.endswith(".tmp")}
        if self.found.users and copies:
            copies |= {".torch-patch", ".torch-patch/kept"}
        self.holds(left - copies == self.paths, f"after {when}: left {sorted((left - copies) ^ self.paths)}")
        mode = (self.world.site / LINES).stat().st_mode & 0o7777
        self.holds(mode == 0o640, f"after {when}: mode {mode:o}")


JUDGE = None


def begin(binary, folder):
    """Starts a process of the pool; it ends when it is told to, whatever it is doing."""
    global JUDGE
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    JUDGE = Judge(binary, folder)


def judged(case):
    """Judges one state in a process of the pool."""
    name, start, paths, tree, promised = case
    try:
        return JUDGE.judge(OPERATIONS[name], start, paths, tree, promised)
    except Exception as error:  # noqa: BLE001: whatever went wrong belongs to this state
        return [f"{type(error).__name__}: {error}"], {}


def run_cases(pool, recorded, cases, stop=False):
    """Judges states; returns how many, and the wrong ones: (what is wrong, tree)."""
    count, wrong = 0, []
    cases = iter(cases)
    while batch := list(itertools.islice(cases, 32)):
        found = recorded.operation.name
        tasks = [(found, recorded.start, recorded.paths, tree, promised) for _, tree, promised in batch]
        for (_, tree, _), (faults, _) in zip(batch, pool.map(judged, tasks, chunksize=4)):
            count += 1
            if faults:
                wrong.append((faults, tree))
        if stop and wrong:
            break
    return count, wrong


def show(faults, tree):
    """Prints what is wrong with a state, and the state."""
    for fault in faults[:4]:
        print(f"    {fault}")
    lines = (f"{path} ({len(data)} bytes)" if kind == "file" else f"{path}/" for path, (kind, _, data, _) in
             sorted(tree.items()) if ".torch-patch" in path or path.endswith(TARGETS))  # fmt: skip
    print("      found: " + ", ".join(lines), flush=True)


def power_loss(pool, recorded, bounds, stride):
    """Judges every state of an operation, or every nth."""
    started = time.monotonic()
    cases = itertools.islice(recorded.cases(bounds), 0, None, stride)
    count, wrong = run_cases(pool, recorded, cases)
    name = recorded.operation.name
    steps = sum(map(len, recorded.commands))
    seconds = time.monotonic() - started
    print(f"  {'FAILED' if wrong else 'ok':8}{name:22} {steps:4} steps {len(recorded.syncs()):3} syncs "
          f"{count:6} states  {len(wrong)} wrong  {seconds:5.1f} s", flush=True)  # fmt: skip
    for faults, tree in wrong[:3]:
        show(faults, tree)
    return count, len(wrong)


def without_syncs(pool, recorded, bounds, chosen=None):
    """Takes each sync out in turn, or the chosen one; returns those whose absence nobody noticed."""
    name = recorded.operation.name
    known = {found for found, _, _ in recorded.cases(bounds)}
    unnoticed = []
    for number, (position, step) in enumerate(recorded.syncs(), start=1):
        if chosen not in (None, number):
            continue
        new = [case for case in recorded.cases(bounds, {position}) if case[0] not in known]
        random.Random(number).shuffle(new)  # one that is wrong comes sooner than in order, and always the same one
        count, wrong = run_cases(pool, recorded, new, stop=True)
        outcome = "noticed" if wrong else "NOT" if new else "same"
        print(f"  {outcome:8}{name:22} without fsync {number:2} of `{step.path}` "
              f"({count} of {len(new)} more states)", flush=True)  # fmt: skip
        if wrong:
            show(*wrong[0])
        elif new:  # else there was nothing to sync: what came before is durable when the recording starts
            unnoticed.append((name, label(step.path)))
    return unnoticed


def label(path):
    """The path of a sync without what depends on contents."""
    return re.sub(r"[0-9a-f]{64}", "…", path).removeprefix("site/")


def main():
    """Runs what the words ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="every tenth state")
    parser.add_argument("--operation", action="append", choices=OPERATIONS, help="only this one")
    parser.add_argument("--syncs", action="store_true", help="take each fsync out in turn")
    parser.add_argument("--without-fsync", type=int, metavar="N", help="take the Nth fsync out; exit 1 if noticed")
    words = parser.parse_args()
    binary = binary_under_test()
    stop_by_exception()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = tempfile.mkdtemp(prefix="torch-patch-power-", dir=memory)
    bounds = Bounds(names=6, files=1) if words.quick else Bounds()
    total, wrong, unnoticed = 0, 0, []
    try:
        with multiprocessing.Pool(os.cpu_count(), begin, (binary, folder)) as pool:
            for name in words.operation or OPERATIONS:
                recorded = Recorded(OPERATIONS[name], binary, f"{folder}/{name}")
                if words.syncs or words.without_fsync:
                    unnoticed += without_syncs(pool, recorded, bounds, words.without_fsync)
                else:
                    count, faults = power_loss(pool, recorded, bounds, 10 if words.quick else 1)
                    total, wrong = total + count, wrong + faults
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if words.syncs or words.without_fsync:
        found = collections.Counter(unnoticed)
        unknown = {key: count for key, count in found.items() if count > SPARE.get(key, (0, ""))[0]}
        print(f"\n{len(unnoticed)} syncs that no state needs, {sum(unknown.values())} of them for no known reason: "
              f"{unknown}")  # fmt: skip
        if words.without_fsync:
            return 0 if unnoticed else 1
        return 1 if unknown else 0
    print(f"\n{total} states, {wrong} wrong")
    return 1 if wrong or not total else 0


if __name__ == "__main__":
    sys.exit(main())
