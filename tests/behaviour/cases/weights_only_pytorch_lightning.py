"""Lightning's own loader on Debian's real torch 1.13, whose `torch.load` has the default of torch 2.6."""

from harness import equal, holds
from scene import before_and_after, hand_edits, scene
from weights import PRELUDE, STATEMENTS, refuses_without_consent

NAME = "weights-only-pytorch-lightning"
FILE = "lightning_fabric/utilities/cloud_io.py"
LITE = "lightning_lite/utilities/cloud_io.py"
CLOUD = "pytorch_lightning/utilities/cloud_io.py"
MODULE = "pytorch_lightning/root_module/root_module.py"
LIGHTNING = "pytorch_lightning/core/lightning.py"
SAVING = "pytorch_lightning/root_module/model_saving.py"
TRAINING = "pytorch_lightning/trainer/training_io.py"
TRAINER = "pytorch_lightning/trainer/trainer.py"
CONNECTOR = "pytorch_lightning/trainer/connectors/checkpoint_connector.py"
# Where the releases before 1.8 load.
EARLY = {
    "0.0.2": [MODULE, SAVING],
    "0.3.6.9": [MODULE, SAVING],
    "0.4.8": [MODULE, SAVING],
    "0.5.2.1": [MODULE, "pytorch_lightning/trainer/trainer_io.py"],
    "0.5.3": [MODULE, "pytorch_lightning/trainer/trainer_io.py"],
    "0.5.3.3": [LIGHTNING, TRAINING],
    "0.7.6": [LIGHTNING, TRAINING],
    "0.8.4": [CLOUD, TRAINING],
    "0.8.5": [CLOUD, TRAINING, TRAINER],
    "0.9.0": [CLOUD, TRAINING, TRAINER, "pytorch_lightning/accelerators/ddp_spawn_backend.py"],
    "0.10.0": [CLOUD, CONNECTOR],
    "1.0.5": [CLOUD, CONNECTOR],
    "1.0.8": [CLOUD],
    "1.7.7": [CLOUD],
}

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
    for version, files in EARLY.items():
        with scene(binary) as here:
            here.release("pytorch-lightning", version, files)
            here.installed("torch", "2.6.0")

            def each(here=here, files=files):
                return here.python(STATEMENTS, *(here.site / file for file in files), path=False)

            title = f"pytorch-lightning {version}, each place that loads"
            before_and_after(checks, here, NAME, title, each, each, ["--accept-risk"])
    for version in ("1.8.0", "1.8.6", "1.9.5", "2.1.4", "2.6.0", "2.6.6"):
        file = LITE if version < "1.9" else FILE
        with scene(binary) as here:
            here.release("pytorch-lightning", version, [file])
            here.installed("torch", "2.6.0")

            def program(here=here, file=file):
                return here.python(PROGRAM, here.site / file, path=False)

            refuses_without_consent(checks, here, NAME)
            before_and_after(checks, here, NAME, f"pytorch-lightning {version}", program, program, ["--accept-risk"])
    with checks.check("pytorch-lightning 2.5.6: loads all by itself, and the patch is not needed"), scene(binary) as here:
        here.release("pytorch-lightning", "2.5.6", [FILE])
        here.installed("torch", "2.6.0")
        code, output = here.python(PROGRAM, here.site / FILE, path=False)
        holds(code == 0, output)
        equal(here.torch_patch("apply", here.patch(NAME), "--accept-risk").expect(0).outcome(NAME), "not-needed", "outcome")
    line = "return torch.load(f, map_location=map_location)"
    forms = {"the argument in the call that loads files": [(FILE, line, line.replace("n)", "n, weights_only=False)"))]}
    torch = [("torch", "2.6.0")]
    for version in ("1.9.5", "2.1.4"):
        hand_edits(checks, binary, NAME, "pytorch-lightning", version, [FILE], forms, "linux", torch, adopted=True)
    forms = {"the argument in the call that loads files": [(CLOUD, line, line.replace("n)", "n, weights_only=False)"))]}
    hand_edits(checks, binary, NAME, "pytorch-lightning", "1.7.7", [CLOUD], forms, "linux", torch, adopted=True)
    call = "            map_location=map_location,  # type: ignore[arg-type]\n            weights_only=weights_only,\n        )\n\n\ndef"
    default = "    weights_only: Optional[bool] = None,\n) -> Any:\n    \"\"\"Loads a checkpoint."
    forms = {
        "the argument in the call that loads files": [(FILE, call, call.replace("=weights_only", "=False"))],
        "the default": [(FILE, default, default.replace("None", "False"))],
    }
    for version in ("2.6.0", "2.6.6"):
        hand_edits(checks, binary, NAME, "pytorch-lightning", version, [FILE], forms, "linux", torch, adopted=True)
