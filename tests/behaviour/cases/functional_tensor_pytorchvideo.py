"""pytorchvideo's import as it stands in the release, with the real module of torchvision 0.17 on Debian's torch 1.13."""

from cases.functional_tensor import PROGRAM, torchvision
from harness import equal
from scene import before_and_after, hand_edits, scene

NAME = "functional-tensor-pytorchvideo"
FILE = "pytorchvideo/transforms/augmentations.py"


def run(checks, binary):
    """Runs the case."""
    for version in ("0.1.2", "0.1.5"):
        with scene(binary) as here:
            here.release("pytorchvideo", version, [FILE])
            torchvision(here)

            def program(here=here):
                return here.python(PROGRAM, here.site / FILE, "affine")

            before_and_after(checks, here, NAME, f"pytorchvideo {version}", program, program)
    line = "import torchvision.transforms.functional_tensor as F_t\n"
    new = line.replace("functional_tensor", "_functional_tensor")
    hand_edits(
        checks, binary, NAME, "pytorchvideo", "0.1.5", [FILE], {"_functional_tensor": [(FILE, line, new)]}, "linux",
        [("torchvision", "0.17.0")],
    )  # fmt: skip
    with checks.check("pytorchvideo 0.1.5: `functional` in its place, which breaks `affine`, does not pass for the patch"):
        with scene(binary) as here:
            here.release("pytorchvideo", "0.1.5", [FILE])
            here.installed("torchvision", "0.17.0")
            here.edit(FILE, line, line.replace("functional_tensor", "functional"))
            equal(here.torch_patch("apply", here.patch(NAME)).expect(4).json["error"]["code"], "drifted", "code")
