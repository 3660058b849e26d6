"""Where a patch meets the package it is for: files of a real release in a scratch environment, and a Python to run them.

The files are fetched by `torch-patch try --keep`, which reads just them out of the release's wheel or source archive and
checks them; they are kept in `~/.cache/torch-patch-tests/upstream`. Nothing here writes outside temporary folders.
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from harness import REPOSITORY, TorchPatch, equal, holds, run  # noqa: E402

# Debian's own Python, which sees Debian's torch 1.13: for what a real torch has to run.
DEBIAN_PYTHON = "/usr/bin/python3"
DEBIAN_SITE = pathlib.Path("/usr/lib/python3/dist-packages")
LIFT = pathlib.Path(__file__).resolve().parent / "lift.py"


def cache():
    """The folder that keeps what was fetched."""
    given = os.environ.get("TORCH_PATCH_TEST_CACHE")
    return pathlib.Path(given) if given else pathlib.Path.home() / ".cache/torch-patch-tests"


class Scene:
    """A scratch environment with files of real releases, and `torch-patch` aimed at it."""

    def __init__(self, binary, folder):
        self.binary = binary
        self.folder = pathlib.Path(folder)
        self.site = self.folder / "env/lib/python3.11/site-packages"
        self.site.mkdir(parents=True)
        self.torch_patch = TorchPatch(binary, ["--site-packages", self.site], environment=self.environment())

    def environment(self):
        """The variables that a program of the scene sees."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        return {**kept, "TORCH_PATCH_CACHE": str(cache() / "upstream"), "PYTHONDONTWRITEBYTECODE": "1"}

    def release(self, distribution, version, files, platform="linux"):
        """Puts files of a release here, byte for byte, with its metadata and a `RECORD` of them."""
        edits = "".join(f'[[variant.edit]]\nfile = "{file}"\nappend = "pass"\n' for file in files)
        patch = self.folder / "fetch.toml"
        patch.write_text(
            'format = 1\nid = "fetch"\ntitle = "Fetch files"\n'
            f'distribution = "{distribution}"\n[[variant]]\nversions = "=={version}"\n{edits}'
        )
        kept = self.folder / "fetched"
        run(
            self.binary, "try", patch, "--torch", version, "--platform", platform, "--keep", kept, "--quiet",
            env=self.environment(),
        )  # fmt: skip
        (site,) = kept.glob("**/site-packages")
        shutil.copytree(site, self.site, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".torch-patch"))
        shutil.rmtree(kept)

    def installed(self, distribution, version):
        """Says that a distribution is installed, with nothing but an empty package."""
        info = self.site / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        package = self.site / distribution.replace("-", "_")
        package.mkdir(exist_ok=True)
        (package / "__init__.py").touch()
        (info / "RECORD").write_text(f"{package.name}/__init__.py,,\n{info.name}/METADATA,,\n{info.name}/RECORD,,\n")

    def debian_torch(self):
        """Puts a copy of Debian's torch here, so that the system's own stays as it is."""
        library = self.folder / "usr/lib"
        self.site = library / "python3/dist-packages"
        self.site.mkdir(parents=True)
        # torch/lib/*.so are links to `../../../../x86_64-linux-gnu`, seen from where they lie.
        (library / "x86_64-linux-gnu").symlink_to("/usr/lib/x86_64-linux-gnu")
        for name in ["torch", "torchgen", *(info.name for info in DEBIAN_SITE.glob("torch-*.egg-info"))]:
            shutil.copytree(DEBIAN_SITE / name, self.site / name, symlinks=True)
        self.torch_patch.options = ["--site-packages", str(self.site)]

    def write(self, path, text):
        """Writes a stand-in for a module that is not the one under test."""
        target = self.site / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def edit(self, path, old, new):
        """Edits a file as a guide tells people to, keeping its line endings."""
        target = self.site / path
        text = target.read_bytes().decode()
        ending = "\r\n" if "\r\n" in text else "\n"
        old, new = old.replace("\n", ending), new.replace("\n", ending)
        equal(text.count(old), 1, f"how often `{old}` is in `{path}`")
        target.write_bytes(text.replace(old, new).encode())

    def python(self, script, *arguments, path=True, more=()):
        """Runs a script on the packages of the scene, and `more` folders; returns exit code and what was printed."""
        paths = [LIFT.parent, *([self.site] if path else []), *more]
        environment = {**self.environment(), "PYTHONPATH": os.pathsep.join(map(str, paths))}
        done = subprocess.run(
            [DEBIAN_PYTHON, "-W", "always", "-c", script, *map(str, arguments)],
            capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, env=environment, cwd=self.folder,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def patch(self, name):
        """The file of a patch; or, if it is for Windows only, a copy that says it is for every platform."""
        own = patch_file(name)
        source = own.read_text()
        if 'platforms = ["win"]' not in source:
            return str(own)
        copy = self.folder / f"{name}.toml"
        copy.write_text(source.replace('platforms = ["win"]', "platforms = []"))
        return str(copy)


def packages(here, *names):
    """A folder with packages from the index, made once for each set of them."""
    known = "-".join(names).replace("=", "").replace("<", "") or "none"
    folder = pathlib.Path(tempfile.gettempdir()) / "torch-patch-behaviour" / str(os.getpid()) / known
    if not folder.exists():
        run(
            DEBIAN_PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, *names,
            env=here.environment(),
        )  # fmt: skip
    return folder


def patch_file(name):
    """Where a patch of the catalogue is; a test of the workspace holds the built-in ones against these files."""
    return REPOSITORY / "patches" / name / "patch.toml"


def symptoms(name):
    """The texts by which a patch is found."""
    return tomllib.loads(patch_file(name).read_text())["symptoms"]


def has_symptom(output, name):
    """Whether one of the texts by which a patch is found is in an output; `...` stands for any text."""
    words = "".join(output.split())
    for symptom in symptoms(name):
        place = 0
        for part in symptom.split("..."):
            part = "".join(part.split())
            found = words.find(part, place)
            if found < 0:
                break
            place = found + len(part)
        else:
            return True
    return False


def before_and_after(checks, scene, name, what, broken, works, options=(), outcome="applied"):
    """The symptom without the patch, its absence with it, and the symptom again once it is reverted.

    `broken` and `works` run the same program; each returns its exit code and output.
    """
    word = scene.patch(name)
    with checks.check(f"{what}: the symptom is there before"):
        code, output = broken()
        holds(code != 0, f"expected a failure, found success:\n{output}")
        holds(has_symptom(output, name), f"none of the symptoms of `{name}` is in:\n{output}")
    with checks.check(f"{what}: gone with `apply {name}`"):
        answer = scene.torch_patch("apply", word, *options).expect(0)
        equal(answer.outcome(name), outcome, "outcome")
        code, output = works()
        holds(code == 0, f"expected success, found exit {code}:\n{output}")
    with checks.check(f"{what}: applied again nothing changes, and `revert` brings it back"):
        equal(scene.torch_patch("apply", word, *options).expect(0).outcome(name), "already-applied", "outcome")
        equal(scene.torch_patch("revert", name).expect(0).outcome(name), "reverted", "outcome")
        holds(not (scene.site / ".torch-patch").exists(), "`.torch-patch` is left")
        code, output = broken()
        holds(code != 0 and has_symptom(output, name), f"expected the symptom again:\n{output}")


def hand_edits(checks, binary, name, distribution, version, files, edits, platform="win", others=(), adopted=False):
    """Each edit that guides tell people to make is recognised; `edits` are lists of `(file, old, new)`.

    With `adopted` it is taken over as well, and reverting the patch gives back what the release has.
    """
    for title, changes in edits.items():
        with checks.check(f"{distribution} {version}, made by hand: {title}"), scene(binary) as here:
            here.release(distribution, version, files, platform)
            released = {file: (here.site / file).read_bytes() for file in files}
            for other, other_version in others:
                here.installed(other, other_version)
            for file, old, new in changes:
                here.edit(file, old, new)
            answer = here.torch_patch("apply", here.patch(name), "--dry-run", "--accept-risk").expect(0)
            equal(answer.outcome(name), "applied-by-hand", "outcome")
            if adopted:
                answer = here.torch_patch("apply", here.patch(name), "--adopt", "--accept-risk").expect(0)
                equal(answer.outcome(name), "adopted", "outcome")
                equal(here.torch_patch("revert", name).expect(0).outcome(name), "reverted", "outcome")
                equal({file: (here.site / file).read_bytes() for file in files}, released, "the files of the release")


def damaged_and_repaired(checks, scene, name, what, damage, broken, works, proven):
    """What works, fails with a bad edit in the way that the patch says, and works again once that is taken out.

    `damage` makes the edit and returns the file; `broken` and `works` run the same program and return exit code and
    output. `proven`: whether the file is known to be the original afterwards.
    """
    word = scene.patch(name)
    with checks.check(f"{what}: it works as it was installed"):
        code, output = works()
        holds(code == 0, f"expected success, found exit {code}:\n{output}")
        equal(scene.torch_patch("status", name).expect(0).outcome(name), "not-needed", "state")
    file = scene.site / FILES[name]
    original = file.read_bytes()
    damage()
    damaged = file.read_bytes()
    with checks.check(f"{what}: with the bad edit there is the symptom, and `status` names it"):
        code, output = broken()
        holds(has_symptom(output, name), f"none of the symptoms of `{name}` is in:\n{output}")
        answer = scene.torch_patch("status", "--exit-code").expect(10)
        equal(answer.outcome(name), "damaged", "state")
    with checks.check(f"{what}: gone with `apply {name}`, a copy is kept"):
        answer = scene.torch_patch("apply", word).expect(0)
        equal(answer.outcome(name), "repaired", "outcome")
        (result,) = answer.json["results"]
        equal(result["files"][0]["proven"], proven, "proven")
        holds(file.read_bytes() == original, "the file is not the original")
        equal(pathlib.Path(result["files"][0]["kept"]).read_bytes(), damaged, "the copy")
        code, output = works()
        holds(code == 0, f"expected success, found exit {code}:\n{output}")
    with checks.check(f"{what}: applied again nothing changes, and there is nothing to revert"):
        equal(scene.torch_patch("apply", word, "--strict").expect(3).json["error"]["code"], "not-needed", "code")
        equal(scene.torch_patch("revert", name).expect(0).outcome(name), "not-applied", "outcome")
        equal([path.name for path in (scene.site / ".torch-patch").iterdir()], ["kept"], "what is left")


# The file that a bad edit is made in.
FILES = {
    "cuda-check-pass": "torch/utils/cpp_extension.py",
    "meshgrid-indexing": "torch/functional.py",
    "ninja-version": "torch/utils/cpp_extension.py",
    "sampler-generator": "torch/utils/data/sampler.py",
}


def bad_edits(checks, binary, name, version, edits, platform="win"):
    """Each form of a bad edit is named and taken out to the original bytes; `edits` are pairs of old and new text."""
    file = FILES[name]
    for old, new in edits:
        with checks.check(f"torch {version}, the form: {new!r}"), scene(binary) as here:
            here.release("torch", version, [file], platform)
            original = (here.site / file).read_bytes()
            here.edit(file, old, new)
            equal(here.torch_patch("status", name).expect(0).outcome(name), "damaged", "state")
            answer = here.torch_patch("apply", here.patch(name)).expect(0)
            equal(answer.outcome(name), "repaired", "outcome")
            equal(answer.json["results"][0]["files"][0]["proven"], True, "proven")
            holds((here.site / file).read_bytes() == original, "the file is not the original")


@contextlib.contextmanager
def scene(binary):
    """A scene that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield Scene(binary, folder)
