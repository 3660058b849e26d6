"""What comes of each request on the files of a unit: one fresh Python process for each form of a file."""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

from files import holds
from table import within

EXECUTE = pathlib.Path(__file__).resolve().parent / "execute.py"


def of_units(units, requests, folder):
    """The answers for each unit, as `of_unit` has them."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda unit: of_unit(unit, requests, folder), units))


def of_unit(unit, requests, folder):
    """What comes of each request: `{(patch, build, request): (outcome, calls)}`."""
    builds = {}
    for request in requests:
        if within(unit.releases[0], request.releases):
            for build in request.builds():
                builds.setdefault(build, []).append(request.text)
    found = {}
    for patch, file in unit.files.items():
        for build, request, outcome, calls in executed(unit, patch, file, builds, folder):
            found[patch, build, request] = outcome, calls
    return found


def executed(unit, patch, file, builds, folder):
    """The answers of a fresh process for one form of a file."""
    task = {
        "file": str(file),
        "version": unit.releases[0],
        "declarations": unit.declarations and str(unit.declarations),
        "builds": list(builds.items()),
    }
    path = pathlib.Path(folder, f"{file.stem}.json")
    path.write_text(json.dumps(task))
    # What torch reads of its own, such as TORCH_DIST_INIT_BARRIER, is left at what it is by default.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TORCH", "NCCL", "GLOO"))}
    done = subprocess.run(
        [sys.executable, "-E", "-s", EXECUTE, path],
        capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, env=environment,
    )  # fmt: skip
    holds(done.returncode == 0, f"torch {unit.releases[0]}, {patch}: exit {done.returncode}\n{done.stderr}")
    answers = json.loads(done.stdout)
    asked = sum(len(requests) for requests in builds.values())
    holds(len(answers) == asked, f"torch {unit.releases[0]}, {patch}: {asked} requests, {len(answers)} answers")
    return answers
