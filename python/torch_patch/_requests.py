"""The requests; each runs the program once."""

from __future__ import annotations

import os
import sys
from typing import Sequence

from torch_patch._errors import UsageError
from torch_patch._program import StrPath, call
from torch_patch._reports import Report, report


def apply(
    *patches: StrPath,
    python: StrPath | None = None,
    env: StrPath | None = None,
    site_packages: StrPath | None = None,
    more_patches: StrPath | None = None,
    adopt: bool = False,
    accept_risk: bool = False,
    strict: bool = False,
    owner: str | None = None,
) -> Report:
    """Bring patches in, all or none; where they are in place nothing is written.

    `patches` are ids, or paths of patch files. The environment is that of the running Python, or of the interpreter
    `python`, or the one with the prefix `env`, or the directory `site_packages`. `more_patches` is a directory of patch
    files or one file. `adopt` takes over an edit that was made by hand, `accept_risk` allows patches whose risk is
    `unsafe`, `strict` makes it an error if nothing is to be done, `owner` is who asks.

    Python has the new code after its next start: patch before `import torch`.
    """
    words = _apply(patches, adopt=adopt, accept_risk=accept_risk, strict=strict, owner=owner)
    return report(call("apply", *words, *_place(python, env, site_packages, more_patches)))


def plan(
    *patches: StrPath,
    python: StrPath | None = None,
    env: StrPath | None = None,
    site_packages: StrPath | None = None,
    more_patches: StrPath | None = None,
    adopt: bool = False,
    accept_risk: bool = False,
    strict: bool = False,
    owner: str | None = None,
) -> Report:
    """Tell what `apply` would do; writes nothing. The arguments are those of `apply`."""
    words = _apply(patches, adopt=adopt, accept_risk=accept_risk, strict=strict, owner=owner)
    return report(call("apply", "--dry-run", *words, *_place(python, env, site_packages, more_patches)))


def diff(
    *patches: StrPath,
    python: StrPath | None = None,
    env: StrPath | None = None,
    site_packages: StrPath | None = None,
    more_patches: StrPath | None = None,
) -> Report:
    """Tell what `apply` would change, with the unified diff of each file; `Report.diff` has them all."""
    return report(call("diff", *_ids(patches), *_place(python, env, site_packages, more_patches)))


def status(
    *patches: StrPath,
    python: StrPath | None = None,
    env: StrPath | None = None,
    site_packages: StrPath | None = None,
    more_patches: StrPath | None = None,
) -> Report:
    """Tell what is in place, from the bytes on disk; without patches, of all that there are. Writes nothing."""
    return report(call("status", *patches, *_place(python, env, site_packages, more_patches)))


def revert(
    *patches: StrPath,
    python: StrPath | None = None,
    env: StrPath | None = None,
    site_packages: StrPath | None = None,
    more_patches: StrPath | None = None,
    all: bool = False,  # noqa: A002
    owner: str | None = None,
    force: bool = False,
    merge: bool = False,
) -> Report:
    """Take patches out; the last one out of a file restores its bytes, mode and owner.

    Without patches the one that is applied, or with `all` every one. A file that somebody else has changed since is an
    error (`Drifted`): `force` restores the original and keeps a copy, `merge` takes only the patch out of it. With
    `owner` only what that one has asked for is taken back, and what others want too stays (`released`).
    """
    given = _given(("--all", all), ("--force", force), ("--merge", merge))
    words = [*(os.fspath(patch) for patch in patches), *given, *_owner(owner)]
    return report(call("revert", *words, *_place(python, env, site_packages, more_patches)))


def sync(
    project: StrPath | None = None,
    *,
    python: StrPath | None = None,
    env: StrPath | None = None,
    site_packages: StrPath | None = None,
    more_patches: StrPath | None = None,
    check: bool = False,
    dry_run: bool = False,
    locked: bool = False,
    adopt: bool = False,
    accept_risk: bool = False,
) -> Report:
    """Bring the environment to what a project file says; `Report.project` has the file and its lock.

    `project` is the file or its directory, else the nearest one from the working directory upwards. `check` and
    `dry_run` write nothing: of `check`, `Report.ok` tells whether nothing would change. `locked` refuses patch files
    that are not those of the lock (`LockOutdated`) and leaves it as it is.
    """
    given = _given(
        ("--check", check),
        ("--dry-run", dry_run),
        ("--locked", locked),
        ("--adopt", adopt),
        ("--accept-risk", accept_risk),
    )
    named = [] if project is None else ["--project", os.fspath(project)]
    return report(call("sync", *named, *given, *_place(python, env, site_packages, more_patches)))


def verify(
    *distributions: str,
    python: StrPath | None = None,
    env: StrPath | None = None,
    site_packages: StrPath | None = None,
    all: bool = False,  # noqa: A002
    all_distributions: bool = False,
    strict: bool = False,
) -> Report:
    """Compare the files of packages with their `RECORD`; `Report.verified` has what was found. Writes nothing.

    Without names, the packages that are installed and that there are patches for; with `all_distributions` every one.
    `all` reads binary files too. `Report.ok` is False if a file is modified, missing or unreadable, here or in uv's
    cache, if a package has no `RECORD`, and with `strict` if a file is in a package's directory that none has brought.
    """
    given = _given(("--all", all), ("--all-distributions", all_distributions), ("--strict", strict))
    words = [*distributions, *given, *_place(python, env, site_packages, None)]
    return report(call("verify", *words, judgements=("not-as-installed", "no-record")))


def restore(
    *files: StrPath,
    python: StrPath | None = None,
    env: StrPath | None = None,
    site_packages: StrPath | None = None,
    pristine: bool = False,
    dry_run: bool = False,
    wheels: Sequence[StrPath] = (),
    index_url: str | None = None,
) -> Report:
    """Put files back to what they should be, proven by the sha256 in `RECORD`; `Report.restored` has one for each.

    `files` are absolute, or relative to the working directory or to site-packages. A file with recorded patches gets
    them again, unless `pristine`. The original comes from the backup, a cache, one of `wheels`, or the package index
    (`index_url`), of which only the file is read; `OriginalNotFound` if none has it.
    """
    if not files:
        raise UsageError("usage", 2, "no file is named", ["name one, such as `torch/version.py`"], {"argument": None})
    given = _given(("--pristine", pristine), ("--dry-run", dry_run))
    named = [word for wheel in wheels for word in ("--wheel", os.fspath(wheel))]
    index = [] if index_url is None else ["--index-url", index_url]
    words = [*(os.fspath(file) for file in files), *given, *named, *index]
    return report(call("restore", *words, *_place(python, env, site_packages, None)))


def doctor(
    *,
    python: StrPath | None = None,
    env: StrPath | None = None,
    site_packages: StrPath | None = None,
    more_patches: StrPath | None = None,
    run: bool = False,
    timeout: int | None = None,
) -> Report:
    """Walk through what training with torch needs; `Report.diagnosis` has what was found. Writes nothing.

    `run` also tries it, in the environment's own Python, each probe for at most `timeout` seconds (120 by default).
    `Report.ok` is False if something needs attention.
    """
    limit = [] if timeout is None else ["--timeout", str(timeout)]
    words = [*_given(("--run", run)), *limit, *_place(python, env, site_packages, more_patches)]
    return report(call("doctor", *words))


def _apply(patches: tuple[StrPath, ...], *, owner: str | None, **options: bool) -> list[str]:
    given = _given(*((f"--{name.replace('_', '-')}", is_given) for name, is_given in options.items()))
    return [*_ids(patches), *given, *_owner(owner)]


def _owner(owner: str | None) -> list[str]:
    return [] if owner is None else ["--owner", owner]


def _ids(patches: tuple[StrPath, ...]) -> list[str]:
    if not patches:
        raise UsageError("usage", 2, "no patch is named", ["name one, such as `gloo-windows`"], {"argument": None})
    return [os.fspath(patch) for patch in patches]


def _given(*options: tuple[str, bool]) -> list[str]:
    return [option for option, is_given in options if is_given]


def _place(
    python: StrPath | None, env: StrPath | None, site_packages: StrPath | None, more_patches: StrPath | None
) -> list[str]:
    """The options that name the environment: the one that was named, else that of the running Python."""
    named = {"--python": python, "--env": env, "--site-packages": site_packages}
    given = [word for option, value in named.items() if value is not None for word in (option, os.fspath(value))]
    if not given:
        if not sys.executable:
            hint = ["name the environment with `env=` or `site_packages=`"]
            raise UsageError("usage", 2, "this Python does not know its own program", hint, {"argument": None})
        given = ["--python", sys.executable]
    return given if more_patches is None else [*given, "--patches", os.fspath(more_patches)]
