"""The module of timm that fails, on Debian's real torch 1.13, which lacks the name as every torch from 1.9 on does."""

from harness import equal, holds
from scene import before_and_after, hand_edits, scene

NAME = "timm-container-abcs"
HELPERS = "timm/models/layers/helpers.py"
CONVOLUTION = "timm/models/conv2d_layers.py"

PROGRAM = """
import importlib.util, sys, torch
assert torch.__version__.startswith("1.13"), torch.__version__
spec = importlib.util.spec_from_file_location("module", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
pair = getattr(module, "to_2tuple", None) or module._ntuple(2)
assert pair(3) == (3, 3) and pair((1, 2)) == (1, 2)
"""
LINE = "from torch._six import container_abcs\n"
NEW = "import collections.abc as container_abcs\n"
VERSIONS = (
    "import torch\nTORCH_MAJOR = int(torch.__version__.split('.')[0])\n"
    "TORCH_MINOR = int(torch.__version__.split('.')[1])\n"
    "if TORCH_MAJOR == 1 and TORCH_MINOR < 8:\n    from torch._six import container_abcs\n"
    "else:\n    import collections.abc as container_abcs\n"
)


def run(checks, binary):
    """Runs the case."""
    for version, file in (("0.1.16", CONVOLUTION), ("0.1.18", HELPERS), ("0.3.2", HELPERS), ("0.3.4", HELPERS)):
        with scene(binary) as here:
            here.release("timm", version, [file])
            here.installed("torch", "1.13.1")

            def program(here=here, file=file):
                return here.python(PROGRAM, here.site / file, path=False)

            before_and_after(checks, here, NAME, f"timm {version}", program, program)
    with checks.check("timm 0.4.5: fixed there, and the patch is not needed"), scene(binary) as here:
        here.release("timm", "0.4.5", [HELPERS])
        here.installed("torch", "1.13.1")
        code, output = here.python(PROGRAM, here.site / HELPERS, path=False)
        holds(code == 0, output)
        equal(here.torch_patch("apply", here.patch(NAME)).expect(0).outcome(NAME), "not-needed", "outcome")
    with checks.check("timm 0.3.2 with torch 1.8: not needed"), scene(binary) as here:
        here.release("timm", "0.3.2", [HELPERS])
        here.installed("torch", "1.8.1")
        equal(here.torch_patch("apply", here.patch(NAME)).expect(0).outcome(NAME), "not-needed", "outcome")
    forms = {
        "the new import": [(HELPERS, LINE, NEW)],
        "by the version of torch": [(HELPERS, LINE, VERSIONS)],
        "tried": [(HELPERS, LINE, f"try:\n    {LINE}except ImportError:\n    {NEW}")],
    }
    hand_edits(checks, binary, NAME, "timm", "0.3.2", [HELPERS], forms, "linux", [("torch", "1.13.1")])
