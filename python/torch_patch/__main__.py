"""`python -m torch_patch` is the command `torch-patch`."""

from __future__ import annotations

import os
import subprocess
import sys

from torch_patch._errors import ProgramError
from torch_patch._program import program


def main() -> int:
    """Run the command with the words of this one; return its exit code."""
    try:
        command = [str(program()), *sys.argv[1:]]
    except ProgramError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit
    if os.name != "nt":
        # The same process, so that signals reach it.
        os.execv(command[0], command)  # noqa: S606
    return subprocess.call(command)


if __name__ == "__main__":
    sys.exit(main())
