"""MMEngine's own loaders on Debian's real torch 1.13, whose `torch.load` has the default of torch 2.6."""

from scene import before_and_after, hand_edits, scene
from weights import PRELUDE, refuses_without_consent

NAME = "weights-only-mmengine"
FILE = "mmengine/runner/checkpoint.py"

PROGRAM = PRELUDE + """
import os.path as osp

class CheckpointLoader:
    @classmethod
    def register_scheme(cls, prefixes=None, loader=None, force=False):
        return lambda loader: loader

names = ["load_from_local", "load_from_openmmlab"]
backend = types.SimpleNamespace(get=lambda name: open(path, "rb").read())
space = lift(sys.argv[1], names, CheckpointLoader=CheckpointLoader, torch=torch, osp=osp,
             get_deprecated_model_names=lambda: {}, get_external_models=lambda: {"model": path},
             _get_mmengine_home=lambda: "/", print_log=print)
is_whole(space["load_from_local"](path, None))
is_whole(space["load_from_openmmlab"]("open-mmlab://model", None))
"""


def run(checks, binary):
    """Runs the case."""
    for version in ("0.1.0", "0.5.0", "0.10.7"):
        with scene(binary) as here:
            here.release("mmengine", version, [FILE])
            here.installed("torch", "2.6.0")

            def program(here=here):
                return here.python(PROGRAM, here.site / FILE, path=False)

            refuses_without_consent(checks, here, NAME)
            before_and_after(checks, here, NAME, f"mmengine {version}", program, program, ["--accept-risk"])
    local = "    checkpoint = torch.load(filename, map_location=map_location)\n    return checkpoint\n\n\n"
    local += "@CheckpointLoader.register_scheme(prefixes=('http"
    forms = {"the argument in `load_from_local`": [(FILE, local, local.replace("n)\n", "n, weights_only=False)\n", 1))]}
    hand_edits(checks, binary, NAME, "mmengine", "0.10.7", [FILE], forms, "linux", [("torch", "2.6.0")], adopted=True)
