"""What a command has found and done, as plain data; the fields are those of the JSON of `torch-patch`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Mapping

# What is there of a patch, or became of it, if nothing is left to be done.
_WANTED = frozenset(("applied", "already-applied", "applied-by-hand", "adopted", "repaired", "not-needed"))


@dataclass(frozen=True)
class Environment:
    """Where a command has worked."""

    site_packages: str
    """The directory that the package of the first patch is in, else the environment's first."""
    source: str
    """What named the environment, such as `--python`."""
    python: str | None
    """The Python version, such as `3.11`, if the layout tells it."""


@dataclass(frozen=True)
class File:
    """One file of a patch."""

    path: str
    """Relative to the site-packages directory, `/`-separated on every system."""
    before: str | None
    """`sha256:` and 64 hexadecimal digits of the file as it was found; None if there was none."""
    after: str | None
    """The same of the file afterwards, read back from the disk, or worked out if nothing was written."""
    lines: tuple[int, ...]
    """The first line of each change in the patched file, from 1."""
    state: str | None = None
    """Of `status`: what is there of the patch in this file."""
    diff: str | None = None
    """Of `diff` and `plan`: the unified diff of the whole file, by all patches that were asked for."""
    kept: str | None = None
    """Of `revert` with `force` and of a repair: the path of the copy of the version that was replaced."""
    proven: bool | None = None
    """Of a repair: whether the file is known to be right afterwards; if not, only the bad lines were taken out."""


@dataclass(frozen=True)
class Result:
    """What became of one patch, or what is there of it."""

    patch: str
    """Its id."""
    distribution: str
    """The package that it belongs to."""
    version: str | None
    """The installed version of the package; None if it is not installed (any more)."""
    variant: str | None
    """The range of versions whose edits are used, if any."""
    outcome: str
    """One word, such as `applied` or `already-applied`; new words may come."""
    files: tuple[File, ...]
    """The files of the patch."""
    reason: str | None = None
    """Why, in words, where the outcome alone does not say it."""
    owners: tuple[str, ...] = ()
    """Who has asked for the patch, of `status` and `revert`."""
    repairs: tuple[str, ...] = ()
    """Of `status`: the patches that know a bad edit in its files, which `apply` of these takes out."""

    @property
    def is_wanted_state(self) -> bool:
        """Whether nothing is left to be done: the patch is in place, or it is not needed."""
        return self.outcome in _WANTED


@dataclass(frozen=True)
class Lock:
    """What is written down beside a project file of what was applied."""

    path: str
    """The file."""
    state: str
    """`current`, `written`, `outdated` or `missing`."""
    differences: tuple[str, ...] = ()
    """In what it differs from what is there, in words."""


@dataclass(frozen=True)
class Project:
    """A project file."""

    file: str
    """Its path, which is also the name under which it asks for its patches."""
    patches: tuple[str, ...]
    """What it names: ids, and paths of patch files."""
    lock: Lock | None = None
    """What is written down of what was applied."""


@dataclass(frozen=True)
class Finding:
    """A file that is not simply as it was installed."""

    path: str
    """As `RECORD` has it: relative to the site-packages directory, `/`-separated."""
    state: str
    """`modified`, `missing`, `unreadable`, `patched`, `superseded` or `extra`."""
    expected: str | None
    """The digest that it should have, if anything says it."""
    found: str | None
    """The digest that it has; None if it is not there or was not read."""
    patches: tuple[str, ...] = ()
    """The patches that are recorded on it."""
    names: int | None = None
    """How many names (hard links) it has, if more than one."""
    repairs: tuple[str, ...] = ()
    """The patches that know a bad edit in it, which `apply` of these takes out."""
    reason: str | None = None
    """What else there is to know, in words."""


@dataclass(frozen=True)
class Cached:
    """An unpacked wheel in uv's cache, held against its own `RECORD`."""

    path: str
    """The directory."""
    in_use: bool
    """Whether uv installs from it."""
    checked: int
    """How many files were compared."""
    findings: tuple[Finding, ...]
    """The files that are not as in the wheel."""


@dataclass(frozen=True)
class Verified:
    """A package, held against its `RECORD`."""

    distribution: str
    """Its name."""
    version: str
    """Its installed version."""
    site_packages: str
    """The directory that it is in."""
    has_record: bool
    """Whether it has a `RECORD`."""
    checked: int
    """How many files were compared by their sha256."""
    skipped: Mapping[str, int]
    """How many were not, by the reason: `binary`, `unhashed`, `outside`, `wrong`."""
    findings: tuple[Finding, ...]
    """The files that there is something to tell of."""
    caches: tuple[Cached, ...] = ()
    """The unpacked wheels of this version in uv's cache."""
    hints: tuple[str, ...] = ()
    """What to do about the findings."""


@dataclass(frozen=True)
class Restored:
    """What became of a file that was to be put back."""

    path: str
    """Relative to the site-packages directory, `/`-separated."""
    site_packages: str
    """That directory."""
    distribution: str
    """The package that it belongs to."""
    version: str
    """Its installed version."""
    outcome: str
    """`restored`, `would-restore`, `as-installed` or `as-recorded`."""
    before: str | None
    """The digest of the file as it was found."""
    after: str | None
    """The digest of the file afterwards."""
    original: str | None
    """The digest of the original; None if a patch made the file."""
    patches: tuple[str, ...] = ()
    """The patches that it has afterwards."""
    kept: str | None = None
    """The path of the copy of the version that was replaced."""
    reason: str | None = None
    """What else there is to know, in words."""


@dataclass(frozen=True)
class DoctorFinding:
    """One thing there is to tell of an environment."""

    topic: str
    """`python`, `pip`, `torch`, `cuda`, `nccl`, `patch`, `files`, `cache`, `colossalai` or `run`."""
    level: str
    """`ok`, `note` or `attention`."""
    message: str
    """What was found."""
    meaning: str | None = None
    """What it means."""
    command: str | None = None
    """The one command that helps."""
    patch: str | None = None
    """The id of the patch that it is about."""


@dataclass(frozen=True)
class TorchBuild:
    """How an installed torch was built, from its files."""

    version: str
    """With the build variant, such as `1.13.1+cu117`."""
    cuda: str | None
    """The CUDA it was built with, such as `11.7`; None for a build without."""
    nccl: bool | None
    """Whether it is built with NCCL; None if its library cannot be read."""
    gloo: bool | None
    """Whether it is built with gloo; None if its library cannot be read."""
    hip: str | None = None
    """The HIP it was built with, of a build for ROCm."""


@dataclass(frozen=True)
class Toolkit:
    """The CUDA toolkit that torch would take."""

    home: str
    """Its directory."""
    source: str
    """What names it: `CUDA_HOME`, `CUDA_PATH`, `PATH` or `default`."""
    nvcc: str | None
    """The release that its `nvcc` says, such as `11.7`; None if it says none."""


@dataclass(frozen=True)
class Probe:
    """Something that was run, and what came of it."""

    name: str
    """`one-process`, `two-processes`, `torchrun` or `colossalai`."""
    command: tuple[str, ...]
    """What was run, the interpreter first."""
    ok: bool
    """Whether it did what it should."""
    code: int | None
    """The exit code; None if it was killed or could not be started."""
    seconds: float
    """How long it took."""
    said: str
    """The back end that answered, the error, or the last line."""


@dataclass(frozen=True)
class Diagnosis:
    """What `doctor` has found."""

    findings: tuple[DoctorFinding, ...]
    """In the order in which one sets such an environment up."""
    torch: TorchBuild | None = None
    """How torch was built; None if it is not installed or cannot be used."""
    toolkit: Toolkit | None = None
    """The CUDA toolkit; None if there is none."""
    probes: tuple[Probe, ...] = ()
    """What was run, with `run=True`."""


@dataclass(frozen=True)
class Report:
    """The answer to one request."""

    environment: Environment | None
    """Where it took place."""
    results: tuple[Result, ...]
    """One for each patch, in the order in which they were asked for, those that these require before them."""
    ok: bool = True
    """Whether the wanted state holds; False only of `verify`, of `doctor`, and of `sync` with `check`."""
    project: Project | None = None
    """Of `sync`: the project file."""
    verified: tuple[Verified, ...] = ()
    """Of `verify`: one for each package."""
    restored: tuple[Restored, ...] = ()
    """Of `restore`: one for each file."""
    diagnosis: Diagnosis | None = None
    """Of `doctor`: what was found."""

    def __getitem__(self, patch: str) -> Result:
        """Return the result of the patch with this id."""
        for result in self.results:
            if result.patch == patch:
                return result
        raise KeyError(patch)

    @property
    def diff(self) -> str:
        """The unified diffs of all files, each once; empty if nothing changes."""
        diffs = (file.diff for result in self.results for file in result.files if file.diff)
        return "".join(dict.fromkeys(diffs))


def report(answer: Mapping[str, Any]) -> Report:
    """Read the object that the command has printed; fields that are not known are passed over."""
    environment = answer.get("environment")
    return Report(
        environment=Environment(**_known(Environment, environment)) if environment else None,
        results=tuple(_result(result) for result in answer["results"]),
        ok=answer["ok"],
        project=_project(answer["project"]) if "project" in answer else None,
        verified=tuple(_verified(found) for found in answer.get("verified", ())),
        restored=tuple(_restored(found) for found in answer.get("restored", ())),
        diagnosis=_diagnosis(answer["diagnosis"]) if "diagnosis" in answer else None,
    )


def _diagnosis(found: Mapping[str, Any]) -> Diagnosis:
    torch, toolkit = found.get("torch"), found.get("toolkit")
    return Diagnosis(
        findings=tuple(DoctorFinding(**_known(DoctorFinding, own)) for own in found["findings"]),
        torch=TorchBuild(**_known(TorchBuild, torch)) if torch else None,
        toolkit=Toolkit(**_known(Toolkit, toolkit)) if toolkit else None,
        probes=tuple(_probe(probe) for probe in found.get("probes", ())),
    )


def _probe(found: Mapping[str, Any]) -> Probe:
    known = _known(Probe, found)
    known["command"] = tuple(found["command"])
    return Probe(**known)


def _verified(found: Mapping[str, Any]) -> Verified:
    known = _known(Verified, found)
    known["findings"] = _findings(found)
    known["caches"] = tuple(_cached(cache) for cache in found.get("caches", ()))
    known["hints"] = tuple(found.get("hints", ()))
    return Verified(**known)


def _cached(found: Mapping[str, Any]) -> Cached:
    known = _known(Cached, found)
    known["findings"] = _findings(found)
    return Cached(**known)


def _findings(found: Mapping[str, Any]) -> tuple[Finding, ...]:
    findings = (_known(Finding, finding) for finding in found["findings"])
    lists = ("patches", "repairs")
    return tuple(
        Finding(**{**finding, **{name: tuple(finding.get(name, ())) for name in lists}}) for finding in findings
    )


def _restored(found: Mapping[str, Any]) -> Restored:
    known = _known(Restored, found)
    known["patches"] = tuple(found.get("patches", ()))
    return Restored(**known)


def _project(found: Mapping[str, Any]) -> Project:
    known = _known(Project, found)
    known["patches"] = tuple(found["patches"])
    if "lock" in found:
        lock = _known(Lock, found["lock"])
        lock["differences"] = tuple(lock.get("differences", ()))
        known["lock"] = Lock(**lock)
    return Project(**known)


def _result(found: Mapping[str, Any]) -> Result:
    known = _known(Result, found)
    known["files"] = tuple(_file(file) for file in found["files"])
    known["owners"] = tuple(found.get("owners", ()))
    known["repairs"] = tuple(found.get("repairs", ()))
    return Result(**known)


def _file(found: Mapping[str, Any]) -> File:
    known = _known(File, found)
    known["lines"] = tuple(found["lines"])
    return File(**known)


def _known(kind: type, found: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in found.items() if name in names}
