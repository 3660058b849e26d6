"""Debian's real torch 1.13 and a fake `nvcc`; of other releases the real check, with stand-ins for torch."""

from cases.cuda_mismatch import LIFTED, REAL, cuda_home
from harness import equal, holds
from scene import FILES, bad_edits, damaged_and_repaired, scene

NAME = "cuda-check-pass"
FILE = FILES[NAME]
FORMAT = "raise RuntimeError(CUDA_MISMATCH_MESSAGE.format(cuda_str_version, torch.version.cuda))"
ARGUMENTS = "raise RuntimeError(CUDA_MISMATCH_MESSAGE, cuda_str_version, torch.version.cuda)"


def run(checks, binary):
    """Runs the case."""
    real(checks, binary)
    for version, kind, old in [
        ("1.10.2", "method", FORMAT), ("1.12.1", "method", FORMAT), ("2.0.1", "function", FORMAT),
        ("2.1.2", "function", FORMAT), ("2.8.0", "function", ARGUMENTS), ("2.15.0", "function", ARGUMENTS),
    ]:  # fmt: skip
        lifted(checks, binary, version, kind, old)
    for version, old in [("1.13.1", FORMAT), ("2.5.1", FORMAT), ("2.9.1", ARGUMENTS)]:
        forms = [(old, "pass"), (old, f"# {old}\n            pass"), (old, f"pass  # {old}")]
        bad_edits(checks, binary, NAME, version, forms)
    with checks.check("torch 2.5.1: `cuda-mismatch` on such a file says what helps first, and both go in one request"):
        with scene(binary) as here:
            here.release("torch", "2.5.1", [FILE])
            here.edit(FILE, FORMAT, "pass")
            answer = here.torch_patch("apply", "cuda-mismatch").expect(4)
            equal(answer.json["error"]["details"]["repairs"], [NAME], "the repairs that are named")
            here.torch_patch("apply", "cuda-mismatch", NAME).expect(0)
            equal(here.torch_patch("status", "cuda-mismatch").expect(0).outcome("cuda-mismatch"), "applied", "state")


def hides(code, output):
    """That nothing tells of the mismatch, and the warning understates it."""
    holds(code == 0 and "mismatches" not in output, f"expected a build that goes on in silence:\n{output}")
    return code, output


def refuses(code, output):
    """That the check does what it is there for: its exit code is turned round."""
    return int(not (code != 0 and "mismatches the version" in output)), output


def real(checks, binary):
    """A whole torch."""
    with scene(binary) as here:
        here.debian_torch()
        home = cuda_home(here, "12.4")

        def program():
            return here.python(f"import os; os.environ['CUDA_HOME'] = {str(home)!r}\n{REAL}", here.site)

        def damage():
            here.edit(FILE, FORMAT, "pass")

        damaged_and_repaired(
            checks, here, NAME, "Debian's torch 1.13", damage,
            lambda: hides(*program()), lambda: refuses(*program()), proven=False,
        )  # fmt: skip


def lifted(checks, binary, version, kind, old):
    """The check of a release, run with stand-ins."""
    with scene(binary) as here:
        here.release("torch", version, [FILE])
        home = cuda_home(here, "12.4")

        def program():
            return here.python(LIFTED, here.site / FILE, home, kind, "11.8")

        def damage():
            here.edit(FILE, old, "pass")

        damaged_and_repaired(
            checks, here, NAME, f"torch {version} (stand-ins for torch)", damage,
            lambda: hides(*program()), lambda: refuses(*program()), proven=True,
        )  # fmt: skip
