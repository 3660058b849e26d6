"""Lightning's own loader on Debian's real torch 1.13, whose `torch.load` has the default of torch 2.6."""

import fabric

NAME = "weights-only-lightning"
FILE = "lightning/fabric/utilities/cloud_io.py"
LITE = "lightning/lite/utilities/cloud_io.py"


def run(checks, binary):
    """Runs the case."""
    files = {version: LITE for version in ("1.8.0", "1.8.6")}
    files.update({version: FILE for version in ("1.9.5", "2.1.4", "2.6.0", "2.6.6")})
    fabric.loads(checks, binary, NAME, "lightning", files)
    fabric.by_hand(checks, binary, NAME, "lightning", ("1.9.5", "2.1.4"), FILE)
