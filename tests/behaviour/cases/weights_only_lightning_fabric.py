"""Lightning Fabric's own loader on Debian's real torch 1.13, whose `torch.load` has the default of torch 2.6."""

import fabric

NAME = "weights-only-lightning-fabric"
FILE = "lightning_fabric/utilities/cloud_io.py"


def run(checks, binary):
    """Runs the case."""
    files = {version: FILE for version in ("1.9.0", "2.1.4", "2.6.0", "2.6.6")}
    fabric.loads(checks, binary, NAME, "lightning-fabric", files)
    fabric.by_hand(checks, binary, NAME, "lightning-fabric", ("1.9.0", "2.1.4"), FILE)
