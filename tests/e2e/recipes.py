#!/usr/bin/env python3
"""The recipes of docs/recipes.md, word for word: their files, their commands in order, and all of it a second time.

Packages come from an index on this machine: torch-patch as the wheel that pip makes of this repository, torch 2.5.1 as a
wheel of the real release's text files; it sends on to the index that pip is configured for with everything else. There is no Docker
here: the lines of the Dockerfile are run by chroot, each in a layer of its own (overlayfs), above this machine's own file
system; that needs root. GitHub's runner is read out of `action.yml`. What cannot be run is printed as NOT RUN.

    tests/e2e/recipes.py WHEEL [RECIPE]…

WHEEL is the wheel of torch-patch. Needs Linux, Python 3.9 or newer with venv and pip, git and make.
"""

import http.server
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading

import torch_wheel
from harness import Checks, equal, holds, remove_tree, run, section, sha256, stop_by_exception
from traps import build_wheel_of

PAGE = pathlib.Path(__file__).parents[2] / "docs/recipes.md"
TOOLS = ("uv==0.13.9", "poetry==2.5.1", "pipx==1.18.4", "pyyaml==6.0.3")
RELEASE = "2.5.1-win"
MARK = "# torch-patch: gloo-windows"
FENCE = re.compile(r"(?:^`(?P<name>[^`\n]+)`:\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
# What says something about the machine that this runs on, and not about the recipe.
FOREIGN = ("VIRTUAL_ENV", "CONDA", "PYTHON", "UV_", "POETRY_", "PIP_", "XDG_", "TORCH_PATCH")


class Recipe:
    """A section of the page: files by name, and commands."""

    def __init__(self, name):
        text = PAGE.read_text().split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]
        found = list(FENCE.finditer(text))
        self.files = {own["name"]: own["text"] for own in found if own["name"]}
        console = [own["text"] for own in found if own["kind"] == "console"]
        self.commands = [line[2:] for text in console for line in text.splitlines() if line.startswith("$ ")]

    def write(self, folder):
        """Puts the files where the recipe says."""
        for name, text in self.files.items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)


class World:
    """A folder with an index, the tools, and a home of its own."""

    def __init__(self, folder, wheel):
        self.folder = pathlib.Path(folder)
        self.wheel = wheel
        self.wheels = self.folder / "wheels"
        self.wheels.mkdir()
        shutil.copy(wheel, self.wheels)
        members = torch_wheel.members(RELEASE)
        files = [torch_wheel.TARGET, "torch/version.py"]
        self.original = (members / torch_wheel.TARGET).read_bytes()
        torch = {"torch/__init__.py": b"", **{name: (members / name).read_bytes() for name in files}}
        build_wheel_of(self.wheels, "torch", torch_wheel.version_of(RELEASE), torch)
        self.index = serve(self.wheels, configured_index())
        home = self.folder / "home"
        home.mkdir()
        self.tools = self.folder / "tools"
        run(sys.executable, "-m", "venv", self.tools)
        run(self.tools / "bin/pip", "install", "--quiet", *TOOLS)
        own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self.variables = {
            **own,
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "PATH": f"{self.tools}/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "PIP_INDEX_URL": self.index,
            "PIP_NO_CACHE_DIR": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
            "UV_DEFAULT_INDEX": self.index,
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_NO_CONFIG": "1",
        }

    def project(self, name):
        """An empty directory for a recipe."""
        folder = self.folder / name
        folder.mkdir()
        return folder

    def shell(self, folder, commands, code=0, **variables):
        """Runs command lines in one shell, as they are typed; returns what they say."""
        lines = "\n".join(commands)
        done = subprocess.run(
            ["bash", "-e", "-c", lines],
            cwd=folder,
            env={**self.variables, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        equal(done.returncode, code, f"exit code of\n{lines}\n{done.stdout}")
        return done.stdout


def configured_index():
    """The index that pip asks on this machine."""
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return os.environ.get("PIP_INDEX_URL") or done.stdout.strip() or "https://pypi.org/simple"


def serve(wheels, other):
    """An index on this machine (PEP 503), of the wheels in a folder; of all other packages it sends to another index."""

    class Index(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            """Answers with a page of links, a wheel, or another place."""
            parts = [part for part in self.path.split("/") if part]
            if parts and parts[-1].endswith(".whl"):
                return self.answer((wheels / parts[-1]).read_bytes(), "application/octet-stream")
            name = parts[-1].replace("-", "_") if parts else ""
            own = sorted(path.name for path in wheels.glob("*.whl") if path.name.split("-")[0] == name)
            links = (f'<a href="/{wheel}#sha256={sha256((wheels / wheel).read_bytes())}">{wheel}</a>' for wheel in own)
            if own:
                return self.answer("\n".join(["<!DOCTYPE html>", *links]).encode(), "text/html")
            self.send_response(302)
            self.send_header("Location", f"{other.rstrip('/')}/{parts[-1]}/")
            self.end_headers()

        def answer(self, data, kind):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/simple"


def patched_files(root):
    """Every installed copy of the patched file below a folder."""
    return sorted(root.rglob(f"site-packages/{torch_wheel.TARGET}"))


def tried(checks, title, action):
    """Counts an action as one check."""
    with checks.check(title):
        action()


def snapshot(folder):
    """The patched file and the lock, with their times: what must not change the second time."""
    files = [*patched_files(folder), folder / "torch-patch.lock"]
    return {str(path): (sha256(path.read_bytes()), path.stat().st_mtime_ns) for path in files}


def patched(folder):
    """Says that there is one installed torch below the folder, and that it is patched."""
    files = patched_files(folder)
    equal(len(files), 1, f"installed files below `{folder}`")
    holds(MARK in files[0].read_text(), f"the patch is in `{files[0]}`")
    holds((folder / "torch-patch.lock").is_file(), "a lock is there")
    return files[0]


def twice(world, recipe, folder, **variables):
    """Runs the commands of a recipe, looks, and runs them again."""
    world.shell(folder, recipe.commands, **variables)
    patched(folder)
    before = snapshot(folder)
    world.shell(folder, recipe.commands, **variables)
    equal(snapshot(folder), before, "files and times after the second run")


def tool(checks, world):
    """A command of its own, in an environment of its own, which it does not take for the one to patch."""
    recipe, folder = Recipe("As a command of its own"), world.project("tool")
    run(sys.executable, "-m", "venv", folder / "webui/.venv")
    run(folder / "webui/.venv/bin/pip", "install", "--quiet", "--no-index", next(world.wheels.glob("torch-*.whl")))
    half = len(recipe.commands) // 2
    for installer, commands in (("uv", recipe.commands[:half]), ("pipx", recipe.commands[half:])):
        home = world.project(f"home-of-{installer}")
        path = f"{home}/.local/bin:{world.variables['PATH']}"

        def install(commands=commands, home=home, path=path):
            holds(installer in commands[0], f"the commands are {commands}")
            for _ in range(2):
                said = world.shell(folder / "webui", commands, HOME=str(home), PATH=path)
                holds("torch-patch 0." in said, f"the version is told: {said}")
            words = ["torch-patch apply gloo-windows", "torch-patch status --exit-code", "torch-patch revert"]
            world.shell(folder / "webui", words, HOME=str(home), PATH=path)
            (file,) = patched_files(folder)
            equal(file.read_bytes(), world.original, "the file afterwards")

        tried(checks, f"{installer}: installed twice, and used on a project", install)


def uv(checks, world):
    """A uv project; its cache, and an environment made anew from it, are as upstream made them."""
    recipe, folder = Recipe("uv"), world.project("uv")
    recipe.write(folder)
    tried(checks, "the commands, twice", lambda: twice(world, recipe, folder))

    def fresh():
        shutil.rmtree(folder / ".venv")
        world.shell(folder, ["uv sync"])
        equal(patched_files(folder)[0].read_bytes(), world.original, "torch from uv's cache")
        world.shell(folder, [recipe.commands[-1]], code=10)
        twice(world, recipe, folder)

    tried(checks, "an environment made anew has the original, `--check` says so, and sync patches it", fresh)

    def dropped():
        world.shell(folder, ["uv run torch-patch remove gloo-windows", "uv run torch-patch sync"])
        equal(patched_files(folder)[0].read_bytes(), world.original, "after the patch was dropped")

    tried(checks, "a patch that the project drops goes, byte for byte", dropped)


def poetry(checks, world):
    """A poetry project; where the packages come from is the one thing that is added to its file."""
    recipe, folder = Recipe("poetry"), world.project("poetry")
    recipe.write(folder)
    source = f'\n[[tool.poetry.source]]\nname = "tests"\nurl = "{world.index}/"\npriority = "primary"\n'
    file = folder / "pyproject.toml"
    file.write_text(file.read_text() + source)
    variables = {"POETRY_VIRTUALENVS_IN_PROJECT": "true"}
    tried(checks, "the commands, twice", lambda: twice(world, recipe, folder, **variables))

    def elsewhere():
        away = world.project("poetry-elsewhere")
        shutil.copy(file, away)
        world.shell(away, recipe.commands, POETRY_VIRTUALENVS_PATH=str(away / "environments"))
        patched(away)

    tried(checks, "with the environment outside the project, as poetry has it by default", elsewhere)


def make(checks, world):
    """pip and a Makefile."""
    recipe, folder = Recipe("pip and make"), world.project("make")
    recipe.write(folder)
    tried(checks, "the commands, twice", lambda: twice(world, recipe, folder))

    def check_fails():
        patched_files(folder)[0].write_bytes(world.original)
        done = world.shell(folder, ["make check"], code=2)
        holds("Error" in done, f"make fails: {done}")
        world.shell(folder, recipe.commands)
        patched(folder)

    tried(checks, "`make check` fails where the patch is not in place, and `make install` puts it there", check_fails)

    def uninstalled():
        before = snapshot(folder)
        world.shell(folder, [".venv/bin/pip uninstall --yes torch-patch"])
        equal(snapshot(folder), before, "the patched file without torch-patch")
        commands = [".venv/bin/pip install torch-patch", ".venv/bin/torch-patch revert --all --env .venv"]
        world.shell(folder, commands)
        (file,) = patched_files(folder)
        equal(file.read_bytes(), world.original, "the file after a revert by a later installation")
        holds(not (file.parents[2] / ".torch-patch").exists(), "a store is left")

    tried(checks, "`pip uninstall torch-patch` leaves what a later installation reverts byte for byte", uninstalled)


def pre_commit(checks, world):
    """A hook that fails until the environment is in order."""
    recipe, folder = Recipe("pre-commit"), world.project("pre-commit")
    recipe.write(folder)
    author = {f"GIT_{role}_{key}": "t@example.com" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    world.shell(folder, ["git init --quiet", "echo .venv > .gitignore"])
    tried(checks, "the commands, twice", lambda: twice(world, recipe, folder, **author))

    def refuses():
        hook = [". .venv/bin/activate", "torch-patch revert --all", "pre-commit run --all-files"]
        said = world.shell(folder, hook, code=1, **author)
        holds("would-apply" in said, f"the hook says what is missing: {said}")

    tried(checks, "the hook fails where the patch is not in place", refuses)


def github(checks, world):
    """The composite action: its steps as GitHub's runner would start them, with the recipe's inputs."""
    text = Recipe("GitHub Actions").files[".github/workflows/ci.yml"]
    reader = "import json, sys, yaml; print(json.dumps([yaml.safe_load(open(path)) for path in sys.argv[1:]]))"
    folder = world.project("github")
    workflow_file = folder / ".github/workflows/ci.yml"
    workflow_file.parent.mkdir(parents=True)
    workflow_file.write_text(text)
    (folder / "torch-patch.toml").write_text('patches = ["gloo-windows"]\n')
    action_file = PAGE.parents[1] / "action.yml"
    workflow, action = json.loads(run(world.tools / "bin/python", "-c", reader, workflow_file, action_file))
    steps = workflow["jobs"]["test"]["steps"]
    (given,) = [step["with"] for step in steps if step.get("uses", "").startswith("torch-patch/")]
    installs = [step["run"] for step in steps if "run" in step]
    holds(set(given) <= set(action["inputs"]), f"inputs {set(given)} of {set(action['inputs'])}")
    run(sys.executable, "-m", "venv", folder / ".venv")
    path = f"{folder}/.venv/bin:{world.variables['PATH']}"

    def act(code=0, **inputs):
        """Runs the action with these inputs over its defaults."""
        values = {name: about["default"] for name, about in action["inputs"].items()}
        values.update({name: str(value).lower() if value in (True, False) else value for name, value in inputs.items()})
        # Building the wheel is a recipe of its own: it is installed from the index.
        values_of = {**{f"inputs.{name}": value for name, value in values.items()}, "github.action_path": "torch-patch"}
        for step in action["runs"]["steps"]:
            if "if" in step and not is_true(step["if"], values_of):
                continue
            variables = {name: expanded(value, values_of) for name, value in step.get("env", {}).items()}
            is_last = step is action["runs"]["steps"][-1]
            world.shell(folder, [step["run"]], code=code if is_last else 0, PATH=path, **variables)

    def first():
        world.shell(folder, installs, PATH=path)
        act()
        patched(folder)

    def second():
        before = snapshot(folder)
        act(**given)
        act(check=True, install=False)
        equal(snapshot(folder), before, "files and times after the second run")

    tried(checks, "without inputs it installs and syncs", first)
    tried(checks, "with the recipe's inputs, and as a check, it changes nothing", second)

    def refuses():
        lock = folder / "torch-patch.lock"
        text = lock.read_text()
        lock.write_text(re.sub(r'digest = "sha256:[0-9a-f]{8}', 'digest = "sha256:00000000', text, count=1))
        act(code=10, **given)
        lock.write_text(text)

    tried(checks, "`locked` refuses a patch file that was not reviewed", refuses)


def expanded(value, values):
    """A value of a workflow with its expressions put in: only plain names are there."""
    return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda found: str(values[found[1]]), str(value))


def is_true(condition, values):
    """A condition of the one form that the action has."""
    name, wanted = re.fullmatch(r"([\w.]+) == '(\w+)'", condition).groups()
    return values[name] == wanted


def docker(checks, world):
    """The Dockerfile, each RUN and COPY in a layer of its own above this machine's file system."""
    if os.geteuid() != 0:
        print("NOT RUN: docker: it mounts layers, which needs root", flush=True)
        return
    recipe, folder = Recipe("Docker"), world.project("docker")
    recipe.write(folder)
    lines = recipe.files["Dockerfile"].splitlines()
    image = Image(world, folder)

    def build():
        for line in lines:
            image.instruction(line)
        file = image.one_torch()
        holds(MARK in file, "the image has the patch")

    try:
        tried(checks, "every line is run, the last one finds nothing to do", build)

        def whole():
            lower = image.in_layer("pip install", torch_wheel.TARGET)
            equal([MARK in text for text in lower], [True], "the layer of the installation has the file once, patched")

        tried(checks, "the layer of the installation has the file once", whole)

        def reverted():
            image.instruction("RUN torch-patch revert --all")
            equal(image.one_torch().encode(), world.original, "the file in the layer above")
            image.instruction("RUN torch-patch sync && torch-patch sync --check")
            holds(MARK in image.one_torch(), "patched again")

        tried(checks, "a later layer reverts byte for byte, and applies again", reverted)
    finally:
        image.unmount()


class Image:
    """A stack of layers, as Docker's overlay2 driver has them."""

    def __init__(self, world, context):
        self.world = world
        self.context = context
        self.layers = world.folder / "layers"
        self.layers.mkdir()
        run("mount", "-t", "tmpfs", "layers", self.layers)
        self.root = self.layers / "root"
        self.root.mkdir()
        self.stack = []
        self.lines = []
        self.directory = "/"

    def instruction(self, line):
        """Runs a line of a Dockerfile."""
        word, _, rest = line.partition(" ")
        if word == "FROM":
            # In the place of the image: a Python of its own at a path of its own, first on PATH.
            self.layer(line, f"{sys.executable} -m venv /opt/python")
        elif word == "WORKDIR":
            self.directory = rest
            self.layer(line, f"mkdir -p {shlex.quote(rest)}", directory="/")
        elif word == "COPY":
            *sources, target = rest.split()
            with self.mounted(line):
                for source in sources:
                    place = self.root / self.directory.lstrip("/") / target
                    if source == ".":
                        shutil.copytree(self.context, place, dirs_exist_ok=True)
                    else:
                        shutil.copy(self.context / source, place)
        elif word == "RUN":
            self.layer(line, rest)
        else:
            raise AssertionError(f"a line that this test does not know: {line}")

    def layer(self, line, command, directory=None):
        """Runs a command in a new layer."""
        path = "/opt/python/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        variables = {**self.world.variables, "PATH": path, "HOME": "/root"}
        with self.mounted(line):
            command = f"cd {shlex.quote(directory or self.directory)} && {command}"
            done = subprocess.run(
                ["chroot", self.root, "/bin/sh", "-ec", command],
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
        equal(done.returncode, 0, f"exit code of `{line}`\n{done.stdout}")

    def mounted(self, line):
        """The layers so far with a new one on top, and the file systems that a build has besides."""
        upper, work = (self.layers / f"{kind}-{len(self.stack)}" for kind in ("layer", "work"))
        upper.mkdir()
        work.mkdir()
        lower = ":".join([*(str(layer) for layer in reversed(self.stack)), "/"])
        self.stack.append(upper)
        self.lines.append(line)
        return Mounts(
            self.root,
            ["-t", "overlay", "overlay", "-o", f"lowerdir={lower},upperdir={upper},workdir={work}", self.root],
            ["--bind", "/dev", self.root / "dev"],
            ["-t", "proc", "proc", self.root / "proc"],
            ["-t", "tmpfs", "tmp", self.root / "tmp"],
        )

    def in_layer(self, words, name):
        """The texts of a file in the layer of the line that has these words."""
        (layer,) = [own for own, line in zip(self.stack, self.lines) if words in line]
        return [path.read_text() for path in sorted(layer.rglob(f"site-packages/{name}"))]

    def one_torch(self):
        """The text of the installed file as the whole stack has it."""
        for layer in reversed(self.stack):
            found = sorted(layer.rglob(f"site-packages/{torch_wheel.TARGET}"))
            if found:
                equal(len(found), 1, f"installed files in {layer}")
                return found[0].read_bytes().decode()
        raise AssertionError("no layer has torch")

    def unmount(self):
        """Gives the layers back."""
        run("umount", "--lazy", self.layers)


class Mounts:
    """File systems that are mounted below a root for a while."""

    def __init__(self, root, *mounts):
        self.root = root
        self.mounts = mounts

    def __enter__(self):
        for words in self.mounts:
            pathlib.Path(words[-1]).mkdir(exist_ok=True)
            run("mount", *words)

    def __exit__(self, *_):
        for words in reversed(self.mounts):
            run("umount", "--lazy", words[-1])


RECIPES = {
    "tool": tool,
    "uv": uv,
    "poetry": poetry,
    "make": make,
    "docker": docker,
    "pre-commit": pre_commit,
    "github": github,
}


def main(words):
    """Runs the recipes that are named, or all."""
    if not words or not set(words[1:]) <= set(RECIPES):
        sys.exit(f"usage: recipes.py WHEEL [RECIPE]…, of {', '.join(RECIPES)}")
    checks = Checks()
    stop_by_exception()
    folder = tempfile.mkdtemp(prefix="torch-patch-recipes-")
    try:
        world = World(folder, pathlib.Path(words[0]).resolve())
        for name in words[1:] or RECIPES:
            section(f"{name}: {RECIPES[name].__doc__}")
            RECIPES[name](checks, world)
    finally:
        remove_tree(folder)
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
