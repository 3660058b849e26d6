#!/usr/bin/env python3
"""A store that somebody has tampered with, or a disk has: flipped bytes, cut files, other people's records.

Whatever is in `.torch-patch`: no file of the package ever gets bytes that are neither the original nor patched, nothing
outside is touched, nothing panics, each refusal has a documented code and says what is wrong and how to get out, and
the way out works.

    tests/faults/tampered.py [flipped|cut|odd|others|ways_out]…

Needs Linux and Python 3.10 or newer; some cases need root to work as somebody else. `TORCH_PATCH` names the binary
(default: the release build), `STRIDE` how far the flipped bytes are from each other (default 23; `just faults`: 1).
"""

import hashlib
import json
import os
import pathlib
import shutil
import sys
import tempfile

from victim import (
    CANARY, MODULE, PATCHED, PRISTINE, Most, Victim, install,
)  # fmt: skip
from harness import Checks, binary_under_test, equal, holds, remove_tree, section, stop_by_exception

STRIDE = int(os.environ.get("STRIDE", "23"))
NOBODY = 65534
LEGAL = (PRISTINE, PATCHED)
# 0: nothing is wrong with what was flipped. 1: the record or a backup is damaged. 3 and 5: what is recorded fits no
# patch or package. 4: a file is not as recorded. 6: a path leads out, or what is kept of a patch file is none.
DOCUMENTED = {0, 1, 3, 4, 5, 6}
EVIL = b"import os\nos.system('evil')\n"


class Worlds:
    """Copies of one world in which the patch is in place."""

    def __init__(self, folder, binary):
        self.folder = pathlib.Path(folder)
        self.folder.chmod(0o755)
        self.binary = binary
        self.patched = Victim(self.folder / "patched", binary)
        self.patched.folder.mkdir()
        self.patched.build()
        self.patched.run("apply", self.patched.good).expect(0)
        equal(self.patched.module.read_bytes(), PATCHED, "the module")

    def copy(self, name="copy"):
        """A fresh copy; the one before is gone."""
        folder = self.folder / name
        if folder.exists():
            remove_tree(folder)
        shutil.copytree(self.patched.folder, folder, symlinks=True)
        world = Victim(folder, self.binary)
        world.good = folder / "good.toml"
        world.before = world.picture()
        return world

    def begun(self, done):
        """A copy with a change that was begun: all files as wanted, or none."""
        world = self.copy()
        os.rename(world.store / "ledger.json", world.store / "intent.json")
        if not done:
            world.module.write_bytes(PRISTINE)
        return world


def sha256(data):
    """A digest as the ledger spells it."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def is_legal(world, module=LEGAL):
    """Raises unless the module is one of the legal byte strings, and no other file has changed."""
    holds(world.module.read_bytes() in module, f"the module: {world.module.read_bytes()!r}")
    mode = world.module.stat().st_mode & 0o7000
    equal(mode, 0, "set-user-id, set-group-id and sticky")
    world.untouched_outside()
    before = {path: found for path, found in world.before[1].items() if is_other(path)}
    now = {path: found for path, found in world.picture()[1].items() if is_other(path)}
    equal(now, before, "the other files of the package")


def is_other(path):
    """Whether a path is neither the module nor the store's."""
    return path != MODULE and not path.startswith(".torch-patch")


def survives(world, *commands):
    """Runs commands; each ends in a documented way, and a refusal says what is wrong and how to get out."""
    outcomes = []
    for command in commands or (("status",), ("revert", "--all")):
        before = world.picture()
        run = world.run(*command).expect(*DOCUMENTED)
        if command[0] == "status":
            equal(world.picture(), before, "what `status` leaves")
        if run.exit == 0 and command[0] == "revert":
            equal(run.json()["error"], None, "the error of a success")
        elif run.exit != 0:
            error = run.json()["error"]
            holds(error["message"], "the message is empty")
            holds(error["hints"], f"no way out of `{error['code']}`: {error['message']}")
        is_legal(world)
        outcomes.append(run)
    return outcomes


def store_files(world):
    """The files of a store, without what tells the holder of the lock."""
    return sorted(path.relative_to(world.store) for path in world.store.rglob("*") if path.is_file())


def flipped(checks, worlds):
    """One byte is another, at every position in turn"""
    counts = {}
    for kind in ("done", "begun-and-complete", "begun-and-undone"):
        make = {"done": worlds.copy, "begun-and-complete": lambda: worlds.begun(True)}
        make = make.get(kind, lambda: worlds.begun(False))
        for name in store_files(make()):
            content = (make().store / name).read_bytes()
            with checks.check(f"{kind}: {short(name)}, {len(content)} bytes"):
                for place in range(0, len(content), STRIDE):
                    for flip in (0x01, 0x80, content[place]):
                        world = make()
                        changed = bytearray(content)
                        changed[place] ^= flip
                        (world.store / name).write_bytes(changed)
                        try:
                            for run in survives(world):
                                key = f"{run.arguments[0]} {run.exit}"
                                counts[key] = counts.get(key, 0) + 1
                        except AssertionError as error:
                            raise AssertionError(f"byte {place} ^ {flip:#x}: {error}") from error
    print(f"    exits: {json.dumps(counts, sort_keys=True)}")


def short(name):
    """A name in the store, digests cut."""
    return "/".join(part[:12] for part in pathlib.Path(name).parts)


def cut(checks, worlds):
    """A file ends too early"""
    for make, kind in ((worlds.copy, "done"), (lambda: worlds.begun(False), "begun")):
        for name in store_files(make()):
            content = (make().store / name).read_bytes()
            with checks.check(f"{kind}: {short(name)}, {len(content)} bytes"):
                for length in sorted({*range(0, len(content), 2 * STRIDE), len(content) - 1}):
                    world = make()
                    (world.store / name).write_bytes(content[:length])
                    try:
                        runs = survives(world)
                        if name.name == "ledger.json" and length < len(content) - 1:
                            equal([run.exit for run in runs], [1, 1], "exit codes")
                            equal(runs[0].json()["error"]["code"], "ledger-corrupt", "the code")
                    except AssertionError as error:
                        raise AssertionError(f"cut to {length}: {error}") from error


def change_ledger(change):
    """Changes the JSON of the ledger; without its intent, which is done and said nothing of."""

    def tamper(world):
        path = world.store / "ledger.json"
        document = json.loads(path.read_bytes())
        document.pop("intent", None)
        document = change(document) or document
        path.write_text(json.dumps(document))

    return tamper


def entry_of(document):
    """What the ledger says of the module."""
    return document["records"]["files"][MODULE]


def rename_entry(name):
    """The ledger speaks of another file."""

    def change(document):
        files = document["records"]["files"]
        files[name] = files.pop(MODULE)

    return change_ledger(change)


def set_in_entry(**values):
    """The ledger says other things of the module."""
    return change_ledger(lambda document: entry_of(document).update(values))


def backup_of(world):
    """The one original that is kept."""
    (path,) = (world.store / "backups").iterdir()
    return path


def evil_twin(world):
    """An original that is none, with the right name, and a ledger that wants it: only `RECORD` knows better."""
    (world.store / "backups" / hashlib.sha256(EVIL).hexdigest()).write_bytes(EVIL)
    set_in_entry(pristine=sha256(EVIL))(world)


def evil_patch(world):
    """A patch file that is another, with the right name, and a ledger that wants it."""
    text = world.good.read_bytes().replace(b"y = 2", b"y = 3")
    (world.store / "patches" / hashlib.sha256(text).hexdigest()).write_bytes(text)
    change_ledger(lambda document: entry_of(document)["patches"][0].update(digest=sha256(text)))(world)


def evil_intent(world):
    """A change that was never begun: it would put other bytes into the module, and into a file that is not ours."""
    (world.store / "backups" / hashlib.sha256(EVIL).hexdigest()).write_bytes(EVIL)
    document = json.loads((world.store / "ledger.json").read_bytes())
    metadata = {"mode": 0o6755, "user": os.getuid(), "group": os.getgid()}
    step = {"derived": [], "keeps_copy": False, "metadata": metadata}
    outside = world.outside / "canary.py"
    document["intent"] = [
        {"path": "../outside/canary.py", "before": sha256(EVIL), "after": sha256(outside.read_bytes()), **step},
    ]
    (world.store / "intent.json").write_text(json.dumps(document))


def derived_outside(world):
    """A change that was never begun, whose end would remove files as byte code."""
    path = world.store / "ledger.json"
    document = json.loads(path.read_bytes())
    document["intent"][0]["derived"] = ["../outside/canary.py"]
    (world.store / "intent.json").write_text(json.dumps(document))


def powers(world):
    """The ledger wants the original to run as its owner."""
    metadata = {"mode": 0o6755, "user": os.getuid(), "group": os.getgid()}
    set_in_entry(metadata=metadata)(world)


def write(name, content):
    """Another content of a file of the store."""
    return lambda world: (world.store / name).write_bytes(content)


def write_backup(content):
    """Another content under the name of the original."""
    return lambda world: backup_of(world).write_bytes(content)


def many_entries(document):
    """A ledger of a hundred thousand files."""
    entry = entry_of(document)
    document["records"]["files"].update({f"torch/{number}.py": entry for number in range(100_000)})


RECORD, BACKUP = "ledger-corrupt", "backup-tampered"
# name → (what is done, the exit codes of `revert --all`, the code of the error or None)
ODD = {
    "ledger: empty": (write("ledger.json", b""), {1}, RECORD),
    "ledger: null": (write("ledger.json", b"null"), {1}, RECORD),
    "ledger: a list": (write("ledger.json", b"[]"), {1}, RECORD),
    "ledger: zeros": (write("ledger.json", bytes(4096)), {1}, RECORD),
    "ledger: not UTF-8": (write("ledger.json", b'{"format":1,"\xff":1}'), {1}, RECORD),
    "ledger: deep": (write("ledger.json", b"[" * 100_000), {1}, RECORD),
    "ledger: a huge number": (write("ledger.json", b'{"format":1e999}'), {1}, RECORD),
    "ledger: format 2": (change_ledger(lambda document: document.update(format=2)), {1}, "ledger-newer"),
    "ledger: format 4294967295": (
        change_ledger(lambda document: document.update(format=2**32 - 1)),
        {1},
        "ledger-newer",
    ),
    "ledger: of a newer form": (write("ledger.json", b'{"format":9,"new":{}}'), {1}, "ledger-newer"),
    "ledger: an unknown key": (change_ledger(lambda document: document.update(x=1)), {1}, RECORD),
    "ledger: an unknown key in an entry": (set_in_entry(x=1), {1}, RECORD),
    "ledger: twice the same key": (
        write("ledger.json", b'{"format":1,"format":1,"records":{"files":{}}}'),
        {1},
        RECORD,
    ),
    "ledger: a path outside": (rename_entry("../outside/canary.py"), {1}, RECORD),
    "ledger: an absolute path": (rename_entry("/etc/passwd"), {1}, RECORD),
    "ledger: a path with a drive": (rename_entry("C:/a.py"), {1}, RECORD),
    "ledger: a path with backslashes": (rename_entry("..\\outside\\canary.py"), {1}, RECORD),
    "ledger: its own path": (rename_entry(".torch-patch/ledger.json"), {0, 1, 3, 4, 6}, None),
    "ledger: another file": (rename_entry("torch/__init__.py"), {0, 4}, None),
    "ledger: a file that is not there": (rename_entry("torch/none.py"), {1}, "record-unknown"),
    "ledger: a hundred thousand files": (change_ledger(many_entries), {1}, RECORD),
    "ledger: an original that is not kept": (set_in_entry(pristine=sha256(b"x")), {1, 4}, None),
    "ledger: another expected content": (set_in_entry(expected=sha256(b"x")), {0, 4}, None),
    "ledger: an original that is none": (evil_twin, {1}, BACKUP),
    "ledger: another patch file": (evil_patch, {0, 1, 4}, None),
    "ledger: a patch that is not kept": (
        change_ledger(lambda document: entry_of(document)["patches"][0].update(digest=sha256(b"x"))),
        {0, 1},
        None,
    ),
    "ledger: set-user-id": (powers, {0}, None),
    "ledger: another version": (set_in_entry(version="1.0"), {0, 4}, None),
    "ledger: another distribution": (set_in_entry(distribution="numpy"), {0, 4, 5}, None),
    "ledger: missing": (lambda world: (world.store / "ledger.json").unlink(), {0}, None),
    "intent: of a file outside": (evil_intent, {1}, RECORD),
    "intent: byte code outside": (derived_outside, {1}, RECORD),
    "intent: empty": (write("intent.json", b""), {1}, RECORD),
    "backup: empty": (write_backup(b""), {1}, BACKUP),
    "backup: the patched file": (write_backup(PATCHED), {1}, BACKUP),
    "backup: something else": (write_backup(EVIL), {1}, BACKUP),
    "backup: with other line ends": (write_backup(PRISTINE.replace(b"\n", b"\r\n")), {1}, BACKUP),
    "backup: missing": (lambda world: backup_of(world).unlink(), {1}, "backup-missing"),
    "backups: missing": (lambda world: shutil.rmtree(world.store / "backups"), {1}, "backup-missing"),
    "patches: missing": (lambda world: shutil.rmtree(world.store / "patches"), {0, 1}, None),
    "lock: something else": (write("lock", b"\xff" * 100_000), {0}, None),
    "everything but the lock: missing": (
        lambda world: [shutil.rmtree(world.store), world.store.mkdir(), (world.store / "lock").touch()],
        {0},
        None,
    ),
}


def odd(checks, worlds):
    """Records that somebody has put together with care"""
    for name, (tamper, exits, code) in ODD.items():
        with checks.check(name):
            world = worlds.copy()
            tamper(world)
            world.before = world.picture()
            is_legal(world)
            _, revert = survives(world)
            holds(revert.exit in exits, f"`revert`: expected exit {exits}, found {revert.exit}: {revert.said[:1500]}")
            if code:
                equal(revert.json()["error"]["code"], code, "the code")
            if revert.exit == 0:
                files = [file for result in revert.json()["results"] for file in result["files"]]
                if any(file["path"] == MODULE for file in files):
                    equal(world.module.read_bytes(), PRISTINE, "the module that was reverted")
            survives(world, ("apply", world.good), ("diff", world.good), ("revert", "--all"))


def others(checks, worlds):
    """Records of another environment, and environments that were moved"""
    with checks.check("the whole environment is renamed: everything works"):
        world = worlds.copy()
        os.rename(world.folder, worlds.folder / "renamed")
        moved = Victim(worlds.folder / "renamed", worlds.binary)
        equal(state(moved), "applied", "the state")
        moved.run("revert", "--all").expect(0)
        equal(moved.module.read_bytes(), PRISTINE, "the module")
        holds(not moved.store.exists(), "the store is still there")
    with checks.check("site-packages is reached by a link: everything works"):
        world = worlds.copy()
        link = world.folder / "link"
        link.symlink_to(world.site)
        world.site = link
        equal(state(world), "applied", "the state")
        world.run("revert", "--all").expect(0)
        equal(world.module.read_bytes(), PRISTINE, "the module")
    with checks.check("a copy of the environment: each has its own"):
        one, two = worlds.copy("one"), worlds.copy("two")
        one.run("revert", "--all").expect(0)
        equal((one.module.read_bytes(), two.module.read_bytes()), (PRISTINE, PATCHED), "the modules")
        equal(state(two), "applied", "the state of the copy")
        two.run("revert", "--all").expect(0)
        equal(two.module.read_bytes(), PRISTINE, "the module of the copy")
    with checks.check("the store of an environment in which it is applied, where it is not: nothing is written"):
        world = worlds.copy()
        install(world.site)
        holds(state(world) in ("superseded", "not-applied"), f"the state: {state(world)}")
        survives(world, ("revert", "--all"))
        equal(world.module.read_bytes(), PRISTINE, "the module")
    with checks.check("the store of another version: never restored over it"):
        world = worlds.copy()
        later = PRISTINE + b"# a later release\n"
        shutil.rmtree(world.site / "torch-2.0.0.dist-info")
        install(world.site, later, "2.1.0")
        world.run("revert", "--all").expect(0, 4)
        equal(world.module.read_bytes(), later, "the module")
        world.run("apply", world.good).expect(0)
        world.run("revert", "--all").expect(0)
        equal(world.module.read_bytes(), later, "the module")
    with checks.check("the ledger of an environment without its backups: nothing is written"):
        world = worlds.copy()
        shutil.rmtree(world.store / "backups")
        run = world.run("revert", "--all").expect(1)
        equal(run.json()["error"]["code"], "backup-missing", "the code")
        equal(world.module.read_bytes(), PATCHED, "the module")
    with checks.check("the same ledger as intent and as ledger"):
        world = worlds.copy()
        shutil.copy(world.store / "ledger.json", world.store / "intent.json")
        survives(world)
        equal(world.module.read_bytes(), PRISTINE, "the module")
    with checks.check("a ledger that may only be read is replaced, as its directory may be written"):
        world = worlds.copy()
        for path in world.store.rglob("*"):
            if path.is_file():
                path.chmod(0o444)
        equal(state(world), "applied", "the state")
        runs = survives(world)
        if os.geteuid() == 0:
            equal(runs[1].exit, 0, "exit code")
    read_only(checks, worlds)


def read_only(checks, worlds):
    """The store may only be read: exit 8, and nothing is written."""
    prefix = []
    if os.geteuid() == 0:
        prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all"]
    binary = worlds.folder / "torch-patch"
    shutil.copy(worlds.binary, binary)
    binary.chmod(0o755)
    for title, paths in (
        ("the store's directory", ["."]),
        ("the backups", ["backups"]),
        ("the lock, which somebody else made", ["lock"]),
    ):
        with checks.check(f"{title}, read-only: exit 8 or done, never half"):
            world = worlds.copy()
            world.binary = str(binary)
            if prefix:
                for path in [world.folder, *world.folder.rglob("*")]:
                    os.chown(path, NOBODY, NOBODY)
            for path in paths:
                path = world.store / path
                if prefix:
                    os.chown(path, 0, 0)
                path.chmod(0o555 if path.is_dir() else 0o444)
            world.before = world.picture()
            for command in (("status",), ("revert", "--all")):
                run = world.run(*command, prefix=prefix).expect(0, 8)
                is_legal(world)
                if run.exit == 8:
                    equal(world.module.read_bytes(), PATCHED, "the module")


def state(world):
    """The state of the patch."""
    run = world.run("status", "hostile", "--patches", world.folder / "good.toml").expect(0)
    (result,) = run.json()["results"]
    return result["state"]


def ways_out(checks, worlds):
    """What the hints say, done: the environment is whole again"""
    for name in ("ledger: empty", "ledger: format 2", "intent: empty", "ledger: a path outside"):
        with checks.check(f"{name}: the records moved away and the package reinstalled"):
            world = worlds.copy()
            ODD[name][0](world)
            shutil.move(world.store, world.folder / "away")
            install(world.site)
            works(world)
    for name in ("backup: empty", "backup: missing", "backups: missing", "ledger: an original that is none"):
        with checks.check(f"{name}: the package reinstalled, then applied anew"):
            world = worlds.copy()
            ODD[name][0](world)
            world.run("revert", "--all").expect(1, 4)
            install(world.site)
            works(world)


def works(world):
    """Applies and reverts."""
    world.run("apply", world.good).expect(0)
    equal(world.module.read_bytes(), PATCHED, "the module")
    equal(state(world), "applied", "the state")
    world.run("revert", "--all").expect(0)
    equal(world.module.read_bytes(), PRISTINE, "the module")
    equal((world.outside / "canary.py").read_bytes(), CANARY, "the canary")


PARTS = {part.__name__: part for part in (flipped, cut, odd, others, ways_out)}


def main(names):
    """Runs the named parts, all by default."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.exit(f"unknown part {unknown}, expected some of {sorted(PARTS)}")
    binary = binary_under_test()
    stop_by_exception()
    checks = Checks()
    folder = tempfile.mkdtemp(prefix="torch-patch-tampered-")
    try:
        worlds = Worlds(folder, binary)
        for name in names or PARTS:
            section(f"{name}: {PARTS[name].__doc__}")
            PARTS[name](checks, worlds)
    finally:
        remove_tree(folder)
    print(f"\n{len(ODD)} odd records, every {STRIDE}. byte flipped; {Most.shown()}")
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
