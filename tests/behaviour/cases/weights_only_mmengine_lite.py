"""The loaders of mmengine-lite on Debian's real torch 1.13, whose `torch.load` has the default of torch 2.6."""

from scene import before_and_after, hand_edits, scene
from weights import refuses_without_consent

from cases.weights_only_mmengine import FILE, PROGRAM

NAME = "weights-only-mmengine-lite"


def run(checks, binary):
    """Runs the case."""
    for version in ("0.10.0", "0.10.7"):
        with scene(binary) as here:
            here.release("mmengine-lite", version, [FILE])
            here.installed("torch", "2.6.0")

            def program(here=here):
                return here.python(PROGRAM, here.site / FILE, path=False)

            refuses_without_consent(checks, here, NAME)
            before_and_after(checks, here, NAME, f"mmengine-lite {version}", program, program, ["--accept-risk"])
    local = "    checkpoint = torch.load(filename, map_location=map_location)\n    return checkpoint\n\n\n"
    local += "@CheckpointLoader.register_scheme(prefixes=('http"
    forms = {"the argument in `load_from_local`": [(FILE, local, local.replace("n)\n", "n, weights_only=False)\n", 1))]}
    hand_edits(checks, binary, NAME, "mmengine-lite", "0.10.7", [FILE], forms, "linux", [("torch", "2.6.0")], adopted=True)
