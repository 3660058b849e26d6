"""Executes one `distributed_c10d.py` on the stand-ins and tells what each request comes to.

    execute.py TASK    a JSON object: the file, the release, its declarations, and for each build the requests

A process is started for each build and for each request in it, so that none sees what another has done. Printed is a
JSON list of `[build, request, outcome, log]`.
"""

import ast
import gc
import json
import logging
import os
import pathlib
import sys
import traceback
import types
import warnings

import bindings
import declarations
import stub

NAME = "torch.distributed.distributed_c10d"


def main(task):
    """Answers a task."""
    task = json.loads(pathlib.Path(task).read_text())
    code = compile(pathlib.Path(task["file"]).read_bytes(), task["file"], "exec", dont_inherit=True)
    declared = declarations.declared(task["declarations"])
    gc.collect()
    gc.freeze()  # a child then leaves the pages of this process alone
    gc.disable()
    answers = []
    for build, requests in task["builds"]:
        answers += in_child(lambda build=build, requests=requests: one_build(task, code, declared, build, requests))
    json.dump(answers, sys.stdout)


def one_build(task, code, declared, build, requests):
    """Imports the file as it is imported in a build, and answers the requests."""
    words = set(build.split())
    stub.install(stub.Build(task["version"], "nccl" in words, "gpu" in words, "mpi" in words, declared))
    module = types.ModuleType(NAME)
    module.__package__, module.__file__ = "torch.distributed", task["file"]
    sys.modules[NAME] = module
    try:
        exec(code, vars(module))
    except Exception as error:  # noqa: BLE001: it is the answer to each request
        return [(build, request, f"import failed: {type(error).__name__}: {error}", []) for request in requests]
    package = sys.modules["torch.distributed"]
    package.distributed_c10d = module
    # `from .distributed_c10d import *` of the package: the file looks for `torch.distributed.is_nccl_available` there.
    vars(package).update({name: value for name, value in vars(module).items() if not name.startswith("_")})
    stub.entry_points(list(vars(module)))
    return [(build, request, *in_child(lambda request=request: answer(module, request))) for request in requests]


def answer(module, request):
    """Carries out a request, a line of Python; returns what its last call comes to, and what the bindings saw."""
    bindings.LOG.clear()
    try:
        return outcome(module, value_of(request, names(module))), bindings.LOG
    except Exception as error:  # noqa: BLE001: it is the outcome
        return f"{type(error).__name__}: {error}", bindings.LOG


def names(module):
    """What a request may call: short names for the functions of the file, a device and a plugin."""

    def register(name, **more):
        module.Backend.register_backend(name, plugin, **more)

    def plugin(*arguments):
        if len(arguments) == 4:
            return bindings.Plugin(*arguments)
        given, options = arguments  # `extended_api`
        return bindings.Plugin(given.store, given.group_rank, given.group_size, given.timeout, options)

    return {
        "init": module.init_process_group,
        "new_group": module.new_group,
        "barrier": module.barrier,
        "register": register,
        "cuda0": sys.modules["torch"].device("cuda", 0),
    }


def value_of(request, space):
    """Runs the statements of a request; returns the value of the last one."""
    *first, last = ast.parse(request).body
    exec(compile(ast.Module(first, []), "<request>", "exec"), space)
    return eval(compile(ast.Expression(last.value), "<request>", "eval"), space), ast.unparse(last.value.func)


def outcome(module, answered):
    """What a call has come to: `SAYS / RUNS`, or that the process is not in the group, or that a barrier passed."""
    group, called = answered
    if called == "barrier":
        return "passes"
    if called == "init":
        group = module._get_default_group() if hasattr(module, "_get_default_group") else module._default_pg
    if group == module.GroupMember.NON_GROUP_MEMBER:
        return "not a member"
    return f"{module.get_backend(group)} / {runs_on(group)}"


def runs_on(group):
    """The backends that a group runs on, by device since torch 2.0."""
    devices = getattr(group, "_by_device", None)
    if devices is None:
        return group.kind
    return ",".join(f"{device}:{backend.kind}" for device, backend in devices.items())


def in_child(work):
    """The result of a function that runs in a process of its own."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        code = 1
        try:
            with os.fdopen(theirs, "w") as pipe:
                json.dump(work(), pipe)
            code = 0
        except Exception:  # noqa: BLE001: whatever it was, the parent has to know
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    if status:
        raise ChildProcessError(f"a child ended with {os.waitstatus_to_exitcode(status)}")
    return json.loads(told)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable()
    main(sys.argv[1])
