"""A torch of a few lines in a virtual environment of its own, for each test."""

from __future__ import annotations

import base64
import hashlib
import os
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

# What is compared is English, whatever the machine speaks.
os.environ["LC_ALL"] = "C.UTF-8"
os.environ.pop("LANGUAGE", None)

TARGET = "torch/distributed/distributed_c10d.py"
ORIGINAL = """\
class Backend:
    NCCL = "nccl"
    GLOO = "gloo"


def is_nccl_available():
    return False


def get_backend(group):
    return Backend.GLOO


def _new_process_group_helper(backend, prefix_store, store, group_name):
    prefix_store = PrefixStore(group_name, store)
    if backend == Backend.NCCL:
        raise RuntimeError("Distributed package doesn't have NCCL built in")
    return backend
"""


@dataclass(frozen=True)
class Venv:
    """A virtual environment."""

    prefix: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.prefix / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    @property
    def site_packages(self) -> Path:
        """Where its packages are."""
        scheme = "nt" if sys.platform == "win32" else "posix_prefix"
        return Path(sysconfig.get_path("purelib", scheme, vars={"base": str(self.prefix)}))

    @property
    def target(self) -> Path:
        """The file of torch that the patches of these tests change."""
        return self.site_packages / TARGET

    def install(self, name: str, version: str, files: dict[str, str]) -> None:
        """Put a package there as pip would."""
        info = f"{name}-{version}.dist-info"
        rows = []
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        for path, text in {**files, f"{info}/METADATA": metadata}.items():
            data = text.encode()
            place = self.site_packages / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            rows.append(f"{path},sha256={digest},{len(data)}\n")
        (self.site_packages / info / "RECORD").write_text("".join([*rows, f"{info}/RECORD,,\n"]))


@pytest.fixture
def environment(tmp_path: Path) -> Venv:
    """An environment with a torch of a few lines."""
    made = Venv(tmp_path / "venv")
    venv.create(made.prefix, symlinks=sys.platform != "win32")
    made.install("torch", "1.13.1", {"torch/__init__.py": "", TARGET: ORIGINAL})
    return made


@pytest.fixture
def backend_patch(tmp_path: Path) -> Path:
    """A patch file for that torch."""
    path = tmp_path / "backend.toml"
    path.write_text(
        f"""\
format = 1
id = "backend"
title = "A test"
description = "For tests."
distribution = "torch"

[[variant]]
versions = ">=1,<3"

[[variant.edit]]
file = "{TARGET}"
within = "def _new_process_group_helper"
after = "prefix_store = PrefixStore(group_name, store)"
insert = "backend = Backend.GLOO  # torch-patch: backend"
"""
    )
    return path
