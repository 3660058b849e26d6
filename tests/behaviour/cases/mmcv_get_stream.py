"""mmcv's `Scatter` as it stands in the release, with torch 2.1's own `_get_stream`, on Debian's real torch 1.13.

Without a GPU: one is made believed, streams are stand-ins, and nothing is copied to it.
"""

from harness import equal
from scene import before_and_after, hand_edits, scene

NAME = "mmcv-get-stream"
FILE = "mmcv/parallel/_functions.py"
TORCH = "torch/nn/parallel/_functions.py"

PROGRAM = """
import sys, torch
from lift import lift
torch.cuda.device_count = lambda: 2
torch.cuda.Stream = lambda device: f"stream {device}"
own = lift(sys.argv[2], ["_streams", "_get_stream"], torch=torch)
used = []
space = lift(sys.argv[1], ["Scatter", "get_input_device"], torch=torch, Tensor=torch.Tensor,
             _get_stream=own["_get_stream"], synchronize_stream=lambda *values: None,
             scatter=lambda input, devices, streams: used.append((devices, streams)) or [input])
space["Scatter"].forward([1], torch.ones(2))
assert used == [([1], ["stream 1"])], used
"""


def run(checks, binary):
    """Runs the case."""
    for version in ("1.3.17", "1.7.2"):
        with scene(binary) as here:
            here.release("mmcv-full", version, [FILE])
            here.release("torch", "2.1.0", [TORCH])

            def program(here=here):
                return here.python(PROGRAM, here.site / FILE, here.site / TORCH, path=False)

            before_and_after(checks, here, NAME, f"mmcv-full {version} (no GPU: streams are stand-ins)", program, program)
    with checks.check("mmcv-full 1.7.2 with torch 2.0: not needed"), scene(binary) as here:
        here.release("mmcv-full", "1.7.2", [FILE])
        here.installed("torch", "2.0.1")
        equal(here.torch_patch("apply", here.patch(NAME)).expect(0).outcome(NAME), "not-needed", "outcome")
    old = "_get_stream(device) for"
    forms = {
        form: [(FILE, old, f"_get_stream(torch.device({form})) for")]
        for form in ("'cuda', device", '"cuda", device', 'f"cuda:{device}"')
    }
    line = "            streams = [_get_stream(device) for device in target_gpus]\n"
    device = line.replace("(device)", '(torch.device("cuda", device))')
    forms["only of a number"] = [
        (FILE, old, '_get_stream(torch.device("cuda", device) if isinstance(device, int) else device) for')
    ]
    asked = "            if version.parse(torch.__version__) >= version.parse('2.1.0'):\n"
    forms["asked which torch it is"] = [(FILE, line, f"{asked}    {device}            else:\n    {line}")]
    asked = asked.replace(">=", "<")
    forms["asked which torch it is, the other way"] = [(FILE, line, f"{asked}    {line}            else:\n    {device}")]
    torch = [("torch", "2.1.0")]
    hand_edits(checks, binary, NAME, "mmcv-full", "1.7.2", [FILE], forms, "linux", torch, adopted=True)
