"""The stand-ins are held against a real torch: Debian's 1.13.1, whose file is that of PyPI's 1.13.1.

    real.py TASK    a JSON object: the forms of the file, and the requests

What such a build, without NCCL, MPI and a GPU, can be asked is asked of two processes with the real bindings, over
loopback. Printed is a JSON list of `[patch, request, outcome]`, as rank 0 has it. The file is executed in the place of
the one that is installed, which is not touched.
"""

import functools
import importlib
import json
import os
import pathlib
import signal
import sys
import tempfile

import execute
from files import equal

from scene import DEBIAN_PYTHON, run

# A request that takes longer hangs.
SECONDS = 60
RELEASE = "1.13.1"
# Debian's build, and one that has a GPU besides, for what has nothing to do with it.
BUILDS = ("no-nccl no-gpu no-mpi", "no-nccl gpu no-mpi")


def check(checks, units, answered, table, folder):
    """The real bindings give the outcomes that the stand-ins give."""
    unit, answer = next((unit, answer) for unit, answer in zip(units, answered) if RELEASE in unit.releases)
    expected = {}
    for request in table.requests:
        build = next((build for build in BUILDS if ("unpatched", build, request.text) in answer), None)
        if build and request.group != "plugin":  # a plugin is made of the stand-ins
            expected.update({(patch, request.text): answer[patch, build, request.text][0] for patch in unit.files})
    task = folder / "real.json"
    forms = {patch: str(file) for patch, file in unit.files.items()}
    task.write_text(json.dumps({"forms": forms, "requests": sorted({request for _, request in expected})}))
    with checks.check(f"Debian's {RELEASE}, {len(expected)} cases on two processes each: as on the stand-ins"):
        told = json.loads(run(DEBIAN_PYTHON, "-W", "ignore", __file__, task))
        found = {(patch, request): outcome for patch, request, outcome in told}
        equal(found.keys(), expected.keys(), "cases")
        for case, outcome in found.items():
            equal(plain(expected[case]), plain(outcome), ", ".join(case))


def plain(outcome):
    """An outcome without the place in gloo's sources, which the stand-in does not have."""
    return outcome.replace("./gloo/context.cc:26", "context.cc")


def main(task):
    """Answers a task."""
    module = importlib.import_module(execute.NAME)
    module.ProcessGroupGloo.kind = "gloo"  # as the stand-in is called
    task = json.loads(pathlib.Path(task).read_text())
    answers = []
    for patch, file in task["forms"].items():
        code = compile(pathlib.Path(file).read_bytes(), file, "exec", dont_inherit=True)
        for request in task["requests"]:
            answers.append((patch, request, execute.in_child(functools.partial(both_ranks, module, code, request))))
    json.dump(answers, sys.stdout)


def both_ranks(module, code, request):
    """What a request comes to on rank 0, while rank 1 makes the same request."""
    exec(code, vars(module))
    with tempfile.TemporaryDirectory() as folder:
        store = f"file://{folder}/store"
        other = os.fork()
        if other == 0:
            one_rank(module, 1, store, request)
            os._exit(0)
        told = one_rank(module, 0, store, request)
        os.kill(other, signal.SIGKILL)  # it may wait for what rank 0 has failed in
        os.waitpid(other, 0)
        return told


def one_rank(module, rank, store, request):
    """What a request comes to on a rank."""
    signal.alarm(SECONDS)
    space = execute.names(module)
    space["init"] = functools.partial(module.init_process_group, init_method=store, world_size=2, rank=rank)
    try:
        return execute.outcome(module, execute.value_of(request, space))
    except Exception as error:  # noqa: BLE001: it is the outcome
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    main(sys.argv[1])
