#!/usr/bin/env python3
"""Hostile patch files, and packages in which a file is not what it seems.

Every patch file of `hostile/corpus.py` goes to each command that reads patch files, every odd package of `ODD` to each
that reads packages: the refusal has the right code and names the reason, nothing outside of site-packages is read or
written, and time and memory are bounded (`victim.py` says by how much).

    tests/faults/hostile.py [patch_files|welcome|odd_packages|odd_arguments|opened|swapped]…

Needs Linux, Python 3.10 or newer and strace; devices need root. `TORCH_PATCH` names the binary (default: the release
build), `SWAPS` how many times a directory is swapped for a link under a running `apply` (default 150).
"""

import contextlib
import ctypes
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import stat
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "hostile")]

from corpus import GIGABYTE, REFUSED, WELCOME, patch_text  # noqa: E402
from victim import MODULE, PATCHED, PRISTINE, Most, Victim  # noqa: E402
from harness import (  # noqa: E402
    Checks, binary_under_test, equal, holds, remove_tree, section, stop_by_exception,
)  # fmt: skip

SWAPS = int(os.environ.get("SWAPS", "150"))
IS_ROOT = os.geteuid() == 0
AT_FDCWD, RENAME_EXCHANGE = -100, 2


@contextlib.contextmanager
def victim(binary):
    """A world of its own, gone afterwards."""
    folder = tempfile.mkdtemp(prefix="torch-patch-hostile-")
    try:
        yield Victim(folder, binary).build()
    finally:
        remove_tree(folder)


def put(path, content):
    """Writes a case: bytes, what makes them, or a size without content."""
    content = content() if callable(content) else content
    with open(path, "wb") as file:
        if isinstance(content, int):
            file.truncate(content)
        else:
            file.write(content)


def error_of(outcome):
    """The error in the JSON, as a user reads it."""
    error = outcome.json()["error"]
    return f"{error['code']}: {error['message']}"


def patch_files(checks, binary):
    """Patch files that nobody means well with: exit 6 from every command, and the reason"""
    with victim(binary) as world:
        file = world.folder / "case.toml"
        for name, content, reason in REFUSED:
            with checks.check(name):
                put(file, content)
                for arguments in (
                    ("apply", file),
                    ("diff", file),
                    ("show", "hostile", "--patches", file),
                    ("check", file, "--sources", world.site),
                ):
                    run = world.run(*arguments, environment="--sources" not in arguments).expect(6)
                    holds(reason in error_of(run), f"`{arguments[0]}` does not say `{reason}`: {error_of(run)}")
                    holds(len(error_of(run)) < 2000, "the message is longer than a screen")
                world.untouched()


def welcome(checks, binary):
    """Patch files that only look odd: they apply, and revert to the original bytes"""
    for name, content in WELCOME.items():
        with checks.check(name), victim(binary) as world:
            file = world.write("case.toml", content)
            world.run("show", "hostile", "--patches", file).expect(0)
            world.run("check", file, "--sources", world.site, environment=False).expect(0)
            world.run("diff", file).expect(0)
            world.run("apply", file).expect(0)
            equal(world.module.read_bytes(), PATCHED, "the module")
            world.run("revert", "--all").expect(0)
            world.untouched()


def replace_by_link(target):
    """Puts a symbolic link in the place of the module; `target` is relative to the world's folder."""

    def prepare(world):
        world.module.unlink()
        world.module.symlink_to(world.folder / target)

    return prepare


def link_folder(folder):
    """Moves a folder of site-packages outside and leaves a link."""

    def prepare(world):
        moved = world.folder / "moved"
        shutil.move(world.site / folder, moved)
        (world.site / folder).symlink_to(moved)

    return prepare


def relative_link(world):
    """A link with as many `..` as it takes."""
    world.module.unlink()
    world.module.symlink_to("../../../outside/a.py")


def link_over_link(world):
    """A link inside to a link outside."""
    (world.site / "torch/hop").symlink_to(world.outside / "a.py")
    world.module.unlink()
    world.module.symlink_to("../hop")


def link_inside(world):
    """A link that stays in site-packages, as some installers make them."""
    world.module.rename(world.site / "torch/real.py")
    world.module.symlink_to("../real.py")


def dangling(world):
    """A link to nothing; what is missing must not be made."""
    world.module.unlink()
    world.module.symlink_to(world.outside / "none.py")


def loop(world):
    """A link to itself."""
    world.module.unlink()
    world.module.symlink_to("a.py")


def hard_link(world):
    """The module is the file outside, under a second name."""
    (world.outside / "a.py").write_bytes(PRISTINE)
    world.module.unlink()
    os.link(world.outside / "a.py", world.module)


def fifo(path=MODULE):
    """A pipe that nobody writes to: opening it would wait for ever."""

    def prepare(world):
        (world.site / path).unlink(missing_ok=True)
        os.mkfifo(world.site / path)

    return prepare


def device(major, minor, kind=stat.S_IFCHR):
    """A device in the place of the module."""

    def prepare(world):
        world.module.unlink()
        os.mknod(world.module, kind | 0o666, os.makedev(major, minor))

    return prepare


def local_socket(world):
    """A socket in the place of the module."""
    world.module.unlink()
    here = os.getcwd()
    os.chdir(world.module.parent)  # the path of a socket may have 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("a.py")
    finally:
        os.chdir(here)


def directory(world):
    """A directory in the place of the module."""
    world.module.unlink()
    world.module.mkdir()


def file_as_folder(world):
    """A file in the place of a folder."""
    shutil.rmtree(world.module.parent)
    world.module.parent.write_bytes(b"")


def huge(path=MODULE, size=GIGABYTE):
    """A file that says it has a gigabyte; it takes no place on the disk."""

    def prepare(world):
        with open(world.site / path, "r+b") as file:
            file.truncate(size)

    return prepare


def no_rows(world):
    """A `RECORD` in which no row ever ends."""
    record = world.site / "torch-2.0.0.dist-info/RECORD"
    record.write_bytes(b"")
    huge("torch-2.0.0.dist-info/RECORD")(world)


def temporary_is_a_link(world):
    """A link in the place of the temporary file that `apply` will make: its name follows from the path."""
    name = f".torch-patch-{hashlib.sha256(MODULE.encode()).hexdigest()[:16]}.tmp"
    (world.module.parent / name).symlink_to(world.outside / "a.py")


def store_file_is(name, kind):
    """Something else in the place of a file of the store, which is there before."""

    def prepare(world):
        path = world.store / name
        if name:
            path.parent.mkdir(exist_ok=True)
        target = world.outside / ("sub" if name in ("", "backups", "patches") else "canary.py")
        {
            "link": lambda: path.symlink_to(target),
            "hard-link": lambda: os.link(target, path),
            "fifo": lambda: os.mkfifo(path),
            "directory": path.mkdir,
            "huge": lambda: put(path, GIGABYTE),
        }[kind]()

    return prepare


def cache_is_a_link(world):
    """The folder with the byte code is outside."""
    cache = world.outside / "cache"
    cache.mkdir()
    (cache / "a.cpython-311.pyc").write_bytes(b"byte code")
    (world.module.parent / "__pycache__").symlink_to(cache)


ENVIRONMENT = 6  # the patch is fine: what it names leads outside of the environment, or is no file
REFUSES = "outside of what may be changed"
# name → (what is odd, the exit codes of `apply`, what the message has to say)
ODD = {
    "module-linked-outside": (replace_by_link("outside/a.py"), ENVIRONMENT, REFUSES),
    "module-linked-outside-relatively": (relative_link, ENVIRONMENT, REFUSES),
    "module-linked-over-a-link": (link_over_link, ENVIRONMENT, REFUSES),
    "module-linked-to-the-passwords": (replace_by_link("/etc/shadow"), ENVIRONMENT, REFUSES),
    "module-linked-to-endless-zeros": (replace_by_link("/dev/zero"), ENVIRONMENT, REFUSES),
    "module-linked-to-this-process": (replace_by_link("/proc/self/mem"), ENVIRONMENT, REFUSES),
    "module-linked-to-the-ledger": (replace_by_link("site/.torch-patch/ledger.json"), ENVIRONMENT, "leads nowhere"),
    "module-linked-inside": (link_inside, 0, None),
    "module-linked-to-nothing": (dangling, ENVIRONMENT, "leads nowhere"),
    "module-linked-to-itself": (loop, ENVIRONMENT, "leads nowhere"),
    "folder-linked-outside": (link_folder("torch/sub"), ENVIRONMENT, REFUSES),
    "package-linked-outside": (link_folder("torch"), ENVIRONMENT, REFUSES),
    "module-hard-linked-outside": (hard_link, 0, None),
    "module-is-a-pipe": (fifo(), ENVIRONMENT, "a pipe, socket or device"),
    "module-is-a-socket": (local_socket, ENVIRONMENT, "a pipe, socket or device"),
    "module-is-a-directory": (directory, ENVIRONMENT, "a directory"),
    "folder-is-a-file": (file_as_folder, ENVIRONMENT, "a file where a directory was expected"),
    "module-of-a-gigabyte": (huge(), ENVIRONMENT, "more than"),
    "record-without-rows": (no_rows, (5,), "a row of more than"),
    "record-of-a-gigabyte": (huge("torch-2.0.0.dist-info/RECORD"), 0, None),
    "metadata-of-a-gigabyte": (huge("torch-2.0.0.dist-info/METADATA"), 0, None),
    "record-is-a-pipe": (fifo("torch-2.0.0.dist-info/RECORD"), 5, "expected a regular file"),
    "metadata-is-a-pipe": (fifo("torch-2.0.0.dist-info/METADATA"), 5, "expected a regular file"),
    "temporary-is-a-link": (temporary_is_a_link, 0, None),
    "byte-code-linked-outside": (cache_is_a_link, 0, None),
    "store-linked-outside": (store_file_is("", "link"), ENVIRONMENT, ".torch-patch"),
    "lock-linked-outside": (store_file_is("lock", "link"), ENVIRONMENT, "found a symbolic link"),
    "lock-hard-linked-outside": (store_file_is("lock", "hard-link"), 0, None),
    "lock-is-a-pipe": (store_file_is("lock", "fifo"), ENVIRONMENT, "lock"),
    "lock-is-a-directory": (store_file_is("lock", "directory"), ENVIRONMENT, "lock"),
    "ledger-linked-outside": (store_file_is("ledger.json", "link"), ENVIRONMENT, "ledger.json"),
    "ledger-is-a-pipe": (store_file_is("ledger.json", "fifo"), ENVIRONMENT, "ledger.json"),
    "ledger-is-a-directory": (store_file_is("ledger.json", "directory"), ENVIRONMENT, "ledger.json"),
    "ledger-is-huge": (store_file_is("ledger.json", "huge"), ENVIRONMENT, "ledger.json"),
    "intent-is-a-pipe": (store_file_is("intent.json", "fifo"), ENVIRONMENT, "intent.json"),
    "backups-linked-outside": (store_file_is("backups", "link"), ENVIRONMENT, "backups"),
    "patches-linked-outside": (store_file_is("patches", "link"), ENVIRONMENT, "patches"),
}
DEVICES = {
    "module-is-endless-zeros": (device(1, 5), ENVIRONMENT, "a pipe, socket or device"),
    "module-is-the-null-device": (device(1, 3), ENVIRONMENT, "a pipe, socket or device"),
    "module-is-a-terminal": (device(5, 0), ENVIRONMENT, "a pipe, socket or device"),
    "module-is-a-disk": (device(7, 200, stat.S_IFBLK), ENVIRONMENT, "a pipe, socket or device"),
}


def odd_packages(checks, binary):
    """Packages in which a file is not what it seems: the patch is fine, so the code says what is odd"""
    cases = {**ODD, **(DEVICES if IS_ROOT else {})}
    if not IS_ROOT:
        print(f"  NOT RUN  {len(DEVICES)} cases with devices: only root can make them")
    for name, (prepare, exits, reason) in cases.items():
        with checks.check(name), victim(binary) as world:
            prepare(world)
            world.before = world.picture()
            for command in ("status", "diff", "check"):
                arguments = [command, world.good]
                if command == "status":
                    arguments = [command, "--patches", world.good]
                elif command == "check":
                    arguments += ["--sources", world.site]
                world.run(*arguments, environment=command != "check").expect(0, 3, 5, 6)
                world.untouched()
            run = world.run("apply", world.good).expect(*(exits if isinstance(exits, tuple) else [exits]))
            world.untouched_outside()
            if run.exit == 0:
                equal(world.module.read_bytes(), PATCHED, "the module")
                world.run("revert", "--all").expect(0)
                equal(world.module.read_bytes(), PRISTINE, "the module after `revert`")
                world.untouched_outside()
            else:
                holds(reason in error_of(run), f"does not say `{reason}`: {error_of(run)}")
                world.untouched()


def odd_arguments(checks, binary):
    """What is given as a patch file is none"""
    with victim(binary) as world:
        pipe, folder = world.folder / "pipe.toml", world.folder / "folder"
        os.mkfifo(pipe)
        folder.mkdir()
        os.mkfifo(folder / "pipe.toml")
        for name, argument in (
            ("a pipe", pipe),
            ("endless zeros", "/dev/zero"),
            ("this process", "/proc/self/mem"),
            ("a file of the kernel", "/proc/self/environ"),
            ("a name with 5000 bytes", "a" * 4995 + ".toml"),
            ("a name that is no text", os.fsdecode(b"/no\xff/a.toml")),
        ):
            with checks.check(name):
                if isinstance(argument, str) and "/" in argument and not argument.endswith(".toml"):
                    link = world.folder / "link.toml"
                    link.unlink(missing_ok=True)
                    link.symlink_to(argument)
                    argument = link
                world.run("apply", argument).expect(6, 2)
                world.untouched()
        with checks.check("a folder of patch files with a pipe in it"):
            world.run("list", "--patches", folder).expect(6)
            world.untouched()


SYSTEM = ("/lib/", "/lib64/", "/usr/lib/", "/etc/ld.so", "/proc/self/", "/sys/fs/cgroup", "/dev/null", "/dev/tty")


def opened(checks, binary):
    """What is opened, as strace sees it: the world and the system's libraries, never anything outside"""
    odd = ("module-linked-outside", "folder-linked-outside", "module-linked-to-the-passwords", "store-linked-outside",
           "ledger-linked-outside", "lock-linked-outside", "backups-linked-outside", "byte-code-linked-outside",
           "module-hard-linked-outside")  # fmt: skip
    bad = ("path-parent", "path-absolute", "path-parent-escaped", "path-own-records")
    texts = {name: content for name, content, _ in REFUSED}
    for name in (*bad, *odd):
        with checks.check(name), victim(binary) as world:
            file = world.write("case.toml", texts.get(name, patch_text().encode()))
            if name in ODD:
                ODD[name][0](world)
            log = world.folder / "strace.log"
            tracer = ["strace", "-f", "-y", "-o", log, "-e", "trace=open,openat,openat2,creat,execve"]
            world.run("apply", file, prefix=[str(part) for part in tracer])
            lines = [line for line in log.read_text().splitlines() if " = -1 " not in line and "open" in line]
            # With -y the real path follows each descriptor, so that a link cannot hide where it leads.
            paths = [line.rsplit("<", 1)[1].rstrip(">") for line in lines if line.endswith(">")]
            holds(paths, "premise: strace saw nothing")
            holds(any(path == str(file) for path in paths), "premise: strace did not see the patch file")
            allowed = (str(world.site), str(file), *SYSTEM)
            foreign = [path for path in paths if not path.startswith(allowed) and path != str(world.folder)]
            foreign = [path for path in foreign if not re.fullmatch(r"/proc/\d+/maps", path)]
            if name == "module-hard-linked-outside":
                foreign = [path for path in foreign if path != str(world.outside / "a.py")]
            holds(not foreign, f"opened: {sorted(set(foreign))}")


def exchange(one, two):
    """Swaps two entries in one step (renameat2)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(two), RENAME_EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), "renameat2")


def swapped(checks, binary):
    """A directory is swapped for a link outside and back, as fast as it goes, under `apply` and `revert`"""
    for place in ("torch/sub", "torch", ".torch-patch/backups", ".torch-patch", "torch/sub/a.py"):
        with checks.check(f"{place}, {SWAPS} rounds"), victim(binary) as world:
            swap_under(world, place)


def swap_under(world, place):
    """Runs `apply` and `revert` while `place` is swapped; each ends in a known way and nothing outside is touched."""
    if place.startswith(".torch-patch"):
        world.run("apply", world.good).expect(0)
    inside, link = world.site / place, world.folder / "link"
    outside = world.outside / pathlib.Path(place).name
    if not outside.exists():
        shutil.copytree(inside, outside)
    if place == "torch":
        (outside / "sub/a.py").write_bytes(PRISTINE)  # what is there fits: only where it is tells
    if place == "torch/sub":
        (world.outside / "sub/a.py").write_bytes(PRISTINE)
    link.symlink_to(outside)
    world.before = world.picture()
    stop = threading.Event()

    def keep_swapping():
        while not stop.is_set():
            with contextlib.suppress(FileNotFoundError):  # the last `revert` takes the store away
                exchange(inside, link)
            stop.wait(0.0002)

    swapper = threading.Thread(target=keep_swapping)
    swapper.start()
    exits = {}
    try:
        for turn in range(SWAPS):
            run = world.run(*(("revert", "--all") if turn % 2 else ("apply", world.good)))
            run.expect(0, 1, 3, 4, 5, 6)
            exits[run.exit] = exits.get(run.exit, 0) + 1
            world.untouched_outside()
    finally:
        stop.set()
        swapper.join()
    if inside.is_symlink():
        exchange(inside, link)
    world.untouched_outside()
    holds(world.module.read_bytes() in (PRISTINE, PATCHED), f"the module: {world.module.read_bytes()!r}")
    # A change that a swap broke off may have left the patch in place without a record: `RECORD` proves the original.
    world.run("apply", world.good, "--adopt").expect(0)
    equal(world.module.read_bytes(), PATCHED, "the module after `apply`")
    world.run("revert", "--all").expect(0)
    equal(world.module.read_bytes(), PRISTINE, "the module after `revert`")
    print(f"    exits: {json.dumps(exits, sort_keys=True)}")


PARTS = {
    part.__name__: part for part in (patch_files, welcome, odd_packages, odd_arguments, opened, swapped)
}


def main(names):
    """Runs the named parts, all by default."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.exit(f"unknown part {unknown}, expected some of {sorted(PARTS)}")
    binary = binary_under_test()
    stop_by_exception()
    checks = Checks()
    for name in names or PARTS:
        section(f"{name}: {PARTS[name].__doc__}")
        PARTS[name](checks, binary)
    print(f"\n{len(REFUSED)} patch files and {len(ODD) + len(DEVICES)} odd packages; {Most.shown()}")
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
