"""System calls of one process: which ones it makes on a folder, and the same run again with a fault at one of them.

strace counts the calls of each name by themselves, so a place is a name and a number (`fsync` 3). The program is
expected to have one thread and to make the same calls each time; a run whose fault strikes elsewhere is an error here,
not a finding.
"""

import dataclasses
import json
import re
import subprocess

LINE = re.compile(r"^(?P<process>\d+) +(?P<name>\w+)\((?P<arguments>.*)", re.DOTALL)
# The calls that change what is on disk, beside an `open` that makes or cuts a file.
CHANGES = {
    "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "link", "linkat", "symlink",
    "symlinkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "chmod", "fchmod", "fchmodat", "chown", "fchown",
    "fchownat", "utimensat", "ftruncate", "truncate", "fallocate", "copy_file_range", "sendfile", "setxattr",
    "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr",
}  # fmt: skip
# They cannot fail in a way that a program has to notice: Linux lets go of the file whatever `close` says.
HARMLESS = {"close", "lseek"}


@dataclasses.dataclass(frozen=True)
class Call:
    """One system call on the folder."""

    name: str
    number: int
    text: str
    is_change: bool
    # How many calls of each name that changes something the process has made before, this one left out.
    earlier: tuple

    def __str__(self):
        return f"{self.name} {self.number} ({self.text})"


@dataclasses.dataclass
class Run:
    """How a run ended: exit code (negative: the signal), JSON on stdout if any, stderr, the calls that failed."""

    exit: int
    json: dict
    stderr: str
    struck: list


def calls(command, folder):
    """Runs a command that must succeed and lists its calls on the folder in order."""
    trace = f"{folder}.trace"
    options = ["-f", "-y", "-s", "0", "-e", "trace=%file,%desc", "-e", "signal=none", "-o", trace]
    done = subprocess.run(["strace", *options, *command], capture_output=True, stdin=subprocess.DEVNULL, cwd="/")
    if done.returncode != 0:
        raise AssertionError(f"`{command}`: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    found, numbers, processes = [], {}, set()
    with open(trace, errors="replace") as lines:
        for line in lines:
            if (match := LINE.match(line)) is None:
                continue
            processes.add(match["process"])
            name, arguments = match["name"], match["arguments"]
            earlier = tuple((change, numbers.get(change, 0)) for change in sorted(CHANGES))
            numbers[name] = numbers.get(name, 0) + 1
            # A debug build asks for the flags of a descriptor before it closes it.
            if name in ("execve", "fcntl") or not (paths := paths_in(arguments, folder)):
                continue
            is_making = name in ("open", "openat") and re.search(r"O_CREAT|O_TRUNC", arguments) is not None
            is_change = name in CHANGES or is_making
            found.append(Call(name, numbers[name], paths, is_change, earlier))
    if len(processes) != 1:
        raise AssertionError(f"expected one process with one thread, found {processes}")
    return found


def paths_in(arguments, folder):
    """The paths below the folder that a call names, relative to it; a name in an open directory is one path with it."""
    place = re.escape(str(folder))
    named = re.findall(rf'\d+<{place}(/[^>]*)?>(?:, "([^"]+)")?|"{place}(/[^"]*)?"', arguments)
    names = dict.fromkeys(f"{directory}/{name}" if name else directory or path for directory, name, path in named)
    names = [name.removeprefix("/") or "." for name in names]
    return " → ".join(re.sub(r"\b([0-9a-f]{8})[0-9a-f]{56}\b", r"\1…", name) for name in names)


def killed(command, folder, call):
    """Runs a command that is killed as it is about to make a call."""
    return injected(command, folder, [f"{call.name}:signal=SIGKILL:when={call.number}"], call)


def failing(command, folder, call, error):
    """Runs a command of which one call fails without having done anything."""
    return injected(command, folder, [f"{call.name}:error={error}:when={call.number}"], call)


def failing_from(command, folder, call, error):
    """Runs a command of which every call that changes anything fails from one call on, as on a disk that is full."""
    faults = [f"{name}:error={error}:when={number + 1}+" for name, number in call.earlier]
    if call.name not in CHANGES:
        faults.append(f"{call.name}:error={error}:when={call.number}")
    return injected(command, folder, faults, call)


def injected(command, folder, faults, call):
    """Runs a command under strace with faults and makes sure that the first one struck at the call."""
    trace = f"{folder}.trace"
    names = ",".join(fault.partition(":")[0] for fault in faults)
    options = ["-f", "-y", "-s", "0", "-e", f"trace={names}", "-e", "signal=none", "-o", trace]
    for fault in faults:
        options += ["-e", f"inject={fault}"]
    done = subprocess.run(
        ["strace", *options, *command], capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd="/", timeout=120
    )
    with open(trace, errors="replace") as file:
        lines = [match for line in file if (match := LINE.match(line))]
    if done.returncode == -9:
        struck = [line for line in lines if line["name"] == call.name][-1:]
    else:
        struck = [line for line in lines if "INJECTED" in line["arguments"]]
    found = [f"{line['name']} ({paths_in(line['arguments'], folder)})" for line in struck]
    if not found or found[0] != f"{call.name} ({call.text})":
        raise AssertionError(f"the fault was to strike at {call}, and struck at {found}\n{done.stdout}\n{done.stderr}")
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = None
    return Run(done.returncode, answer, done.stderr, found)
