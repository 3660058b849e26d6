"""Lightning's own loader on Debian's real torch 1.13, whose `torch.load` has the default of torch 2.6."""

from harness import equal, holds
from scene import before_and_after, scene
from weights import PRELUDE, refuses_without_consent

NAME = "weights-only-pytorch-lightning"
FILE = "lightning_fabric/utilities/cloud_io.py"

PROGRAM = PRELUDE + """
import io, logging, pathlib
files = types.SimpleNamespace(open=open)
space = lift(sys.argv[1], ["_load"], torch=torch, get_filesystem=lambda path: files, log=logging.getLogger("x"),
             IO=None, _PATH=None, _MAP_LOCATION_TYPE=None)
is_whole(space["_load"](path))
is_whole(space["_load"](io.BytesIO(pathlib.Path(path).read_bytes())))
"""


def run(checks, binary):
    """Runs the case."""
    for version in ("1.9.5", "2.1.4", "2.6.0", "2.6.6"):
        with scene(binary) as here:
            here.release("pytorch-lightning", version, [FILE])
            here.installed("torch", "2.6.0")

            def program(here=here):
                return here.python(PROGRAM, here.site / FILE, path=False)

            refuses_without_consent(checks, here, NAME)
            before_and_after(checks, here, NAME, f"pytorch-lightning {version}", program, program, ["--accept-risk"])
    with checks.check("pytorch-lightning 2.5.6: loads all by itself, and the patch is not needed"), scene(binary) as here:
        here.release("pytorch-lightning", "2.5.6", [FILE])
        here.installed("torch", "2.6.0")
        code, output = here.python(PROGRAM, here.site / FILE, path=False)
        holds(code == 0, output)
        equal(here.torch_patch("apply", here.patch(NAME), "--accept-risk").expect(0).outcome(NAME), "not-needed", "outcome")
