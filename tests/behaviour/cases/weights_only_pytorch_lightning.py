"""Lightning's own loader on Debian's real torch 1.13, whose `torch.load` has the default of torch 2.6."""

import fabric
from scene import before_and_after, hand_edits, scene
from weights import STATEMENTS

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
    files = {version: LITE for version in ("1.8.0", "1.8.6")}
    files.update({version: FILE for version in ("1.9.5", "2.1.4", "2.6.0", "2.6.6")})
    fabric.loads(checks, binary, NAME, "pytorch-lightning", files)
    fabric.by_hand(checks, binary, NAME, "pytorch-lightning", ("1.9.5", "2.1.4"), FILE)
    form, torch = fabric.in_the_call(CLOUD), [fabric.TORCH]
    hand_edits(checks, binary, NAME, "pytorch-lightning", "1.7.7", [CLOUD], form, "linux", torch, adopted=True)
