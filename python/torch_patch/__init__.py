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
    OriginalNotFound,
    PermissionDenied,
    ProgramError,
    ProjectNotFound,
    TorchPatchError,
    UnknownPatch,
    Unsafe,
    UsageError,
)
from torch_patch._program import program
from torch_patch._reports import (
    Cached,
    Environment,
    File,
    Finding,
    Lock,
    Project,
    Report,
    Restored,
    Result,
    Verified,
)
from torch_patch._requests import apply, diff, plan, restore, revert, status, sync, verify

__all__ = [
    "AnchorAmbiguous",
    "AnchorNotFound",
    "BadPatchFile",
    "BadProjectFile",
    "Busy",
    "Cached",
    "DistributionNotFound",
    "DoesNotApply",
    "Drifted",
    "Environment",
    "EnvironmentNotFound",
    "File",
    "FileInUse",
    "Finding",
    "Lock",
    "LockOutdated",
    "NotCovered",
    "NotFound",
    "NotNeeded",
    "OriginalNotFound",
    "PermissionDenied",
    "ProgramError",
    "Project",
    "ProjectNotFound",
    "Report",
    "Restored",
    "Result",
    "TorchPatchError",
    "UnknownPatch",
    "Unsafe",
    "UsageError",
    "Verified",
    "apply",
    "diff",
    "plan",
    "program",
    "restore",
    "revert",
    "status",
    "sync",
    "verify",
]
