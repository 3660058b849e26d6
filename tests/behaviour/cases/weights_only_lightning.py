"""Lightning's own loader on Debian's real torch 1.13, whose `torch.load` has the default of torch 2.6."""

from harness import equal, holds
from scene import before_and_after, hand_edits, scene
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
    line = "return torch.load(f, map_location=map_location)"
    forms = {"the argument in the call that loads files": [(FILE, line, line.replace("n)", "n, weights_only=False)"))]}
    torch = [("torch", "2.6.0")]
    for version in ("1.9.5", "2.1.4"):
        hand_edits(checks, binary, NAME, "lightning", version, [FILE], forms, "linux", torch, adopted=True)
    call = "            map_location=map_location,  # type: ignore[arg-type]\n            weights_only=weights_only,\n        )\n\n\ndef"
    default = "    weights_only: Optional[bool] = None,\n) -> Any:\n    \"\"\"Loads a checkpoint."
    forms = {
        "the argument in the call that loads files": [(FILE, call, call.replace("=weights_only", "=False"))],
        "the default": [(FILE, default, default.replace("None", "False"))],
    }
    for version in ("2.6.0", "2.6.6"):
        hand_edits(checks, binary, NAME, "lightning", version, [FILE], forms, "linux", torch, adopted=True)
