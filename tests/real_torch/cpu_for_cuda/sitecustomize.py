"""Lets a program that was written for one GPU run on the CPU, without NCCL: put this folder on PYTHONPATH.

What it maps is in `CUDA` and in `OnTheCpu`, and nothing else is. Everything is in memory: no file of torch or of the
program is changed. At the end each process says on stderr which of the mappings were used, and how often.
"""

import atexit
import collections
import functools
import os
import pathlib
import runpy
import sys

runpy.run_path(str(pathlib.Path(__file__).resolve().parents[1] / "without_nccl/sitecustomize.py"))

import torch  # noqa: E402
from torch.overrides import TorchFunctionMode  # noqa: E402

USED = collections.Counter()

# One device, number 0, which is the CPU: its random numbers are the CPU's, it is never behind, and it has no memory
# of its own to give back or to count.
CUDA = {
    "is_available": lambda: True,
    "device_count": lambda: 1,
    "current_device": lambda: 0,
    "set_device": lambda device: None,
    "get_rng_state": lambda device="cuda": torch.get_rng_state(),
    "set_rng_state": lambda state, device="cuda": torch.set_rng_state(state),
    "manual_seed": lambda seed: torch.default_generator.manual_seed(seed) and None,
    "synchronize": lambda device=None: None,
    "empty_cache": lambda: None,
    "reset_peak_memory_stats": lambda device=None: None,
}


def counted(name, function):
    """The function, counting its calls."""

    @functools.wraps(function)
    def call(*arguments, **named):
        USED[name] += 1
        return function(*arguments, **named)

    return call


class OnTheCpu(TorchFunctionMode):
    """`tensor.cuda()` is the tensor itself, and whatever is asked for on a CUDA device is made on the CPU."""

    def __torch_function__(self, function, types, arguments=(), named=None):
        if function is torch.Tensor.cuda:
            USED["torch.Tensor.cuda"] += 1
            return arguments[0]
        named = dict(named or {})
        device = named.get("device")
        if device is not None and torch.device(device).type == "cuda":
            USED[f"device of {function.__name__}"] += 1
            named["device"] = torch.device("cpu")
        return function(*arguments, **named)


for each, stand_in in CUDA.items():
    setattr(torch.cuda, each, counted(f"torch.cuda.{each}", stand_in))
OnTheCpu().__enter__()


@atexit.register
def tell():
    if USED:
        print(f"mapped in process {os.getpid()}: {dict(sorted(USED.items()))}", file=sys.stderr, flush=True)
