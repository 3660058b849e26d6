"""The `torch-patch` program that the wheel has brought, and how it is called."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
from importlib import metadata
from pathlib import Path
from typing import Any, Iterator, Mapping, Sequence, Union

from torch_patch._errors import ProgramError, error

StrPath = Union[str, "os.PathLike[str]"]

_NAME = "torch-patch.exe" if os.name == "nt" else "torch-patch"


def program() -> Path:
    """Return the path of the program that was installed with this package.

    Raises `ProgramError` if it is not there.
    """
    looked = list(dict.fromkeys(_places()))
    for place in looked:
        if place.is_file():
            return place
    places = ", ".join(f"`{place}`" for place in looked)
    message = f"the program is not there: expected one of {places}"
    raise ProgramError(
        "program-not-found", 1, message, ["install it again: `pip install --force-reinstall torch-patch`"], {}
    )


def _places() -> Iterator[Path]:
    """Where the installer may have put it, the likeliest first."""
    try:
        files = metadata.distribution("torch-patch").files or []
    except metadata.PackageNotFoundError:
        files = []
    yield from (Path(file.locate()).resolve() for file in files if file.name == _NAME)
    # `pip install --target` moves it without a change of `RECORD`.
    yield Path(__file__).resolve().parents[1] / "bin" / _NAME
    yield Path(sysconfig.get_path("scripts")) / _NAME


def call(*words: StrPath, judgements: Sequence[str] = ()) -> Mapping[str, Any]:
    """Run the program with `--json`; return the object that it prints.

    Raises a `TorchPatchError` if the request was not fulfilled, unless its code is one of `judgements`: then the object
    has the whole answer beside the error.
    """
    command: Sequence[str] = [str(program()), *(os.fspath(word) for word in words), "--json"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as reason:
        raise ProgramError("program-failed", 1, f"failed to start `{command[0]}`: {reason}", [], {}) from reason
    try:
        answer: Mapping[str, Any] = json.loads(done.stdout.decode("utf-8"))
    except ValueError as reason:
        said = done.stderr.decode("utf-8", "replace").strip()
        message = (
            f"`{command[0]}` has ended with {done.returncode} and without an answer: {said or 'it has said nothing'}"
        )
        raise ProgramError("program-failed", 1, message, [], {}) from reason
    if answer["error"] is not None and answer["error"]["code"] not in judgements:
        raise error(answer["error"])
    return answer
