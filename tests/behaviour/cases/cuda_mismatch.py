"""Debian's real torch 1.13 and a fake `nvcc`; of other releases the real check, with stand-ins for torch.

Debian's torch has no CUDA, so `torch.version.cuda` is set by the script.
"""

from harness import equal, holds
from scene import before_and_after, hand_edits, scene

NAME = "cuda-mismatch"
FILE = "torch/utils/cpp_extension.py"

# The whole module of a real torch; the compiler is not asked, since it is another check.
REAL = """
import sys, torch
torch.version.cuda = "11.7"
import torch.utils.cpp_extension as extension
assert extension.__file__.startswith(sys.argv[1]), extension.__file__
from torch.torch_version import TorchVersion
extension._check_cuda_version("g++", TorchVersion("10.2"))
"""

# The check as the release has it.
LIFTED = """
import logging, sys, types
from lift import lift
from pkg_resources import packaging
logging.basicConfig(format="%(levelname)s %(message)s")
file, home, method, cuda = sys.argv[1:]
torch = types.SimpleNamespace(version=types.SimpleNamespace(cuda=cuda))
names = ["CUDA_MISMATCH_MESSAGE", "CUDA_MISMATCH_WARN", "CUDA_NOT_FOUND_MESSAGE"]
stand_ins = dict(
    torch=torch, CUDA_HOME=home, IS_WINDOWS=False, SUBPROCESS_DECODE_ARGS=(), logger=logging.getLogger("torch"),
    packaging=packaging, Version=packaging.version.Version, TorchVersion=packaging.version.Version,
    VersionMap=dict, _is_binary_build=lambda: False, CUDA_GCC_VERSIONS={}, CUDA_CLANG_VERSIONS={},
)
if method == "method":
    class build_ext: pass
    space = lift(file, [*names, "BuildExtension"], build_ext=build_ext, **stand_ins)
    check = space["BuildExtension"]._check_cuda_version
    arguments = [None, "g++", packaging.version.Version("12.2")][: check.__code__.co_argcount]
else:
    space = lift(file, [*names, "_check_cuda_version"], **stand_ins)
    check, arguments = space["_check_cuda_version"], ["g++", packaging.version.Version("12.2")]
check(*arguments)
"""


def cuda_home(here, release):
    """A folder with an `nvcc` that says it is of a release of CUDA."""
    home = here.folder / f"cuda-{release}"
    nvcc = home / "bin/nvcc"
    nvcc.parent.mkdir(parents=True)
    nvcc.write_text(
        "#!/bin/sh\n"
        "echo 'nvcc: NVIDIA (R) Cuda compiler driver'\n"
        f"echo 'Cuda compilation tools, release {release}, V{release}.131'\n"
    )
    nvcc.chmod(0o755)
    return home


def run(checks, binary):
    """Runs the case."""
    real(checks, binary)
    # 1.10: without arguments; 1.12: with; 1.13: a function; 2.1: another `if`; 2.8: arguments of the exception.
    for version, kind in [
        ("1.10.2", "method"), ("1.12.1", "method"), ("1.13.1", "function"), ("2.1.2", "function"),
        ("2.7.1", "function"), ("2.8.0", "function"), ("2.15.0", "function"),
    ]:  # fmt: skip
        lifted(checks, binary, version, kind)
    old = "raise RuntimeError(CUDA_MISMATCH_MESSAGE.format(cuda_str_version, torch.version.cuda))"
    new = old.replace("raise RuntimeError", "warnings.warn")
    for version in ("1.11.0", "2.5.1"):
        hand_edits(checks, binary, NAME, "torch", version, [FILE], {"sed to warnings.warn": [(FILE, old, new)]})
    old = "raise RuntimeError(CUDA_MISMATCH_MESSAGE, cuda_str_version, torch.version.cuda)"
    new = old.replace("raise RuntimeError", "logger.warning")
    hand_edits(checks, binary, NAME, "torch", "2.9.1", [FILE], {"logger.warning": [(FILE, old, new)]})
    with checks.check("torch 2.9.1: the popular `sed` only trades the error there, and does not pass for the patch"):
        with scene(binary) as here:
            here.release("torch", "2.9.1", [FILE])
            here.edit(FILE, "raise RuntimeError(CUDA_MISMATCH_MESSAGE", "warnings.warn(CUDA_MISMATCH_MESSAGE")
            code, output = here.python(LIFTED, here.site / FILE, cuda_home(here, "12.4"), "function", "11.8")
            holds(code != 0 and "NameError: name 'warnings'" in output, f"expected a NameError:\n{output}")
            equal(here.torch_patch("apply", here.patch(NAME)).expect(4).json["error"]["code"], "drifted", "code")


def real(checks, binary):
    """A whole torch."""
    with scene(binary) as here:
        here.debian_torch()

        def program(release="12.4"):
            home = here.folder / f"cuda-{release}"
            home = home if home.exists() else cuda_home(here, release)
            return here.python(f"import os; os.environ['CUDA_HOME'] = {str(home)!r}\n{REAL}", here.site)

        def warns():
            code, output = program()
            holds("The detected CUDA version (12.4) mismatches" in output, f"expected a warning:\n{output}")
            return code, output

        before_and_after(checks, here, NAME, "Debian's torch 1.13", program, warns)
        with checks.check("Debian's torch 1.13, patched: a minor mismatch warns as before, a match says nothing"):
            here.torch_patch("apply", here.patch(NAME)).expect(0)
            code, output = program("11.8")
            holds(code == 0 and "minor version mismatch" in output and "mismatches" not in output, output)
            code, output = program("11.7")
            holds(code == 0 and "mismatch" not in output, output)


def lifted(checks, binary, version, kind):
    """The check of a release, run with stand-ins."""
    with scene(binary) as here:
        here.release("torch", version, [FILE])
        home = cuda_home(here, "12.4")

        def program(cuda="11.8"):
            return here.python(LIFTED, here.site / FILE, home, kind, cuda)

        def warns():
            code, output = program()
            holds("detected CUDA version (12.4) mismatches" in output, f"expected a warning:\n{output}")
            return code, output

        before_and_after(checks, here, NAME, f"torch {version} (stand-ins for torch)", program, warns)
