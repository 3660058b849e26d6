"""What can go wrong, as exceptions; each carries what the JSON of `torch-patch` says of it."""

from __future__ import annotations

from typing import Any, Mapping, Sequence


class TorchPatchError(Exception):
    """A request was not fulfilled; nothing was changed in that site-packages directory.

    `docs/json.md` of torch-patch lists the codes and the details of each.
    """

    def __init__(self, code: str, exit: int, message: str, hints: Sequence[str], details: Mapping[str, Any]) -> None:  # noqa: A002
        """Take over what the JSON says."""
        super().__init__("\n".join([message, *(f"hint: {hint}" for hint in hints)]))
        self.code = code
        """A word that does not change, such as `anchor-not-found`."""
        self.exit = exit
        """The exit code of the command, which is the kind of failure."""
        self.message = message
        """The message with its causes."""
        self.hints = tuple(hints)
        """What to do next."""
        self.details = dict(details)
        """The evidence; its fields depend on the code."""

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        """Keep all fields where the exception is handed to another process."""
        return type(self), (self.code, self.exit, self.message, self.hints, self.details)


class UsageError(TorchPatchError):
    """The request makes no sense, or a choice has to be made (exit code 2)."""


class UnknownPatch(UsageError):
    """No patch has this id; `details["nearest"]` is the one that is likely meant."""


class Unsafe(UsageError):
    """The risk of the patch is `unsafe`, and `accept_risk` was not given."""


class DoesNotApply(TorchPatchError):
    """The patch does not apply to what is installed (exit code 3)."""


class AnchorNotFound(DoesNotApply):
    """The place of an edit is not in the file; `details["near"]` has the nearest lines."""


class AnchorAmbiguous(DoesNotApply):
    """The place of an edit is in the file more than once; `details["lines"]` says where."""


class NotCovered(DoesNotApply):
    """No range of the patch has the installed version."""


class NotNeeded(DoesNotApply):
    """Nothing is to be done, and `strict` was given."""


class Drifted(TorchPatchError):
    """Files were changed by somebody else (exit code 4); `details["files"]` has the diffs."""


class NotFound(TorchPatchError):
    """The environment or the package is not there, or of a kind that cannot be patched (exit code 5)."""


class EnvironmentNotFound(NotFound):
    """There is no such environment."""


class DistributionNotFound(NotFound):
    """The package is not installed there."""


class OriginalNotFound(NotFound):
    """No backup, cache, wheel or index has a file's original; `details["tried"]` says what each had."""


class BadPatchFile(TorchPatchError):
    """A patch file is wrong, or leads out of the environment (exit code 6)."""


class BadProjectFile(BadPatchFile):
    """A project file, or its lock, is wrong; `details` has `path`, `line` and `column`."""


class ProjectNotFound(UsageError):
    """No directory from the working directory upwards has a project file."""


class LockOutdated(TorchPatchError):
    """The patches of a project file are not those of its lock (exit code 10); `details["differences"]` says how."""


class Busy(TorchPatchError):
    """Another process is changing the environment (exit code 7); `details` has its `pid`."""


class FileInUse(Busy):
    """Another program has a file open on Windows; close Python and try again."""


class PermissionDenied(TorchPatchError):
    """The user may not do it, or the disk is read-only (exit code 8)."""


class ProgramError(TorchPatchError):
    """The command itself is missing, cannot be started, or has given no answer; exit code 1."""


_BY_CODE = {
    "unknown-patch": UnknownPatch,
    "unsafe": Unsafe,
    "anchor-not-found": AnchorNotFound,
    "anchor-ambiguous": AnchorAmbiguous,
    "not-covered": NotCovered,
    "not-needed": NotNeeded,
    "environment-not-found": EnvironmentNotFound,
    "distribution-not-found": DistributionNotFound,
    "original-not-found": OriginalNotFound,
    "file-in-use": FileInUse,
    "project-not-found": ProjectNotFound,
    "bad-project-file": BadProjectFile,
    "lock-outdated": LockOutdated,
}
_BY_EXIT = {
    2: UsageError,
    3: DoesNotApply,
    4: Drifted,
    5: NotFound,
    6: BadPatchFile,
    7: Busy,
    8: PermissionDenied,
}


def error(found: Mapping[str, Any]) -> TorchPatchError:
    """Read `error` of the object that the command has printed."""
    kind = _BY_CODE.get(found["code"]) or _BY_EXIT.get(found["exit"], TorchPatchError)
    return kind(found["code"], found["exit"], found["message"], found["hints"], found["details"])
