"""The program that the wheel brings, and how it is found."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import torch_patch


def test_the_program_is_that_of_the_wheel() -> None:
    said = subprocess.run([torch_patch.program(), "--version"], check=True, capture_output=True, text=True).stdout
    assert said.split() == ["torch-patch", metadata.version("torch-patch")]


def test_the_module_is_the_command() -> None:
    def run(*words: str) -> tuple[int, str, str]:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    for words in (["--version"], ["list", "--quiet"], ["no-such-command"], ["status", "--env", "nowhere", "--json"]):
        assert run(sys.executable, "-m", "torch_patch", *words) == run(str(torch_patch.program()), *words)


def test_torch_is_not_imported() -> None:
    program = "import sys, torch_patch; print('torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert said == "False\n"


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(torch_patch.__file__).parent / "py.typed").is_file()


def test_another_place_for_packages_has_its_own_program(tmp_path: Path) -> None:
    """As after `pip install --target`."""
    here = Path(torch_patch.__file__).parent
    program = torch_patch.program()
    package = tmp_path / "torch_patch"
    package.mkdir()
    for file in here.glob("*.py"):
        (package / file.name).write_bytes(file.read_bytes())
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / program.name).write_bytes(program.read_bytes())
    (tmp_path / "bin" / program.name).chmod(0o755)
    command = [sys.executable, "-S", "-c", "import torch_patch; print(torch_patch.program())"]
    said = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(tmp_path)}
    ).stdout
    assert said == f"{tmp_path / 'bin' / program.name}\n"


def test_a_program_that_is_not_there_or_says_nothing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torch_patch import _program

    missing = tmp_path / "torch-patch"
    monkeypatch.setattr(_program, "_places", lambda: iter([missing]))
    with pytest.raises(torch_patch.ProgramError, match="pip install") as raised:
        torch_patch.status()
    assert str(missing) in raised.value.message
    missing.write_text("no program")
    with pytest.raises(torch_patch.ProgramError, match="failed to start"):
        torch_patch.status()
    if os.name != "nt":
        missing.write_text("#!/bin/sh\necho oh no >&2\nexit 9\n")
        missing.chmod(0o755)
        with pytest.raises(torch_patch.ProgramError, match=r"ended with 9 .*oh no"):
            torch_patch.status()
