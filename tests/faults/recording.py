"""What a command does to the files below one folder, recorded with strace as a list of steps.

It refuses what it does not understand: a system call that writes in a way this file does not know is an error, so that
no step can be missed.
"""

import dataclasses
import os
import re
import subprocess

# Calls that change neither bytes nor names: times, owners and attributes are not part of the recording.
HARMLESS = {
    "read", "pread64", "readv", "close", "stat", "lstat", "fstat", "statx", "newfstatat", "access", "faccessat",
    "faccessat2", "lseek", "getdents64", "fcntl", "flock", "ioctl", "poll", "mmap", "execve", "readlink", "readlinkat",
    "getcwd", "chdir", "statfs", "fstatfs", "utimensat", "fchown", "dup", "dup2", "dup3", "fadvise64", "getxattr",
    "fgetxattr", "flistxattr", "listxattr", "llistxattr", "lgetxattr", "openat", "openat2", "open", "epoll_create1",
    "eventfd2", "fchdir", "name_to_handle_at", "ppoll", "fsetxattr", "fremovexattr",
}  # fmt: skip
CALL = re.compile(r"^\d+ +(\w+)\((.*)\) += (-?\d+|\?)")
TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
DESCRIPTOR = re.compile(r"^(AT_FDCWD|\d+)(?:<((?:\\x[0-9a-f]{2})*)>(?:\(deleted\))?)?")


@dataclasses.dataclass(frozen=True)
class Step:
    """One change: `kind` says which, the other fields what it needs. Paths are relative to the recorded folder."""

    kind: str  # create, write, truncate, mode, sync, rename, link, remove, mkdir, rmdir
    path: str
    to: str = ""
    data: bytes = b""
    offset: int = 0
    mode: int = 0

    def __str__(self):
        return f"{self.kind} {self.path}" + (f" → {self.to}" if self.to else "")


def record(command, root, environment=None):
    """Runs a command under strace; returns its exit code and the steps that it took below `root`."""
    root = os.path.realpath(root)
    log = root + ".strace"
    strace = ["strace", "-f", "-y", "-xx", "-s", "4000000", "-o", log, "-e", "trace=%file,%desc"]
    done = subprocess.run(
        [*strace, *map(str, command)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, env=environment,
    )  # fmt: skip
    with open(log) as lines:
        steps = Reader(root).read(lines)
    os.unlink(log)
    return done, steps


class Reader:
    """Makes steps of the lines of strace, with a table of open files of its own: names change while they are open."""

    def __init__(self, root):
        self.root = root
        self.steps = []
        self.open = {}  # descriptor → [path at the time it was opened, position]

    def read(self, lines):
        """Reads a whole log."""
        for line in lines:
            if "<unfinished" in line or "resumed>" in line:
                raise ValueError(f"calls of several threads, which are not told apart: {line[:200]}")
            found = CALL.match(line)
            if found and found[3] != "?" and int(found[3]) >= 0:
                self.call(found[1], found[2], int(found[3]))
        return self.steps

    def call(self, name, arguments, result):
        """Takes one successful call."""
        handler = getattr(self, f"do_{name}", None)
        if handler:
            handler(arguments, result)
        if handler is None and name not in HARMLESS and self.is_inside(arguments):
            raise ValueError(f"a call that is not understood: {name}({arguments[:200]})")

    def is_inside(self, arguments):
        """Says whether a call names something below the root, by path or by descriptor."""
        text = b"".join(unhex(text) + b"\0" for text, _ in TEXT.findall(arguments))
        descriptor = DESCRIPTOR.match(arguments)
        text += unhex(descriptor[2] or "") if descriptor else b""
        return self.root.encode() + b"/" in text

    def inside(self, path):
        """A path relative to the root; `None` if it lies elsewhere."""
        path = os.path.normpath(path)
        if path == self.root:
            return "."
        return path[len(self.root) + 1 :] if path.startswith(self.root + "/") else None

    def paths(self, arguments):
        """The paths of a call, made absolute with the directory descriptors before them."""
        found = []
        for part in re.finditer(r'(?:(AT_FDCWD|\d+)<((?:\\x[0-9a-f]{2})*)>, )?"((?:\\x[0-9a-f]{2})*)"', arguments):
            base = unhex(part[2] or "").decode()
            found.append(os.path.join(base or "/", unhex(part[3]).decode()))
        return [self.inside(path) for path in found]

    def add(self, kind, path, **fields):
        """Notes a step below the root."""
        self.steps.append(Step(kind, path, **fields))

    def opened(self, arguments, result):
        """Notes an open file, and what opening did to it."""
        self.open.pop(result, None)
        path = self.paths(arguments)[0]
        if path is None:
            return
        self.open[result] = [path, 0]
        mode = re.search(r", 0([0-7]+)(?:$|\})", arguments)
        if "O_CREAT" in arguments:
            self.add("create", path, mode=int(mode[1], 8) if mode else 0o666)
        if "O_TRUNC" in arguments:
            self.add("truncate", path)
        if "O_APPEND" in arguments or "O_TMPFILE" in arguments:
            raise ValueError(f"a way to open that is not understood: {arguments}")

    def do_mmap(self, arguments, _):
        if "PROT_WRITE" in arguments and "MAP_SHARED" in arguments and self.is_inside(arguments):
            raise ValueError(f"a file that is written through memory: {arguments[:200]}")

    do_openat = do_openat2 = do_open = opened

    def do_close(self, arguments, _):
        self.open.pop(descriptor_of(arguments), None)

    def do_write(self, arguments, result):
        target = self.open.get(descriptor_of(arguments))
        if target:
            text, cut = TEXT.search(arguments).groups()
            data = unhex(text)[:result]
            if cut or len(data) != result:
                raise ValueError("strace did not show all that was written")
            self.add("write", target[0], data=data, offset=target[1])
            target[1] += result

    def do_fsync(self, arguments, _):
        target = self.open.get(descriptor_of(arguments))
        if target:
            self.add("sync", target[0])

    do_fdatasync = do_fsync

    def do_fchmod(self, arguments, _):
        target = self.open.get(descriptor_of(arguments))
        if target:
            self.add("mode", target[0], mode=int(arguments.rsplit(", ", 1)[1], 8))

    def two(self, kind, arguments):
        paths = self.paths(arguments)
        if paths == [None, None]:
            return
        if None in paths:
            raise ValueError(f"a name leads out of the recorded folder: {kind} {paths}")
        self.add(kind, paths[0], to=paths[1])
        if kind == "rename":
            for target in self.open.values():
                target[0] = paths[1] if target[0] == paths[0] else target[0]

    def do_rename(self, arguments, _):
        self.two("rename", arguments)

    def do_link(self, arguments, _):
        self.two("link", arguments)

    do_renameat = do_renameat2 = do_rename
    do_linkat = do_link

    def one(self, kind, arguments):
        path = self.paths(arguments)[0]
        if path is not None:
            self.add(kind, path)

    def do_unlink(self, arguments, _):
        self.one("remove", arguments)

    def do_unlinkat(self, arguments, _):
        self.one("rmdir" if "AT_REMOVEDIR" in arguments else "remove", arguments)

    def do_mkdir(self, arguments, _):
        self.one("mkdir", arguments)

    do_mkdirat = do_mkdir

    def do_rmdir(self, arguments, _):
        self.one("rmdir", arguments)


def unhex(text):
    """The bytes that strace wrote with `-xx`."""
    return bytes.fromhex(text.replace("\\x", ""))


def descriptor_of(arguments):
    """The descriptor that a call begins with."""
    return int(re.match(r"\d+", arguments)[0])
