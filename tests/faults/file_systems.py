#!/usr/bin/env python3
"""Other owners, access lists, odd directories, and file systems of several kinds.

As root, who works on the environment of another user: owner, mode, access lists and attributes stay, and that user can
go on. In mounts that only this script sees: read-only, in memory, full, laid over another, and in parts. What cannot be
had here is printed as NOT RUN and counted.

    tests/faults/file_systems.py [owners|directories|paths|mounts|locks]…

Needs Linux, Python 3.10 or newer, root (else only `paths` and `locks` run), `unshare`, `setpriv` and strace.
`TORCH_PATCH` names the binary (default: the release build).
"""

import contextlib
import errno
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

from victim import MODULE, PATCHED, PRISTINE, Most, Victim, patch_text
from harness import (
    Checks, binary_under_test, entry, equal, holds, picture, remove_tree, run, same_picture, section, stop_by_exception,
)  # fmt: skip

NOBODY = 65534
GROUP = 4242
IS_ROOT = os.geteuid() == 0
AS_USER = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all"]
CREATED = "torch/new/deep/made.py"
ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"
INSIDE = "--in-a-namespace"


class Skipped:
    """What could not be run here."""

    titles = []

    @classmethod
    def note(cls, title, why):
        """Says so, visibly."""
        cls.titles.append(title)
        print(f"  NOT RUN  {title}: {why}", flush=True)


@contextlib.contextmanager
def victim(binary, folder=None):
    """A world of its own with a binary that everybody may run, gone afterwards."""
    own = folder is None
    folder = pathlib.Path(tempfile.mkdtemp(prefix="torch-patch-fs-") if own else folder)
    folder.chmod(0o755)
    try:
        world = Victim(folder, folder / "torch-patch").build()
        shutil.copy(binary, world.binary)
        os.chmod(world.binary, 0o755)
        edit = f'[[variant.edit]]\nfile = "{CREATED}"\ncreate = "made = 1"\n'
        world.creating = world.write("creating.toml", (patch_text() + edit).encode())
        yield world
    finally:
        if own:
            remove_tree(folder)


def give(world, user=NOBODY, group=NOBODY):
    """Gives site-packages to somebody."""
    for path in [world.site, *world.site.rglob("*")]:
        os.lchown(path, user, group)


def access_list(user):
    """`u::rw-,u:<user>:r--,g::r--,m::r--,o::---` as the kernel stores it (acl(5))."""
    entries = ((1, 6, -1), (2, 4, user), (4, 4, -1), (16, 4, -1), (32, 0, -1))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)


def attributes(path):
    """All extended attributes of a file, access lists among them."""
    return {name: os.getxattr(path, name) for name in os.listxattr(path)}


def owners(checks, binary):
    """Root works on another user's environment"""
    if not IS_ROOT:
        return Skipped.note("owners", "only root can give files away")
    with checks.check("owner, group and mode of each file stay, and the user goes on"), victim(binary) as world:
        give(world)
        world.module.chmod(0o640)
        before = entry(world.module)[:3], picture(world.site)
        world.run("apply", world.creating).expect(0)
        equal(entry(world.module)[:3], before[0], "mode and owner of the module")
        for path in [world.store, *world.store.rglob("*"), world.site / CREATED, (world.site / CREATED).parent]:
            equal((path.lstat().st_uid, path.lstat().st_gid), (NOBODY, NOBODY), f"owner of `{path}`")
        equal(state(world, AS_USER, world.creating), "applied", "what the user sees")
        world.run("revert", "--all", prefix=AS_USER).expect(0)
        same_picture(picture(world.site), before[1], "site-packages after the user's `revert`")
    with checks.check("the user applies and root reverts"), victim(binary) as world:
        give(world)
        before = picture(world.site)
        world.run("apply", world.creating, prefix=AS_USER).expect(0)
        world.run("revert", "--all").expect(0)
        same_picture(picture(world.site), before, "site-packages")
    with checks.check("the user applies, and root gives the environment to another user, who reverts"):
        with victim(binary) as world:
            world.run("apply", world.good).expect(0)
            give(world)
            world.run("revert", "--all", prefix=AS_USER).expect(0)
            equal(world.module.read_bytes(), PRISTINE, "the module")
            equal((world.module.stat().st_uid, world.module.stat().st_gid), (NOBODY, NOBODY), "its owner")
            holds(not world.store.exists(), "the store is still there")
    with checks.check("a lock that root has left does not stop the user"), victim(binary) as world:
        give(world)
        world.run("apply", world.good).expect(0)
        world.run("apply", world.good, "--owner", "user", prefix=AS_USER).expect(0)
        world.run("revert", "--all", prefix=AS_USER).expect(0)
    keeps_attributes(checks, binary)


def keeps_attributes(checks, binary):
    """Access lists and attributes of users."""
    with victim(binary) as world:
        try:
            os.setxattr(world.module, "user.note", b"mine")
            os.setxattr(world.module, ACCESS, access_list(NOBODY))
        except OSError as error:
            return Skipped.note("attributes", f"the file system of {world.folder} has none ({error})")
        with checks.check("access lists and attributes stay, through apply and revert"):
            os.setxattr(world.module, "trusted.note", b"root's")
            os.setxattr(world.module, "user.large", b"x" * 2000)
            before = attributes(world.module), entry(world.module)[:3]
            world.run("apply", world.good).expect(0)
            equal((attributes(world.module), entry(world.module)[:3]), before, "attributes and mode")
            world.run("revert", "--all").expect(0)
            equal((attributes(world.module), entry(world.module)[:3]), before, "attributes and mode")
        with checks.check("a default access list of the directory is not given to a file that had none"):
            plain = world.site / "torch/sub/__init__.py"
            os.removexattr(world.module, ACCESS)
            os.setxattr(world.module.parent, DEFAULT, access_list(NOBODY))
            before = attributes(world.module), entry(world.module)[:3], attributes(plain)
            world.run("apply", world.good).expect(0)
            found = attributes(world.module), entry(world.module)[:3], attributes(plain)
            equal(found, before, "attributes and mode")
            world.run("revert", "--all").expect(0)


def directories(checks, binary):
    """Directories that set the group, and in which only owners may remove"""
    if not IS_ROOT:
        return Skipped.note("directories", "only root can give files away")
    with checks.check("set-group-id directories: old files keep their group, new ones get the directory's"):
        with victim(binary) as world:
            for path in [world.site, *(path for path in world.site.rglob("*") if path.is_dir())]:
                os.chown(path, NOBODY, GROUP)
                path.chmod(0o2775)
            before = picture(world.site)
            world.run("apply", world.creating).expect(0)
            equal(entry(world.module)[:3], before[MODULE][:3], "mode and owner of the module")
            equal((world.site / CREATED).stat().st_gid, GROUP, "group of the new file")
            equal(world.store.stat().st_gid, GROUP, "group of the store")
            world.run("revert", "--all").expect(0)
            same_picture(picture(world.site), before, "site-packages")
    with checks.check("a sticky directory, the user's own file: works"), victim(binary) as world:
        give(world)
        os.chown(world.module.parent, 0, 0)
        world.module.parent.chmod(0o1777)
        world.run("apply", world.good, prefix=AS_USER).expect(0)
        equal(world.module.read_bytes(), PATCHED, "the module")
        world.run("revert", "--all", prefix=AS_USER).expect(0)
    with checks.check("a sticky directory, somebody else's file: exit 8, nothing changed"), victim(binary) as world:
        give(world)
        os.chown(world.module.parent, 0, 0)
        world.module.parent.chmod(0o1777)
        os.chown(world.module, 0, 0)
        world.module.chmod(0o666)
        before = picture(world.site)
        world.run("apply", world.good, prefix=AS_USER).expect(8)
        same_picture(picture(world.site), before, "site-packages")
    with checks.check("files that may not be changed at all: an error that says so, nothing changed"):
        with victim(binary) as world:
            immutable(world)


def immutable(world):
    """`chattr +i`, where the file system has it."""
    if subprocess.run(["chattr", "+i", world.module], capture_output=True).returncode != 0:
        return Skipped.note("an immutable file", "the file system has no such flag")
    try:
        before = picture(world.site)
        world.run("apply", world.good).expect(8, 1)
        same_picture(picture(world.site), before, "site-packages")
    finally:
        run("chattr", "-i", world.module)


def round_trip(world, before=None, **options):
    """Applies, looks and reverts, to what there is or was before."""
    before = before or picture(world.site)
    world.run("apply", world.creating, **options).expect(0)
    equal(world.module.read_bytes(), PATCHED, "the module")
    equal(state(world, file=world.creating), "applied", "the state")
    world.run("revert", "--all", **options).expect(0)
    same_picture(picture(world.site), before, "site-packages after `revert`")


def state(world, prefix=(), file=None):
    """The state of the patch, by the patch file that was applied."""
    answer = world.run("status", "hostile", "--patches", file or world.good, prefix=prefix).expect(0)
    (result,) = answer.json()["results"]
    return result["state"]


def paths(checks, binary):
    """Names that are no text, and paths that are too long for one call"""
    with checks.check("a path that is no UTF-8"), victim(binary) as world:
        moved = world.folder / os.fsdecode(b"not-\xff\xfe-text")
        world.site.rename(moved)
        world.site, world.module = moved, moved / MODULE
        world.store = moved / ".torch-patch"
        world.good = shutil.move(world.good, world.folder / os.fsdecode(b"\xe9.toml"))
        round_trip(world)
    with checks.check("a path with everything that a shell minds"), victim(binary) as world:
        moved = world.folder / "a b\n'\"$(touch x)`;&|*?[#~ü\u202e"
        world.site.rename(moved)
        world.site, world.module, world.store = moved, moved / MODULE, moved / ".torch-patch"
        round_trip(world)
    for length, wanted in ((3900, (0,)), (5000, (0, 1, 5))):
        with checks.check(f"a path of {length} bytes, reached from a directory in it: exit {wanted}"):
            long_path(binary, length, wanted)


def long_path(binary, length, wanted):
    """Builds the world and walks down with it, then runs as somebody who stands there."""
    with victim(binary) as world:
        here = os.open(world.folder, os.O_RDONLY | os.O_DIRECTORY)
        top, descriptors, reached = here, [here], len(str(world.folder))
        try:
            while reached + 201 < length:
                os.mkdir("d" * 200, dir_fd=here)
                here = os.open("d" * 200, os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
                descriptors.append(here)
                reached += 201
            os.rename("site", "site", src_dir_fd=top, dst_dir_fd=here)
            site, world.site = world.site, pathlib.Path("site")
            for command in (("status",), ("apply", world.good), ("status",), ("revert", "--all")):
                done = world.run(*command, preexec=lambda: os.fchdir(here)).expect(*wanted)
                if done.exit != 0:
                    holds("too long" in done.said or "not" in done.said, f"no reason: {done.said}")
            module = os.open(f"site/{MODULE}", os.O_RDONLY, dir_fd=here)
            equal(os.read(module, 1 << 16), PRISTINE, "the module")
            os.close(module)
            holds(".torch-patch" not in os.listdir(site_of(here)), "the store is still there")
            os.rename("site", "site", src_dir_fd=here, dst_dir_fd=top)
            world.site = site
        finally:
            for descriptor in reversed(descriptors[1:]):
                os.close(descriptor)
            shutil.rmtree("d" * 200, dir_fd=top, ignore_errors=True)
            os.close(top)


def site_of(descriptor):
    """The directory below an open one, for `listdir`."""
    return os.open("site", os.O_RDONLY | os.O_DIRECTORY, dir_fd=descriptor)


def mount(*arguments):
    """Mounts, in this script's own namespace."""
    run("mount", *arguments)


def mounts(checks, binary):
    """Read-only, in memory, full, laid over another, and in parts"""
    if INSIDE not in sys.argv:
        return Skipped.note("mounts", "only root may mount, and only with a namespace of its own")
    kinds = (bound, read_only, in_memory, full, overlaid, overlaid_read_only, in_parts, one_file, without_attributes)
    for kind in kinds:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="torch-patch-fs-"))
        try:
            with checks.check(kind.__doc__):
                kind(folder, binary)
        except PermissionError as error:
            Skipped.note(kind.__doc__, error)
        finally:
            mounted = [line.split()[1] for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
            for place in sorted((place for place in mounted if place.startswith(str(folder))), reverse=True):
                run("umount", "--lazy", place)
            shutil.rmtree(folder, ignore_errors=True)


def bound(folder, binary):
    """site-packages in a bind mount"""
    with victim(binary, folder) as world:
        place = folder / "place"
        place.mkdir()
        mount("--bind", world.site, place)
        there, world.site = world.site, place
        world.module, world.store = place / MODULE, place / ".torch-patch"
        round_trip(world)
        equal((there / MODULE).read_bytes(), PRISTINE, "the module behind the mount")


def read_only(folder, binary):
    """site-packages on a read-only mount: exit 8, `status` and `diff` work"""
    with victim(binary, folder) as world:
        mount("--bind", world.site, world.site)
        mount("-o", "remount,ro,bind", world.site)
        before = picture(world.site)
        equal(state(world), "not-applied", "the state")
        world.run("diff", world.good).expect(0)
        world.run("apply", world.good).expect(8)
        same_picture(picture(world.site), before, "site-packages")
        mount("-o", "remount,rw,bind", world.site)
        world.run("apply", world.good).expect(0)
        mount("-o", "remount,ro,bind", world.site)
        equal(state(world), "applied", "the state")
        world.run("apply", world.good).expect(0)  # it holds already: nothing to write
        world.run("revert", "--all").expect(8)
        equal(world.module.read_bytes(), PATCHED, "the module")


def in_memory(folder, binary):
    """site-packages on tmpfs"""
    mount("-t", "tmpfs", "none", folder)
    with victim(binary, folder) as world:
        round_trip(world)


def full(folder, binary):
    """a file system that is full: an error that says so, nothing changed, and it works once there is room"""
    site = folder / "site"
    site.mkdir()
    mount("-t", "tmpfs", "-o", "size=96k", "none", site)
    with victim(binary, folder) as world:
        filler = world.site / "filler"
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        before = picture(world.site)
        done = world.run("apply", world.good).expect(1)
        holds(os.strerror(errno.ENOSPC) in done.said, f"no reason: {done.said}")
        same_picture(picture(world.site), before, "site-packages")
        filler.unlink()
        round_trip(world)


def overlaid(folder, binary):
    """overlayfs: what lies below is not changed"""
    with victim(binary, folder) as world:
        lower = folder / "lower"
        world.site.rename(lower)
        for name in ("upper", "work", "site"):
            (folder / name).mkdir()
        # The upper layer has to be on a file system that can have one: memory can.
        mount("-t", "tmpfs", "none", folder / "work")
        for name in ("upper", "work"):
            (folder / "work" / name).mkdir()
        layers = f"lowerdir={lower},upperdir={folder}/work/upper,workdir={folder}/work/work"
        mount("-t", "overlay", "overlay", "-o", layers, world.site)
        before = picture(lower)
        world.run("apply", world.creating).expect(0)
        equal(world.module.read_bytes(), PATCHED, "the module")
        same_picture(picture(lower), before, "the lower layer")
        equal(state(world, file=world.creating), "applied", "the state")
        world.run("revert", "--all").expect(0)
        same_picture(picture(world.site), before, "what is seen after `revert`")
        same_picture(picture(lower), before, "the lower layer")


def overlaid_read_only(folder, binary):
    """overlayfs without an upper layer: exit 8"""
    with victim(binary, folder) as world:
        lower, more = folder / "lower", folder / "more"
        world.site.rename(lower)
        more.mkdir()
        world.site.mkdir()
        mount("-t", "overlay", "overlay", "-o", f"lowerdir={lower}:{more}", world.site)
        before = picture(world.site)
        world.run("apply", world.good).expect(8)
        same_picture(picture(world.site), before, "site-packages")


def in_parts(folder, binary):
    """the module's directory on another file system than the store"""
    with victim(binary, folder) as world:
        away = folder / "away"
        shutil.copytree(world.module.parent, away)
        mount("-t", "tmpfs", "none", world.module.parent)
        shutil.copytree(away, world.module.parent, dirs_exist_ok=True)
        round_trip(world)


def one_file(folder, binary):
    """a single file as a mount, as containers have it: it cannot be replaced, an error says so, nothing changed"""
    with victim(binary, folder) as world:
        copy = folder / "a.py"
        copy.write_bytes(PRISTINE)
        mount("--bind", copy, world.module)
        before = picture(world.site)
        done = world.run("apply", world.good).expect(1, 8)
        holds(MODULE in done.said or str(world.module) in done.said, f"no reason: {done.said}")
        same_picture(picture(world.site), before, "site-packages")
        equal(copy.read_bytes(), PRISTINE, "the file behind the mount")


def without_attributes(folder, binary):
    """a file system without attributes (ramfs)"""
    mount("-t", "ramfs", "none", folder)
    with victim(binary, folder) as world:
        round_trip(world)


def locks(checks, binary):
    """File systems without locks, as some on networks: strace lets the call fail as they do"""
    for error in ("ENOLCK", "EOPNOTSUPP", "EIO"):
        with checks.check(f"{error}: an error that names the lock, nothing changed"), victim(binary) as world:
            before = picture(world.site)
            tracer = ["strace", "-f", "-o", "/dev/null", "-e", "trace=flock", "-e", f"inject=flock:error={error}"]
            done = world.run("apply", world.good, prefix=tracer).expect(1, 8)
            holds(f"failed to lock `{world.store}/lock`" in done.said, f"no reason: {done.said}")
            found = {path: kind for path, kind in picture(world.site).items() if not path.startswith(".torch-patch")}
            same_picture(found, before, "site-packages")
            round_trip(world, before)


PARTS = {part.__name__: part for part in (owners, directories, paths, mounts, locks)}


def enter_namespace():
    """Goes on in a namespace of its own, where that is permitted: nothing mounted here is seen by others."""
    if not IS_ROOT or INSIDE in sys.argv:
        return
    try:
        possible = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True)
    except FileNotFoundError:
        return
    if possible.returncode == 0:
        os.execvp("unshare", ["unshare", "-m", sys.executable, __file__, INSIDE, *sys.argv[1:]])


def main(names):
    """Runs the named parts, all by default."""
    names = [name for name in names if name != INSIDE]
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.exit(f"unknown part {unknown}, expected some of {sorted(PARTS)}")
    binary = binary_under_test()
    enter_namespace()
    stop_by_exception()
    checks = Checks()
    for name in names or PARTS:
        section(f"{name}: {PARTS[name].__doc__}")
        PARTS[name](checks, binary)
    print(f"\n{len(Skipped.titles)} NOT RUN: {', '.join(Skipped.titles) or 'none'}; {Most.shown()}")
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
