#!/usr/bin/env python3
"""Eight ways in which editing an installed package goes wrong, each with pip, uv and Python themselves.

Every trap gets its own virtual environment with a small wheel named `torch` 1.13.1 that holds the real
`distributed_c10d.py`. A trap first proves its own premise (the files are hard-linked, the user may not write, …), so
that it cannot pass for the wrong reason. Nothing outside a temporary folder is touched.

    tests/e2e/traps.py [TRAP]…

Needs Linux, Python 3.10 or newer with venv and pip, strace, the network for the first run, and root for
`read_only` (it works as `nobody`; a script that does not run as root works as itself). `TORCH_PATCH` names the binary
(default: the release build).
"""

import ast
import base64
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import stat
import sys
import tempfile
import zipfile

from harness import (
    Checks, TorchPatch, binary_under_test, entry, equal, holds, picture, remove_tree, run, same_picture, section,
    stop_by_exception,
)  # fmt: skip
from torch_wheel import TARGET, members

PATCH = "gloo-windows"
VERSION = "1.13.1"
REBUILT = "1.13.1.post1"
UV = "uv==0.13.9"
# A small distribution on PyPI, without compiled parts.
SMALL = "idna==3.10"
NOBODY = 65534


class World:
    """A temporary folder with the wheels, the binary, and any number of virtual environments."""

    def __init__(self, folder, binary):
        self.folder = pathlib.Path(folder)
        self.folder.chmod(0o755)  # for `nobody`
        self.pristine = (members(f"{VERSION}-macos") / TARGET).read_bytes()
        self.rebuilt = self.pristine + b"\n# a later build\n"
        self.wheel = build_wheel(self.folder / "wheels", VERSION, self.pristine)
        self.rebuilt_wheel = build_wheel(self.folder / "wheels", REBUILT, self.rebuilt)
        self.binary = self.folder / "torch-patch"
        shutil.copy(binary, self.binary)
        self.binary.chmod(0o755)

    def venv(self, name):
        """A new virtual environment with the wheel, installed by pip."""
        run(sys.executable, "-m", "venv", "--without-pip", self.folder / name)
        venv = Venv(self, self.folder / name)
        venv.pip("install", self.wheel)
        equal(venv.target.read_bytes(), self.pristine, "the file that pip installed")
        return venv


class Venv:
    """One virtual environment."""

    def __init__(self, world, path):
        self.world = world
        self.path = path
        self.python = path / "bin/python"
        (self.site,) = path.glob("lib/python3*/site-packages")
        self.target = self.site / TARGET
        self.torch_patch = self.torch_patch_with([])

    def torch_patch_with(self, prefix):
        """The binary aimed at this environment, run by the command in `prefix`."""
        return TorchPatch(self.world.binary, ["--env", self.path], prefix)

    def pip(self, command, *arguments):
        """Runs pip on this environment without an index; a warning is an error."""
        options = ["--no-index", "--no-deps"] if command == "install" else []
        return run(
            sys.executable, "-m", "pip", "--python", self.python, command, *options, *arguments,
            env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}, quiet=True,
        )  # fmt: skip

    def evaluate(self, program):
        """Runs a Python program in this environment and returns the literal it prints."""
        return ast.literal_eval(run(self.python, "-I", "-c", program, cwd=self.world.folder))

    def applied(self):
        """Applies the patch, proves that the file changed, and returns its new bytes."""
        equal(self.torch_patch("apply", PATCH).expect(0).outcome(PATCH), "applied", "outcome")
        patched = self.target.read_bytes()
        holds(patched != self.world.pristine, "`apply` changed nothing")
        return patched

    def store_is_gone(self):
        """Raises if the environment still has a `.torch-patch`."""
        holds(not (self.site / ".torch-patch").exists(), "`.torch-patch` was left behind")


def build_wheel(folder, version, content):
    """Builds a wheel named torch with the given target file, a right RECORD, and otherwise empty modules."""
    files = {
        "torch/__init__.py": b"",
        "torch/version.py": f"__version__ = '{version}'\n".encode(),
        "torch/distributed/__init__.py": b"",
        TARGET: content,
    }
    return build_wheel_of(folder, "torch", version, files)


def build_wheel_of(folder, name, version, files, headers=""):
    """Builds a wheel with these files and a right RECORD; `headers` are more lines of its metadata."""
    folder.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{headers}".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: e2e\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={record_digest(data)},{len(data)}\n" for path, data in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return wheel


def record_digest(data):
    """A digest as RECORD spells it (PEP 376)."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def hard_links(checks, world):
    """uv links the files of every environment to those of its cache."""
    tools = world.folder / "tools"
    run(sys.executable, "-m", "pip", "install", "--quiet", "--target", tools, UV)
    cache = world.folder / "uv-cache"
    settings = {"UV_CACHE_DIR": str(cache), "UV_LINK_MODE": "hardlink", "UV_OFFLINE": "1", "UV_NO_CONFIG": "1"}
    settings = {**os.environ, **settings}

    def uv_venv(name):
        run(tools / "bin/uv", "venv", "--python", sys.executable, world.folder / name, env=settings)
        venv = Venv(world, world.folder / name)
        run(tools / "bin/uv", "pip", "install", "--no-deps", "--python", venv.python, world.wheel, env=settings)
        return venv

    first, second = uv_venv("first"), uv_venv("second")
    (cached,) = cache.rglob(TARGET)
    with checks.check("premise: uv's cache and both environments share one file"):
        for path in (first.target, second.target):
            holds(path.samefile(cached), f"`{path}` is no hard link to `{cached}`")
    before = (cached.read_bytes(), cached.stat().st_mtime_ns, entry(cached))
    with checks.check("apply changes the one environment, not uv's cache and not the other"):
        patched = first.applied()
        equal((cached.read_bytes(), cached.stat().st_mtime_ns, entry(cached)), before, "uv's cached file")
        holds(second.target.samefile(cached), "the second environment's file was replaced")
        equal(second.torch_patch("status", PATCH).expect(0).outcome(PATCH), "not-applied", "state of the second")
    with checks.check("a third environment gets the pristine file from the cache"):
        third = uv_venv("third")
        equal(third.target.read_bytes(), world.pristine, "the third environment's file")
    with checks.check("both patched and one reverted: each has its own bytes"):
        equal(second.applied(), patched, "the second environment's file")
        equal(first.torch_patch("revert", PATCH).expect(0).outcome(PATCH), "reverted", "outcome")
        equal(first.target.read_bytes(), world.pristine, "the first environment's file")
        equal(second.target.read_bytes(), patched, "the second environment's file")
        equal((cached.read_bytes(), cached.stat().st_mtime_ns), before[:2], "uv's cached file")
        first.store_is_gone()


def poisoned_cache(checks, world):
    """An edit in place is an edit of uv's cache, and every new environment gets it."""
    tools = world.folder / "tools"
    run(sys.executable, "-m", "pip", "install", "--quiet", "--target", tools, UV)
    cache = world.folder / "poisoned-cache"
    settings = {**os.environ, "UV_CACHE_DIR": str(cache), "UV_LINK_MODE": "hardlink", "UV_NO_CONFIG": "1"}
    settings["PATH"] = f"{tools / 'bin'}{os.pathsep}{settings['PATH']}"
    module = "idna/core.py"

    def uv_venv(name):
        path = world.folder / name
        run("uv", "venv", "--python", sys.executable, path, env=settings)
        run("uv", "pip", "install", "--no-deps", "--python", path, SMALL, env=settings)
        (site,) = path.glob("lib/python3*/site-packages")
        return TorchPatch(world.binary, ["--env", path], environment=settings), site / module

    torch_patch, edited = uv_venv("edited")
    pristine = edited.read_bytes()
    with checks.check("as uv installed it: nothing to tell"):
        answer = torch_patch("verify", "idna").expect(0)
        (report,) = answer.json["verified"]
        equal((report["findings"], report["caches"][0]["findings"]), ([], []), "findings")
        holds(report["checked"] > 5, "hardly a file was compared")
    with checks.check("premise: the file is the cache's own, and a new environment gets the edit"):
        (cached,) = cache.rglob(module)
        holds(edited.samefile(cached), f"`{edited}` is no hard link to `{cached}`")
        with edited.open("ab") as file:
            file.write(b"# an edit in place\n")
        other, poisoned = uv_venv("poisoned")
        equal(poisoned.read_bytes(), pristine + b"# an edit in place\n", "the file of a new environment")
    with checks.check("verify in the new environment names the file, here and in the cache"):
        answer = other("verify", "idna").expect(4)
        (report,) = answer.json["verified"]
        (finding,) = report["findings"]
        equal((finding["path"], finding["state"], finding["names"]), (module, "modified", 3), "the finding")
        found = [(own["path"], [one["path"] for one in own["findings"]]) for own in report["caches"]]
        equal(found, [(str(cached.parents[1]), [module])], "what is changed in the cache")
        commands = re.findall(r"`(uv [^`]+)`", " ".join(answer.json["error"]["hints"]))
        equal(len(commands), 2, f"commands in the hints of {answer.json['error']}")
    with checks.check("restore puts the file of one environment right and leaves the others"):
        (restored,) = torch_patch("restore", module).expect(0).json["restored"]
        equal((restored["outcome"], edited.read_bytes()), ("restored", pristine), "the restored file")
        equal(pathlib.Path(restored["kept"]).read_bytes(), poisoned.read_bytes(), "the copy")
        holds(poisoned.samefile(cached) and edited.stat().st_nlink == 1, "the link is not cut")
        (again,) = torch_patch("restore", module).expect(0).json["restored"]
        equal(again["outcome"], "as-installed", "outcome of a second run")
        equal(torch_patch("verify", "idna").expect(4).json["verified"][0]["findings"], [], "findings")
    with checks.check("the commands that verify has named clean the cache and the environment"):
        for command in commands:
            run(*shlex.split(command), env=settings)
        equal(poisoned.read_bytes(), pristine, "the file of the environment")
        third, fresh = uv_venv("fresh")
        equal(fresh.read_bytes(), pristine, "the file of a new environment")
        for torch_patch in (other, third):
            torch_patch("verify", "idna").expect(0)
    with checks.check("a link into the cache is compared, and not written through"):
        path = world.folder / "linked"
        linked = {**settings, "UV_LINK_MODE": "symlink"}
        run("uv", "venv", "--python", sys.executable, path, env=linked)
        run("uv", "pip", "install", "--no-deps", "--python", path, SMALL, env=linked)
        (target,) = path.glob(f"lib/python3*/site-packages/{module}")
        holds(target.is_symlink(), f"premise: `{target}` is a link")
        torch_patch = TorchPatch(world.binary, ["--env", path], environment=linked)
        torch_patch("verify", "idna").expect(0)
        with target.open("ab") as file:
            file.write(b"# through a link\n")
        (finding,) = torch_patch("verify", "idna").expect(4).json["verified"][0]["findings"]
        equal((finding["path"], finding["state"]), (module, "modified"), "the finding")
        before = target.resolve().read_bytes()
        torch_patch("restore", module).expect(6)
        equal(target.resolve().read_bytes(), before, "the file of the cache")


def links_out(checks, world):
    """A file or a folder of the package is a symbolic link to somewhere else."""
    outside = world.folder / "outside"

    def refused(venv, place, shown):
        with checks.check(f"a linked {shown}: exit 6, nothing outside read or written"):
            shutil.rmtree(outside, ignore_errors=True)
            outside.mkdir()
            moved = outside / place.name
            shutil.move(place, moved)
            place.symlink_to(moved)
            equal(venv.target.read_bytes(), world.pristine, "premise: the file behind the link")
            pictures = picture(outside), picture(venv.site, caches=False)
            log = world.folder / "strace.log"
            traced = venv.torch_patch_with(["strace", "-f", "-y", "-o", log, "-e", "trace=open,openat,openat2,creat"])
            traced("apply", PATCH).expect(6)
            opened = log.read_text()
            holds(str(venv.site) in opened, "premise: strace saw no file of the environment")
            # With -y each descriptor is followed by the real path, so a link cannot hide where it leads.
            seen = [line for line in opened.splitlines() if f"<{outside}" in line and "O_PATH" not in line]
            holds(not seen, "opened outside:\n" + "\n".join(seen))
            same_picture(picture(outside), pictures[0], "the folder outside")
            same_picture(picture(venv.site, caches=False), pictures[1], "site-packages")
            venv.store_is_gone()

    venv = world.venv("linked-file")
    refused(venv, venv.target, "file")
    venv = world.venv("linked-folder")
    refused(venv, venv.target.parent, "folder")


def read_only(checks, world):
    """The user may read the package, not write it."""
    as_user = []
    if os.geteuid() == 0:
        as_user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all"]

    def refused(title, forbid, allow):
        with checks.check(f"{title}: exit 8, nothing changed"):
            venv = world.venv(title.replace(" ", "-"))
            if as_user:
                run("chown", "-R", f"{NOBODY}:{NOBODY}", venv.path)
            forbid(venv)
            torch_patch = venv.torch_patch_with(as_user)
            before = picture(venv.path), venv.target.stat().st_mtime_ns
            torch_patch("apply", PATCH).expect(8)
            same_picture(picture(venv.path), before[0], "the environment")
            equal(venv.target.stat().st_mtime_ns, before[1], "mtime")
            equal(torch_patch("status", PATCH).expect(0).outcome(PATCH), "not-applied", "state")
            same_picture(picture(venv.path), before[0], "the environment after `status`")
        with checks.check(f"{title}: applies once it may be written"):
            allow(venv)
            equal(torch_patch("apply", PATCH).expect(0).outcome(PATCH), "applied", "outcome")
            equal(torch_patch("revert", PATCH).expect(0).outcome(PATCH), "reverted", "outcome")
            equal(venv.target.read_bytes(), world.pristine, "the file")
            venv.store_is_gone()

    refused("a read-only file", lambda venv: venv.target.chmod(0o444), lambda venv: venv.target.chmod(0o644))
    refused(
        "a read-only folder",
        lambda venv: venv.target.parent.chmod(0o555),
        lambda venv: venv.target.parent.chmod(0o755),
    )
    refused(
        "a read-only site-packages",
        lambda venv: venv.site.chmod(0o555),
        lambda venv: venv.site.chmod(0o755),
    )
    if as_user:
        refused(
            "an environment of another user",
            lambda venv: run("chown", "-R", "0:0", venv.path),
            lambda venv: run("chown", "-R", f"{NOBODY}:{NOBODY}", venv.path),
        )


def unchecked_pyc(checks, world):
    """Python runs an unchecked-hash pyc without ever looking at its source."""
    venv = world.venv("unchecked")
    # What import would run, and what the source says; the module itself needs all of torch to be executed.
    runs_its_source = (
        "from importlib.util import find_spec\n"
        "loader = find_spec('torch.distributed.distributed_c10d').loader\n"
        "source = loader.get_data(loader.path)\n"
        "print(loader.get_code(loader.name) == loader.source_to_code(source, loader.path))"
    )

    def compile_unchecked():
        run(venv.python, "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash", venv.target)

    compile_unchecked()
    with checks.check("premise: after an edit by hand, Python runs the old code"):
        venv.target.write_bytes(world.pristine.replace(b"import", b"import sys, ", 1))
        equal(venv.evaluate(runs_its_source), False, "Python runs its source")
        venv.target.write_bytes(world.pristine)
    with checks.check("after apply, Python runs the new code"):
        venv.applied()
        equal(venv.evaluate(runs_its_source), True, "Python runs its source")
    with checks.check("after revert, Python runs the old code again"):
        compile_unchecked()
        equal(venv.torch_patch("revert", PATCH).expect(0).outcome(PATCH), "reverted", "outcome")
        equal(venv.target.read_bytes(), world.pristine, "the file")
        equal(venv.evaluate(runs_its_source), True, "Python runs its source")


def reinstall(checks, world):
    """pip replaces the package under an applied patch."""

    def superseded(venv, wheel, content):
        patched = venv.applied()
        venv.pip("install", "--force-reinstall", wheel)
        equal(venv.target.read_bytes(), content, "premise: the file that pip installed")
        equal(venv.torch_patch("status", PATCH).expect(0).outcome(PATCH), "superseded", "state")
        venv.torch_patch("status", PATCH, "--exit-code").expect(10)
        return patched

    for title, wheel, content in (
        ("the same wheel", world.wheel, world.pristine),
        ("a later build", world.rebuilt_wheel, world.rebuilt),
    ):
        venv = world.venv(title.replace(" ", "-"))
        with checks.check(f"{title}, reinstalled: superseded"):
            patched = superseded(venv, wheel, content)
        with checks.check(f"{title}, reinstalled: apply works anew"):
            equal(venv.torch_patch("apply", PATCH).expect(0).outcome(PATCH), "applied", "outcome")
            equal(venv.target.read_bytes(), patched + content[len(world.pristine) :], "the patched file")
            equal(venv.torch_patch("status", PATCH).expect(0).outcome(PATCH), "applied", "state")
        with checks.check(f"{title}, reinstalled: revert gives the new bytes"):
            equal(venv.torch_patch("revert", PATCH).expect(0).outcome(PATCH), "reverted", "outcome")
            equal(venv.target.read_bytes(), content, "the file")
            venv.store_is_gone()
    with checks.check("a later build, reverted while superseded: the old bytes are never put over the new ones"):
        venv = world.venv("superseded")
        superseded(venv, world.rebuilt_wheel, world.rebuilt)
        venv.torch_patch("revert", PATCH).expect(0)
        equal(venv.target.read_bytes(), world.rebuilt, "the file")
        venv.store_is_gone()


def uninstall(checks, world):
    """pip removes the package under an applied patch."""
    venv = world.venv("uninstalled")
    bare = world.folder / "bare"
    run(sys.executable, "-m", "venv", "--without-pip", bare)
    seen = (
        "import importlib.metadata as metadata, importlib.util as util, pkgutil\n"
        "print({'spec': str(util.find_spec('torch')),\n"
        "  'distributions': sorted(str(d.metadata['Name']) for d in metadata.distributions()),\n"
        "  'provides': sorted(metadata.packages_distributions()),\n"
        "  'modules': sorted(m.name for m in pkgutil.iter_modules())})"
    )
    with checks.check("premise: Python sees torch before"):
        equal(venv.evaluate(seen)["distributions"], ["torch"], "distributions")
    with checks.check("patched, pip sees one torch and nothing it would warn about"):
        venv.applied()
        equal([found["name"] for found in json.loads(venv.pip("list", "--format=json"))], ["torch"], "pip list")
        venv.pip("check")
    with checks.check("uninstalled, importlib.metadata and the import system see no ghost"):
        venv.pip("uninstall", "--yes", "torch")
        empty = Venv(world, bare).evaluate(seen)
        equal(venv.evaluate(seen), empty, "what Python sees, against an environment that never had torch")
        equal(json.loads(venv.pip("list", "--format=json")), [], "pip list")
        left = sorted(path.name for path in venv.site.iterdir())
        holds(set(left) <= {".torch-patch"}, f"left in site-packages: {left}")
    with checks.check("uninstalled, status and apply exit 5"):
        venv.torch_patch("status", PATCH).expect(5)
        venv.torch_patch("apply", PATCH).expect(5)
    with checks.check("uninstalled, `revert --all` clears the store and brings nothing back"):
        venv.torch_patch("revert", "--all").expect(0)
        equal(list(venv.site.iterdir()), [], "site-packages")
    with checks.check("installed again, the patch applies and reverts"):
        venv.pip("install", world.wheel)
        equal(venv.torch_patch("status", PATCH).expect(0).outcome(PATCH), "not-applied", "state")
        venv.applied()
        venv.torch_patch("revert", PATCH).expect(0)
        equal(venv.target.read_bytes(), world.pristine, "the file")
        venv.store_is_gone()


def by_hand(checks, world):
    """Somebody followed the guide: the line is there, put in with an editor."""
    anchor = b"        prefix_store = PrefixStore(group_name, store)\n"
    equal(world.pristine.count(anchor), 1, "premise: the guide's place")
    edited = world.pristine.replace(anchor, anchor + b"        backend = Backend.GLOO\n")
    patched = world.venv("patched").applied()
    venv = world.venv("by-hand")
    venv.target.write_bytes(edited)
    before = entry(venv.target), venv.target.stat().st_mtime_ns

    with checks.check("the guide's line: applied-by-hand, exit 0, nothing written"):
        equal(venv.torch_patch("status", PATCH).expect(0).outcome(PATCH), "applied-by-hand", "state")
        equal(venv.torch_patch("apply", PATCH).expect(0).outcome(PATCH), "applied-by-hand", "outcome")
        equal((entry(venv.target), venv.target.stat().st_mtime_ns), before, "the file")
        venv.store_is_gone()
    with checks.check("apply --adopt takes it over"):
        equal(venv.torch_patch("apply", PATCH, "--adopt").expect(0).outcome(PATCH), "adopted", "outcome")
        equal(venv.target.read_bytes(), patched, "the file, against the patch on a pristine one")
        equal(venv.torch_patch("status", PATCH).expect(0).outcome(PATCH), "applied", "state")
    with checks.check("revert gives the bytes that RECORD proves"):
        equal(venv.torch_patch("revert", PATCH).expect(0).outcome(PATCH), "reverted", "outcome")
        equal(venv.target.read_bytes(), world.pristine, "the file")
        equal(stat.S_IMODE(venv.target.stat().st_mode), int(before[0][0], 8) & 0o7777, "mode")
        venv.store_is_gone()
    with checks.check("with another change beside it, --adopt refuses: RECORD proves no pristine bytes"):
        venv.target.write_bytes(edited + b"\n# and another change\n")
        answer = venv.torch_patch("apply", PATCH, "--adopt")
        holds(answer.exit in (3, 4), f"expected exit 3 or 4, found {answer.exit}: {answer.json}")
        equal(venv.target.read_bytes(), edited + b"\n# and another change\n", "the file")
        venv.store_is_gone()


TRAPS = {
    trap.__name__: trap
    for trap in (hard_links, poisoned_cache, links_out, read_only, unchecked_pyc, reinstall, uninstall, by_hand)
}


def main(names):
    """Springs the named traps, all by default."""
    unknown = [name for name in names if name not in TRAPS]
    if unknown:
        sys.exit(f"unknown trap {unknown}, expected some of {sorted(TRAPS)}")
    binary = binary_under_test()
    stop_by_exception()
    checks = Checks()
    for name in names or TRAPS:
        section(f"{name}: {TRAPS[name].__doc__}")
        folder = tempfile.mkdtemp(prefix="torch-patch-traps-")
        try:
            with checks.check("the trap ran to its end"):
                TRAPS[name](checks, World(folder, binary))
        finally:
            remove_tree(folder)
    print()
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
