"""The functions of `torch_patch`, each on a real environment, with the program of the wheel."""

from __future__ import annotations

import hashlib
import multiprocessing
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

import torch_patch
from conftest import ORIGINAL, TARGET, Venv


def digest(path: Path) -> str:
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def test_apply_changes_the_file_and_revert_brings_every_byte_back(environment: Venv, backend_patch: Path) -> None:
    before = digest(environment.target)
    done = torch_patch.apply(backend_patch, python=environment.python)["backend"]
    assert (done.outcome, done.distribution, done.version, done.variant) == ("applied", "torch", "1.13.1", ">=1,<3")
    assert done.is_wanted_state
    (file,) = done.files
    assert (file.path, file.before, file.after, file.lines) == (TARGET, before, digest(environment.target), (16,))
    assert "    backend = Backend.GLOO  # torch-patch: backend\n" in environment.target.read_text()

    again = torch_patch.apply(backend_patch, python=environment.python)["backend"]
    assert again.outcome == "already-applied"

    out = torch_patch.revert("backend", python=environment.python)["backend"]
    assert out.outcome == "reverted"
    assert environment.target.read_bytes() == ORIGINAL.encode()


def test_plan_and_diff_write_nothing(environment: Venv, backend_patch: Path) -> None:
    planned = torch_patch.plan(backend_patch, env=environment.prefix)
    assert planned["backend"].outcome == "would-apply"
    shown = torch_patch.diff(backend_patch, env=environment.prefix).diff
    assert "+    backend = Backend.GLOO  # torch-patch: backend\n" in shown
    assert shown.count("+++ ") == 1
    assert environment.target.read_bytes() == ORIGINAL.encode()
    assert not (environment.site_packages / ".torch-patch").exists()


def test_status_tells_what_is_there_and_who_asked_for_it(environment: Venv, backend_patch: Path) -> None:
    named = {"site_packages": environment.site_packages}
    assert torch_patch.status("gloo-always", **named)["gloo-always"].outcome == "not-applied"
    torch_patch.apply(backend_patch, owner="my installer", **named)
    found = torch_patch.status(**named)["backend"]
    assert (found.outcome, found.owners, found.files[0].state) == ("applied", ("my installer",), "applied")


def test_the_environment_is_that_of_the_running_python(environment: Venv, backend_patch: Path) -> None:
    here = Path(torch_patch.__file__).parents[1]
    program = (
        "import sys; sys.path.append(sys.argv[1]); import torch_patch; "
        "found = torch_patch.apply(sys.argv[2]).environment; print(found.site_packages, found.source)"
    )
    command = [environment.python, "-c", program, here, backend_patch]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert said == f"{environment.site_packages} --python\n"
    assert "torch-patch: backend" in environment.target.read_text()


def test_verify_tells_what_somebody_has_changed(environment: Venv, backend_patch: Path) -> None:
    here = {"site_packages": environment.site_packages}
    clean = torch_patch.verify("torch", **here)
    assert clean.ok
    assert (clean.verified[0].checked, clean.verified[0].findings) == (3, ())
    torch_patch.apply(backend_patch, **here)
    (environment.site_packages / "torch/__init__.py").write_text("mine")
    (environment.site_packages / "torch/mine.py").write_text("")
    report = torch_patch.verify(**here)
    assert not report.ok
    (found,) = report.verified
    assert {finding.path: finding.state for finding in found.findings} == {
        "torch/__init__.py": "modified",
        TARGET: "patched",
        "torch/mine.py": "extra",
    }
    assert [finding.patches for finding in found.findings if finding.path == TARGET] == [("backend",)]
    assert any("restore torch/__init__.py" in hint for hint in found.hints)
    with pytest.raises(torch_patch.DistributionNotFound):
        torch_patch.verify("numpy", **here)


def test_doctor_tells_how_torch_was_built_and_what_it_needs(environment: Venv) -> None:
    library = environment.site_packages / "torch/lib/libtorch_python.so"
    library.parent.mkdir()
    library.write_bytes(b"\0ProcessGroupGloo\0")
    report = torch_patch.doctor(python=environment.python)
    assert not report.ok
    assert report.diagnosis is not None
    assert report.diagnosis.torch is not None
    assert (report.diagnosis.torch.nccl, report.diagnosis.torch.gloo) == (False, True)
    (nccl,) = (finding for finding in report.diagnosis.findings if finding.topic == "nccl")
    assert (nccl.level, nccl.patch) == ("attention", "gloo-windows")
    # The module of this torch has none of the lines that the patch looks for: what is in the way is told by `status`.
    assert nccl.command == f"torch-patch status gloo-windows --python {environment.python}"
    assert report.diagnosis.probes == ()

    tried = torch_patch.doctor(python=environment.python, run=True, timeout=60).diagnosis
    assert tried is not None
    assert [probe.name for probe in tried.probes] == ["one-process", "two-processes"]
    assert not any(probe.ok for probe in tried.probes)
    assert all(probe.command[0] == str(environment.python) for probe in tried.probes)


def test_restore_puts_a_file_back_with_its_patch(environment: Venv, backend_patch: Path, tmp_path: Path) -> None:
    here = {"site_packages": environment.site_packages}
    torch_patch.apply(backend_patch, **here)
    patched = environment.target.read_bytes()
    environment.target.write_text("mangled")
    (planned,) = torch_patch.restore(environment.target, dry_run=True, **here).restored
    assert (planned.outcome, environment.target.read_text()) == ("would-restore", "mangled")
    (file,) = torch_patch.restore(TARGET, **here).restored
    assert (file.outcome, file.patches, file.after) == ("restored", ("backend",), digest(environment.target))
    assert environment.target.read_bytes() == patched
    assert file.kept is not None
    assert Path(file.kept).read_text() == "mangled"
    (again,) = torch_patch.restore(TARGET, **here).restored
    assert again.outcome == "as-recorded"
    (pristine,) = torch_patch.restore(TARGET, pristine=True, **here).restored
    assert (pristine.outcome, environment.target.read_bytes()) == ("restored", ORIGINAL.encode())
    environment.target.write_text("mangled")
    with pytest.raises(torch_patch.OriginalNotFound) as raised:
        torch_patch.restore(TARGET, index_url=tmp_path.as_uri(), **here)
    assert "the store has no backup of it" in raised.value.details["tried"]
    with pytest.raises(torch_patch.UsageError):
        torch_patch.restore(**here)


def test_all_reverts_all(environment: Venv, backend_patch: Path) -> None:
    other = backend_patch.with_name("other.toml")
    other.write_text(backend_patch.read_text().replace('"backend"', '"other"').replace(": backend", ": other"))
    torch_patch.apply(backend_patch, python=environment.python)
    with pytest.raises(torch_patch.DoesNotApply) as raised:
        torch_patch.apply(other, python=environment.python)
    assert raised.value.code == "overlap"
    reverted = torch_patch.revert(python=environment.python, all=True)
    assert [result.patch for result in reverted.results] == ["backend"]


def test_what_another_has_changed_is_drifted(environment: Venv, backend_patch: Path) -> None:
    named = {"python": environment.python}
    torch_patch.apply(backend_patch, **named)
    changed = environment.target.read_text() + "# mine\n"
    environment.target.write_text(changed)
    with pytest.raises(torch_patch.Drifted) as raised:
        torch_patch.revert("backend", **named)
    assert raised.value.details["files"][0]["path"] == TARGET
    assert environment.target.read_text() == changed
    torch_patch.revert("backend", merge=True, **named)
    assert environment.target.read_text() == ORIGINAL + "# mine\n"
    (file,) = torch_patch.status("gloo-always", **named)["gloo-always"].files
    assert file.path == TARGET


def test_force_keeps_a_copy(environment: Venv, backend_patch: Path) -> None:
    named = {"python": environment.python}
    torch_patch.apply(backend_patch, **named)
    changed = environment.target.read_text() + "# mine\n"
    environment.target.write_text(changed)
    (file,) = torch_patch.revert("backend", force=True, **named)["backend"].files
    assert environment.target.read_bytes() == ORIGINAL.encode()
    assert file.kept is not None
    assert Path(file.kept).read_text() == changed


@pytest.mark.parametrize(
    ("kind", "code", "exit_code", "arguments"),
    [
        (torch_patch.UnknownPatch, "unknown-patch", 2, {"patch": "gloo-window"}),
        (torch_patch.EnvironmentNotFound, "environment-not-found", 5, {"env": "nowhere"}),
        (torch_patch.BadPatchFile, "bad-patch-file", 6, {"text": "format = 2"}),
        (torch_patch.AnchorNotFound, "anchor-not-found", 3, {"replace": ("prefix_store = Prefix", "nothing = Prefix")}),
        (torch_patch.NotCovered, "not-covered", 3, {"replace": (">=1,<3", ">=2,<3")}),
        (torch_patch.DistributionNotFound, "distribution-not-found", 5, {"replace": ('"torch"\n', '"xformers"\n')}),
        (torch_patch.Unsafe, "unsafe", 2, {"replace": ("format = 1\n", 'format = 1\nrisk = "unsafe"\n')}),
    ],
)
def test_a_failure_is_an_exception_of_its_own_kind(
    environment: Venv, backend_patch: Path, kind: type, code: str, exit_code: int, arguments: dict
) -> None:
    text = backend_patch.read_text()
    if "replace" in arguments:
        old, new = arguments["replace"]
        assert old in text
        text = text.replace(old, new)
    backend_patch.write_text(arguments.get("text", text))
    patch = arguments.get("patch", backend_patch)
    env = arguments.get("env", environment.prefix)
    with pytest.raises(kind) as raised:
        torch_patch.apply(patch, env=env)
    error = raised.value
    assert (error.code, error.exit) == (code, exit_code)
    assert error.message in str(error)
    assert all(hint in str(error) for hint in error.hints)
    assert environment.target.read_bytes() == ORIGINAL.encode()
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (type(copy), copy.code, copy.details) == (kind, error.code, error.details)


def test_strict_makes_it_an_error_if_nothing_is_to_be_done(environment: Venv, backend_patch: Path) -> None:
    platform = "win" if sys.platform != "win32" else "linux"
    text = backend_patch.read_text()
    backend_patch.write_text(text.replace("format = 1\n", f'format = 1\nplatforms = ["{platform}"]\n'))
    assert torch_patch.apply(backend_patch, env=environment.prefix)["backend"].outcome == "not-needed"
    with pytest.raises(torch_patch.NotNeeded):
        torch_patch.apply(backend_patch, env=environment.prefix, strict=True)


def test_an_edit_made_by_hand_is_told_and_can_be_adopted(environment: Venv, backend_patch: Path) -> None:
    with backend_patch.open("a") as file:
        file.write('by-hand = ["backend = Backend.GLOO"]\n')
    line = "    prefix_store = PrefixStore(group_name, store)\n"
    by_hand = ORIGINAL.replace(line, line + "    backend = Backend.GLOO\n")
    environment.target.write_text(by_hand)
    named = {"env": environment.prefix}
    assert torch_patch.apply(backend_patch, **named)["backend"].outcome == "applied-by-hand"
    assert torch_patch.apply(backend_patch, adopt=True, **named)["backend"].outcome == "adopted"
    torch_patch.revert("backend", **named)
    assert environment.target.read_bytes() == ORIGINAL.encode()


def test_more_patches_are_known_by_their_id(environment: Venv, backend_patch: Path) -> None:
    done = torch_patch.apply("backend", env=environment.prefix, more_patches=backend_patch)
    assert done["backend"].outcome == "applied"
    with pytest.raises(KeyError):
        done["other"]


def test_a_request_without_a_patch_is_refused_before_anything_runs() -> None:
    for request in (torch_patch.apply, torch_patch.plan, torch_patch.diff):
        with pytest.raises(torch_patch.UsageError, match="no patch is named"):
            request()


def request_in_a_process(arguments: tuple[str, str]) -> str:
    patch, env = arguments
    return torch_patch.apply(patch, env=env)["backend"].outcome


def test_two_installers_at_once_both_succeed(environment: Venv, backend_patch: Path) -> None:
    request = (str(backend_patch), str(environment.prefix))
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        outcomes = list(pool.map(request_in_a_process, [request] * 8))
    assert sorted(set(outcomes)) == ["already-applied", "applied"]
    assert outcomes.count("applied") == 1


def test_sync_brings_what_the_project_names_and_takes_out_what_it_drops(
    environment: Venv, backend_patch: Path, tmp_path: Path
) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text(f'[tool.torch-patch]\npatches = ["./{backend_patch.name}"]\n')
    named = {"python": environment.python}
    assert not torch_patch.sync(project, check=True, **named).ok
    assert environment.target.read_bytes() == ORIGINAL.encode()
    with pytest.raises(torch_patch.LockOutdated):
        torch_patch.sync(tmp_path, locked=True, **named)
    done = torch_patch.sync(tmp_path, **named)
    assert (done["backend"].outcome, done.ok) == ("applied", True)
    assert done.project is not None
    assert done.project.lock is not None
    assert (done.project.file, done.project.patches) == (str(project.resolve()), ("./backend.toml",))
    assert (done.project.lock.state, Path(done.project.lock.path).is_file()) == ("written", True)
    assert torch_patch.sync(tmp_path, locked=True, **named)["backend"].outcome == "already-applied"
    assert torch_patch.sync(tmp_path, check=True, **named).ok
    project.write_text("[tool.torch-patch]\npatches = []\n")
    assert torch_patch.sync(tmp_path, **named)["backend"].outcome == "reverted"
    assert environment.target.read_bytes() == ORIGINAL.encode()
    project.write_text("[tool.torch-patch]\npatch = []\n")
    with pytest.raises(torch_patch.BadProjectFile) as raised:
        torch_patch.sync(tmp_path, **named)
    assert raised.value.details["line"] == 2


def test_a_patch_stays_while_somebody_else_wants_it(environment: Venv, backend_patch: Path) -> None:
    named = {"env": environment.prefix}
    for owner in ("one", "two"):
        torch_patch.apply(backend_patch, owner=owner, **named)
    released = torch_patch.revert(backend_patch, owner="one", **named)["backend"]
    assert (released.outcome, released.reason) == ("released", "it stays, since `two` has asked for it")
    assert torch_patch.revert(owner="two", **named)["backend"].outcome == "reverted"


def test_a_repair_takes_a_bad_edit_out_and_keeps_a_copy(environment: Venv, tmp_path: Path) -> None:
    repair = tmp_path / "repair.toml"
    repair.write_text(
        'format = 1\nid = "no-mpi"\ntitle = "Take mpi out"\ndistribution = "torch"\nrepairs = true\n'
        f'[[variant]]\nversions = ">=1"\n[[variant.edit]]\nfile = "{TARGET}"\n'
        'replace = "return Backend.GLOO"\nwith = "return Backend.MPI"\n'
    )
    here = {"site_packages": environment.site_packages}
    assert torch_patch.apply(repair, **here)["no-mpi"].outcome == "not-needed"
    damaged = ORIGINAL.replace("return Backend.GLOO", "return  Backend.MPI  # mine")
    environment.target.write_bytes(damaged.encode())
    done = torch_patch.apply(repair, **here)["no-mpi"]
    assert (done.outcome, done.is_wanted_state) == ("repaired", True)
    (file,) = done.files
    assert file.proven is True
    assert file.kept is not None
    assert Path(file.kept).read_bytes() == damaged.encode()
    assert environment.target.read_bytes() == ORIGINAL.encode()
