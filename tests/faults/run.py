#!/usr/bin/env python3
"""Kills and fails `torch-patch` at every system call on its files, and looks at what is left.

Each operation is run once under strace to list its system calls on a small package. Then, in a fresh copy for each of
them: the process is killed as it is about to make the call; the call fails, once with each of seven errors (of four, if
it opens something to look at it; with one in turn, if it only looks); from that call on all that changes the disk
fails. Afterwards every file has to be one of its legal byte strings, `status` has to say so without writing, and the
next command, the same or the opposite one, has to arrive where it would have arrived without the fault, with nothing
left over.

    tests/faults/run.py [--quick] [--only TEXT] [--list]

`--quick` kills at the calls that change something and injects fewer errors; `--only` takes the operations with TEXT in
their names. Needs Linux, strace and the right to trace. `TORCH_PATCH` names the binary (default: the release build).
"""

import argparse
import concurrent.futures
import pathlib
import queue
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import strace  # noqa: E402
from fake_torch import World  # noqa: E402
from harness import binary_under_test, remove_tree, stop_by_exception  # noqa: E402
from operations import OPERATIONS  # noqa: E402
from promises import Promises, TorchPatch  # noqa: E402

ERRORS = ("ENOSPC", "EIO", "EACCES", "EROFS", "EDQUOT", "EINTR", "EMFILE")
# Errors of calls that change nothing.
LOOKING = ("EIO", "EACCES", "EINTR", "EMFILE")
LASTING = ("ENOSPC", "EROFS", "EIO")
RECORDED = ("/ledger.json", "/intent.json")
# An operation that makes fewer calls than this that change something was not seen at work.
LEAST_CHANGES = 15
LANES = 3


class Points:
    """The faults of one operation: where and which, `kind` being the function that injects."""

    def __init__(self, calls, is_quick):
        changes = [call for call in calls if call.is_change]
        looks = [call for call in calls if not call.is_change and call.name not in strace.HARMLESS]
        self.kills = changes if is_quick else calls
        if is_quick:
            # Each change with one error, each error in turn; of the others those about the records, and every eighth;
            # every second change with all that follow.
            looks = [call for call in looks if call.text.endswith(RECORDED)] + looks[::8]
            self.errors = [(call, ERRORS[number % len(ERRORS)]) for number, call in enumerate(changes)]
            self.errors += [(call, LOOKING[number % len(LOOKING)]) for number, call in enumerate(looks)]
            self.lasting = [(call, LASTING[number % len(LASTING)]) for number, call in enumerate(changes[::2])]
        else:
            self.errors = [(call, error) for call in changes for error in ERRORS]
            opens = [call for call in looks if call.name.startswith("open")]
            others = [call for call in looks if not call.name.startswith("open")]
            self.errors += [(call, error) for call in opens for error in LOOKING]
            self.errors += [(call, LOOKING[number % len(LOOKING)]) for number, call in enumerate(others)]
            self.lasting = [(call, error) for call in changes for error in LASTING]

    def all(self):
        """Every fault as (kind, call, error)."""
        yield from (("killed", call, None) for call in self.kills)
        yield from (("failing", call, error) for call, error in self.errors)
        yield from (("failing_from", call, error) for call, error in self.lasting)


class Session:
    """One run of the script: a temporary folder on a real disk, some lanes to work in, and the findings."""

    def __init__(self, folder, torch_patch, options):
        self.folder = folder
        self.torch_patch = torch_patch
        self.options = options
        self.points = 0
        self.findings = 0
        self.lanes = queue.SimpleQueue()
        for lane in range(LANES):
            self.lanes.put(folder / f"lane{lane}")
            (folder / f"lane{lane}").mkdir()

    def operation(self, operation):
        """Puts every fault into an operation, and prints how many there were."""
        start = time.monotonic()
        place = pathlib.Path(tempfile.mkdtemp(prefix="operation-", dir=self.folder))
        world = World(place / "world").build()
        operation.prepare(world, self.torch_patch)
        promises = Promises(operation, self.torch_patch, place, world)
        traced = world.copy(place / "traced")
        calls = strace.calls(self.torch_patch.command(traced, *operation.command), traced.folder)
        points = Points(calls, self.options.quick)
        changes = sum(call.is_change for call in calls)
        if changes < LEAST_CHANGES:
            raise AssertionError(f"{operation.name}: only {changes} calls that change something")

        def attempt(point):
            return self.attempt(operation, promises, world, *point)

        every = list(points.all())
        with concurrent.futures.ThreadPoolExecutor(LANES) as pool:
            failures = [failure for failure in pool.map(attempt, every) if failure is not None]
        for failure in failures[: self.options.show]:
            print(failure)
        seconds = time.monotonic() - start
        print(
            f"  {'FAILED' if failures else 'ok    '}  {operation.name}: "
            f"{len(calls)} calls, {changes} change something; "
            f"{len(points.kills)} kills, {len(points.errors)} errors, {len(points.lasting)} lasting errors, "
            f"{len(failures)} findings, {seconds:.0f} s",
            flush=True,
        )
        self.points += len(every)
        self.findings += len(failures)

    def attempt(self, operation, promises, pristine, kind, call, error):
        """Injects one fault in a fresh world; returns what did not hold, as text."""
        lane = self.lanes.get()
        try:
            world = pristine.copy(lane / "world")
            run = self.inject(operation, world, kind, call, error)
            if kind == "killed":
                promises.after_kill(world, lane)
            else:
                promises.after_failure(world, lane, run, call, error)
        except Exception as finding:  # noqa: BLE001: whatever went wrong, the promise was not kept
            return f"  {operation.name}, {kind} {error or ''} at {call}:\n    " + str(finding).replace("\n", "\n    ")
        finally:
            self.lanes.put(lane)
        return None

    def inject(self, operation, world, kind, call, error):
        """Runs the command with the fault."""
        command = self.torch_patch.command(world, *operation.command)
        inject = getattr(strace, kind)
        return inject(command, world.folder, call, *([error] if error else []))


def is_on_disk(folder):
    """Says whether a folder is on a file system that keeps what it has."""
    kind = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True, check=True).stdout.strip()
    return kind not in ("tmpfs", "ramfs")


def main():
    """Runs every operation; the exit code is 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer points, every operation")
    parser.add_argument("--only", default="", metavar="TEXT", help="operations with TEXT in their names")
    parser.add_argument("--list", action="store_true", help="names the operations")
    parser.add_argument("--show", type=int, default=5, metavar="N", help="findings shown for each operation")
    options = parser.parse_args()
    chosen = [operation for operation in OPERATIONS if options.only in operation.name]
    if options.list or not chosen:
        print("\n".join(operation.name for operation in OPERATIONS))
        return 0 if options.list else 2
    torch_patch = TorchPatch(binary_under_test())
    stop_by_exception()
    folder = tempfile.gettempdir() if is_on_disk(tempfile.gettempdir()) else "/var/tmp"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="torch-patch-faults-", dir=folder)).resolve()
    start = time.monotonic()
    try:
        session = Session(folder, torch_patch, options)
        for operation in chosen:
            session.operation(operation)
    finally:
        remove_tree(folder)
    seconds = time.monotonic() - start
    print(f"{len(chosen)} operations, {session.points} points, {session.findings} findings, {seconds:.0f} s")
    return 1 if session.findings or not session.points else 0


if __name__ == "__main__":
    sys.exit(main())
