"""Lightning Fabric's own loader on Debian's real torch 1.13, whose `torch.load` has the default of torch 2.6."""

from harness import equal, holds
from scene import before_and_after, hand_edits, scene
from weights import refuses_without_consent

from cases.weights_only_lightning import PROGRAM

NAME = "weights-only-lightning-fabric"
FILE = "lightning_fabric/utilities/cloud_io.py"


def run(checks, binary):
    """Runs the case."""
    for version in ("1.9.0", "2.1.4", "2.6.0", "2.6.6"):
        with scene(binary) as here:
            here.release("lightning-fabric", version, [FILE])
            here.installed("torch", "2.6.0")

            def program(here=here):
                return here.python(PROGRAM, here.site / FILE, path=False)

            refuses_without_consent(checks, here, NAME)
            before_and_after(checks, here, NAME, f"lightning-fabric {version}", program, program, ["--accept-risk"])
    with checks.check("lightning-fabric 2.5.6: loads all by itself, and the patch is not needed"), scene(binary) as here:
        here.release("lightning-fabric", "2.5.6", [FILE])
        here.installed("torch", "2.6.0")
        code, output = here.python(PROGRAM, here.site / FILE, path=False)
        holds(code == 0, output)
        equal(here.torch_patch("apply", here.patch(NAME), "--accept-risk").expect(0).outcome(NAME), "not-needed", "outcome")
    line = "return torch.load(f, map_location=map_location)"
    forms = {"the argument in the call that loads files": [(FILE, line, line.replace("n)", "n, weights_only=False)"))]}
    torch = [("torch", "2.6.0")]
    for version in ("1.9.0", "2.1.4"):
        hand_edits(checks, binary, NAME, "lightning-fabric", version, [FILE], forms, "linux", torch, adopted=True)
    call = "            map_location=map_location,  # type: ignore[arg-type]\n            weights_only=weights_only,\n        )\n\n\ndef"
    default = "    weights_only: Optional[bool] = None,\n) -> Any:\n    \"\"\"Loads a checkpoint."
    forms = {
        "the argument in the call that loads files": [(FILE, call, call.replace("=weights_only", "=False"))],
        "the default": [(FILE, default, default.replace("None", "False"))],
    }
    for version in ("2.6.0", "2.6.6"):
        hand_edits(checks, binary, NAME, "lightning-fabric", version, [FILE], forms, "linux", torch, adopted=True)
