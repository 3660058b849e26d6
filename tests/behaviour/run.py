#!/usr/bin/env python3
"""Each patch of the catalogue on real files: the symptom before, its absence after, the forms people make by hand.

    tests/behaviour/run.py [ID]…

One module in `cases` for each patch, named by its id with `_` for `-`. What is real and what stands in for it is said
in each module and printed with its checks. Needs Debian's python3-torch; `TORCH_PATCH` names the binary (default: the
release build).
"""

import importlib
import os
import pathlib
import shutil
import sys
import tempfile
import time

from scene import REPOSITORY  # first: it makes `harness` findable

from harness import Checks, binary_under_test, section

# Checked elsewhere: on Debian's torch in tests/e2e, and executed on every release in tests/gloo_table.
ELSEWHERE = {"gloo-always", "gloo-windows"}


def cases():
    """The modules by the id of their patch."""
    folder = pathlib.Path(__file__).resolve().parent / "cases"
    return {path.stem.replace("_", "-"): path.stem for path in sorted(folder.glob("*.py"))}


def main(ids):
    """Runs the cases of the given patches, all by default."""
    known = cases()
    unknown = [name for name in ids if name not in known]
    if unknown:
        sys.exit(f"no case for {unknown}, expected some of {sorted(known)}")
    os.environ["TORCH_PATCH"] = str(binary_under_test())
    checks = Checks()
    section("catalogue")
    with checks.check("every patch has a case"):
        patches = {path.name for path in (REPOSITORY / "patches").iterdir()}
        missing = patches - set(known) - ELSEWHERE
        if missing or set(known) - patches:
            raise AssertionError(f"without a case: {sorted(missing)}; without a patch: {sorted(set(known) - patches)}")
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
    try:
        run_all(checks, ids or known, known)
    finally:
        shutil.rmtree(pathlib.Path(tempfile.gettempdir()) / "torch-patch-behaviour" / str(os.getpid()), ignore_errors=True)
    print()
    return checks.summary()


def run_all(checks, ids, known):
    """Runs the modules of some patches."""
    for name in ids:
        module = importlib.import_module(f"cases.{known[name]}")
        section(f"{name}: {module.__doc__.splitlines()[0]}")
        start = time.monotonic()
        try:
            module.run(checks, os.environ["TORCH_PATCH"])
        except Exception:  # noqa: BLE001: the cases after it are run all the same
            with checks.check(f"{name} runs to its end"):
                raise
        print(f"  {time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
