"""Lightning's own loader on Debian's real torch 1.13, whose `torch.load` has the default of torch 2.6."""

from harness import equal, holds
from scene import before_and_after, scene
from weights import PRELUDE, refuses_without_consent

NAME = "weights-only-lightning"
FILE = "lightning/fabric/utilities/cloud_io.py"
LITE = "lightning/lite/utilities/cloud_io.py"

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
    for version in ("1.8.0", "1.8.6", "1.9.5", "2.1.4", "2.6.0", "2.6.6"):
        file = LITE if version < "1.9" else FILE
        with scene(binary) as here:
            here.release("lightning", version, [file])
            here.installed("torch", "2.6.0")

            def program(here=here, file=file):
                return here.python(PROGRAM, here.site / file, path=False)

            refuses_without_consent(checks, here, NAME)
            before_and_after(checks, here, NAME, f"lightning {version}", program, program, ["--accept-risk"])
    with checks.check("lightning 2.5.6: loads all by itself, and the patch is not needed"), scene(binary) as here:
        here.release("lightning", "2.5.6", [FILE])
        here.installed("torch", "2.6.0")
        code, output = here.python(PROGRAM, here.site / FILE, path=False)
        holds(code == 0, output)
        equal(here.torch_patch("apply", here.patch(NAME), "--accept-risk").expect(0).outcome(NAME), "not-needed", "outcome")
