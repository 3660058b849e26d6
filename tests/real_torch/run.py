#!/usr/bin/env python3
"""The main job on PyPI's own builds of torch for Linux, with two processes on loopback, as on Windows without NCCL.

For each release: a fresh environment with the wheel, its `RECORD` proven; unpatched, every request for NCCL fails with
the error of the set-up guides; after `torch-patch apply gloo-windows` each of them trains on gloo; after `revert` the
bytes are those of the wheel, and the error is back. With NCCL in its place, the patch changes nothing.

    tests/real_torch/run.py [VERSION|guide|whole-guide]… | all

`guide` is what the guides start then, ColossalAI's benchmark, on the release that they install (`guide.py`), and
`whole-guide` has it run at full length, too. By default the newest release, the guides' one, and `guide`; `all` is
every release and `whole-guide`.

What is real: wheels, Python, processes, sockets, gloo, and `torch-patch`. What is not: CUDA's libraries are stubs that
say there is no GPU (`stubs.py`), and NCCL's bindings are hidden (`without_nccl`). Needs Linux on x86-64, gcc, readelf,
CPython 3.11 and 3.10 (`releases.py` says where they are looked for), and 3 GB in the temporary folder.
`TORCH_PATCH` names the binary (default: the release build).
"""

import dataclasses
import pathlib
import re
import sys
import tempfile
import time

from releases import GUIDE, NEWEST, RELEASES  # first: it makes `harness` findable

from harness import REPOSITORY, Checks, TorchPatch, binary_under_test, equal, holds, section, sha256, stop_by_exception
from guide import guide, whole_guide
from installed import Installed

PATCH = "gloo-windows"
TARGET = "torch/distributed/distributed_c10d.py"
GUIDE_ERROR = "Distributed package doesn't have NCCL built in"
TWO_RANKS = REPOSITORY / "tests/e2e/two_ranks.py"
GUIDES = {"guide": guide, "whole-guide": whole_guide}


@dataclasses.dataclass
class Request:
    """A way to ask for NCCL: how `two_ranks.py` is told, what the group's backend is then, and in which releases."""

    title: str
    options: list
    backend: str = "gloo"
    since: tuple = (1,)
    before: tuple = (99,)
    # The backend of a group that exists before `new_group(backend="nccl")` fails, without the patch.
    first: str = None


CUDA = "as if there were a GPU"
REQUESTS = [
    Request('init_process_group("nccl")', []),
    Request('init_process_group("gloo"), new_group(backend="nccl")', ["--request=gloo"], first="gloo"),
    # Without a word, 2.0 asks NCCL and gloo; then torch asks those that there are, and later the one for the device.
    Request("init_process_group()", ["--request=none"], since=(2, 0), before=(2, 1)),
    Request("init_process_group()", ["--request=none"], "undefined", since=(2, 1), first="undefined"),
    Request(f"init_process_group(), {CUDA}", ["--request=none", "--cuda"], since=(2, 0), before=(2, 1)),
    Request(
        f"init_process_group(), {CUDA}", ["--request=none", "--cuda"], since=(2, 1), before=(2, 6), first="undefined"
    ),
    Request(f"init_process_group(), {CUDA}", ["--request=none", "--cuda"], since=(2, 6)),
    Request(f'init_process_group("nccl"), {CUDA}', ["--cuda"]),
    Request(
        'init_process_group("cpu:gloo,cuda:nccl")', ["--request=cpu:gloo,cuda:nccl"], "cpu:gloo,cuda:gloo", since=(2, 0)
    ),
    # From 2.10 on torch itself counts the GPUs before.
    Request(
        'init_process_group("nccl", device_id="cuda:0")', ["--cuda", "--device-id"], since=(2, 3), before=(2, 10)
    ),
    Request("torchrun --nproc_per_node 2", ["--torchrun=torchrun --nproc_per_node 2"], before=(2, 0)),
    Request("torchrun --nproc-per-node 2", ["--torchrun=torchrun --nproc-per-node 2"], since=(2, 0)),
]  # fmt: skip


def requests_of(version):
    """What can be asked of a release."""
    number = tuple(int(part) for part in version.split("."))
    return [request for request in REQUESTS if request.since <= number < request.before]


def fails_as_in_the_guide(torch, request):
    """Raises unless both ranks fail, for the reason that the patch is for, where they are expected to."""
    code, said = torch.run(torch.python, TWO_RANKS, *request.options)
    holds(code != 0 and GUIDE_ERROR in said, f"expected the guide's error, found exit {code}:\n{said}")
    made = re.findall(r"init_process_group made (\S+)", said)
    equal(set(made), {request.first} if request.first else set(), f"groups before the error, in\n{said}")


def trains(torch, request):
    """Raises unless both ranks reduce, share objects, make groups and train on gloo, with this torch."""
    code, said = torch.run(torch.python, TWO_RANKS, *request.options)
    holds(code == 0, f"expected exit 0, found {code}:\n{said}")
    origin = f"torch {torch.release.build} from {torch.site}/torch/__init__.py, backend {request.backend}\n"
    for line in (origin, "equal weights on both ranks"):
        holds(line in said, f"expected `{line.strip()}` in:\n{said}")


def refusal(torch):
    """What torch with its NCCL says, on a machine without a GPU."""
    code, said = torch.run(torch.python, TWO_RANKS, hook=None)
    lines = re.findall(r"^(?:\[rank\d\]: )?(\w+Error: .*)$", said, re.MULTILINE)
    holds(
        code != 0 and lines and GUIDE_ERROR not in said, f"expected an error without a GPU, found exit {code}:\n{said}"
    )
    return lines[0]


def compared(torch_patch, expected):
    """Raises unless every file of torch is the wheel's by its RECORD, but for the `expected` ones and their state."""
    answer = torch_patch("verify", "torch", "--all").expect(0)
    (verified,) = answer.json["verified"]
    holds(verified["has_record"] and verified["checked"] > 9000, f"too little was compared: {verified}")
    found = [(finding["path"], finding["state"]) for finding in verified["findings"]]
    equal(found, expected, "findings of `verify --all`")


def main_job(checks, binary, torch):
    """From the error to the error."""
    torch_patch = TorchPatch(binary, ["--env", torch.prefix])
    target = torch.site / TARGET
    original, mode = target.read_bytes(), target.stat().st_mode
    requests = requests_of(torch.version)

    with checks.check("every file is that of the wheel, by its RECORD"):
        compared(torch_patch, [])
    with checks.check("torch finds no GPU; NCCL is in the build, and hidden"):
        asked = "import torch as t; print(t.__version__, t.cuda.is_available(), t.distributed.is_nccl_available())"
        equal(torch.ask(asked, hook=None), f"{torch.release.build} False True", "torch with its NCCL")
        equal(torch.ask(asked), f"{torch.release.build} False False", "torch with NCCL hidden")
    with checks.check(
        "doctor tells its build and that NCCL is in it, from its files, and that nothing needs attention"
    ):
        diagnosis = torch_patch("doctor").expect(0).json["diagnosis"]
        cuda = torch.release.build.split("+cu")[1]
        wanted = {"version": torch.release.build, "cuda": f"{cuda[:-1]}.{cuda[-1]}", "nccl": True, "gloo": True}
        equal(diagnosis["torch"], wanted, "the build")
    for request in requests:
        with checks.check(f"unpatched, {request.title}: the guide's error"):
            fails_as_in_the_guide(torch, request)
    with_nccl = None
    with checks.check("unpatched, with NCCL in its place: another error, for want of a GPU"):
        with_nccl = refusal(torch)
    print(f"          {with_nccl}")
    with checks.check("apply changes the one file, and every other is still that of the wheel"):
        result = torch_patch("apply", PATCH).expect(0).result(PATCH)
        equal((result["outcome"], result["version"]), ("applied", torch.version), "outcome and version")
        equal([file["path"] for file in result["files"]], [TARGET], "files")
        equal(result["files"][0]["before"], f"sha256:{sha256(original)}", "before")
        equal(result["files"][0]["after"], f"sha256:{sha256(target.read_bytes())}", "after")
        compared(torch_patch, [(TARGET, "patched")])
    for request in requests:
        with checks.check(f"patched, {request.title}: trains on gloo, backend {request.backend}"):
            trains(torch, request)
    with checks.check("patched, with NCCL in its place: the same error as before"):
        equal(refusal(torch), with_nccl, "error of torch with its NCCL")
    with checks.check("status says applied"):
        equal(torch_patch("status", PATCH, "--exit-code").expect(0).outcome(PATCH), "applied", "state")
    with checks.check("revert: every file is that of the wheel, and no `.torch-patch` is left"):
        equal(torch_patch("revert", PATCH).expect(0).outcome(PATCH), "reverted", "outcome")
        equal((target.read_bytes(), target.stat().st_mode), (original, mode), "content and mode")
        compared(torch_patch, [])
        holds(not (torch.site / ".torch-patch").exists(), "`.torch-patch` exists after `revert`")
    with checks.check("reverted: the guide's error is back"):
        fails_as_in_the_guide(torch, requests[0])


def release(checks, binary, version, parts):
    """Everything about one release, in an environment of its own."""
    wanted = RELEASES[version]
    started = time.monotonic()
    section(f"torch {wanted.build} from PyPI, for Linux and CPython {wanted.python}")
    with tempfile.TemporaryDirectory(prefix="torch-patch-real-") as folder:
        torch = None
        with checks.check("pip installs the wheel into a fresh environment; stubs are made of what it lacks"):
            torch = Installed(version, pathlib.Path(folder))
        if torch:
            print(f"          {len(torch.stubs)} stubs: {' '.join(torch.stubs)}")
            for part in parts:
                part(checks, binary, torch)
    print(f"  {time.monotonic() - started:.0f} s", flush=True)


def main(names):
    """Runs the named releases."""
    names = [*RELEASES, "whole-guide"] if names == ["all"] else names or [NEWEST, GUIDE, "guide"]
    unknown = [name for name in names if name not in {*RELEASES, *GUIDES}]
    if unknown:
        sys.exit(f"unknown {unknown}, expected `all` or some of {[*RELEASES, *GUIDES]}")
    binary = binary_under_test()
    stop_by_exception()
    checks = Checks()
    for version in RELEASES:
        parts = [main_job] if version in names else []
        if version == GUIDE:
            parts += [part for name, part in GUIDES.items() if name in names]
        if parts:
            release(checks, binary, version, parts)
    print()
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
