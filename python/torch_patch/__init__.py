"""Named, tested, version-aware edits of an installed package, from Python.

    import torch_patch

    torch_patch.apply("gloo-windows")  # before `import torch`

Each function runs the `torch-patch` program of this wheel once, against the environment of the running Python unless
another one is named, and returns what it has found and done. Failures are exceptions below `TorchPatchError`.
"""

from torch_patch._errors import (
    AnchorAmbiguous,
    AnchorNotFound,
    BadPatchFile,
    BadProjectFile,
    Busy,
    DistributionNotFound,
    DoesNotApply,
    Drifted,
    EnvironmentNotFound,
    FileInUse,
    LockOutdated,
    NotCovered,
    NotFound,
    NotNeeded,
    PermissionDenied,
    ProgramError,
    ProjectNotFound,
    TorchPatchError,
    UnknownPatch,
    Unsafe,
    UsageError,
)
from torch_patch._program import program
from torch_patch._reports import Environment, File, Lock, Project, Report, Result
from torch_patch._requests import apply, diff, plan, revert, status, sync

__all__ = [
    "AnchorAmbiguous",
    "AnchorNotFound",
    "BadPatchFile",
    "BadProjectFile",
    "Busy",
    "DistributionNotFound",
    "DoesNotApply",
    "Drifted",
    "Environment",
    "EnvironmentNotFound",
    "File",
    "FileInUse",
    "Lock",
    "LockOutdated",
    "NotCovered",
    "NotFound",
    "NotNeeded",
    "PermissionDenied",
    "ProgramError",
    "Project",
    "ProjectNotFound",
    "Report",
    "Result",
    "TorchPatchError",
    "UnknownPatch",
    "Unsafe",
    "UsageError",
    "apply",
    "diff",
    "plan",
    "program",
    "revert",
    "status",
    "sync",
]
