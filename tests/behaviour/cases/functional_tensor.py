"""BasicSR's import as it stands in the release, with the real module of torchvision 0.17 on Debian's real torch 1.13.

A stand-in for `torchvision.transforms.functional` hands on the real function, since the rest of it needs Pillow.
"""

from harness import equal, holds
from scene import before_and_after, hand_edits, scene

NAME = "functional-tensor"
FILE = "basicsr/data/degradations.py"
REAL = "torchvision/transforms/_functional_tensor.py"

PROGRAM = """
import ast, pathlib, sys, torch
file, name = sys.argv[1:]
space = {}
for node in ast.parse(pathlib.Path(file).read_text()).body:
    if "functional_tensor" in ast.unparse(node) and isinstance(node, (ast.Import, ast.ImportFrom, ast.Try)):
        exec(compile(ast.Module([node], []), file, "exec"), space)
if name == "rgb_to_grayscale":
    gray = space[name](torch.ones(1, 3, 2, 2))
    assert gray.shape == (1, 1, 2, 2) and torch.allclose(gray, torch.ones(1, 1, 2, 2), atol=1e-3), gray
else:
    matrix = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    moved = space["F_t"].affine(torch.ones(1, 3, 4, 4), matrix=matrix, interpolation="bilinear", fill=[0.0, 0.0, 0.0])
    assert torch.allclose(moved, torch.ones(1, 3, 4, 4)), moved
"""


def torchvision(here):
    """The real module of torchvision 0.17, below empty packages."""
    here.release("torchvision", "0.17.0", [REAL])
    here.write("torchvision/__init__.py", "")
    here.write("torchvision/transforms/__init__.py", "")
    here.write("torchvision/transforms/functional.py", "from ._functional_tensor import rgb_to_grayscale\n")


def run(checks, binary):
    """Runs the case."""
    for version in ("1.3.3.10", "1.3.5", "1.4.2"):
        with scene(binary) as here:
            here.release("basicsr", version, [FILE])
            torchvision(here)

            def program(here=here):
                return here.python(PROGRAM, here.site / FILE, "rgb_to_grayscale")

            before_and_after(checks, here, NAME, f"basicsr {version}", program, program)
    for title, version, other in (
        ("1.4.2 with torchvision 0.16", "1.4.2", "0.16.2"), ("1.3.3.3 has no such module", "1.3.3.3", "0.17.0"),
    ):  # fmt: skip
        with checks.check(f"basicsr {title}: not needed"), scene(binary) as here:
            here.release("basicsr", version, [FILE if version == "1.4.2" else "basicsr/__init__.py"])
            here.installed("torchvision", other)
            holds(not version.startswith("1.3") or not (here.site / FILE).exists(), f"`{FILE}` is there")
            equal(here.torch_patch("apply", here.patch(NAME)).expect(0).outcome(NAME), "not-needed", "outcome")
    line = "from torchvision.transforms.functional_tensor import rgb_to_grayscale\n"
    new = "from torchvision.transforms.functional import rgb_to_grayscale\n"
    forms = {
        "functional": [(FILE, line, new)],
        "_functional_tensor": [(FILE, line, line.replace("functional_tensor", "_functional_tensor"))],
        "tried": [(FILE, line, f"try:\n    {line}except ImportError:\n    {new}")],
    }
    hand_edits(checks, binary, NAME, "basicsr", "1.4.2", [FILE], forms, "linux", [("torchvision", "0.17.0")])
