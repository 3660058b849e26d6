#!/usr/bin/env python3
"""`gloo-windows` and `gloo-always` on every release: the real file is executed, and `table.md` has to come out.

    tests/gloo_table/run.py            checks the table, then that it fails for patches that are broken on purpose
    tests/gloo_table/run.py --show     prints what comes of each request, by releases, and compares nothing

No torch is installed: `bindings.py` and `stub.py` stand in for what is not Python, on the terms of the release's own
`_distributed_c10d.pyi`, and refuse what the real ones refuse; `real.py` holds them against Debian's python3-torch,
which has to be there, as in `tests/behaviour`. `TORCH_PATCH` names the binary (default: the release build). Needs the
index, or `TORCH_PATCH_OFFLINE=1` and what was fetched before.
"""

import collections
import pathlib
import sys
import tempfile
import time

import answers
import broken
import files
import real
from comparison import compare, span
from table import PATCHES, Table

from harness import Checks, binary_under_test, section


def main(show):
    """Checks the table, or shows what there is."""
    start = time.monotonic()
    binary, table = binary_under_test(), Table()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        listed = files.wheels(binary, folder)
        patches = {name: files.REPOSITORY / "patches" / name / "patch.toml" for name in PATCHES[1:]}
        units = files.units(binary, listed, patches, folder)
        answered = answers.of_units(units, table.requests, folder)
        if show:
            print_outcomes(units, answered, table)
            return 0
        checks = Checks()
        section(f"{len(table.requests)} requests on {len({wheel.release for wheel in listed})} releases of torch")
        check_table(checks, listed, units, answered, table)
        section("a real torch")
        real.check(checks, units, answered, table, folder)
        section("broken on purpose")
        broken.check(checks, binary, listed, units, answered, table, folder)
    print(f"\n{sum(map(len, answered))} cases executed in {time.monotonic() - start:.0f} s")
    return checks.summary()


def check_table(checks, listed, units, answered, table):
    """Each release is as the table has it, and each row of the table has a case."""
    faults, used = compare(units, answered, table)
    wheels = collections.Counter(wheel.release for wheel in listed)
    told = set()
    for unit, answer in zip(units, answered):
        told.update(unit.releases)
        count = collections.Counter(patch for patch, _, _ in answer)
        cases = ", ".join(f"{patch} {count[patch] or 'not covered'}" for patch in PATCHES)
        own_wheels = sum(wheels[release] for release in unit.releases)
        with checks.check(f"torch {span(unit.releases)}, {own_wheels} wheels: {cases}"):
            own = [str(fault) for fault in faults if set(fault.releases) & set(unit.releases)]
            files.holds(not own, f"{len(own)} cases differ from the table\n" + "\n".join(own))
    with checks.check("every release of the index is accounted for"):
        files.equal(told, set(wheels), "releases")
    with checks.check("every row of the table has a case"):
        unused = [row for patch in PATCHES for row in table.rows[patch] if row not in used]
        files.holds(not unused, "\n".join(f"table.md:{row.line}: {row}" for row in unused))


def print_outcomes(units, answered, table):
    """Prints what comes of each request, by releases."""
    for request in table.requests:
        for patch in PATCHES:
            for build in request.builds():
                runs = []
                for unit, answer in zip(units, answered):
                    found = answer.get((patch, build, request.text))
                    if found and runs and runs[-1][1] == found[0]:
                        runs[-1][0].extend(unit.releases)
                    elif found:
                        runs.append((list(unit.releases), found[0]))
                for releases, outcome in runs:
                    print(f"{request.text} | {patch} | {build} | {span(releases)} | {outcome}")


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--show"]):
        sys.exit("usage: run.py [--show]")
    sys.exit(main(sys.argv[1:] == ["--show"]))
