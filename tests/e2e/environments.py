#!/usr/bin/env python3
"""Every kind of environment that people have, made by its own tool, and asked which torch Python would import.

Python itself is the judge: in each environment its interpreter says where `torch` would come from, which further ones
are on `sys.path`, and which directories that has. `torch-patch env` has to say the same without running it, and then a
patch has to reach the very file that Python would run, and leave it again byte for byte. The torch is a small wheel;
nothing but the tools (pip, uv, virtualenv, poetry, pipx, setuptools) is fetched. What cannot be had is printed as NOT
RUN.

    tests/e2e/environments.py [KIND]…

Needs Linux, Python 3.10 or newer with venv and pip. `TORCH_PATCH` names the binary (default: the release build).
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from harness import (
    Checks, TorchPatch, binary_under_test, equal, holds, picture, remove_tree, run, same_picture, section,
    stop_by_exception,
)  # fmt: skip
from traps import build_wheel_of

VERSION, OTHER = "2.5.1", "2.4.0"
MODULE = "torch/worker.py"
PRISTINE = b"def answer():\n    return 41\n"
MARK = b"torch-patch: answers"
PATCH = f"""format = 1
id = "answers"
title = "The right answer"
distribution = "torch"
description = "A patch for the tests."

[[variant]]
versions = ">=2,<3"
[[variant.edit]]
file = "{MODULE}"
replace = "return 41"
with = "return 42  # {MARK.decode()}"
"""
PIP = "pip==26.3"
TOOLS = (PIP, "uv==0.13.9", "virtualenv==21.15.11", "poetry==2.5.1", "pipx==1.18.4", "setuptools==80.9.0")
# What says something about the machine that this runs on, and not about the environment under test.
FOREIGN = ("VIRTUAL_ENV", "CONDA", "PYTHON", "UV_", "POETRY_", "PIPX_", "PYENV_", "PIP_USER", "PIP_TARGET", "XDG_")

# What Python imports and where else it would find one, in the order of `sys.path`; nothing of torch is run. Directories
# of the standard library are left out, which no package is installed in.
ORACLE = """
import importlib.machinery as machinery, importlib.util, json, os, sys, sysconfig
own = [path for path in sys.path if path and os.path.isdir(path)]
library = {os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
library |= {os.path.join(path, "lib-dynload") for path in library}
own = [path for path in own if os.path.realpath(path) not in library]
spec = importlib.util.find_spec("torch")
home = os.path.dirname(os.path.dirname(spec.origin)) if spec and spec.origin else None
finds = [path for path in own if getattr(machinery.PathFinder.find_spec("torch", [path]), "origin", None)]
print(json.dumps({"torch": home, "finds": finds, "path": own, "prefix": sys.prefix, "version": sys.version_info[:2]}))
"""


class NotRun(Exception):
    """What is needed for a kind of environment cannot be had here."""


class World:
    """A temporary folder with wheels, a patch, a home, an empty working directory, and the tools."""

    def __init__(self, folder, binary, tools):
        self.folder = pathlib.Path(folder)
        self.binary = binary
        self.tools = tools
        self.home = self.made("home")
        self.empty = self.made("empty")
        self.wheels = self.made("wheels")
        self.wheel = torch_wheel(self.wheels, VERSION)
        self.other = torch_wheel(self.made("older"), OTHER)
        self.patch = self.folder / "answers.toml"
        self.patch.write_text(PATCH)
        own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self.variables = {
            **own,
            "HOME": str(self.home),
            "PATH": "/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
            "UV_OFFLINE": "1",
            "UV_NO_CONFIG": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "PIP_ROOT_USER_ACTION": "ignore",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }

    def made(self, name):
        """A new directory."""
        directory = self.folder / name
        directory.mkdir(parents=True)
        return directory

    def run(self, *command, cwd=None, **variables):
        """Runs a command that must succeed, with these variables besides; returns its stdout."""
        return run(*command, cwd=cwd or self.empty, env={**self.variables, **variables})

    def pip(self, python, *arguments, **variables):
        """Installs with pip into the environment of an interpreter, without an index."""
        options = ["install", "--quiet", "--no-index", "--no-deps"]
        return self.run(self.tools / "pip", "--python", python, *options, *arguments, **variables)

    def venv(self, name, wheel, *options):
        """A virtual environment of Python's own venv; returns its interpreter."""
        self.run(sys.executable, "-m", "venv", "--without-pip", *options, self.folder / name)
        python = self.folder / name / "bin/python"
        if wheel:
            self.pip(python, wheel)
        return python


class Place:
    """Where a command is run: words that name an environment, a working directory, and variables."""

    def __init__(self, world, python, *options, cwd=None, **variables):
        self.world = world
        self.python = [str(part) for part in (python if isinstance(python, list) else [python])]
        self.cwd = cwd or world.empty
        self.environment = {**world.variables, **{name: str(value) for name, value in variables.items()}}
        self.torch_patch = TorchPatch(world.binary, options, environment=self.environment, cwd=self.cwd)

    def oracle(self):
        """What the interpreter says."""
        return json.loads(run(*self.python, "-c", ORACLE, cwd=self.cwd, env=self.environment))

    def env(self):
        """What `torch-patch env` says, and what it says of torch."""
        answer = self.torch_patch("env").expect(0).json
        found = [own for own in answer.get("distributions", []) if own["name"] == "torch"]
        equal(len(found) <= 1, True, f"one torch in {found}")
        return answer["environment"], found[0] if found else None

    def agrees(self, source):
        """Holds what `torch-patch env` says against Python; returns what both say."""
        oracle = self.oracle()
        environment, torch = self.env()
        equal(environment["source"], source, "source")
        equal(environment["python"], "{}.{}".format(*oracle["version"]), "version of Python")
        equal(real(environment["path"]), real(oracle["path"]), "the directories, in the order of `sys.path`")
        if not oracle["torch"]:
            equal(torch, None, "torch, of which Python finds none")
            return oracle, torch
        holds(torch is not None, f"Python imports torch from `{oracle['torch']}`, torch-patch finds none")
        equal(real([torch["directory"]["path"]]), real([oracle["torch"]]), "where torch is imported from")
        found = [torch["directory"]["path"], *(other["directory"]["path"] for other in torch.get("shadowed", []))]
        equal(real(found), real(oracle["finds"]), "every torch, in the order of `sys.path`")
        return oracle, torch

    def patches(self):
        """A patch reaches the file that Python would run, a second run changes nothing, and it leaves no trace."""
        home = pathlib.Path(self.oracle()["torch"])
        before = picture(home, caches=False)
        self.torch_patch("diff", self.world.patch).expect(0)
        equal(self.torch_patch("apply", self.world.patch).expect(0).outcome("answers"), "applied", "outcome")
        target = pathlib.Path(self.oracle()["torch"], MODULE)
        holds(MARK in target.read_bytes(), f"`{target}`, which Python would run, does not have the patch")
        again = self.torch_patch("apply", self.world.patch).expect(0)
        equal(again.outcome("answers"), "already-applied", "outcome of a second apply")
        equal(self.torch_patch("revert", "--all").expect(0).outcome("answers"), "reverted", "outcome")
        same_picture(picture(home, caches=False), before, "site-packages after the revert")


def torch_wheel(folder, version):
    """A wheel named torch with one module to patch."""
    files = {
        "torch/__init__.py": b"raise ImportError('torch is never imported')\n",
        "torch/version.py": f"__version__ = '{version}'\n".encode(),
        MODULE: PRISTINE,
    }
    return build_wheel_of(folder, "torch", version, files)


def real(paths):
    """Paths without links."""
    return [os.path.realpath(path) for path in paths]


def relocatable():
    """The prefix of a Python that can be copied: one of pyenv's."""
    root = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv"))
    found = sorted(root.glob("versions/3.1[0-9].*/bin/python3.1[0-9]"))
    found = [path for path in found if not path.parents[1].is_symlink()]
    if not found:
        raise NotRun(f"no Python that can be copied, looked in `{root}/versions`")
    return found[-1].parents[1]


def copied_python(world, prefix):
    """Copies a Python without its packages, by hard links where it can; returns its interpreter."""
    source = relocatable()
    (library,) = source.glob("lib/python3.*/os.py")
    skipped = {"test", "site-packages", "idlelib", "tkinter"}

    def link(start, end):
        try:
            os.link(start, end)
        except OSError:
            shutil.copy2(start, end)

    shutil.copytree(
        library.parent, prefix / library.parent.relative_to(source), symlinks=True, copy_function=link,
        ignore=lambda folder, names: skipped & set(names) if pathlib.Path(folder) == library.parent else (),
    )  # fmt: skip
    (prefix / library.parent.relative_to(source) / "site-packages").mkdir()
    for shared in source.glob("lib/libpython3*"):
        shutil.copy2(shared, prefix / "lib", follow_symlinks=False)
    (prefix / "bin").mkdir()
    name = library.parent.name
    shutil.copy2(source / "bin" / name, prefix / "bin" / name)
    for link_name in ("python3", "python"):
        (prefix / "bin" / link_name).symlink_to(name)
    return prefix / "bin/python3"


def venv(checks, world):
    """Python's own venv, named in each of the ways, and with the packages of the Python below."""
    python = world.venv("venv", world.wheel)
    prefix = world.folder / "venv"
    ways = {
        "--env": Place(world, python, "--env", prefix),
        "--python": Place(world, python, "--python", python),
        "VIRTUAL_ENV": Place(world, python, VIRTUAL_ENV=prefix),
        "PATH": Place(world, python, PATH=f"{prefix}/bin:/usr/bin:/bin"),
    }
    for source, place in ways.items():
        with checks.check(f"by {source}: what Python says"):
            _, torch = place.agrees(source)
            equal(torch["version"], VERSION, "version")
            place.patches()
    with checks.check("by .venv in a directory above"):
        project = world.made("project/deep/er")
        (world.folder / "project/.venv").symlink_to(prefix)
        place = Place(world, python, cwd=project)
        place.agrees(".venv")
        place.patches()
    with checks.check("with the packages of the system: its own comes first"):
        python = world.venv("system", world.other, "--system-site-packages")
        place = Place(world, python, "--env", world.folder / "system", PYTHONUSERBASE=world.folder / "userbase")
        _, torch = place.agrees("--env")
        equal(torch["version"], OTHER, "version")
        place.patches()


def virtualenv(checks, world):
    """virtualenv."""
    tool = tool_of(world, "virtualenv")
    for options in ([], ["--system-site-packages"]):
        name = "-".join(["v", *options]).replace("--", "")
        with checks.check(f"virtualenv {' '.join(options)}".rstrip()):
            world.run(tool, "--quiet", "--no-download", "--python", sys.executable, *options, world.folder / name)
            python = world.folder / name / "bin/python"
            world.pip(python, world.wheel)
            place = Place(world, python, "--env", world.folder / name)
            place.agrees("--env")
            place.patches()


def uv(checks, world):
    """uv: the four ways in which it links files from its cache, and a project of its own."""
    tool = tool_of(world, "uv")
    for mode in ("hardlink", "copy", "symlink", "clone"):
        with checks.check(f"link mode {mode}: found, and {'refused by name' if mode == 'symlink' else 'patched'}"):
            prefix = world.folder / mode
            variables = {"UV_LINK_MODE": mode, "UV_CACHE_DIR": str(world.folder / f"cache-{mode}")}
            world.run(tool, "venv", "--quiet", "--python", sys.executable, prefix, **variables)
            world.run(
                tool, "pip", "install", "--quiet", "--no-deps", "--python", prefix / "bin/python", world.wheel,
                **variables,
            )  # fmt: skip
            place = Place(world, prefix / "bin/python", "--env", prefix)
            oracle, torch = place.agrees("--env")
            equal(torch["version"], VERSION, "version")
            (cached,) = (world.folder / f"cache-{mode}").rglob(MODULE)
            before = cached.read_bytes()
            if mode == "symlink":
                holds(pathlib.Path(oracle["torch"], MODULE).is_symlink(), "premise: the file is no link")
                error = place.torch_patch("apply", world.patch).expect(6).json["error"]
                equal(error["code"], "leaves-environment", "code")
                holds("--link-mode" in " ".join(error["hints"]), f"no word about `--link-mode` in {error['hints']}")
            else:
                place.patches()
            equal(cached.read_bytes(), before, "the file in uv's cache")
            if mode == "clone" and not has_clones(world):
                print("  NOT RUN  clone on a file system that has clones: uv has copied here", flush=True)
    project = world.made("uv-project")
    manifest = f"""
        [project]
        name = "trainer"
        version = "1.0"
        requires-python = ">=3.8"
        dependencies = ["torch"]
        [tool.uv]
        package = false
        [tool.uv.sources]
        torch = {{ path = "{world.wheel}" }}
    """
    (project / "pyproject.toml").write_text("\n".join(line.strip() for line in manifest.splitlines()))
    for title, value in (
        ("nothing", None),
        ("a relative path", "elsewhere/env"),
        ("a path", world.folder / "absolute"),
    ):
        with checks.check(f"a project: `uv sync`, with {title} in UV_PROJECT_ENVIRONMENT"):
            variables = {"UV_PROJECT_ENVIRONMENT": str(value)} if value else {}
            variables["UV_CACHE_DIR"] = str(world.folder / "cache-project")
            below = project / "src/deep"
            below.mkdir(parents=True, exist_ok=True)
            if value:
                place = Place(world, sys.executable, cwd=below, **variables)
                error = place.torch_patch("env").expect(5).json["error"]
                equal(error["code"], "environment-not-found", "code before `uv sync`")
                holds("uv sync" in " ".join(error["hints"]), f"no word about `uv sync` in {error['hints']}")
            world.run(tool, "sync", "--quiet", "--python", sys.executable, cwd=project, **variables)
            place = Place(world, [tool, "run", "--quiet", "--no-sync", "python"], cwd=below, **variables)
            place.agrees("UV_PROJECT_ENVIRONMENT" if value else ".venv")
            place.patches()


def has_clones(world):
    """Whether the file system has clones (reflinks)."""
    command = ["cp", "--reflink=always", world.wheel, world.folder / "clone.whl"]
    return subprocess.run(command, capture_output=True).returncode == 0


def conda(checks, world):
    """The layout of conda, mamba and pixi; no channel can be reached here, so the tree is made from a real Python."""
    prefix = world.made("micromamba/envs/train")
    python = copied_python(world, prefix)
    version = run(python, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])").strip()
    records = prefix / "conda-meta"
    records.mkdir()
    (records / "history").write_text("==> 2026-01-01 00:00:00 <==\n")
    for name in (f"python-{version}-hab00c5b_1_cpython", "python_abi-3.12-5_cp312", "libpython-static-3.1-0"):
        (records / f"{name}.json").write_text(json.dumps({"name": name.rsplit("-", 2)[0]}))
    world.pip(python, world.wheel)
    project = world.made("pixi-project")
    (project / "pixi.toml").write_text('[workspace]\nchannels = ["conda-forge"]\nplatforms = ["linux-64"]\n')
    environments = project / ".pixi/envs"
    environments.mkdir(parents=True)
    (environments / "default").symlink_to(prefix)
    below = project / "src"
    below.mkdir()
    ways = {
        "CONDA_PREFIX": Place(world, python, CONDA_PREFIX=prefix, CONDA_DEFAULT_ENV="train"),
        "--env": Place(world, python, "--env", prefix),
        "--python": Place(world, python, "--python", python),
        "PATH": Place(world, python, PATH=f"{prefix}/bin:/usr/bin"),
        ".pixi": Place(world, python, cwd=below),
    }
    for source, place in ways.items():
        with checks.check(f"by {source}: what Python says"):
            place.agrees(source)
            place.patches()
    with checks.check("a virtual environment made with it"):
        world.run(python, "-m", "venv", "--without-pip", "--system-site-packages", world.folder / "over")
        own = world.folder / "over/bin/python"
        place = Place(world, own, "--env", world.folder / "over")
        place.agrees("--env")
        place.patches()


def poetry(checks, world):
    """poetry: in the project, elsewhere, and with two Pythons."""
    tool = tool_of(world, "poetry")
    manifest = f"""
        [project]
        name = "My.Trainer"
        version = "1.0"
        requires-python = ">=3.8"
        [tool.poetry]
        package-mode = false
        [tool.poetry.dependencies]
        torch = {{ path = "{world.wheel}" }}
    """

    def installed(name, **variables):
        project = world.made(name)
        (project / "pyproject.toml").write_text("\n".join(line.strip() for line in manifest.splitlines()))
        world.run(tool, "env", "use", "--quiet", sys.executable, cwd=project, **variables)
        python = world.run(tool, "env", "info", "--executable", cwd=project, **variables).strip()
        world.pip(python, world.wheel)
        below = project / "src"
        below.mkdir()
        return below, pathlib.Path(python)

    with checks.check("in the project"):
        below, python = installed("inside", POETRY_VIRTUALENVS_IN_PROJECT="true")
        place = Place(world, [tool, "run", "python"], cwd=below)
        place.agrees(".venv")
        place.patches()
    with checks.check("elsewhere, where poetry keeps them by default"):
        below, python = installed("default")
        holds(world.home in python.parents, f"premise: poetry made it in `{python}`")
        place = Place(world, [tool, "run", "python"], cwd=below)
        place.agrees("poetry")
        place.patches()
    with checks.check("`poetry run torch-patch` and the plain command mean the same"):
        inside = world.run(tool, "run", world.binary, "env", "--json", cwd=below)
        equal(json.loads(inside)["environment"]["source"], "VIRTUAL_ENV", "source")
        plain, _ = Place(world, python, cwd=below).env()
        equal(real(json.loads(inside)["environment"]["path"]), real(plain["path"]), "the directories")
    for title, variables, text in (
        ("POETRY_CACHE_DIR", {"POETRY_CACHE_DIR": str(world.folder / "cache")}, None),
        ("POETRY_VIRTUALENVS_PATH", {"POETRY_VIRTUALENVS_PATH": str(world.folder / "envs")}, None),
        ("virtualenvs.path of poetry.toml", {}, '[virtualenvs]\npath = "{cache-dir}/mine"\n'),
    ):
        with checks.check(f"elsewhere, by {title}"):
            project = world.made(f"by {title}")
            if text:
                (project / "poetry.toml").write_text(text)
            below, _ = installed(f"by {title}/project", **variables) if not text else (None, None)
            if text:
                (project / "pyproject.toml").write_text("\n".join(line.strip() for line in manifest.splitlines()))
                world.run(tool, "env", "use", "--quiet", sys.executable, cwd=project)
                python = world.run(tool, "env", "info", "--executable", cwd=project).strip()
                holds("/mine/" in python, f"premise: poetry made it in `{python}`")
                world.pip(python, world.wheel)
                below = project
            place = Place(world, [tool, "run", "python"], cwd=below, **variables)
            place.agrees("poetry")
    with checks.check("two Pythons: the one that `poetry env use` chose; without a choice, an error"):
        other = relocatable()
        world.run(tool, "env", "use", "--quiet", next(other.glob("bin/python3.1?")), cwd=world.folder / "default")
        place = Place(world, [tool, "run", "python"], cwd=world.folder / "default")
        place.agrees("poetry")
        chosen = world.home / ".cache/pypoetry/virtualenvs/envs.toml"
        text = chosen.read_text()
        chosen.unlink()
        error = place.torch_patch("env").expect(5).json["error"]
        chosen.write_text(text)
        equal(error["code"], "ambiguous-python", "code")
        holds("poetry env use" in " ".join(error["hints"]), f"no word about `poetry env use` in {error['hints']}")


def pipx(checks, world):
    """pipx: an application that brings its own torch."""
    tool = tool_of(world, "pipx")
    files = {
        "trainer.py": b"def main():\n    print('trained')\n",
        "trainer-1.0.dist-info/entry_points.txt": b"[console_scripts]\ntrainer = trainer:main\n",
    }
    build_wheel_of(world.wheels, "trainer", "1.0", files, "Requires-Dist: torch\n")
    home = world.folder / "pipx"
    variables = {"PIPX_HOME": str(home), "PIPX_BIN_DIR": str(world.folder / "bin")}
    backend = {"PIPX_DEFAULT_BACKEND": "pip"}
    options = f"--no-index --find-links {world.wheels}"
    shutil.copy(next(world.tools.glob("pip-*.whl")), world.wheels)  # pipx has one for all of its environments
    world.run(
        tool, "install", "--quiet", "--python", sys.executable, "--pip-args", options, "trainer", **variables, **backend
    )
    prefix = home / "venvs/trainer"
    with checks.check("the environment of an application"):
        equal(run(world.folder / "bin/trainer").strip(), "trained", "premise: what the application prints")
        place = Place(world, prefix / "bin/python", "--env", prefix)
        place.agrees("--env")
        place.patches()


def pyenv(checks, world):
    """pyenv: a shim, which is asked since no layout tells what is behind it."""
    root = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv"))
    program = root / "libexec/pyenv"
    if not program.is_file():
        raise NotRun(f"no pyenv in `{root}`")
    own = world.made("pyenv")
    first, second = own / "versions/mine", own / "versions/other"
    first.mkdir(parents=True)
    python = copied_python(world, first)
    world.pip(python, world.wheel)
    world.run(sys.executable, "-m", "venv", "--without-pip", second)
    world.pip(second / "bin/python", world.other)
    variables = {"PYENV_ROOT": str(own), "PATH": f"{own}/shims:{program.parent}:/usr/bin:/bin"}
    world.run(program, "rehash", **variables)
    shim = own / "shims/python3"
    holds(shim.read_bytes().startswith(b"#!"), "premise: the shim is no script")
    project = world.made("pyenv-project")
    for name, version in (("mine", VERSION), ("other", OTHER)):
        with checks.check(f"the shim on PATH, with .python-version {name}"):
            (project / ".python-version").write_text(f"{name}\n")
            place = Place(world, shim, cwd=project, **variables)
            _, torch = place.agrees("PATH")
            equal(torch["version"], version, "version")
            place.patches()
    with checks.check("PYENV_VERSION, and the version by its prefix"):
        Place(world, shim, cwd=project, PYENV_VERSION="mine", **variables).agrees("PATH")
        place = Place(world, python, "--env", first)
        place.agrees("--env")
        place.patches()


def user(checks, world):
    """`pip install --user`, which comes before the system's and is not in virtual environments."""
    python = "/usr/bin/python3"
    if not pathlib.Path(python).exists():
        raise NotRun(f"no `{python}`")
    base = {"PYTHONUSERBASE": str(world.folder / "base")}
    world.run(
        python, "-m", "pip", "install", "--quiet", "--user", "--break-system-packages", "--no-index", "--no-deps",
        "--ignore-installed", world.wheel, **base,
    )  # fmt: skip
    for options, source in ((["--python", python], "--python"), (["--env", "/usr"], "--env"), ([], "PATH")):
        with checks.check(f"by {source}: the user's comes first"):
            place = Place(world, python, *options, **base)
            _, torch = place.agrees(source)
            equal((torch["version"], torch["directory"]["kind"]), (VERSION, "user"), "version and kind")
            place.patches()
    with checks.check("with PYTHONNOUSERSITE it does not count"):
        oracle, _ = Place(world, python, "--python", python, PYTHONNOUSERSITE="1", **base).agrees("--python")
        holds(not any(str(world.folder) in path for path in oracle["path"]), "premise: Python takes the user site")
    with checks.check("in a virtual environment it does not count, with the system's packages it does"):
        for name, options in (("without", []), ("with", ["--system-site-packages"])):
            own = world.venv(name, None, *options)
            oracle, torch = Place(world, own, "--env", world.folder / name, **base).agrees("--env")
            equal(bool(torch), name == "with", "torch is found")


def target(checks, world):
    """`pip install --target`, with PYTHONPATH and by name."""
    directory = world.folder / "target"
    python = world.venv("venv", world.other)
    world.run(
        sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", directory, world.wheel
    )
    with checks.check("on PYTHONPATH: it shadows the environment's own"):
        place = Place(world, python, "--env", world.folder / "venv", PYTHONPATH=directory)
        _, torch = place.agrees("--env")
        equal((torch["version"], torch["directory"]["kind"]), (VERSION, "python-path"), "version and kind")
        equal([other["version"] for other in torch["shadowed"]], [OTHER], "what is shadowed")
        place.patches()
        text = place.torch_patch.run(["env", *place.torch_patch.options]).stdout
        holds(f"torch {VERSION} in {directory} (PYTHONPATH)" in text, text)
        holds(f"shadowed, not imported: torch {OTHER}" in text, text)
    with checks.check("a relative PYTHONPATH, an empty part of it, the same directory twice, and what is not there"):
        values = ("target", f":{directory}", f"{directory}:{directory}/.", f"/nowhere:{directory}", f"{directory}:")
        for value in values:
            place = Place(world, python, "--env", world.folder / "venv", cwd=world.folder, PYTHONPATH=value)
            equal(place.agrees("--env")[1]["version"], VERSION, f"version with PYTHONPATH={value}")
    with checks.check("PYTHONPATH that names the environment's own directory"):
        (site,) = (world.folder / "venv").glob("lib/python3*/site-packages")
        (site / "more.pth").write_text(f"{directory}\n")
        place = Place(world, python, "--env", world.folder / "venv", PYTHONPATH=site)
        equal(place.agrees("--env")[1]["version"], OTHER, "version")
        place.patches()
        (site / "more.pth").unlink()
    with checks.check("no .pth file of a directory of PYTHONPATH counts"):
        (world.made("pth") / "a.pth").write_text(f"{directory}\n")
        place = Place(world, python, "--env", world.folder / "venv", PYTHONPATH=world.folder / "pth")
        equal(place.agrees("--env")[1]["version"], OTHER, "version")
    with checks.check("by --site-packages, and --env says that this is meant"):
        place = Place(world, python, "--site-packages", directory, PYTHONPATH=directory)
        equal(place.env()[1]["version"], VERSION, "version")
        place.patches()
        error = Place(world, python, "--env", directory).torch_patch("env").expect(5).json["error"]
        holds("--site-packages" in " ".join(error["hints"]), f"no word about `--site-packages` in {error['hints']}")


def debian(checks, world):
    """Debian's own Python and torch, and that pip is kept out of it."""
    python = "/usr/bin/python3"
    if not pathlib.Path("/usr/lib/python3/dist-packages").is_dir():
        raise NotRun("this is no Debian")
    base = {"PYTHONUSERBASE": str(world.folder / "nobody")}
    place = Place(world, python, "--python", python, **base)
    with checks.check("the directories of Debian, in the order of Python"):
        place.agrees("--python")
    with checks.check("the file that keeps pip out of it is named"):
        version = "{}.{}".format(*place.oracle()["version"])
        marker = pathlib.Path(f"/usr/lib/python{version}/EXTERNALLY-MANAGED")
        equal(place.env()[0]["externally_managed"], str(marker), "externally_managed")
        refused = subprocess.run(
            [python, "-m", "pip", "install", "--no-index", "--no-deps", world.wheel],
            capture_output=True, text=True, env=place.environment,
        )  # fmt: skip
        holds("externally-managed" in refused.stderr, f"premise: pip says `{refused.stderr}`")
    with checks.check("a virtual environment of it is not managed so"):
        own = world.venv("venv", world.wheel)
        holds("externally_managed" not in Place(world, own, "--python", own).env()[0], "it is named there, too")
    if not pathlib.Path("/usr/lib/python3/dist-packages/torch").is_dir():
        raise NotRun("python3-torch is not installed, so nothing was said about Debian's torch")
    with checks.check("Debian's torch is found, and shadowed by what comes before it"):
        _, torch = place.agrees("--python")
        equal(torch["directory"]["kind"], "dist-packages", "kind")
        own = world.venv("over", world.wheel, "--system-site-packages")
        oracle, torch = Place(world, own, "--env", world.folder / "over", **base).agrees("--env")
        equal(len(oracle["finds"]), 2, "premise: the number of torches on `sys.path`")
        equal([other["directory"]["kind"] for other in torch["shadowed"]], ["base"], "what is shadowed")


def editable(checks, world):
    """Editable installs, which are refused by name, with what to do."""
    source = world.made("pytorch")
    (source / "torch").mkdir()
    (source / "torch/__init__.py").write_text("")
    (source / "torch/version.py").write_text(f"__version__ = '{VERSION}'\n")
    (source / MODULE).write_bytes(PRISTINE)
    setup = "from setuptools import setup\nsetup(name='torch', version='2.5.1', packages=['torch']{})\n"
    (source / "setup.py").write_text(setup.format(""))
    build_system = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
    (source / "pyproject.toml").write_text(build_system)

    def installed(name, sources, mode=None):
        """Installs the sources as pip does with `-e`; returns the interpreter and site-packages."""
        python = world.venv(name, None)
        program = (
            "import sys; from setuptools import build_meta; build_meta.build_editable(sys.argv[1], eval(sys.argv[2]))"
        )
        settings = {"editable_mode": mode} if mode else {}
        wheel = world.made(f"built-{name}")
        world.run(tool_of(world, "python"), "-c", program, wheel, repr(settings), cwd=sources)
        (built,) = wheel.glob("*.whl")
        world.pip(python, built)
        (info,) = (world.folder / name).glob("lib/python3*/site-packages/torch-*.dist-info")
        direct = {"url": f"file://{sources}", "dir_info": {"editable": True}}
        (info / "direct_url.json").write_text(json.dumps(direct))
        return python, info.parent

    def refused(title, place):
        with checks.check(f"{title}: refused by name, with what to do"):
            before = picture(source)
            oracle = place.oracle()
            # In strict mode a folder of the build has links to the files.
            inside = oracle["torch"].startswith(os.path.realpath(source))
            holds(inside, f"premise: Python imports torch from {oracle['torch']}")
            error = place.torch_patch("apply", world.patch).expect(5).json["error"]
            equal((error["code"], error["details"]["name"]), ("editable-install", "torch"), "code and name")
            holds(str(source) in error["message"], f"the working copy is not named in `{error['message']}`")
            holds("working copy" in " ".join(error["hints"]), f"{error['hints']}")
            _, torch = place.env()
            holds("editable" in torch["problem"], f"problem: {torch['problem']}")
            same_picture(picture(source), before, "the working copy")

    for mode in (None, "strict", "compat"):
        name = mode or "lenient"
        python, _ = installed(name, source, mode)
        refused(f"setuptools, {name}", Place(world, python, "--env", world.folder / name))
    with checks.check("a regular torch later on the path: Python takes it before a hook of setuptools"):
        moved = source.rename(world.folder / "moved")
        (moved / "src").mkdir()
        (moved / "torch").rename(moved / "src/library")  # by another name no `.pth` file does
        (moved / "setup.py").write_text(setup.format(", package_dir={'torch': 'src/library'}"))
        python, site = installed("hooked", moved)
        holds(list(site.glob("__editable___torch_*_finder.py")), "premise: setuptools made no hook")
        place = Place(world, python, "--env", world.folder / "hooked")
        equal(place.torch_patch("apply", world.patch).expect(5).json["error"]["code"], "editable-install", "code")
        (site / "later.pth").write_text(f"{world.made('later')}\n")
        world.run(
            sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target",
            world.folder / "later", world.other,
        )  # fmt: skip
        equal(place.oracle()["torch"], str(world.folder / "later"), "premise: what Python imports")
        _, torch = place.env()
        equal((torch["version"], torch["directory"]["path"]), (OTHER, str(world.folder / "later")), "torch")
        place.patches()


def several(checks, world):
    """Several torches at once, and modules that are no installed package."""
    base = {"PYTHONUSERBASE": str(world.folder / "base")}
    python = world.venv("venv", world.other, "--system-site-packages")
    options = ["install", "--quiet", "--no-index", "--no-deps", "--ignore-installed"]
    user_site = run(
        "/usr/bin/python3", "-c", "import site; print(site.getusersitepackages())", env={**world.variables, **base}
    ).strip()
    world.run(sys.executable, "-m", "pip", *options, "--target", user_site, world.wheel)
    world.run(sys.executable, "-m", "pip", *options, "--target", world.folder / "path", world.wheel)
    with checks.check("PYTHONPATH before the environment's own before the user's before the system's"):
        place = Place(world, python, "--env", world.folder / "venv", PYTHONPATH=world.folder / "path", **base)
        oracle, torch = place.agrees("--env")
        holds(len(oracle["finds"]) >= 3, f"premise: torches on `sys.path`: {oracle['finds']}")
        kinds = [torch["directory"]["kind"], *(other["directory"]["kind"] for other in torch["shadowed"])]
        equal(kinds[:3], ["python-path", "purelib", "user"], "kinds")
        place.patches()
    project = world.made("project")
    (project / "torch").mkdir()
    with checks.check("a folder torch without __init__.py is none"):
        (project / "torch/notes.txt").write_text("")
        place = Place(world, python, "--env", world.folder / "venv", cwd=project, PYTHONPATH=project)
        equal(place.agrees("--env")[1]["version"], OTHER, "version")
    for title, name in (("a package that is not installed", "torch/__init__.py"), ("a module torch.py", "torch.py")):
        with checks.check(f"{title} comes first on PYTHONPATH: an error that names it"):
            (project / name).write_text("")
            place = Place(world, python, "--env", world.folder / "venv", PYTHONPATH=project)
            spec = "import importlib.util as util; print(util.find_spec('torch').origin)"
            equal(run(python, "-c", spec, env=place.environment).strip(), str(project / name), "premise")
            error = place.torch_patch("apply", world.patch).expect(5).json["error"]
            equal(error["code"], "not-installed", "code")
            holds(str(project / name).removesuffix("/__init__.py") in error["message"], error["message"])
            (project / name).unlink()
    with checks.check("a torch in the working directory is told, unless Python does not look there"):
        (project / "torch/__init__.py").write_text("")
        safe = {"PYTHONSAFEPATH": "1"}
        for variables, told in (({}, True), (safe, False)):
            place = Place(world, python, "--env", world.folder / "venv", cwd=project, **variables)
            _, torch = place.env()
            equal(torch.get("working_directory"), str(project / "torch") if told else None, "working_directory")
            equal(torch["version"], OTHER, "version")
        text = place.torch_patch.run(["env", "--env", str(world.folder / "venv")]).stdout
        holds("comes first" not in text, text)
        if sys.version_info >= (3, 11):
            spec = "import importlib.util as util; print(util.find_spec('torch').origin)"
            first = run(python, "-c", spec, cwd=project, env=world.variables).strip()
            equal(os.path.realpath(first), os.path.realpath(project / "torch/__init__.py"), "what Python says")
            first = run(python, "-P", "-c", spec, cwd=project, env=world.variables).strip()
            holds(str(project) not in first, f"with -P Python takes `{first}`")


def tool_of(world, name):
    """The path of a tool that was fetched."""
    path = world.tools / name
    if not path.is_file():
        raise NotRun(f"`{name}` could not be installed")
    return path


def fetched_tools(folder):
    """Installs the tools; returns the directory of their programs, which may lack them."""
    run(sys.executable, "-m", "venv", folder)
    for packages in [TOOLS, *([tool] for tool in TOOLS)]:
        done = subprocess.run([folder / "bin/pip", "install", "--quiet", *packages], capture_output=True, text=True)
        if packages is TOOLS and done.returncode == 0:
            break
        if done.returncode:
            print(f"  cannot install {' '.join(packages)}: {done.stderr.strip().splitlines()[-1:]}", flush=True)
    run(folder / "bin/pip", "download", "--quiet", "--no-deps", "--dest", folder / "bin", PIP)
    return folder / "bin"


KINDS = {
    kind.__name__: kind
    for kind in (venv, virtualenv, uv, conda, poetry, pipx, pyenv, user, target, debian, editable, several)
}


def main(names):
    """Makes the environments of the named kinds, of all by default."""
    unknown = [name for name in names if name not in KINDS]
    if unknown:
        sys.exit(f"unknown kind {unknown}, expected some of {sorted(KINDS)}")
    binary = binary_under_test()
    stop_by_exception()
    checks = Checks()
    skipped = []
    folder = pathlib.Path(tempfile.mkdtemp(prefix="torch-patch-environments-"))
    try:
        tools = fetched_tools(folder / "tools")
        for name in names or KINDS:
            section(f"{name}: {KINDS[name].__doc__}")
            world = folder / name
            world.mkdir()
            try:
                KINDS[name](checks, World(world, binary, tools))
            except NotRun as reason:
                skipped.append(name)
                print(f"  NOT RUN  {name}: {reason}", flush=True)
            except Exception as error:  # what kept a kind from being made is a failure
                with checks.check(f"{name} ran to its end"):
                    raise error
            remove_tree(world)
    finally:
        remove_tree(folder)
    print(f"\n{len(skipped)} kinds not run or not to their end: {' '.join(skipped)}" if skipped else "")
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
