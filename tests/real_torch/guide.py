"""What the set-up guides start in the end: ColossalAI's benchmark, on the torch that they install.

ColossalAI 0.2.5 is the real one, installed by pip from its source distribution, and no file of it is changed. As the
guides have it, `colossalai benchmark --gpus 1` dies in `colossalai.launch`; with the patch the launch succeeds, and the
benchmark goes on to its first `.cuda()`, where a machine without a GPU ends. To see the rest of it, `cpu_for_cuda` maps
what the benchmark wants of a GPU to the CPU; which mappings were used is printed, and no other exists.
"""

import ast
import collections
import json
import re

from harness import TorchPatch, equal, holds, section

PATCH = "gloo-windows"
GUIDE_ERROR = "RuntimeError: Distributed package doesn't have NCCL built in"
COLOSSALAI = "colossalai==0.2.5 --hash=sha256:a78da2622cd78b49561e5b8b177a1ae06f1bf4a01f142551a364e7ead47aba14\n"
# Its own requirements with theirs; it needs numpy 1 and pydantic 1, and is installed by a setuptools of its time.
NEEDED = (
    "bcrypt==5.0.0", "cffi==2.1.1", "click==8.5.1", "contexttimer==0.3.3", "cryptography==50.0.2", "decorator==5.3.1",
    "deprecated==1.3.1", "fabric==3.2.3", "invoke==2.2.1", "markdown-it-py==4.3.0", "mdurl==0.1.2", "ninja==1.13.2",
    "packaging==26.4", "paramiko==5.1.0", "psutil==7.2.2", "pycparser==3.11", "pydantic==1.10.27", "pygments==2.21.0",
    "pynacl==1.6.2", "rich==15.0.0", "setuptools==69.5.1", "tqdm==4.70.1", "wheel==0.45.1", "wrapt==2.5.2",
)  # fmt: skip
# The words of the guides, to which these are added where it runs to its end: smaller tensors, fewer steps. Without them
# that takes two minutes on two cores.
BENCHMARK = ("benchmark", "--gpus", "1")
SHORT = ("-d", "64", "-s", "16", "-w", "1", "-p", "2")
LAUNCH = """
import colossalai, torch
colossalai.launch(config={}, rank=0, world_size=1, host="localhost", port=colossalai.utils.free_port())
print("launched on", torch.distributed.get_backend())
"""
FIRST_CUDA = "in get_batch_data\n    data = torch.rand(batch_size, seq_length, dim).cuda()\n"
MAPPED = {
    "device of empty", "torch.Tensor.cuda", "torch.cuda.current_device", "torch.cuda.device_count",
    "torch.cuda.empty_cache", "torch.cuda.get_rng_state", "torch.cuda.is_available", "torch.cuda.manual_seed",
    "torch.cuda.reset_peak_memory_stats", "torch.cuda.set_device", "torch.cuda.set_rng_state", "torch.cuda.synchronize",
}  # fmt: skip


def install(torch):
    """ColossalAI with what it needs; its `setup.py` imports torch, so that has to be importable."""
    torch.pip(*NEEDED)
    pinned = torch.prefix / "colossalai.txt"
    pinned.write_text(COLOSSALAI)
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--require-hashes", "--requirement")
    code, said = torch.run(torch.python, "-m", "pip", "install", *options, pinned)
    holds(code == 0, f"pip: exit {code}\n{said}")


def colossalai(torch, *words, **options):
    """Runs its command; returns the exit code and what it said."""
    return torch.run(torch.prefix / "bin/colossalai", *words, **options)


def dies_in_launch(torch, *words, **options):
    """Raises unless the benchmark ends with the guides' error, and in `colossalai.launch`."""
    code, said = colossalai(torch, *words, **options)
    said = re.sub(r"^mapped in process .*\n", "", said, flags=re.MULTILINE)
    holds(code != 0 and said.rstrip().endswith(GUIDE_ERROR), f"expected `{GUIDE_ERROR}` last, exit {code}:\n{said}")
    holds(re.search(r'colossalai/initialize\.py", line \d+, in launch\n', said), f"not in `launch`:\n{said}")


def reaches_the_gpu(torch):
    """Raises unless the benchmark has passed its launch, and ends at the first thing that it wants of a GPU."""
    code, said = colossalai(torch, *BENCHMARK)
    holds(code != 0 and FIRST_CUDA in said, f"expected the first `.cuda()`, exit {code}:\n{said}")
    holds("in launch\n" not in said and GUIDE_ERROR not in said, f"the launch failed:\n{said}")
    holds("torch._C._cuda_init()\nRuntimeError: " in said, f"torch does not say that there is no GPU:\n{said}")


def ends(torch, words):
    """Raises unless the benchmark ends, with a result for each way to share the work; returns the mappings used."""
    code, said = colossalai(torch, *words, hook="cpu_for_cuda", timeout=1800)
    holds(code == 0, f"expected exit 0, found {code}:\n{said}")
    gpus = words[2]
    number = r"(\d+\.\d+(?:e-\d+)?)"
    results = re.findall(
        rf"=== size: {gpus}, mode: (\w+) ===\nAverage forward time: {number}\nAverage backward time: {number}\n"
        rf"Max allocated GPU memory: {number}\nMax cached GPU memory: {number}\n",
        said,
    )
    equal([mode for mode, *_ in results], ["None", "1d"], "results")
    for _, forward, backward, *memory in results:
        holds(float(forward) > 0 and float(backward) > 0, f"no time went by: {results}")
        equal([float(each) for each in memory], [0, 0], "GPU memory, of which there is none")
    used = collections.Counter()
    for told in re.findall(r"^mapped in process \d+: (\{.*\})$", said, re.MULTILINE):
        used.update(ast.literal_eval(told))
    equal(set(used), MAPPED, "mappings that were used")
    return used


def doctor(torch, binary):
    """What `doctor --run` finds about ColossalAI, and what came of each probe; NCCL is hidden from these."""
    code, said = torch.run(binary, "doctor", "--run", "--json", "--env", torch.prefix)
    diagnosis = json.loads(said)["diagnosis"]
    equal(code, 10, "exit code: the benchmark needs a GPU")
    told = [(own["level"], own["message"]) for own in diagnosis["findings"] if own["topic"] == "colossalai"]
    return told, {own["name"]: (own["ok"], own["said"]) for own in diagnosis["probes"]}


def as_installed(torch_patch):
    """Raises unless every file of torch and ColossalAI is as pip has installed it."""
    answer = torch_patch("verify", "torch", "colossalai", "--all").expect(0)
    for verified in answer.json["verified"]:
        equal((verified["has_record"], verified["findings"]), (True, []), verified["distribution"])
    equal(len(answer.json["verified"]), 2, "packages compared")


def whole_guide(checks, binary, torch):
    """The same, and the benchmark to its end by the words of the guides alone."""
    guide(checks, binary, torch, [BENCHMARK])


def guide(checks, binary, torch, more=()):
    """From the error to the end of the benchmark, and back; `more` are command lines that have to reach it besides."""
    torch_patch = TorchPatch(binary, ["--env", torch.prefix])
    section(f"ColossalAI 0.2.5 on torch {torch.release.build}: the words of the guides")
    installed = False
    with checks.check("pip installs it from its source distribution"):
        install(torch)
        as_installed(torch_patch)
        installed = True
    if not installed:
        return
    with checks.check("`colossalai check -i` reports ColossalAI 0.2.5 and PyTorch 1.13.1 for CUDA 11.7"):
        code, said = colossalai(torch, "check", "-i")
        holds(code == 0, f"exit {code}:\n{said}")
        wanted = ("Colossal-AI version: 0.2.5", "PyTorch version: 1.13.1", "CUDA version required by PyTorch: 11.7")
        for line in wanted:
            holds(f"{line}\n" in said, f"expected `{line}` in:\n{said}")
    with checks.check("unpatched, `colossalai benchmark --gpus 1` dies in `colossalai.launch` with the guides' error"):
        dies_in_launch(torch, *BENCHMARK)
    with checks.check("unpatched, the mapping to the CPU hides nothing: the same error"):
        dies_in_launch(torch, *BENCHMARK, *SHORT, hook="cpu_for_cuda")
    with checks.check(
        "`torch-patch doctor --run` knows the guides' command, misses what was left out, and meets the error"
    ):
        told, probes = doctor(torch, binary)
        # It asks for pre-commit and never imports it: left out here.
        missing = ("attention", "ColossalAI 0.2.5 needs what is not here: pre-commit")
        found = ("ok", "ColossalAI 0.2.5 has the guide's command, `colossalai benchmark --gpus 1`")
        equal(told, [found, missing], "ColossalAI")
        equal(set(probes.values()), {(False, GUIDE_ERROR)}, "what came of the probes")
        equal(len(probes), 4, "probes")
    with checks.check("`torch-patch apply gloo-windows`"):
        equal(torch_patch("apply", PATCH).expect(0).outcome(PATCH), "applied", "outcome")
    with checks.check("patched, `colossalai.launch` with its default, NCCL, succeeds on gloo"):
        holds("launched on gloo" in torch.ask(LAUNCH), "not on gloo")
    with checks.check("patched, `colossalai benchmark --gpus 1` goes on to its first `.cuda()`: there is no GPU"):
        reaches_the_gpu(torch)
    with checks.check("patched, `torch-patch doctor --run` gets gloo three times, and meets the missing GPU"):
        _, probes = doctor(torch, binary)
        ok, said = probes.pop("colossalai")
        holds(not ok and "NVIDIA driver" in said, said)
        right = (True, "answered by gloo, the sum is right")
        equal(probes, {name: right for name in ("one-process", "two-processes", "torchrun")}, "probes")
    for words in ((*BENCHMARK, *SHORT), ("benchmark", "--gpus", "2", *SHORT), *more):
        used = {}
        with checks.check(
            f"patched, with the GPU mapped to the CPU, `colossalai {' '.join(words)}` ends with its results"
        ):
            used = ends(torch, words)
        print("          mapped: " + ", ".join(f"{name} ({count})" for name, count in sorted(used.items())))
    with checks.check("reverted, torch and ColossalAI are as pip has installed them, and the error is back"):
        equal(torch_patch("revert", PATCH).expect(0).outcome(PATCH), "reverted", "outcome")
        as_installed(torch_patch)
        dies_in_launch(torch, *BENCHMARK)
